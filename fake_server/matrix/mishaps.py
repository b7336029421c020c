"""What every client of such a service meets sooner or later, each once: what is armed for a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..client.admin import Admin
from ..contract.document import Spec

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
    #: Whether it can be noticed only by fetching a picture.
    picture: bool = False

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


MISHAPS: Mapping[str, Mishap] = {
    "answer-lost": Mishap(
        "{operation} is processed and its answer is lost, once", _lose_answer, _submitting
    ),
    "service-error": Mishap("{operation} is rejected with errno 501, once", _service_error, _every),
    "too-many-requests": Mishap(
        f"{{operation}} gets HTTP 429 with Retry-After: {RETRY_AFTER}, once", _too_many, _every
    ),
    "token-expires": Mishap(
        "the token expires while the first job runs",
        lambda admin, _: admin.scenario("token-expires", times=1),
    ),
    "picture-late": Mishap(
        f"pictures return 404 until {LATE_MS} ms after their jobs are finished",
        lambda admin, _: admin.scenario("image-late", LATE_MS),
        picture=True,
    ),
    "job-slow": Mishap(
        f"the first job takes {SLOW} times as long",
        lambda admin, _: admin.scenario("slow", SLOW, times=1),
    ),
    "job-fails": Mishap("the first job fails", lambda admin, _: admin.scenario("fail", times=1)),
}
