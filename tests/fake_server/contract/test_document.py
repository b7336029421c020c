"""The contract is read whole or refused: what the fake does not implement shows at its start."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sampan.fake_server.api import validation
from sampan.fake_server.api.table import OPERATIONS
from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from sampan.fake_server.contract.yaml_files import SpecError
from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import Settings
from sampan.fake_server.web.app import App

_CONTRACT: dict[str, Any] = yaml_files.read("openapi.yaml")

Document = dict[str, Any]


def _changed(change: Callable[[Document], object]) -> Document:
    document = copy.deepcopy(_CONTRACT)
    change(document)
    return document


def _refusal(change: Callable[[Document], object]) -> str:
    with pytest.raises(SpecError) as refused:
        spec.compile(_changed(change))
    message = str(refused.value)
    assert "\n" not in message
    return message


def _prompt(document: Document) -> Document:
    schema: Document = document["components"]["schemas"]["Prompt"]
    return schema


def _create(document: Document) -> Document:
    operation: Document = document["paths"]["/jobs/create"]["post"]
    return operation


# The contract as it is


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    assert {operation.id for operation in spec.compile(_CONTRACT).operations} == set(OPERATIONS)


def test_the_operations_as_they_are_read() -> None:
    read = {
        operation.id: (operation.path, operation.secured, operation.submits, operation.missing)
        for operation in spec.compile(_CONTRACT).operations
    }
    assert read == {
        "login": ("/auth/login", False, False, "missing-credentials"),
        "createJob": ("/jobs/create", True, True, "missing-parameter"),
        "findJobs": ("/jobs/find", True, False, "missing-parameter"),
        "varyJob": ("/jobs/variation", True, True, "missing-parameter"),
        "upscaleJob": ("/jobs/upscale", True, True, "missing-parameter"),
        "blendImages": ("/jobs/blend", True, True, "missing-parameter"),
        "describeImage": ("/jobs/describe", True, True, "missing-parameter"),
    }
    assert {operation.method for operation in spec.compile(_CONTRACT).operations} == {"POST"}


def test_a_body_is_held_against_its_schema() -> None:
    vary = next(o for o in spec.compile(_CONTRACT).operations if o.id == "varyJob")
    assert vary.body is not None
    assert vary.body.is_valid({"parent_id": "x", "grid_num": 4})
    assert not vary.body.is_valid({"parent_id": "x", "grid_num": 5})
    assert set(vary.properties) == {"sender_id", "parent_id", "grid_num", "content"}


def test_an_answer_is_held_against_its_schema() -> None:
    compiled = spec.compile(_CONTRACT)
    for operation in compiled.operations:
        validator = compiled.response_validator(operation)
        assert validator.is_valid({"errno": 301, "errmsg": "INVALID PARAMETER"})
        assert not validator.is_valid({"errno": 999, "errmsg": "x"})


def test_a_message_of_the_validator_holds_no_value() -> None:
    login = next(o for o in spec.compile(_CONTRACT).operations if o.id == "login")
    assert login.body is not None
    (error,) = login.body.iter_errors({"username": "abc", "password": ["hunter2"]})
    assert "hunter2" not in error.message


def test_every_refusal_in_the_code_is_in_the_contract() -> None:
    """An ``ApiError`` names an entry of ``x-errors``; two follow the profile before they do."""
    named = {
        call.args[0].value
        for file in Path(spec.__file__).parents[1].rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "ApiError"
        and isinstance(call.args[0], ast.Constant)
    }
    assert named
    assert named <= set(_CONTRACT["x-errors"])


def test_every_errno_of_the_table_has_a_text() -> None:
    errors = spec.compile(_CONTRACT).errors
    assert {error.errno for error in errors.values()} == {301, 410, 411, 420, 421, 430, 501}
    assert errors["missing-credentials"].shown == "missing username or password"


# What is refused


def test_an_unknown_keyword() -> None:
    assert _refusal(lambda d: _prompt(d).update(minLenght=1)) == (
        "createJob.content: the schema keyword 'minLenght' is not implemented"
    )


def test_an_unknown_keyword_in_an_answer() -> None:
    def mistype(document: Document) -> None:
        document["components"]["schemas"]["SubmissionSuccess"]["requierd"] = ["data"]

    assert "answer.oneOf: the schema keyword 'requierd' is not implemented" in _refusal(mistype)


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"tpye": "string"}},
        {"additionalProperties": {"tpye": "string"}},
        {"propertyNames": {"tpye": "string"}},
        {"properties": {"deep": {"tpye": "string"}}},
        {"allOf": [{}, {"anyOf": [{"oneOf": [{"tpye": "string"}]}]}]},
        {"not": {"type": "string"}},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_an_unknown_keyword_wherever_it_stands(schema: Document) -> None:
    def put(document: Document) -> None:
        _create(document)["requestBody"]["content"]["application/json"]["schema"] = schema

    assert "is not implemented" in _refusal(put)


def test_annotations_and_extensions_restrict_nothing() -> None:
    compiled = spec.compile(_changed(lambda d: _prompt(d).update(title="T", **{"x-mine": 1})))
    assert compiled.operations


def test_a_reference_to_nothing() -> None:
    assert _refusal(lambda d: d["components"]["schemas"].pop("GridNumber")) == (
        "$ref '#/components/schemas/GridNumber' has no target: the document has no 'GridNumber'"
    )


def test_a_reference_out_of_the_document() -> None:
    def point(document: Document) -> None:
        document["components"]["schemas"]["Prompt"] = {"$ref": "other.yaml#/Prompt"}

    assert _refusal(point) == "$ref 'other.yaml#/Prompt' points outside the document"


def test_a_reference_to_itself() -> None:
    def loop(document: Document) -> None:
        document["components"]["schemas"]["Prompt"] = {"$ref": "#/components/schemas/Prompt"}

    assert _refusal(loop) == "$ref '#/components/schemas/Prompt' refers to itself"


def test_an_operation_without_an_id() -> None:
    assert _refusal(lambda d: _create(d).pop("operationId")) == (
        "POST /jobs/create has no 'operationId'"
    )


def test_two_operations_of_one_name() -> None:
    assert _refusal(lambda d: d["paths"].update({"/again": d["paths"]["/jobs/create"]})) == (
        "two operations have the operationId createJob"
    )


@pytest.mark.parametrize("key", ["pots", "$ref", "servers"])
def test_a_path_with_what_is_not_implemented(key: str) -> None:
    assert _refusal(lambda d: d["paths"]["/jobs/create"].update({key: {}})) == (
        f"/jobs/create: {key!r} is not implemented"
    )


def test_a_body_that_is_not_json() -> None:
    def other(document: Document) -> None:
        _create(document)["requestBody"]["content"] = {"text/plain": {}}

    assert _refusal(other) == "createJob has no 'application/json'"


@pytest.mark.parametrize("change", [{"pattern": "(["}, {"type": "strin"}, {"minLength": "x"}])
def test_a_schema_that_is_none(change: Document) -> None:
    assert _refusal(lambda d: _prompt(d).update(change)).startswith("the schema at /paths/")


def test_an_error_without_its_errno() -> None:
    assert _refusal(lambda d: d["x-errors"]["not-found"].pop("errno")) == (
        "not-found has no 'errno'"
    )


def test_a_missing_parameter_that_has_no_text() -> None:
    assert _refusal(lambda d: _create(d).update({"x-missing-parameter": "nothing"})) == (
        "createJob: x-errors has no entry 'nothing'"
    )


@pytest.mark.parametrize("document", [None, [], "text", {}, {"openapi": "3.1.0"}])
def test_a_document_that_is_no_contract(document: object) -> None:
    with pytest.raises(SpecError, match="the document has no 'paths'"):
        spec.compile(document)


def test_an_operation_that_the_fake_does_not_know() -> None:
    def rename(document: Document) -> None:
        _create(document)["operationId"] = "createVideo"

    service = FakeService(Settings(), spec.compile(_changed(rename)))
    with pytest.raises(SpecError, match=r"createVideo \(POST /jobs/create\) has no handler"):
        App(service)
    service.close()


def _put(path: str, document: Document) -> None:
    document["paths"][path]["put"] = document["paths"][path].pop("post")


def _in_path(document: Document) -> None:
    document["paths"]["/jobs/create/{folder}"] = document["paths"].pop("/jobs/create")


def _in_query(document: Document) -> None:
    _create(document)["parameters"] = [
        {"name": "folder", "in": "query", "schema": {"type": "string"}}
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (partial(_put, "/jobs/create"), "operations are called by POST"),
        (_in_path, "parameters are keys of the JSON body"),
        (_in_query, "parameters are keys of the JSON body"),
    ],
)
def test_an_operation_that_is_called_otherwise(
    change: Callable[[Document], None], why: str
) -> None:
    service = FakeService(Settings(), spec.compile(_changed(change)))
    with pytest.raises(SpecError, match=rf"createJob \(.* /jobs/create.*\) is not .*: {why}"):
        App(service)
    service.close()


def test_an_operation_that_takes_no_body_is_sent_none() -> None:
    service = FakeService(
        Settings(), spec.compile(_changed(lambda document: _create(document).pop("requestBody")))
    )
    (create,) = (each for each in service.spec.operations if each.id == "createJob")
    assert validation.parse(create, b"", service.rules.profile, {}) == {}
    service.close()


# Files


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"nowhere\.yaml: No such file or directory"):
        yaml_files.read_file(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "text",
    [b"a: [", b"\xff\xfe\xff", b"a: \0", b"a: *b", b"a: 2024-99-99", b"[" * 5000],
    ids=lambda text: repr(text[:12]),
)
def test_a_file_that_is_no_yaml(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(text)
    with pytest.raises(SpecError, match=r"bad\.yaml is not YAML: .") as refused:
        yaml_files.read_file(file)
    assert "\n" not in str(refused.value)
