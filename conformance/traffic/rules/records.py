"""Questions that the records of finished jobs answer, and those of whose jobs a find returns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...checks.describe import where_the_prompts_are
from ...checks.images import is_md5, md5_of, names_of_kinds
from ...checks.lifecycle_questions import error_on_success
from ...findings import EvidenceItem
from ...json_access import Record, brief, integer, text, whole
from ...rules.find_rules import CURSOR, hashes
from ...shared_jobs.trace import FINISHED, has_failed
from ..facts import Fact
from ..look import Look
from ..memory import Memory, SeenJob, is_nobody
from .jobs import without_links
from .refusals import GRIDS, whole_request

_CHILDREN = ("varyJob", "upscaleJob")
_NIJI = re.compile(r"(^|\s)--niji(\s|$)")
_SHAPE = re.compile(r"(?:^|\s)--ar\s+(\d{1,3}):(\d{1,3})(?:\s|$)")
_FLAG = re.compile(r"(^|\s)--")
#: The first five of these are the kinds of the page's operations; a remix is the sixth.
_KINDS = ("createJob", "varyJob", "upscaleJob", "blendImages", "describeImage", "remix")
#: Children of unfinished parents that are remembered.
_EARLY = 20
#: The frame that a picture may have (question image-frame).
_FRAME = (64, 128)


@dataclass(slots=True)
class Records:
    """The rule; it remembers the names of the kinds, and the size of a picture without a shape."""

    _kinds: dict[str, str] = field(default_factory=dict)
    _square: tuple[int, int] | None = None
    #: The pictures with a shape, until one without is known: width and height asked for, and had.
    _shaped: list[tuple[tuple[int, int], tuple[int, int], EvidenceItem]] = field(
        default_factory=list
    )
    #: Children of unfinished parents, until a later look shows whether they still were that.
    _early: list[tuple[SeenJob, Look]] = field(default_factory=list)
    #: Answers to such children, until one of a finished parent is taken.
    _refused: dict[str, list[Fact]] = field(default_factory=dict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Fact]:
        if look.operation in _CHILDREN:
            yield from self._child(memory, look)
        refused = look.operation == "blendImages" and look.answer.errno == 301
        words = without_links(text(dict(look.fields), "content"))
        if refused and words and memory.was_taken(look):
            yield Fact("blend-bad-link", "301", look.answer.exchange)
        if look.operation != "findJobs" or not look.answer.ok or is_nobody(look.sent.sender):
            return
        yield from _scope(memory, look)
        yield from _totals(memory, look)
        for record in look.answer.records:
            job = memory.job(look.sent.sender, text(record, "hash") or "")
            if job is not None and look.began >= job.looked:
                yield from self._record(memory, look, job, record)

    def _record(self, memory: Memory, look: Look, job: SeenJob, record: Record) -> Iterator[Fact]:
        finished = integer(record, "status") == FINISHED
        yield from self._still_early(look, job, finished or has_failed(record))
        if job.operation == "blendImages" and without_links(job.content) and has_failed(record):
            yield Fact("blend-bad-link", "job-fails", look.answer.exchange)
        if not finished or job.is_finished or not job.operation:
            return
        exchange = look.answer.exchange
        for fact in _of_the_end(job, dict(record)):
            yield Fact(fact[0], fact[1], exchange, fact[2])
        if job.operation == "createJob":
            yield from self._drawn(job, record, exchange)
        kind = "remix" if job.operation == "varyJob" and job.content else job.operation
        if (name := text(record, "job_type")) is not None:
            self._kinds[kind] = name
        if all(one in self._kinds for one in _KINDS):
            names = names_of_kinds([self._kinds[one] for one in _KINDS])
            memory.kinds = frozenset(self._kinds.values())
            yield Fact("job-type-names", names, exchange)

    def _drawn(self, job: SeenJob, record: Record, exchange: EvidenceItem) -> Iterator[Fact]:
        """The size of a create's picture, with a shape in its prompt and without."""
        width, height = integer(record, "img_width"), integer(record, "img_height")
        content = job.content or ""
        if width is None or height is None:
            return
        shape = _SHAPE.search(content)
        if shape is None and not _FLAG.search(content):
            self._square = width, height
            yield Fact("image-frame", _frame(width, height), exchange)
        elif shape is not None and int(shape[2]) and shape[1] != shape[2] and not self._shaped:
            self._shaped.append(((int(shape[1]), int(shape[2])), (width, height), exchange))
        if self._square is not None:
            for asked, size, seen in self._shaped:
                yield Fact("aspect-flag", _shape(asked, size, self._square), seen)
            self._shaped.clear()

    # unfinished-parent

    def _child(self, memory: Memory, look: Look) -> Iterator[Fact]:
        parent = memory.named(look.sent)
        taken = look.answer.hash is not None
        # What is no grid may be refused for that, finished or not (PAR-1).
        if parent is None or parent.account != look.sent.sender or parent.operation not in GRIDS:
            return
        if parent.finished <= look.began:
            if taken:
                yield from self._refused.pop(look.operation, [])
            return
        right = look.cell is not None and (taken or _is_bare(memory, look))
        seen = parent.looks > 0 and parent.looked <= look.began and not parent.is_finished
        if right and seen and look.answer.errno in (0, 301, 420, 421):
            self._early = [*self._early, (parent, look)][-_EARLY:]

    def _still_early(self, look: Look, job: SeenJob, ended: bool) -> Iterator[Fact]:
        """A look that began after the child was answered, and shows its parent unfinished."""
        for pair in [one for one in self._early if one[0] is job and look.began >= one[1].ended]:
            self._early.remove(pair)
            child = pair[1]
            if ended:
                continue
            said = "queued" if child.answer.ok else str(child.answer.errno)
            fact = Fact("unfinished-parent", said, child.answer.exchange, child.operation)
            if child.answer.ok:
                yield fact
            else:
                self._refused.setdefault(child.operation, [])[:] = [fact]


