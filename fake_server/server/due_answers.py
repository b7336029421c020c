"""Answers that are written together, once all that has come is worked off."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..http.responses import Headers, Response
from .connection import Connection


class DueAnswers(Connection):
    """A connection with answers that are not yet written; ``due_bytes`` is how much they are."""

    server_state: Any

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.due_bytes = 0
        self._due: list[bytes] = []
        self._stamp: tuple[object, bytes] = (None, b"")

    def send_soon(self, answer: Response) -> None:
        """Write an answer with those to other clients, when all that has come is worked off.

        A write wakes its reader, which costs as much as the answer where each is woken in turn.
        """
        if not self._due:
            self.loop.call_soon(self.flush)
        body = answer.body
        head = b"%b%b%bcontent-length: %d\r\n\r\n" % (
            STATUS_LINE[answer.status],
            self._defaults(),
            _lines(answer.headers),
            len(body),
        )
        self._due += (head, body)
        self.due_bytes += len(head) + len(body)

    def _defaults(self) -> bytes:
        """uvicorn's own headers, which it makes anew each second."""
        headers = self.server_state.default_headers
        if self._stamp[0] is not headers:
            self._stamp = headers, _lines(tuple(headers))
        return self._stamp[1]

    def flush(self) -> None:
        """Write what is answered and not yet written."""
        due, self._due, self.due_bytes = self._due, [], 0
        self._app.service.journal.flush()
        if due and not self.transport.is_closing():
            self.transport.write(b"".join(due))


@lru_cache(maxsize=256)
def _lines(headers: Headers) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])
