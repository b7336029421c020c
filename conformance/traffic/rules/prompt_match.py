"""How a find compares a prompt (question find-prompt-match), by ruling variants out. Pure.

A variant is ruled out only by what it can't explain in any of a record's texts, since the page does
not say which of them is searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ...json_access import Record, text

_KEYS = ("msg_content", "msg_display", "sender_msg", "description", "description_translation")


def _words(wanted: str, prompt: str) -> bool | None:
    """``None``: it depends on what counts as a word."""
    if not re.fullmatch(r"[\w ]+", wanted) or not wanted.isascii():
        return None
    have = set(re.findall(r"\w+", prompt.casefold()))
    pieces = set(prompt.casefold().split())
    asked = wanted.casefold().split()
    if all(one in have and one in pieces for one in asked):
        return True
    return None if all(one in have for one in asked) else False


#: By variant: whether a prompt matches a text; ``None`` if it can't be told.
VARIANTS: Mapping[str, Callable[[str, str], bool | None]] = {
    "substring-any-case": lambda wanted, prompt: wanted.casefold() in prompt.casefold(),
    "substring": lambda wanted, prompt: wanted in prompt,
    "exact": lambda wanted, prompt: wanted == prompt,
    "words": _words,
}


def texts(record: Record) -> list[str]:
    """The texts of a record that may be searched."""
    return [found for key in _KEYS if (found := text(record, key)) is not None]


def may_find(wanted: str, prompts: Sequence[str], variants: Iterable[str]) -> set[str]:
    """The variants by which a record with these texts may be found."""
    return {one for one in variants if any(VARIANTS[one](wanted, p) is not False for p in prompts)}


def may_miss(wanted: str, prompts: Sequence[str], variants: Iterable[str]) -> set[str]:
    """The variants by which it may not be found."""
    return {one for one in variants if any(VARIANTS[one](wanted, p) is not True for p in prompts)}
