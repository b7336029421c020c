"""Open questions about find: whose records, in which order, by which conditions."""

from __future__ import annotations

from ...checking import Answer, Context, Observation, Phase, probe
from ...checking.find_calls import JOBS, NOTHING, ask, known, timed, unit, wordings
from ...json_access import Record, brief, text
from ...rules.find_rules import CURSOR, falling, hashes, prompts, rising


@probe("find-scope", wants=("grid", "neighbour"), phase=Phase.QUIET)
def whose_jobs_are_found(ctx: Context) -> Observation:
    ctx.account("second")
    looks = [ctx.evidence.history(role) for role in ("first", "second")]
    firsts = [look.answers[0] for look in looks]
    if not all(answer.ok for answer in firsts):
        return ctx.unobserved("one of the accounts finds nothing", *firsts)
    if hashes(looks[0].records) & hashes(looks[1].records):
        return ctx.answer("all", *firsts)
    if not looks[0].records and not looks[1].records:
        return ctx.unobserved("neither account has a record", *firsts)
    return ctx.answer("own", *firsts)


@probe("find-hash-filter", wants=JOBS, phase=Phase.QUIET)
def whether_hash_is_a_condition(ctx: Context) -> Observation:
    records = [one for one in known(ctx) if text(one, "hash")]
    if len(records) < 2:
        return ctx.unobserved("needs two records with a hash")
    wanted = records[0]["hash"]
    answer = ask(ctx, hash=wanted)
    found = hashes(answer.records)
    if answer.errno == 301 or (wanted in found and len(found) > 1):
        return ctx.answer("ignored", answer)
    if found == {wanted}:
        return ctx.answer("honoured", answer)
    return ctx.unknown(f"{answer.summary()}, {len(found)} records", answer)


@probe("find-order", wants=("grid", "niji", "upscale"), phase=Phase.QUIET)
def in_which_order_records_come(ctx: Context) -> Observation:
    known(ctx)
    answer = ctx.evidence.history().answers[0]
    if len({time for time, _ in timed(answer.records)}) < 2:
        return ctx.unobserved("needs two records of different times", answer)
    if falling(answer.records):
        return ctx.answer("newest-first", answer)
    if rising(answer.records):
        return ctx.answer("oldest-first", answer)
    return ctx.unknown("timestamps neither fall nor rise", answer)


@probe("find-timestamp-unit", wants=("grid",), phase=Phase.QUIET)
def the_unit_of_the_cursor(ctx: Context) -> Observation:
    records = known(ctx)
    times = timed(records)
    if not times:
        return ctx.unobserved("no record has a timestamp")
    newest = times[0][0]
    if unit(ctx, records) == 1:
        answer = ask(ctx, **{CURSOR: newest + 1})
        if answer.records:
            return ctx.answer("ms", answer)
        return ctx.unknown("nothing is found before the newest record, by either unit", answer)
    # A cursor that is passed over would look like one in seconds.
    early = ask(ctx, **{CURSOR: times[-1][0] // 1000 - 1})
    if hashes(early.records) & hashes(records):
        return ctx.unknown("the cursor restricts nothing", early)
    return ctx.answer("s", early)


@probe("find-total-scope", wants=("grid", "niji"), phase=Phase.QUIET)
def what_total_counts_behind_a_cursor(ctx: Context) -> Observation:
    records = known(ctx)
    times = timed(records)
    if not times:
        return ctx.unobserved("no record has a timestamp")
    cursor = times[0][0] // unit(ctx, records)
    before = ask(ctx)
    answer = ask(ctx, **{CURSOR: cursor})
    if answer.total is None or before.total is None:
        return ctx.unobserved(f"{answer.summary()}, total {brief(answer.total)}", before, answer)
    # The newest record is behind it, and others may have come in between.
    if answer.total >= before.total:
        return ctx.answer("filters-without-cursor", before, answer)
    return ctx.answer("filters-with-cursor", before, answer)


@probe("find-scalar-for-array", wants=("grid",), phase=Phase.QUIET)
def whether_a_string_counts_as_an_array(ctx: Context) -> Observation:
    answer = ask(ctx, service="niji")
    if answer.errno == 301:
        return ctx.answer("301", answer)
    if not answer.ok:
        return ctx.unknown(answer.summary(), answer)
    if any(one.get("service") != "niji" for one in answer.records):
        return ctx.unknown("the filter is passed over", answer)
    return ctx.answer("accepted", answer)


@probe("find-empty-array", wants=("grid",), phase=Phase.QUIET)
def what_an_empty_array_restricts(ctx: Context) -> Observation:
    known(ctx)
    answer = ask(ctx, service=[])
    if answer.ok:
        return ctx.answer("no-restriction" if answer.records else "nothing", answer)
    return ctx.answer("nothing", answer) if answer.errno in NOTHING else _other(ctx, answer)


def _other(ctx: Context, answer: Answer) -> Observation:
    return ctx.unknown(answer.summary(), answer)


# find-prompt-match


@probe("find-prompt-match", wants=("grid", "niji", "remix"), phase=Phase.QUIET)
def what_a_prompt_matches(ctx: Context) -> Observation:
    sample = next((one for one in known(ctx) if len(_long_words(one)) > 1), None)
    if sample is None:
        return ctx.unobserved("needs a record whose prompt has two long words")
    first, *_, last = _long_words(sample)
    piece = max((first, last), key=len)[1:-1]
    asked = {"piece": piece, "shouted": piece.upper(), "turned": f"{last} {first}"}
    # A find by the whole prompt may match the submitted or the returned text.
    asked |= {f"whole {place}": one for place, one in enumerate(wordings(ctx, sample))}
    answers = {what: ask(ctx, prompt=prompt) for what, prompt in asked.items()}
    found = {what for what, one in answers.items() if text(sample, "hash") in hashes(one.records)}
    matches = {
        ("piece", "shouted"): "substring-any-case",
        ("piece",): "substring",
        ("turned",): "words",
        (): "exact",
    }
    inner = tuple(what for what in ("piece", "shouted", "turned") if what in found)
    if inner in matches and (inner or found):
        return ctx.answer(matches[inner], *answers.values())
    shown = ", ".join(f"{what} {asked[what]!r}" for what in asked if what in found) or "nothing"
    return ctx.unknown(f"found by {shown}", *answers.values())


def _long_words(record: Record) -> list[str]:
    """Words of small plain letters in all texts that may be searched, for a part to be cut of."""
    texts = prompts(record)
    words = [set(one.split()) for one in texts]
    return [
        word
        for word in (texts[0].split() if texts else [])
        if len(word) > 4
        and word.isascii()
        and word.isalpha()
        and word.islower()
        and all(word in some for some in words)
    ]
