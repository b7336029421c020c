"""The only way out: every byte the kit sends goes through here.

The gate holds the job budget, the rate, the time limits, the size limits, the evidence log and the
redaction, so that no check, generator or bug can spend or reveal more than allowed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from ..contract import Contract
from ..json_access import object_at, text
from ..target import checked_target, is_web
from ..verdict import UnavailableError, Verdict
from .budget import Budget
from .connection import Failure, Reply, Request, transmit
from .exchange import Answer, Exchange, Log, read
from .redaction import Secrets
from .traffic import Kind, Traffic

#: Far above any honest answer of the API (100 records are about 200 kB), and of a picture.
ANSWER_CAP = 16 * 1024 * 1024
PICTURE_CAP = 64 * 1024 * 1024
_REDIRECTS = 5
#: After so many requests in a row without an answer, each gets a tenth of the patience: else a
#: server that died would be waited for by every check in turn.
_SILENT = 8
#: A header that is shorter than this is a made-up word rather than a token.
_TOKEN_LENGTH = 16


class Pace:
    """At most ``rate`` requests a second over all threads; ``None``: as fast as it goes."""

    def __init__(self, rate: float | None) -> None:
        self._step = 0.0 if rate is None else 1.0 / rate
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + self._step
        if start > now:
            time.sleep(start - now)


#: Told of every exchange with the API: the request, its operation, ``plain``, and the answer.
OnAnswer = Callable[[Request, str, bool, Answer], None]


class Gate:
    """``timeout`` in seconds for one request, ``until`` the monotonic time when all must end."""

    def __init__(
        self,
        target: str,
        contract: Contract,
        *,
        budget: Budget,
        secrets: Secrets,
        rate: float | None = None,
        timeout: float = 10.0,
        until: float | None = None,
        allow_plain_http: bool = False,
        on_answer: OnAnswer = lambda *_: None,
        traffic: Traffic | None = None,
    ) -> None:
        self._on_answer = on_answer
        self.traffic = traffic or Traffic(contract)
        self.target = checked_target(target, allow_plain_http=allow_plain_http)
        self.contract = contract
        self.budget = budget
        self.secrets = secrets
        self.log = Log(secrets)
        #: What is being done, and for each job that was spent what it was spent for.
        self.purpose = ""
        self.jobs: list[tuple[str, Answer]] = []
        self.timeout = timeout
        self._until = until
        self._pace = Pace(rate)
        self._silent = 0
        self._free = {_normal(one.path) for one in contract.operations.values() if not one.submits}

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        operation: str = "",
        plain: bool = True,
        planned: bool = False,
    ) -> Answer:
        """Send to ``path`` of the target; what could submit a job is reserved first.

        ``planned``: the submission is meant to be accepted. No redirect is followed: a 3xx is the
        answer. Raises ``UnavailableError`` if budget or time do not allow it, and for nothing that
        the server does.
        """
        self._learn_headers(headers)
        request = Request(method, self.target + path, tuple(headers.items()), body)
        kind = self.traffic.admit(request, path)
        if not self.could_submit(path):
            self.traffic.count(kind)
            return self._exchange(request, operation, plain)
        with self.budget.reserve(planned=planned, patience=self.timeout + 5) as reservation:
            self.traffic.count(kind, risk=not planned)
            answer = self._exchange(request, operation, plain)
            if refused(answer):
                reservation.give_back()
            else:
                self.jobs.append((self.purpose, answer))
        return answer

    def could_submit(self, path: str) -> bool:
        """Whether a request to ``path`` might start a job: anything under ``/jobs/`` but a find.

        By path alone, whatever the method, the case or the spelling: a server may be lenient.
        """
        normal = _normal(path)
        return "/jobs" in normal and normal not in self._free

    def picture(self, url: str, token: str | None) -> tuple[Reply, list[Exchange]]:
        """GET ``url``, following a few redirects; ``token`` goes to the API's own origin alone."""
        seen: list[Exchange] = []
        for _ in range(_REDIRECTS + 1):
            if not is_web(url):
                return Reply(failure=Failure.CONNECT, detail=f"not a web address: {url!r}"), seen
            own = token is not None and _origin(url) == _origin(self.target)
            headers = (("Authorization", f"Bearer {token}"),) if own else ()
            request = Request("GET", url, headers)
            self.traffic.count(Kind.PICTURE)
            reply = self._paced(request, PICTURE_CAP)
            kept = _without_body(reply) if reply.status == 200 else reply
            seen.append(self.log.record(request, kept, None, "", "picture", plain=False))
            location = reply.header("location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                return reply, seen
            url = _joined(url, location)
        return Reply(failure=Failure.PROTOCOL, detail=f"over {_REDIRECTS} redirects"), seen

    def time_left(self) -> float | None:
        """Seconds until everything must end; ``None``: no limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _exchange(self, request: Request, operation: str, plain: bool) -> Answer:
        reply = self._paced(request, ANSWER_CAP)
        value, problem = read(reply)
        self._learn_token(value)
        kept = self.log.record(request, reply, value, problem, operation, plain)
        answer = Answer(kept, reply, value, problem)
        self._on_answer(request, operation, plain, answer)
        return answer

    def _paced(self, request: Request, cap: int) -> Reply:
        self._pace.wait()
        left = self.time_left()
        if left is not None and left <= 0:
            raise UnavailableError(Verdict.INCONCLUSIVE, "the time limit of the run is reached")
        patience = self.timeout if self._silent < _SILENT else self.timeout / 10
        timeout = patience if left is None else min(patience, left)
        reply = transmit(request, timeout, cap)
        silent = reply.status == 0 or reply.failure is Failure.TIMEOUT
        self._silent = self._silent + 1 if silent else 0
        return reply

    def _learn_headers(self, headers: Mapping[str, str]) -> None:
        sent = headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if len(sent) >= _TOKEN_LENGTH:
            self.secrets.add(sent)

    def _learn_token(self, value: object) -> None:
        for token in (text(object_at(value, "data"), "token"), text(value, "token")):
            self.secrets.add(token)
            self.traffic.issued(token)


def refused(answer: Answer) -> bool:
    """Whether no job can have come of a submission.

    Only a clear word counts: an envelope with another errno than 0, a 4xx, or a connection that
    was never made. A timeout, a redirect, a 5xx without an envelope or anything that can't be
    read may have started one.
    """
    if answer.failure is not None:
        return answer.failure is Failure.CONNECT and not answer.reply.sent
    if answer.errno is not None:
        return answer.errno != 0
    return 400 <= answer.status < 500


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _normal(path: str) -> str:
    clean = unquote(path.partition("?")[0]).lower()
    return "/" + "/".join(part for part in clean.replace("\\", "/").split("/") if part)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", parts.port or default


def _without_body(reply: Reply) -> Reply:
    return replace(reply, body=f"({len(reply.body)} bytes)".encode())
