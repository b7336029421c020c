"""What a client may expect of a server after its own requests: a plain dict of jobs. Pure.

The model knows what was submitted and what was seen, and complains (requirement, sentence) of an
answer that can't be true at once with it. What a question leaves open it takes either way; what
others do with the account at the same time only adds records, and is no fault.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ..http.exchange import Answer
from ..json_access import Record, brief, instant, integer, millis, text, whole
from ..shared_jobs.trace import FINISHED
from .find_rules import (
    hashes,
    in_folder,
    in_substance,
    is_favourite,
    is_whole_prompt,
    prompts,
    shared_ids,
    twice,
)

#: Requirement, fault, expected.
Complaint = tuple[str, str, str]

#: A service may run on several machines, each with a clock of its own, which nobody may ever have
#: set: times that they wrote are compared with so much tolerance. A wrong time zone, which is no
#: matter of clocks, is a quarter of an hour at least.
CLOCKS_APART = timedelta(minutes=10)
#: What must not change while a job runs (LIFE-4); one that is null at first may be filled once.
FIXED = ("id", "id_uuid", "hash", "job_id", "parent_id", "parent_hash", "sender_id", "timestamp")
#: What can't be made of what (PAR-1).
_NO_GRID = (("upscaleJob", "upscaleJob"), ("varyJob", "describeImage"))


@dataclass(slots=True)
class Job:
    """``made_by``: the operation, empty if it is not known. ``parent`` and ``cell`` of a child.
    ``seen``: its records. ``mine``: this run submitted it; ``submission`` is the answer, ``links``
    the content where that is no prompt. ``looked``: when the last look at it ended."""

    hash: str
    account: str
    made_by: str
    content: str | None = None
    parent: str | None = None
    cell: int | None = None
    seen: list[Record] = field(default_factory=list)
    mine: bool = False
    submission: Answer | None = None
    links: str = ""
    looked: float = 0.0

    @property
    def last(self) -> Record | None:
        return self.seen[-1] if self.seen else None

    @property
    def finished(self) -> bool:
        return integer(self.last, "status") == FINISHED


@dataclass(slots=True)
class JobModel:
    """The jobs of both accounts, by hash. ``unit``: ms in one of the cursor's units."""

    jobs: dict[str, Job] = field(default_factory=dict)
    unit: int = 1

    def of(self, account: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.account == account]

    def submitted(self, job: Job) -> Iterator[Complaint]:
        """A submission was accepted with this hash."""
        known = self.jobs.get(job.hash)
        if known is None or (job.made_by == "upscaleJob" and known.parent is None):
            # Of a job of earlier days it need not be known which cell it shows.
            self.jobs[job.hash] = job
        elif (known.made_by, known.parent, known.cell) != (job.made_by, job.parent, job.cell) or (
            job.made_by != "upscaleJob"  # question repeat-upscale
        ):
            yield (
                "CREATE-4",
                f"{job.made_by} answered with a hash that another job has",
                "a new hash",
            )

    def found(
        self, account: str, filters: Mapping[str, object], answer: FindResult
    ) -> Iterator[Complaint]:
        """A find of the account returned this."""
        yield from self.returned(filters, answer)
        yield from self.missing(account, filters, answer)

    def returned(self, filters: Mapping[str, object], answer: FindResult) -> Iterator[Complaint]:
        """What is wrong with the records that a find returned."""
        yield from _shape(filters, answer)
        for hash in twice(answer.records, "hash"):
            yield "CREATE-2", f"a find returned the hash {brief(hash)} twice", "one record a job"
        for record in answer.records:
            yield from self._filtered(filters, record)
            job = self.jobs.get(text(record, "hash") or "")
            if job is not None:
                yield from course(job, record)
                yield from self._lineage(job, record)
                job.seen = [record]

    def _filtered(self, filters: Mapping[str, object], record: Record) -> Iterator[Complaint]:
        for key, id in (("service", "FIND-5"), ("job_type", "FIND-6")):
            wanted = filters.get(key)
            if isinstance(wanted, list) and wanted and record.get(key) not in wanted:
                actual = f"find by {key} {wanted} returned one of {brief(record.get(key))}"
                yield id, actual, f"one of {wanted}"
        cursor, time = whole(filters.get("timestamp_smaller_than")), millis(record)
        if cursor is not None and time is not None and time >= self._bound(cursor):
            yield "FIND-4", f"timestamp {time} for a cursor of {cursor}", "a smaller timestamp"

    def _bound(self, cursor: int) -> int:
        """The first ms that is not smaller than the cursor, whose own second may be rounded."""
        return cursor if self.unit == 1 else (cursor + 1) * self.unit

    def missing(
        self,
        account: str,
        filters: Mapping[str, object],
        answer: FindResult,
        among: Container[str] | None = None,
    ) -> Iterator[Complaint]:
        """Jobs that were seen before and satisfy every filter are counted, and are there if the
        answer holds all that it counts. ``among``: hashes of the only jobs to look at."""
        due = [one for one in self.of(account) if one.seen and self._satisfies(one, filters)]
        due = [one for one in due if among is None or one.hash in among]
        if answer.total is not None and answer.total < len(due):
            yield (
                "FIND-13",
                f"total {answer.total} for {sorted(filters) or 'no filter'}",
                f"at least the {len(due)} own jobs that match",
            )
        if answer.total is None or len(answer.records) < answer.total:
            return
        there = hashes(answer.records)
        gone = [one for one in due if one.hash not in there]
        if gone and _limited(filters, answer):
            return
        for job in gone[:1]:
            id = _id_of(filters)
            yield id, f"the job {brief(job.hash)} that was found before is missing", "its record"

    def _satisfies(self, job: Job, filters: Mapping[str, object]) -> bool:
        last = job.last
        for key, value in filters.items():
            if key in ("service", "job_type") and isinstance(value, list):
                if value and (last or {}).get(key) not in value:
                    return False
            elif key == "timestamp_smaller_than":
                cursor, time = whole(value), millis(last)
                # Well below, so that rounding of the cursor plays no part.
                if cursor is None or time is None or time >= (cursor - 1) * self.unit:
                    return False
            elif key == "prompt":
                if not is_whole_prompt(last or {}, value, job.content):
                    return False
            elif key == "folders" and isinstance(value, list):
                if not any(in_folder(one)(last or {}) for one in value):
                    return False
            elif key == "favourite" and value is True:
                if not is_favourite(last or {}):
                    return False
            elif key != "limit":
                return False
        return True

    def _lineage(self, job: Job, record: Record) -> Iterator[Complaint]:
        parent = self.jobs.get(job.parent or "")
        if parent is None:
            return
        given = {"parent_hash": parent.hash, "parent_id": text(parent.last, "job_id")}
        id = "UP-1" if job.made_by == "upscaleJob" else "VAR-1"
        for key, right in given.items():
            said = text(record, key)
            if said is not None and right is not None and said != right:
                yield id, f"{key} of a child names another job, {brief(said)}", f"{brief(right)}"
        cell = integer(record, "grid_num")
        if cell is not None and cell != job.cell:
            yield "UP-7", f"grid_num {cell} of a child of cell {job.cell}", f"{job.cell}"
        if job.made_by == "upscaleJob" and record.get("job_type") != "upscale":
            yield "UP-6", f"an upscale's job_type is {brief(record.get('job_type'))}", "upscale"

    def must_refuse(self, operation: str, parent: Job, cell: int) -> tuple[str, int] | None:
        """The requirement and the errno of an impossible child; ``None`` if it may be made.

        Whether an upscale can be varied is left open (question upscale-variation).
        """
        if not parent.finished:
            return None
        if (operation, parent.made_by) in _NO_GRID and 1 <= cell <= 4:
            return "PAR-1", 421
        if parent.made_by == "createJob" and not 1 <= cell <= 4:
            return "GRID-2", 301
        return None


