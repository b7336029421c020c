"""schemathesis in pytest, with sampan's hooks: needs ``pip install '.[conformance]'``.

Without SAMPAN_URL the fake is tested. Another server needs SAMPAN_USERNAME and SAMPAN_PASSWORD too,
and gets no job unless SAMPAN_BUDGET_JOBS allows some.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from sampan import FakeServer
from sampan.conformance.contract import FOLDER
from sampan.conformance.schemathesis_gateway import hooks

schema = schemathesis.openapi.from_path(FOLDER / "openapi.yaml")

#: A failing request is shown as it was found: shrinking it would send more.
FEW = settings(
    max_examples=3, stateful_step_count=3, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="session", autouse=True)
def server() -> Iterator[None]:
    """Names the server to the schema, and says in the end what it cost."""
    with FakeServer(clock="auto") as fake:
        os.environ.setdefault("SAMPAN_USERNAME", "abc")
        os.environ.setdefault("SAMPAN_PASSWORD", "abc-secret")
        schema.config.update(base_url=os.environ.get("SAMPAN_URL", fake.url))
        yield
    print("", *hooks.remarks(), sep="\n")


@schema.parametrize()
@FEW
def test_every_operation(case: schemathesis.Case) -> None:
    case.call_and_validate()


TestStateMachine = schema.as_state_machine().TestCase
TestStateMachine.settings = FEW
