"""A fake below a path of another application, on a socket."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from sampan import asgi_app


class Mounted:
    """Served in a thread from ``with`` to its end. ``strange``: what was asked for beside it."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.app = asgi_app(**options)
        self.strange: list[str] = []
        outer = Starlette(
            routes=[Mount(prefix, app=self.app), Route("/{path:path}", self._elsewhere)]
        )
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(outer, log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}{quote(prefix)}/"

    async def _elsewhere(self, request: Request) -> PlainTextResponse:
        self.strange.append(request.url.path)
        return PlainTextResponse("not here", 404)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._listening.close()
        self.app.service.close()
