"""What every client of such a service meets sooner or later: what is armed for a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..api.authenticate import has_expired, token_of
from ..api.picture_files import job_at
from ..client.admin import Admin
from ..contract.document import Spec
from ..http.exchange import Exchange
from ..jobs.lifecycle import State, observe
from ..journal.render import errno
from ..service import FakeService
from ..store.tokens import TokenError
from .answered import found_jobs

#: Arms a mishap in a fake; the operation is the one that it acts on, ``""`` if it acts on none.
Arm = Callable[[Admin, str], object]
#: The operations that a mishap is tried with, one after the other.
Operations = Callable[[Spec], tuple[str, ...]]

#: What ``Retry-After`` asks for, in seconds.
RETRY_AFTER = 1
#: How much later a picture can be fetched than its job is finished, in ms.
LATE_MS = 1000
#: How many times as long the slow job takes.
SLOW = 10


class Mishap(NamedTuple):
    """A mishap: what it is, in the words of a sentence that begins with "fails if"."""

    says: str
    arm: Arm
    operations: Operations = lambda _: ("",)
    #: Whether a request shows it to its client; ``None``: whatever it is applied to does.
    noticed: Callable[[FakeService, Exchange], bool] | None = None
    #: It goes on until it is noticed, for nobody may wait for the first job.
    once: bool = False

    def sentence(self, operation: str) -> str:
        """The words for one operation."""
        return self.says.format(operation=operation)


def _submitting(spec: Spec) -> tuple[str, ...]:
    return tuple(operation.id for operation in spec.operations if operation.submits)


def _every(spec: Spec) -> tuple[str, ...]:
    return tuple(operation.id for operation in spec.operations)


def _lose_answer(admin: Admin, operation: str) -> object:
    return admin.fault("COMMIT_THEN_DROP", operation=operation, times=1)


def _service_error(admin: Admin, operation: str) -> object:
    return admin.fault("ERRNO", errno=501, operation=operation, times=1)


def _too_many(admin: Admin, operation: str) -> object:
    headers = {"Retry-After": str(RETRY_AFTER)}
    return admin.fault("HTTP_STATUS", status=429, headers=headers, operation=operation, times=1)


def _sees_failure(service: FakeService, exchange: Exchange) -> bool:
    """A find returns a job that the scenario has made fail."""
    return any(
        job.plan.error == "job failed" and observe(job, now).state is State.FAILED
        for job, now in found_jobs(service, exchange)
    )


def _sees_delay(service: FakeService, exchange: Exchange) -> bool:
    """A find returns a slow job that would have ended, were it not slow."""
    usual = service.settings.job_ms
    return any(
        job.plan.run_ms > usual
        and not observe(job, now).state.final
        and now >= job.created + job.plan.queue_ms + job.plan.run_ms - (SLOW - 1) * usual
        for job, now in found_jobs(service, exchange)
    )


def _comes_too_late(service: FakeService, exchange: Exchange) -> bool:
    """A request is refused whose token has expired."""
    if exchange.lost or errno(exchange) != 430:
        return False
    try:
        claims = service.tokens.verify(token_of(dict(exchange.headers)))
    except TokenError:
        return False
    account = service.store.account_by_id(claims.account)
    if account is None:
        return False
    return has_expired(account, claims.issued, claims.expires, service.clocks.now(account.id))


def _gets_no_picture(service: FakeService, exchange: Exchange) -> bool:
    """A picture is asked for whose job is finished, and it is not there yet."""
    if exchange.operation is not None or exchange.answer is None or exchange.answer.status != 404:
        return False
    job = job_at(service, exchange.path)
    if job is None or exchange.lost or job.plan.picture != "image-late":
        return False
    return observe(job, service.clocks.now(job.account)).state is State.FINISHED


MISHAPS: Mapping[str, Mishap] = {
    "answer-lost": Mishap(
        "{operation} is processed and its answer is lost, once", _lose_answer, _submitting
    ),
    "service-error": Mishap("{operation} is rejected with errno 501, once", _service_error, _every),
    "too-many-requests": Mishap(
        f"{{operation}} gets HTTP 429 with Retry-After: {RETRY_AFTER}, once", _too_many, _every
    ),
    "token-expires": Mishap(
        "a token expires while a job runs",
        lambda admin, _: admin.scenario("token-expires"),
        noticed=_comes_too_late,
        once=True,
    ),
    "picture-late": Mishap(
        f"pictures return 404 until {LATE_MS} ms after their jobs are finished",
        lambda admin, _: admin.scenario("image-late", LATE_MS),
        noticed=_gets_no_picture,
    ),
    "job-slow": Mishap(
        f"jobs take {SLOW} times as long, until a find has returned one that is late",
        lambda admin, _: admin.scenario("slow", SLOW),
        noticed=_sees_delay,
        once=True,
    ),
    "job-fails": Mishap(
        "jobs fail, until a find has returned one that has failed",
        lambda admin, _: admin.scenario("fail"),
        noticed=_sees_failure,
        once=True,
    ),
}
