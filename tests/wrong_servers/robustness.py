"""Servers that some bodies break: GEN-5 (page: nothing; no server may do otherwise)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from tests.support.tampering.exchange import DropError, Go, Reply, Request, Tampering, html, refusal
from tests.wrong_servers.wrong_server import wrong_server

_TRACE = """Traceback (most recent call last):
  File "/srv/app/views.py", line 41, in dispatch
    body = json.loads(request.body)
  File "/usr/lib/python3.9/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
"""
_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"),)
_CRASH = html(500, "Internal Server Error")
_HUGE = 64 << 10


@wrong_server("GEN-5", "a body that is not JSON is HTTP 500")
def no_json_is_500() -> Tampering:
    return _where(lambda request: _value(request) is None, lambda: _CRASH)


@wrong_server("GEN-5", "a body that is not JSON is answered with a stack trace under HTTP 200")
def stack_trace_for_no_json() -> Tampering:
    return _where(
        lambda request: _value(request) is None, lambda: Reply(200, _PLAIN, _TRACE.encode())
    )


@wrong_server("GEN-5", "a body that is not JSON is a 400 with a stack trace in its text")
def stack_trace_in_a_400() -> Tampering:
    return _where(lambda request: _value(request) is None, lambda: html(400, "Bad Request", _TRACE))


@wrong_server("GEN-5", "a body that is a JSON array closes the connection")
def array_drops_the_connection() -> Tampering:
    return _where(lambda request: isinstance(_value(request), list), _drop)


@wrong_server("GEN-5", "a body that is JSON but no object is HTTP 500")
def no_object_is_500() -> Tampering:
    def strange(request: Request) -> bool:
        return _value(request) is not None and request.json is None

    return _where(strange, lambda: _CRASH)


def _is_labelled_as_text(request: Request) -> bool:
    return _value(request) is not None and (request.header("content-type") or "").startswith(
        "text/"
    )


@wrong_server("GEN-5", "JSON that is labelled as text is HTTP 500")
def json_labelled_as_text_is_500() -> Tampering:
    return _where(_is_labelled_as_text, lambda: _CRASH)


@wrong_server("GEN-5", "JSON that is labelled as text is never answered")
def json_labelled_as_text_hangs() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation and _is_labelled_as_text(request):
            await asyncio.sleep(3600)
        return await go(request)

    return tampering


@wrong_server("GEN-5", "an empty body is HTTP 500")
def empty_body_is_500() -> Tampering:
    return _where(lambda request: not request.body, lambda: _CRASH)


@wrong_server("GEN-5", "a huge body is never answered")
def huge_body_hangs() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation and len(request.body) > _HUGE:
            await asyncio.sleep(3600)
        return await go(request)

    return tampering


@wrong_server("GEN-5", "a huge body closes the connection")
def huge_body_drops_the_connection() -> Tampering:
    return _where(lambda request: len(request.body) > _HUGE, _drop)


@wrong_server("GEN-5", "deep nesting exhausts the parser's stack: HTTP 500")
def deep_nesting_is_500() -> Tampering:
    return _where(lambda request: max(map(request.body.count, (b"[", b"{"))) > 500, lambda: _CRASH)


@wrong_server("GEN-5", "an escaped NUL in a text breaks the database: HTTP 500")
def nul_is_500() -> Tampering:
    return _where(lambda request: b"\\u0000" in request.body, lambda: _CRASH)


@wrong_server("GEN-5", "a lone surrogate breaks the encoder: HTTP 500")
def lone_surrogate_is_500() -> Tampering:
    return _where(lambda request: b"\\ud8" in request.body.lower(), lambda: _CRASH)


@wrong_server("GEN-5", "bytes that are no UTF-8 break the decoder: HTTP 500")
def no_utf8_is_500() -> Tampering:
    def broken(request: Request) -> bool:
        try:
            request.body.decode()
        except UnicodeDecodeError:
            return True
        return False

    return _where(broken, lambda: _CRASH)


@wrong_server(
    "GEN-5", "an emoji in the prompt to find breaks the database's old UTF-8: 501", touches="FIND-7"
)
def emoji_to_find_is_501() -> Tampering:
    return _where(
        lambda request: any(ord(letter) > 0xFFFF for letter in _prompt(request)),
        lambda: refusal(501, "GENERAL_ERROR"),
        "findJobs",
    )


@wrong_server("GEN-5", "a Chinese prompt to find is a wrong parameter: 301", touches="FIND-7")
def chinese_to_find_is_301() -> Tampering:
    return _where(
        lambda request: any("\u4e00" <= letter <= "\u9fff" for letter in _prompt(request)),
        lambda: refusal(301),
        "findJobs",
    )


def _where(
    broken: Callable[[Request], bool], answer: Callable[[], Reply], *operations: str
) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        meant = request.operation in operations if operations else bool(request.operation)
        return answer() if meant and broken(request) else await go(request)

    return tampering


def _drop() -> Reply:
    raise DropError


def _value(request: Request) -> object:
    """The body as JSON; ``None`` if it is none."""
    try:
        value: object = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return value


def _prompt(request: Request) -> str:
    prompt = request.fields.get("prompt")
    return prompt if isinstance(prompt, str) else ""
