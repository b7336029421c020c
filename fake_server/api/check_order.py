"""Question check-order: which of several broken rules a submission is refused for."""

from __future__ import annotations

from collections.abc import Iterable

from ..service import FakeService
from . import validation
from .call import Call
from .operations import check_parent
from .submit import require_plan
from .table import Row

#: The order in which handlers check by themselves.
USUAL = "parameters-parent-plan"


def check(service: FakeService, call: Call, row: Row) -> None:
    """Check the body and, in the order of the profile, what handlers check later.

    Raises ``ApiError``.
    """
    order = call.profile["check-order"] if call.operation.submits else USUAL
    steps = ("parameters",) if order == USUAL else order.split("-")
    check_in_order(service, call, row, steps)


def check_in_order(service: FakeService, call: Call, row: Row, steps: Iterable[str]) -> None:
    """Check ``parameters``, ``parent`` and ``plan`` as ``steps`` has them. Raises ``ApiError``."""
    for step in steps:
        if step == "plan":
            require_plan(call.caller)
        elif step == "parent":
            check_parent(service, call)
        else:
            markers = service.settings.markers
            validation.check(call.operation, row, call.body, call.profile, markers)
