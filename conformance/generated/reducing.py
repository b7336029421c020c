"""A failing body reduced to the smallest that still fails, within a number of requests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Body = dict[str, object]


def smallest(
    body: Mapping[str, object],
    fails: Callable[[Body], bool | None],
    *,
    keep: str = "",
) -> Body:
    """Remove keys and simplify values as long as what is left ``fails``; ``None`` ends the search.
    A text that begins with ``keep`` goes on beginning with it."""
    best = dict(body)
    while True:
        for smaller in _smaller(best, keep):
            failed = fails(smaller)
            if failed is None:
                return best
            if failed:
                best = smaller
                break
        else:
            return best


def _smaller(body: Body, keep: str) -> Iterator[Body]:
    """Every key left out, then every value made simpler."""
    for key in body:
        yield {name: value for name, value in body.items() if name != key}
    for key, value in body.items():
        for simpler in _simpler(value, keep):
            yield body | {key: simpler}


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
        yield from (one for one in (0, 1, int(value / 2)) if abs(one) < abs(value))
    elif isinstance(value, list):
        yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
    elif isinstance(value, dict) and value:
        yield {}
