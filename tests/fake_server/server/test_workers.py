"""``sampan serve --workers``: several processes on one port, and the parent that keeps them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest

from sampan import Admin
from sampan.fake_server.store.database import StoreError
from sampan.fake_server.store.opening import open_store
from sampan.fake_server.store.store import Store
from tests.support.commands import refusal
from tests.support.examples import sampled
from tests.support.fakes import Served
from tests.support.processes import lives, state, wait_for
from tests.support.stores.postgres import database, needs_postgres

Serve = Callable[..., Served]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")


def children(pid: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.fixture
def served(serve: Serve, tmp_path: Path) -> Served:
    """Two processes on a file."""
    return serve("--workers", "2", "--data", str(tmp_path / "data.db"), "--log-format", "json")


@pytest.fixture
def on_postgres(serve: Serve) -> Iterator[Served]:
    with database() as url:
        served = serve("--workers", "2", "--data", url.secret)
        try:
            yield served
        finally:
            served.stop()


def test_a_killed_worker_is_started_again_and_the_other_goes_on(served: Served) -> None:
    killed, other = served.ready["workers"]
    assert {killed, other} == children(served.process.pid)
    os.kill(killed, signal.SIGKILL)
    with Admin(served.url) as admin:
        admin.freeze()
        for ms in range(1_700_000_000_001, 1_700_000_000_021):
            admin.set_time(ms)
            # A connection of its own, which either process takes.
            found = httpx.get(f"{served.url}/__admin/clock").json()["now"]
            assert found == f"2023-11-14T22:13:20.{ms % 1000:03}Z"
    wait_for(lambda: len(children(served.process.pid) - {killed}) == 2)
    assert lives(other)
    assert "sampan: worker 1 ended: SIGKILL; it is started again\n" in served.stop()
    assert served.process.returncode == 0


@pytest.mark.parametrize("how", sampled([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], 3))
def test_all_end_together_and_cleanly(serve: Serve, tmp_path: Path, how: int) -> None:
    file = tmp_path / "port"
    options = "--data", str(tmp_path / "data.db"), "--port-file", str(file)
    served = serve("--workers", "3", *options)
    workers = served.ready["workers"]
    assert file.read_text() == f"{served.port}\n"
    served.process.send_signal(how)
    _, errors = served.process.communicate(timeout=20)
    assert (served.process.returncode, errors) == (0, "")
    assert not any(map(lives, workers))
    assert not file.exists()


def test_workers_that_a_terminal_ends_before_their_parent_has_heard_are_no_news(
    served: Served,
) -> None:
    """Ctrl-C reaches all of them at once, and a machine may be busy."""
    served.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state(served.process.pid) == "T")
    for each in (served.process.pid, *served.ready["workers"]):
        os.kill(each, signal.SIGINT)
    wait_for(lambda: not any(map(lives, served.ready["workers"])))
    served.process.send_signal(signal.SIGCONT)
    _, errors = served.process.communicate(timeout=20)
    assert (served.process.returncode, errors) == (0, "")


def test_workers_do_not_outlive_a_parent_that_was_killed(served: Served) -> None:
    served.process.kill()
    served.process.communicate(timeout=20)  # until nobody has its end of the pipes
    wait_for(lambda: not any(map(lives, served.ready["workers"])))


def test_lines_of_the_request_log_are_whole(served: Served) -> None:
    """Longer than what a pipe takes at once, from both processes at the same time."""

    def ask(number: int) -> None:
        for each in range(10):
            # A connection each time: another process may take it.
            httpx.post(f"{served.url}/jobs/find?{number}-{each}={'x' * 9000}", json={})

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(served.process.communicate, timeout=60)
        list(pool.map(ask, range(4)))
        served.process.terminate()
        _, errors = reading.result(timeout=60)
    found = {re.sub(r"=x*$", "", json.loads(line)["path"]) for line in errors.splitlines()}
    assert len(found) == 40
    assert served.process.returncode == 0


def test_all_take_the_admin_token_that_was_generated(serve: Serve, tmp_path: Path) -> None:
    served = serve("--workers", "2", "--host", "0.0.0.0", "--data", str(tmp_path / "data.db"))
    assert served.process.stderr is not None
    line = served.process.stderr.readline()
    token = re.fullmatch(r"sampan: off loopback .* requires this admin token: (\S+)\n", line)
    assert token is not None, line
    for _ in range(12):
        answer = httpx.get(
            f"http://127.0.0.1:{served.port}/__admin/accounts",
            headers={"Authorization": f"Bearer {token[1]}"},
        )
        assert answer.status_code == 200
    assert served.stop() == ""


def test_what_is_found_out_about_the_data_is_logged_once(serve: Serve, tmp_path: Path) -> None:
    data = "--data", str(tmp_path / "data.db")
    serve(*data, "--account", "anna:first").stop()
    warned = serve(*data, "--account", "anna:second", "--workers", "3").stop()
    assert warned.count("keeps the password") == 1, warned


def _kill(served: Served, *workers: int) -> None:
    for each in workers or children(served.process.pid):
        with suppress(ProcessLookupError):  # one that could not start has ended meanwhile
            os.kill(each, signal.SIGKILL)


@pytest.mark.parametrize("also", sampled(["", "-use", "replaced"], 3))
def test_a_worker_never_makes_another_data_file(served: Served, tmp_path: Path, also: str) -> None:
    """The others have the first one open: there would be two fakes behind one port."""
    file = tmp_path / "data.db"
    before = set(children(served.process.pid))
    for each in tmp_path.glob("data.db*") if also else [file]:
        each.unlink()
    if also == "replaced":
        Store(file).close()
    _kill(served, served.ready["workers"][0])
    wait_for(lambda: bool(children(served.process.pid) - before))
    with httpx.Client(base_url=served.url, timeout=20) as client:
        for _ in range(8):
            ready = client.get("/__admin/ready", headers={"connection": "close"})
            assert ready.status_code == 503
            assert "data file" in ready.text
    assert file.exists() == (also == "replaced")
    _kill(served)
    ready = httpx.get(f"{served.url}/__admin/ready", timeout=20)
    assert ready.status_code == 503
    assert "while workers use it" in ready.text
    assert file.exists() == (also == "replaced")
    what = "replaced by another file" if also == "replaced" else "deleted or moved away"
    assert f"can't start: data file {file} was {what} while workers use it" in served.stop()


@pytest.mark.parametrize(
    "path", sampled(["/jobs/create", "/jobs/find", "/nowhere", "/__admin/ready"], 3)
)
def test_when_all_have_ended_and_the_store_is_away_all_is_refused_until_it_is_back(
    served: Served, tmp_path: Path, path: str
) -> None:
    file = tmp_path / "data.db"
    file.rename(tmp_path / "away")
    _kill(served)
    with httpx.Client(base_url=served.url, timeout=20) as client:
        answers = [client.post(path, content=b"x" * 10_000) for _ in range(3)]
        for each in answers:
            told = each.json()
            assert each.status_code == 503 if path == "/__admin/ready" else told["errno"] == 501
        (tmp_path / "away").rename(file)
        wait_for(lambda: client.get("/__admin/ready").status_code == 200)
    assert served.stop().count("can't start") <= 2


# What is refused


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_text("Buy milk\n" * 99)])
def test_a_start_that_is_refused_leaves_nothing(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    file = tmp_path / "data.db"
    make(file)
    with pytest.raises(StoreError, match=r"data\.db "):
        open_store(file, shared=True)
    assert list(tmp_path.iterdir()) == [file]


def test_a_start_that_is_refused_leaves_what_others_use(tmp_path: Path) -> None:
    file = tmp_path / "data.db"
    with closing(open_store(file, shared=True)):
        file.unlink()
        with pytest.raises(StoreError, match="deleted or moved away while other processes use it"):
            open_store(file, shared=True)
        assert not file.exists()
        assert {"data.db-turn", "data.db-use"} <= {each.name for each in tmp_path.iterdir()}


#: The system has no room for the second process that is forked; with the third all ends.
NO_ROOM = """
import asyncio, errno, os, signal
from sampan.fake_server.server.workers import Workers

