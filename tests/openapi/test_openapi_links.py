"""The links of ``openapi/openapi.yaml`` carry state from one operation to the next."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from tests.support.openapi_document import (
    DOCUMENT,
    JOB_OPERATIONS,
    OPERATIONS,
    PATHS,
    pointer,
    request_schema,
    resolve,
    validator,
)
from tests.support.samples.page_examples import RECORD, RESPONSES

#: The answer that each link starts from.
ANSWERS = {e.operation: copy.deepcopy(e.body) for e in reversed(RESPONSES) if e.body["errno"] == 0}
ANSWERS |= dict.fromkeys(("varyJob", "upscaleJob"), ANSWERS["createJob"])
FINISHED = [RECORD, {**RECORD, "hash": "another", "job_id": "another"}]
ANSWERS["findJobs"]["data"]["res"] = FINISHED

LINKS = [
    (operation, name, resolve(link))
    for operation, entry in OPERATIONS.items()
    for name, link in entry["responses"]["200"].get("links", {}).items()
]


def evaluate(value: Any, answer: Any) -> Any:
    """A runtime expression (OpenAPI 3.1.1, section 4.8.20.4) or a text or object of such."""
    if isinstance(value, dict):
        return {key: evaluate(inner, answer) for key, inner in value.items()}
    if not isinstance(value, str):
        return value
    if value.startswith("$response.body#"):
        return pointer(answer, value.removeprefix("$response.body#"))
    return re.sub(
        r"\{\$response\.body#([^}]*)\}", lambda found: str(pointer(answer, found[1])), value
    )


@pytest.mark.parametrize(
    ("operation", "link"),
    [(o, link) for o, _, link in LINKS],
    ids=[f"{o}-{n}" for o, n, _ in LINKS],
)
def test_a_link_leads_to_an_operation_with_a_body_that_it_takes(
    operation: str, link: dict[str, Any]
) -> None:
    target = link["operationId"]
    assert target in OPERATIONS
    body = evaluate(link["requestBody"], ANSWERS[operation])
    validator(request_schema(target)).validate(body)
    assert "$response" not in json.dumps(body)


def test_the_links_carry_what_a_client_carries() -> None:
    carried = {
        (operation, link["operationId"], key, expression)
        for operation, _, link in LINKS
        for part in ("requestBody", "parameters")
        for key, expression in link.get(part, {}).items()
        if "$response" in str(expression)
    }
    token = ("header.Authorization", "Bearer {$response.body#/data/token}")
    first, second = "$response.body#/data/res/0", "$response.body#/data/res/1"
    assert carried == {
        ("login", "createJob", *token),
        ("login", "findJobs", *token),
        *((name, "findJobs", "hash", "$response.body#/data") for name in JOB_OPERATIONS),
        *(
            (name, "upscaleJob", "parent_hash", "$response.body#/data")
            for name in ("createJob", "varyJob", "blendImages")  # those that give a grid
        ),
        ("findJobs", "upscaleJob", "parent_hash", f"{first}/hash"),
        ("findJobs", "varyJob", "parent_id", f"{first}/job_id"),
        (
            "findJobs",
            "blendImages",
            "content",
            f"{{{first}/original_url}} {{{second}/original_url}}",
        ),
        ("findJobs", "describeImage", "content", f"{first}/original_url"),
    }


def test_schemathesis_can_follow_the_links() -> None:
    import schemathesis  # a quarter of a second, which other workers need not spend

    machine = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT)).as_state_machine()
    assert sorted(machine.bundles) == sorted(f"POST {path} -> 200" for path in PATHS.values())


def test_schemathesis_notices_a_link_to_nowhere() -> None:
    import schemathesis

    broken = copy.deepcopy(DOCUMENT)
    broken["components"]["links"]["HashToFind"]["operationId"] = "nowhere"
    with pytest.raises(schemathesis.errors.InvalidStateMachine, match="nowhere"):
        schemathesis.openapi.from_dict(broken).as_state_machine()
