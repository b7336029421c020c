"""A proxy in this process, between a client and a server that are byte for byte as a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sampan.conformance.proxy.passing import Proxy
from sampan.conformance.proxy.record import Record, Store
from sampan.conformance.proxy.routes import Routes
from sampan.conformance.proxy.server import Server, bind
from sampan.conformance.traffic.seen import Seen

#: Nothing takes as long (s) that works.
HANG = 20.0

Fields = list[tuple[bytes, bytes]]


@dataclass
class Message:
    """A request or a response as it came. ``start`` is its first line."""

    start: bytes
    fields: Fields
    body: bytes = b""
    trailers: Fields = field(default_factory=list)
    whole: bool = True

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name]

    @property
    def status(self) -> int:
        return int(self.start.split()[1])


class Line:
    """A socket on which messages are read."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(HANG)
        self._held = b""
        self.ended = False

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_more(self) -> bool:
        """Whether anything came; ``False`` at the end."""
        try:
            data = self.socket.recv(65_536)
        except ConnectionError:
            data = b""
        self._held += data
        self.ended = not data
        return bool(data)

    def _until(self, end: bytes) -> bytes | None:
        while end not in self._held:
            if not self.read_more():
                return None
        found, _, self._held = self._held.partition(end)
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self._held) < count and self.read_more():
            pass
        found, self._held = self._held[:count], self._held[count:]
        return found

    def head(self) -> Message | None:
        """The next message without its body; ``None`` where the other side has ended."""
        found = self._until(b"\r\n\r\n")
        if found is None:
            return None
        start, *lines = found.split(b"\r\n")
        return Message(start, _fields(lines))

    def message(self, *, bodiless: bool = False, to_end: bool = False) -> Message | None:
        """The next message; ``to_end``: one without a length goes on to the end."""
        message = self.head()
        if message is None or bodiless:
            return message
        length = message.values(b"content-length")
        if message.values(b"transfer-encoding"):
            self._chunks(message)
        elif length:
            message.body = self._exactly(int(length[0]))
            message.whole = len(message.body) == int(length[0])
        elif to_end:
            while self.read_more():
                pass
            message.body, self._held = self._held, b""
        return message

    def _chunks(self, message: Message) -> None:
        while (size := self._until(b"\r\n")) is not None:
            count = int(size.split(b";")[0], 16)
            if not count:
                lines: list[bytes] = []
                while line := self._until(b"\r\n"):
                    lines.append(line)
                message.trailers = _fields(lines)
                return
            message.body += self._exactly(count)
            self._exactly(2)
        message.whole = False

    def is_closed(self) -> bool:
        return not self._held and not self.read_more()


def _fields(lines: list[bytes]) -> Fields:
    pairs = (line.partition(b":") for line in lines)
    return [(name, value.strip(b" \t")) for name, _, value in pairs]


#: What a server does with a connection.
Behaviour = Callable[[Line], object]


class OddServer:
    """Does with each connection what the test says: ``behave``, in a thread of its own."""

    def __init__(self) -> None:
        self._listening = bind("127.0.0.1", 0)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.behave: Behaviour = lambda _: None
        self.connections = 0
        self.requests: list[Message] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.behave(Line(connection))

    def answers(self, data: bytes, *, close: bool = False) -> None:
        """From now on, answer every request with these bytes; ``close``: and close."""
        self.requests = []

        def behave(line: Line) -> None:
            while (request := line.message()) is not None:
                self.requests.append(request)
                line.send(data)
                if close:
                    return

        self.behave = behave

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


class Proxied:
    """A proxy for ``target`` in a thread; ``seen`` is what it would show a judge."""

    def __init__(
        self,
        target: str,
        *,
        timeout: float = HANG,
        others: bool = True,
        rewrite_host: bool = False,
        store: Store | None = None,
    ) -> None:
        listening = bind("127.0.0.1", 0)
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.seen: list[Seen] = []
        self._changed = threading.Condition()
        routes = Routes(target, self.port, others=others, rewrite_host=rewrite_host)
        self.proxy = Proxy(routes, store or Store(), self._add, timeout)
        ready = threading.Event()
        self.server = Server(self.proxy, ready.set)
        self._thread = threading.Thread(target=self.server.run, args=([listening],), daemon=True)
        self._thread.start()
        assert ready.wait(HANG)

    def _add(self, record: Record) -> None:
        with self._changed:
            self.seen.append(record.seen())
            self._changed.notify_all()

    def shown(self, number: int) -> list[Seen]:
        """The first ``number`` exchanges, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= number, HANG), self.seen
            return list(self.seen)

    def forget(self) -> None:
        """Begin anew with what has been shown, once nothing is under way."""
        end = time.monotonic() + HANG
        while self.server.server_state.tasks:
            assert time.monotonic() < end
            time.sleep(0.01)
        self.seen.clear()

    def close(self) -> None:
        self.server.should_exit = True
        self._thread.join(HANG)

    @contextlib.contextmanager
    def client(self) -> Iterator[Line]:
        """A connection to the proxy."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=HANG) as connection:
            yield Line(connection)
