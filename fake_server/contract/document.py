"""The contract, read and compiled: routes, validators and error texts of an OpenAPI document.

What the document says and this module does not implement is refused when it is loaded, so that a
drift between contract and code shows at start and not in somebody's test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jsonschema_rs

from . import yaml_files
from .errors import ErrorText
from .yaml_files import SpecError

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
#: What a path may hold beside its methods.
_OF_A_PATH = ("summary", "description", "parameters")
#: The schema keywords that are honoured; those of the first line say nothing to be checked.
_KEYWORDS = frozenset((
    "title", "description", "examples", "example", "default", "deprecated", "format",
    "$ref", "type", "properties", "required", "additionalProperties", "propertyNames", "items",
    "minItems", "maxItems", "uniqueItems", "enum", "const", "minimum", "maximum",
    "exclusiveMinimum", "minLength", "maxLength", "pattern", "oneOf", "anyOf", "allOf",
))  # fmt: skip


class Parameter(NamedTuple):
    """A parameter in the path or the query. ``type`` is the JSON type that its text is read as."""

    name: str
    place: str
    required: bool
    type: str
    default: Any
    check: jsonschema_rs.Draft202012Validator


class Operation(NamedTuple):
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
    body_required: bool = False
    success_keys: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A compiled document."""

    document: dict[str, Any]
    operations: tuple[Operation, ...]
    errors: Mapping[str, ErrorText]
    _registry: jsonschema_rs.Registry
    _answers: dict[str, jsonschema_rs.Draft202012Validator] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def schema(self, name: str) -> Mapping[str, Any]:
        """The document's schema of that name. Raises :class:`SpecError`."""
        found: Mapping[str, Any] = _at(self.document, "the document", "components", "schemas", name)
        return found

    def response_validator(self, operation: Operation) -> jsonschema_rs.Draft202012Validator:
        """A validator of what ``operation`` answers, for ``--strict``."""
        if operation.id not in self._answers:
            self._answers[operation.id] = _validator(self._registry, operation.response_pointer)
        return self._answers[operation.id]


def compile(source: Any) -> Spec:
    """A document's operations, ready to serve. Raises :class:`SpecError`."""
    document = yaml_files.as_json(source)
    registry = _registry(document)
    operations = tuple(_operations(document, registry))
    errors = {
        name: ErrorText(
            _at(entry, name, "errno"),
            _at(entry, name, "http"),
            _at(entry, name, "table"),
            entry.get("shown"),
        )
        for name, entry in document.get("x-errors", {}).items()
    }
    seen: set[str] = set()
    for operation in operations:
        if operation.id in seen:
            raise SpecError(f"two operations have the operationId {operation.id}")
        seen.add(operation.id)
        if errors and operation.missing not in errors:
            raise SpecError(f"{operation.id}: x-errors has no entry {operation.missing!r}")
    return Spec(document, operations, errors, registry)


def _at(source: Any, where: str, *path: str) -> Any:
    """What lies at ``path`` under ``source``."""
    for step in path:
        if not isinstance(source, Mapping) or step not in source:
            raise SpecError(f"{where} has no {step!r}")
        source = source[step]
    return source


def _operations(document: dict[str, Any], registry: jsonschema_rs.Registry) -> Iterator[Operation]:
    known: set[str] = set()
    for path, item in _at(document, "the document", "paths").items():
        for key in item:
            if key in _METHODS:
                yield _operation(document, registry, path, key, known)
            elif key not in _OF_A_PATH and not key.startswith("x-"):
                raise SpecError(f"{path}: {key!r} is not implemented")


