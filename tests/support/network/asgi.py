"""One request to an ASGI application in this process, without a client between.

``httpx.AsyncClient`` takes longer over a request than the fake does, and the tests send tens of
thousands.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx

from sampan.fake_server.http.types import Message, Scope
from sampan.fake_server.web.app import App

#: What a client of httpx sends with every request.
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": f"python-httpx/{httpx.__version__}",
}


async def exchange(app: App, request: httpx.Request) -> httpx.Response:
    """The response of ``app`` to ``request``; what ``app`` raises is raised here."""
    url = request.url
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
    unread = [request.content]
    sent: list[Message] = []
    complete = asyncio.Event()

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        assert not complete.is_set(), message
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            complete.set()

    await app(scope, receive, send)
    assert complete.is_set()
    start, *parts = sent
    body = b"" if request.method == "HEAD" else b"".join(part.get("body", b"") for part in parts)
    response = httpx.Response(
        start["status"], headers=start["headers"], content=body, request=request
    )
    response.elapsed = timedelta(0)
    return response
