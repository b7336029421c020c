"""Filters that combine (page, Job Find: 根据指定条件): every pair of the seven, and all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from ...checking import Context, Finding, Phase, check
from ...checking.find_calls import (
    JOBS,
    ask,
    glimpse,
    judged,
    known,
    no_folder,
    timed,
    unit,
    unlikely,
)
from ...json_access import Record, array_at, text
from ...rules.find_rules import (
    CURSOR,
    Holds,
    hashes,
    holds_all,
    in_folder,
    is_favourite,
    older_than,
    one_of,
    prompts,
)


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter with a value; ``chosen``: the known records that satisfy it."""

    key: str
    value: object
    holds: Holds
    chosen: frozenset[str]


@check("FIND-10", wants=(*JOBS, "variation"), phase=Phase.QUIET)
def filters_combine(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    filters = [job for group in _filters(ctx, records) for job in group]
    keys = list(dict.fromkeys(condition.key for condition in filters))
    tried = 0
    for first, second in combinations(keys, 2):
        for pair in _telling(filters, first, second):
            tried += 1
            yield _both(ctx, pair, records)
    for key in keys:
        tried += 1
        yield _limited(ctx, max((f for f in filters if f.key == key), key=lambda f: len(f.chosen)))
    yield from _many(ctx, filters, records)
    yield ctx.ok(f"{tried} pairs of {len(keys) + 1} filters, against {len(records)} records")


def _filters(ctx: Context, records: list[Record]) -> Iterator[list[_Filter]]:
    """For each filter the values worth trying: those that let some of the records through."""
    yield [_of("service", [one], one_of("service", [one]), records) for one in ("niji", "main")]
    kinds = sorted({kind for one in records if (kind := text(one, "job_type"))})
    yield [_of("job_type", [one], one_of("job_type", [one]), records) for one in kinds]
    yield list(_by_prompt(ctx, records))
    own = [one for record in records for one in array_at(record, "folders") or []]
    folders = [*[one for one in own if isinstance(one, str)][:1], no_folder(ctx)]
    yield [_of("folders", [folder], in_folder(folder), records) for folder in folders]
    yield [_of("favourite", True, is_favourite, records)]
    times = timed(records)
    if times:
        size = unit(ctx, records)
        middle = times[len(times) // 2][0] // size
        cursors = dict.fromkeys((middle, times[0][0] // size, times[0][0] // size + 1))
        yield [_of(CURSOR, one, older_than(one * size), records) for one in cursors]


def _of(key: str, value: object, holds: Holds, records: Sequence[Record]) -> _Filter:
    return _Filter(key, value, holds, frozenset(hashes(filter(holds, records))))


def _by_prompt(ctx: Context, records: list[Record]) -> Iterator[_Filter]:
    """The page leaves open what a prompt matches, so a find by it alone decides."""
    texts = [prompts(record)[0] for record in records if prompts(record)]
    common = max(texts, key=texts.count, default=None)
    newest = texts[0] if texts else None
    for prompt in dict.fromkeys((common, newest, unlikely(ctx))):
        if prompt is None:
            continue
        alone = ask(ctx, prompt=prompt)
        if not alone.ok or (alone.total or 0) > len(alone.records):
            continue
        found = frozenset(hashes(alone.records))
        seen = hashes(records)
        yield _Filter("prompt", prompt, _among(found, seen), found & seen)


def _among(found: frozenset[str], seen: set[str]) -> Holds:
    """Records that were not known before may have come in since."""
    return lambda record: (one := text(record, "hash")) in found or one not in seen


def _telling(filters: list[_Filter], first: str, second: str) -> Iterator[tuple[_Filter, _Filter]]:
    """The fewest pairs of values that show most: some records satisfy the one filter alone, some
    the other alone, some both."""
    pairs = [(a, b) for a in filters for b in filters if a.key == first and b.key == second]
    uncovered = {0, 1, 2}
    while pairs:
        best = max(pairs, key=lambda pair: len(_shows(*pair) & uncovered))
        gain = _shows(*best) & uncovered
        if not gain and uncovered != {0, 1, 2}:
            return
        yield best
        if not gain:
            return
        uncovered -= gain


def _shows(a: _Filter, b: _Filter) -> set[int]:
    parts = (a.chosen - b.chosen, b.chosen - a.chosen, a.chosen & b.chosen)
    return {number for number, part in enumerate(parts) if part}


def _both(ctx: Context, pair: tuple[_Filter, _Filter], records: list[Record]) -> Finding:
    body = {one.key: one.value for one in pair}
    holds = holds_all(*(one.holds for one in pair))
    both = pair[0].chosen & pair[1].chosen
    there = [record for record in records if text(record, "hash") in both]
    return judged(ctx, body, holds, there, f"{pair[0].key} and {pair[1].key}")


def _limited(ctx: Context, one: _Filter) -> Finding:
    """One record, and one that satisfies the filter."""
    body: dict[str, object] = {one.key: one.value, "limit": 1}
    answer = ctx.call("findJobs", body)
    wrong = [record for record in answer.records if not one.holds(record)]
    if wrong or len(answer.records) > 1:
        return ctx.fail(
            f"limit and {one.key}: the combination is not honoured",
            answer,
            expected=f"one record that satisfies {one.key}",
            actual=glimpse(wrong[0], body) if wrong else f"{len(answer.records)} records",
        )
    if one.chosen and answer.ok and not answer.records:
        return _nothing(ctx, one, body)
    return ctx.ok(f"limit and {one.key}: {len(answer.records)} records", answer)


def _nothing(ctx: Context, one: _Filter, body: dict[str, object]) -> Finding:
    many = ask(ctx, **{one.key: one.value})
    again = ctx.call("findJobs", body)
    if again.records or not many.records:
        return ctx.inconclusive(f"limit and {one.key}: the listing changed meanwhile", many, again)
    return ctx.fail(
        f"limit and {one.key}: nothing, although {len(many.records)} records satisfy it",
        many,
        again,
        expected="one record",
        actual="none",
    )


def _many(ctx: Context, filters: list[_Filter], records: list[Record]) -> Iterator[Finding]:
    """As many filters as one record satisfies, and all filters."""
    best = max(
        (record for record in records if text(record, "hash")),
        key=lambda one: sum(one["hash"] in each.chosen for each in filters),
        default=None,
    )
    if best is None:
        return
    fitting = {one.key: one for one in filters if best["hash"] in one.chosen}
    every = {condition.key: condition for condition in filters} | fitting
    for chosen in (list(fitting.values()), list(every.values())):
        body = {one.key: one.value for one in chosen}
        holds = holds_all(*(one.holds for one in chosen))
        there = [one for one in records if all(text(one, "hash") in f.chosen for f in chosen)]
        yield judged(ctx, body, holds, there, f"{len(chosen)} filters at once")
