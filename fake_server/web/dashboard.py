"""The way to the dashboard: its page at ``/``, its files and the pictures that it shows.

Whoever watches is no client: what the page asks for is in no journal, spends no fault and moves no
clock. The page itself is told from a client's ``GET /`` by its ``Accept``, which a browser begins
with ``text/html`` when a person opens an address.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.routing import BaseRoute, Match

from ..api import picture_files
from ..http import exchange as exchanges
from ..http.exchange import route_path
from ..http.responses import TEXT, Response, text_header
from ..http.types import Receive, RequestHeaders, Scope, Send
from ..service import FakeService
from . import dashboard_files
from .pages import PAGES

#: Where the page's files are.
PREFIX = "/dashboard/"
_METHODS = ("GET", "HEAD")


def is_dashboard(scope: Scope) -> bool:
    """Whether a request is a person's who watches, or the page's own."""
    path = route_path(scope)
    return path.startswith(PREFIX) or (path == "/" and _is_opened(scope))


def _is_opened(scope: Scope) -> bool:
    accepted = (value for name, value in scope["headers"] if name == b"accept")
    return scope["method"] in _METHODS and next(accepted, b"").startswith(b"text/html")


class DashboardRoute(BaseRoute):
    """The page, its files, and pictures under the names that they have in records."""

    def __init__(self, service: FakeService) -> None:
        self._service = service

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = scope["type"] == "http" and is_dashboard(scope)
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._respond(scope)(scope, receive, send)

    def _respond(self, scope: Scope) -> Response:
        headers = dict(scope["headers"])
        path = route_path(scope)
        if path == "/":
            return self._page(scope, headers)
        if scope["method"] not in _METHODS:
            return Response(405, b"the dashboard is read only\n", (*TEXT, (b"allow", b"GET, HEAD")))
        return dashboard_files.file(path[len(PREFIX) :]) or self._picture(scope, headers)

    def _page(self, scope: Scope, headers: RequestHeaders) -> Response:
        if not scope["path"].endswith("/"):  # mounted: the page's links are relative to the slash
            name = scope["root_path"].rsplit("/", 1)[1]
            return Response(307, b"", ((b"location", f"{quote(name)}/".encode()),))
        external = self._service.settings.external_url
        return PAGES["/"](
            self._service, exchanges.base(external, exchanges.of_scope(scope), headers)
        )

    def _picture(self, scope: Scope, headers: RequestHeaders) -> Response:
        path = route_path(scope)[len(PREFIX) - 1 :]
        self._service.look()
        try:
            return picture_files.show(self._service, scope["method"], path, headers)
        except picture_files.PictureNotFound as problem:
            reason = text_header(b"x-fake-reason", problem.reason)
            return Response(problem.http_status or 404, problem.reason.encode(), (*TEXT, reason))
