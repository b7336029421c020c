"""The route to the control API, which is loaded when it is first called.

It goes by prefix: a ``Mount`` matches no path with a line feed, and names in a path may hold one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Match

from ..http import urls
from ..http.exchange import route_path
from ..http.types import Receive, Scope, Send
from ..service import FakeService

if TYPE_CHECKING:
    from ..admin.routing import ControlApi

#: Where the control API is.
PREFIX = "/__admin/"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def is_control(scope: Scope) -> bool:
    """Whether a request is for the control API."""
    return route_path(scope).startswith(PREFIX)


class ControlRoute(BaseRoute):
    """All of the control API; ``admin/routing.py`` routes within it."""

    def __init__(self, service: FakeService) -> None:
        self._service = service
        self._control: ControlApi | None = None
        self._for_pages = CORSMiddleware(
            self._answer,
            allow_origins=service.settings.allow_origins,
            allow_methods=_METHODS,
            allow_headers=("authorization", "content-type"),
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = scope["type"] == "http" and is_control(scope)
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._control is None:
            from ..admin.routing import ControlApi

            self._control = ControlApi(self._service)
        if _origin(scope) in self._service.settings.allow_origins:
            # A browser asks first, and shows the page only what is said to be for it.
            await self._for_pages(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._control is not None
        response = await self._control.answer(scope, receive)
        await response(scope, receive, send)


def _origin(scope: Scope) -> str | None:
    """The page that a browser says is behind a request, in its normal form."""
    for name, value in scope["headers"]:
        if name == b"origin":
            try:
                return urls.origin(value.decode("latin-1"))
            except ValueError:
                return None
    return None
