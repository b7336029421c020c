"""Which answers are worth another try, how often and after how long. Pure but for its counters.

An answer with a gateway's status and without an envelope is no evidence about the API. Neither is a
connection that broke: what costs nothing is sent again. An answer of another shape is the API's own
if it comes every time, and something else's if the same request gets an envelope then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from .connection import REDIRECTS, Failure
from .exchange import Answer
from .pace import LONGEST_HOLD

#: Statuses of what stands before a server, where the body is no envelope: a proxy that wants a
#: login (407), a wrong or looping route (421, 508), a network's page (451, 511). 499 is nginx's,
#: 520 and the following are Cloudflare's.
GATEWAY_STATUSES = frozenset(
    {407, 408, 421, 429, 451, 499, 502, 503, 504, 508, 511, *range(520, 531)}
)
#: Those by which HTTP refuses the size or the form of a message, before the API has read it: a
#: client whose requests nobody knows may send such ones. 494 to 497 are nginx's.
HTTP_REFUSALS = frozenset({411, 413, 414, 417, 426, 431, 494, 495, 496, 497, 505})
#: The errno of a server that failed itself (page, table of errors).
SERVER_FAULT = 501
#: Too many requests: with an envelope too it says how many there were, and not what was in them.
_TOO_MANY = 429
#: Statuses that, without an envelope, are taken for the server's own at once: what HTTP refuses,
#: and what a framework says about a method.
_CLEAR = frozenset({405, *HTTP_REFUSALS})
_LOST = (Failure.CONNECT, Failure.TIMEOUT, Failure.DROPPED, Failure.PROTOCOL, Failure.CODING)

#: The seconds that a run waits in all.
_ALL_WAITS = 600.0
_FIRST_WAIT, _USUAL_WAIT = 0.1, 2.0
#: Before a request is sent again that met with a fault or an answer of another shape: soon, for it
#: may be the API's own; and then later, for it may be a limit on requests that does not say so.
_DOUBT_WAITS = (0.0, 0.0, 0.05, 0.1, 0.2, 0.3)
#: After so many requests in a row without an answer the server counts as gone.
GONE = 8


class Trouble(Enum):
    """Why an answer says nothing about the API; the value: how often it is tried."""

    BUSY = 8  # a gateway's status
    LOST = 6  # no whole answer
    SLOW = 3  # no whole answer in time
    DOUBTFUL = 7  # of another shape
    FAULT = 5  # errno 501: the API's own, and what may happen to any server now and then


def trouble(answer: Answer) -> Trouble | None:
    """``None``: the answer is the API's own, as far as anybody can tell."""
    if answer.failure in _LOST:
        return Trouble.SLOW if answer.failure is Failure.TIMEOUT else Trouble.LOST
    if answer.failure is not None:
        return None
    if answer.status == _TOO_MANY and answer.errno != 0:
        return Trouble.BUSY
    if "errno" in answer.envelope:
        return Trouble.FAULT if answer.errno == SERVER_FAULT else None
    if answer.status in GATEWAY_STATUSES:
        return Trouble.BUSY
    if answer.exchange.operation == "picture" and not _is_page(answer):
        return None
    return None if answer.status in _CLEAR else Trouble.DOUBTFUL


def _is_page(answer: Answer) -> bool:
    """A picture's link may be answered with a page now and then, too, or with nothing."""
    label = answer.header("content-type").lower()
    if answer.status in REDIRECTS:
        return False
    return answer.status != 200 or not answer.reply.body or "html" in label or "json" in label


def retry_after(answer: Answer) -> float | None:
    """The seconds of ``Retry-After``, which may be a date; ``None`` without a valid one."""
    said = answer.header("retry-after").strip()
    try:
        seconds = float(said)
    except ValueError:
        return _seconds_until(said, answer.header("date"))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(moment: str, now: str) -> float | None:
    try:
        then = parsedate_to_datetime(moment)
        # By the server's clock, if it says what time it is there.
        start = parsedate_to_datetime(now) if now else datetime.now(UTC)
        return max(0.0, (_aware(then) - _aware(start)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def wants_fewer(answer: Answer) -> bool:
    """Whether a gateway's answer asks for fewer requests rather than for another try."""
    return answer.status == 429 or retry_after(answer) is not None


@dataclass(slots=True)
class Patience:
    """What the run has waited for so far. ``silent``: requests in a row without an answer;
    ``shut``: those that a gateway did not let through however often they were tried."""

    waited: float = 0.0
    silent: int = 0
    shut: int = 0

    def tries(self, kind: Trouble) -> int:
        """How often a request is sent at most that meets with this."""
        if self.silent >= GONE or self.waited > _ALL_WAITS:
            return 1
        return 2 if self.shut > 1 and kind is Trouble.BUSY else kind.value

    def wait(self, answer: Answer, tried: int) -> float:
        """Seconds before the next try."""
        kind = trouble(answer)
        if kind is Trouble.SLOW:
            return 0.0
        asked = retry_after(answer)
        if asked is not None and kind is not Trouble.LOST:
            return asked
        if kind in (Trouble.DOUBTFUL, Trouble.FAULT):
            return _DOUBT_WAITS[min(tried, len(_DOUBT_WAITS)) - 1]
        if kind is Trouble.LOST and answer.failure is not Failure.CONNECT:
            return min(_FIRST_WAIT / 2 * 2.0 ** (tried - 1), _FIRST_WAIT * 4)
        first = 1.0 if answer.status == 429 else _FIRST_WAIT
        return min(first * 2.0 ** (tried - 1), max(first, _USUAL_WAIT))

    def allows(self, wait: float, left: float | None) -> bool:
        """Whether a wait fits into what is left of the run."""
        return wait <= LONGEST_HOLD and (left is None or wait < left)

    def heard(self, answer: Answer) -> None:
        """Count an answer."""
        lost = answer.status == 0 or answer.failure is Failure.TIMEOUT
        self.silent = self.silent + 1 if lost else 0
        if trouble(answer) in (None, Trouble.FAULT):
            self.shut = 0
