"""Questions that only much traffic answers together: asked when a report is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...checking.watched_jobs import not_whole, orders, under_way, went_through
from ...checks.account_questions import ordered
from ...checks.create import jobs_beside
from ...checks.lifecycle_questions import kind_of_preview, kind_of_progress, two_in_order
from ...checks.operation_questions import fitting
from ...findings import EvidenceItem
from ...http.exchange import Answer
from ...json_access import text, whole
from ...rules.find_rules import hashes, prompts
from ...shared_jobs.trace import JobTrace, has_failed
from ..facts import Fact
from ..look import Look
from ..memory import Memory, SeenJob, is_nobody
from . import prompt_match

_CHILDREN = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
_CELLS = (1, 2, 3, 4)
#: Jobs of an account that were running when another one was refused, and such refusals.
_CROWD, _TIMES = 2, 2
#: Refusals for that which are kept as evidence.
_REFUSED = 4
#: So many jobs at once show that they are queued.
_QUEUED = 4
#: Errnos with their HTTP status that are kept.
_STATUSES = 30
#: The pairs of a find by a prompt and a record that are looked at.
_PAIRS = 400


@dataclass(slots=True)
class Ending:
    """The rule; it keeps what it needs until ``facts`` is asked for."""

    _failures: dict[str, dict[tuple[int, int], Answer]] = field(default_factory=dict)
    _firsts: dict[tuple[str, str], dict[str, EvidenceItem]] = field(default_factory=dict)
    _crowded: list[EvidenceItem] = field(default_factory=list)
    _failed_elsewhere: bool = False
    #: The fewest jobs beside which another one was refused, and the most beside which one was not.
    _fewest: float = math.inf
    _most: int = 0
    _prompts: set[str] = field(default_factory=lambda: set(prompt_match.VARIANTS))
    _prompt_evidence: EvidenceItem | None = None
    _pairs: int = 0

    def shown(self, memory: Memory, look: Look) -> Iterator[Fact]:
        errno = look.answer.errno
        if errno:
            pairs = self._failures.setdefault(look.operation, {})
            if len(pairs) < _STATUSES:
                pairs.setdefault((errno, look.answer.status), look.answer.light())
        if errno == 501 or look.answer.hash is not None:
            self._beside_others(memory, look)
        self._first(memory, look)
        if look.operation == "findJobs" and look.answer.ok:
            self._prompt(memory, look)
        yield from ()

    def facts(self, memory: Memory) -> Iterator[Fact]:
        """The answers, as far as they can be told by now."""
        yield from self._statuses()
        yield from self._order(memory)
        for unit, said in ((1, "ms"), (1000, "s")):
            if unit in memory.unit:
                yield Fact("find-timestamp-unit", said, memory.unit[unit])
        if len(self._prompts) == 1 and self._prompt_evidence is not None:
            yield Fact("find-prompt-match", next(iter(self._prompts)), self._prompt_evidence)
        traces = [one.trace for one in memory.jobs() if one.trace is not None]
        yield from _watched([one for one in traces if one.last is not None])
        yield from self._crowd(traces)

    # error-http-status

    def _statuses(self) -> Iterator[Fact]:
        fits = {one: fitting(pairs.values()) for one, pairs in self._failures.items()}
        common = set.intersection(*fits.values()) if fits else set()
        for operation, variants in fits.items():
            evidence = next(iter(self._failures[operation].values())).exchange
            if len(common) == 1:
                yield Fact("error-http-status", next(iter(common)), evidence, operation)
            elif len(variants) == 1:
                yield Fact("error-http-status", next(iter(variants)), evidence, operation)
            elif not variants:
                said = " and ".join(f"errno {e}: HTTP {s}" for e, s in self._failures[operation])
                yield Fact("error-http-status", said[:200], evidence, operation)

    # check-order

    def _first(self, memory: Memory, look: Look) -> None:
        """Which of two grounds a submission was refused for."""
        key, errno = _CHILDREN.get(look.operation, ""), look.answer.errno
        if look.operation in ("login", "findJobs") or is_nobody(look.sent.sender):
            return
        limited = look.sent.sender in memory.limited or errno == 411
        nobody = bool(key) and memory.impossible(look.fields.get(key))
        cell = look.fields.get("grid_num")
        if limited and not look.fields:
            self._told(look, ("parameters", "plan"), {301: "parameters", 411: "plan"})
        elif limited and nobody and look.cell is not None and len(look.fields) == 2:
            self._told(look, ("parent", "plan"), {410: "parent", 420: "parent", 411: "plan"})
        elif not limited and nobody and whole(cell) not in (*_CELLS, None):
            pair = ("parameters", "parent")
            self._told(look, pair, {301: "parameters", 410: "parent", 420: "parent"})
            memory.checked_first = memory.checked_first or errno == 301

    def _told(self, look: Look, pair: tuple[str, str], said: dict[int, str]) -> None:
        first = said.get(look.answer.errno or 0)
        if first is not None:
            self._firsts.setdefault(pair, {}).setdefault(first, look.answer.exchange)

    def _order(self, memory: Memory) -> Iterator[Fact]:
        if len(self._firsts) == 3 and all(len(one) == 1 for one in self._firsts.values()):
            firsts = {pair: next(iter(one)) for pair, one in self._firsts.items()}
            evidence = next(iter(next(iter(self._firsts.values())).values()))
            yield Fact("check-order", ordered(firsts), evidence)

    # concurrency-limit

    def _beside_others(self, memory: Memory, look: Look) -> None:
        """A submission that was accepted or failed, and how many jobs may have run beside it."""
        submits = memory.contract.operations[look.operation].submits
        running = sum(_may_run(one, look.began) for one in memory.of(look.sent.sender))
        if look.answer.errno != 501:
            self._most = max(self._most, running) if submits and look.answer.ok else self._most
        elif submits and running >= _CROWD:
            self._crowded = [*self._crowded, look.answer.exchange][:_REFUSED]
            self._fewest = min(self._fewest, running)
        else:
            self._failed_elsewhere = True

    def _crowd(self, traces: list[JobTrace]) -> Iterator[Fact]:
        most = max((jobs_beside(one, traces) for one in traces), default=0)
        steady = not self._failed_elsewhere and self._most < self._fewest
        if len(self._crowded) >= _TIMES and steady:
            yield Fact("concurrency-limit", "refused", self._crowded[0])
        elif most >= _QUEUED and not self._crowded:
            yield Fact("concurrency-limit", "queued-silently", traces[0].submission.exchange)

    # find-prompt-match

    def _prompt(self, memory: Memory, look: Look) -> None:
        """Rule out the variants that what was found, or was not, contradicts."""
        wanted, answer = look.fields.get("prompt"), look.answer
        if not isinstance(wanted, str) or not wanted.strip() or self._pairs > _PAIRS * 100:
            return
        if look.fields.keys() - {"prompt", "limit"} or is_nobody(look.sent.sender):
            return
        self._prompt_evidence = answer.exchange
        for record in answer.records[:_PAIRS]:
            self._pairs += 1
            job = memory.job(look.sent.sender, text(record, "hash") or "")
            texts = [*prompt_match.texts(dict(record)), *_submitted(job)]
            hidden = "--" in wanted and not any("--" in one for one in texts)
            if texts and not hidden:  # else it may be found by what is not shown
                self._prompts &= prompt_match.may_find(wanted, texts, self._prompts)
        shown = hashes(answer.records)
        complete = answer.total is not None and len(answer.records) >= answer.total
        limit = whole(look.fields.get("limit"))
        if not complete or (limit is not None and len(answer.records) >= limit):
            return
        for job in memory.due(look):
            if job.hash not in shown and job.is_finished and prompts(dict(job.last or {})):
                self._pairs += 1
                texts = [*prompts(dict(job.last or {})), *_submitted(job)]
                self._prompts &= prompt_match.may_miss(wanted, texts, self._prompts)


def _may_run(job: SeenJob, moment: float) -> bool:
    ended = job.is_finished or has_failed(dict(job.last or {}))
    return job.operation != "" and job.answered <= moment and not ended


def _submitted(job: SeenJob | None) -> list[str]:
    content = job.content if job is not None else None
    return [content] if content and job is not None and job.operation in _FROM_TEXT else []


_FROM_TEXT = ("createJob", "varyJob")


def _watched(jobs: list[JobTrace]) -> Iterator[Fact]:
    """What running jobs show, if the looks at them leave out nothing that lasts."""
    yield from _pending(jobs)
    yield from _running(jobs, "pct_prog", "progress-type", kind_of_progress)
    drawn = [one for one in jobs if one.operation != "describeImage"]
    yield from _running(drawn, "img_prog", "preview-image", kind_of_preview)


def _pending(jobs: list[JobTrace]) -> Iterator[Fact]:
    pending = [one for job in jobs for one in under_way(job)]
    failed = [job.last for job in jobs if job.seems_failed and job.last is not None]
    seen = [one.get("status") for one in [*pending, *failed]]
    if not pending or not_whole(jobs, "status"):
        return
    evidence = jobs[0].submission.exchange
    ends = {whole(one.get("status")) for one in failed}
    if all(one is None for one in seen):
        if went_through(jobs):
            yield Fact("pending-statuses", "null", evidence)
        return
    order = two_in_order(orders(jobs, lambda one: whole(one.get("status"))))
    if order is not None and len(ends) < 2 and None not in map(whole, seen):
        end = next(iter(ends), None)
        yield Fact(
            "pending-statuses",
            f"{order[0]}-{order[1]}-{'?' if end is None else end}",
            evidence,
        )


def _running(
    jobs: list[JobTrace], key: str, id: str, variant: Callable[[object], str]
) -> Iterator[Fact]:
    jobs = [job for job in jobs if under_way(job)]
    values = [one.get(key) for job in jobs for one in under_way(job)]
    if not values or not_whole(jobs, key):
        return
    kinds = {variant(value) for value in values if value is not None}
    if not kinds and went_through(jobs):
        kinds = {"null"}
    if len(kinds) == 1 and "" not in kinds:
        yield Fact(id, kinds.pop(), jobs[0].submission.exchange)
