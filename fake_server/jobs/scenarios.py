"""Scenarios: what can happen to a job, by name.

A scenario is chosen by a marker in the prompt (``--fake fail=46``), by the control API, or from
Python; all three end here. It either refuses the submission with an error of the contract, or
changes the plan that the job is born with. They are what clients of such services really meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..suggestions import suggest
from .lifecycle import PROGRESS, Plan
from .prompt import Marker

Change = Callable[[Plan, int], Plan]


class ScenarioError(ValueError):
    """An unknown scenario, or an argument that it does not take."""


class Scenario(NamedTuple):
    """A named course of a job, or a rejection of it.

    ``argument`` says what the number after ``=`` means, ``default`` is used without one and
    ``most`` bounds it; ``refuses`` names the ``x-errors`` entry that a submission is refused with
    (``service-error`` and ``queue-full`` follow the profile), ``change`` alters the plan.
    """

    name: str
    says: str
    argument: str | None = None
    default: int = 0
    most: int = 86_400_000
    refuses: str | None = None
    change: Change | None = None
    lag: bool = False
    expires_token: bool = False
    alters_prompt: bool = False

    def number(self, text: str | None) -> int:
        """The argument as a number. Raises :class:`ScenarioError` on anything else."""
        if text is None:
            return self.default
        if self.argument is None:
            raise ScenarioError(f"scenario {self.name} takes no number; got {text!r}")
        digits = text.isascii() and text.isdigit() and len(text) < 10
        if not digits or int(text) > self.most:
            raise ScenarioError(
                f"scenario {self.name} takes {self.argument} from 0 to {self.most}; got {text!r}"
            )
        return int(text)


def _slow(plan: Plan, times: int) -> Plan:
    return plan._replace(queue_ms=plan.queue_ms * times, run_ms=plan.run_ms * times)


def _stuck(plan: Plan, percent: int) -> Plan:
    at = plan.queue_ms + plan.run_ms * percent // 100 if percent else 0
    return plan._replace(pauses=((at, None),))


def _fail(plan: Plan, percent: int) -> Plan:
    return plan._replace(fail_percent=percent, error="job failed")


def _banned(plan: Plan, _: int) -> Plan:
    return plan._replace(fail_percent=0, error="banned prompt")


def _no_progress(plan: Plan, _: int) -> Plan:
    return plan._replace(progress=())


def _out_of_order(plan: Plan, _: int) -> Plan:
    first, *rest = PROGRESS
    swapped = [step for pair in zip(rest[1::2], rest[::2], strict=True) for step in pair]
    return plan._replace(progress=(first, *swapped))


def _picture(name: str) -> Change:
    """Acts on the picture, whatever the plan; ``picture_ms`` is its argument."""
    return lambda plan, ms: plan._replace(picture=name, picture_ms=ms)


_ALL = (
    Scenario("slow", "takes N times as long", "a factor", 10, 1000, change=_slow),
    Scenario("stuck", "stops at N percent and never ends", "a percentage", 0, 99, change=_stuck),
    Scenario("no-progress", "runs without reporting progress", change=_no_progress),
    Scenario("fail", "fails at N percent", "a percentage", 46, 100, change=_fail),
    Scenario("banned", "is accepted, then fails moderation", change=_banned),
    Scenario("refused", "is rejected at once with 301", refuses="invalid-parameter"),
    Scenario("altered-prompt", "the service changes its prompt", alters_prompt=True),
    Scenario("image-denied", "finishes; its pictures return 403", change=_picture("image-denied")),
    Scenario("plan-required", "is rejected with 411", refuses="requires-plan"),
    Scenario("service-error", "is rejected with 501", refuses="service-error"),
    Scenario("find-lag", "is missing from find for N ms", "milliseconds", 1000, lag=True),
    Scenario(
        "image-missing", "finishes; its pictures return 404", change=_picture("image-missing")
    ),
    Scenario(
        "image-late",
        "finishes; its pictures return 404 for N ms more",
        "milliseconds",
        2000,
        change=_picture("image-late"),
    ),
    Scenario(
        "image-expired",
        "finishes; its pictures return 403 after N ms",
        "milliseconds",
        0,
        change=_picture("image-expired"),
    ),
    Scenario("image-truncated", "its pictures end half-way", change=_picture("image-truncated")),
    Scenario("image-corrupt", "its pictures are damaged", change=_picture("image-corrupt")),
    Scenario("thumb-missing", "its thumbnail returns 404", change=_picture("thumb-missing")),
    Scenario("webp", "its pictures are WebP", change=_picture("webp")),
    Scenario("out-of-order", "reports progress out of order", change=_out_of_order),
    Scenario("token-expires", "the token expires while it runs", expires_token=True),
    Scenario("queue-full", "is rejected as one job too many", refuses="queue-full"),
)

SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}


def chosen(marker: Marker) -> tuple[Scenario, int]:
    """The scenario that a marker names, and its argument. Raises :class:`ScenarioError`."""
    scenario = SCENARIOS.get(marker.name)
    if scenario is None:
        rest = suggest(marker.name, SCENARIOS, "valid scenarios")
        raise ScenarioError(f"unknown scenario {marker.name!r}{rest}")
    return scenario, scenario.number(marker.argument)
