"""Questions that one exchange answers by itself, or with what was found before it."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ...checks.find.questions import tells_its_order
from ...json_access import Record, millis, text, whole
from ...rules.find_rules import CURSOR, falling, hashes
from ..facts import Fact
from ..look import Look
from ..memory import Memory, SeenJob, is_nobody
from .refusals import whole_request

#: More records than this without a limit count as all records.
_NO_DEFAULT = 100
#: What is refused, or is taken in one of two ways.
_LISTS = ("service", "job_type", "folders")
_SERVICES = ("main", "niji")
#: Limits with the number of records that an answer held which was not full.
_LIMITS = 50
#: Bodies that are remembered.
_BODIES = 1_000
_PARENTS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}


@dataclass(slots=True)
class Answers:
    """The rule."""

    #: By the number of records that came, the limits above it.
    _most: dict[int, set[int]] = field(default_factory=dict)
    _default: int | None = None
    #: How many the last find without a limit returned, if it counted more.
    _cut: set[int] = field(default_factory=set)
    #: Bodies without what the page does not list: accepted, or the answer while they had it.
    _bodies: OrderedDict[bytes, Fact | None] = field(default_factory=OrderedDict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Fact]:
        answer, exchange = look.answer, look.answer.exchange
        if answer.ok:
            yield Fact("success-http-status", str(answer.status), exchange, look.operation)
        yield from self._unknown_field(memory, look)
        if look.operation != "findJobs":
            return
        for rule in (_values, _order):
            yield from rule(memory, look)
        for rule in (_hash, _nulls) if _is_usual_limit(look) else ():
            yield from rule(memory, look)
        if answer.ok and CURSOR not in look.fields:
            yield from self._limits(memory, look)
        if answer.ok and not is_nobody(look.sent.sender):
            yield from _favourites(memory, look)

    def _unknown_field(self, memory: Memory, look: Look) -> Iterator[Fact]:
        """unknown-field: taken all the same, or refused where there is nothing else to refuse."""
        properties = memory.contract.request_schema(look.operation)["properties"]
        unknown = look.fields.keys() - properties.keys()
        if look.operation == "findJobs":
            unknown = unknown - {"hash"}  # question find-hash-filter
        id, answer, operation = "unknown-field", look.answer, look.operation
        rest = {key: one for key, one in look.fields.items() if key not in unknown}
        fact = Fact(id, "ignored" if answer.ok else "301", answer.exchange, operation)
        if answer.ok and unknown:
            yield fact
        elif unknown and answer.errno in (410, 420) and operation in _PARENTS:
            if memory.checked_first:
                yield fact._replace(answer="ignored")
        elif unknown and answer.errno == 301 and _right(memory, look, rest):
            # Of a child the parent may be the ground, unless there can be none of that name.
            if operation == "findJobs" or memory.impossible(rest.get(_PARENTS.get(operation, ""))):
                yield fact
            elif operation not in _PARENTS:
                yield from self._compared(look, rest, fact)
        elif answer.ok and operation not in _PARENTS and operation != "findJobs":
            yield from self._compared(look, rest, None)

    def _compared(self, look: Look, body: Record, refused: Fact | None) -> Iterator[Fact]:
        """What a user wrote may be refused for itself: only the same without that field tells."""
        said = f"{look.operation} {look.sent.sender} {json.dumps(body, sort_keys=True)}"
        key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
        before = self._bodies.get(key, refused)
        if refused is not None and key in self._bodies and before is None:
            yield refused
        elif refused is None and before is not None:
            yield before
        self._bodies[key] = None if refused is None else before
        if len(self._bodies) > _BODIES:
            self._bodies.popitem(last=False)

    def _limits(self, memory: Memory, look: Look) -> Iterator[Fact]:
        """How many come without a limit, and at most. An answer that shows all tells neither."""
        answer, exchange = look.answer, look.answer.exchange
        count, total = len(answer.records), answer.total
        limit = whole(look.fields.get("limit"))
        if total is None or ("limit" in look.fields and limit is None):
            yield from self._bad_limit(look)
            return
        if limit is None:
            # One more may have come between the looking and the counting, once.
            if 0 < count < total and (total - count > 1 or count in self._cut):
                yield Fact("find-default-limit", str(count), exchange)
            elif count == total > _NO_DEFAULT:
                yield Fact("find-default-limit", "none", exchange)
            self._cut = {count} if count < total else set()
            self._default = count if count > 1 else self._default
        elif limit < 1:
            yield from self._bad_limit(look)
        elif 0 < count < min(total, limit):
            # A limit beyond the maximum may count as omitted: two such limits tell, if the default
            # is another, and so does a limit of one more.
            limits = self._most.setdefault(count, set())
            if len(limits) < _LIMITS and len(self._most) < _LIMITS:
                limits.add(limit)
            defaults = memory.facts.answers("find-default-limit").get("", {})
            other = bool(defaults) and str(count) not in defaults
            if count + 1 in limits or (other and len(limits) > 1):
                yield Fact("find-max-limit", str(count), exchange)

    def _bad_limit(self, look: Look) -> Iterator[Fact]:
        answer, count = look.answer, len(look.answer.records)
        total, given = answer.total or 0, look.fields.get("limit")
        if total < 2 or look.fields.keys() != {"limit"} or isinstance(given, bool):
            return
        if isinstance(given, int) and given < 1 and count in (1, self._default):
            said = "clamped" if count == 1 else "ignored"
            yield Fact("find-bad-limit", said, answer.exchange)


def _right(memory: Memory, look: Look, rest: Record) -> bool:
    """Whether there was nothing to refuse but what the page does not list."""
    return memory.was_taken(look) and whole_request(
        memory, replace(look, sent=replace(look.sent, body=rest))
    )


def _is_usual_limit(look: Look) -> bool:
    """Whether no limit is there, or one that no server complains of."""
    limit = look.fields.get("limit", 1)
    return type(limit) is int and 1 <= limit <= _NO_DEFAULT


# The values of a condition


def _values(memory: Memory, look: Look) -> Iterator[Fact]:
    """What a value of another kind does, alone or beside a limit."""
    keys = look.fields.keys() - {"limit"}
    if len(keys) != 1 or is_nobody(look.sent.sender):
        if look.fields.keys() == {"limit"}:
            yield from _refused_limit(look)
        return
    if not _is_usual_limit(look):
        return
    key = next(iter(keys))
    for asked, read in _READ.items():
        if key == asked:
            yield from read(memory, look, key, look.fields[key])
    if key in _LISTS:
        yield from _list(memory, look, key, look.fields[key])


def _refused_limit(look: Look) -> Iterator[Fact]:
    limit = look.fields["limit"]
    bad = isinstance(limit, str) or ((number := whole(limit)) is not None and number < 1)
    if bad and look.answer.errno == 301:
        yield Fact("find-bad-limit", "301", look.answer.exchange)


def _outcome(
    memory: Memory, look: Look, id: str, nothing: str, some: str, key: str = ""
) -> Iterator[Fact]:
    """Refused, nothing found, or not restricting, on an account that has records."""
    answer, due = look.answer, memory.due(look)
    if answer.errno == 301:
        yield Fact(id, "301", answer.exchange, key)
    elif (answer.ok and not answer.records) or answer.errno in (410, 420):
        if due and nothing:
            yield Fact(id, nothing, answer.exchange, key)
    elif answer.ok and some:
        yield Fact(id, some, answer.exchange, key)


def _list(memory: Memory, look: Look, key: str, value: object) -> Iterator[Fact]:
    if isinstance(value, str):
        yield from _scalar(memory, look, key, value)
    elif value == []:
        yield from _outcome(memory, look, "find-empty-array", "nothing", "no-restriction", "")
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        if key == "service" and not set(value) & set(_SERVICES):
            yield from _outcome(memory, look, "find-unknown-service", "nothing", "no-restriction")
        if key == "job_type" and memory.is_no_type(value):
            yield from _outcome(memory, look, "find-unknown-type", "nothing", "")


def _scalar(memory: Memory, look: Look, key: str, value: str) -> Iterator[Fact]:
    """find-scalar-for-array: records without that value show that the filter is ignored. What an
    unknown or an empty name gets is another question."""
    answer = look.answer
    if not value.strip() or (key != "folders" and not _is_known(memory, look, key, value)):
        return
    if answer.errno == 301:
        yield Fact("find-scalar-for-array", "301", answer.exchange)
    elif answer.ok:
        others = [one for one in memory.due(look) if not _has(one, key, value)]
        if any(not _has_value(one.get(key), value) for one in answer.records):
            yield Fact("find-scalar-for-array", "the filter is ignored", answer.exchange)
        elif others:
            yield Fact("find-scalar-for-array", "accepted", answer.exchange)


def _is_known(memory: Memory, look: Look, key: str, value: str) -> bool:
    """Whether the page has this name, or a record of the account."""
    shown = _SERVICES if key == "service" else ("main", "upscale")
    return value in shown or any(_has(one, key, value) for one in memory.of(look.sent.sender))


def _has(job: SeenJob, key: str, value: str) -> bool:
    return _has_value((job.last or {}).get(key), value)


def _has_value(held: object, value: str) -> bool:
    return value in held if isinstance(held, list) else held == value


def _prompt(memory: Memory, look: Look, key: str, value: object) -> Iterator[Fact]:
    if value == "":
        yield from _outcome(memory, look, "find-empty-prompt", "nothing", "no-restriction")


def _cursor(memory: Memory, look: Look, key: str, value: object) -> Iterator[Fact]:
    """find-cursor-string: newer records come if a string counts as omitted."""
    if not isinstance(value, str) or not value.isdigit() or len(value) > 15:
        return
    answer, cursor = look.answer, int(value)
    newest = max((time for time in map(millis, answer.records) if time is not None), default=-1)
    if answer.errno == 301:
        yield Fact("find-cursor-string", "301", answer.exchange)
    elif answer.ok and newest >= max(cursor, (cursor + 1) * 1000):
        yield Fact("find-cursor-string", "ignored", answer.exchange)
    elif answer.ok and len(memory.unit) == 1:
        bound = cursor * next(iter(memory.unit))
        if newest >= bound + 1000:
            yield Fact("find-cursor-string", "ignored", answer.exchange)
        elif _left_out(memory, look, bound + 1000):
            yield Fact("find-cursor-string", "coerced", answer.exchange)


def _left_out(memory: Memory, look: Look, bound: int) -> bool:
    """Whether a record that is not older (ms) is missing, and would be there without a cursor."""
    answer = look.answer
    newer = [one for one in memory.due(look) if (millis(dict(one.last or {})) or 0) >= bound]
    shown = hashes(answer.records)
    if not newer or any(one.hash in shown for one in newer):
        return False
    complete = answer.total is not None and len(answer.records) >= answer.total
    return complete or falling(answer.records)


_READ: Mapping[str, Callable[[Memory, Look, str, object], Iterator[Fact]]] = {
    "prompt": _prompt,
    CURSOR: _cursor,
}


def _nulls(memory: Memory, look: Look) -> Iterator[Fact]:
    """null-parameter: a limit of null may be taken for a bad one."""
    keys = [key for key, value in look.fields.items() if value is None]
    if len(keys) != 1 or look.fields.keys() - {*keys, "limit"} or keys == ["limit"]:
        return
    if keys[0] not in memory.contract.request_schema(look.operation)["properties"]:
        return  # question unknown-field
    if look.answer.errno == 301:
        yield Fact("null-parameter", "301", look.answer.exchange)
    elif look.answer.ok:
        yield Fact("null-parameter", "omitted", look.answer.exchange)


def _order(memory: Memory, look: Look) -> Iterator[Fact]:
    records = look.answer.records
    if look.answer.ok and tells_its_order(records):
        said = "newest-first" if falling(records) else "oldest-first"
        yield Fact("find-order", said, look.answer.exchange)


def _hash(memory: Memory, look: Look) -> Iterator[Fact]:
    """find-hash-filter, where the account has other records too."""
    wanted = text(dict(look.fields), "hash")
    if wanted is None or look.fields.keys() - {"hash", "limit"} or is_nobody(look.sent.sender):
        return
    found = hashes(look.answer.records)
    if look.answer.errno == 301 or found - {wanted}:
        yield Fact("find-hash-filter", "ignored", look.answer.exchange)
    elif found == {wanted} and len(memory.due(look)) > 1 and look.fields.get("limit", 9) != 1:
        yield Fact("find-hash-filter", "honoured", look.answer.exchange)


def _favourites(memory: Memory, look: Look) -> Iterator[Fact]:
    answer = look.answer
    if look.fields.get("favourite") is not False or look.fields.keys() - {"favourite", "limit"}:
        return
    if any(one.get("is_favourite") is True for one in answer.records):
        yield Fact("favourite-false", "no-restriction", answer.exchange)
        return
    liked = [one for one in memory.due(look) if (one.last or {}).get("is_favourite") is True]
    complete = answer.total is not None and len(answer.records) >= answer.total
    shown = hashes(answer.records)
    # One that is shown has become none in the meantime.
    if complete and any(one.hash not in shown for one in liked):
        yield Fact("favourite-false", "others", answer.exchange)
