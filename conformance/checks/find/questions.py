"""Open questions about find: whose records, in which order, by which conditions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from ...checking import Answer, Context, Observation, Phase, probe
from ...checking.find_calls import (
    JOBS,
    ask,
    ask_as,
    known,
    no_folder,
    timed,
    unit,
    wordings,
)
from ...json_access import Record, brief, millis, text
from ...rules.find_rules import CURSOR, NOTHING, falling, hashes, mentions, prompts, rising
from ...shared_jobs.listing import Look


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
    strange = _filters_that_leak(ctx, *looks) or ctx.watch.strangers
    if strange:
        shown = f"own, but {' and '.join(strange)} returned a job of the other account"
        return ctx.unknown(shown, *firsts, *strange.values())
    return ctx.answer("own", *firsts)


def _filters_that_leak(ctx: Context, first: Look, second: Look) -> dict[str, Answer]:
    """Finds of one account, by filters that the newest record of the other satisfies, which
    returned records of the other: by what they ask for."""
    asker, other = ("second", first) if first.records else ("first", second)
    sample = other.records[0]
    tried: dict[str, object] = {"service": ["main", "niji"]}
    if texts := wordings(ctx, sample):
        tried["prompt"] = texts[0]
    if kind := text(sample, "job_type"):
        tried["job_type"] = [kind]
    if time := millis(sample):
        tried[CURSOR] = time + 1
    theirs = hashes(other.records)
    found: dict[str, Answer] = {}
    for key, value in tried.items():
        answer = ask_as(ctx, asker, {key: value})
        if hashes(answer.records) & theirs:
            found[f"a find by {key}"] = answer
    return found


@probe("find-hash-filter", wants=JOBS, phase=Phase.QUIET)
def whether_hash_is_a_condition(ctx: Context) -> Observation:
    records = [one for one in known(ctx) if text(one, "hash")]
    if len(records) < 2:
        return ctx.unobserved("needs two records with a hash")
    # The last of the listing: a server that ignores the hash returns the first, however few.
    wanted = records[-1]["hash"]
    answer = ask(ctx, hash=wanted)
    found = hashes(answer.records)
    if answer.errno == 301 or found - {wanted}:
        return ctx.answer("ignored", answer)
    if found == {wanted}:
        return ctx.answer("honoured", answer)
    return ctx.unknown(f"{answer.summary()}, {len(found)} records", answer)


#: Records that could stand in so many orders fall or rise by chance in one case of sixty: five of
#: different times, or more of fewer. Of two times nothing is told: those would be the two batches.
_ORDERS, _TIMES = 120, 3


@probe("find-order", wants=("grid", "niji", "upscale", "variation", "describe"), phase=Phase.QUIET)
def in_which_order_records_come(ctx: Context) -> Observation:
    known(ctx)
    answer = ctx.evidence.history().answers[0]
    if not falling(answer.records) and not rising(answer.records):
        return ctx.unknown("timestamps neither fall nor rise", answer)
    times = Counter(time for time, _ in timed(answer.records))
    if not tells_its_order(answer.records):
        what = f"{times.total()} records of {len(times)} different times may be in order by chance"
        return ctx.unobserved(what, answer)
    return ctx.answer("newest-first" if falling(answer.records) else "oldest-first", answer)


def tells_its_order(records: Sequence[Record]) -> bool:
    """Whether the records rise or fall by their time, and hardly by chance."""
    times = Counter(time for time, _ in timed(records))
    if len(times) < _TIMES or _orders(times) < _ORDERS:
        return False
    return falling(records) or rising(records)


def _orders(times: Counter[int]) -> int:
    """In how many orders of their times so many records of each could stand."""
    alike = math.prod(map(math.factorial, times.values()))
    return math.factorial(times.total()) // alike


@probe("find-timestamp-unit", wants=("grid",), phase=Phase.QUIET)
def the_unit_of_the_cursor(ctx: Context) -> Observation:
    records = known(ctx)
    times = timed(records)
    if not times:
        return ctx.unobserved("no record has a timestamp")
    newest = times[0][0]
    # Above the newest record in seconds, which is 1970 if it is taken for milliseconds.
    seconds, early = _before(ctx, newest // 1000 + 1), _before(ctx, times[-1][0] // 1000 - 1)
    millis = _before(ctx, newest + 1)
    answers = (seconds, early, millis)
    if not all(one.ok or one.errno in NOTHING for one in answers):
        return ctx.unobserved(f"find failed: {', '.join(one.summary() for one in answers)}")
    found = [bool(hashes(one.records) & hashes(records)) for one in answers]
    if found == [False, False, True]:
        return ctx.answer("ms", seconds, millis)
    if found == [True, False, True]:
        return ctx.answer("s", seconds, early)
    if all(found):
        return ctx.unknown("the cursor restricts nothing", early)
    return ctx.unknown("nothing is found before the newest record, by either unit", *answers)


def _before(ctx: Context, cursor: int) -> Answer:
    return ask(ctx, **{CURSOR: cursor})


@probe("find-total-scope", wants=("grid", "niji"), phase=Phase.QUIET)
def what_total_counts_behind_a_cursor(ctx: Context) -> Observation:
    records = known(ctx)
    times = timed(records)
    if not times:
        return ctx.unobserved("no record has a timestamp")
    before = ask(ctx)
    answer = _before(ctx, times[0][0] // unit(ctx, records))
    if answer.total is None or before.total is None:
        return ctx.unobserved(f"{answer.summary()}, total {brief(answer.total)}", before, answer)
    if text(times[0][1], "hash") in hashes(answer.records):
        return ctx.unknown("the cursor restricts nothing", answer)
    # The newest record is behind it, and others may have come in between.
    if answer.total >= before.total:
        return ctx.answer("filters-without-cursor", before, answer)
    return ctx.answer("filters-with-cursor", before, answer)


# Filters that are lists: the page shows three of them


def _of_each_list(ctx: Context, read: Callable[[str], tuple[str, Answer]]) -> Observation:
    """The answer, if it is the same for all three; empty: it can't be told."""
    found = {key: read(key) for key in ("service", "job_type", "folders")}
    answers = [answer for _, answer in found.values()]
    texts = {key: said for key, (said, _) in found.items()}
    if not all(texts.values()):
        unclear = ", ".join(key for key, said in texts.items() if not said)
        return ctx.unobserved(f"the records known do not tell the effect of {unclear}", *answers)
    if len(set(texts.values())) == 1:
        return ctx.answer(texts["service"], *answers)
    return ctx.unknown(", ".join(f"{key}: {said}" for key, said in texts.items()), *answers)


