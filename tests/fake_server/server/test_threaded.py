"""The fake in a thread: it starts, answers, ends, and says what keeps it from that."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

import sampan
from sampan import FakeServer, asgi_app
from sampan.fake_server.client.errors import Disconnected
from sampan.fake_server.contract.profile import ProfileError
from sampan.fake_server.server import threaded as server_module
from sampan.fake_server.settings import NewAccount, Settings, account, settings
from sampan.fake_server.store.database import StoreError
from tests.support.examples import sampled


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("sampan")}


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threads()
    yield
    assert threads() <= before  # one of an earlier test may have ended meanwhile


def login(url: str, username: str = "abc", password: str = "abc-secret") -> int:
    body = {"username": username, "password": password}
    errno: int = httpx.post(f"{url}/auth/login", json=body).json()["errno"]
    return errno


def test_it_answers_inside_the_block_and_not_after_it() -> None:
    with FakeServer() as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert login(server.url) == 0
        url = server.url
    with pytest.raises(httpx.ConnectError):
        login(url)


def test_it_can_be_started_and_stopped_again_and_again() -> None:
    server = FakeServer()
    for _ in range(3):
        server.start()
        assert login(server.url) == 0
        server.stop()
    server.stop()  # once is enough, twice does no harm


def test_two_are_two() -> None:
    with FakeServer(accounts=["one:p"]) as one, FakeServer(accounts=["two:p"]) as two:
        assert [login(one.url, name, "p") for name in ("one", "two")] == [0, 430]
        assert [login(two.url, name, "p") for name in ("one", "two")] == [430, 0]


def test_what_is_not_running_has_no_address() -> None:
    server = FakeServer()
    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.url
    with server, pytest.raises(RuntimeError, match="is already running"):
        server.start()


def test_it_takes_the_settings_of_serve() -> None:
    with FakeServer(
        profile="mixed",
        accounts=["t:p", NewAccount("u", "q")],
        open_accounts=True,
        job_seconds=0,
        seed=7,
        strict=True,
        clock="auto",
        markers=False,
        external_url="http://pictures.test/",
    ) as server:
        assert login(server.url, "t", "p") == 0
        assert login(server.url, "u", "q") == 0
        assert login(server.url, "anybody", "x") == 0
        assert server.admin.version()["seed"] == "7"
        assert server.admin.clock()["auto"]
        assert server.admin.profile()["name"] == "mixed"
        account = server.account()
        record = account.wait_finished(account.create("a cat --fake fail"))
        assert record["img_buffer"].startswith("http://pictures.test/image/")


def test_options_and_settings_agree() -> None:
    assert settings() == Settings()


def test_a_setting_that_is_none_is_refused_before_anything_starts() -> None:
    with pytest.raises(TypeError, match=r"unknown option 'job_second'; .*job_seconds"):
        FakeServer(job_second=1)
    with pytest.raises(ValueError, match="job_seconds must be a number from 0 to 86400, not -1"):
        FakeServer(job_seconds=-1)
    with pytest.raises(ValueError, match="clock must be 'real' or 'auto', not 'fast'"):
        FakeServer(clock="fast")
    with pytest.raises(ValueError, match=r"'pictures\.test' is not a valid URL"):
        FakeServer(external_url="pictures.test")
    with pytest.raises(ValueError, match="'http://a b' is not a valid URL"):
        FakeServer(external_url="http://a b")


@pytest.mark.parametrize("text", ["", "abc", "abc:", ":p", "abc:p:gold", "abc:p:"])
def test_an_account_that_is_none_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match="an account has the form NAME:PASSWORD") as caught:
        account(text)
    assert "gold" not in str(caught.value)


def test_an_account_that_can_t_be_printed_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="must be printable") as caught:
        account("a\nb:secret")
    assert "secret" not in str(caught.value)


def test_an_account_is_read_as_serve_reads_it() -> None:
    assert account("t:p") == NewAccount("t", "p")
    assert account("t:p:none") == NewAccount("t", "p", "none")


def test_what_keeps_it_from_starting_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="neither a file nor one of documented, mixed"):
        FakeServer(profile="no-such").start()
    (tmp_path / "junk").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="junk can't be used"):
        FakeServer(data=tmp_path / "junk").start()
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = other.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught:
            FakeServer(port=taken, data=tmp_path / "data").start()
    with FakeServer(data=tmp_path / "data") as server:  # the file was let go of
        assert login(server.url) == 0
    assert caught.tb is not None  # and not because nobody held what had opened it


def test_what_goes_wrong_in_the_thread_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no loop today")

    monkeypatch.setattr(server_module._Server, "startup", fails)
    with pytest.raises(RuntimeError, match="no loop today"):
        FakeServer().start()


def test_data_outlives_it(tmp_path: Path) -> None:
    for password, errno in (("first", 0), ("second", 430)):
        accounts = ["kept:first"] if password == "first" else ["other:p"]
        with FakeServer(data=tmp_path / "data", accounts=accounts) as server:
            assert login(server.url, "kept", password) == errno


def test_a_made_up_name_is_none_that_the_data_file_has(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        with FakeServer(data=tmp_path / "data") as server:
            names += [server.account().username, server.account().username]
    assert len(set(names)) == 6


def test_an_open_connection_does_not_hold_up_its_end() -> None:
    server = FakeServer().start()
    with (
        httpx.Client(base_url=server.url) as idle,
        socket.create_connection(("127.0.0.1", server.port)) as half,
    ):
        idle.get("/")
        half.sendall(b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        server.stop()
        half.settimeout(20)
        assert half.recv(100) == b""


def test_a_request_under_way_is_answered_or_dropped_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = FakeServer().start()
    server.admin.fault("DELAY", delay=60, operation="login")
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        deadline = time.monotonic() + 20
        while not server._started._server.server_state.tasks and time.monotonic() < deadline:
            time.sleep(0.005)
        server.stop()
        slow.settimeout(20)
        assert slow.recv(100) == b""
    assert caplog.records == []


def test_who_waits_for_requests_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    server = FakeServer().start()
    admin = server.admin
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(admin.wait_for, timeout=60)
        deadline = time.monotonic() + 20
        while not server._started._server.server_state.tasks and time.monotonic() < deadline:
            time.sleep(0.005)
        server.stop()
        with pytest.raises(Disconnected):
            waiting.result(timeout=30)
    assert caplog.records == []


def test_dates_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_DATE_SECONDS", 0.01)
    with FakeServer() as server:
        first = httpx.get(server.url).headers["date"]
        deadline = time.monotonic() + 30
        while (later := httpx.get(server.url).headers["date"]) == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert parsedate_to_datetime(later) > parsedate_to_datetime(first)


def test_a_message_of_the_main_thread_still_reaches_it() -> None:
    """A fake in a thread leaves signals alone: Ctrl-C is the test runner's."""
    code = """
import os, signal
from sampan import FakeServer
with FakeServer() as server:
    try:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt:
        print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_an_end_without_a_stop_is_clean() -> None:
    code = """
