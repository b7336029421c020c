"""Answers without an envelope in traffic: whether they are the API's own.

What stands before an API answers with any status and with any page, and a client that nobody knows
may send what HTTP itself refuses. So such an answer counts as the API's only if it comes again and
again while the API answers otherwise, or if nothing else ever comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..http.connection import Request
from ..http.exchange import Answer
from ..http.patience import HTTP_REFUSALS
from ..rules.envelopes import elsewhere, is_object, without_envelope
from ..rules.misbehaviour import has_trace

#: So often, with an envelope of another operation in between, and none of its own.
_STEADY = 3
#: Shapes of such answers that are told apart.
_SHAPES = 100
#: Bytes of a request's headers that any HTTP server takes.
_HEADERS = 4_000
#: A firewall's, which goes by what a request says or where it comes from, and lets others through.
_FORBIDDEN = 403
#: How a login of HTTP's own is asked for, which no client of this API has.
_OTHER_LOGINS = ("basic", "digest", "negotiate", "ntlm")

#: Operation, status, media type.
_Shape = tuple[str, int, str]


@dataclass(slots=True)
class _Met:
    times: int = 0
    between: bool = False  # another operation was answered with an envelope meanwhile


@dataclass(slots=True)
class Strange:
    """What has come without an envelope, by its shape."""

    _met: dict[_Shape, _Met] = field(default_factory=dict)
    #: Whether the API has answered at all.
    _answered: bool = False

    def is_own(self, request: Request, answer: Answer) -> bool:
        """Whether the answer is the API's own, as far as anybody can tell."""
        if answer.failure is not None or elsewhere(answer):
            return False
        if not without_envelope(answer):
            self._forget(answer.exchange.operation)
            return True
        if _is_broken_json(answer) or has_trace(answer):
            return True
        if _is_refused_before(request, answer):
            return False
        shape = answer.exchange.operation, answer.status, _label(answer)
        if shape not in self._met and len(self._met) >= _SHAPES:
            return False
        met = self._met.setdefault(shape, _Met())
        met.times += 1
        return met.times >= _STEADY and (met.between or not self._answered)

    def _forget(self, operation: str) -> None:
        """An envelope came: what was of another shape before need not be the API's."""
        self._answered = True
        for shape in [one for one in self._met if one[0] == operation]:
            del self._met[shape]
        for met in self._met.values():
            met.between = True


def _is_refused_before(request: Request, answer: Answer) -> bool:
    if answer.status in HTTP_REFUSALS or answer.status == _FORBIDDEN:
        return True
    asked = answer.header("www-authenticate").strip().lower()
    if answer.status == 401 and asked.startswith(_OTHER_LOGINS):
        return True
    size = len(request.target) + sum(len(key) + len(value) for key, value in request.headers)
    return answer.status == 400 and size > _HEADERS


def _is_broken_json(answer: Answer) -> bool:
    """Whether it is a whole body that is called JSON and is none: what stands before a server
    writes pages, or JSON of its own."""
    return (
        not is_object(answer)
        and "json" in _label(answer)
        and answer.status == 200
        and answer.problem.startswith("not JSON")
    )


def _label(answer: Answer) -> str:
    return answer.header("content-type").partition(";")[0].strip().lower()