def work(worker):
    async def serve():
        worker.ready(lambda: None, None)
        await asyncio.sleep(60)
    asyncio.run(serve())

def ready(_):
    fork, left = os.fork, [OSError(errno.EAGAIN, "Resource temporarily unavailable")]
    def other():
        if left:
            raise left.pop()
        pid = fork()
        if pid:
            os.kill(os.getpid(), signal.SIGTERM)
        return pid
    os.fork = other
    os.kill(workers.pids[0], signal.SIGKILL)

workers = Workers(1, work)
workers.run(ready)
"""


def test_a_worker_that_the_system_has_no_room_for_is_tried_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            "sampan: worker 1 ended: SIGKILL; it is started again",
            "sampan: worker 1 can't start: Resource temporarily unavailable; it is started again",
        ],
    )


def test_workers_need_data() -> None:
    assert refusal("--workers", "2") == (
        "Error: --workers 2 needs --data: workers can't share what is in memory. Use --data FILE,"
        " --data postgresql://user@host/name, or one worker.\n"
    )


def test_workers_need_a_system_that_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert "can't fork; use one process, or several on" in refusal("--workers", "2", "--data", "x")


@pytest.mark.whole
@needs_postgres
def test_with_postgresql_too_a_killed_worker_is_started_again(on_postgres: Served) -> None:
    killed, _ = on_postgres.ready["workers"]
    with Admin(on_postgres.url) as admin:
        admin.account("anna", password="secret")
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(children(on_postgres.process.pid) - {killed}) == 2)
        for _ in range(12):
            names = httpx.get(f"{on_postgres.url}/__admin/accounts").text
            assert '"anna"' in names


# Checked by the kit


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("file", marks=pytest.mark.whole),
        pytest.param("postgres", marks=[needs_postgres, pytest.mark.whole]),
    ],
)
def test_the_kit_finds_no_failure(serve: Serve, data: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        where = str(tmp_path / "data.db")
        if data == "postgres":
            where = stack.enter_context(database()).secret
        options = "--job-seconds", "0.3", "--account", "abc:abc-secret", "--account", "b:b-secret"
        served = serve("--workers", "2", "--data", where, *options)
        stack.callback(served.stop)
        report = tmp_path / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", "sampan", "check", served.url, "--json", str(report)],
            env={
                **os.environ,
                "SAMPAN_USERNAME": "abc",
                "SAMPAN_PASSWORD": "abc-secret",
                "SAMPAN_SECOND_USERNAME": "b",
                "SAMPAN_SECOND_PASSWORD": "b-secret",
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(report.read_text())["requirements"]
        assert not [each["id"] for each in found if each["verdict"] == "fail"]
        assert sum(each["verdict"] == "pass" for each in found) > 40
