"""The yardstick: a starlette route that reads its body and answers a constant of so many bytes."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def application(size: int) -> Starlette:
    """An application with one route, ``POST /``."""
    body = b'{"errno":0,"errmsg":"OK","data":"' + b"0" * max(size - 35, 0) + b'"}'

    async def route(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/", route, methods=["POST"])])


if __name__ == "__main__":
    port, size = int(sys.argv[1]), int(sys.argv[2])
    uvicorn.run(
        application(size),
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
