"""A way to an ASGI application without a socket."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from ..clock.real_time import RealTimeLoop
from ..http.responses import ResponseCapture
from .errors import Disconnected, is_for_the_caller
from .forked import renew_in_children
from .monkey_patches import check_unpatched
from .transport import ASGI, Reply, Sent

__tracebackhide__ = is_for_the_caller

_CALLED = "an application called in this process"
#: Loops of a parent process. Closing one would close what the parent waits on.
_INHERITED: list[asyncio.AbstractEventLoop] = []


class AppTransport:
    """Calls an ASGI application in a thread of its own.

    So it works where the caller's thread runs an event loop already, as in an asynchronous test.
    """

    base = "http://fake.test"

    def __init__(self, app: ASGI) -> None:
        """Raises ``RuntimeError`` where gevent or eventlet has replaced what a thread needs."""
        check_unpatched(_CALLED, "threading", "select")
        self._app = app
        self._begin()
        renew_in_children(self)

    def _begin(self) -> None:
        self._loop = RealTimeLoop()
        thread = threading.Thread(
            target=_serve, args=(self._loop,), name="sampan in-process", daemon=True
        )
        thread.start()
        self._end = weakref.finalize(self, _stop, self._loop, thread)

    def renew_in_child(self) -> None:
        """Begin a thread of the child's own: it has the application's copy, and no thread."""
        self._end.detach()
        _INHERITED.append(self._loop)
        self._begin()

    def send(self, sent: Sent) -> Reply:
        # A patch may have come since. Eventlet's locks are not released from another thread.
        check_unpatched(_CALLED, "threading", by=("eventlet",))
        what = f"{sent.method} {sent.path}"
        capture = ResponseCapture()
        call = self._app(_scope(sent), _receiver(sent.body or b""), capture)
        done = asyncio.run_coroutine_threadsafe(_run(call), self._loop)
        try:
            done.result(sent.patience)
        except TimeoutError as late:
            done.cancel()
            raise Disconnected(f"{what}: no response within {sent.patience:g} s") from late
        except ConnectionError as lost:
            raise Disconnected(f"{what}: {lost}") from lost
        try:
            response = capture.response
        except KeyError as silent:
            raise Disconnected(f"{what}: no response") from silent
        found = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers
        }
        return Reply(response.status, found, response.body)

    def close(self) -> None:
        """Nothing is kept open between calls."""


async def _run(call: Awaitable[None]) -> None:
    await call


def _receiver(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    """An ASGI ``receive`` that gives the whole body once."""
    left = [body]

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()  # the caller stays, and has no more to send
        return {"type": "http.request", "body": left.pop(), "more_body": False}

    return receive


def _scope(sent: Sent) -> dict[str, Any]:
    plain, _, query = sent.path.partition("?")
    given = {"host": AppTransport.base.removeprefix("http://"), **sent.headers}
    if sent.body is not None:
        given["content-length"] = str(len(sent.body))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(plain),
        "raw_path": plain.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in given.items()],
        "client": ("127.0.0.1", 0),
        "server": (given["host"], 80),
    }


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
        loop.run_until_complete(_cancel_the_rest())
    finally:
        loop.close()


async def _cancel_the_rest() -> None:
    """End what nobody waits for any longer, such as a request that is still held back."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    with contextlib.suppress(RuntimeError):  # closed already
        loop.call_soon_threadsafe(loop.stop)
    if thread is not threading.current_thread():
        thread.join()
