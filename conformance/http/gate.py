"""The only way out: every byte the kit sends goes through here.

The gate holds the job budget, the rate, the time limits, the size limits, the evidence log and the
redaction, so that no check, generator or bug can spend or reveal more than allowed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from urllib.parse import unquote, urlsplit

from ..contract import Contract
from ..json_access import object_at, printable, shortened, text
from ..target import checked_target, is_web
from ..verdict import UnavailableError, Verdict
from .budget import Budget
from .connection import REDIRECTS, Failure, Reply, Request, transmit
from .exchange import Answer, Exchange, Log
from .json_body import Body, read, readable
from .pace import Pace, TimeUpError
from .patience import Trouble, trouble
from .picture_hosts import PictureHosts, anywhere
from .redaction import Secrets
from .repeats import Repeats
from .request_kinds import Kind, Traffic
from .secret_members import is_telling

#: Far above any honest answer of the API (100 records are about 200 kB; what is no find answers
#: with a line), and of a picture.
FIND_CAP = 8 * 1024 * 1024
ANSWER_CAP = 1024 * 1024
PICTURE_CAP = 32 * 1024 * 1024
_REDIRECTS = 5
#: A header that is shorter than this is a made-up word rather than a token.
_TOKEN_LENGTH = 16
#: A gateway may say these before a request got anywhere; 502 and 504 come when it got there.
_BEFORE = (429, 503)
#: So much of a link is quoted.
_SHOWN = 200


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
        allow_private_links: bool = False,
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
        self._repeats = Repeats(self._pace, self.log, self.time_left)
        self._hosts = PictureHosts(self.target, private=allow_private_links)
        self._not_fetched: set[str] = set()
        #: Why nothing may be submitted; ``None``: it may.
        self.suspended: UnavailableError | None = None
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
        free = _normal(path) in self._free
        cap = FIND_CAP if free else ANSWER_CAP
        counted = partial(self.traffic.count, kind, risk=self.could_submit(path) and not planned)
        once = partial(self._exchange, request, cap, operation, plain, counted)
        if self.could_submit(path):
            # A submission is never sent again if it is meant to be accepted and may have arrived.
            once = partial(self._reserved, once, planned)
            if planned and self._repeats.troubled:
                self._knock()
        else:
            once = partial(self._in_turn, once)

        # What costs nothing may be; an unknown path may cost anything, whatever its name.
        def may_repeat(answer: Answer) -> bool:
            if self.could_submit(path):
                return not planned and harmless(answer) and self.budget.affords()
            return free

        answer = self._repeats.answered(once, may_repeat)
        self._on_answer(request, operation, plain, answer)
        return answer

    def _knock(self) -> None:
        """See to it that the API answers, with a request that costs nothing: a job that is lost on
        its way can't be sent again."""
        item = self.contract.operations["findJobs"]
        headers = {"Content-Type": "application/json"}
        answer = self.send(item.method, item.path, b"{}", headers, operation=item.id)
        if answer.failure is not None:
            reason = f"not submitted, since a find is not answered either: {answer.problem}"
            raise UnavailableError(Verdict.INCONCLUSIVE, reason, answer)

    def _reserved(self, once: Callable[[], Answer], planned: bool) -> Answer:
        if self.suspended is not None:
            raise self.suspended
        patience = self._at_most(self.timeout + 5)
        with self.budget.reserve(planned=planned, patience=patience) as reservation:
            try:
                self._wait_for_turn()
            except BaseException:  # also Ctrl-C: it was not sent
                reservation.give_back()
                raise
            answer = once()
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
        """GET ``url``, following a few redirects; ``token`` goes to the API's own origin alone.

        Raises ``UnavailableError`` where a gateway answers, and where a server elsewhere links
        into a private network: what is there is the tester's.
        """
        seen: list[Exchange] = []
        for _ in range(_REDIRECTS + 1):
            if not is_web(url):
                problem = f"not a web address: {shortened(url, _SHOWN)!r}"
                return Reply(failure=Failure.CONNECT, detail=problem), seen
            own = token is not None and _origin(url) == _origin(self.target)
            headers = (("Authorization", f"Bearer {token}"),) if own else ()
            once = partial(self._in_turn, partial(self._fetch, Request("GET", url, headers)))
            answer = self._repeats.answered(once, lambda _: True)
            seen.append(answer.exchange)
            if answer.failure in (Failure.GATEWAY, Failure.PRIVATE):
                if answer.failure is Failure.PRIVATE:
                    self._not_fetched.add(url)
                reason = f"{shortened(url, _SHOWN)}: {answer.problem}"
                raise UnavailableError(Verdict.INCONCLUSIVE, reason, answer)
            url = answer.reply.redirect(url)
            if not url:
                return answer.reply, seen
        return Reply(failure=Failure.PROTOCOL, detail=f"over {_REDIRECTS} redirects"), seen

    def time_left(self) -> float | None:
        """Seconds until everything must end; ``None``: no limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def remarks(self) -> list[str]:
        """What happened on the way to the API; one sentence each."""
        said = self._repeats.remarks()
        if self._not_fetched:
            some = ", ".join(shortened(one, _SHOWN) for one in sorted(self._not_fetched)[:3])
            said.append(
                f"{len(self._not_fetched)} links to pictures lead into a private network and were"
                f" not fetched (--allow-private-links fetches them): {some}"
            )
        return [printable(self.secrets.redact(one)) for one in said]

    def _exchange(
        self,
        request: Request,
        cap: int,
        operation: str,
        plain: bool,
        count: Callable[[], None],
    ) -> Answer:
        reply = readable(self._transmit(request, cap, admits=anywhere))
        count()
        self._hosts.answered(reply.peer)
        body = read(reply)
        self._learn_token(body.value, request)
        secret = self.traffic.for_shell(request, request.target.removeprefix(self.target))
        kept = self.log.record(request, reply, body, operation, plain, secret)
        return Answer(kept, reply, body.value, body.problem, body.weight, body.flaw)

    def _fetch(self, request: Request) -> Answer:
        reply = self._transmit(request, PICTURE_CAP, self._hosts.admits(request.target))
        self.traffic.count(Kind.PICTURE)
        problem = read(reply).problem if reply.failure else ""
        # What is elsewhere is shown by its size: a report goes to others than the tester.
        shown = replace(reply, body=f"({len(reply.body)} bytes)".encode(), headers=_known(reply))
        kept = self.log.record(request, shown, Body(None, problem), "picture", plain=False)
        return Answer(kept, reply, None, problem)

    def _in_turn(self, once: Callable[[], Answer]) -> Answer:
        self._wait_for_turn()
        return once()

    def _wait_for_turn(self) -> None:
        try:
            self._pace.wait(self.time_left())
        except TimeUpError as problem:
            raise UnavailableError(Verdict.INCONCLUSIVE, str(problem)) from None

    def _transmit(self, request: Request, cap: int, admits: Callable[[str], bool]) -> Reply:
        # A server that died is not waited for by every check in turn.
        patience = self.timeout / 10 if self._repeats.gone else self.timeout
        return transmit(request, self._at_most(patience), cap, admits)

    def _at_most(self, seconds: float) -> float:
        left = self.time_left()
        return seconds if left is None else min(seconds, left)

    def _learn_headers(self, headers: Mapping[str, str]) -> None:
        sent = headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if len(sent) >= _TOKEN_LENGTH:
            self.secrets.add_token(sent)

    def _learn_token(self, value: object, request: Request) -> None:
        for token in (text(object_at(value, "data"), "token"), text(value, "token")):
            self.secrets.add_token(token)
            self.traffic.issued(token, request)
        for key, other in (object_at(value, "data") or {}).items():
            if is_telling(key) and isinstance(other, str):
                self.secrets.add_token(other)


def refused(answer: Answer) -> bool:
    """Whether no job can have come of a submission.

    Only a clear word counts: an envelope with another errno than 0, a 4xx, or a request of which
    nothing was sent. A timeout, a redirect, a 5xx without an envelope or anything that can't be
    read may have started one.
    """
    if answer.failure is not None:
        return not answer.reply.sent
    if answer.errno is not None:
        return answer.errno != 0
    return 400 <= answer.status < 500


def harmless(answer: Answer) -> bool:
    """Whether a request that has to be refused may be sent again after this answer. Where a
    redirect leads to is not known."""
    if answer.status in REDIRECTS:
        return False
    return answer.status in _BEFORE or trouble(answer) in (Trouble.DOUBTFUL, Trouble.FAULT)


@lru_cache(256)
def _normal(path: str) -> str:
    clean = unquote(path.partition("?")[0]).lower()
    return "/" + "/".join(part for part in clean.replace("\\", "/").split("/") if part)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", parts.port or default


#: Headers of a picture's host that say something about the picture.
_KNOWN = ("content-type", "content-length", "content-encoding", "location", "retry-after")


def _known(reply: Reply) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in reply.headers if key.lower() in _KNOWN)
