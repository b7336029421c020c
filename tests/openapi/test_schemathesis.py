"""What schemathesis makes of the contract, sent to the fake: whatever it generates, for every
operation, is answered as the contract says.

Its oracles go by the HTTP status, and here every answer has 200. So each errno gets a status of its
own first, in the document and in the answers alike; the contract in ``openapi/`` stays truthful.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from sampan.fake_server.contract import yaml_files
from tests.support.examples import examples
from tests.support.fakes import ADDRESS, Caller, Fake, envelope

if TYPE_CHECKING:
    from schemathesis import Case

VIRTUAL = {0: 200, 301: 400, 410: 410, 411: 403, 420: 404, 421: 409, 430: 401, 501: 500}
EXAMPLES = settings(
    max_examples=examples(25),
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def virtual(document: dict[str, Any]) -> dict[str, Any]:
    """The contract with a response for every errno; the token is ours to send."""
    del document["security"]
    for item in document["paths"].values():
        operation = item["post"]
        schemas = operation["responses"].pop("200")["content"]["application/json"]["schema"][
            "oneOf"
        ]
        operation["responses"] = {
            str(VIRTUAL[_errno(schema["$ref"])]): {
                "description": schema["$ref"],
                "content": {"application/json": {"schema": schema}},
            }
            for schema in schemas
        }
    return document


def _errno(reference: str) -> int:
    """The errno of the schemas ``Error301`` and the like; successes have 0."""
    name = reference.rpartition("/")[2]
    return int(name.removeprefix("Error")) if name.startswith("Error") else 0


PATHS = tuple(yaml_files.read("openapi.yaml")["paths"])

#: What a well-formed request that knows no job and no password may be answered with.
ACCEPTED = {
    "/auth/login": {430},
    "/jobs/create": {0},
    "/jobs/find": {0},
    "/jobs/variation": {420},
    "/jobs/upscale": {420},
    "/jobs/blend": {0},
    "/jobs/describe": {0, 301},  # text that is no link
}


@pytest.fixture(scope="module")
def schema() -> Any:
    import schemathesis  # a quarter of a second, which other workers need not spend

    return schemathesis.openapi.from_dict(virtual(yaml_files.read("openapi.yaml")))


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    fake = Fake(job_ms=0, markers=False)
    logged_in = fake.login()
    logged_in.picture()  # something to find
    yield logged_in
    fake.close()


def answered(caller: Caller, case: Case[Any]) -> int:
    """Send a case, have schemathesis judge the answer, and say its errno."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    request = requests.Request(**case.as_transport_kwargs(base_url=ADDRESS)).prepare()
    body = request.body.encode() if isinstance(request.body, str) else request.body
    headers = {**request.headers, "Authorization": f"Bearer {caller.token}"}
    assert request.method == "POST"
    response = caller.fake.send(request.method, request.path_url, body, headers)
    errno: int = envelope(response)["errno"]
    assert response.status_code == 200
    response.status_code = VIRTUAL[errno]
    conforms = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    case.validate_response(response, checks=conforms)
    return errno


@pytest.mark.parametrize("path", PATHS)
def test_what_the_contract_allows_is_taken(caller: Caller, schema: Any, path: str) -> None:
    from schemathesis import GenerationMode

    @given(schema[path]["POST"].as_strategy(generation_mode=GenerationMode.POSITIVE))
    @EXAMPLES
    def law(case: Case[Any]) -> None:
        assert answered(caller, case) in ACCEPTED[path], case.body

    law()


@pytest.mark.parametrize("path", PATHS)
def test_what_the_contract_forbids_is_refused(caller: Caller, schema: Any, path: str) -> None:
    from schemathesis import GenerationMode

    @given(schema[path]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @EXAMPLES
    def law(case: Case[Any]) -> None:
        assert answered(caller, case) == 301, case.body

    law()


def test_every_operation_is_tried() -> None:
    assert set(PATHS) == set(ACCEPTED) == set(yaml_files.read("openapi.yaml")["paths"])
