"""Submissions that passed: what was taken, and what was not although another like it was."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ...checking.senders import authorization
from ...http.exchange import Exchange
from ...json_access import Record, text, whole
from ...shared_jobs.trace import has_failed
from ..facts import Fact
from ..look import Look, Shown
from ..memory import SETTLED, Memory, SeenJob, is_nobody
from .refusals import GRIDS, own_parent, whole_request

#: The requirement of each operation that sender_id is optional with a token.
_SENDERS = {
    "varyJob": "VAR-5",
    "upscaleJob": "UP-5",
    "blendImages": "BLEND-5",
    "describeImage": "DESC-3",
}
_CHILDREN = {"varyJob": "VAR-1", "upscaleJob": "UP-1"}
_REFUSED = (301, 410, 420, 421)
_NO_LOGIN = 430
#: Refusals for a foreign parent that are remembered.
_FOREIGN = 20
_DIGITS = re.compile(r"[1-4]")
#: Bodies that are remembered with what came of them, and upscales.
_BODIES, _DOUBTFUL = 1_000, 20
_MESSAGES = {"OK": "ok", "SUCCESS": "success"}


class _Doubtful(NamedTuple):
    """An upscale that was refused, and what it breaks if it was none that had been made before."""

    parent: SeenJob
    cell: int
    ended: float
    faults: list[Shown]

    def may_be(self, record: Record) -> bool:
        """Whether the record may be that earlier one's, which need not name parent and cell."""
        right = {"job_type": "upscale", "parent_hash": self.parent.hash, "grid_num": self.cell}
        return all(record.get(key) in (None, value) for key, value in right.items())


@dataclass(slots=True)
class Submissions:
    """The rule; it remembers what came of a body with a sender_id and without."""

    _tried: OrderedDict[bytes, dict[bool, tuple[bool, Exchange]]] = field(
        default_factory=OrderedDict
    )
    #: Upscales that were refused, though perhaps as the second ones of their cells.
    _doubtful: list[_Doubtful] = field(default_factory=list)
    #: Refusals of a token for a parent of another account, or because it has expired, with when
    #: they ended, until the token is taken once more.
    _foreign: list[tuple[str, float, Fact]] = field(default_factory=list)

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown | Fact]:
        yield from self._confirmed(look)
        if self._doubtful and look.operation == "findJobs":
            yield from self._listed(look)
        operations = memory.contract.operations
        if not operations[look.operation].submits or is_nobody(look.sent.sender):
            return
        parent = own_parent(memory, look)
        yield from self._sender(memory, look, parent)
        yield from self._child(memory, look, parent)
        for fact in _about_the_parent(memory, look, parent):
            if look.answer.errno == _NO_LOGIN:
                token = authorization(look.request) or ""
                self._foreign = [*self._foreign, (token, look.ended, fact)][-_FOREIGN:]
            else:
                yield fact
        if look.answer.hash is None:
            return
        for repeated in _repeated(memory, look):
            yield repeated
            yield from (fault for one in self._doubtful for fault in one.faults)
            self._doubtful.clear()
        message = look.answer.errmsg or ""
        said = _MESSAGES.get(message, message[:100])
        yield Fact("submission-message", said, look.answer.exchange, look.operation)
        memory.submitted(look)

    def _confirmed(self, look: Look) -> Iterator[Fact]:
        """A token that is taken now had not expired before."""
        if not self._foreign or look.answer.errno in (None, _NO_LOGIN, 501):
            return
        token = authorization(look.request)
        held = [one for one in self._foreign if one[0] == token and one[1] <= look.began]
        self._foreign = [one for one in self._foreign if one not in held]
        yield from (fact for _, _, fact in held)

    def _sender(self, memory: Memory, look: Look, parent: SeenJob | None) -> Iterator[Shown]:
        """A sender_id is optional: the same body is taken with it and without."""
        id = _SENDERS.get(look.operation)
        if id is None:
            return
        given = "sender_id" in look.fields
        if look.answer.ok and not given:
            yield Shown(id)
        if look.operation in _CHILDREN and parent is None:
            return
        if not look.answer.ok and look.answer.errno not in (*_REFUSED, _NO_LOGIN):
            return
        if given and not look.answer.ok and not memory.is_own_id(look):
            return  # what is no id of the sender's may be refused
        rest = {key: one for key, one in look.fields.items() if key != "sender_id"}
        # By the token, not by the account: an older one may have ended.
        token = authorization(look.request)
        body = f"{look.operation} {token} {json.dumps(rest, sort_keys=True)}"
        tried = self._tried.setdefault(hashlib.sha256(body.encode()).digest(), {})
        accepted, exchange = tried.get(not given, (look.answer.ok, look.answer.exchange))
        tried[given] = look.answer.ok, look.answer.exchange
        if len(self._tried) > _BODIES:
            self._tried.popitem(last=False)
        if accepted == look.answer.ok or look.answer.errno == _NO_LOGIN:
            return
        # A second upscale of one cell may be refused (question repeat-upscale).
        if look.operation == "upscaleJob" and accepted:
            return
        refused = "with" if given is not look.answer.ok else "without"
        what = f"{look.operation} is refused {refused} sender_id, and accepted otherwise"
        yield Shown(id, what, "errno 0", (exchange,))

    def _child(self, memory: Memory, look: Look, parent: SeenJob | None) -> Iterator[Shown | Fact]:
        """A child of a grid of the sender's own that has finished."""
        cell = look.fields.get("grid_num")
        if parent is None or parent.operation not in GRIDS:
            return
        if isinstance(cell, str) and _DIGITS.fullmatch(cell):
            if look.answer.ok or look.answer.errno == 301:
                answer = "coerced" if look.answer.ok else "301"
                yield Fact("grid-num-string", answer, look.answer.exchange, look.operation)
            return
        if look.cell is None:
            return
        if look.answer.hash is not None:
            yield Shown("GRID-1")
        elif look.answer.errno in _REFUSED and whole_request(memory, look):
            yield from self._not_taken(memory, look, parent, look.cell)

    def _not_taken(
        self, memory: Memory, look: Look, parent: SeenJob, cell: int
    ) -> Iterator[Shown | Fact]:
        """A refusal for which there is no ground. The same upscale may have been made before
        (question repeat-upscale): by another client of the account, or in vain, when its answer
        was lost. So it counts where such a second one is taken, or where the account has none."""
        strange = "sender_id" in look.fields and not memory.is_own_id(look)
        if "content" in look.fields or strange:
            return  # what a user wrote may be refused, and a stranger's id
        what = f"{look.operation} of cell {cell} of a finished grid: errno {look.answer.errno}"
        evidence = (look.answer.exchange, *([parent.exchange] if parent.exchange else []))
        ids = (_CHILDREN[look.operation], "GRID-1")
        faults = [Shown(id, what, "errno 0", evidence) for id in ids]
        if look.operation != "upscaleJob" or look.answer.errno != 301:
            yield from faults
        elif _before(memory, parent, cell) is not None:
            yield Fact("repeat-upscale", "refused", look.answer.exchange)
        elif memory.facts.answers("repeat-upscale"):
            taken = "refused" not in memory.facts.answers("repeat-upscale")[""]
            yield from faults if taken else ()
        elif len(self._doubtful) < _DOUBTFUL:
            self._doubtful.append(_Doubtful(parent, cell, look.ended, faults))

    def _listed(self, look: Look) -> Iterator[Shown]:
        """A find that shows all jobs of the account, and no upscale that may be an earlier one."""
        answer = look.answer
        if not answer.ok or look.fields.keys() - {"limit"} or answer.total != len(answer.records):
            return
        for one in list(self._doubtful):
            if one.parent.account == look.sent.sender and one.ended + SETTLED <= look.began:
                self._doubtful.remove(one)
                yield from () if any(map(one.may_be, answer.records)) else one.faults


