"""Scenarios: those that exist, and those armed for the next submissions."""

from __future__ import annotations

from typing import Any

from ..armed.scenarios import ArmedScenario, to_json
from ..clock.spans import to_ms
from ..jobs.scenarios import SCENARIOS, Scenario
from .call import ControlCall, ControlError


def scenario_json(scenario: Scenario) -> dict[str, Any]:
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


def _armed(call: ControlCall, armed: ArmedScenario) -> dict[str, Any]:
    return to_json(armed, None if armed.account is None else call.username(armed.account))


async def list_scenarios(call: ControlCall) -> Any:
    account = call.account
    return {
        "scenarios": [scenario_json(scenario) for scenario in SCENARIOS.values()],
        "armed": [
            _armed(call, armed)
            for armed in call.service.scenarios.of(None if account is None else account.id)
        ],
    }


async def arm_scenario(call: ControlCall) -> Any:
    scenario, argument = SCENARIOS[call.body["scenario"]], call.body.get("argument")
    if isinstance(argument, str) and scenario.argument == "milliseconds":
        argument = to_ms(argument)
    try:
        number = scenario.number(None if argument is None else str(argument))
    except ValueError as problem:
        raise ControlError("bad-request", f"argument: {problem}") from problem
    armed = ArmedScenario(
        scenario,
        number,
        call.account_id,
        call.body.get("times"),
        optional=call.body.get("optional", False),
    )
    call.service.scenarios.arm(armed)
    return _armed(call, armed)


async def clear_scenarios(call: ControlCall) -> Any:
    return {"deleted": call.service.scenarios.clear(call.account_id)}