def _operation(
    document: dict[str, Any],
    registry: jsonschema_rs.Registry,
    path: str,
    method: str,
    known: set[str],
) -> Operation:
    """``known`` holds the schemas that were looked through already."""
    item = document["paths"][path]
    entry = item[method]
    name = _at(entry, f"{method.upper()} {path}", "operationId")
    base = f"/paths/{_escape(path)}/{method}"
    _refuse_unknown(document, _answered(entry), f"{name}'s answer", known)
    body = None
    properties: Mapping[str, Any] = {}
    if "requestBody" in entry:
        schema = _at(entry, name, "requestBody", "content", "application/json", "schema")
        _refuse_unknown(document, schema, name, known)
        body = _validator(registry, f"{base}/requestBody/content/application~1json/schema")
        properties = resolve(document, schema).get("properties", {})
    success: str = entry.get("responses", {}).get("200", {}).get("$ref", "")[1:]
    success = success or f"{base}/responses/200"
    return Operation(
        id=name,
        method=method.upper(),
        path=path,
        secured=bool(entry.get("security", document.get("security"))),
        submits=entry.get("x-cost") == "job",
        missing=entry.get("x-missing-parameter", "missing-parameter"),
        body=body,
        properties=properties,
        response_pointer=f"{success}/content/application~1json/schema",
        success_keys=tuple(_success_data(document, entry).get("properties", {})),
        body_required=bool(entry.get("requestBody", {}).get("required")),
        parameters=(
            *_parameters(document, registry, item, f"/paths/{_escape(path)}"),
            *_parameters(document, registry, entry, base),
        ),
    )


def _parameters(
    document: dict[str, Any],
    registry: jsonschema_rs.Registry,
    holder: Mapping[str, Any],
    base: str,
) -> Iterator[Parameter]:
    """The parameters of a path or of an operation."""
    for index, entry in enumerate(holder.get("parameters", ())):
        found = resolve(document, entry)
        at = entry["$ref"][1:] if "$ref" in entry else f"{base}/parameters/{index}"
        schema = resolve(document, found["schema"])
        _refuse_unknown(document, found["schema"], found["name"], set())
        if found["in"] not in ("path", "query") or not isinstance(schema.get("type"), str):
            raise SpecError(
                f"parameter {found['name']}: only plain types in path and query are implemented"
            )
        yield Parameter(
            found["name"],
            found["in"],
            bool(found.get("required")),
            schema["type"],
            schema.get("default"),
            _validator(registry, f"{at}/schema"),
        )


def _success_data(document: dict[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of ``data`` in an operation's success, the first alternative of its answer."""
    response = resolve(document, entry.get("responses", {}).get("200", {}))
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    schema = resolve(document, schema)
    success = resolve(document, schema["oneOf"][0] if "oneOf" in schema else schema)
    return resolve(document, success.get("properties", {}).get("data", {}))


def _answered(entry: Mapping[str, Any]) -> Any:
    """The schema of an operation's answer; one without a body has none."""
    content = entry.get("responses", {}).get("200", {}).get("content", {})
    return content.get("application/json", {}).get("schema", {})


_URI = "urn:sampan:contract"


def _registry(document: dict[str, Any]) -> jsonschema_rs.Registry:
    """The document as what the ``$ref`` in it mean, read once for all its schemas."""
    try:
        return jsonschema_rs.Registry([(_URI, document)])
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as problem:
        raise SpecError(f"the document's schemas: {' '.join(str(problem).split())}") from problem


def _validator(
    registry: jsonschema_rs.Registry, pointer: str
) -> jsonschema_rs.Draft202012Validator:
    """A validator of the schema at ``pointer`` of the registry's document."""
    try:
        # Messages go to headers and logs, and a value may be a password.
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"{_URI}#{pointer}"}, registry=registry, mask="the value"
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as problem:
        raise SpecError(f"the schema at {pointer}: {' '.join(str(problem).split())}") from problem


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the one that its ``$ref`` into this document leads to."""
    followed: set[str] = set()
    while (reference := schema.get("$ref")) is not None:
        if reference in followed:
            raise SpecError(f"$ref {reference!r} refers to itself")
        followed.add(reference)
        if not reference.startswith("#/"):
            raise SpecError(f"$ref {reference!r} points outside the document")
        nothing = f"$ref {reference!r} has no target: the document"
        schema = document
        for part in reference[2:].split("/"):
            schema = _at(schema, nothing, part.replace("~1", "/").replace("~0", "~"))
    return schema


def _refuse_unknown(document: Mapping[str, Any], schema: Any, where: str, seen: set[str]) -> None:
    """Raise :class:`SpecError` on a schema keyword that is not known to be honoured."""
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword not in _KEYWORDS and not keyword.startswith("x-"):
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
