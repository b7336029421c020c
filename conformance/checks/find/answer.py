"""Find (page, Job Find): its answer, and the records in it."""

from __future__ import annotations

from collections.abc import Iterator

from ...checking import Answer, Context, Finding, Phase, check
from ...checking.find_calls import JOBS, ask, known, no_folder, timed, unlikely
from ...json_access import Record, array_at, brief, object_at, text, whole
from ...rules.find_rules import CURSOR, NOTHING, shared_ids
from ...rules.records import record_faults, shown_types
from ...rules.successes import IDS


@check("FIND-1")
def every_filter_is_optional(ctx: Context) -> Iterator[Finding]:
    """Nothing, each filter alone, and all of them, with the values of the page's example."""
    example = ctx.contract.example("findJobs")
    # A server may look a folder up: an id that is formed like the others is at least one.
    example["folders"] = [no_folder(ctx)]
    bodies: list[tuple[str, dict[str, object]]] = [("nothing", {})]
    bodies += [(f"{key} alone", {key: value}) for key, value in example.items()]
    bodies.append(("all seven", example))
    for what, body in bodies:
        answer = ctx.call("findJobs", body)
        if answer.ok or (answer.errno in NOTHING and body):
            yield ctx.ok(f"{what}: {answer.summary()}", answer)
        elif answer.errno in NOTHING:
            yield ctx.inconclusive(
                f"{what}: {answer.summary()}, for which there may be no records", answer
            )
        else:
            yield ctx.fail(f"find with {what}: refused", answer, expected="errno 0")
    yield ctx.ok("accepted without filters, with each of the seven alone, and with all")


@check("FIND-2", wants=("grid",), phase=Phase.QUIET)
def res_and_total(ctx: Context) -> Iterator[Finding]:
    asked = [
        ctx.find(),
        ctx.find(limit=1),
        ctx.find(prompt=unlikely(ctx)),
        ctx.call("findJobs", {CURSOR: 1}),
        ctx.find(job_type=["main"], limit=2),
    ]
    answers = [one for one in asked + _finds(ctx) if one.ok]
    if not answers:
        yield ctx.untestable(f"no find succeeds: {asked[0].summary()}", asked[0])
        return
    for answer in answers:
        found, total = array_at(answer.data, "res"), whole((_data(answer)).get("total"))
        if found is None:
            actual = brief(_data(answer).get("res", "no res"))
            yield ctx.fail("data.res is not an array", answer, expected="an array", actual=actual)
        elif total is None:
            actual = brief(_data(answer).get("total", "no total"))
            yield ctx.fail(
                "data.total is not an integer", answer, expected="an integer", actual=actual
            )
        elif total < len(found):
            yield ctx.fail(
                "data.total is less than the records returned",
                answer,
                expected=f"{len(found)} or more",
                actual=total,
            )
    yield ctx.ok(f"so in {len(answers)} answers", answers[0])


def _data(answer: Answer) -> Record:
    return object_at(answer.envelope, "data") or {}


def _finds(ctx: Context) -> list[Answer]:
    """The finds by which the jobs were watched and the listings paged in."""
    answers = [seen.answer for job in ctx.evidence.traces() for seen in job.sightings]
    for role in ("first", "second"):
        if ctx.has(role):
            answers += ctx.evidence.history(role).answers
    return list({answer.exchange.number: answer for answer in answers}.values())


@check("FIND-3", wants=JOBS, phase=Phase.QUIET)
def at_most_limit_records(ctx: Context) -> Iterator[Finding]:
    count = len(known(ctx))
    for limit in (1, 2, 5, 10):
        answer = ctx.find(limit=limit)
        returned = array_at(answer.data, "res") or []
        if len(returned) > limit:
            yield ctx.fail(
                f"limit {limit}: {len(returned)} records",
                answer,
                expected=f"{limit} at most",
                actual=len(returned),
            )
        elif not answer.ok:
            yield ctx.fail(f"limit {limit} is refused", answer, expected="records")
        if limit >= count:
            break
    few = "a limit below the number of records: the account has one at most" if count < 2 else ""
    yield ctx.ok(f"respected with {count} records", not_covered=few)


@check("FIND-11", wants=JOBS, phase=Phase.QUIET)
def every_record_has_the_keys_shown(ctx: Context) -> Iterator[Finding]:
    shown = shown_types(ctx.contract)
    complaints: dict[str, Finding] = {}
    count = 0
    for answer in _finds(ctx):
        for record in array_at(answer.data, "res") or []:
            count += 1
            for what, expected, actual in record_faults(record, ctx.contract, shown):
                if what not in complaints:
                    finding = ctx.fail(what, answer, expected=expected, actual=actual)
                    complaints[what] = finding
    if not count:
        yield ctx.untestable("needs a record: no find returned any")
        return
    yield from complaints.values()
    yield ctx.ok(f"{len(ctx.contract.record_keys)} keys with their types, in {count} records")


@check("FIND-12", wants=(*JOBS, "neighbour"), phase=Phase.QUIET)
def ids_are_unique(ctx: Context) -> Iterator[Finding]:
    newest = timed(known(ctx))[:1]
    # A page that begins elsewhere reveals an id that is only counted within a page.
    finds = [*_finds(ctx), *(ask(ctx, **{CURSOR: time}) for time, _ in newest)]
    for answer in finds:
        for key in IDS:
            again = shared_ids(answer.records, key)
            if again:
                yield _shared(ctx, key, again[0], answer.records, answer)
    yield from _handed_on(ctx, finds)
    looks = [ctx.evidence.history(role) for role in ("first", "second") if ctx.has(role)]
    listed = [record for look in looks for answer in look.answers for record in answer.records]
    records = _distinct(listed)
    for key in IDS:
        # The page leaves open whether each account counts its own records.
        pool = _distinct(list(looks[0].records)) if key == "id" else records
        again = shared_ids(pool, key)
        if again:
            yield _shared(ctx, key, again[0], pool, *looks[0].answers[:1])
    accounts = f" of {len(looks)} accounts" if len(looks) > 1 else ""
    yield ctx.ok(f"{', '.join(IDS)}: unique over {len(records)} records{accounts}")


def _shared(
    ctx: Context, key: str, value: object, records: list[Record], *answers: Answer
) -> Finding:
    those = [record for record in records if record.get(key) == value]
    others = "; ".join(
        ", ".join(f"{name} {brief(one.get(name), 40)}" for name in IDS) for one in those[:2]
    )
    return ctx.fail(
        f"{len(those)} records have one {key}", *answers, expected="one record", actual=others
    )


def _handed_on(ctx: Context, finds: list[Answer]) -> Iterator[Finding]:
    """An id that was one record's at one time and is another's at another."""
    for key in ("id", "id_uuid", "job_id"):
        owners: dict[object, tuple[object, Answer]] = {}
        for answer in finds:
            for record in answer.records:
                value, owner = record.get(key), text(record, "hash")
                if not isinstance(value, str | int) or not value or owner is None:
                    continue
                account = text(record, "sender_id") if key == "id" else None
                before, first = owners.setdefault((account, value), (owner, answer))
                if before != owner:
                    yield ctx.fail(
                        f"the {key} of one record later belongs to another",
                        first,
                        answer,
                        expected=f"{key} {brief(value)} with the hash {brief(before)}",
                        actual=f"with the hash {brief(owner)}",
                    )
                    break
            else:
                continue
            break


def _distinct(records: list[Record]) -> list[Record]:
    """The same record may come on two pages, and to two accounts: all of its ids are the same."""
    return list({str([record.get(key) for key in IDS]): record for record in records}.values())
