"""``docs/control-api.md`` from ``openapi/admin.yaml``: calls, their fields, a curl line each."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from sampan.fake_server.contract import yaml_files
from sampan.fake_server.contract.document import resolve

Schema = Mapping[str, Any]

_HEAD = """# Control API

Made from [openapi/admin.yaml](../openapi/admin.yaml) by `make docs`; do not edit it here. The fake
serves the same as OpenAPI at `/__admin/openapi.json`. [python.md](python.md) has the handles for
Python, which call it. The examples need curl 7.82 or newer; for an older one, write
`-H 'Content-Type: application/json' -d` in place of `--json`.
"""
_ADDRESS = "http://127.0.0.1:8091"
_WITH_BODY = ("post", "put", "patch")
#: Schemas of more than this many fields are internal to state documents and are left out.
_INTERNAL = "Stored"


def text() -> str:
    """The whole document."""
    document = yaml_files.read("admin.yaml")
    return "\n".join(_lines(document)).rstrip() + "\n"


def _lines(document: Schema) -> Iterator[str]:
    yield _HEAD
    yield document["info"]["description"].strip()
    yield ""
    yield from _contents(document)
    for tag in document["tags"]:
        yield f"## {tag['name'].capitalize()}\n"
        yield f"{tag['description']}\n"
        for path, method, operation, shared in _operations(document):
            if operation["tags"] == [tag["name"]]:
                yield from _operation(document, path, method, operation, shared)
    yield "## Types\n"
    for name, schema in document["components"]["schemas"].items():
        if not name.startswith(_INTERNAL):
            yield from _type(document, name, schema)


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema, list[Schema]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation, item.get("parameters", [])


def _contents(document: Schema) -> Iterator[str]:
    yield "| call | what it does |"
    yield "|---|---|"
    for path, method, operation, _ in _operations(document):
        anchor = operation["operationId"].lower()
        yield f"| [`{method.upper()} {path}`](#{anchor}) | {operation['summary']} |"
    yield ""


def _operation(
    document: Schema, path: str, method: str, operation: Schema, shared: list[Schema]
) -> Iterator[str]:
    yield f"### {operation['operationId']}\n"
    yield f"`{method.upper()} {path}`\n"
    yield f"{operation['description'].strip()}\n"
    parameters = [resolve(document, each) for each in (*shared, *operation.get("parameters", []))]
    if parameters:
        yield "| parameter | type | meaning |"
        yield "|---|---|---|"
        for each in parameters:
            kind = _kind(document, each["schema"])
            place = f"{each['in']}; {kind}"
            yield _row(f"`{each['name']}`", place, each["description"])
        yield ""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        yield from _fields(document, body["schema"], "body")
    yield from _curl(path, method, body, operation)
    yield from _answer(document, operation)


def _curl(path: str, method: str, body: Schema | None, operation: Schema) -> Iterator[str]:
    address = shlex.quote(f"{_ADDRESS}{path}") if "{" in path else f"{_ADDRESS}{path}"
    verb = "" if method in ("get", "post") else f" -X {method.upper()}"
    yield "```sh"
    for example in (body or {"examples": {"none": {}}})["examples"].values():
        line = f"curl -s{verb} {address}"
        if body is not None and "value" in example:
            line += f" --json {shlex.quote(json.dumps(example['value'], ensure_ascii=False))}"
        elif method == "post":
            line += " -X POST"
        yield line
    yield "```\n"


def _answer(document: Schema, operation: Schema) -> Iterator[str]:
    answer = resolve(document, operation["responses"]["200"])
    yield f"Returns: {answer['description']}\n"
    yield from _fields(document, answer["content"]["application/json"]["schema"], "answer")
    failures = sorted(set(operation["responses"]) - {"200", "default"})
    if failures:
        told = [
            f"{status} ({resolve(document, operation['responses'][status])['description'][:-1]})"
            for status in failures
        ]
        yield f"Rejected with {', '.join(told)}.\n"


def _type(document: Schema, name: str, schema: Schema) -> Iterator[str]:
    yield f"### Type {name}\n"
    if schema.get("description"):
        yield f"{schema['description'].strip()}\n"
    if schema.get("properties"):
        yield from _fields(document, schema, "field")
        return
    yield f"{_kind(document, schema)}\n"
    for each in schema.get("oneOf", ()):
        if "properties" in each:
            yield from _fields(document, each, "field")
    examples = schema.get("examples", ())
    if examples:
        yield f"For example {', '.join(f'`{_json(each)}`' for each in examples)}.\n"


def _fields(document: Schema, schema: Schema, title: str) -> Iterator[str]:
    if "$ref" in schema:
        yield f"The {title} is {_link(schema)}.\n"
        return
    properties = schema.get("properties", {})
    if not properties:
        return
    required = schema.get("required", ())
    yield f"| {title} | type | meaning |"
    yield "|---|---|---|"
    for name, inner in properties.items():
        must = " (required)" if name in required and title != "answer" else ""
        found = resolve(document, inner)
        kind = _kind(document, inner)
        meaning = inner.get("description", found.get("description", ""))
        if kind.startswith("["):  # described where it leads to
            meaning = meaning.partition("\n")[0]
        if "default" in found:
            meaning += f" Default: `{_json(found['default'])}`."
        yield _row(f"`{name}`{must}", kind, meaning)
    yield ""


def _kind(document: Schema, schema: Schema) -> str:
    """A schema's type in a few words."""
    if "$ref" in schema:
        found = resolve(document, schema)
        simple = "properties" not in found and "oneOf" not in found and "enum" not in found
        return _kind(document, found) if simple else _link(schema)
    if "const" in schema:
        return f"`{_json(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{_json(each)}`" for each in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(_kind(document, each) for each in schema["oneOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema['items'])}" if "items" in schema else "list"
    types = schema.get("type", "any JSON")
    text = " or ".join(types) if isinstance(types, list) else types
    if "x-expects" in schema or "pattern" in schema:
        return text
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{text} from {least} to {most}"
    return text if least is None else f"{text} from {least}"


def _link(schema: Schema) -> str:
    name = schema["$ref"].rpartition("/")[2]
    return name if name.startswith(_INTERNAL) else f"[{name}](#type-{name.lower()})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', '&#124;') for cell in cells)} |"


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
