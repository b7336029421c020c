"""Whatever its document admits or forbids, the control API answers as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from sampan import FakeServer
from sampan.fake_server.contract.yaml_files import DIRECTORY
from tests.support.examples import examples

# Waiting takes as long as it is told to.
SCHEMA = schemathesis.openapi.from_path(DIRECTORY / "admin.yaml").exclude(
    operation_id="waitForRequests"
)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_request_breaks_it(server: FakeServer, operation: Any) -> None:
    """The examples, the boundary cases and the random cases of each operation.

    The cases are made here: ``@SCHEMA.parametrize()`` has every worker make those of every
    operation before the first test runs.
    """

    @settings(max_examples=examples(4), deadline=None, suppress_health_check=list(HealthCheck))
    def law(case: schemathesis.Case[Any]) -> None:
        response = case.call(base_url=server.url)
        assert response.status_code < 500, response.text
        # What a schema can't say (a day that a month has, a name that an account has) may be
        # refused.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])

    config = HypothesisTestConfig(project=SCHEMA.config, modes=list(HypothesisTestMode))
    create_test(operation=operation, test_func=law, config=config)()
