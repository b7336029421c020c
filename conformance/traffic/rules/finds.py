"""Finds that passed, held against what was found before.

An account has other clients that nobody sees here: jobs may appear, favourites and folders may
change, and a service on several machines may need a moment to show a job everywhere. So only
records count that were found some seconds ago, and only filters whose matches stay matches.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...json_access import Record, brief, millis, text, whole
from ...rules.find_rules import CURSOR, covers, falling, hashes, is_whole_prompt, prompts
from ..look import Look, Shown
from ..memory import Memory, SeenJob, is_nobody

#: A find that shows all it counts without a job that was accepted so long ago (s), so often.
_LATE, _LOOKS = 30.0, 3
#: More than any cursor in seconds, and less than any in milliseconds, of this century.
_SECONDS = 10**11
#: Ids that are remembered with their record.
_IDS, _NAME = 5_000, 400
#: Limits that are remembered with the most records that an answer to them held.
_LIMITS = 50
_WORDS = ("msg_content", "msg_display", "sender_msg", "description", "description_translation")
#: The beginning of a word that a record has to have somewhere, however words are matched.
_STEM = 4
_HIDING = {"service": "FIND-5", "job_type": "FIND-6", "prompt": "FIND-7"}


@dataclass(slots=True)
class Finds:
    """The rule; it remembers whose ids were which, and how many records one answer has held."""

    _ids: OrderedDict[tuple[str, str, object], str] = field(default_factory=OrderedDict)
    #: The most records of one answer, by its limit.
    _most: OrderedDict[int | None, int] = field(default_factory=OrderedDict)
    #: By sender and filters, total and number of records of the last answer, where they differ.
    _miscounted: OrderedDict[tuple[str, str], tuple[int, int]] = field(default_factory=OrderedDict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown]:
        if look.operation != "findJobs" or not look.answer.ok:
            return
        yield from _unlike(memory, look)
        yield from _nothing(memory, look)
        yield from self._counted(look)
        if is_nobody(look.sent.sender):
            return
        yield from _own(memory, look)
        yield from self._handed_on(look)
        yield from _unit(memory, look)
        yield from _older(memory, look)
        room = self._most.get(whole(look.fields.get("limit")), 0)
        yield from _missing(memory, look, room)
        yield from _never_found(memory, look)

    def _counted(self, look: Look) -> Iterator[Shown]:
        """FIND-13: an answer that is not full shows all that match (符合搜索条件的结果总数).

        How many fit is known from an answer to the same limit.
        """
        answer, limit = look.answer, whole(look.fields.get("limit"))
        if answer.total is None or ("limit" in look.fields and (limit is None or limit < 1)):
            return
        count, room = len(answer.records), self._most.get(limit, 0)
        self._most[limit] = max(room, count)
        if len(self._most) > _LIMITS:
            self._most.popitem(last=False)
        if CURSOR in look.fields or count >= room:
            return
        filters, found = ", ".join(sorted(look.fields.keys() - {"limit"})), (answer.total, count)
        key = look.sent.sender, filters
        if filters and answer.total == count:
            self._miscounted.pop(key, None)
            yield Shown("FIND-13")
        elif filters:
            # A job may have come between the counting and the looking, also twice in a row: then
            # the numbers are others, and hardly more than one came each time.
            before = self._miscounted.get(key, (count, count))
            apart = min(abs(total - number) for total, number in (before, found))
            if before == found or apart > 1:
                what = f"total {answer.total} with {count} records, where {room} fit"
                yield Shown("FIND-13", what, f"{count}, which were returned")
            self._miscounted[key] = found
            if len(self._miscounted) > _LIMITS:
                self._miscounted.popitem(last=False)

    def _handed_on(self, look: Look) -> Iterator[Shown]:
        """FIND-12: an id that was one record's at one time and is another's at another."""
        for record in look.answer.records:
            owner = text(record, "hash")
            for key in ("id", "id_uuid", "job_id"):
                value = record.get(key)
                if not isinstance(value, str | int) or not value or owner is None:
                    continue
                if len(str(value)) + len(owner) > _NAME:
                    continue
                # Each account may count its own records.
                owned = text(record, "sender_id") or look.sent.sender
                account = owned if key == "id" else ""
                place = key, account, value
                before = self._ids.setdefault(place, owner)
                if before != owner:
                    what = f"the {key} of one record later belongs to another"
                    expected = f"{key} {brief(value)} with the hash {brief(before)}"
                    yield Shown("FIND-12", what, expected)
        while len(self._ids) > _IDS:
            self._ids.popitem(last=False)


def _unlike(memory: Memory, look: Look) -> Iterator[Shown]:
    """FIND-7: a record that has no word of the prompt, not even the beginning of one, and whose job
    was not submitted with it: flags need not be shown. One without any text may show it later."""
    prompt = look.fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.isascii() or not prompt.strip():
        return
    stems = [one[:_STEM].casefold() for one in re.findall(r"[A-Za-z0-9]+", prompt)]
    told = [one for one in look.answer.records if any(text(one, key) for key in _WORDS)]
    strange = [one for one in told if stems and not _mentions(memory, one, stems)]
    for record in strange[:1]:
        what = f"a find by prompt {brief(prompt, 60)} returned {brief(prompts(record))}"
        yield Shown("FIND-7", what, "records with that text")
        if len(look.fields.keys() - {"limit"}) > 1:
            yield Shown("FIND-10", what, "records that satisfy all filters")
    if told and not strange:
        yield Shown("FIND-7")


def _nothing(memory: Memory, look: Look) -> Iterator[Shown]:
    """Filters that no request of the API fulfils: nothing comes where there are records."""
    if look.answer.records or not memory.due(look):
        return
    if look.fields.get("folders"):
        yield Shown("FIND-8")
    if look.fields.get("favourite") is True:
        yield Shown("FIND-9")


def _mentions(memory: Memory, record: Record, stems: list[str]) -> bool:
    texts = [*(text(record, key) for key in _WORDS), memory.content(text(record, "hash"))]
    words = "\n".join(one for one in texts if one is not None).casefold()
    return any(stem in words for stem in stems)


def _own(memory: Memory, look: Look) -> Iterator[Shown]:
    """AUTH-5: jobs that the account itself has submitted, although another one logged in last."""
    last = memory.accounts.last
    if last and last != look.sent.sender and memory.accounts.apart(last, look.sent.sender):
        jobs = (memory.job(look.sent.sender, one) for one in hashes(look.answer.records))
        if any(one is not None and one.operation for one in jobs):
            yield Shown("AUTH-5")


# The cursor


def _unit(memory: Memory, look: Look) -> Iterator[Shown]:
    """Which unit of the cursor this find proves (question find-timestamp-unit)."""
    cursor, answer = _cursor(look), look.answer
    if cursor is None:
        return
    times = [time for time in map(millis, answer.records) if time is not None]
    if cursor < _SECONDS and any(time < (cursor + 1) * 1000 for time in times):
        memory.unit.setdefault(1000, answer.exchange)
    elif cursor >= _SECONDS and _excluded(memory, look, cursor):
        memory.unit.setdefault(1, answer.exchange)
    yield from ()


def _excluded(memory: Memory, look: Look, cursor: int) -> bool:
    """Whether a record that is not older than the cursor (ms) is missing for that."""
    if look.fields.keys() - {CURSOR, "limit"}:
        return False
    answer = look.answer
    # A server may round, and then shows the rest of the cursor's second (FIND-4).
    newer = [one for one in memory.due(look) if (_time(one) or 0) >= cursor + 1000]
    shown = hashes(answer.records)
    if not newer or any(one.hash in shown for one in newer):
        return False
    whole_answer = answer.total is not None and len(answer.records) >= answer.total
    return whole_answer or (len(answer.records) > 1 and _falls(answer.records))


def _falls(records: list[Record]) -> bool:
    times = [millis(one) for one in records]
    return falling(records) and len(set(times)) > 1


def _older(memory: Memory, look: Look) -> Iterator[Shown]:
    """FIND-4: by the unit that is known, or by either."""
    cursor = _cursor(look)
    if cursor is None or not look.answer.records:
        return
    times = [time for time in map(millis, look.answer.records) if time is not None]
    bounds = {1: cursor, 1000: (cursor + 1) * 1000}
    units = memory.unit.keys() or bounds.keys()
    newest = max(times, default=0)
    if all(newest >= bounds[unit] for unit in units):
        yield Shown("FIND-4", f"timestamp {newest} for a cursor of {cursor}", "a smaller timestamp")
        if look.fields.keys() - {CURSOR, "limit"}:
            yield Shown("FIND-10", f"timestamp {newest} for a cursor of {cursor}", "all filters")
    elif len(memory.unit) == 1:
        yield Shown("FIND-4")


def _cursor(look: Look) -> int | None:
    value = look.fields.get(CURSOR)
    return whole(value) if not isinstance(value, str) else None


def _time(job: SeenJob) -> int | None:
    return millis(dict(job.last or {}))


# What has to be there


def _missing(memory: Memory, look: Look, room: int) -> Iterator[Shown]:
    """Jobs that were found before and satisfy every filter are counted, and are there if the
    answer holds all that it counts, or shows what is older and what is newer.

    ``room``: how many records an answer to the same limit has held.
    """
    due = [one for one in memory.due(look) if _satisfies(memory, one, look.fields)]
    answer = look.answer
    if not due or answer.total is None:
        return
    filters = sorted(look.fields.keys() - {"limit"})
    others = len(look.fields.keys() - {"limit", CURSOR})
    if answer.total < len(due):
        what = f"total {answer.total} for {', '.join(filters) or 'no filter'}"
        yield Shown("FIND-13", what, f"at least the {len(due)} jobs found before that match")
    elif not others:
        yield Shown("FIND-13")
    shown = hashes(answer.records)
    gone = [one for one in due if one.hash not in shown]
    if len(answer.records) < answer.total or _is_full(look):
        newest_first = _is_newest_first(memory) and _falls(answer.records)
        gone = [one for one in gone if _between(one, answer.records, newest_first, room)]
    for job in gone[:1]:
        what = f"the job {brief(job.hash)} that was found before is missing"
        for id in _hidden_by(look.fields):
            yield Shown(id, what, "its record", (job.exchange,) if job.exchange else ())
    if not gone and CURSOR in look.fields and shown:
        yield Shown("FIND-14")
    if not gone:
        yield from (Shown("CREATE-2") for one in due if one.operation and one.hash in shown)


def _is_newest_first(memory: Memory) -> bool:
    """Whether every answer that tells its order has come newest first (question find-order)."""
    return set(memory.facts.answers("find-order").get("", ())) == {"newest-first"}


def _between(job: SeenJob, records: list[Record], newest_first: bool, room: int) -> bool:
    """Whether a page has a place for the job. Where the newest come first, it begins with the
    newest that match, and ends with the oldest if it is not full."""
    if covers(records, dict(job.last or {})):
        return True
    time, times = _time(job), [one for one in map(millis, records) if one is not None]
    if not newest_first or time is None or not times:
        return False
    return time > max(times) or (len(records) < room and time < min(times))


def _is_full(look: Look) -> bool:
    limit = whole(look.fields.get("limit"))
    return limit is not None and len(look.answer.records) >= limit


def _hidden_by(fields: Record) -> list[str]:
    """The requirements that a record breaks which these filters hide wrongly."""
    hiding = [id for key, id in _HIDING.items() if key in fields]
    if CURSOR in fields:
        return ["FIND-14", *(["FIND-10"] if hiding else [])]
    if len(hiding) > 1:
        return ["FIND-10"]
    return hiding or ["CREATE-2"]


def _satisfies(memory: Memory, job: SeenJob, fields: Record) -> bool:
    """Whether the filters must let the job through, as it was seen last."""
    last = dict(job.last or {})
    for key, value in fields.items():
        if key in ("service", "job_type"):
            if not isinstance(value, list) or last.get(key) not in value:
                return False
        elif key == CURSOR:
            cursor, time = whole(value), millis(last)
            if len(memory.unit) != 1 or isinstance(value, str) or cursor is None or time is None:
                return False
            # Well below, so that rounding of the cursor plays no part.
            unit = next(iter(memory.unit))
            if time >= (cursor * unit if unit == 1 else (cursor - 1) * unit):
                return False
        elif key == "prompt":
            if not job.is_finished or not is_whole_prompt(last, value, job.content):
                return False
        elif key == "limit":
            if (whole(value) or 0) < 1 or isinstance(value, str):
                return False
        else:
            return False
    return True


def _never_found(memory: Memory, look: Look) -> Iterator[Shown]:
    """CREATE-2: finds that show all they count, and not a job that was accepted long before."""
    answer = look.answer
    whole_answer = answer.total is not None and len(answer.records) == answer.total
    if look.fields.keys() - {"limit"} or not whole_answer or _is_full(look):
        return
    shown = hashes(answer.records)
    for job in memory.of(look.sent.sender):
        if not job.operation or job.looks or job.hash in shown or job.answered > look.began:
            continue
        if "sender_id" in job.body:
            continue  # it may be of that account
        job.absent += 1
        if job.absent >= _LOOKS and look.began - job.answered >= _LATE:
            evidence = (job.submission.exchange,) if job.submission else ()
            what = f"no find has returned the job of a {job.operation}"
            yield Shown("CREATE-2", what, f"a record with the hash {brief(job.hash)}", evidence)
