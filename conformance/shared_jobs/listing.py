"""Finding jobs again: one look at the newest records, or all of them page by page.

How many records a find returns at most, in which order and with which unit of the cursor are open
questions, so nothing here relies on an answer: ``why_not`` explains an incomplete listing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..http.exchange import Answer
from ..http.session import Session
from ..json_access import Record, brief, millis, text
from .trace import JobTrace, Sighting

_ASKED_FOR = 100
#: The limit in the page's example: for servers that refuse a higher one, and to have none.
_SHOWN = 10
_PAGES = 60
#: Further pages of one look, while a job that is looked for is missing.
_FURTHER = 5
#: Errnos for not found: of an account that has no job, perhaps.
_NOTHING = (410, 420)
#: What divides milliseconds into the cursor's unit (question find-timestamp-unit).
_UNITS = (1, 1000)
#: The memory (bytes) that the pages of a history may take; sixty of a hundred records need half.
_MAX_WEIGHT = 64 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """Some finds that belong together: the distinct records in the order in which they came.

    ``complete``: as many records as ``total`` counts. ``why_not``: why it is not.
    """

    records: tuple[Record, ...]
    complete: bool
    answers: tuple[Answer, ...]
    why_not: str = ""

    @property
    def total(self) -> int | None:
        """What the first find counted."""
        return self.answers[0].total if self.answers else None

    def with_hash(self, wanted: str) -> tuple[Record, ...]:
        return tuple(record for record in self.records if record.get("hash") == wanted)


class Listing:
    """The records of one account, as find shows them."""

    def __init__(self, session: Session, account: str = "first") -> None:
        self._session = session
        self._account = account
        # Some servers refuse a limit above their own: then it is omitted.
        self._size: dict[str, object] = {"limit": _ASKED_FOR}
        self._units: tuple[int, ...] = _UNITS

    def look(self, wanted: Iterable[str] = ()) -> Look:
        """The newest records, and further ones while some of the ``wanted`` hashes are missing."""
        seen = _Pages(self._first())
        complete = seen.complete
        needed = set(wanted)
        if not complete and seen.answers[0].ok:
            self._look_further(seen, needed)
            for hash in sorted(needed - seen.hashes):
                # Only some servers take a hash as a condition (question find-hash-filter).
                seen.add(self._find({"hash": hash}))
        # What came in meanwhile does not make up for what the first find left out.
        return replace(seen.look(), complete=complete)

    def everything(self) -> Look:
        """All records, paging backwards with the cursor; bounded, and honest about it."""
        seen = _Pages(self._first())
        for divisor in _UNITS:
            while not seen.complete and len(seen.answers) < _PAGES and seen.weight < _MAX_WEIGHT:
                if not self._turn(seen, divisor):
                    break
        return seen.look()

    def _look_further(self, seen: _Pages, needed: set[str]) -> None:
        """Page back: a find may return so few records that newer ones push out a job that runs."""
        last = len(seen.answers) + _FURTHER
        for divisor in self._units:
            while needed - seen.hashes and len(seen.answers) < last:
                if not self._turn(seen, divisor):
                    break
                self._units = (divisor,)  # the next look need not try both

    def _turn(self, seen: _Pages, divisor: int) -> bool:
        """Ask for what is older than all records so far; whether that brought anything new."""
        oldest = seen.oldest
        if oldest is None:
            return False
        # Records of the same instant as the oldest may be on the next page: it is asked for again,
        # unless a page holds no others.
        for cursor in dict.fromkeys((oldest // divisor + 1, -(-oldest // divisor))):
            page = self._find({"timestamp_smaller_than": cursor})
            if seen.add(page):
                return True
            if any((millis(one) or 0) >= cursor * divisor for one in page.records):
                return False  # it has another unit, or none
        return False

    def _first(self) -> Answer:
        first = self._find({})
        # An account without a job may get an errno for not found; that is not for the limit.
        if first.ok or first.errno in _NOTHING or self._size != {"limit": _ASKED_FOR}:
            return first
        # Some servers refuse a limit above their own; the next look need not ask again.
        self._size = {}
        bare = self._find({})
        if bare.ok or bare.errno == 430:
            return bare
        self._size = {"limit": _SHOWN}
        return self._find({})

    def _find(self, filters: dict[str, object]) -> Answer:
        return self._session.call("findJobs", self._size | filters, account=self._account)


class _Pages:
    def __init__(self, first: Answer) -> None:
        self.answers = [first]
        self.records: list[Record] = list(first.records)
        self.hashes = {text(record, "hash") for record in first.records}

    def add(self, page: Answer) -> bool:
        """Whether the page brought anything new."""
        self.answers.append(page)
        new = [record for record in page.records if text(record, "hash") not in self.hashes]
        self.records += new
        self.hashes |= {text(one, "hash") for one in new}
        return bool(new)

    @property
    def weight(self) -> int:
        return sum(answer.weight for answer in self.answers)

    @property
    def oldest(self) -> int | None:
        times = [time for time in map(millis, self.records) if time is not None]
        return min(times, default=None)

    @property
    def complete(self) -> bool:
        total = self.answers[0].total
        return total is not None and len(self.records) >= total

    def look(self) -> Look:
        first = self.answers[0]
        why_not = ""
        if not first.ok:
            why_not = f"find answered {first.summary()}"
        elif not self.complete:
            why_not = f"{len(self.records)} of {brief(first.total)} records could be reached"
        return Look(tuple(self.records), self.complete, tuple(self.answers), why_not)


def sight(trace: JobTrace, started: float, look: Look, *, keep: bool) -> None:
    """Add what a look that began at ``started`` (monotonic) shows of the job.

    If not ``keep``, there are many large ones: the last one makes way.
    """
    wanted = trace.hash or ""
    records, source = look.with_hash(wanted), _source(look, wanted)
    if trace.sightings and trace.sightings[-1].records == records:
        records = trace.sightings[-1].records  # not kept twice
    if not keep and len(trace.sightings) > 1:
        trace.sightings.pop()
    at = max(0.0, started - trace.submitted_at)
    trace.sightings.append(Sighting(at, records, look.complete, source if keep else source.light()))


def _source(look: Look, wanted: str) -> Answer:
    for answer in look.answers:
        if any(record.get("hash") == wanted for record in answer.records):
            return answer
    return look.answers[-1]
