"""A connection to a server, which belongs to one connection of a client.

Each client's connection has one of its own, so that a server sees as many as without the proxy,
and a connection that either side closes is closed on the other. h11 reads and writes the messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from functools import cache

import h11

from .routes import Origin

#: So many bytes are read at once, and held where the client does not read on.
_CHUNK = 262_144
#: The most bytes of a head, in either direction.
MAX_HEAD = 262_144
#: How long (s) a connection may take to be made.
_CONNECT = 15.0


class ConnectError(Exception):
    """No connection could be made; the text says why. ``late``: for want of time."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


class DroppedError(Exception):
    """The server closed its side before its answer was complete."""


def without_bytes(problem: h11.RemoteProtocolError) -> str:
    """What is wrong with a message, without the part of it that h11 quotes: it may be a secret."""
    return str(problem).partition(": bytearray(")[0]


class Upstream:
    """An open connection."""

    def __init__(
        self, origin: Origin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.origin = origin
        #: The IP address that it goes to.
        self.peer = str((writer.get_extra_info("peername") or ("",))[0])
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, MAX_HEAD)
        self._ended = False

    @classmethod
    async def connect(cls, origin: Origin) -> Upstream:
        """Raises :class:`ConnectError`."""
        tls = _tls() if origin.scheme == "https" else None
        try:
            async with asyncio.timeout(_CONNECT):
                streams = await asyncio.open_connection(
                    origin.host, origin.port, ssl=tls, limit=_CHUNK
                )
        except TimeoutError:
            raise ConnectError(f"no connection within {_CONNECT:g} s", late=True) from None
        except (OSError, UnicodeError) as problem:
            raise ConnectError(getattr(problem, "strerror", None) or str(problem)) from None
        return cls(origin, *streams)

    def is_usable(self) -> bool:
        """Whether the server has kept the connection open and has said nothing unasked."""
        return (
            self._http.our_state is h11.IDLE
            and not self._http.trailing_data[0]
            and not self._reader.at_eof()
            and not self._writer.is_closing()
        )

    async def send(self, *events: h11.Event) -> None:
        """Send them as one packet. Raises ``OSError``."""
        data = b"".join(self._http.send(event) or b"" for event in events)
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> h11.Event | None:
        """The next part of the answer; ``None`` when it is over and more has come than asked for.

        Raises ``h11.RemoteProtocolError`` for what is no HTTP, :class:`DroppedError`, ``OSError``.
        """
        while not isinstance(event := self._next(), h11.Event):
            if event is h11.PAUSED:
                return None
            data = await self._reader.read(_CHUNK)
            self._ended = not data
            self._http.receive_data(data)
        return event

    def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as problem:
            if self._ended:
                raise DroppedError(without_bytes(problem)) from None
            raise

    def release(self) -> None:
        """An exchange is over: the connection is kept if both sides have said all."""
        done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if done:
            self._http.start_next_cycle()
        else:
            self.close()

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._writer.close()


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
