"""A failing body reduced to the smallest that still fails, within a number of requests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

Body = dict[str, object]

#: More keys or elements than this are tried by halves first.
_MANY = 3


def smallest(
    body: Mapping[str, object],
    fails: Callable[[Body], bool | None],
    *,
    keep: str = "",
) -> Body:
    """Remove keys and simplify values as long as what is left ``fails``; ``None`` ends the search.
    A text that begins with ``keep`` goes on beginning with it."""
    best = dict(body)
    # Keys first, and then they are left alone: each try to leave one out again would be a request.
    for moves in (_without_keys, _with_simpler_values, _without_keys):
        best, ended = _tried(best, partial(moves, keep=keep), fails)
        if ended:
            break
    return best


def _tried(
    body: Body, moves: Callable[[Body], Iterator[Body]], fails: Callable[[Body], bool | None]
) -> tuple[Body, bool]:
    """What is left when no move fails any more, and whether the search was ended before."""
    best, failed = body, True
    while failed:
        failed = False
        for smaller in moves(best):
            answer = fails(smaller)
            if answer is None:
                return best, True
            if answer:
                best, failed = smaller, True
                break
    return best, False


def _without_keys(body: Body, keep: str) -> Iterator[Body]:
    """Half of many keys left out, then every key. ``keep`` is of values."""
    keys = list(body)
    if len(keys) > _MANY:
        yield from ({key: body[key] for key in part} for part in _halves(keys))
    for key in keys:
        yield {name: value for name, value in body.items() if name != key}


def _with_simpler_values(body: Body, keep: str) -> Iterator[Body]:
    """Every value made simpler."""
    for key, value in body.items():
        for simpler in _simpler(value, keep):
            yield body | {key: simpler}


def _halves(values: list[Any]) -> tuple[list[Any], list[Any]]:
    half = len(values) // 2
    return values[:half], values[half:]


def _simpler(value: object, keep: str) -> Iterator[object]:
    """Values that are shorter or nearer to nothing, the simplest first; never the value itself."""
    if isinstance(value, str):
        start = keep if keep and value.startswith(keep) else ""
        rest = value[len(start) :]
        half, some = len(rest) // 2, max(1, len(rest) // 8)
        shorter = (rest[:1], rest[:half], rest[half:], rest[:-some], rest[:-1], rest[1:])
        yield from dict.fromkeys(start + one for one in shorter if len(one) < len(rest))
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        whole = int(value)
        nearer = (whole - int(whole / part) for part in (2, 4, 16))
        one_less = whole - 1 if whole > 0 else whole + 1
        yield from (
            one for one in dict.fromkeys((0, 1, *nearer, one_less)) if abs(one) < abs(value)
        )
    elif isinstance(value, list):
        if len(value) > _MANY:
            yield from _halves(value)
        yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
    elif isinstance(value, dict) and value:
        yield {}
