"""The routes: the contract's operations, the control API, pages, and pictures."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from ..api import picture_files, respond
from ..http.exchange import Exchange, base
from ..http.responses import Response
from ..service import FakeService
from .control import ControlRoute
from .dashboard import DashboardRoute
from .pages import PAGES
from .recorder import EXCHANGE


class Routes:
    """The routes of one fake."""

    def __init__(self, service: FakeService) -> None:
        self._service = service

    def all(self) -> list[BaseRoute]:
        """In the order in which they are tried."""
        operations = [
            Route(operation.path, self._operation, methods=["POST"], name=operation.id)
            for operation in self._service.spec.operations
        ]
        pages = [Route(path, self._page) for path in PAGES]
        # Any path, since it may come with dot segments.
        pictures = Route("/{path:path}", self._picture)
        return [
            *operations,
            ControlRoute(self._service),
            DashboardRoute(self._service),
            *pages,
            pictures,
        ]

    async def _operation(self, request: Request) -> Response:
        exchange: Exchange = request.scope[EXCHANGE]
        return respond.operate(self._service, exchange, dict(exchange.headers))

    async def _page(self, request: Request) -> Response:
        exchange: Exchange = request.scope[EXCHANGE]
        start = base(self._service.settings.external_url, exchange, dict(exchange.headers))
        return PAGES[exchange.path](self._service, start)

    async def _picture(self, request: Request) -> Response:
        exchange: Exchange = request.scope[EXCHANGE]
        if not picture_files.is_address(exchange.path):
            raise HTTPException(404)
        return picture_files.respond(self._service, exchange, dict(exchange.headers))
