"""The request log of ``sampan serve``: a line for each request, as soon as it is answered.

Lines are made where requests are answered, from what the journal records, and written elsewhere
(``writer.py``). What they hold passes the journal's redaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson

from ..http.exchange import Exchange
from ..http.types import Message, Send
from ..journal.render import errno, reason, status
from ..service import FakeService
from .lines import Entry, Line


class RequestLog:
    """Logs the requests of a service, each made a line by ``line`` and given to ``write``.

    With ``control``, calls of the control API are logged as well.
    """

    def __init__(
        self, service: FakeService, line: Line, write: Callable[[str], object], *, control: bool
    ) -> None:
        self.control = control
        self._service = service
        self._line, self._write = line, write
        service.log = self
        service.journal.listener = self.answered

    def answered(self, exchange: Exchange) -> None:
        """A request to the API, a picture or a page that has been answered, or never will be."""
        operation = exchange.operation
        plain = operation is not None and not exchange.query
        self._put(
            exchange,
            exchange.path if plain else self._service.journal.address(exchange),
            None if operation is None else operation.id,
            status(exchange),
            errno(exchange),
            reason(exchange),
        )

    def refused(self, status: int, why: str) -> None:
        """What came was no request: it has no method, and no address that could be relied on."""
        entry = Entry(time.time_ns() // 1_000_000, "-", "-", status=status, reason=why)
        self._write(self._line(entry))

    def listen(self, exchange: Exchange, send: Send) -> Send:
        """``send`` for a call that the journal does not have; it is logged when it is answered.

        Such are those of the control API, and what a browser asks before a page's request.
        """
        answer = _Answer()

        async def sending(message: Message) -> None:
            await send(message)
            if answer.take(message):
                exchange.took = time.perf_counter_ns() - exchange.began
                address = self._service.journal.address(exchange)
                self._put(exchange, address, None, answer.status, None, answer.message())

        return sending

    def _put(
        self,
        exchange: Exchange,
        address: str,
        operation: str | None,
        status: int | None,
        errno: int | None,
        why: str | None,
    ) -> None:
        service = self._service
        account = (
            None if exchange.account is None else service.store.account_by_id(exchange.account)
        )
        fault = None if exchange.fault is None else service.faults.by_id(exchange.fault)
        entry = Entry(
            exchange.at,
            exchange.method,
            address,
            None if account is None else account.username,
            operation,
            status,
            errno,
            None if why is None else service.journal.redact(why),
            exchange.fault if fault is None else fault.type,
            exchange.took,
        )
        self._write(self._line(entry))


class _Answer:
    """The status and, of a refusal, the body of an answer as it passes by."""

    def __init__(self) -> None:
        self.status: int | None = None
        self._body = b""

    def take(self, message: Message) -> bool:
        """Note a part; whether it was the last."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return False
        if (self.status or 0) >= 400:
            self._body += message.get("body", b"")
        return not message.get("more_body", False)

    def message(self) -> str | None:
        """Why it was refused: the control API's message, or what the body says."""
        try:
            document: Any = orjson.loads(self._body)
            return str(document["error"]["message"])
        except (ValueError, TypeError, KeyError):
            return self._body.decode("utf-8", "replace").strip() or None
