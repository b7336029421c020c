"""``openapi/admin.yaml`` is a sound document that the fake can be built from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sampan.fake_server.contract import document as spec
from sampan.fake_server.jobs.scenarios import SCENARIOS
from tests.support.paths import OPENAPI
from tests.support.samples.control_document import (
    DOCUMENT,
    METHODS,
    OPERATIONS,
    WITH_BODY,
    Operation,
    load,
    problems,
    resolve,
)

PREFIX = "/__admin/"

ROUTES = """
GET health; GET ready; GET version; GET openapi.json; POST reset;
GET accounts; POST accounts; GET accounts/{username}; PATCH accounts/{username};
DELETE accounts/{username}; POST accounts/{username}/token; GET clocks; GET clock; DELETE clock;
POST clock/freeze; POST clock/advance; POST clock/set; POST clock/resume; POST clock/auto;
GET jobs; GET jobs/{hash}; DELETE jobs/{hash}; GET jobs/{hash}/record;
POST jobs/{hash}/complete; POST jobs/{hash}/fail; POST jobs/{hash}/stall; POST jobs/{hash}/resume;
PUT favourites/{hash}; DELETE favourites/{hash};
PUT folders/{folder}/jobs/{hash}; DELETE folders/{folder}/jobs/{hash};
GET faults; POST faults; DELETE faults; GET faults/{id}; DELETE faults/{id};
GET scenarios; POST scenarios; DELETE scenarios;
GET requests; DELETE requests; GET requests/count; POST requests/wait; POST requests/find;
POST requests/verify; GET lint;
GET profile; PUT profile; PATCH profile; GET questions; GET state; PUT state
"""

SCENARIO_NAMES = """
slow stuck no-progress fail banned refused altered-prompt image-denied plan-required service-error
find-lag image-missing image-late image-expired image-truncated image-corrupt thumb-missing webp
out-of-order token-expires queue-full
"""

FAULTS = """
ERRNO DELAY HTTP_STATUS CONNECTION_RESET_BY_PEER EMPTY_RESPONSE MALFORMED_RESPONSE_CHUNK
RANDOM_DATA_THEN_CLOSE MALFORMED_JSON TRUNCATED_BODY TRICKLE COMMIT_THEN_DROP
"""

#: What the fake can check, and what says nothing that could be checked.
KEYWORDS = """
type properties required enum const minimum maximum minLength maxLength pattern items minItems
maxItems oneOf anyOf $ref additionalProperties format description examples title default x-expects
"""

#: Routes that are of no account, or name theirs in the path.
UNSCOPED = """
getHealth getReady getVersion getControlDocument listAccounts createAccount getAccount
updateAccount deleteAccount issueToken listClocks listQuestions getFault deleteFault
waitForRequests findRequests verifyRequests armFault
"""

by_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.id)


def examples(media: dict[str, Any]) -> list[Any]:
    return [resolve(example)["value"] for example in media["examples"].values()]


def test_it_is_openapi() -> None:
    from openapi_spec_validator import validate  # a quarter of a second of every worker

    validate(DOCUMENT)


def test_it_can_be_served_as_json() -> None:
    # YAML reads a time that is not quoted as a date, which JSON does not have.
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_the_fake_can_be_built_from_it() -> None:
    assert {operation.id for operation in spec.compile(DOCUMENT).operations} == set(OPERATIONS)


def test_it_has_the_routes_that_were_promised() -> None:
    promised = [route.strip() for route in ROUTES.replace("\n", " ").split(";")]
    told = [f"{each.method} {each.path.removeprefix(PREFIX)}" for each in OPERATIONS.values()]
    assert sorted(told) == sorted(promised)
    assert all(path.startswith(PREFIX) for path in DOCUMENT["paths"])


@by_operation
def test_an_operation_explains_itself(operation: Operation) -> None:
    assert operation.entry["summary"]
    assert operation.entry["description"].strip().endswith((".", "|"))
    (tag,) = operation.entry["tags"]
    assert tag in [each["name"] for each in DOCUMENT["tags"]]
    assert all(parameter["description"] for parameter in operation.parameters)


@by_operation
def test_examples_hold(operation: Operation) -> None:
    media = [media for _, media in operation.responses()]
    if operation.media is not None:
        media.append(operation.media)
    for each in media:
        assert examples(each)
        for example in examples(each):
            assert problems(each["schema"], example) == []


def schemas(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in the document, with where it is."""
    if isinstance(node, dict):
        for key, value in node.items():
            where = f"{name}/{key}"
            if key in ("schema", "items", "additionalProperties") and isinstance(value, dict):
                yield where, value
            elif key in ("oneOf", "anyOf"):
                yield from ((where, branch) for branch in value)
            elif key == "properties" or where == "/components/schemas":
                yield from ((f"{where}/{inner}", schema) for inner, schema in value.items())
            if key not in ("examples", "default", "enum", "const"):
                yield from schemas(value, where)
    elif isinstance(node, list):
        for item in node:
            yield from schemas(item, name)


