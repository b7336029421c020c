"""Four prompts for a picture, in the Midjourney manner, made from its link alone.

The page says only that Job Describe gets a picture's prompt; nothing is ever fetched or looked at
here, so the same link always gives the same four.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import orjson

_WORDS = Path(__file__).with_name("describe_words.json")
_NUMBERS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")


@cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = orjson.loads(_WORDS.read_bytes())
    return words


def prompts(link: str) -> tuple[str, ...]:
    """The four prompts for ``link``, each in a style of its own."""
    drawn = hashlib.sha256(link.encode()).digest()
    return tuple(_prompt(drawn[8 * n : 8 * n + 8], drawn[0] + n) for n in range(4))


def numbered(link: str) -> str:
    """The four prompts as one text, each behind its number, as Midjourney shows them."""
    lines = (f"{number} {text}" for number, text in zip(_NUMBERS, prompts(link), strict=True))
    return "\n\n".join(lines)


def _prompt(drawn: bytes, style: int) -> str:
    def pick(kind: str, number: int) -> str:
        return _words()[kind][number % len(_words()[kind])]

    touch = drawn[3]
    other = touch + 1 + drawn[4] % (len(_words()["touches"]) - 1)
    return (
        f"{pick('subjects', drawn[1])} {pick('settings', drawn[2])}, {pick('styles', style)},"
        f" {pick('touches', touch)}, {pick('touches', other)} --ar 1:1"
    )
