"""The control API as tests call it: every answer is held against ``openapi/admin.yaml``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx

from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from tests.support.fakes import JSON, Fake

_STATUS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    507: "not-stored",
}


@cache
def _document() -> spec.Spec:
    return spec.compile(yaml_files.read("admin.yaml"))


def _operation(method: str, path: str) -> spec.Operation:
    """The operation at an address; one without a template before one with."""
    for operation in sorted(_document().operations, key=lambda each: each.path.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
        if operation.method == method and re.fullmatch(pattern, path):
            return operation
    raise AssertionError(f"admin.yaml has no {method} {path}")


def held(method: str, path: str, response: httpx.Response) -> Any:
    """The answer of a success, which must be what the document says."""
    assert response.status_code == 200, response.text
    answer = response.json()
    checker = _document().response_validator(_operation(method, f"/__admin/{path}"))
    assert not [error.message for error in checker.iter_errors(answer)], answer
    return answer


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Control:
    """The control API of a fake in this process."""

    fake: Fake

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        if body is None:
            return self.fake.send(method, f"/__admin/{path}", None, headers)
        every = {"Content-Type": "application/json", **(headers or {})}
        return self.fake.send(method, f"/__admin/{path}", json.dumps(body).encode(), every)

    def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        asked = f"{path}?{urlencode(query)}" if query else path
        return held(method, path, self.send(method, asked, body))

    def get(self, path: str, **query: object) -> JSON:
        return dict(self.call("GET", path, **query))

    def post(self, path: str, **body: object) -> JSON:
        return dict(self.call("POST", path, body))

    def put(self, path: str, **body: object) -> JSON:
        return dict(self.call("PUT", path, body))

    def patch(self, path: str, **body: object) -> JSON:
        return dict(self.call("PATCH", path, body))

    def delete(self, path: str, **query: object) -> JSON:
        return dict(self.call("DELETE", path, **query))

    def refusal(self, method: str, path: str, body: object = None) -> Refusal:
        response = self.send(method, path, body)
        error = response.json()["error"]
        assert set(response.json()) == {"error"}
        assert set(error) == {"code", "message"}
        assert error["code"] == _STATUS[response.status_code], response.text
        return Refusal(response.status_code, error["code"], error["message"])

    # What many tests do

    def advance(self, by: str | int, account: str | None = None) -> list[JSON]:
        """Move time; what happened on the way."""
        scope = {} if account is None else {"account": account}
        return list(self.post("clock/advance", by=by, **scope)["transitions"])

    def requests(self, **query: object) -> list[JSON]:
        """What the journal shows."""
        return list(self.get("requests", **query)["requests"])
