"""The course of jobs, over all looks at them: what they were made from, and what became of them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...json_access import Record, brief, integer, text
from ...rules.find_rules import carries, in_substance, prompts
from ...rules.records import described
from ...rules.times import time_faults
from ...shared_jobs.trace import FINISHED, has_failed
from ..look import Look, Shown
from ..memory import Memory, SeenJob, shorter

#: What never changes once it is set, beside what ``rules/job_model.py`` holds fixed.
_IDENTITY = ("created_at",)
#: The prompt of a record; what was described or translated may still come.
_TEXTS = ("msg_content", "msg_display")
_FROM_TEXT = ("createJob", "varyJob")
_CHILDREN = {"varyJob": "VAR-1", "upscaleJob": "UP-1"}
_SERVICES = ("main", "niji")
_LINK = re.compile("https?://", re.IGNORECASE)
#: What a lenient server may take for one: data:…, //a.test/b.png, a.test
_MAYBE_LINK = re.compile(r"[:/]|\w\.\w")
#: Where the flags of a prompt begin; some keyboards make one dash of two.
_FLAG = re.compile(r"(?:^|\s)(?:--|—)(?=\w)")
_IDS = 5_000


#: What a finished record shows once more that has not changed.
_STILL = (Shown("LIFE-2"), Shown("LIFE-3"), Shown("LIFE-4"))


@dataclass(slots=True)
class Jobs:
    """The rule; it lets the memory learn what a find shows, after it was judged."""

    _hashes: OrderedDict[tuple[object, ...], str] = field(default_factory=OrderedDict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown]:
        refused = look.operation == "blendImages" and look.answer.errno == 301
        if refused and without_links(text(look.sent.body or {}, "content")):
            yield Shown("BLEND-4")
        if look.operation != "findJobs" or not look.answer.ok:
            return
        for record in look.answer.records:
            if record.get("service") not in _SERVICES and "service" in record:
                yield Shown("FIND-5", f"service {brief(record['service'])}", "main or niji")
            job = memory.looked(look, record)
            if job is None:
                continue
            if memory.unchanged(look, job, record):
                yield from _STILL
                continue
            yield from self._renamed(look, record)
            yield from _course(job, record)
            yield from _origin(job, record)
            if integer(record, "status") == FINISHED and not job.is_finished:
                yield from _result(job, record)
            elif job.operation == "blendImages" and _failed_for_its_words(job, record):
                yield Shown("BLEND-4")
            memory.learn(look, job, record)

    def _renamed(self, look: Look, record: Record) -> Iterator[Shown]:
        """LIFE-4: the same ids and time under another hash, in a later look."""
        keys = tuple(record.get(key) for key in ("id", "id_uuid", "timestamp"))
        hash = text(record, "hash")
        if hash is None or not all(isinstance(one, str | int) and one for one in keys):
            return
        before = self._hashes.setdefault((look.sent.sender, *keys), hash)
        if before != hash:
            yield Shown("LIFE-4", f"hash is {brief(hash)}", f"{brief(before)}, as before")
        if len(self._hashes) > _IDS:
            self._hashes.popitem(last=False)


def _course(job: SeenJob, record: Record) -> Iterator[Shown]:
    """LIFE-1 to LIFE-4. Status and ids are compared by ``checking/watch.py``."""
    faults = list(time_faults(record))
    for what, expected, actual in faults:
        yield Shown("LIFE-3", f"{what}: {brief(actual)}", brief(expected))
    if not faults:
        yield Shown("LIFE-3")
    finished = integer(record, "status") == FINISHED
    if job.is_finished and finished:
        yield Shown("LIFE-2")
    if job.operation and finished and not job.is_finished:
        yield Shown("LIFE-1")
    if not job.looks:
        return
    yield Shown("LIFE-4")
    keys = (*_IDENTITY, "msg_display") if job.operation in _FROM_TEXT else _IDENTITY
    for key in keys:
        if key in job.first and shorter(key, record.get(key)) != job.first[key]:
            what = f"{key} was {brief(job.first[key])} and is {brief(record.get(key))}"
            yield Shown("LIFE-4", what, "no change")
    yield from _texts(job, record, job.is_finished and finished)


def _texts(job: SeenJob, record: Record, ended: bool) -> Iterator[Shown]:
    """LIFE-4: what a service adds to a prompt it adds while the job runs. Once it has ended there
    is nothing more to say."""
    last = dict(job.last or {})
    for key in _TEXTS if ended else _TEXTS[:1]:
        old, new = text(last, key), text(record, key)
        if old is None or (new is None and not ended):
            continue
        if ended:
            same = shorter(key, record.get(key)) == old
        else:
            before, after = in_substance(old), in_substance(new or "")
            same = before in after or after in before or job.operation not in _FROM_TEXT
        if not same:
            what = f"{key} was {brief(old)} and is {brief(record.get(key))}"
            yield Shown("LIFE-4", what, "no change")


def _origin(job: SeenJob, record: Record) -> Iterator[Shown]:
    """What the record says of the request that it was made from."""
    yield from _prompt(job, record)
    if job.operation == "upscaleJob":
        kind = record.get("job_type")
        if kind == "upscale":
            yield Shown("UP-6")
        else:
            yield Shown("UP-6", f"job_type of an upscale is {brief(kind)}", "upscale")
    cell, asked = record.get("grid_num"), job.cell
    if job.operation in _CHILDREN and asked is not None and cell is not None:
        if cell == asked:
            yield Shown("UP-7")
        else:
            yield Shown("UP-7", f"grid_num {brief(cell)} of a child of cell {asked}", f"{asked}")
    if job.operation in _CHILDREN and job.parent is not None:
        right = {
            "parent_hash": job.parent.hash,
            "parent_id": text(dict(job.parent.last or {}), "job_id"),
        }
        for key, value in right.items():
            said = record.get(key)
            if said is not None and value is not None and said != value:
                what = f"{key} of a child names another job, {brief(said)}"
                yield Shown(_CHILDREN[job.operation], what, brief(value))


def _prompt(job: SeenJob, record: Record) -> Iterator[Shown]:
    """CREATE-5 and REMIX-1. A server may keep the flags of a prompt elsewhere."""
    if job.operation not in _FROM_TEXT or job.content is None:
        return
    wanted, texts = _FLAG.split(job.content)[0], prompts(record)
    if not wanted.strip() or (not texts and integer(record, "status") != FINISHED):
        return
    if job.operation == "createJob":
        id, there = "CREATE-5", any(carries(one, wanted) for one in texts)
    else:
        id, sought = "REMIX-1", in_substance(wanted)
        there = any(sought in in_substance(one) for one in texts)
    if there:
        yield Shown(id)
    elif id == "CREATE-5" or integer(record, "status") == FINISHED:
        actual = f"the record's prompt is {brief(' / '.join(texts))}"
        yield Shown(id, actual, brief(wanted))


def _result(job: SeenJob, record: Record) -> Iterator[Shown]:
    """What a job has to end with, at the first look that shows it finished."""
    picture = text(record, "img_buffer") is not None
    content = job.content or ""
    if job.operation in _CHILDREN:
        id = _CHILDREN[job.operation]
        if picture:
            yield Shown(id)
        else:
            yield Shown(id, f"a finished {job.operation} without a picture", "img_buffer")
    elif job.operation == "blendImages":
        yield from _blended(content, picture)
    elif job.operation == "describeImage":
        texts = described(dict(record), content)
        if without_links(content):
            if texts:
                what = f"a describe of {brief(content, 60)} finished with prompts"
                yield Shown("DESC-2", what, "errno 301, or a job that fails")
        elif texts:
            yield Shown("DESC-1")
        else:
            yield Shown("DESC-1", "the finished record contains no prompts", "a text")


def _blended(content: str, picture: bool) -> Iterator[Shown]:
    words = content.split()
    links = sum(_LINK.match(word) is not None for word in words)
    if links == len(words) and 2 <= links <= 5:
        if picture:
            yield Shown("BLEND-1")
        else:
            yield Shown("BLEND-1", f"{links} links gave no picture", "a picture")
    elif without_links(content) and picture:
        what = f"a blend of {brief(content, 60)} gave a picture"
        yield Shown("BLEND-4", what, "a refusal, or a job that fails")


def _failed_for_its_words(job: SeenJob, record: Record) -> bool:
    return has_failed(record) and without_links(job.content)


def without_links(content: str | None) -> bool:
    """Whether it is a text, and nothing in it can pass for a link."""
    return bool(content and content.strip()) and not _MAYBE_LINK.search(content or "")