@dataclass(frozen=True, slots=True)
class FindResult:
    """The result of a find: its records, and ``total`` (``None`` if it is missing)."""

    records: Sequence[Record]
    total: int | None


def _shape(filters: Mapping[str, object], answer: FindResult) -> Iterator[Complaint]:
    count = len(answer.records)
    if answer.total is None or answer.total < count:
        yield "FIND-2", f"total {brief(answer.total)} with {count} records", "an integer not less"
    limit = whole(filters.get("limit"))
    if limit is not None and count > limit:
        yield "FIND-3", f"{count} records for a limit of {limit}", f"at most {limit}"
    for key in ("id", "id_uuid", "job_id"):
        if shared_ids(answer.records, key):
            yield "FIND-12", f"two records of a find share their {key}", "unique"


#: The requirement of each filter that may hide a record.
_HIDDEN = {
    "service": "FIND-5",
    "job_type": "FIND-6",
    "prompt": "FIND-7",
    "folders": "FIND-8",
    "favourite": "FIND-9",
}


def _id_of(filters: Mapping[str, object]) -> str:
    """The requirement that a record breaks that these filters hide wrongly."""
    hiding = [id for key, id in _HIDDEN.items() if key in filters]
    if len(hiding) > 1 or (not hiding and set(filters) - {"limit"}):
        return "FIND-10"
    return hiding[0] if hiding else "CREATE-2"


def _limited(filters: Mapping[str, object], answer: FindResult) -> bool:
    limit = whole(filters.get("limit"))
    return limit is not None and len(answer.records) >= limit


def course(job: Job, record: Record) -> Iterator[Complaint]:
    """How a record contradicts what was seen of its job before."""
    before = job.last
    if before is not None:
        if job.finished and integer(record, "status") != FINISHED:
            status = brief(record.get("status"))
            yield "LIFE-2", f"status {status} after {FINISHED}", f"{FINISHED}"
        for key in FIXED:
            if before.get(key) is not None and record.get(key) != before.get(key):
                actual = f"{key} was {brief(before.get(key))} and is {brief(record.get(key))}"
                yield "LIFE-4", actual, "no change"
    created, updated = instant(record, "created_at"), instant(record, "updated_at")
    if created is not None and updated is not None and created - updated > CLOCKS_APART:
        yield "LIFE-3", "created_at is later than updated_at", "not later"
    texts = prompts(record)
    if job.content is None or not (texts or integer(record, "status") == FINISHED):
        return
    if not any(in_substance(job.content) in in_substance(one) for one in texts):
        actual = f"the record's prompt is {brief(record.get('msg_display'))}"
        yield "CREATE-5", actual, brief(job.content)
