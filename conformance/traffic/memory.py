"""What is remembered of somebody's traffic, within bounds: the oldest makes way.

Only what a login named is told apart for certain: other accounts act unseen, and so do other
clients of the same ones. Jobs may appear that nobody submitted here; none may vanish.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..contract import Contract
from ..findings import EvidenceItem
from ..http.exchange import Answer
from ..json_access import Record, integer, text
from ..rules.refusals import FORGED, NOBODY, OPEN, SentRequest
from ..shared_jobs.trace import FINISHED, JobTrace, Sighting
from .facts import Facts
from .look import Look
from .senders import SeenAccounts

#: Jobs of one account, accounts, and jobs of which every look is kept.
_JOBS, _ACCOUNTS, _TRACES = 300, 100, 60
#: Jobs of all accounts, looks that are kept of one job, and names and lengths of jobs.
_ALL, _LOOKS, _NAMES, _LENGTHS = 3_000, 300, 6_000, 50
#: Bytes of a record, more or less, that is kept as it is.
_RECORD = 20_000
#: Senders of which something is remembered beside their jobs.
_SENDERS = 1_000
#: Characters of a prompt, of any other text, and of a name that a job can be remembered by.
_PROMPT, _TEXT, _NAME = 4_000, 500, 200
_LONG = ("msg_content", "msg_display", "sender_msg", "description", "description_translation")
#: What a sighting is looked at for.
_SIGHTED = ("hash", "status", "error", "pct_prog", "img_prog")
#: Seconds after which a job that was found once is found by every find that has to return it.
SETTLED = 10.0
#: What is kept of a record.
KEYS = (
    *("id", "id_uuid", "hash", "job_id", "parent_id", "parent_hash", "sender_id", "timestamp"),
    *("created_at", "updated_at", "status", "error", "job_type", "service", "grid_num"),
    *("msg_content", "msg_display", "sender_msg", "description", "description_translation"),
    *("tmp_msg", "img_buffer", "img_thumb", "original_url", "img_format", "img_width"),
    *("img_height", "img_length", "img_md5", "is_favourite", "folders", "pct_prog", "img_prog"),
)


@dataclass(slots=True)
class SeenJob:
    """A job of an account. ``operation`` and ``body``: its submission, if it was seen.

    Times in seconds by the observer's clock: ``began`` and ``answered`` of the submission,
    ``found`` and ``finished`` when the find that first showed it (finished) had ended, ``looked``
    when the last look at it ended. ``first``: the first value of each key that was not null.
    """

    account: str
    hash: str
    operation: str = ""
    body: Record = field(default_factory=dict)
    began: float = math.inf
    answered: float = math.inf
    found: float = math.inf
    finished: float = math.inf
    looked: float = 0.0
    looks: int = 0
    absent: int = 0
    last: Record | None = None
    whole: Record | None = None  # the record itself, once it has finished, if it is small
    first: dict[str, object] = field(default_factory=dict)
    submission: Answer | None = None
    parent: SeenJob | None = None
    trace: JobTrace | None = None
    exchange: EvidenceItem | None = None  # the last look
    links: tuple[tuple[str, str], ...] | None = None  # keys and URLs of its pictures

    @property
    def cell(self) -> int | None:
        return integer(self.body, "grid_num")

    @property
    def content(self) -> str | None:
        return text(self.body, "content")

    @property
    def is_finished(self) -> bool:
        return integer(self.last, "status") == FINISHED

    def settled(self, moment: float) -> bool:
        """Whether it was found so long ago that it has to be found again."""
        return self.found + SETTLED <= moment


@dataclass(slots=True)
class Memory:
    """``unit``: the evidence for each unit of the cursor, by its milliseconds (1 or 1000)."""

    contract: Contract
    accounts: SeenAccounts
    facts: Facts = field(default_factory=Facts)
    unit: dict[int, EvidenceItem] = field(default_factory=dict)
    #: By account, the newest last.
    _jobs: OrderedDict[str, OrderedDict[str, SeenJob]] = field(default_factory=OrderedDict)
    _by_id: OrderedDict[str, SeenJob] = field(default_factory=OrderedDict)
    _traced: int = 0
    lengths: set[int] = field(default_factory=set)
    #: Jobs that finds have shown since somebody looked at this list.
    fresh: list[SeenJob] = field(default_factory=list)
    #: Accounts that were refused for their plan.
    limited: set[str] = field(default_factory=set)
    #: The names of all kinds of jobs, once they are known.
    kinds: frozenset[str] = frozenset()
    #: By account when its last find without filters began, and its total.
    totals: dict[str, tuple[float, int]] = field(default_factory=dict)
    #: Whether parameters were seen to be looked at before the parent.
    checked_first: bool = False
    #: Operations of which a request was accepted, and the account that sent it.
    taken: set[tuple[str, str]] = field(default_factory=set)

    def sizes(self) -> dict[str, int]:
        """How much is remembered, by what it is."""
        return {
            "accounts": len(self._jobs),
            "jobs": sum(map(len, self._jobs.values())),
            "ids": len(self._by_id),
            "traces": self._traced,
            "limited": len(self.limited),
            "taken": len(self.taken),
            "totals": len(self.totals),
        }

    def of(self, account: str) -> list[SeenJob]:
        """The jobs of an account that are remembered."""
        return list(self._jobs.get(account, {}).values())

    def job(self, account: str, hash: str) -> SeenJob | None:
        jobs = self._jobs.get(account)
        return None if jobs is None else jobs.get(hash)

    def jobs(self, *, without: str = "") -> Iterator[SeenJob]:
        """All that are remembered, but for those of one account."""
        for account, jobs in self._jobs.items():
            if account != without:
                yield from jobs.values()

    def named(self, sent: SentRequest) -> SeenJob | None:
        """The parent that a request names, the sender's own if it has one of that name."""
        for key in ("parent_hash", "parent_id"):
            value = sent.fields.get(key)
            if isinstance(value, str):
                own, other = self.job(sent.sender, value), self._by_id.get(value)
                if own is None or (other is not None and other.operation and not own.operation):
                    return other or own
                return own
        return None

    def was_taken(self, look: Look) -> bool:
        """Whether the account had a request to that operation accepted before."""
        return (look.operation, look.sent.sender) in self.taken

    def is_no_type(self, names: list[str]) -> bool:
        """Whether all kinds of jobs are known, and none is called like that."""
        return bool(self.kinds) and not self.kinds & set(names)

    def impossible(self, value: object) -> bool:
        """Whether no job can have this name: no hash and no id that was seen is formed like it."""
        if not isinstance(value, str) or value.isdigit() or len(self.lengths) < 2:
            return False
        return _length(value) not in self.lengths

    def is_sender(self, id: str) -> bool:
        """Whether it is the id of an account: of a login, or in the records that it found."""
        logins = any(one.id == id for one in self.accounts.logins.values())
        return logins or any(one.first.get("sender_id") == id for one in self.jobs())

    def is_own_id(self, look: Look) -> bool:
        """Whether the request's sender_id is surely its sender's: that of a login, or of a job."""
        given, account = look.fields.get("sender_id"), look.sent.sender
        login = self.accounts.by_name(account)
        own = (one for one in self.of(account) if one.operation and "sender_id" not in one.body)
        ids = [login.id if login else None, *(one.first.get("sender_id") for one in own)]
        return isinstance(given, str) and given in ids

    def content(self, hash: str | None) -> str | None:
        """What the job was submitted with, whoever did it, if that was seen."""
        job = self._by_id.get(hash or "")
        return job.content if job is not None else None

    def submitted(self, look: Look) -> SeenJob | None:
        """An accepted submission of an account: its job."""
        hash = look.answer.hash
        if hash is None or len(hash) > _NAME or is_nobody(look.sent.sender):
            return None
        job = self._job(look.sent.sender, hash)
        if job.operation:
            return job
        answer = _light(look.answer)
        job.operation, job.body = look.operation, shortened(look.fields)
        job.began, job.answered, job.submission = look.began, look.ended, answer
        parent = self.named(look.sent)
        job.parent = parent
        self._name(hash, job)
        if self._traced < _TRACES:
            self._traced += 1
            name = f"{look.operation} {look.answer.exchange.number}"
            job.trace = JobTrace(name, look.operation, look.sent.sender, job.body, [answer])
            job.trace.submitted_at, job.trace.answered_at = look.began, look.ended
        return job

    def looked(self, look: Look, record: Record) -> SeenJob | None:
        """The job of a record that an account found; ``None`` if it is older than what is known:
        two looks overlapped."""
        hash = text(record, "hash")
        if hash is None or len(hash) > _NAME or is_nobody(look.sent.sender):
            return None
        job = self._job(look.sent.sender, hash)
        return None if look.began < job.looked else job

    def unchanged(self, look: Look, job: SeenJob, record: Record) -> bool:
        """Whether a finished job is as it was at the last look, as in most polls."""
        if job.whole is None or not job.is_finished or record != job.whole:
            return False
        job.looked, job.looks = look.ended, job.looks + 1
        self.fresh.append(job)
        return True

    def learn(self, look: Look, job: SeenJob, record: Record) -> None:
        """Keep what a find has shown of a job, after it was judged."""
        before = job.finished
        job.found = min(job.found, look.ended)
        job.looked, job.looks, job.absent = look.ended, job.looks + 1, 0
        job.exchange = look.answer.exchange
        self.fresh.append(job)
        kept = {key: shorter(key, record[key]) for key in KEYS if key in record}
        if kept != job.last:
            job.last, job.links = kept, None
        for key, value in kept.items():
            if value is not None:
                job.first.setdefault(key, value)
        if job.is_finished:
            job.finished = min(job.finished, look.ended)
            small = len(look.answer.reply.body) < _RECORD * len(look.answer.records)
            job.whole = record if small else None
        if (id := text(record, "job_id")) is not None and len(id) <= _NAME:
            self._name(id, job)
        for key in ("hash", "id_uuid"):
            if (name := text(record, key)) is not None and len(self.lengths) < _LENGTHS:
                self.lengths.add(_length(name))
        if job.trace is not None and before == math.inf and len(job.trace.sightings) < _LOOKS:
            at = max(0.0, look.began - job.trace.submitted_at)
            sighted = {key: kept[key] for key in _SIGHTED if key in kept}
            sighting = Sighting(at, (sighted,), True, look.answer.light())
            job.trace.sightings.append(sighting)

    def due(self, look: Look, moment: float | None = None) -> list[SeenJob]:
        """The jobs of the account that a find, or one of a ``moment`` before, has to count, if its
        filters let them through."""
        began = look.began if moment is None else moment
        return [one for one in self.of(look.sent.sender) if one.settled(began)]

    def _job(self, account: str, hash: str) -> SeenJob:
        jobs = self._jobs.setdefault(account, OrderedDict())
        if hash not in jobs:
            jobs[hash] = SeenJob(account, hash)
            if len(jobs) > _JOBS:
                jobs.popitem(last=False)
            self._jobs.move_to_end(account)
            while len(self._jobs) > _ACCOUNTS or sum(map(len, self._jobs.values())) > _ALL:
                self._jobs.popitem(last=False)
        return jobs[hash]

    def _name(self, name: str, job: SeenJob) -> None:
        """A name by which a request may call a job; one of which the submission was seen stays."""
        known = self._by_id.get(name)
        if known is None or not known.operation:
            self._by_id[name] = job
        if len(self.lengths) < _LENGTHS:
            self.lengths.add(_length(name))
        if len(self._by_id) > _NAMES:
            self._by_id.popitem(last=False)

    def forget_links(self) -> None:
        """The target has another name now, and so may its pictures."""
        for job in self.jobs():
            job.links = None

    def was_refused_for_its_plan(self, sender: str) -> None:
        """It is an account without the plan that submissions need."""
        if len(self.limited) < _SENDERS:
            self.limited.add(sender)

    def was_accepted(self, look: Look) -> None:
        """A request of the account to an operation was accepted."""
        if len(self.taken) < _SENDERS:
            self.taken.add((look.operation, look.sent.sender))

    def counted(self, look: Look, total: int) -> None:
        """The total of a find without filters."""
        sender = look.sent.sender
        if sender in self.totals or len(self.totals) < _SENDERS:
            self.totals[sender] = look.began, total


def _length(name: str) -> int:
    """That of a name in any spelling: a database takes a UUID in braces or without hyphens, and
    texts with blanks around them."""
    return len(re.sub(r"[\s{}-]|^urn:uuid:", "", name))


def shorter(key: str, value: object) -> object:
    """A value as it is remembered: the beginning of a long text, and no long list."""
    if isinstance(value, str):
        return value[: _PROMPT if key in _LONG or key == "content" else _TEXT]
    if isinstance(value, list):
        return [shorter(key, one) for one in value[:20] if isinstance(one, str | int)]
    return None if isinstance(value, dict) else value


def shortened(fields: Record) -> Record:
    """The fields of a request as they are remembered."""
    return {key: shorter(key, one) for key, one in fields.items() if len(key) < 50}


def _light(answer: Answer) -> Answer:
    """A submission's answer without what is in it besides the hash."""
    kept = {key: answer.envelope.get(key) for key in ("errno", "errmsg", "data")}
    kept["errmsg"] = shorter("errmsg", kept["errmsg"])
    return replace(answer, reply=replace(answer.reply, body=b""), json=kept)


def is_nobody(sender: str) -> bool:
    """Whether requests of this sender can't be put together as those of one account."""
    return sender in (NOBODY, FORGED, OPEN)
