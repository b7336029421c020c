"""What a prompt says besides its words: ``--ar``, ``--niji`` and ``--fake`` markers.

The page shows plain prompts only (Job Create). ``--ar`` and ``--niji`` are Midjourney's own
flags; ``--fake`` is ours, and works like a test card: it reaches the fake through any client.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_RATIO = re.compile(r"(?:^|\s)--ar\s+(\d{1,4}):(\d{1,4})(?=\s|$)")
_NIJI = re.compile(r"(?:^|\s)--niji(?=\s|$)")
#: Whatever follows is its name, so that a misspelt one is refused and not passed over.
_MARKER = re.compile(r"(?:^|\s)--fake\s+([^\s=]+)(?:=(\S*))?(?=\s|$)")
_SPACES = re.compile(r"\s+")


class Marker(NamedTuple):
    """``--fake NAME`` or ``--fake NAME=ARGUMENT``."""

    name: str
    argument: str | None = None


def ratio(text: str) -> tuple[int, int] | None:
    """The shape asked for with ``--ar W:H``; ``None`` if none is, or if a side is 0."""
    found = _RATIO.search(text) if "--ar" in text else None
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    return (width, height) if width and height else None


def niji(text: str) -> bool:
    """Whether the prompt asks for the anime model with ``--niji``."""
    return "--niji" in text and _NIJI.search(text) is not None


def marker(text: str) -> Marker | None:
    """The first ``--fake`` marker, or ``None``."""
    if "--fake" not in text:
        return None
    found = _MARKER.search(text)
    return None if found is None else Marker(found[1], found[2])


def without_marker(text: str) -> str:
    """The text less its ``--fake`` markers: what is left for counting links."""
    return _MARKER.sub("", text).strip() if "--fake" in text else text


def normalised(text: str) -> str:
    """The prompt as the service works on it (``msg_content``).

    The page's example differs from what was displayed by one letter: its first is no longer a
    capital ("Shanghai at dawn", page, Job Find). Runs of white space become one space.
    """
    folded = _SPACES.sub(" ", text).strip()
    return folded[:1].lower() + folded[1:]
