"""Four prompts for a picture, in the Midjourney manner, made from its link alone.

The page says only that Job Describe gets a picture's prompt; nothing is ever fetched or looked at
here, so the same link always gives the same four.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_SUBJECTS = (
    "a small sampan drifting past stilt houses",
    "a lantern seller under a stone bridge",
    "a heron standing in shallow water",
    "an old ferry at a foggy pier",
    "a row of boats moored below a pagoda",
    "a child flying a paper kite on a riverbank",
    "a night market seen from the water",
    "a lighthouse above a terraced village",
)
_SETTINGS = (
    "at dawn",
    "in heavy rain",
    "under a full moon",
    "in the last light of autumn",
    "through drifting mist",
    "during the lantern festival",
)
_STYLES = (
    "ink wash painting",
    "woodblock print",
    "cinematic photograph",
    "flat vector illustration",
    "oil on canvas",
    "isometric pixel art",
    "watercolour sketch",
    "risograph poster",
)
_TOUCHES = (
    "muted teal and amber",
    "strong backlight",
    "soft grain",
    "wide empty sky",
    "fine line work",
    "deep shadows",
    "pastel palette",
    "low angle view",
)
_NUMBERS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")


def prompts(link: str) -> tuple[str, ...]:
    """The four prompts for ``link``, each in a style of its own."""
    drawn = hashlib.sha256(link.encode()).digest()
    return tuple(_prompt(drawn[8 * n : 8 * n + 8], drawn[0] + n) for n in range(4))


def numbered(link: str) -> str:
    """The four prompts as one text, each behind its number, as Midjourney shows them."""
    lines = (f"{number} {text}" for number, text in zip(_NUMBERS, prompts(link), strict=True))
    return "\n\n".join(lines)


def _prompt(drawn: bytes, style: int) -> str:
    def pick(choices: Sequence[str], number: int) -> str:
        return choices[number % len(choices)]

    touch = drawn[3]
    other = touch + 1 + drawn[4] % (len(_TOUCHES) - 1)
    return (
        f"{pick(_SUBJECTS, drawn[1])} {pick(_SETTINGS, drawn[2])}, {pick(_STYLES, style)},"
        f" {pick(_TOUCHES, touch)}, {pick(_TOUCHES, other)} --ar 1:1"
    )
