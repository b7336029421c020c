"""``--cors``: web pages may use the API, but never the control API.

The page of the service says nothing of browsers. Without a server's consent one hides every answer
from a page, and sends no token and no JSON for it.
"""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from ..http import exchange
from ..http.types import Receive, Scope, Send
from ..service import FakeService
from .control import is_control
from .dashboard import is_dashboard

#: What the fake adds to the service's answers, and a page could not read otherwise.
_OURS = ("X-Fake-Reason", "X-Fake-Invented")


class Cors:
    """Plain ASGI middleware: CORS for everything but the control API and the dashboard."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], service: FakeService) -> None:
        self._app = app
        self._service = service
        self._for_pages = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),
            expose_headers=_OURS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not (is_control(scope) or is_dashboard(scope)):
            log = self._service.log
            if log is not None and _is_preflight(scope):  # which is answered here, unrecorded
                send = log.listen(exchange.of_scope(scope), send)
            await self._for_pages(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_preflight(scope: Scope) -> bool:
    """Whether a browser asks if a page may send a request (Fetch, CORS-preflight request)."""
    names = {name for name, _ in scope["headers"]}
    return scope["method"] == "OPTIONS" and names >= {b"origin", b"access-control-request-method"}
