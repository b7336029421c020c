"""Limits in real time, in tests that freeze or move time."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial

import freezegun
import httpx
import pytest
import time_machine

from sampan import Account, Admin, FakeServer, asgi_app
from sampan.fake_server.client.errors import Disconnected, NotInTime
from sampan.fake_server.client.transport import Sent, SocketTransport
from sampan.fake_server.clock import real_time

pytest_plugins = ["tests.support.handles"]

Traveller = Callable[[], AbstractContextManager[object]]

TRAVELLERS: dict[str, Traveller] = {
    "freezegun": partial(freezegun.freeze_time, "2020-01-01"),
    "time-machine": partial(time_machine.travel, "2040-01-01", tick=False),
}


@pytest.fixture(params=TRAVELLERS.values(), ids=TRAVELLERS.keys())
def travelled(request: pytest.FixtureRequest) -> Iterator[Callable[[], float]]:
    """Time is frozen during the test. A function that returns the real seconds since then."""
    began = real_time.seconds()
    with request.param():
        yield lambda: real_time.seconds() - began


def test_real_time_passes(travelled: Callable[[], float]) -> None:
    before = time.time()
    time.sleep(0.05)
    assert travelled() >= 0.05
    assert time.time() == before


def test_waiting_for_a_job_ends(account: Account, travelled: Callable[[], float]) -> None:
    account.admin.freeze()
    hash = account.create("a cat")
    with pytest.raises(NotInTime):
        account.wait_finished(hash, by="polling", timeout=0.3)
    assert 0.3 <= travelled() < 10


def test_waiting_for_requests_ends(account: Account, travelled: Callable[[], float]) -> None:
    with pytest.raises(NotInTime):
        account.admin.wait_for(5, timeout=0.3)
    assert 0.3 <= travelled() < 10


def test_waiting_in_the_tests_own_loop_ends(travelled: Callable[[], float]) -> None:
    """An application that is called without a socket runs in a loop whose clock is frozen."""
    app = asgi_app()
    Admin(app).fault("DELAY", delay="100ms", clock="real", operation="login")

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            login = await client.post("/auth/login", json={})
            wait = await client.post("/__admin/requests/wait", json={"timeout": 100, "count": 5})
            return [login.status_code, wait.status_code]

    asked = threading.Thread(target=lambda: answered.extend(asyncio.run(ask())), daemon=True)
    answered: list[int] = []
    asked.start()
    asked.join(10)
    assert answered == [200, 200]
    assert 0.2 <= travelled() < 10


def test_silence_ends(travelled: Callable[[], float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = SocketTransport(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(Disconnected):
            transport.send(Sent("GET", "/", patience=0.3))
    assert 0.3 <= travelled() < 10


def test_silence_in_process_ends(travelled: Callable[[], float]) -> None:
    admin = Admin(asgi_app())
    admin.fault("DELAY", delay=3600)
    with pytest.raises(Disconnected):
        admin.transport.send(Sent("GET", "/", patience=0.3))
    assert 0.3 <= travelled() < 10


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """More open files than ``select`` can name."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 2048:
        pytest.skip("the machine admits too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, before[1]))
    try:
        with ExitStack() as stack:
            for _ in range(1100):
                stack.enter_context(open("/dev/null", "rb"))
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_descriptors")
def test_a_handle_works_above_a_thousand_open_files() -> None:
    with FakeServer(job_seconds=0) as server, closing(server.account()) as account:
        account.wait_finished(account.create("a cat"))
        assert account.find().total == 1