from sampan import FakeServer
server = FakeServer().start()
server.account().create("a cat")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


#: A child forked while the fake runs, which outlives it; it may try to stop the fake itself.
FORKING = """
import os, socket, time
{first}
from sampan import FakeServer
server = FakeServer().start()
client = socket.create_connection(("127.0.0.1", server.port))
client.settimeout(20)
client.sendall(b"GET /__admin/health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
heard = b""
while not heard.endswith(b"}}"):
    heard += client.recv(65536)
reading, writing = os.pipe()
child = os.fork()
if not child:
    os.close(writing)
    {child}
    os.read(reading, 1)
    os._exit(0)
{parent}
os.write(writing, b"x")
os.waitpid(child, 0)
server.stop()
"""
STOPPED = """
port = server.port
server.stop()
try:
    socket.create_connection(("127.0.0.1", port), 5)
except ConnectionRefusedError:
    FakeServer(port=port).start().stop()
else:
    raise SystemExit("the port is still open")
client.settimeout(0.5)
assert client.recv(1) == b""
"""
BROKEN = """
server.admin.fault("EMPTY_RESPONSE", operation="login", times=1)
client.sendall(b"POST /auth/login HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
assert client.recv(1) == b""
"""


#: On a busy machine a child does not run before its parent goes on.
LATE = "os.register_at_fork(after_in_child=lambda: time.sleep(1))"


@pytest.mark.parametrize(
    ("first", "child", "parent"),
    # Every second one: each value with each of another parameter.
    sampled(
        [
            *(("", "", STOPPED), (LATE, "", STOPPED), ("", "server.stop()", BROKEN)),
            *(("", "", BROKEN), (LATE, "", BROKEN), ("", "server.stop()", STOPPED)),
            *((LATE, "server.stop()", STOPPED), (LATE, "server.stop()", BROKEN)),
        ],
        4,
    ),
)
def test_a_forked_child_keeps_nothing_open(first: str, child: str, parent: str) -> None:
    code = FORKING.format(first=first, child=child, parent=parent)
    # What Python 3.12 and newer warn of is what is tested.
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_asgi_application_is_the_same_fake() -> None:
    app = asgi_app(accounts=["t:p"])
    with FakeServer(accounts=["t:p"]) as server:
        fake = httpx.get(f"{server.url}/openapi.json").json()

    async def ask() -> object:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as http:
            return (await http.get("/openapi.json")).json()

    there = asyncio.run(ask())
    assert isinstance(there, dict)
    assert there | {"servers": None} == fake | {"servers": None}
    app.service.close()


HEAVY = ["PIL", "yaml", "jsonschema_rs", "uvicorn", "jwt", "orjson", "pytest", "httpx"]


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import sampan", HEAVY),
        ("from sampan import Account, Admin", HEAVY),
        ("from sampan import FakeServer", ["PIL", "yaml", "pytest", "httpx", "schemathesis"]),
    ],
)
def test_importing_is_light(statement: str, heavy: list[str]) -> None:
    code = f"import sys; {statement}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_what_is_exported_is_there() -> None:
    assert {"Account", "Admin", "FakeServer", "Refused", "asgi_app", "redirect"} <= {
        *sampan.__all__
    }
    for name in sampan.__all__:
        assert name in dir(sampan)
        assert getattr(sampan, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'FakeSever'"):
        _ = sampan.FakeSever
