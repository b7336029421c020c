"""``openapi/admin.yaml`` as its tests read it: its operations, and what is wrong with a body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from tests.support.paths import OPENAPI

METHODS = ("get", "put", "post", "delete", "patch")
URI = "urn:control"


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((OPENAPI / name).read_bytes(), Loader=yaml.CSafeLoader)
    return document


DOCUMENT = load("admin.yaml")


@cache
def registry() -> jsonschema_rs.Registry:
    """The whole document, for the references in its parts."""
    return jsonschema_rs.Registry([(URI, DOCUMENT)])


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or the one that its ``$ref`` points at."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def absolute(schema: Any) -> Any:
    """The schema with references that a validator of a part of the document can follow."""
    if isinstance(schema, dict):
        return {
            key: URI + value if key == "$ref" else absolute(value) for key, value in schema.items()
        }
    return [absolute(item) for item in schema] if isinstance(schema, list) else schema


def problems(schema: dict[str, Any], instance: Any) -> list[str]:
    """What is wrong with ``instance``, one line each."""
    validator = jsonschema_rs.Draft202012Validator(
        absolute(schema), registry=registry(), validate_formats=True
    )
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(instance)]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    entry: dict[str, Any]
    shared: list[dict[str, Any]]

    @property
    def id(self) -> str:
        return str(self.entry["operationId"])

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [resolve(each) for each in (*self.shared, *self.entry.get("parameters", ()))]

    @property
    def media(self) -> dict[str, Any] | None:
        """What the request's body is; ``None`` where there is none."""
        body = self.entry.get("requestBody")
        return None if body is None else body["content"]["application/json"]

    @property
    def body(self) -> dict[str, Any]:
        """The schema of the request's body."""
        assert self.media is not None, self.id
        schema: dict[str, Any] = self.media["schema"]
        return schema

    def responses(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for status, response in self.entry["responses"].items():
            yield status, resolve(response)["content"]["application/json"]


OPERATIONS = {
    operation.id: operation
    for path, item in DOCUMENT["paths"].items()
    for method, entry in item.items()
    if method in METHODS
    for operation in [Operation(method.upper(), path, entry, item.get("parameters", []))]
}
WITH_BODY = [operation for operation in OPERATIONS.values() if operation.media is not None]
