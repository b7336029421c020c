"""Faults: every type on a real socket, and which requests they act on."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest

from sampan import FakeServer
from sampan.fake_server.armed.fault import ConnectionFault, FaultMatch
from tests.support.controls import Control
from tests.support.fakes import JSON, Caller, Fake, refused, succeeded

CREATE = {"content": "a cat"}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=0) as running:
        yield running


class Sandbox:
    """An account of a fake behind a socket, and a client of its own."""

    def __init__(self, server: FakeServer) -> None:
        self.account = server.account()
        self.name = self.account.username
        self.admin = self.account.admin
        self.port = server.port
        self.client = httpx.Client(
            base_url=server.url,
            headers={"authorization": f"Bearer {self.account.token}"},
            timeout=10,
        )

    def arm(self, type: Any, **terms: Any) -> JSON:
        """A fault for createJob."""
        return self.admin.fault(type, operation="createJob", **terms)

    def create(self) -> httpx.Response:
        return self.client.post("/jobs/create", json=CREATE)

    def jobs(self) -> int:
        return self.account.find().total

    def raw(self) -> bytes:
        """All that comes on a connection on which one createJob is sent."""
        body = json.dumps(CREATE).encode()
        head = (
            f"POST /jobs/create HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
            f"authorization: Bearer {self.account.token}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(head.encode() + body)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


@pytest.fixture
def sandbox(server: FakeServer) -> Iterator[Sandbox]:
    made = Sandbox(server)
    yield made
    made.client.close()
    made.admin.disarm_faults()


# Each row of the table


@pytest.mark.parametrize("errno", [301, 410, 411, 420, 421, 430, 501])
def test_errno(sandbox: Sandbox, errno: int) -> None:
    sandbox.arm("ERRNO", errno=errno, times=1)
    response = sandbox.create()
    assert refused(response) == errno
    assert response.status_code == 200
    assert sandbox.jobs() == 0
    assert succeeded(sandbox.create())


def test_http_status(sandbox: Sandbox) -> None:
    sandbox.arm("HTTP_STATUS", status=502, times=1)
    response = sandbox.create()
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert "<h1>502</h1>" in response.text
    assert sandbox.jobs() == 0


def test_http_status_without_a_body(sandbox: Sandbox) -> None:
    sandbox.arm("HTTP_STATUS", status=204, times=1)
    response = sandbox.create()
    assert (response.status_code, response.content) == (204, b"")
    assert succeeded(sandbox.create())  # on the same connection


def test_connection_reset_by_peer(sandbox: Sandbox) -> None:
    sandbox.arm("CONNECTION_RESET_BY_PEER", times=1)
    with pytest.raises(ConnectionResetError):
        sandbox.raw()
    assert sandbox.jobs() == 0


def test_empty_response(sandbox: Sandbox) -> None:
    sandbox.arm("EMPTY_RESPONSE", times=2)
    assert sandbox.raw() == b""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        sandbox.create()
    assert sandbox.jobs() == 0


def test_malformed_response_chunk(sandbox: Sandbox) -> None:
    sandbox.arm("MALFORMED_RESPONSE_CHUNK", times=2)
    assert sandbox.raw().startswith(b"HTTP/1.1 200 OK\r\n")
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.create()
    assert sandbox.jobs() == 0


def test_random_data_then_close(sandbox: Sandbox) -> None:
    sandbox.arm("RANDOM_DATA_THEN_CLOSE", times=2, seed=5)
    data = sandbox.raw()
    drawn = Random("5 1")
    drawn.random()
    assert data == drawn.randbytes(64)
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.create()
    assert sandbox.jobs() == 0


def test_malformed_json(sandbox: Sandbox) -> None:
    sandbox.arm("MALFORMED_JSON", times=1)
    response = sandbox.create()
    assert response.status_code == 200
    assert response.text.startswith('{"errno":0,')
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert sandbox.jobs() == 1


def test_truncated_body(sandbox: Sandbox) -> None:
    sandbox.arm("TRUNCATED_BODY", times=2)
    head, _, body = sandbox.raw().partition(b"\r\n\r\n")
    assert b"content-length: 99\r\n" in head + b"\r\n"
    assert len(body) == 49
    with pytest.raises(httpx.RemoteProtocolError, match="received 49 bytes, expected 99"):
        sandbox.create()
    assert sandbox.jobs() == 2


def test_trickle(sandbox: Sandbox) -> None:
    sandbox.arm("TRICKLE", times=1, delay=0.01)
    began = time.monotonic()
    assert succeeded(sandbox.create())
    assert time.monotonic() - began >= 0.065  # seven pauses between eight pieces
    assert sandbox.jobs() == 1


def test_trickle_goes_by_the_clock(sandbox: Sandbox) -> None:
    sandbox.admin.freeze()
    sandbox.arm("TRICKLE", times=1, delay=60)
    got: list[bytes] = []
    with sandbox.client.stream("POST", "/jobs/create", json=CREATE) as response:
        pieces = response.iter_raw()
        for _ in range(7):
            got.append(next(pieces))
            sandbox.admin.advance("60s")
        got.extend(pieces)
    assert len(got) == 8
    assert json.loads(b"".join(got))["errno"] == 0


def test_commit_then_drop(sandbox: Sandbox) -> None:
    sandbox.arm("COMMIT_THEN_DROP", times=1)
    with pytest.raises(ConnectionResetError):
        sandbox.raw()
    assert sandbox.jobs() == 1


def test_delay_on_a_running_clock_really_waits(sandbox: Sandbox) -> None:
    sandbox.arm("DELAY", delay="100ms", times=1)
    began = time.monotonic()
    assert succeeded(sandbox.create())
    assert time.monotonic() - began >= 0.095


def test_delay_on_a_frozen_clock_ends_when_it_is_moved(sandbox: Sandbox) -> None:
    sandbox.admin.freeze()
    sandbox.arm("DELAY", delay={"distribution": "uniform", "lower": 60, "upper": "60s"})
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(sandbox.create()))
    asking.start()
    (held,) = sandbox.admin.wait_for(operation="createJob")
    assert held["status"] is None
    sandbox.admin.advance("59s")
    asking.join(0.05)
    assert asking.is_alive()
    sandbox.admin.advance("1s")
    asking.join(10)
    assert succeeded(answers[0])


def test_a_delay_of_any_fault_strikes_after_it(sandbox: Sandbox) -> None:
    sandbox.arm("ERRNO", errno=501, delay=0.1, times=1)
    began = time.monotonic()
    assert refused(sandbox.create()) == 501
    assert time.monotonic() - began >= 0.095


def test_who_leaves_during_a_delay_is_noticed(sandbox: Sandbox) -> None:
    sandbox.admin.freeze()
    sandbox.arm("DELAY", delay=60, times=1)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.client.post("/jobs/create", json=CREATE, timeout=0.05)
    (request,) = sandbox.admin.wait_for(operation="createJob")
    assert request["status"] is None
    assert sandbox.jobs() == 1


def test_a_picture_can_go_wrong(sandbox: Sandbox) -> None:
    record = sandbox.account.wait_finished(sandbox.account.create("a cat"))
    sandbox.admin.fault("HTTP_STATUS", status=403, path="/image/*_thumb.png")
    assert httpx.get(record["img_thumb"]).status_code == 403
    assert httpx.get(record["img_buffer"]).status_code == 200
    sandbox.admin.disarm_faults()
    sandbox.admin.fault("TRUNCATED_BODY", path="/image/*")
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        httpx.get(record["img_buffer"])


def test_the_server_logs_no_trace_of_what_it_did_on_purpose(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "TRUNCATED_BODY"):
        sandbox.arm(kind, times=1)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            sandbox.create()
    assert not caplog.records


# In-process there is no connection to break


@pytest.mark.parametrize(
    "kind",
    [
        "CONNECTION_RESET_BY_PEER",
        "EMPTY_RESPONSE",
        "MALFORMED_RESPONSE_CHUNK",
        "RANDOM_DATA_THEN_CLOSE",
        "COMMIT_THEN_DROP",
        "TRUNCATED_BODY",
    ],
)
def test_in_process_a_broken_connection_is_an_exception(
    control: Control, abc: Caller, kind: str
) -> None:
    control.post("faults", type=kind, times=1, match={"operation": "createJob"})
    with pytest.raises(ConnectionFault, match=kind):
        abc.create()
    carried_out = kind in ("COMMIT_THEN_DROP", "TRUNCATED_BODY")
    assert len(abc.find()) == carried_out
    assert abc.create()


def test_in_process_a_clock_moved_by_another_loop_ends_a_delay(control: Control) -> None:
    """As a handle does that calls the application in a thread of its own."""
    abc = control.fake.login()
    control.post("clock/freeze")
    control.post("faults", type="DELAY", delay=60, times=1, match={"operation": "createJob"})

    def move() -> None:
        asyncio.run(_advance_when_held(control.fake))

    mover = threading.Thread(target=move)
    mover.start()
    assert abc.create()
    mover.join(10)


async def _advance_when_held(fake: Fake) -> None:
    transport = httpx.ASGITransport(fake.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
        match = {"match": {"operation": "createJob"}}
        await client.post("/__admin/requests/wait", json=match)
        await client.post("/__admin/clock/advance", json={"by": "1m"})


# Matching


def test_a_fault_applies_to_whom_it_names(control: Control, abc: Caller) -> None:
    control.post("accounts", username="t1", password="p")
    t1 = control.fake.login("t1", "p")
    control.post(
        "faults", type="ERRNO", errno=501, match={"account": "t1", "operation": "createJob"}
    )
    assert abc.create()
    assert t1.find() == []
    assert refused(t1.post("/jobs/create", CREATE)) == 501


def test_a_login_is_of_the_name_that_is_sent(control: Control) -> None:
    match = {"account": "abc", "operation": "login"}
    control.post("faults", type="ERRNO", errno=430, match=match)
    login = {"username": "abc", "password": "abc-secret"}
    assert refused(control.fake.post("/auth/login", login)) == 430
    assert control.fake.login("limited")


def test_a_picture_is_of_its_jobs_account(control: Control, abc: Caller) -> None:
    path = abc.picture()["img_buffer"].removeprefix("http://fake.test")
    control.post("faults", type="HTTP_STATUS", status=500, match={"account": "limited"})
    assert control.fake.get(path).status_code == 200
    control.post("faults", type="HTTP_STATUS", status=500, match={"account": "abc"})
    assert control.fake.get(path).status_code == 500


def test_the_control_api_has_no_faults(control: Control) -> None:
    control.post("faults", type="HTTP_STATUS", status=500)
    assert control.fake.get("/").status_code == 500
    assert control.get("faults")["faults"][0]["matched"] == 1


def test_a_fault_of_an_unknown_account_is_refused(control: Control) -> None:
    body = {"type": "ERRNO", "errno": 501, "match": {"account": "abd"}}
    assert "did you mean 'abc'?" in control.refusal("POST", "faults", body).message


def test_faults_are_counted_listed_and_disarmed(control: Control, abc: Caller) -> None:
    armed = control.post(
        "faults", type="ERRNO", errno=501, skip=1, times=2, match={"operation": "createJob"}
    )
    results = [abc.post("/jobs/create", CREATE).json()["errno"] for _ in range(5)]
    assert results == [0, 501, 501, 0, 0]
    now = control.get(f"faults/{armed['id']}")
    assert now == {**armed, "matched": 3, "applied": 2}
    assert control.get("faults")["faults"] == [now]
    assert control.get("faults", account="abc")["faults"] == []
    assert control.delete(f"faults/{armed['id']}") == {"deleted": 1}
    assert control.refusal("GET", f"faults/{armed['id']}").status == 404
    control.post("faults", type="ERRNO", errno=501, match={"account": "abc"})
    control.post("faults", type="ERRNO", errno=501, match={"account": "limited"})
    assert control.delete("faults", account="abc") == {"deleted": 1}
    assert control.delete("faults") == {"deleted": 1}


@pytest.mark.parametrize(
    ("pattern", "path", "admitted"),
    [
        ("/jobs/create", "/jobs/create", True),
        ("/jobs/create", "/jobs/creat", False),
        ("/jobs/*", "/jobs/find", True),
        ("*", "/", True),
        ("/a?c", "/abc", False),
        ("/a[bc]", "/ab", False),
        ("/a[bc]", "/a[bc]", True),
        ("/a.c", "/abc", False),
    ],
)
def test_a_star_in_a_path_stands_for_anything(pattern: str, path: str, admitted: bool) -> None:
    assert FaultMatch(path=pattern).admits(None, None, path) is admitted


def test_the_first_fault_that_applies_wins(control: Control, abc: Caller) -> None:
    control.post("faults", type="ERRNO", errno=410, probability=0)
    control.post("faults", type="ERRNO", errno=420, times=1)
    control.post("faults", type="ERRNO", errno=421, times=1)
    assert [refused(abc.post("/jobs/find", {})) for _ in range(2)] == [420, 421]
    assert abc.find() == []
