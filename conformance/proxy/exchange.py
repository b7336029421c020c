"""One request and its answer, on a connection of a client and one to a server.

Both directions run at once where a body is still to come: a server may answer before it has read
all, and a client may wait for the answer's beginning with the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import h11
from starlette.types import Receive, Send

from ..http.connection import Failure
from .client_side import ClientSide
from .fields import Fields, Via, end_to_end
from .record import Record
from .routes import Origin, RefusedError
from .upstream import ConnectError, DroppedError, Upstream, without_bytes


class Exchange:
    """``record`` is filled as the messages pass; ``receive`` and ``send`` are ASGI's."""

    def __init__(
        self, client: ClientSide, record: Record, via: Via, receive: Receive, send: Send
    ) -> None:
        self._client = client
        self._record = record
        self._via = via
        self._receive = receive
        self._send = send
        self._moved = time.monotonic()  # when a byte last went either way
        self._begun = False  # whether the answer's head has been passed on
        self._late = False

    async def run(self, origin: Origin, head: h11.Request, timeout: float) -> None:
        """Raises :class:`RefusedError` where nothing was answered and nobody has left."""
        began = self._moved
        task = asyncio.current_task()
        assert task is not None  # uvicorn runs each request in one
        self._client.cancel = leave = task.cancel
        watch = _Watch(self, task, timeout)
        try:
            await self._run(origin, head)
        except asyncio.CancelledError:
            task.uncancel()
            if not self._late:
                self._fail(Failure.DROPPED, "the client closed the connection first")
                self._client.drop()
                return
            silence = f"nothing came from {origin} for {timeout:g} s"
            self._give_up(Failure.TIMEOUT, 504, "http_response_timeout", silence)
        finally:
            watch.cancel()
            if self._client.cancel is leave:  # else the next request has begun
                self._client.cancel = None
            self._record.elapsed = time.monotonic() - began

    async def _run(self, origin: Origin, head: h11.Request) -> None:
        upstream = await self._connected(origin)
        try:
            await self._exchange(upstream, head)
        except h11.RemoteProtocolError as problem:
            reason = f"{origin} answered with what is not HTTP: {without_bytes(problem)}"
            self._give_up(Failure.PROTOCOL, 502, "http_protocol_error", reason)
        except (DroppedError, OSError) as problem:
            # Passed on as it is, too: a client decides by it whether it may repeat its request.
            self._fail(Failure.DROPPED, str(problem))
            self._client.drop()
        finally:
            upstream.release()

    async def _connected(self, origin: Origin) -> Upstream:
        kept = self._client.upstream
        if kept is not None and kept.origin == origin and kept.is_usable():
            return kept
        if kept is not None:
            kept.close()
        try:
            self._client.upstream = made = await Upstream.connect(origin)
        except ConnectError as problem:
            status = 504 if problem.late else 502
            error = "connection_timeout" if problem.late else "destination_unavailable"
            self._fail(Failure.CONNECT, str(problem))
            raise RefusedError(status, error, f"can't reach {origin}: {problem}") from None
        return made

    async def _exchange(self, upstream: Upstream, head: h11.Request) -> None:
        self._record.sent = True
        self._record.peer = upstream.peer
        if self._client.has_whole_request():
            with contextlib.suppress(OSError):
                await upstream.send(head, *(await self._part()))
            await self._download(upstream)
            return
        upload = asyncio.create_task(self._upload(upstream, head))
        try:
            await self._download(upstream)
        finally:
            upload.cancel()
            await asyncio.wait([upload])
        if upload.cancelled():
            self._record.request.cut()  # answered before all of it had come
        else:
            upload.result()

    # The request

    async def _upload(self, upstream: Upstream, head: h11.Request) -> None:
        # A server may answer and close before it has read all: its answer is what counts.
        with contextlib.suppress(OSError):
            await upstream.send(head)
            events: list[h11.Event] = []
            while not (events and isinstance(events[-1], h11.EndOfMessage)):
                events = await self._part()
                await upstream.send(*events)

    async def _part(self) -> list[h11.Event]:
        """What has come of the request's body."""
        message = await self._receive()
        self._moved = time.monotonic()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError  # the client has left, or has had its whole answer
        body = message["body"]
        self._record.request.add(body)
        events: list[h11.Event] = [h11.Data(data=body)] if body else []
        if not message["more_body"]:
            events.append(h11.EndOfMessage(headers=end_to_end(self._client.conn.trailers)))
        return events

    # The answer

    async def _download(self, upstream: Upstream) -> None:
        while True:
            event = await upstream.receive()
            self._moved = time.monotonic()
            if isinstance(event, h11.Data):
                self._record.answer.add(event.data)
                await self._send(
                    {"type": "http.response.body", "body": event.data, "more_body": True}
                )
            elif isinstance(event, h11.Response):
                await self._begin(event)
            elif isinstance(event, h11.InformationalResponse):
                self._client.inform(self._informing(event))
            else:
                break
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self._client.end_with(end_to_end(event.headers.raw_items()))
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self._client.cancel = None  # it has its whole answer, and may leave

    def _informing(self, answer: h11.InformationalResponse) -> h11.InformationalResponse:
        """A 1xx is a message like others: on a connection of its own, and with a mark of ours."""
        return h11.InformationalResponse(
            status_code=answer.status_code,
            reason=bytes(answer.reason),
            headers=self._passed(answer),
        )

    def _passed(self, answer: h11.Response | h11.InformationalResponse) -> Fields:
        return self._via.added(end_to_end(answer.headers.raw_items()), answer.http_version)

    async def _begin(self, answer: h11.Response) -> None:
        self._record.status = answer.status_code
        self._record.answer_fields = answer.headers.raw_items()
        self._begun = True
        self._client.begin_with(
            h11.Response(
                status_code=answer.status_code,
                reason=bytes(answer.reason),
                headers=self._passed(answer),
            )
        )
        await self._send({"type": "http.response.start", "status": 200, "headers": []})

    # What went wrong

    def _fail(self, failure: Failure, detail: str) -> None:
        self._record.failure = failure
        self._record.detail = detail

    def _give_up(self, failure: Failure, status: int, error: str, reason: str) -> None:
        """Refuse the request, or break its answer off where it has begun."""
        self._fail(failure, reason)
        if not self._begun:
            raise RefusedError(status, error, reason)
        self._client.drop()

    def silence(self) -> float:
        """For how long (s) nothing has moved."""
        return time.monotonic() - self._moved

    def is_late(self) -> None:
        """Nothing has moved for too long."""
        self._late = True


class _Watch:
    """Cancels the task of an exchange in which nothing moves for ``timeout`` seconds."""

    def __init__(self, exchange: Exchange, task: asyncio.Task[object], timeout: float) -> None:
        self._exchange = exchange
        self._task = task
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(timeout, self._look)

    def _look(self) -> None:
        left = self._timeout - self._exchange.silence()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
            return
        self._exchange.is_late()
        self._task.cancel()

    def cancel(self) -> None:
        self._timer.cancel()