def _before(memory: Memory, parent: SeenJob, cell: int) -> SeenJob | None:
    """An earlier upscale of the same cell."""
    return next(
        (
            one
            for one in memory.of(parent.account)
            if one.operation == "upscaleJob" and one.parent is parent and one.cell == cell
        ),
        None,
    )


def _about_the_parent(memory: Memory, look: Look, own: SeenJob | None) -> Iterator[Fact]:
    """The questions about parents."""
    if look.operation not in _CHILDREN or look.cell is None:
        return
    answer, exchange = look.answer, look.answer.exchange
    errno = str(answer.errno)
    key = "parent_id" if look.operation == "varyJob" else "parent_hash"
    parent = memory.named(look.sent)
    if memory.impossible(look.fields.get(key)) and answer.errno in (410, 420):
        yield Fact("unknown-parent", errno, exchange, look.operation)
    elif parent is not None and memory.accounts.apart(parent.account, look.sent.sender):
        if _is_foreign(look, parent) and answer.errno in (0, 410, 420, 430):
            taken = "allowed" if answer.ok else errno
            yield Fact("foreign-parent", taken, exchange, look.operation)
    elif own is not None and own.operation == "upscaleJob":
        yield from _of_an_upscale(look, own)


def _is_foreign(look: Look, parent: SeenJob) -> bool:
    """Whether the parent of another account is surely that one's, has finished, and is named as on
    the page. Where all find all jobs, the account that submitted it tells whose it is, unless a
    sender_id does."""
    key = "parent_id" if look.operation == "varyJob" else "parent_hash"
    name = parent.hash if key == "parent_hash" else text(parent.last or {}, "job_id")
    ids = "sender_id" in look.fields or "sender_id" in parent.body
    seen = bool(parent.operation) and parent.finished <= look.began
    return seen and not ids and look.fields.get(key) == name


def _of_an_upscale(look: Look, own: SeenJob) -> Iterator[Fact]:
    if look.operation == "varyJob" and look.answer.errno in (0, 421):
        answer = "allowed" if look.answer.ok else "421"
        yield Fact("upscale-variation", answer, look.answer.exchange)


def _repeated(memory: Memory, look: Look) -> Iterator[Fact]:
    """repeat-upscale, where the second one was taken."""
    parent = own_parent(memory, look)
    cell = whole(look.fields.get("grid_num"))
    hash = look.answer.hash
    if look.operation != "upscaleJob" or parent is None or cell is None or hash is None:
        return
    before = _before(memory, parent, cell)
    if before is None or before.answered > look.began or has_failed(dict(before.last or {})):
        return  # side by side, or after a failure, it may be another matter
    if text(look.fields, "sender_id") is None:
        answer = "same-hash" if before.hash == hash else "new-job"
        yield Fact("repeat-upscale", answer, look.answer.exchange)
