"""What can go wrong on the way to a fake, and threads that share the way."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pickle
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from sampan import Account, Admin, FakeServer, asgi_app
from sampan.fake_server.client.errors import (
    Disconnected,
    NotAnEnvelope,
    SampanError,
    Unreachable,
)
from sampan.fake_server.client.transport import Reply, Sent, SocketTransport, connect
from sampan.fake_server.web.fault_injection import EFFECTS

pytest_plugins = ["tests.support.handles"]


def test_nothing_answers() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
    with pytest.raises(Unreachable, match=f"no server responds at http://127.0.0.1:{port}"):
        Account(f"http://127.0.0.1:{port}", "a", "b").login()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1:8091", "https://x.test", "http://", "", "http://:80", "http://a:99999"),
        *("http://a:b", "http://user@a", "http://a?x=1", "http://a#x", "http://a b", "http://[::1"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not a valid address; use one like http://"):
        Account(address, "a", "b")


LOST = ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE", "TRUNCATED_BODY"]


@pytest.mark.parametrize("type", [*LOST, "MALFORMED_RESPONSE_CHUNK", "COMMIT_THEN_DROP"])
def test_a_lost_answer_is_told_and_nothing_is_sent_again(server: FakeServer, type: Any) -> None:
    account = server.account()
    account.login()
    account.admin.fault(type, operation="createJob")
    with pytest.raises(Disconnected, match="no complete response"):
        account.create("a cat")
    assert account.admin.count(operation="createJob") == 1
    assert len(account.admin.jobs()) == EFFECTS[type].carried_out


def test_what_is_no_envelope(account: Account) -> None:
    account.login()
    account.admin.fault("HTTP_STATUS", status=502, operation="findJobs", times=1)
    with pytest.raises(NotAnEnvelope, match="HTTP 502") as caught:
        account.find()
    assert caught.value.status == 502
    account.admin.fault("MALFORMED_JSON", operation="findJobs", times=1)
    with pytest.raises(NotAnEnvelope, match="HTTP 200"):
        account.find()


def test_every_error_is_of_one_tree() -> None:
    module = importlib.import_module("sampan.fake_server.client.errors")
    errors = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, BaseException)
    ]
    assert len(errors) == 10
    assert all(issubclass(kind, SampanError) for kind in errors)
    assert all(kind.__name__ in (module.__doc__ or "") for kind in errors)


def test_an_error_is_named_as_it_is_imported() -> None:
    """So a summary of pytest has room for the message; and it can be pickled."""
    with pytest.raises(SampanError) as caught:
        Admin("http://127.0.0.1:1").ready()
    kind = type(caught.value)
    assert f"{kind.__module__}.{kind.__name__}" == "sampan.Unreachable"
    assert type(pickle.loads(pickle.dumps(caught.value))) is kind
    for error in (SampanError, *SampanError.__subclasses__()):
        assert getattr(importlib.import_module(error.__module__), error.__name__) is error
        assert error.__module__ == "sampan"


class Scripted:
    """A server that answers each connection with given bytes, then closes it."""

    def __init__(self, *answers: bytes) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(10)
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.received: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, args=(answers,))
        self._thread.start()

    def _serve(self, answers: tuple[bytes, ...]) -> None:
        for answer in answers:
            connection, _ = self.listening.accept()
            with connection:
                self.received.append(connection.recv(65536))
                connection.sendall(answer)

    def close(self) -> None:
        self._thread.join()
        self.listening.close()


def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    body = b'{"errno":0,"errmsg":"OK","data":{"token":"t"}}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with closing(Scripted(answer, answer)) as scripted:
        account = Account(scripted.url, "a", "b")
        account.login()
        time.sleep(0.05)  # the other end closes
        account.login()
        account.close()
    assert len(scripted.received) == 2


def test_a_prefix_of_the_address_is_kept() -> None:
    with closing(Scripted(b"HTTP/1.1 204 No\r\n\r\n")) as scripted:
        transport = SocketTransport(f"{scripted.url}/under/")
        transport.send(Sent("GET", "/here"))
        transport.close()
    assert scripted.received[0].startswith(b"GET /under/here HTTP/1.1\r\n")


def test_connections_are_kept_and_shared_by_threads(server: FakeServer) -> None:
    accounts = [server.account() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(lambda a: [a.create(a.username) for _ in range(20)], accounts))
    for account, mine in zip(accounts, hashes, strict=True):
        found = account.find(limit=100)
        assert {record["hash"] for record in found.res} == set(mine)
        assert {record["msg_display"] for record in found.res} == {account.username}


def test_an_application_is_controlled_from_an_asynchronous_test() -> None:
    """The handle blocks its thread, where an event loop is running; it must not need that loop."""
    app = asgi_app(job_seconds=60)
    admin = Admin(app)

    async def test() -> int:
        account = admin.account("t")
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as http:
            headers = {"authorization": f"Bearer {account.token}"}
            await http.post("/jobs/create", json={"content": "a cat"}, headers=headers)
            account.admin.advance("1m")
            found = await http.post("/jobs/find", json={}, headers=headers)
            status: int = found.json()["data"]["res"][0]["status"]
            return status

    assert asyncio.run(test()) == 2000
    app.service.close()


def test_an_application_loses_answers_too(application: Admin) -> None:
    account = application.account("unlucky")
    account.login()
    account.admin.fault("COMMIT_THEN_DROP", operation="createJob")
    with pytest.raises(Disconnected):
        account.create("a cat")
    assert len(account.admin.jobs()) == 1
    application.delete_account("unlucky")


def test_a_call_that_takes_too_long_is_given_up() -> None:
    async def never(scope: Any, receive: Callable[[], Any], send: object) -> None:
        await receive()
        await receive()

    transport = Admin(never).transport
    with pytest.raises(Disconnected, match=r"no response within 0\.01 s"):
        transport.send(Sent("GET", "/", patience=0.01))


def test_an_application_that_says_nothing() -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        """Says nothing."""

    with pytest.raises(Disconnected, match="no response"):
        Admin(silent).health()


def test_what_an_application_raises_is_raised() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("its own")

    with pytest.raises(KeyError, match="its own"):
        connect(broken).send(Sent("GET", "/"))


def test_an_answer_of_an_application_may_have_no_headers() -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    assert connect(bare).send(Sent("GET", "/")) == Reply(204, {}, b"")
