"""Makes the requests beside it from the contract: a ``.http`` file and a Postman collection.

    python examples/requests/make.py

The flow follows the contract's links, which say what of a response the next request takes; the
control API's requests are its own examples. ``sampan.http`` is in the dialect of VS Code's REST
Client, which httpyac reads too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).parent
OPENAPI = HERE.parents[1] / "openapi"
#: The quick one, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: What a link takes from a response (OpenAPI 3.1, Runtime Expressions).
_EXPRESSION = re.compile(r"\{?\$response\.body#((?:/[\w]+)+)\}?")
#: The default account of the fake, in place of the page's.
_ACCOUNT = {"username": "abc", "password": "abc-secret"}
#: The parts of a path of the control API, and what they are here.
_IN_PATHS = {"username": "abc", "folder": "favourites", "id": "f1"}


class Request(NamedTuple):
    """One request. ``source``: the name of the request whose response its body refers to."""

    name: str
    method: str
    path: str
    body: Any = None
    token: bool = False
    source: str | None = None
    text: str = ""


def flow() -> list[Request]:
    """Log in, what that leads to, and what a find leads to."""
    document = _document("openapi.yaml")
    found = _operations(document)
    _, _, login = found["login"]
    example = _first_example(document, login)
    requests = [_request(found, "login", "login", {**example, **_ACCOUNT}, None, "")]
    for source in ("login", "findJobs"):
        _, _, operation = found[source]
        for name, reference in operation["responses"]["200"]["links"].items():
            link = _resolve(document, reference)
            text, body = link["description"].strip(), link["requestBody"]
            requests.append(_request(found, name, link["operationId"], body, source, text))
    return requests


def control() -> list[Request]:
    """Every operation of the control API."""
    document = _document("admin.yaml")
    return [
        Request(name, method, path, _first_example(document, operation), text=operation["summary"])
        for name, (method, path, operation) in _operations(document).items()
    ]


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((OPENAPI / name).read_bytes(), Loader=_LOADER)
    return document


def _operations(document: Mapping[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def _resolve(document: Mapping[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        reference = node["$ref"]
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    return node


def _first_example(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    """The body that an operation shows first; ``None`` for one that takes none."""
    content = _resolve(document, operation.get("requestBody", {})).get("content", {})
    for media in content.values():
        for example in media.get("examples", {}).values():
            return _resolve(document, example)["value"]
    return None


def _request(
    found: Mapping[str, Any], name: str, operation: str, body: Any, source: str | None, text: str
) -> Request:
    method, path, _ = found[operation]
    return Request(name, method, path, body, name != "login", source, text)


# The .http file


def http_file() -> str:
    """The flow, then the control API; ``###`` is between two requests."""
    head = (
        "# Made by make.py from openapi/. Start `sampan serve`, then send them one by one. Send\n"
        "# createJob twice and wait two seconds before findJobs: a blend takes two pictures.\n"
        "@base = http://127.0.0.1:8091\n"
    )
    return "\n###\n\n".join([head, *map(_http, flow()), *map(_http, control())])


def _http(request: Request) -> str:
    def value(pointer: str) -> str:
        return f"{{{{{request.source}.response.body.{_json_path(pointer)}}}}}"

    lines = [f"# {line}" for line in request.text.splitlines()]
    lines += [f"# @name {request.name}", f"{request.method} {{{{base}}}}{_http_path(request.path)}"]
    if request.token:
        lines.append("Authorization: Bearer {{login.response.body.$.data.token}}")
    if request.body is not None:
        lines += ["Content-Type: application/json", "", _filled(request.body, value)]
    return "\n".join(lines) + "\n"


def _http_path(path: str) -> str:
    job = "{{createJob.response.body.$.data}}"
    return re.sub(r"\{(\w+)\}", lambda part: _IN_PATHS.get(part[1], job), path)


def _json_path(pointer: str) -> str:
    steps = pointer.split("/")[1:]
    return "$" + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)


def _filled(body: Any, value: Callable[[str], str]) -> str:
    """A body as JSON, in which each expression is ``value`` of its JSON pointer."""
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return _EXPRESSION.sub(lambda found: value(found[1]), text)


# The Postman collection


def collection() -> dict[str, Any]:
    """A collection of version 2.1.0."""
    asked = list(flow())
    taken = {pointer for request in asked for pointer in _pointers(request)}
    variables = {"base": "http://127.0.0.1:8091", "token": "", "hash": "", **_IN_PATHS}
    variables |= {_variable(pointer): "" for pointer in sorted(taken)}
    return {
        "info": {
            "name": "sampan",
            "description": "The 小船AI image API and the fake's control API, made from openapi/.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": [{"key": key, "value": value} for key, value in variables.items()],
        "item": [
            {"name": "API", "item": [_item(request, taken) for request in asked]},
            {"name": "Control API", "item": [_item(request, taken) for request in control()]},
        ],
    }


def _item(request: Request, taken: set[str]) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "method": request.method,
        "url": "{{base}}" + re.sub(r"\{(\w+)\}", r"{{\1}}", request.path),
        "header": [],
    }
    if request.text:
        sent["description"] = request.text
    if request.token:
        sent["auth"] = {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]}
    if request.body is not None:
        sent["header"] = [{"key": "Content-Type", "value": "application/json"}]
        raw = _filled(request.body, lambda pointer: f"{{{{{_variable(pointer)}}}}}")
        sent["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    item: dict[str, Any] = {"name": request.name, "request": sent}
    script = list(_script(request, taken))
    if script:
        code = {"type": "text/javascript", "exec": script}
        item["event"] = [{"listen": "test", "script": code}]
    return item


def _script(request: Request, taken: set[str]) -> Iterator[str]:
    """What is kept of a response for later requests."""
    if request.name == "login":
        yield 'pm.collectionVariables.set("token", pm.response.json().data.token);'
    if request.name == "createJob":
        yield 'pm.collectionVariables.set("hash", pm.response.json().data);'
    if request.name == "findJobs":
        for pointer in sorted(taken):
            path = _json_path(pointer).removeprefix("$").replace("[", "?.[").replace("].", "]?.")
            name = _variable(pointer)
            yield f'pm.collectionVariables.set("{name}", pm.response.json(){path} ?? "");'


def _pointers(request: Request) -> list[str]:
    return _EXPRESSION.findall(json.dumps(request.body))


def _variable(pointer: str) -> str:
    """``/data/res/0/hash`` is the variable ``res_0_hash``."""
    return "_".join(pointer.split("/")[2:])


def files() -> dict[str, str]:
    """Each file's text by its name."""
    made = json.dumps(collection(), ensure_ascii=False, indent=1)
    return {"sampan.http": http_file(), "sampan.postman_collection.json": f"{made}\n"}


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
