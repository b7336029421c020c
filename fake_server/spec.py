"""The contract, read and compiled: routes, validators and error texts of an OpenAPI document.

What the document says and this module does not implement is refused when it is loaded, so that a
drift between contract and code shows at start and not in somebody's test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from .errors import ErrorText

#: ``openapi/`` lies beside the package, in a checkout and in an installed wheel alike.
DIRECTORY = Path(__file__).resolve().parent.parent / "openapi"

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_ANNOTATIONS = frozenset({"title", "description", "examples", "example", "default", "deprecated"})
_ASSERTIONS = frozenset(
    {
        "$ref",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "oneOf",
        "anyOf",
        "allOf",
    }
)


class SpecError(ValueError):
    """A contract that can't be read, or asks for what the fake does not implement."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: where it is reached, who may call it and what body it takes."""

    id: str
    method: str
    path: str
    secured: bool
    submits: bool
    missing: str
    body: jsonschema_rs.Draft202012Validator | None
    properties: Mapping[str, Any]
    response_pointer: str


@dataclass(frozen=True, slots=True)
class Spec:
    """A compiled document."""

    document: dict[str, Any]
    operations: tuple[Operation, ...]
    errors: Mapping[str, ErrorText]

    def response_validator(self, operation: Operation) -> jsonschema_rs.Draft202012Validator:
        """A validator of what ``operation`` answers, for ``--strict``."""
        return _validator(self.document, operation.response_pointer)


def read(name: str) -> Any:
    """A YAML document of ``openapi/``, parsed. Raises :class:`SpecError`."""
    return read_file(DIRECTORY / name)


def read_file(path: Path) -> Any:
    """A YAML file, parsed by libyaml where it is at hand. Raises :class:`SpecError`."""
    import yaml  # not at import: fake_server alone must stay light

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_bytes(), Loader=loader)
    except OSError as problem:
        raise SpecError(f"{path}: {problem.strerror}") from problem
    except yaml.YAMLError as problem:
        raise SpecError(f"{path} is not YAML: {' '.join(str(problem).split())}") from problem


def compile(source: Mapping[str, Any]) -> Spec:
    """A document's operations, ready to serve. Raises :class:`SpecError`."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(source, option=orjson.OPT_NON_STR_KEYS))
    operations = tuple(_operations(document))
    errors = {
        name: ErrorText(entry["errno"], entry["table"], entry.get("shown"))
        for name, entry in document.get("x-errors", {}).items()
    }
    return Spec(document, operations, errors)


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, entry in item.items():
            if method in _METHODS:
                yield _operation(document, path, method, entry)


def _operation(
    document: dict[str, Any], path: str, method: str, entry: Mapping[str, Any]
) -> Operation:
    name = entry.get("operationId")
    if not name:
        raise SpecError(f"{method.upper()} {path} has no operationId")
    base = f"/paths/{_escape(path)}/{method}"
    pointer = f"{base}/requestBody/content/application~1json/schema"
    body = None
    properties: Mapping[str, Any] = {}
    if "requestBody" in entry:
        schema = entry["requestBody"]["content"]["application/json"]["schema"]
        _refuse_unknown(document, schema, name, set())
        body = _validator(document, pointer)
        properties = resolve(document, schema).get("properties", {})
    return Operation(
        id=name,
        method=method.upper(),
        path=path,
        secured=bool(entry.get("security", document.get("security"))),
        submits=entry.get("x-cost") == "job",
        missing=entry.get("x-missing-parameter", "missing-parameter"),
        body=body,
        properties=properties,
        response_pointer=f"{base}/responses/200/content/application~1json/schema",
    )


def _validator(document: dict[str, Any], pointer: str) -> jsonschema_rs.Draft202012Validator:
    """A validator of the schema at ``pointer``, with the document as what its ``$ref`` mean."""
    uri = "urn:sampan:contract"
    registry = jsonschema_rs.Registry([(uri, document)])
    # Messages go to headers and logs, and a value may be a password.
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"{uri}#{pointer}"}, registry=registry, mask="the value"
    )


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the one that its ``$ref`` into this document points at."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    if not reference.startswith("#/"):
        raise SpecError(f"$ref {reference!r} points out of the document")
    found: Any = document
    for part in reference[2:].split("/"):
        try:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError) as problem:
            raise SpecError(f"$ref {reference!r} points at nothing") from problem
    resolved: Mapping[str, Any] = found
    return resolve(document, resolved)


def _refuse_unknown(document: Mapping[str, Any], schema: Any, where: str, seen: set[str]) -> None:
    """Raise :class:`SpecError` on a schema keyword that is not known to be honoured."""
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword not in _ASSERTIONS | _ANNOTATIONS and not keyword.startswith("x-"):
            raise SpecError(f"{where}: the schema keyword {keyword!r} is not implemented")
        if keyword == "$ref" and value not in seen:
            seen.add(value)
            _refuse_unknown(document, resolve(document, schema), where, seen)
        elif keyword == "properties":
            for name, inner in value.items():
                _refuse_unknown(document, inner, f"{where}.{name}", seen)
        elif keyword in ("items", "additionalProperties", "propertyNames"):
            _refuse_unknown(document, value, f"{where}.{keyword}", seen)
        elif keyword in ("oneOf", "anyOf", "allOf"):
            for inner in value:
                _refuse_unknown(document, inner, f"{where}.{keyword}", seen)
