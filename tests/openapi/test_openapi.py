"""``openapi/openapi.yaml`` says what the page says, and holds together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.openapi_document import (
    DOCUMENT,
    ERRNOS,
    JOB_OPERATIONS,
    OPERATIONS,
    PATH,
    PATHS,
    SCHEMAS,
    answers,
    pointer,
    request_schema,
    resolve,
    validator,
)
from tests.support.samples.page_examples import RECORD, REQUESTS, RESPONSES, Example

#: The keywords that the document's readers implement; another one is refused.
KEYWORDS = """
$ref type properties required additionalProperties items minItems maxItems enum const minimum
maximum minLength maxLength pattern format oneOf anyOf title description examples x-requirement
x-expects
"""


def document_examples(media: dict[str, Any]) -> dict[str, Any]:
    """Name and body of every example of a media type."""
    return {name: resolve(example)["value"] for name, example in media.get("examples", {}).items()}


def media_types() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(operation, ``request`` or a status, media type) of every JSON body of the document."""
    for name, operation in OPERATIONS.items():
        yield name, "request", operation["requestBody"]["content"]["application/json"]
        for status, response in operation["responses"].items():
            yield name, status, resolve(response)["content"]["application/json"]


def schemas(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and every schema in it, without following ``$ref``."""
    yield where, node
    for name, inner in node.get("properties", {}).items():
        yield from schemas(inner, f"{where}.{name}")
    if "items" in node:
        yield from schemas(node["items"], f"{where}[]")
    for keyword in ("oneOf", "anyOf"):
        for number, inner in enumerate(node.get(keyword, ())):
            yield from schemas(inner, f"{where}.{keyword}[{number}]")


def all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        yield from schemas(schema, name)
    for operation, kind, media in media_types():
        yield from schemas(media["schema"], f"{operation} {kind}")


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` of the document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def title(example: Example) -> str:
    return f"{example.heading}-{example.body.get('errno', 'request')}"


def test_the_spec_validator_accepts_it() -> None:
    from openapi_spec_validator import validate  # a quarter of a second of every worker

    validate(DOCUMENT)


def test_it_is_openapi_3_1_with_the_seven_operations_of_the_page() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert PATHS == {
        "login": "/auth/login",
        "createJob": "/jobs/create",
        "findJobs": "/jobs/find",
        "varyJob": "/jobs/variation",
        "upscaleJob": "/jobs/upscale",
        "blendImages": "/jobs/blend",
        "describeImage": "/jobs/describe",
    }
    assert all(list(item) == ["post"] for item in DOCUMENT["paths"].values())


def test_its_servers_are_the_fake_which_costs_nothing_and_then_the_live_one() -> None:
    urls = [server["url"] for server in DOCUMENT["servers"]]
    assert urls == ["http://127.0.0.1:8091", "http://164.90.147.104:8091"]


def test_every_job_operation_and_only_those_asks_for_the_token() -> None:
    assert DOCUMENT["security"] == [{"bearerAuth": []}]
    assert OPERATIONS["login"]["security"] == []
    assert all("security" not in OPERATIONS[name] for name in PATHS if name != "login")
    assert DOCUMENT["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"


def test_only_submissions_cost_a_job() -> None:
    costs = {name: operation["x-cost"] for name, operation in OPERATIONS.items()}
    assert costs == {"login": "free", "findJobs": "free", **dict.fromkeys(JOB_OPERATIONS, "job")}


@pytest.mark.parametrize("example", REQUESTS, ids=title)
def test_a_request_of_the_page_is_valid(example: Example) -> None:
    validator(request_schema(example.operation)).validate(example.body)


@pytest.mark.parametrize("status", ["200", "4XX", "default"])
@pytest.mark.parametrize("example", RESPONSES, ids=title)
def test_a_response_of_the_page_is_exactly_one_of_the_answers(
    example: Example, status: str
) -> None:
    matching = [
        alternative["$ref"]
        for alternative in answers(example.operation, status)
        if validator(alternative).is_valid(example.body)
    ]
    assert len(matching) == 1
    assert matching[0].endswith("Success") == (example.body["errno"] == 0)


def test_the_documents_examples_are_those_of_the_page() -> None:
    page = [(e.operation, "request", e.body) for e in REQUESTS]
    for example in RESPONSES:
        body = example.body
        if example.operation == "findJobs":  # the document elides the second record
            body = {**body, "data": {"res": [RECORD], "total": 2}}
        page.append((example.operation, "200", body))
    written = [
        (operation, kind, body)
        for operation, kind, media in media_types()
        for name, body in document_examples(media).items()
        if name != "poll"  # ours: the smallest request that a poll needs
    ]
    assert sorted(map(json.dumps, written)) == sorted(map(json.dumps, page))


def test_every_example_of_the_document_is_valid() -> None:
    seen = 0
    for operation, kind, media in media_types():
        for name, body in document_examples(media).items():
            assert validator(media["schema"]).is_valid(body), (operation, kind, name)
            seen += 1
    for where, schema in all_schemas():
        for value in schema.get("examples", ()):
            assert validator(schema).is_valid(value), (where, value)
            seen += 1
    assert seen > 25


def test_no_schema_uses_a_keyword_that_its_readers_do_not_implement() -> None:
    used = {keyword: where for where, schema in all_schemas() for keyword in schema}
    assert {keyword: used[keyword] for keyword in set(used) - set(KEYWORDS.split())} == {}


def test_no_number_is_beyond_what_every_json_reader_keeps_exact() -> None:
    bounds = [
        schema[keyword]
        for _, schema in all_schemas()
        for keyword in ("minimum", "maximum")
        if keyword in schema
    ]
    assert max(map(abs, bounds)) == 2**53 - 1  # RFC 8259, section 6


def test_every_reference_points_at_something_and_every_component_is_used() -> None:
    used = set(references(DOCUMENT))
    for reference in used:
        assert pointer(DOCUMENT, reference.removeprefix("#")) is not None
    defined = {
        f"#/components/{kind}/{name}"
        for kind, entries in DOCUMENT["components"].items()
        if kind != "securitySchemes"
        for name in entries
    }
    assert defined - used == set()


def test_every_dashed_name_in_the_text_is_a_question() -> None:
    questions = yaml.load((PATH.parent / "questions.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    known = {question["id"] for question in questions["questions"]}
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", PATH.read_text(encoding="utf-8")))
    assert named - known == set()
    assert len(named) > 30


def test_the_texts_of_every_errno_are_there() -> None:
    errors = DOCUMENT["x-errors"]
    assert {entry["errno"] for entry in errors.values()} == ERRNOS
    # The table of errors; its "XXX NOT FOUND" stands for the things named.
    table = {(entry["errno"], entry["table"]) for entry in errors.values()}
    assert table == {
        (301, "MISSING PARAMETER"),
        (301, "INVALID PARAMETER"),
        (410, "NOT FOUND"),
        (411, "REQUIRES_SPECIFIC_PLAN"),
        (420, "PARENT NOT FOUND"),
        (420, "USER NOT FOUND"),
        (421, "PARENT_INVALID_TYPE"),
        (430, "INVALID_LOGIN"),
        (501, "SERVICE_ERROR"),
        (501, "GENERAL_ERROR"),
    }
    shown = {entry["shown"] for entry in errors.values() if "shown" in entry}
    assert shown == {"missing username or password", "invalid login"}


def test_the_table_for_a_newcomer_has_every_errno_and_every_text() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", DOCUMENT["info"]["description"], re.MULTILINE)
    table = {int(errno): text for errno, text in rows if int(errno) in ERRNOS | {0}}
    assert set(table) == ERRNOS | {0}
    for errno in ERRNOS - {420, 501}:
        for entry in DOCUMENT["x-errors"].values():
            if entry["errno"] == errno:
                assert entry["table"] in table[errno]


def test_the_operation_that_names_its_missing_parameter_names_an_error() -> None:
    named = {
        name: op["x-missing-parameter"]
        for name, op in OPERATIONS.items()
        if "x-missing-parameter" in op
    }
    assert named == {"login": "missing-credentials"}
    assert DOCUMENT["x-errors"]["missing-credentials"]["errno"] == 301
