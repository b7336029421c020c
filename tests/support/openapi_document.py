"""``openapi/openapi.yaml`` as the tests read it: with no code of the fake or of the kit."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from tests.support.paths import OPENAPI

PATH = OPENAPI / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.load(PATH.read_bytes(), Loader=yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, dict[str, Any]] = {
    item["post"]["operationId"]: item["post"] for item in DOCUMENT["paths"].values()
}
PATHS = {item["post"]["operationId"]: path for path, item in DOCUMENT["paths"].items()}
JOB_OPERATIONS = ("createJob", "varyJob", "upscaleJob", "blendImages", "describeImage")
ERRNOS = {301, 410, 411, 420, 421, 430, 501}


def resolve(node: Any) -> Any:
    """A node, or what its ``$ref`` points at."""
    while isinstance(node, dict) and "$ref" in node:
        node = pointer(DOCUMENT, node["$ref"].removeprefix("#"))
    return node


def pointer(node: Any, path: str) -> Any:
    """What a JSON pointer names (RFC 6901)."""
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator with formats on, and the document as the base of ``$ref``."""
    whole = {**schema, "components": {"schemas": SCHEMAS}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@cache
def component(name: str) -> jsonschema_rs.Draft202012Validator:
    """A validator of the component schema of that name."""
    return validator({"$ref": f"#/components/schemas/{name}"})


def accepts(name: str, instance: Any) -> bool:
    """Whether the component schema of that name accepts ``instance``."""
    return component(name).is_valid(instance)


def request_schema(operation: str) -> dict[str, Any]:
    body = OPERATIONS[operation]["requestBody"]["content"]["application/json"]
    schema: dict[str, Any] = body["schema"]
    return schema


def answers(operation: str, status: str = "200") -> list[dict[str, Any]]:
    """The alternatives of what an operation answers, each a ``$ref``."""
    response = resolve(OPERATIONS[operation]["responses"][status])
    schema = resolve(response["content"]["application/json"]["schema"])
    alternatives: list[dict[str, Any]] = schema["oneOf"]
    return alternatives
