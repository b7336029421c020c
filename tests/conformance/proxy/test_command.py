"""``sampan proxy`` as a person runs it."""

from __future__ import annotations

import base64
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from click.testing import CliRunner

from sampan.conformance.proxy.command import proxy as command
from tests.support.fakes import Served
from tests.support.network.proxies import HANG, OddServer

JSON = {"Content-Type": "application/json"}
KINDS = ("json", "junit", "html", "learn", "har")


class Run:
    """``sampan proxy`` in a process of its own."""

    def __init__(self, target: str, *flags: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sampan", "proxy", target, "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        found = re.search(r"ready on (http://\S+)", self.ready)
        assert found is not None, self.process.communicate()
        self.url = found[1]

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Exit code, what it printed, and what it said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def fake() -> Iterator[Served]:
    fake = Served("--job-seconds", "0")
    yield fake
    fake.stop()


def test_a_clients_flow_is_judged_and_no_secret_is_left(fake: Served, tmp_path: Path) -> None:
    files = {kind: tmp_path / kind for kind in KINDS}
    flags = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
    run = Run(fake.url, "--fetch-pictures", *flags)
    with httpx.Client(base_url=run.url, headers=JSON) as client:
        login = {"username": "abc", "password": "abc-secret"}
        token = client.post("/auth/login", json=login).json()["data"]["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        hash = client.post("/jobs/create", json={"content": "a lighthouse"}).json()["data"]
        (record,) = client.post("/jobs/find", json={"limit": 1}).json()["data"]["res"]
        assert record["hash"] == hash
        assert client.get(record["img_buffer"]).content.startswith(b"\x89PNG")
        assert client.post("/jobs/create", json={}).json()["errno"] == 301
    code, out, err = run.end()
    assert code == 0, out + err
    assert err == ""
    report = json.loads(files["json"].read_text())
    verdicts = {one["id"]: one["verdict"] for one in report["requirements"]}
    assert verdicts["LOGIN-1"] == verdicts["CREATE-1"] == verdicts["FIND-2"] == "pass"
    assert verdicts["REMIX-1"] == "unseen"
    assert "pictures were fetched" in out
    assert [
        entry["request"]["method"]
        for entry in json.loads(files["har"].read_text())["log"]["entries"]
    ][:3] == 3 * ["POST"]
    texts = [out, err, *(file.read_text() for file in files.values())]
    for secret in ("abc-secret", token, token.split(".")[2]):
        raw = secret.encode()
        for form in (secret, quote(secret), raw.hex(), base64.b64encode(raw).decode()):
            assert not any(form in text for text in texts)


def test_ctrl_c_in_the_middle_of_traffic_gives_the_report(server: OddServer) -> None:
    """A requirement that is broken is said at once; exchanges under way are no failures."""
    hangs = threading.Event()

    def behave(line: object) -> None:
        hangs.set()
        threading.Event().wait(HANG)

    body = b'{"errno": 999, "errmsg": "odd"}'
    server.answers(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )
    run = Run(server.url)
    assert run.process.stderr is not None
    login = {"username": "abc", "password": "abc-secret"}
    httpx.post(f"{run.url}/auth/login", json=login)
    assert run.process.stderr.readline().startswith("fail GEN-2: ")
    server.behave = behave
    with socket.create_connection(("127.0.0.1", int(run.url.rpartition(":")[2]))) as client:
        client.sendall(b"POST /jobs/find HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        assert hangs.wait(HANG)
        code, out, err = run.end(signal.SIGTERM)
    assert code == 1, out + err
    assert err == "", "exchanges under way at the end are nobody's fault"
    assert "What did not pass" in out
    assert re.search(r"^1 fail ", out, re.MULTILINE), out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "looks like http://127.0.0.1:8091"),
        (["http://a:b@127.0.0.1"], "credentials do not belong in the URL"),
        (["http://127.0.0.1:1", "--host", ""], "--host must not be empty"),
        (["http://127.0.0.1:1", "--host", "no.such.host.invalid"], "can't listen on"),
        (["http://127.0.0.1:1", "--port", "0", "--har", "/no/such/folder/a"], "--har can't write"),
        (["http://127.0.0.1:1", "--json", "a", "--har", "a"], "names the same file as --json"),
        (
            ["http://127.0.0.1:1", "--port", "0", "--known", "/no/such"],
            "--known: can't read /no/such: No such file or directory\n",
        ),
        (["http://127.0.0.1:1", "--port", "x"], "'x' is not an integer from 0 to 65535"),
        (["http://127.0.0.1:1", "--timeout", "x"], "'x' is not a number above 0 and up to 86400"),
        (["http://127.0.0.1:1", "--timeout", "nan"], "'nan' is not a number above 0"),
    ],
)
def test_what_can_not_run_says_why(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_port_that_is_taken_and_the_proxy_itself(server: OddServer) -> None:
    done = CliRunner().invoke(command, ["http://127.0.0.1:1", "--port", str(server.port)])
    assert done.exit_code == 2
    assert "Address already in use; --port 0 picks a free one" in done.output
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = CliRunner().invoke(command, [f"http://localhost:{port}", "--port", str(port)])
    assert done.exit_code == 2
    assert "is the address of this proxy itself" in done.output
