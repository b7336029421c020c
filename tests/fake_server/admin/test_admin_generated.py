"""Whatever its document admits or forbids, the control API answers as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings

from sampan import FakeServer
from sampan.fake_server.contract import yaml_files
from tests.support.examples import examples, sampled, some

OPERATIONS = [
    (path, method)
    for path, item in yaml_files.read("admin.yaml")["paths"].items()
    for method, operation in item.items()
    # Waiting takes as long as it is told to.
    if "operationId" in operation and operation["operationId"] != "waitForRequests"
]
#: Whose boundary cases are tried too, which are most of all cases.
COVERED = some(OPERATIONS, 10)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection, and no look at the environment's proxies: half of what a request costs."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept


@pytest.fixture(scope="module")
def schema() -> Any:
    import schemathesis  # a quarter of a second, which other workers need not spend

    return schemathesis.openapi.from_dict(yaml_files.read("admin.yaml"))


@pytest.mark.parametrize(("path", "method"), sampled(OPERATIONS, 3))
def test_no_request_breaks_it(
    server: FakeServer, session: requests.Session, schema: Any, path: str, method: str
) -> None:
    """The examples, the boundary cases and the random cases of each operation.

    The cases are made here: ``@SCHEMA.parametrize()`` has every worker make those of every
    operation before the first test runs.
    """

    from schemathesis.generation.hypothesis.builder import (
        HypothesisTestConfig,
        HypothesisTestMode,
        create_test,
    )
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(max_examples=examples(4), deadline=None, suppress_health_check=list(HealthCheck))
    def law(case: Any) -> None:
        response = case.call(base_url=server.url, session=session)
        assert response.status_code < 500, response.text
        # What a schema can't say (a day that a month has, a name that an account has) may be
        # refused.
        case.validate_response(response, excluded_checks=[positive_data_acceptance])

    modes = set(HypothesisTestMode)
    if (path, method) not in COVERED:
        modes.remove(HypothesisTestMode.COVERAGE)
    config = HypothesisTestConfig(project=schema.config, modes=list(modes))
    create_test(operation=schema[path][method.upper()], test_func=law, config=config)()
