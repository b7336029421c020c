"""Every sentence of the contract has its check, every question its observer, and nothing else."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from sampan.conformance.checking.registry import REGISTRY, Check, Phase, Probe
from sampan.conformance.checks import load
from sampan.conformance.contract import Contract
from sampan.conformance.shared_jobs.catalogue import BY_NAME

CONTRACT = Contract()
load()


def test_every_requirement_has_a_check_and_every_check_a_requirement() -> None:
    assert set(REGISTRY.checks) == set(CONTRACT.requirements)


def test_every_question_has_an_observer_and_every_observer_a_question() -> None:
    assert set(REGISTRY.probes) == set(CONTRACT.questions)


def test_each_check_is_a_function_of_its_own() -> None:
    functions = [one.function for one in REGISTRY.checks.values()]
    assert len(set(functions)) == len(functions)


def test_needs_name_jobs_that_there_are() -> None:
    every: list[Check | Probe] = [*REGISTRY.checks.values(), *REGISTRY.probes.values()]
    for one in every:
        assert set(one.needs + one.wants) <= set(BY_NAME), one.id
        # What may be missing must not be needed, or it would make a finite budget useless.
        assert not any(BY_NAME[name].extra for name in one.needs), one.id
        if one.needs + one.wants:
            assert one.phase is not Phase.BEFORE, f"{one.id} runs before its jobs"


@pytest.mark.parametrize("id", CONTRACT.requirements)
def test_what_costs_a_job_says_so(id: str) -> None:
    check = REGISTRY.checks[id]
    if CONTRACT.requirements[id].cost == "job":
        assert check.needs, f"{id} costs a job and names none"


def test_checks_neither_print_nor_reach_around_the_gate() -> None:
    folder = Path(inspect.getfile(load)).parent
    forbidden = {"socket", "http", "httpx", "urllib.request", "requests", "subprocess", "sys"}
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("print", "open", "exec", "eval"), file.name
            if isinstance(node, ast.Import):
                assert not {one.name for one in node.names} & forbidden, file.name
            if isinstance(node, ast.ImportFrom):
                assert node.module not in forbidden, file.name
                if node.level == 2 and node.module in ("gate", "wire", "session"):
                    # Failure is a word for what went wrong, and sends nothing.
                    assert [one.name for one in node.names] == ["Failure"], file.name
