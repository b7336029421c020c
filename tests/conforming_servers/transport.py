"""What a server and what stands before it may do to an answer on its way."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from dataclasses import replace
from typing import Any

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, html, refusal
from tests.support.tampering.making import failing, succeeding, telling


@conforming_server("every answer takes up to 60 ms, and not always the same")
def slow() -> Tampering:
    draw = random.Random(1)

    async def tampering(request: Request, go: Go) -> Reply:
        await asyncio.sleep(draw.uniform(0, 0.03))
        reply = await go(request)
        await asyncio.sleep(draw.uniform(0, 0.03))
        return reply

    return tampering


@conforming_server("keys come in another order every time")
def shuffled_keys() -> Tampering:
    draw = random.Random(1)

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(one) for one in value]
        if not isinstance(value, dict):
            return value
        keys = draw.sample(list(value), len(value))
        return {key: shuffled(value[key]) for key in keys}

    def change(_: Request, reply: Reply) -> Reply:
        return reply if reply.json is None else reply.with_body(shuffled(reply.json))

    return telling(change)


@conforming_server("there are keys that the page does not show, everywhere in a success")
def more_keys() -> Tampering:
    def grown(value: Any) -> Any:
        if isinstance(value, list):
            return [grown(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {"region": "east", **{key: grown(one) for key, one in value.items()}, "tags": [1]}

    return succeeding(lambda _, reply: reply.with_body(grown(reply.json)))


@conforming_server("answers are gzipped")
def gzipped() -> Tampering:
    return _coded("gzip", gzip.compress)


@conforming_server("answers are deflated, pictures too")
def deflated() -> Tampering:
    return _coded("deflate", zlib.compress)


def _coded(coding: str, pack: Any) -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if coding not in (request.header("accept-encoding") or "") or not reply.body:
            return reply
        return replace(reply, body=pack(reply.body)).with_header("content-encoding", coding)

    return tampering


@conforming_server("answers come in chunks, without a length")
def chunked() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        return replace(await go(request), chunked=True)

    return tampering


@conforming_server("every connection is closed after its answer")
def closing() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        return (await go(request)).with_header("connection", "close")

    return tampering


@conforming_server("JSON is written wide, in ASCII, and its type has a charset")
def pretty_json() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        text = json.dumps(reply.json, indent=4)
        named = reply.with_header("content-type", "application/json; charset=UTF-8")
        return replace(named, body=f"{text}\n".encode())

    return telling(change)


@conforming_server("JSON is not escaped, and its type is in capitals")
def raw_json() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        text = json.dumps(reply.json, ensure_ascii=False)
        named = reply.with_header("Content-Type", "APPLICATION/JSON")
        return replace(named, body=text.encode())

    return telling(change)


_HTML_404 = "http-404-html"


@conforming_server(
    "whatever is nowhere gets a framework's page",
    learnt={"unknown-route": _HTML_404},
)
def framework_page_for_404() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        nowhere = reply.status == 404 and not request.operation
        return html(404, "404 Not Found") if nowhere else reply

    return tampering


@conforming_server(
    "a body that is no JSON object gets a framework's page with HTTP status 400",
    open={"malformed-json": "an HTML page is none of its variants"},
)
def framework_page_for_no_json() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        # Before the token is looked at, as a middleware does that parses bodies.
        broken = request.operation and request.json is None
        return html(400, "400 Bad Request") if broken else await go(request)

    return tampering


@conforming_server("a body above 64 KiB is refused by the proxy: HTTP status 413 and a page")
def proxy_refuses_large_bodies() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        large = len(request.body) > 64 << 10
        return html(413, "413 Request Entity Too Large") if large else await go(request)

    return tampering


@conforming_server("refusals of parameters say in other words what is wrong, or in Chinese")
def other_words() -> Tampering:
    words = {301: "参数错误: content", 410: "对象不存在", 420: "PARENT JOB NOT FOUND (id)"}

    def change(request: Request, reply: Reply) -> Reply:
        told = words.get(reply.envelope.get("errno", 0))
        return (
            reply
            if told is None or request.operation == "login"
            else reply.with_fields(errmsg=told)
        )

    return telling(change)


@conforming_server(
    "a missing login says the same twice, and more of it under errmsg",
    learnt={"unauthenticated-key": "both"},
    open={"message-case": "the text under errmsg is neither of its variants"},
    mixed=False,
)
def missing_login_says_more() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(errmsg="please log in first: invalid token", error="invalid login")

    return failing(change, errno=430)


@conforming_server("failures say data null and carry the id of the request, without a login too")
def failures_with_null_data() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        if reply.ok or reply.json is None:
            return reply
        more: JSON = {"requestId": "7f3a", "took": 3, "login_url": "/auth/login", "hints": [1]}
        return reply.with_fields(data=None, **more)

    return telling(change)


@conforming_server(
    "one request in twenty fails inside the server: errno 501",
    open={"concurrency-limit": "a refusal may have been such a failure"},
    mixed=False,
)
def faults_now_and_then() -> Tampering:
    draw = random.Random(1)

    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation and draw.random() < 0.05:
            return refusal(501, "SERVICE_ERROR" if request.submits else "GENERAL_ERROR")
        return await go(request)

    return tampering
