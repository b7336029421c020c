"""The sightings of one job, from its submission to its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..findings import EvidenceItem, Exhibit
from ..http.exchange import Answer
from ..json_access import Record, brief, integer, text

#: The one status that the page shows: finished, with a picture.
FINISHED = 2000
#: Seconds below which nothing that is not there yet is missing, whatever --job-timeout is.
_PATIENCE = 0.5
#: The one error that the page shows, and it is on a finished job: no failure.
_REMARK = "altered prompt"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One find's view of a job.

    ``at`` is in seconds since the job was submitted, taken when the find was sent. ``records`` are
    those with the job's hash: one, none, or on a broken server several. ``complete``: the find
    returned everything it counted, so that a record that is not among them is not there.
    """

    at: float
    records: tuple[Record, ...]
    complete: bool
    answer: Answer

    @property
    def record(self) -> Record | None:
        return self.records[0] if self.records else None


@dataclass(slots=True)
class JobTrace:
    """One job of the shared evidence.

    ``attempts`` holds the answers to its submission: one, or more where the server refused it
    while other jobs were running and took it afterwards. ``sightings`` are in order: each find
    ended before the next began. ``gave_up``: the wait ended before the job did; ``cut_short``: not
    because --job-timeout ran out, but because the run could look no more. ``crowded``: how many of
    the attempts were refused while other jobs were running.
    ``reused``: of an earlier run, so that its course was not seen.
    """

    name: str
    operation: str
    account: str
    body: Mapping[str, object]
    attempts: list[Answer] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    submitted_at: float = 0.0  # monotonic seconds, when the submission was sent
    answered_at: float = 0.0  # and when its answer was there
    gave_up: bool = False
    cut_short: bool = False
    crowded: int = 0
    waited: float = 0.0  # the limit in seconds, if it ran out
    reused: bool = False
    unseen: str = ""  # why the last find showed nothing at all, if it was refused
    _told: tuple[Sighting | None, str] = (None, "")  # the story, up to a sighting

    @property
    def submission(self) -> Answer:
        """The answer that counts."""
        return self.attempts[-1]

    @property
    def hash(self) -> str | None:
        return self.submission.hash if self.attempts else None

    @property
    def accepted(self) -> bool:
        """errno 0 and a hash to look it up by."""
        return self.hash is not None

    @property
    def deferred(self) -> bool:
        """Refused while other jobs were running, and taken afterwards."""
        return len(self.attempts) > 1 and self.accepted

    @property
    def records(self) -> list[Record]:
        """The job's record at each sighting that showed one, oldest first."""
        return [sighting.record for sighting in self.sightings if sighting.record is not None]

    @property
    def last(self) -> Record | None:
        """The job's record when it was last seen."""
        return next((one.record for one in reversed(self.sightings) if one.record), None)

    @property
    def status(self) -> int | None:
        return integer(self.last, "status")

    @property
    def finished(self) -> bool:
        return self.status == FINISHED

    @property
    def pending(self) -> list[Record]:
        """The records seen before it was finished, oldest first."""
        return [record for record in self.records if integer(record, "status") != FINISHED]

    @property
    def seems_failed(self) -> bool:
        """Not finished, and its record has an error. It may still finish: keep looking."""
        return not self.finished and has_failed(self.last)

    @property
    def unchanged_since(self) -> float:
        """When (seconds after submission) the record was first seen as it was seen last."""
        since, last = 0.0, self.last
        for one in reversed(self.sightings):
            # A find that did not return it says nothing of it.
            if one.record is not None and one.record != last:
                break
            since = one.at if one.record is not None else since
        return since

    @property
    def seen_until(self) -> float:
        """When (seconds after submission) a find last returned its record."""
        return next((one.at for one in reversed(self.sightings) if one.record is not None), 0.0)

    @property
    def refused(self) -> bool:
        """A clear refusal (errno) that the account itself is not the reason for."""
        return (self.submission.errno or 0) not in (0, 411, 430)

    @property
    def waited_out(self) -> bool:
        """Whether it was looked for as long as a job may take, and for some time at least."""
        last = self.sightings[-1].at if self.sightings else 0.0
        return self.gave_up and not self.cut_short and last >= _PATIENCE

    def unfinished_after(self, moment: float) -> bool:
        """Whether a find that was sent after the moment (monotonic) still showed it unfinished.

        Only that proves it was unfinished at the moment: the first sighting as finished may come
        long after its end, and what has an error may have ended with it.
        """
        return any(
            self.submitted_at + one.at >= moment
            and one.record is not None
            and integer(one.record, "status") != FINISHED
            and not has_failed(one.record)
            for one in self.sightings
        )

    @property
    def duration(self) -> float | None:
        """Seconds from submission to the first sighting as finished."""
        for sighting in self.sightings:
            if integer(sighting.record, "status") == FINISHED:
                return sighting.at
        return None

    @property
    def ran(self) -> float | None:
        """How long a finished job was seen to run, in seconds: to the last sighting as unfinished,
        which a slow find does not put off as it does the first as finished."""
        last = 0.0
        for one in self.sightings:
            if integer(one.record, "status") == FINISHED:
                return last or one.at
            last = one.at if one.record else last
        return None

    def summary(self) -> str:
        """In a few words, for a message."""
        if not self.accepted:
            return f"{self.operation} was not accepted: {self.submission.summary()}"
        if self.last is None:
            why = f": {self.unseen}" if self.unseen and not self.sightings else ""
            return f"no find returned the job in {len(self.sightings)} looks{why}"
        if self.finished:
            return "finished"
        status, error = brief(self.last.get("status")), brief(self.last.get("error"))
        limit = f" after {self.waited:g} s (--job-timeout)" if self.waited else ""
        return f"not finished{limit}: last seen with status {status}, error {error}"

    def exhibits(self) -> tuple[EvidenceItem, ...]:
        shown: list[EvidenceItem] = [answer.exchange for answer in self.attempts]
        if self.sightings:
            shown.append(
                Exhibit(f"the records that find returned of the job “{self.name}”", self._story())
            )
        return tuple(shown)

    def _story(self) -> str:
        if self._told[0] is not self.sightings[-1]:
            self._told = self.sightings[-1], self._written()
        return self._told[1]

    def _written(self) -> str:
        lines, before = [], ""
        for sighting in self.sightings:
            now = _glimpse(sighting)
            if now != before:
                lines.append(f"{sighting.at:8.2f} s  {now}")
            before = now
        if self.last is not None:
            lines.append(json.dumps(self.last, ensure_ascii=False, indent=1))
        return "\n".join(lines)


def has_failed(record: Record | None) -> bool:
    """Whether it has an error, other than the one that the page shows on a finished job."""
    error = text(record, "error")
    return error is not None and error.casefold() != _REMARK


def _glimpse(sighting: Sighting) -> str:
    if sighting.record is None:
        return "not found" if sighting.complete else "not among the records returned"
    keys = ("status", "pct_prog", "error", "updated_at")
    seen = ", ".join(f"{key} {brief(sighting.record.get(key), 60)}" for key in keys)
    return seen if len(sighting.records) == 1 else f"{len(sighting.records)} records; {seen}"
