"""The filters of find one by one (page, Job Find), against what the unfiltered listing holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ...checking import Answer, Context, Finding, Phase, check
from ...checking.find_calls import (
    JOBS,
    ask,
    judged,
    known,
    look_up,
    no_folder,
    submitted,
    unlikely,
    wordings,
)
from ...json_access import Record, array_at, brief, text
from ...rules.find_rules import (
    NOTHING,
    hashes,
    in_folder,
    is_favourite,
    mentions,
    one_of,
    prompts,
)

_SERVICES = ("main", "niji")


@check("FIND-5", wants=JOBS, phase=Phase.QUIET)
def service_restricts(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    for record in records:
        if "service" in record and record["service"] not in _SERVICES:
            yield ctx.fail(
                "a record of another service",
                *ctx.evidence.history().answers[:1],
                expected="main or niji",
                actual=record["service"],
            )
            break
    for services in (["niji"], ["main"], ["main", "niji"]):
        what = f"service {' and '.join(services)}"
        yield judged(ctx, {"service": services}, one_of("service", services), records, what)
    seen = {text(one, "service") for one in records}
    one = f"distinguishing services: all records are of {seen.pop()}" if len(seen) == 1 else ""
    yield ctx.ok(f"niji, main and both, against {len(records)} records", not_covered=one)


@check("FIND-6", wants=(*JOBS, "variation"), phase=Phase.QUIET)
def job_type_restricts(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    seen = sorted({kind for record in records if (kind := text(record, "job_type"))})
    # These two are on the page, so they can be requested without a record.
    kinds = list(dict.fromkeys([*seen, "main", "upscale"]))
    asked = [[kind] for kind in kinds]
    # With one type seen, a pair still tells whether the filter means any of them or all.
    pairs = list(combinations(seen, 2)) or [(kinds[-1], kinds[0]), (kinds[0], kinds[-1])]
    asked += [list(two) for two in pairs[:3]]
    for some in asked:
        what = f"job_type {' and '.join(some)}"
        yield judged(ctx, {"job_type": some}, one_of("job_type", some), records, what)
    yield _unknown_type(ctx)
    yield ctx.ok(f"{', '.join(kinds)}, one and several, against {len(records)} records")


def _unknown_type(ctx: Context) -> Finding:
    """An unknown type may be refused; it must not match anything."""
    name = unlikely(ctx)
    answer = ask(ctx, job_type=[name])
    if answer.records:
        return ctx.fail(
            "filtering by an unknown job_type returns records",
            answer,
            expected=f"no records, since no job has job_type {name}",
            actual=f"{len(answer.records)} records",
        )
    return ctx.ok(f"unknown job_type: {answer.summary()}", answer)


@check("FIND-7", wants=("grid", "niji", "remix"), phase=Phase.QUIET)
def prompt_restricts(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    nothing = unlikely(ctx)
    yield judged(ctx, {"prompt": nothing}, mentions(nothing), [], "a prompt that no record has")
    own = [one for one in records if text(one, "hash") in submitted(ctx)]
    # First the prompts that are hardest to look for: in more than one script, with quotes.
    own.sort(key=lambda one: all(phrase.isascii() for phrase in wordings(ctx, one)))
    tried = own[:3] or _made_from_text(records)
    for record in tried:
        yield _whole_prompt(ctx, record, own=bool(own))
    none = "" if tried else "a whole prompt: no record has one of its own"
    found = f", and {len(tried)} records by their whole prompt" if tried else ""
    yield ctx.ok(f"no records for an unknown text{found}", not_covered=none)


def _made_from_text(records: list[Record]) -> list[Record]:
    """The newest and the oldest record; a child may carry its parent's prompt."""
    found = [record for record in records if prompts(record) and record.get("job_type") == "main"]
    return found[:1] + found[1:][-1:]


def _whole_prompt(ctx: Context, record: Record, *, own: bool) -> Finding:
    """``own``: the submitted prompt is known, not just the returned one."""
    tried: list[Answer] = []
    for prompt in wordings(ctx, record):
        answer = ask(ctx, prompt=prompt)
        tried.append(answer)
        if text(record, "hash") in hashes(answer.records):
            return ctx.ok(f"{brief(prompt, 60)} finds its record", answer)
        if answer.ok and (answer.total or 0) > len(answer.records):
            return ctx.inconclusive(f"{brief(prompt, 60)} finds more than one answer shows", answer)
    if not (tried[0].ok or tried[0].errno in NOTHING):
        return ctx.fail("a prompt is refused", *tried, expected="records")
    there, where = look_up(ctx, record)
    if there is None:
        return ctx.inconclusive("the listing changed meanwhile", *tried, *where)
    if not prompts(record):
        what = "a record without a text is not found by the prompt of its job (CREATE-5)"
        return ctx.inconclusive(what, *tried)
    if not own:
        return ctx.inconclusive("a record is not found by the prompt in it", *tried)
    return ctx.fail(
        "a record is not found by its whole prompt",
        *tried,
        *where,
        expected=f"the record of {brief(wordings(ctx, record)[0], 80)}",
        actual=f"{len(tried[0].records)} other records",
    )


@check("FIND-8", wants=("grid",), phase=Phase.QUIET)
def folders_restrict(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    none = no_folder(ctx)
    yield judged(ctx, {"folders": [none]}, in_folder(none), records, "a nonexistent folder")
    own = dict.fromkeys(
        folder
        for record in records
        for folder in array_at(record, "folders") or []
        if isinstance(folder, str) and folder
    )
    for folder in list(own)[:3]:
        what = f"folder {brief(folder, 40)}"
        yield judged(ctx, {"folders": [folder]}, in_folder(folder), records, what)
    found = f", and {len(own)} folders contain their records" if own else ""
    none = "" if own else "a folder with records: no record is in a folder"
    yield ctx.ok(f"no records for a nonexistent folder{found}", not_covered=none)


@check("FIND-9", wants=("grid",), phase=Phase.QUIET)
def favourite_restricts(ctx: Context) -> Iterator[Finding]:
    records = known(ctx)
    yield judged(ctx, {"favourite": True}, is_favourite, records, "favourite true")
    count = sum(map(is_favourite, records))
    none = "" if count else "finding a favourite: the account has no favourite"
    yield ctx.ok(f"{count} favourites of {len(records)} records", not_covered=none)
