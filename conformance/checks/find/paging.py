"""The cursor of find, and paging with it (page, Job Find): FIND-4, FIND-14."""

from __future__ import annotations

from collections.abc import Iterator

from ...checking import Answer, Context, Finding, Phase, UnavailableError, Verdict, check
from ...checking.find_calls import ENOUGH, JOBS, ask, known, look_up, timed, unit
from ...json_access import Record, brief, millis, text
from ...rules.find_rules import (
    CURSOR,
    NOTHING,
    hashes,
    missing_records,
    older_than,
    rising,
    set_back,
    twice,
    unexpected_records,
)

#: Pages read at most; the listing is cut into so many, or more where it is long.
_PAGES = 8


@check("FIND-4", wants=JOBS, phase=Phase.QUIET)
def nothing_is_newer_than_the_cursor(ctx: Context) -> Iterator[Finding]:
    records = _timed(ctx)
    times = [time for time, _ in records]
    size = unit(ctx, [one for _, one in records])
    cursors = dict.fromkeys(time // size for time in (times[0], times[len(times) // 2], times[-1]))
    for cursor in cursors:
        answer = ask(ctx, **{CURSOR: cursor})
        if not answer.ok and answer.errno not in NOTHING:
            yield ctx.fail("a cursor is refused", answer, expected="records")
        else:
            yield _older(ctx, answer, cursor * size, "")
    # The same with filters that leave no record out.
    kinds = sorted({kind for _, record in records if (kind := text(record, "job_type"))})
    cursor = times[len(times) // 2] // size
    filters: tuple[tuple[str, list[str]], ...] = (
        ("service", ["main", "niji"]),
        ("job_type", kinds),
    )
    for key, values in filters:
        answer = ask(ctx, **{key: values, CURSOR: cursor})
        yield _older(ctx, answer, cursor * size, f"with {key}: ")
    yield ctx.ok(f"at {len(cursors)} places among {len(times)} records")


def _older(ctx: Context, answer: Answer, limit: int, what: str) -> Finding:
    """Whether all records are older than the limit (ms)."""
    wrong = unexpected_records(answer, older_than(limit))
    if not wrong:
        return ctx.ok(f"{what}before {limit}: {len(answer.records)} records", answer)
    return ctx.fail(
        f"{what}{len(wrong)} of {len(answer.records)} records are not older than the cursor",
        answer,
        expected=f"timestamp < {limit}",
        actual=f"timestamp {brief(wrong[0].get('timestamp'))}",
    )


def _timed(ctx: Context) -> list[tuple[int, Record]]:
    found = timed(known(ctx))
    if not found:
        raise UnavailableError(Verdict.UNTESTABLE, "no record has a timestamp to page by (FIND-11)")
    return found


# FIND-14


@check("FIND-14", wants=(*JOBS, "variation"), phase=Phase.QUIET)
def paging_reaches_every_record(ctx: Context) -> Iterator[Finding]:
    records = _timed(ctx)
    if unit(ctx, [one for _, one in records]) == 1000:
        yield from _by_seconds(ctx, records)
    else:
        yield from _by_milliseconds(ctx, records)


def _by_milliseconds(ctx: Context, records: list[tuple[int, Record]]) -> Iterator[Finding]:
    newest, oldest = records[0][0], records[-1][0]
    size = min(ENOUGH, max(-(-len(records) // 3), min(len(records) - 1, 2), 1))
    pages = _backwards(ctx, newest + 1, size)
    times = [time for time, _ in timed(pages[0].records)]
    listed = [record for page in pages for record in page.records]
    edges: set[int] = set()
    if times and times[-1] <= oldest and times[0] < newest and _turned(pages[0], size):
        # A page starts at the oldest record, and can't be continued backwards.
        pages, listed = pages[:1], pages[0].records
        expected = [one for time, one in records if time < times[0]]
        how = "one page, which starts at the oldest record"
    else:
        edges = {min(map(_time, page.records)) for page in pages if timed(page.records)}
        end = min(edges) if pages[-1].records and edges else 0
        expected = [one for time, one in records if time > end and time not in edges]
        how = f"{len(pages)} pages of {size}"
    yield from _none_twice(ctx, listed, pages)
    there = hashes(listed)
    missing = [one for one in expected if text(one, "hash") not in there]
    if missing and set_back(one for _, one in records):
        yield ctx.inconclusive(
            "timestamps step back while ids go on: the server's clock was set", *pages
        )
    elif missing:
        yield _unreached(ctx, missing, pages)
    elif not pages[-1].records:
        yield from _own_unreached(ctx, pages, edges)
    yield ctx.ok(f"{how}: {len(there)} of {len(records)} records, none more than once", *pages[:2])


def _turned(page: Answer, size: int) -> bool:
    """Whether a page is full and oldest first. One record is in any order."""
    return len(page.records) >= size and rising(page.records)


def _own_unreached(ctx: Context, pages: list[Answer], edges: set[int]) -> Iterator[Finding]:
    """Jobs of this run that are counted, and not on any page although the last one is empty.

    The end of a page (``edges``) may have cut some of its millisecond off.
    """
    listed = hashes(record for page in pages for record in page.records)
    total = pages[0].total or 0
    for job in ctx.evidence.traces():
        counted = job.account == "first" and job.finished and total > len(listed)
        if counted and job.hash not in listed and millis(job.last) not in edges:
            yield ctx.fail(
                f"paging backwards does not reach “{job.name}”",
                *pages,
                job,
                expected=f"{total} records, one with the hash {job.hash}",
                actual=f"{len(listed)} records on {len(pages)} pages, the last of them empty",
            )


def _time(record: Record) -> int:
    return millis(record) or 0


def _backwards(ctx: Context, start: int, size: int) -> list[Answer]:
    """Page from just above the newest record, so that what comes in meanwhile is not in it."""
    pages = [ctx.call("findJobs", {"limit": size, CURSOR: start})]
    cursor = start
    while len(pages) < _PAGES:
        times = timed(pages[-1].records)
        if not times or times[-1][0] >= cursor:
            break
        cursor = times[-1][0]
        pages.append(ctx.call("findJobs", {"limit": size, CURSOR: cursor}))
    return pages


def _by_seconds(ctx: Context, records: list[tuple[int, Record]]) -> Iterator[Finding]:
    """A page of some second and the next begin in the same second: whole seconds are compared."""
    newest, oldest = records[0][0] // 1000, records[-1][0] // 1000
    cursors = dict.fromkeys((newest + 1, newest, oldest + 1))
    for cursor in cursors:
        page = ask(ctx, **{CURSOR: cursor})
        yield from _none_twice(ctx, page.records, [page])
        missing = missing_records(page, [one for _, one in records], older_than(cursor * 1000))
        if missing:
            yield _unreached(ctx, missing, [page])
    yield ctx.ok(
        f"before {len(cursors)} seconds no record is missing or repeated",
        not_covered="pages that meet within a second: the cursor counts seconds",
    )


def _none_twice(ctx: Context, listed: list[Record], pages: list[Answer]) -> Iterator[Finding]:
    again = twice(listed, "hash")
    if again:
        yield ctx.fail(
            f"{len(again)} records are returned twice",
            *pages,
            expected="each record once",
            actual=f"the hash {brief(again[0])} again",
        )


def _unreached(ctx: Context, missing: list[Record], pages: list[Answer]) -> Finding:
    there, where = look_up(ctx, missing[0])
    if there is None:
        return ctx.inconclusive("the listing changed meanwhile", *pages, *where)
    return ctx.fail(
        f"paging backwards passes over {len(missing)} records",
        *pages,
        *where,
        expected=f"hash {brief(there.get('hash'))}, timestamp {brief(there.get('timestamp'))}",
        actual=f"{sum(len(page.records) for page in pages)} others on {len(pages)} pages",
    )
