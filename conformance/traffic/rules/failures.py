"""Requests that a server fails on each time (errno 501), and that it has no ground to fail on.

A failure that comes and goes is no evidence, and neither is one of everything. One that comes each
time to the same kind of request, while others to the same operation get their answer in between,
is how the server treats that request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...checking.senders import authorization, bearer
from ...rules.parameters import sensible
from ...rules.refusals import FORGED, NOBODY, OPEN, wrongly_accepted
from ..look import Look, Shown
from ..memory import Memory

#: So often, and never answered otherwise.
_TIMES = 3
_MARK = "traffic-that-was-only-seen"
#: Kinds of requests that are remembered.
_MOST = 500
_SERVER_ERROR = 500
_Kind = tuple[str, str, str]


@dataclass(slots=True)
class Failures:
    """The rule. A kind is a requirement, an operation and the keys that were sent."""

    _failed: Counter[_Kind] = field(default_factory=Counter)
    _answered: set[_Kind] = field(default_factory=set)
    #: By operation the kinds that failed since it last answered.
    _since: dict[str, set[_Kind]] = field(default_factory=dict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown]:
        yield from self._counted(look, _kind(memory, look))

    def odd(self, look: Look, unlike: str) -> Iterator[Shown]:
        """A request that is not in the page's form: GEN-5 allows errno 501, but no HTTP 5xx."""
        if look.answer.errno != 501 or look.answer.status >= _SERVER_ERROR:
            yield from self._counted(look, ("GEN-5", look.operation, unlike))

    def _counted(self, look: Look, kind: _Kind | None) -> Iterator[Shown]:
        errno = look.answer.errno
        if errno is None:
            return
        if errno != 501:
            self._since.pop(look.operation, None)
        if kind is None or len(self._failed) + len(self._answered) > _MOST:
            return
        if errno != 501:
            self._answered.add(kind)
            self._failed.pop(kind, None)
            return
        since = self._since.setdefault(look.operation, set())
        if kind in self._answered or kind in since:
            return  # it was answered before, or nothing else was since it failed
        since.add(kind)
        self._failed[kind] += 1
        if self._failed[kind] >= _TIMES:
            id, operation, keys = kind
            what = f"{operation} with {keys or 'nothing'} fails each time: errno 501"
            yield Shown(id, what, "records" if operation == "findJobs" else "a refusal")


def _kind(memory: Memory, look: Look) -> _Kind | None:
    """The requirement that a failure breaks, with what the request was."""
    keys = ", ".join(sorted(look.fields))[:200]
    if look.operation != "login" and look.sent.sender in (NOBODY, FORGED):
        if "sender_id" in look.fields:
            return None
        if look.sent.sender == NOBODY:
            return "AUTH-2", look.operation, "no token"
        empty = not bearer(authorization(look.request) or "")
        what = "an empty token" if empty else "a token that no login gave"
        return "AUTH-3", look.operation, what
    if look.sent.sender == OPEN:
        return None
    ruled = wrongly_accepted(memory.contract, {}, _MARK, look.sent)
    if ruled is not None:
        return ruled[0], look.operation, keys
    if look.operation == "findJobs" and sensible({**look.fields, "folders": []}):
        folders = look.fields.get("folders", [])
        named = isinstance(folders, list) and all(isinstance(one, str) for one in folders)
        script = look.fields.get("prompt")
        if named and isinstance(script, str) and not script.isascii():
            bytes_each = 4 if max(map(ord, script)) > 0xFFFF else 3
            return "GEN-5", look.operation, f"a prompt of characters of {bytes_each} bytes"
        return ("FIND-1", look.operation, keys) if named else None
    return None
