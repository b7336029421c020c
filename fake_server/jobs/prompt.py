"""What a prompt says besides its words: ``--ar``, ``--niji`` and ``--fake`` markers.

The page shows plain prompts only (Job Create); that a picture has a shape (图形比例) it mentions
(Job Remix), not how to ask for one. ``--ar`` and ``--niji`` are Midjourney's own flags, read as
people write them there: of two ``--ar`` the last counts, and phones and word processors make one
long dash of two hyphens. ``--fake`` is ours, and works like a test card: it reaches the fake
through any client. Where Midjourney's reading is not known either, the fake reads kindly:
full-width signs, and no space beside Chinese.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

#: Two hyphens or minus signs of any width, or what is typed or made of them.
_DASHES = "(?:[-‐‑‒–—―−﹣－]{2}|[–—―])"
#: Chinese characters and full-width marks, beside which nobody writes a space.
_CHINESE = "\u3001-\u9fff\uff01-\uff0c\uff0e-\uffef"
_FLAG = rf"(?:^|\s|(?<=[{_CHINESE}])){_DASHES}"
_MARKS = ",.;:!?)]}\"'…，。；：！？、）】」』》”’"
#: Where a flag or its value ends: a sentence may end there too.
_END = rf"(?=[{re.escape(_MARKS)}]*(?:\s|$|{_DASHES})|(?!\d)[{_CHINESE}])"
#: What follows a flag. Only names ignore case: in the ranges above it would take 20 ms.
_RATIO = rf"(?i:ar|aspect)\s+(\d{{1,4}})[:：∶﹕](\d{{1,4}}){_END}"
_NIJI = rf"(?i:niji){_END}"
#: Whatever follows is its name, so that a misspelt one is refused and not passed over.
_MARKER = r"(?i:fake)(?:\s+|[=＝])([^\s=＝]+)(?:[=＝](\S*))?(?=\s|$)"
_ANY_FLAG = re.compile(_DASHES)
_SPACES = re.compile(r"\s+")


class Marker(NamedTuple):
    """``--fake NAME`` or ``--fake NAME=ARGUMENT``."""

    name: str
    argument: str | None = None


def ratio(text: str) -> tuple[int, int] | None:
    """The shape asked for with the last ``--ar W:H``, or ``--aspect``; ``None`` if none is.

    A shape with a side of 0 is none.
    """
    if not _has_flags(text):
        return None
    shapes = [(int(width), int(height)) for width, height in _flag(_RATIO).findall(text)]
    return next(((width, height) for width, height in shapes[::-1] if width and height), None)


def niji(text: str) -> bool:
    """Whether the prompt asks for the anime model with ``--niji``."""
    return _has_flags(text) and _flag(_NIJI).search(text) is not None


def marker(text: str) -> Marker | None:
    """The first ``--fake`` marker, or ``None``. A mark of punctuation behind it is none of it."""
    found = _flag(_MARKER).search(text) if _has_flags(text) else None
    if found is None:
        return None
    name, argument = found.groups()
    if argument is not None:
        return Marker(name, unicodedata.normalize("NFKC", argument).rstrip(_MARKS))
    return Marker(name.rstrip(_MARKS) or name)


def without_marker(text: str) -> str:
    """The text less its ``--fake`` markers: what is left for counting links."""
    return _flag(_MARKER).sub("", text).strip() if _has_flags(text) else text


def _has_flags(text: str) -> bool:
    """Whether there may be a flag; few prompts have one, and each is asked thrice."""
    return "--" in text or (not text.isascii() and _ANY_FLAG.search(text) is not None)


@cache
def _flag(rest: str) -> re.Pattern[str]:
    """A flag that ends so; compiled when a prompt first may have one, which few starts wait for."""
    return re.compile(_FLAG + rest)


def normalised(text: str) -> str:
    """The prompt as the service works on it (``msg_content``).

    The page's example differs from what was displayed by one letter: its first is no longer a
    capital ("Shanghai at dawn", page, Job Find). Runs of white space become one space.
    """
    folded = _SPACES.sub(" ", text).strip()
    return folded[:1].lower() + folded[1:]
