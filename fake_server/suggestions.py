"""What was probably meant by a name that is not known, and every name that is."""

from __future__ import annotations

from collections.abc import Iterable

#: More names than these, as only a user makes them, are counted instead of listed.
_MOST_LISTED = 100
#: A value or a name longer than this is cut.
_WIDE = 100


def nearest(given: object, known: Iterable[str]) -> str | None:
    """The name that ``given`` is most like, whatever its case; ``None`` if none is."""
    from difflib import get_close_matches  # no start waits for it

    text = str(given)[:_WIDE].casefold()
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    found = get_close_matches(text, folded, n=1)
    if found:
        return folded[found[0]]
    # A part of a name is like none by its letters: reset, drop.
    parts = [name for key, name in folded.items() if len(text) > 2 and text in key]
    return parts[0] if len(parts) == 1 else None


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """``; did you mean 'abc'?``, or nothing."""
    near = nearest(given, known)
    return "" if near is None else f"; did you mean {near!r}?"


def listed(known: Iterable[str]) -> str:
    """Names one after the other: all, or as many as a message can hold and how many more."""
    names = list(known)
    more = len(names) - _MOST_LISTED
    shown = ", ".join(names[:_MOST_LISTED]) or "none"
    return shown if more <= 0 else f"{shown} and {more} more"


def suggest(given: object, known: Iterable[str], what: str = "valid") -> str:
    """``; did you mean 'abc'? valid: abc, limited``: to follow what is said of ``given``."""
    names = list(known)
    hint = did_you_mean(given, names)
    head = f"{hint} {what[0].upper()}{what[1:]}" if hint else f"; {what}"
    return f"{head}: {listed(names)}"


def shown(value: object) -> str:
    """A value as a message quotes it, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}…"
