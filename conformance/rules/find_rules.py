"""The records that a find may and must return, given the unfiltered listing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from ..http.exchange import Answer
from ..json_access import Record, array_at, integer, millis, text

#: Whether a record satisfies the conditions of a find.
Holds = Callable[[Record], bool]

#: "Not found": some servers may say so where nothing matches (page, 410 and 420).
NOTHING = (410, 420)
#: The filter that pages backwards (page, Job Find).
CURSOR = "timestamp_smaller_than"

#: A clock that is set steps by more ms than jobs that begin at once are apart, and seldom.
_STEP, _STEPS = 1000, 2

#: The keys whose words a prompt filter may match.
_WORDS = ("msg_content", "msg_display", "sender_msg", "description", "description_translation")


def one_of(key: str, values: Iterable[str]) -> Holds:
    """``service`` and ``job_type``: the record's value is one of those listed."""
    wanted = frozenset(values)
    return lambda record: record.get(key) in wanted if _hashable(record.get(key)) else False


def in_folder(folder: str) -> Holds:
    return lambda record: folder in (array_at(record, "folders") or [])


def is_favourite(record: Record) -> bool:
    return record.get("is_favourite") is True


def older_than(limit: int) -> Holds:
    """Created before ``limit`` (ms). A record without a readable timestamp is not judged."""
    return lambda record: (time := millis(record)) is None or time < limit


def prompts(record: Record) -> list[str]:
    """The texts of a record that a client may take for its prompt, as submitted first."""
    found = [text(record, key) for key in ("msg_display", "msg_content")]
    return list(dict.fromkeys(one for one in found if one is not None))


def is_whole_prompt(record: Record, wanted: object, submitted: str | None) -> bool:
    """Whether ``wanted`` is all that a record has for a prompt, and what was submitted if that is
    known: any of its texts may be the one that is compared (question find-prompt-match), also one
    that is null or empty."""
    if not isinstance(wanted, str) or not wanted.strip() or not prompts(record):
        return False
    texts = [record[key] for key in ("msg_display", "msg_content") if key in record]
    return all(one == wanted for one in (*texts, *([] if submitted is None else [submitted])))


def in_substance(prompt: str) -> str:
    """Without differences of case and blanks, which a service may make."""
    return " ".join(prompt.casefold().split())


def carries(text: str, wanted: str) -> bool:
    """Whether a record's text has all of a prompt: blanks, the case of the first letter and what
    the service adds do not matter (CREATE-5)."""
    there, sought = " ".join(text.split()), " ".join(wanted.split())
    other = sought[:1].swapcase() + sought[1:]
    return sought in there or other in there


def mentions(word: str) -> Holds:
    """The record contains the word somewhere, in any case."""
    sought = word.casefold()
    return lambda record: any(sought in (text(record, key) or "").casefold() for key in _WORDS)


def holds_all(*conditions: Holds) -> Holds:
    return lambda record: all(condition(record) for condition in conditions)


def hashes(records: Iterable[Record]) -> set[str]:
    return {one for record in records if (one := text(record, "hash")) is not None}


def unexpected_records(answer: Answer, holds: Holds) -> list[Record]:
    """The records returned that the conditions rule out."""
    return [record for record in answer.records if not holds(record)]


def missing_records(answer: Answer, known: Iterable[Record], holds: Holds) -> list[Record]:
    """The known records that satisfy the conditions and had to be returned, but were not.

    Where the answer shows only a part of what it counts, those alone that lie between two that
    it shows: the others may be on another page.
    """
    there = hashes(answer.records)
    missing = [record for record in known if text(record, "hash") and record["hash"] not in there]
    missing = [one for one in missing if holds(one)]
    whole = answer.total is not None and len(answer.records) >= answer.total
    if answer.ok and not whole:
        return [one for one in missing if covers(answer.records, one)]
    return missing


def covers(records: Sequence[Record], one: Record) -> bool:
    """Whether the records are in order of time and ``one`` would stand among them."""
    time, times = millis(one), _times(records)
    if time is None or len(times) < 2 or not (rising(records) or falling(records)):
        return False
    return min(times) < time < max(times)


def rising(records: Sequence[Record]) -> bool:
    """Oldest first."""
    return all(a <= b for a, b in pairwise(_times(records)))


def falling(records: Sequence[Record]) -> bool:
    """Newest first."""
    return all(a >= b for a, b in pairwise(_times(records)))


def set_back(records: Iterable[Record]) -> bool:
    """Whether the times of records step back once or twice where their numbers (``id``) go on: the
    server's clock was set meanwhile, and no cursor of times pages through a list by number."""
    numbered = [(number, one) for one in records if (number := integer(one, "id")) is not None]
    times = _times(one for _, one in sorted(numbered, key=lambda pair: pair[0]))
    steps = [after - before for before, after in pairwise(times)]
    forwards = sum(step > 0 for step in steps) * 2 > len(steps)
    back = sum((step < -_STEP) if forwards else (step > _STEP) for step in steps)
    return 0 < back <= _STEPS


def twice(records: Iterable[Record], key: str) -> list[object]:
    """The values of ``key`` that more than one of the records has. None, 0 and an empty text
    count for nothing: there is no id yet."""
    seen: set[object] = set()
    again: list[object] = []
    for record in records:
        value = record.get(key)
        if not value or not _hashable(value):
            continue
        if value in seen:
            again.append(value)
        seen.add(value)
    return list(dict.fromkeys(again))


def shared_ids(records: Iterable[Record], key: str) -> list[object]:
    """The values of an id that two of the records have (FIND-12). Whether each account counts its
    own records, and whose are found (question find-scope), is left open."""
    if key != "id":
        return twice(records, key)
    pools: dict[str | None, list[Record]] = {}
    for record in records:
        pools.setdefault(text(record, "sender_id"), []).append(record)
    return [value for pool in pools.values() for value in twice(pool, key)]


def _times(records: Iterable[Record]) -> list[int]:
    return [time for time in map(millis, records) if time is not None]


def _hashable(value: object) -> bool:
    return not isinstance(value, list | dict)
