"""Scenarios: which there are, and which will befall the next submissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..jobs.scenarios import SCENARIOS, Scenario
from ..service import ArmedScenario
from .call import ControlCall, ControlError, ControlHandler


def described(scenario: Scenario) -> dict[str, Any]:
    """``Scenario`` of ``admin.yaml``."""
    takes = scenario.argument is not None
    return {
        "name": scenario.name,
        "says": scenario.says,
        "marker": f"--fake {scenario.name}" + (f"={scenario.default}" if takes else ""),
        "argument": scenario.argument,
        "default": scenario.default if takes else None,
        "most": scenario.most if takes else None,
    }


def shown(call: ControlCall, armed: ArmedScenario) -> dict[str, Any]:
    """``ArmedScenario`` of ``admin.yaml``."""
    return {
        "scenario": armed.scenario.name,
        "argument": armed.number if armed.scenario.argument is not None else None,
        "account": None if armed.account is None else call.username(armed.account),
        "times": armed.times,
    }


async def listed(call: ControlCall) -> Any:
    """All scenarios, and those that are armed."""
    account = call.account
    return {
        "scenarios": [described(scenario) for scenario in SCENARIOS.values()],
        "armed": [
            shown(call, armed)
            for armed in call.service.armed
            if account is None or armed.account == account.id
        ],
    }


async def arm(call: ControlCall) -> Any:
    """Let one befall the next submissions."""
    scenario, argument = SCENARIOS[call.body["scenario"]], call.body.get("argument")
    try:
        number = scenario.number(None if argument is None else str(argument))
    except ValueError as problem:
        raise ControlError("bad-request", f"argument: {problem}") from problem
    account = call.account
    armed = ArmedScenario(
        scenario, number, None if account is None else account.id, call.body.get("times")
    )
    call.service.armed.append(armed)
    return shown(call, armed)


async def clear(call: ControlCall) -> Any:
    """Disarm those of an account, or all."""
    account, armed = call.account, call.service.armed
    kept = [each for each in armed if account is not None and each.account != account.id]
    gone = len(armed) - len(kept)
    armed[:] = kept
    return {"deleted": gone}


HANDLERS: Mapping[str, ControlHandler] = {
    "listScenarios": listed,
    "armScenario": arm,
    "clearScenarios": clear,
}
