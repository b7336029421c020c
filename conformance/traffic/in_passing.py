"""What every exchange shows of itself: the requirements that ``checking/watch.py`` judges in it.

Each counts as seen to hold where it applied and no breach was found. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..json_access import whole
from ..rules.refusals import Breach
from .look import Look, Shown

#: The requirement that an accepted submission meets with its hash.
_HASHES = {"createJob": "CREATE-1"}
#: The filters that every record of an answer has to satisfy by itself.
_FILTERS = {
    "service": "FIND-5",
    "job_type": "FIND-6",
    "folders": "FIND-8",
    "favourite": "FIND-9",
}


def concerned(look: Look) -> Iterator[str]:
    """The requirements that this exchange shows, broken or not."""
    answer = look.answer
    if not look.plain:
        if answer.errno is not None or 400 <= answer.status < 500:
            yield "GEN-5"
        return
    yield from ("GEN-1", "GEN-6")
    if answer.errno is not None:
        yield "GEN-2"
    if answer.errno:
        yield "GEN-3"
    if not answer.ok:
        return
    if look.operation == "login":
        yield from ("LOGIN-1", "LOGIN-2")
    elif look.operation == "findJobs":
        yield from _find(look)
    elif answer.hash is not None:
        yield "CREATE-4"
        if look.operation in _HASHES:
            yield _HASHES[look.operation]


def combined(look: Look, breaches: Sequence[Breach]) -> Iterator[Shown]:
    """FIND-10: a filter that does not count, in a find by several."""
    used = [key for key in (*_FILTERS, "prompt") if look.fields.get(key)]
    if look.operation != "findJobs" or len(used) < 2:
        return
    for id, actual, expected in breaches:
        if id in _FILTERS.values():
            yield Shown("FIND-10", actual, expected)


def _find(look: Look) -> Iterator[str]:
    records, fields = look.answer.records, look.fields
    yield "FIND-2"
    limit = whole(fields.get("limit"))
    if limit is not None and limit > 0:
        yield "FIND-3"
    if records:
        yield "FIND-11"
    if len(records) > 1:
        yield "FIND-12"
    used = [id for key, id in _FILTERS.items() if fields.get(key)]
    if records:
        yield from used
        if len(used) + ("prompt" in fields) > 1:
            yield "FIND-10"
    text = fields.get("prompt")
    if isinstance(text, str) and not text.isascii():
        yield "GEN-5"  # text in any script
