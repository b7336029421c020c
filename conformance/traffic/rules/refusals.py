"""Requests that had to be refused, and others that had not: by which errno it was done.

What was accepted wrongly is judged by ``checking/watch.py``. A refusal is judged only where nothing
else can be its ground: not the account's plan, not a failure of the server, not a parent that
nobody here knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...json_access import text
from ...rules.find_rules import CURSOR
from ...rules.parameters import sensible, tolerated, wrong_parameter
from ...rules.refusals import FORGED, NOBODY, OPEN, Breach, wrongly_accepted
from ..look import Look, Shown
from ..memory import Memory, SeenJob

_CHILDREN = ("varyJob", "upscaleJob")
_PARENTS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
_NOT_FOUND = {"varyJob": "VAR-3", "upscaleJob": "UP-3"}
#: The jobs whose pictures the page calls grids.
GRIDS = ("createJob", "varyJob")
#: What can't be made of what (PAR-1).
_NO_GRID = (("upscaleJob", "upscaleJob"), ("varyJob", "describeImage"))
#: Refusals that may have a ground of their own: a plan, a token that ended, a failure.
_OTHER_GROUNDS = (411, 430, 501)
#: A find with more is asked for a page that a server may refuse (question find-max-limit).
_USUAL_LIMIT, _USUAL_PROMPT = 10, 200
#: In no name that anybody sends.
_MARK = "traffic-that-was-only-seen"


class Refusals:
    """The rule."""

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown]:
        errno = look.answer.errno
        if errno is None:
            return
        if errno == 411 and look.operation != "login":
            memory.was_refused_for_its_plan(look.sent.sender)
            yield Shown("PLAN-1")
            return
        if look.sent.sender in (NOBODY, FORGED) and look.operation != "login":
            yield from _without_account(memory, look)
            return
        yield from _nonexistent(memory, look)
        yield from _of_the_wrong_kind(memory, look)
        ruled = wrongly_accepted(memory.contract, {}, _MARK, look.sent)
        if ruled is not None:
            yield from _ruled(memory, look, ruled)
        elif look.operation == "findJobs":
            yield from _find(look)


def _without_account(memory: Memory, look: Look) -> Iterator[Shown]:
    """AUTH-2 to AUTH-4: without a token, and with one that no login can have returned."""
    id = "AUTH-2" if look.sent.sender == NOBODY else "AUTH-3"
    if "sender_id" in look.fields and look.sent.sender == NOBODY:
        return
    if look.answer.errno == 430:
        yield Shown(id)
        if id == "AUTH-2":
            if any(text(look.answer.envelope, key) for key in ("error", "errmsg")):
                yield Shown("AUTH-4")
            else:
                yield Shown("AUTH-4", f"{look.operation}: no message", "errno and error")
    elif not look.answer.ok and look.answer.errno != 501 and whole_request(memory, look):
        what = "without a token" if id == "AUTH-2" else "with a token that no login returned"
        yield Shown(id, f"{look.operation} {what}: {look.answer.summary()}", "errno 430")


def _nonexistent(memory: Memory, look: Look) -> Iterator[Shown]:
    """UP-3 and VAR-3: a parent by a name that no job can have."""
    key = _PARENTS.get(look.operation, "")
    if not memory.impossible(look.fields.get(key)) or look.cell is None:
        return
    id = _NOT_FOUND[look.operation]
    if look.answer.errno in (410, 420):
        yield Shown(id)
    elif look.answer.ok and look.sent.sender != OPEN:
        yield Shown(id, f"{look.operation} of a nonexistent job is accepted", "errno 410 or 420")


def _of_the_wrong_kind(memory: Memory, look: Look) -> Iterator[Shown]:
    """PAR-1."""
    parent = own_parent(memory, look)
    if parent is None or (look.operation, parent.operation) not in _NO_GRID:
        return
    if look.cell is None or look.answer.errno in _OTHER_GROUNDS:
        return
    # What a user wrote may be refused before, and so may a stranger's id.
    others = not look.answer.ok and look.fields.keys() & {"content", "sender_id"}
    if look.answer.errno == 421:
        yield Shown("PAR-1")
    elif not others and whole_request(memory, look):
        what = f"{look.operation} of the job of a {parent.operation}: {look.answer.summary()}"
        yield Shown("PAR-1", what, "errno 421")


def _ruled(memory: Memory, look: Look, ruled: Breach) -> Iterator[Shown]:
    """A request that breaks a rule of its own, and was refused."""
    id, what, expected = ruled
    errno = look.answer.errno
    if look.answer.ok or errno in _OTHER_GROUNDS or look.sent.sender == OPEN:
        return
    if look.operation in _CHILDREN and not _is_clear(memory, look):
        return
    allowed = {int(one) for one in re.findall(r"\b[1-9]\d\d\b", expected)}
    if errno in allowed:
        yield Shown(id)
        return
    if not allowed or tolerated(memory.contract, look.operation, look.fields, errno):
        return
    fault = what.removesuffix(" is accepted").replace(" is accepted although", ":")
    yield Shown(id, f"{fault}: {look.answer.summary()}", expected)


def _is_clear(memory: Memory, look: Look) -> bool:
    """Whether the parent can't be the ground: none is named, or a grid that has finished."""
    if not any(key in look.fields for key in ("parent_id", "parent_hash")):
        return True
    parent = own_parent(memory, look)
    return parent is not None and parent.operation in GRIDS


def _find(look: Look) -> Iterator[Shown]:
    if look.answer.ok:
        if look.fields.keys() <= _SEVEN:
            yield Shown("FIND-1")
        return
    limit, prompt = look.fields.get("limit", 1), look.fields.get("prompt", "")
    usual = isinstance(limit, int) and limit <= _USUAL_LIMIT and len(str(prompt)) <= _USUAL_PROMPT
    if look.answer.errno == 301 and usual and look.sent.by_account and sensible(look.fields):
        shown = ", ".join(sorted(look.fields)) or "nothing"
        yield Shown("FIND-1", f"find by {shown}: {look.answer.summary()}", "errno 0")


_SEVEN = frozenset(
    (CURSOR, "limit", "service", "job_type", "prompt", "folders", "favourite")  # page, Job Find
)


def own_parent(memory: Memory, look: Look) -> SeenJob | None:
    """The parent that a request names, if it is the sender's own, was seen finished before, and is
    named by the key of the page."""
    key = _PARENTS.get(look.operation, "")
    other = {"parent_id", "parent_hash"} - {key}
    parent = memory.named(look.sent)
    if parent is None or other & look.fields.keys() or not isinstance(look.fields.get(key), str):
        return None
    right = parent.hash if key == "parent_hash" else text(parent.last or {}, "job_id")
    seen = parent.account == look.sent.sender and parent.finished <= look.began
    return parent if seen and right == look.fields[key] else None


def whole_request(memory: Memory, look: Look) -> bool:
    """Whether there is nothing to complain of in its fields, not even one that is not listed."""
    properties = memory.contract.request_schema(look.operation)["properties"]
    if not look.fields.keys() <= properties.keys():
        return False
    if look.operation == "findJobs":
        return sensible(look.fields) and _find_limit(look.fields)
    if wrong_parameter(memory.contract, look.operation, look.fields):
        return False
    sent = replace(look.sent, sender="anybody")
    return wrongly_accepted(memory.contract, {}, _MARK, sent) is None


def _find_limit(fields: Mapping[str, object]) -> bool:
    limit = fields.get("limit", 1)
    return isinstance(limit, int) and limit <= _USUAL_LIMIT
