"""A request and a reply as values, and the tampering that stands between them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

JSON = dict[str, Any]
Headers = tuple[tuple[bytes, bytes], ...]

#: Where each operation of the contract is.
PATHS = {
    "login": "/auth/login",
    "createJob": "/jobs/create",
    "findJobs": "/jobs/find",
    "varyJob": "/jobs/variation",
    "upscaleJob": "/jobs/upscale",
    "blendImages": "/jobs/blend",
    "describeImage": "/jobs/describe",
}
OPERATIONS = {path: operation for operation, path in PATHS.items()}
SUBMISSIONS = ("createJob", "varyJob", "upscaleJob", "blendImages", "describeImage")
JOB_OPERATIONS = ("findJobs", *SUBMISSIONS)


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case."""

    method: str
    path: str
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""

    @property
    def operation(self) -> str:
        """The operationId; empty for a request of no operation."""
        return OPERATIONS.get(self.path, "") if self.method == "POST" else ""

    @property
    def submits(self) -> bool:
        return self.operation in SUBMISSIONS

    @cached_property
    def json(self) -> JSON | None:
        """The body if it is a JSON object. Not to be changed: see :meth:`with_fields`."""
        return json_object(self.body)

    @property
    def fields(self) -> JSON:
        """The body's fields; none if it is no JSON object."""
        return self.json or {}

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        wanted = name.lower().encode()
        return next((v.decode("latin-1") for k, v in self.headers if k == wanted), None)

    @property
    def token(self) -> str | None:
        """What follows ``Bearer`` in the Authorization header; ``None`` without the header."""
        header = self.header("authorization")
        return None if header is None else header.removeprefix("Bearer").strip()

    def with_fields(self, **fields: Any) -> Self:
        """The same with these fields of its JSON object set."""
        return self.with_body({**self.fields, **fields})

    def without(self, *names: str) -> Self:
        """The same without these fields of its JSON object."""
        return self.with_body({k: v for k, v in self.fields.items() if k not in names})

    def with_body(self, body: object) -> Self:
        """The same with another body."""
        return replace(self, body=json.dumps(body).encode())

    def made_invalid(self) -> Self:
        """The same with a body that the fake refuses with 301, after all that comes before it."""
        return self.with_body({"limit": "none"} if self.operation == "findJobs" else {})

    def with_token(self, token: str | None) -> Self:
        """The same with another token, or with none."""
        kept = tuple(pair for pair in self.headers if pair[0] != b"authorization")
        if token is not None:
            kept += ((b"authorization", f"Bearer {token}".encode("latin-1")),)
        return replace(self, headers=kept)

    def get(self, path: str) -> Self:
        """A GET of ``path`` by the same client."""
        return replace(self, method="GET", path=path, query=b"", body=b"")


@dataclass(frozen=True)
class Reply:
    """One reply. Without ``chunked`` its length is told; ``cut`` breaks it off half-way."""

    status: int = 200
    headers: Headers = ((b"content-type", b"application/json"),)
    body: bytes = b""
    chunked: bool = field(default=False, kw_only=True)
    cut: bool = field(default=False, kw_only=True)

    @cached_property
    def json(self) -> JSON | None:
        """The body if it is a JSON object. Not to be changed: see :meth:`with_fields`."""
        return json_object(self.body)

    @property
    def envelope(self) -> JSON:
        """The envelope; empty if the body is no JSON object."""
        return self.json or {}

    @property
    def ok(self) -> bool:
        """Whether it is a success (errno 0)."""
        return self.envelope.get("errno") == 0

    @property
    def data(self) -> Any:
        return self.envelope.get("data")

    @property
    def records(self) -> list[JSON]:
        """The records of a find; none if it is no such answer."""
        data = self.data
        return list(data["res"]) if isinstance(data, dict) and "res" in data else []

    def header(self, name: str) -> str:
        wanted = name.lower().encode()
        return next((v.decode("latin-1") for k, v in self.headers if k == wanted), "")

    def with_fields(self, **keys: Any) -> Self:
        """The same with these keys of its envelope set."""
        return self.with_body({**self.envelope, **keys})

    def without(self, *names: str) -> Self:
        """The same without these keys of its envelope."""
        return self.with_body({k: v for k, v in self.envelope.items() if k not in names})

    def with_body(self, body: object) -> Self:
        """The same with another body as JSON."""
        return replace(self, body=json.dumps(body).encode())

    def with_records(self, records: list[JSON], total: object = ...) -> Self:
        """The same find with other records, and with another total if one is given."""
        data = {**self.data, "res": records}
        if total is not ...:
            data["total"] = total
        return self.with_fields(data=data)

    def with_header(self, name: str, value: str) -> Self:
        """The same with one header set."""
        key = name.lower().encode()
        kept = tuple(pair for pair in self.headers if pair[0] != key)
        return replace(self, headers=(*kept, (key, value.encode("latin-1"))))


#: Hands a request on to the fake.
Go = Callable[[Request], Awaitable[Reply]]
Tampering = Callable[[Request, Go], Awaitable[Reply]]


class DropError(Exception):
    """Raised by a tampering: close the connection and answer nothing."""


def refusal(errno: int, message: str = "INVALID PARAMETER", status: int = 200) -> Reply:
    """A failure as the fake words it."""
    key = "error" if errno == 430 else "errmsg"
    return Reply(status).with_body({"errno": errno, key: message})


def success(data: object, message: str = "OK") -> Reply:
    """A success with ``data``."""
    return Reply().with_body({"errno": 0, "errmsg": message, "data": data})


def html(status: int, title: str, text: str = "") -> Reply:
    """A framework's error page."""
    page = f"<!doctype html><html><head><title>{title}</title></head><body>{text or title}</body>"
    return Reply(status, ((b"content-type", b"text/html; charset=utf-8"),), page.encode())


def json_object(body: bytes) -> JSON | None:
    """The JSON object in ``body``, if that is what it is."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def claims(token: str) -> JSON:
    """What a JWT claims, unverified; empty if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except (binascii.Error, ValueError):
        return {}
    return json_object(text) or {}