def test_schemas_say_only_what_the_fake_can_check() -> None:
    known = set(KEYWORDS.split())
    assert {
        (w, key) for w, schema in schemas(DOCUMENT) for key in schema if key not in known
    } == set()


def test_schemas_keep_their_own_examples_and_defaults() -> None:
    for where, schema in schemas(DOCUMENT):
        given = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())]
        for value in given:
            assert problems(schema, value) == [], where


#: Maps, and JSON of any form: a name that nobody knows is as good as any.
ANY_KEYS = ("answers", "headers", "body", "json", "equals", "fields")


def with_one_more(value: Any) -> Iterator[Any]:
    """``value`` with a field that nobody knows added to one of its objects, for each of them."""
    if isinstance(value, dict):
        yield {**value, "nobody-knows": 1}
        for key, inner in value.items():
            if key not in ANY_KEYS:
                yield from ({**value, key: changed} for changed in with_one_more(inner))


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda each: each.id)
def test_a_field_nobody_knows_is_refused(operation: Operation) -> None:
    assert operation.media is not None
    for example in examples(operation.media):
        for changed in with_one_more(example):
            assert problems(operation.body, changed) != []


@by_operation
def test_an_operation_has_the_failures_that_can_be(operation: Operation) -> None:
    failures = {status for status, _ in operation.responses()} - {"200"}
    takes = operation.media is not None or any(
        each["in"] == "query" for each in operation.parameters
    )
    if operation.id in ("getHealth", "getReady"):
        assert operation.entry["security"] == []
        assert "401" not in failures
    else:
        assert "security" not in operation.entry
        assert "401" in failures
    assert ("400" in failures) is takes
    if operation.shared:
        assert "404" in failures
    assert "default" in failures
    error = DOCUMENT["components"]["schemas"]["Error"]
    for status, media in operation.responses():
        assert (resolve(media["schema"]) == error) is (status != "200")


def test_a_call_needs_the_token_or_a_loopback_address() -> None:
    assert DOCUMENT["security"] == [{"adminToken": []}, {}]
    assert DOCUMENT["components"]["securitySchemes"]["adminToken"]["scheme"] == "bearer"


def takes_account(operation: Operation) -> bool:
    if any(each["name"] == "account" for each in operation.parameters):
        return True
    return operation.media is not None and "account" in resolve(operation.body).get(
        "properties", ()
    )


def test_all_else_can_be_of_one_account() -> None:
    unscoped = [each.id for each in OPERATIONS.values() if not takes_account(each)]
    assert sorted(unscoped) == sorted(UNSCOPED.split())
    for name in ("FaultMatch", "RequestMatch"):
        assert "account" in DOCUMENT["components"]["schemas"][name]["properties"]


def test_path_parameters_are_declared() -> None:
    for operation in OPERATIONS.values():
        declared = [each["name"] for each in operation.parameters if each["in"] == "path"]
        assert sorted(declared) == sorted(re.findall(r"\{(\w+)\}", operation.path))


def enum(name: str) -> list[str]:
    values: list[str] = DOCUMENT["components"]["schemas"][name]["enum"]
    return values


def test_scenarios_are_those_of_the_fake() -> None:
    assert enum("ScenarioName") == SCENARIO_NAMES.split() == list(SCENARIOS)


def test_faults_are_those_that_were_promised() -> None:
    types: list[str] = []
    for branch in DOCUMENT["components"]["schemas"]["Fault"]["oneOf"]:
        type_ = resolve(branch)["properties"]["type"]
        types += type_.get("enum", [type_.get("const")])
    assert sorted(types) == sorted(FAULTS.split())
    assert all(f"`{name}`" in OPERATIONS["armFault"].entry["description"] for name in types)


def test_lint_rules_are_explained() -> None:
    rules = DOCUMENT["components"]["schemas"]["LintFinding"]["properties"]["rule"]["enum"]
    text = OPERATIONS["lintClient"].entry["description"]
    assert re.findall(r"^\| `([a-z-]+)`", text, re.M) == rules