@probe("find-scalar-for-array", wants=("grid",), phase=Phase.QUIET)
def whether_a_string_counts_as_an_array(ctx: Context) -> Observation:
    # Values that no record has, or not all of them have: a filter that is ignored shows.
    values = {"service": "niji", "job_type": "upscale", "folders": no_folder(ctx)}
    look = ctx.evidence.history()

    def read(key: str) -> tuple[str, Answer]:
        answer = ask(ctx, **{key: values[key]})
        if answer.errno == 301:
            return "301", answer
        if not answer.ok and answer.errno not in NOTHING:
            return answer.summary(), answer
        others = [one for one in look.records if not _has(one, key, values[key])]
        if hashes(answer.records) & hashes(others):
            return "the filter is ignored", answer
        return "accepted" if others else "", answer

    return _of_each_list(ctx, read)


def _has(record: Record, key: str, value: str) -> bool:
    held = record.get(key)
    return value in held if isinstance(held, list) else held == value


@probe("find-empty-array", wants=("grid",), phase=Phase.QUIET)
def what_an_empty_array_restricts(ctx: Context) -> Observation:
    known(ctx)

    def read(key: str) -> tuple[str, Answer]:
        answer = ask(ctx, **{key: []})
        if not answer.ok and answer.errno not in NOTHING:
            return answer.summary(), answer
        return "no-restriction" if answer.records else "nothing", answer

    return _of_each_list(ctx, read)


# find-prompt-match


@probe("find-prompt-match", wants=("grid", "niji", "remix"), phase=Phase.QUIET)
def what_a_prompt_matches(ctx: Context) -> Observation:
    records = known(ctx)
    samples = [one for one in records if len(_long_words(one)) > 1]
    if not samples:
        return ctx.unobserved("needs a record whose prompt has two long words")
    # The one that shares its words with the fewest: a find may show few of many.
    sample = min(samples, key=lambda one: sum(map(mentions(_piece(one)), records)))
    first, *_, last = _long_words(sample)
    piece = _piece(sample)
    asked = {"piece": piece, "shouted": piece.upper(), "turned": f"{last} {first}"}
    # A find by the whole prompt may match the submitted or the returned text.
    asked |= {f"whole {place}": one for place, one in enumerate(wordings(ctx, sample))}
    answers = {what: ask(ctx, prompt=prompt) for what, prompt in asked.items()}
    hidden = [one for one in answers.values() if _may_hide(one, sample)]
    if hidden:
        reason = "the record may be on a further page, or find failed"
        return ctx.unobserved(f"{reason}: {hidden[0].summary()}", *answers.values())
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


def _piece(record: Record) -> str:
    """The inside of a word of its prompt."""
    first, *_, last = _long_words(record)
    return max((first, last), key=len)[1:-1]


def _may_hide(answer: Answer, sample: Record) -> bool:
    """Whether the answer does not show if the record matches."""
    if not answer.ok:
        return answer.errno not in NOTHING
    shown = text(sample, "hash") in hashes(answer.records)
    return not shown and (answer.total is None or answer.total > len(answer.records))


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