def _is_bare(memory: Memory, look: Look) -> bool:
    """Whether it names a parent and a cell, and nothing else that might be refused."""
    return len(look.fields) == 2 and whole_request(memory, look)


def _of_the_end(job: SeenJob, record: Record) -> Iterator[tuple[str, str, str]]:
    """Question, answer and key, from the record of a job that has just finished."""
    if job.operation == "createJob":
        if (said := error_on_success(record)) is not None:
            yield "error-on-success", said, ""
        if not is_md5(record.get("img_md5")):  # else it is compared with the picture
            yield "image-md5", md5_of(record, None), ""
        if _NIJI.search(job.content or ""):
            service = text(record, "service")
            named = {"niji": "flag", "main": "never"}.get(service or "", brief(service))
            yield "niji-selection", named, ""
    if job.operation == "describeImage" and not without_links(job.content):
        yield "describe-result", where_the_prompts_are(record, job.content or ""), ""
    if job.operation in _CHILDREN:
        cell = record.get("grid_num")
        said = "set" if cell == job.cell else f"grid_num {brief(cell)}"
        if job.cell is not None:
            yield "child-grid-num", "null" if cell is None else said, job.operation
        if job.parent is not None:
            yield "child-parent", _named(record), job.operation


def _named(record: Record) -> str:
    keys = tuple(one for one in ("parent_id", "parent_hash") if record.get(one) is not None)
    return {(): "neither", ("parent_id",): "id", ("parent_hash",): "hash"}.get(keys, "both")


def _frame(width: int, height: int) -> str:
    if width == height:
        return "raw"
    return "framed" if width - _FRAME[0] == height - _FRAME[1] else f"{width}x{height}"


def _shape(asked: tuple[int, int], size: tuple[int, int], square: tuple[int, int]) -> str:
    """A frame adds the same to both."""
    frame = _FRAME if _frame(*square) == "framed" else (0, 0)
    width, height = size[0] - frame[0], size[1] - frame[1]
    if abs(width / max(height, 1) - asked[0] / asked[1]) < 0.05:
        return "shape"
    return "ignored" if size == square else f"{size[0]}x{size[1]}"


def _scope(memory: Memory, look: Look) -> Iterator[Fact]:
    """find-scope: a job that another account has submitted is there, or is not in all of them."""
    sender, answer = look.sent.sender, look.answer
    shown = hashes(answer.records)
    whole_answer = not look.fields.keys() - {"limit"} and answer.total == len(shown)
    for job in memory.jobs(without=sender):
        if not job.operation or not memory.accounts.apart(job.account, sender):
            continue
        if "sender_id" in job.body:
            continue  # it may be that account's
        if job.hash in shown:
            yield Fact("find-scope", "all", answer.exchange)
            return
        if whole_answer and job.settled(look.began) and shown:
            yield Fact("find-scope", "own", answer.exchange)
            return


def _totals(memory: Memory, look: Look) -> Iterator[Fact]:
    """find-total-scope: the total behind a cursor that excludes a job, and that without it."""
    answer, cursor = look.answer, whole(look.fields.get(CURSOR))
    total = answer.total
    if total is None or look.fields.keys() - {"limit", CURSOR}:
        return
    if CURSOR not in look.fields:
        memory.counted(look, total)
        return
    moment, before = memory.totals.get(look.sent.sender, (0.0, 0))
    if not before or cursor is None or len(memory.unit) != 1:
        return
    bound = (cursor + 1) * next(iter(memory.unit))
    # Of that moment: jobs that came later are newer than these, and so than the cursor.
    due = [one for one in memory.due(look, moment) if (integer_time(one) or 0) > bound]
    if due and total >= before:
        yield Fact("find-total-scope", "filters-without-cursor", answer.exchange)
    elif due and total <= before - len(due):
        yield Fact("find-total-scope", "filters-with-cursor", answer.exchange)


def integer_time(job: SeenJob) -> int | None:
    """The timestamp (ms) of a job as it was seen last."""
    stamp = text(dict(job.last or {}), "timestamp")
    return int(stamp) if stamp is not None and stamp.isdigit() else None
