"""Requests that are sent again because what answered was not the API, and what the report says
about that."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from .connection import Failure
from .exchange import Answer, Log
from .pace import Pace
from .patience import GONE, Patience, Trouble, retry_after, trouble, wants_fewer

#: How the problem of an answer ends whose request got an envelope later.
AGAIN = ", but an envelope when the request was repeated"
#: Statuses that something before a server answers with: where the request can't be tried again,
#: they are no evidence. Any other is the API's own, unless the run has seen otherwise.
_ANYBODYS = frozenset({403, *range(200, 300)})
#: An answer of the API's that came after so many others came because they were waited for.
_WAITED_FOR = 3
#: The status of a gateway that may have too many requests, and may have no server.
_OVERLOADED = 503


class Repeats:
    """What a run has met with on the way to the API. Safe to use from several threads."""

    def __init__(self, pace: Pace, log: Log, time_left: Callable[[], float | None]) -> None:
        self.patience = Patience()
        self._pace = pace
        self._log = log
        self._time_left = time_left
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._last_answer: tuple[datetime, float] | None = None
        self._met: Counter[str] = Counter()
        self._own: set[tuple[str, int, str]] = set()  # shapes that are the API's own
        self._foreign: set[tuple[int, str]] = set()  # those that were not, at any operation
        self._faulty: set[str] = set()  # operations that fail each time
        self._faults = 0  # answers with errno 501 that were followed by another

    def answered(self, once: Callable[[], Answer], may_repeat: Callable[[Answer], bool]) -> Answer:
        """The answer to a request that ``once`` sends, repeated where ``may_repeat`` and time
        allow it.

        An answer that is not the API's has the failure ``GATEWAY`` or that of the connection.
        """
        met: list[Answer] = []
        while True:
            answer = once()
            kind = self._heard(answer)
            if kind is None:
                self._disown(met)
                return answer
            met.append(answer)
            wait = self.patience.wait(answer, len(met))
            self._slow_down(answer, kind, wait)
            more = may_repeat(answer) and len(met) < self._tries(answer, kind)
            if not more or not self.patience.allows(wait, self._time_left()):
                return self._given_up(met, kind)
            self._wait(wait, kind)

    def _tries(self, answer: Answer, kind: Trouble) -> int:
        often = kind is Trouble.FAULT and answer.exchange.operation in self._faulty
        return 2 if often else self.patience.tries(kind)

    def remarks(self) -> list[str]:
        """What a reader of the report has to know; one sentence each."""
        said = []
        if self._pace.slowed:
            rate = f"{self._pace.rate:g}" if self._pace.rate else "?"
            said.append(
                "something before the API refused requests for their number (HTTP 429, 503):"
                f" the run was slowed down to {rate} a second (--rate {rate} starts that way)"
            )
        if self._met:
            kinds = ", ".join(f"{number} × {what}" for what, number in self._met.most_common(5))
            said.append(
                f"not answered by the API: {kinds}. Requests that cost nothing were repeated"
            )
        if self._faults:
            said.append(
                f"{self._faults} × errno 501 that did not come again when the request was repeated"
            )
        if self.patience.silent >= GONE:
            said.append(self._stopped())
        return said

    @property
    def troubled(self) -> bool:
        """Whether anything but the API has answered so far."""
        return bool(self._met)

    @property
    def gone(self) -> bool:
        """Whether the server has stopped answering."""
        return self.patience.silent >= GONE

    def _stopped(self) -> str:
        if self._last_answer is None:
            return "the server has not answered a single request"
        at, when = self._last_answer
        return (
            f"the server stopped answering: its last answer came at {at:%H:%M:%S} UTC,"
            f" {when - self._started:.0f} s into the run"
        )

    def _heard(self, answer: Answer) -> Trouble | None:
        kind = trouble(answer)
        with self._lock:
            self.patience.heard(answer)
            if answer.status:
                self._last_answer = datetime.now(UTC), time.monotonic()
            if kind is Trouble.DOUBTFUL and _shape(answer) in self._own:
                kind = None
            if kind is not None and kind is not Trouble.FAULT:
                self._met[_words(answer)] += 1
        return kind

    def _slow_down(self, answer: Answer, kind: Trouble, wait: float) -> None:
        asked = wants_fewer(answer) and kind is not Trouble.LOST
        if asked or (kind is Trouble.BUSY and answer.status == _OVERLOADED):
            self._pace.refused(asked=asked)
        if asked:
            self._pace.hold(wait, f"{_words(answer)}: asks to wait {wait:.0f} s")

    def _wait(self, wait: float, kind: Trouble) -> None:
        with self._lock:
            self.patience.waited += wait
        left = self._time_left()
        time.sleep(wait if left is None else min(wait, left))

    def _disown(self, met: Sequence[Answer]) -> None:
        """An envelope came in the end: what came before it was not the API's."""
        foreign = [one for one in met if trouble(one) is not Trouble.FAULT]
        doubtful = [one for one in foreign if trouble(one) is Trouble.DOUBTFUL]
        with self._lock:
            self._faults += len(met) - len(foreign)
            self._foreign.update(_shape(one)[1:] for one in doubtful)
        if len(met) >= _WAITED_FOR:
            self._pace.refused(asked=False)  # a limit that says nothing of itself, perhaps
        for answer in foreign:
            if answer.failure is None:
                self._log.disown(answer.exchange, f"{_words(answer)}{AGAIN}")

    def _given_up(self, met: Sequence[Answer], kind: Trouble) -> Answer:
        last = met[-1]
        foreign = [one for one in met if trouble(one) is not Trouble.FAULT]
        if kind is Trouble.FAULT:
            self._disown(foreign)
            if len(met) - len(foreign) >= kind.value:
                self._faulty.add(last.exchange.operation)
            return last
        if kind is Trouble.DOUBTFUL and len({_shape(one) for one in met}) == 1:
            if len(met) >= self.patience.tries(kind):
                self._is_own(last, len(met))
                return last
            if last.status not in _ANYBODYS and _shape(last)[1:] not in self._foreign:
                return last
        if kind is Trouble.BUSY:
            with self._lock:
                self.patience.shut += 1
        marked = [self._marked(one, len(met)) for one in foreign]
        return marked[-1]

    def _is_own(self, answer: Answer, times: int) -> None:
        """It comes every time: that is how the API itself answers."""
        with self._lock:
            self._own.add(_shape(answer))
            self._met[_words(answer)] -= times
            self._met += Counter()  # drops what is no longer positive

    def _marked(self, answer: Answer, times: int) -> Answer:
        if answer.failure is not None:
            return answer
        why = _words(answer) + (f", {times} times" if times > 1 else "")
        asked = retry_after(answer)
        why += f", Retry-After {asked:.0f} s" if asked is not None else ""
        advice = "; a lower --rate may help" if wants_fewer(answer) else ""
        problem = f"{Failure.GATEWAY.value}: {why}{advice}"
        reply = replace(answer.reply, failure=Failure.GATEWAY, detail=why)
        exchange = self._log.disown(answer.exchange, problem)
        return replace(answer, exchange=exchange, reply=reply, problem=problem)


def _shape(answer: Answer) -> tuple[str, int, str]:
    label = answer.header("content-type").partition(";")[0].strip().lower()
    return answer.exchange.operation, answer.status, label


def _words(answer: Answer) -> str:
    """The answer in a few words: ``HTTP 503, HTML``."""
    if answer.failure is not None:
        return answer.failure.value
    return f"HTTP {answer.status}" + (f", {answer.problem}" if answer.problem else "")
