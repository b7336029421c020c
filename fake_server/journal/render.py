"""Renders an exchange as the control API returns it: as JSON, without secrets.

Rendering costs about a hundred times what recording does, and a page that polls the journal asks
for the same exchanges again and again. So each exchange is rendered once, and again only when its
account's name or the known secrets have changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from ..contract.document import Operation
from ..http import header_matching
from ..http.exchange import Exchange
from ..http.responses import as_json
from ..records.record import timestamp
from . import redaction
from .redaction import Secrets

_ERRNO = re.compile(rb'\{"errno":(-?\d+)')
#: Comparing a path of 60 KB takes half a second; the longest of the API has 15 characters.
_MAX_COMPARED = 100


class Renderer:
    """Renders exchanges as ``Request`` of ``admin.yaml``. ``len()``: how many are cached."""

    def __init__(self, operations: Sequence[Operation], secrets: Secrets) -> None:
        self._operations = operations
        self._secrets = secrets
        self._cache: dict[int, tuple[str | None, int, orjson.Fragment]] = {}
        self._first = 0

    def __len__(self) -> int:
        return len(self._cache)

    def render(self, exchange: Exchange, account: str | None) -> orjson.Fragment:
        """One exchange as JSON; ``account`` is its account's username."""
        version = self._secrets.version
        cached = self._cache.get(exchange.number)
        if cached is not None and cached[:2] == (account, version):
            return cached[2]
        # Copied, since orjson leaves ten times the room that it needed.
        text = bytes(memoryview(as_json(self._document(exchange, account))))
        fragment = orjson.Fragment(text)
        if exchange.answer is not None:  # without one, it is still to come
            self._cache[exchange.number] = account, version, fragment
        return fragment

    def drop_before(self, number: int) -> None:
        """Drop the exchanges before ``number`` from the cache."""
        if number > self._first:
            self._first = number
            self._cache = {key: cached for key, cached in self._cache.items() if key >= number}

    def clear(self) -> None:
        """Empty the cache."""
        self._cache.clear()

    def address(self, exchange: Exchange) -> str:
        """Path and query without secrets."""
        query = header_matching.text(exchange.query)
        return _address(exchange, self._secrets.found_in(f"{exchange.path}\0{query}"))

    def _document(self, exchange: Exchange, account: str | None) -> dict[str, Any]:
        answer, operation = exchange.answer, exchange.operation
        query, body = header_matching.text(exchange.query), _text(exchange.body)
        headers = header_matching.joined(exchange.headers)
        response_body = "" if answer is None else _text(answer.body)
        why = reason(exchange)
        secrets = self._secrets.found_in(
            "\0".join((exchange.path, query, *headers.values(), body, response_body, why or ""))
        )
        return {
            "id": exchange.number,
            "at": timestamp(exchange.at),
            "account": account,
            "method": exchange.method,
            "path": _address(exchange, secrets),
            "operation": None if operation is None else operation.id,
            "request_headers": {
                name: redaction.redact_header(name, value, secrets)
                for name, value in headers.items()
            },
            "request_body": redaction.redact_body(body, secrets) if body else None,
            "status": status(exchange),
            "errno": errno(exchange),
            "response_body": redaction.redact_body(response_body, secrets)
            if response_body
            else None,
            "reason": None if why is None else redaction.redact(why, secrets),
            "fault": exchange.fault,
            "took_ms": exchange.took / 1e6,
            "truncated": exchange.cut,
            "nearest": None if exchange.found else nearest(exchange, self._operations),
        }


def status(exchange: Exchange) -> int | None:
    """The HTTP status of the response; ``None`` without one."""
    return None if exchange.answer is None else exchange.answer.status


def errno(exchange: Exchange) -> int | None:
    """The errno of the response; ``None`` without one."""
    found = _ERRNO.match(exchange.answer.body) if exchange.answer is not None else None
    return None if found is None else int(found[1])


def reason(exchange: Exchange) -> str | None:
    """Why the request was refused, with its secrets; ``None`` where the response does not say."""
    headers = () if exchange.answer is None else exchange.answer.headers
    return next(
        (header_matching.text(text) for name, text in headers if name == b"x-fake-reason"), None
    )


def _address(exchange: Exchange, secrets: Sequence[str]) -> str:
    path = redaction.redact(exchange.path, secrets)
    query = header_matching.text(exchange.query)
    return f"{path}?{redaction.redact_query(query, secrets)}" if query else path


def nearest(exchange: Exchange, operations: Sequence[Operation]) -> dict[str, Any] | None:
    """The operation that an unmatched request probably meant, and how the two differ."""
    from difflib import get_close_matches  # no start waits for it

    path = exchange.path.rstrip("/").lower()[:_MAX_COMPARED]
    paths = {each.path: each for each in operations}
    close = get_close_matches(path, paths, n=1)
    if not close:
        return None
    operation = paths[close[0]]
    differs = []
    if exchange.method != operation.method:
        differs.append("method")
    if exchange.path != operation.path:
        differs.append("path")
    found = {"operation": operation.id, "method": operation.method, "path": operation.path}
    return {**found, "differs": differs}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
