"""The count that comes with a find (page, Job Find: 符合搜索条件的结果总数): FIND-13."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ...checking import Answer, Context, Finding, Phase, check
from ...checking.find_calls import JOBS, ask, known, look_up, timed, unit, unlikely
from ...json_access import Record, brief, text
from ...rules.find_rules import CURSOR, falling, hashes

#: Further pages than these are not held against total.
_PAGES = 8


@check("FIND-13", wants=JOBS, phase=Phase.QUIET)
def total_counts_what_matches(ctx: Context) -> Iterator[Finding]:
    yield from _none_of_one(ctx)
    records = known(ctx)
    page = max(len(answer.records) for answer in ctx.evidence.history().answers)
    conditions: dict[str, dict[str, object]] = {
        "no filter": {},
        "service niji": {"service": ["niji"]},
        "service main": {"service": ["main"]},
        "a prompt that no record has": {"prompt": unlikely(ctx)},
        "favourite": {"favourite": True},
        "job_type main": {"job_type": ["main"]},
    }
    for what, filters in conditions.items():
        yield from _counted(ctx, what, filters, page)
    yield _listed_in_full(ctx, records)
    yield _with_cursor(ctx)
    yield from _short_pages(ctx, page)
    yield ctx.ok(f"with and without a limit, against {len(records)} records")


def _counted(ctx: Context, what: str, filters: dict[str, object], page: int) -> Iterator[Finding]:
    """``page``: the largest number of records seen in one answer; fewer are therefore all."""
    many, one = ask(ctx, **filters), ctx.call("findJobs", {"limit": 1} | filters)
    if many.total is None or one.total is None:
        return
    returned = len(many.records)
    # Without a filter, a full page may be part of a longer listing.
    if filters and returned < page and many.total != returned:
        yield ctx.fail(
            f"{what}: total is not the number of matching records",
            many,
            expected=f"{returned}, which were returned",
            actual=many.total,
        )
    if one.total == many.total:
        return
    again, once = ask(ctx, **filters), ctx.call("findJobs", {"limit": 1} | filters)
    if again.total != many.total or once.total != one.total:
        yield ctx.inconclusive(f"{what}: the listing changed meanwhile", again, once)
        return
    yield ctx.fail(
        f"{what}: total depends on the limit",
        again,
        once,
        expected=f"{brief(again.total)}, as with a higher limit",
        actual=once.total,
    )


def _listed_in_full(ctx: Context, records: Sequence[Record]) -> Finding:
    """Without a filter, total is the number of records that paging reaches."""
    look = ctx.evidence.history()
    first = look.answers[0]
    if look.complete:
        return ctx.ok(f"total {brief(look.total)}, and so many records can be reached", first)
    open_end = ctx.ok("total", first, not_covered=f"the total of all records: {look.why_not}")
    stamps = [time for time, _ in timed(records)]
    if look.total is None or not stamps or not falling(first.records):
        return open_end
    if len(look.answers) > _PAGES or len(set(stamps)) < len(records):
        return open_end
    size = unit(ctx, records)
    # All of the milliseconds or seconds that the end of a page may have cut, and what is before.
    ends = [timed(page.records)[-1][0] for page in look.answers if timed(page.records)]
    more = [ask(ctx, **{CURSOR: end // size + 1}) for end in ends]
    most = max(len(page.records) for page in look.answers)
    if not all(
        _shows_all(page, end // size, size, most) for page, end in zip(more, ends, strict=True)
    ):
        return open_end
    more.append(ask(ctx, **{CURSOR: stamps[-1] // size}))
    found = hashes(record for answer in more for record in answer.records)
    if found - hashes(records) or not all(answer.ok for answer in more):
        return open_end
    now = ask(ctx)
    if now.total != look.total:
        return ctx.inconclusive("the listing changed meanwhile", first, now)
    return ctx.fail(
        "total is more than the number of records",
        now,
        more[-1],
        expected=f"{len(records)}, which can be reached by paging to the end",
        actual=look.total,
    )


def _shows_all(page: Answer, moment: int, size: int, most: int) -> bool:
    """Whether a page shows all records of a moment: it goes on to older ones, or is not full."""
    older = any(time // size < moment for time, _ in timed(page.records))
    return older or len(page.records) < most


def _with_cursor(ctx: Context) -> Finding:
    """With a cursor, total may count the remaining records or all of them, and nothing else."""
    look = ctx.evidence.history()
    times = timed(look.records)
    if not look.complete or len(times) < 3 or len(times) < len(look.records):
        return ctx.ok(
            "total", not_covered="a total with a cursor: needs a listing of three records"
        )
    size = unit(ctx, look.records)
    cursor = times[1][0] // size
    left = sum(time < cursor * size for time, _ in times)
    before = ask(ctx)
    answer = ctx.call("findJobs", {"limit": 1, CURSOR: cursor})
    after = ask(ctx)
    every = range(before.total or 0, (after.total or 0) + 1)
    if answer.total is None or answer.total == left or answer.total in every:
        return ctx.ok(f"total {brief(answer.total)} with a cursor", answer)
    if before.total != look.total:
        return ctx.inconclusive("the listing changed meanwhile", before, answer, after)
    return ctx.fail(
        "total with a cursor counts neither the remaining records nor all of them",
        before,
        answer,
        expected=f"{left} or {brief(before.total)}",
        actual=answer.total,
    )


def _none_of_one(ctx: Context) -> Iterator[Finding]:
    """Without a cursor the first page has a record, if there are any to count."""
    look = ctx.evidence.history()
    first = look.answers[0]
    if look.records or not first.ok or not first.total:
        return
    again = ask(ctx)
    if again.ok and again.total and not again.records:
        yield ctx.fail(
            "a find without filters returns none of the records that it counts",
            first,
            again,
            expected=f"total {brief(again.total)}, and a record at least",
            actual=f"total {brief(again.total)}, and no record",
        )


def _short_pages(ctx: Context, page: int) -> Iterator[Finding]:
    """What is older than a cursor comes whole, where no more is left than one answer has held.

    ``page``: the largest number of records seen in one answer to the same limit.
    """
    look = ctx.evidence.history()
    times = timed(look.records)
    if not look.complete or len(times) < len(look.records):
        return
    size = unit(ctx, look.records) if times else 1
    oldest_first = [time for time, _ in reversed(times)]
    moments = dict.fromkeys(time // size for time, _ in times)
    left = {moment: bisect_left(oldest_first, moment * size) for moment in moments}
    fitting = [moment for moment, older in left.items() if 0 < older <= page]
    for moment in dict.fromkeys(fitting[:1] + fitting[-1:]):
        yield from _short_page(ctx, moment, [one for _, one in times[-left[moment] :]])


def _short_page(ctx: Context, moment: int, older: list[Record]) -> Iterator[Finding]:
    def missing(answer: Answer) -> list[Record]:
        there = hashes(answer.records)
        return [one for one in older if text(one, "hash") not in there]

    answer = ask(ctx, **{CURSOR: moment})
    lost = missing(answer) if answer.ok else []
    if not lost:
        return
    there, where = look_up(ctx, lost[0])
    again = ask(ctx, **{CURSOR: moment})
    if there is None or not again.ok or not missing(again):
        yield ctx.inconclusive("the listing changed meanwhile", *where, answer, again)
        return
    yield ctx.fail(
        "a find with a cursor leaves out records that total counts and the limit allows",
        answer,
        again,
        expected=f"{len(older)} records older than {moment}",
        actual=f"{len(older) - len(missing(again))} of them, total {brief(again.total)}",
    )
