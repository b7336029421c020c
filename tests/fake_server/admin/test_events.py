"""The event stream: it says what changes, in few events, and ends with its reader."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sampan import Admin, FakeServer, asgi_app
from sampan.fake_server.admin import events
from sampan.fake_server.web.app import App
from tests.support.examples import sampled
from tests.support.fakes import JSON, Served

ALL = ["requests", "clock", "control"]


@pytest.fixture(params=[True, False], ids=["fast", "stock"], scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    """Both protocols."""
    with FakeServer(fast=request.param, job_seconds=60) as running:
        yield running


@contextmanager
def listening(server: FakeServer) -> Iterator[Iterator[list[str]]]:
    """What the events of a new stream name, one after another; the first is read already."""
    with httpx.stream("GET", f"{server.url}/__admin/events", timeout=20) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        told = changes(response.iter_lines())
        assert next(told) == ALL
        yield told


def changes(lines: Iterator[str]) -> Iterator[list[str]]:
    """The names in each event."""
    for line in lines:
        assert not line.startswith(":"), "nothing has changed"
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))["changed"]


def login(server: FakeServer) -> None:
    httpx.post(f"{server.url}/auth/login", json={"username": "abc", "password": "abc-secret"})


#: What a person or a client does, and what changes by it.
CHANGES: dict[str, tuple[Callable[[FakeServer], object], list[str]]] = {
    "a request": (login, ["requests"]),
    "a request of nothing": (lambda server: httpx.get(f"{server.url}/nowhere"), ["requests"]),
    "time": (lambda server: server.admin.advance("1s"), ["clock", "control"]),
    "a fault": (lambda server: server.admin.fault("ERRNO", errno=501, path="/x"), ["control"]),
    "a profile": (lambda server: server.admin.use_profile("documented"), ["control"]),
    "a reset": (lambda server: server.admin.reset(), ["clock", "control"]),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_it_says_what_has_changed(server: FakeServer, change: str) -> None:
    act, named = CHANGES[change]
    with listening(server) as told:
        act(server)
        seen: set[str] = set()
        while seen < set(named):
            seen |= set(next(told))
        assert seen == set(named)


def test_reading_changes_nothing(server: FakeServer) -> None:
    with listening(server) as told:
        for path in ("jobs", "requests", "clocks", "questions", "state"):
            assert httpx.get(f"{server.url}/__admin/{path}").status_code == 200
        login(server)
        assert next(told) == ["requests"]


def test_many_changes_are_few_events(server: FakeServer) -> None:
    began = time.monotonic()
    with listening(server) as told, httpx.Client(base_url=server.url) as client:
        count = 0
        for _ in range(60):
            client.get("/nowhere")
        server.admin.freeze()
        while "control" not in next(told):
            count += 1
    assert count <= (time.monotonic() - began) / events.PAUSE + 1


def test_it_ends_after_as_many_events_as_were_asked_for(server: FakeServer) -> None:
    answer = httpx.get(f"{server.url}/__admin/events?limit=1")
    assert list(changes(iter(answer.text.splitlines()))) == [ALL]
    assert httpx.head(f"{server.url}/__admin/events").text == ""


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=", "every=1", "limit=１"]
)
def test_a_wrong_query_is_refused(server: FakeServer, query: str) -> None:
    answer = httpx.get(f"{server.url}/__admin/events?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")


def test_it_is_read_and_not_written(server: FakeServer) -> None:
    assert httpx.delete(f"{server.url}/__admin/events").status_code == 404


def test_a_page_of_others_may_not_listen(server: FakeServer) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert httpx.get(f"{server.url}/__admin/events", headers=headers).status_code == 403


@pytest.mark.parametrize("fast", sampled([True, False], 2))
def test_open_streams_are_bounded_and_a_closed_one_makes_room(fast: bool) -> None:
    # A fake of its own: the streams of other tests may not have been given up yet.
    with (
        FakeServer(fast=fast) as server,
        httpx.Client(timeout=20, limits=httpx.Limits(max_connections=None)) as client,
    ):
        address = f"{server.url}/__admin/events"
        open_ones = [client.stream("GET", address) for _ in range(events.MAX_STREAMS)]
        try:
            # They are kept: a stream whose iterator is dropped is closed.
            read = [changes(each.__enter__().iter_lines()) for each in open_ones]
            assert [next(each) for each in read] == [ALL] * len(read)
            refused = client.get(f"{address}?limit=1")
            assert refused.status_code == 429
            assert refused.json()["error"]["code"] == "too-many"
        finally:
            for each in open_ones:
                each.__exit__(None, None, None)
        # The fake sees that its readers have left; who waits for that asks again.
        deadline = time.monotonic() + 30
        while client.get(f"{address}?limit=1").status_code != 200:
            assert time.monotonic() < deadline


@pytest.mark.parametrize("fast", [True, False])
def test_an_open_stream_does_not_hold_up_the_end(fast: bool) -> None:
    server = FakeServer(fast=fast).start()
    with listening(server):
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("option", sampled([[], ["--no-fast"]], 2))
def test_an_open_stream_does_not_hold_up_the_command(
    serve: Callable[..., Served], option: list[str]
) -> None:
    served = serve(*option)
    with httpx.stream("GET", f"{served.url}/__admin/events", timeout=20) as response:
        next(response.iter_lines())
        began = time.monotonic()
        assert served.stop() == ""
        assert time.monotonic() - began < 20


# Without a socket


async def listen(app: App, act: Callable[[], object]) -> list[list[str]]:
    """The events of a stream of a called application; ``act`` is done after the first."""
    messages: asyncio.Queue[JSON] = asyncio.Queue()
    leaving = asyncio.Event()

    async def receive() -> JSON:
        await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await messages.put(dict(message))

    scope = {
        "type": "http", "method": "GET", "path": "/__admin/events", "query_string": b"",
        "headers": [(b"host", b"fake.test")], "scheme": "http", "http_version": "1.1",
        "server": ("fake.test", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    # The request's body is empty, and has been read.
    stream = asyncio.ensure_future(app(scope, receive, send))
    told: list[list[str]] = []
    while len(told) < 2:
        body = (await asyncio.wait_for(messages.get(), 20)).get("body", b"").decode()
        told += changes(iter(body.splitlines()))
        if body and len(told) == 1:
            await asyncio.to_thread(act)
    leaving.set()
    await asyncio.wait_for(stream, 20)
    return told


def test_in_process_a_change_made_by_a_handle_wakes_a_stream_of_another_loop() -> None:
    app = asgi_app()
    admin = Admin(app)
    told = asyncio.run(listen(app, lambda: admin.fault("ERRNO", errno=501)))
    assert told == [ALL, ["control"]]
    assert len(admin.faults()) == 1
    # Nobody listens any more: a request wakes nobody.
    assert app.service.journal.changed._waiting == app.service.clocks.changed._waiting == set()
    app.service.close()