def test_operations_are_those_of_the_service() -> None:
    service = [
        operation["operationId"]
        for item in load("openapi.yaml")["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    ]
    assert enum("OperationName") == service
    assert set(service).isdisjoint(OPERATIONS)


def test_shipped_profiles_can_be_chosen() -> None:
    body = OPERATIONS["putProfile"].body
    shipped = sorted(path.stem for path in (OPENAPI / "profiles").glob("*.yaml"))
    assert sorted(body["properties"]["profile"]["enum"]) == shipped


UNIFORM = {"distribution": "uniform", "lower": 100, "upper": 300}
GOOD: list[tuple[str, Any]] = [
    ("reset", {}),
    ("advanceClock", {"by": "30s", "account": "abc"}),
    ("advanceClock", {"by": "1.5s"}),
    ("advanceClock", {"by": 0}),
    ("setClock", {"to": "2024-04-02T08:48:35+02:00"}),
    ("armFault", {"type": "EMPTY_RESPONSE"}),
    ("armFault", {"type": "DELAY", "delay": UNIFORM}),
    ("armFault", {"type": "TRICKLE", "delay": 20, "match": {"path": "/image/*"}}),
    ("armFault", {"type": "ERRNO", "errno": 501, "delay": 2000, "skip": 2, "probability": 0.5}),
    ("armScenario", {"scenario": "fail", "argument": 46, "times": 2}),
    ("waitForRequests", {}),
    ("patchProfile", {"answers": {"success-http-status": 200, "image-md5": None}}),
]
BAD: list[tuple[str, Any]] = [
    ("reset", []),
    ("reset", {"account": ""}),
    ("reset", {"account": None}),
    ("createAccount", {"username": "t1"}),
    ("createAccount", {"username": "a/b", "password": "p"}),
    ("createAccount", {"username": "a\n", "password": "p"}),
    ("createAccount", {"username": "t1", "password": "p", "plan": "gold"}),
    ("updateAccount", {"username": "t2"}),
    ("advanceClock", {}),
    *(("advanceClock", {"by": by}) for by in ("30", "-1s", "1w", "s", "1 s", "1s ", -1, 1.5, None)),
    *(("setClock", {"to": to}) for to in ("yesterday", "2024-04-02", "2024-04-02T06:48:35", -1)),
    ("setClock", {"to": 253402300800000}),
    ("armFault", {}),
    ("armFault", {"type": "EXPLODE"}),
    ("armFault", {"type": "ERRNO"}),
    ("armFault", {"type": "ERRNO", "errno": "501"}),
    ("armFault", {"type": "HTTP_STATUS"}),
    ("armFault", {"type": "HTTP_STATUS", "status": 100}),
    ("armFault", {"type": "DELAY"}),
    ("armFault", {"type": "DELAY", "delay": 5, "errno": 501}),
    ("armFault", {"type": "DELAY", "delay": "5 s"}),
    ("armFault", {"type": "DELAY", "delay": {"distribution": "uniform", "lower": 1}}),
    ("armFault", {"type": "DELAY", "delay": {**UNIFORM, "distribution": "lognormal"}}),
    ("armFault", {"type": "DELAY", "delay": {**UNIFORM, "distribution": "normal"}}),
    ("armFault", {"type": "EMPTY_RESPONSE", "status": 503}),
    *(
        ("armFault", {"type": "EMPTY_RESPONSE", **each})
        for each in ({"times": 0}, {"skip": -1}, {"probability": 1.1})
    ),
    ("armFault", {"type": "EMPTY_RESPONSE", "match": {"operation": "createjob"}}),
    ("armFault", {"type": "EMPTY_RESPONSE", "match": {"path": "image/*"}}),
    ("armScenario", {"scenario": "explode"}),
    *(("armScenario", {"scenario": "fail", **each}) for each in ({"argument": -1}, {"times": 0})),
    *(("waitForRequests", each) for each in ({"count": 0}, {"timeout": "soon"})),
    *(("putProfile", {"profile": "../secret"}), ("patchProfile", {})),
    ("patchProfile", {"answers": {"find-order": ["newest-first"]}}),
    ("importState", {}),
]


@pytest.mark.parametrize(("operation", "body"), GOOD)
def test_a_sound_body_is_taken(operation: str, body: Any) -> None:
    assert problems(OPERATIONS[operation].body, body) == []


@pytest.mark.parametrize(("operation", "body"), BAD)
def test_a_wrong_body_is_refused(operation: str, body: Any) -> None:
    assert problems(OPERATIONS[operation].body, body) != []
