"""Nothing found is lost after the run, and exit code 1 means a failed requirement."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sampan.fake_server.server.threaded import FakeServer
from tests.support import commands
from tests.support.examples import sampled
from tests.support.fakes import Served
from tests.support.network.scripted import Scripted

ENCODINGS = ("cp1252", "ascii", "latin-1", "utf-16")
#: Arguments that write in different places.
PLACES = ("", "--help", "--list", "--dry-run")
ENVIRONMENT = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    fake = Served("--job-seconds", "0.2")
    yield fake.url
    fake.stop()


def in_shell(
    line: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which ``sampan`` is the command."""
    function = f'sampan() {{ "{sys.executable}" -m sampan "$@"; }}\n'
    root = Path(__file__).parents[2]
    return subprocess.run(
        ["bash", "-c", function + line],
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(root)} | environment,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=240,
        cwd=cwd,
    )


def test_a_report_that_fails_stops_no_other(url: str, tmp_path: Path) -> None:
    done = in_shell(
        f"sampan check {url} --only LOGIN-1 --json /dev/full --junit j.xml --html h.html", tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: --json: can't write to /dev/full")
    assert "Traceback" not in done.stderr
    assert "LOGIN-1" in done.stdout
    assert "LOGIN-1" in (tmp_path / "j.xml").read_text()
    assert "LOGIN-1" in (tmp_path / "h.html").read_text()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--json ''", "--json needs the name of a file"),
        ("--json .", "--json"),
        ("--json /", "--json"),
        ("--html no/such/folder/a.html", "--html can't write to no/such/folder/a.html"),
        ("--junit /proc/x.xml", "--junit can't write to /proc/x.xml"),
        ("--learn a.json/x.yaml", "--learn can't write to a.json/x.yaml"),
        ("--html " + "x" * 300, "--html can't write to xxx"),
        ("--json same --html ./same", "--html names the same file as --json"),
        ("--json a.json --html b.json", "--html names the same file as --json"),
    ],
)
def test_a_report_that_can_not_be_written_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, said: str
) -> None:
    (tmp_path / "a.json").write_text("old")
    (tmp_path / "b.json").hardlink_to(tmp_path / "a.json")
    monkeypatch.chdir(tmp_path)
    with Scripted(lambda _: []) as server:
        flagged = ("--json", "new.json", *shlex.split(flags))
        done = commands.run("check", server.url, *flagged, **ENVIRONMENT)
        assert server.asked == []
    assert done.exit_code == 2
    assert said in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["a.json", "b.json"]
    assert (tmp_path / "a.json").read_text() == "old"


@pytest.mark.parametrize(
    ("encoding", "arguments"), sampled(list(itertools.product(ENCODINGS, PLACES)), 10)
)
def test_a_character_that_the_output_lacks_is_replaced(
    url: str, encoding: str, arguments: str
) -> None:
    line = f"sampan check {url} --only LOGIN-1 {arguments}"
    done = in_shell(line, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", sampled(["--help", "--list", "--dry-run", "--only LOGIN"], 3))
def test_a_reader_that_goes_is_no_error(url: str, arguments: str, tmp_path: Path) -> None:
    line = f"set -o pipefail; sampan check {url} --json a.json {arguments} | true"
    done = in_shell(line, tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert "BrokenPipe" not in done.stderr
    assert (tmp_path / "a.json").exists() is ("LOGIN" in arguments)


@pytest.mark.parametrize("arguments", sampled(["--help", "--list", "--only LOGIN-1"], 2))
def test_an_output_that_is_full_is_said(url: str, arguments: str, tmp_path: Path) -> None:
    done = in_shell(f"sampan check {url} --json a.json {arguments} >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: standard output can't be written: No ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", sampled([">&-", "2>&-", ">&- 2>&-"], 3))
def test_a_closed_output_is_no_error(url: str, closed: str, tmp_path: Path) -> None:
    done = in_shell(f"sampan check {url} --only LOGIN-1 --json a.json {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "pass"


@pytest.mark.parametrize("module", ["rich", "h11"])
def test_a_missing_module_is_named_before_the_run(module: str) -> None:
    code = (
        f"import sys; sys.modules[{module!r}] = None; from sampan.fake_server.cli import main;"
        " main(prog_name='sampan')"
    )
    with Scripted(lambda _: []) as server:
        done = subprocess.run(
            [sys.executable, "-c", code, "check", server.url],
            env=os.environ | ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert server.asked == []
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    told = "is not installed: in a clone of sampan, run pip install '.[conformance]'"
    assert last == f"Error: {module} {told}"
    assert "Traceback" not in done.stderr


def test_a_fault_of_the_command_is_not_exit_code_1(tmp_path: Path) -> None:
    code = (
        "import sampan.conformance.settings as s; s.run_options = lambda *_, **__: 1 / 0;"
        " from sampan.fake_server.cli import main; main(prog_name='sampan')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "http://127.0.0.1:9"],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Error: a fault of the kit; please report it"


@pytest.mark.parametrize("number", sampled([signal.SIGTERM, signal.SIGINT, signal.SIGHUP], 4))
def test_a_signal_ends_the_run_and_keeps_what_was_found(tmp_path: Path, number: int) -> None:
    file = tmp_path / "a.json"
    with FakeServer(job_seconds=60) as fake:
        running = subprocess.Popen(
            [sys.executable, "-m", "sampan", "check", fake.url, "--json", str(file)],
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until = time.monotonic() + 30
            while not _is_waiting(fake) and time.monotonic() < until:
                time.sleep(0.1)
            running.send_signal(number)
            running.send_signal(number)
            out, errors = running.communicate(timeout=30)
        finally:
            running.kill()
    assert running.returncode == 3, errors
    assert "interrupted" in out
    tree = json.loads(file.read_text())
    assert tree["budget"]["jobs_spent"] >= 1
    verdicts = {one["id"]: one["verdict"] for one in tree["requirements"]}
    assert verdicts["LOGIN-1"] == "pass"


def _is_waiting(fake: FakeServer) -> bool:
    """Whether jobs were submitted and are being watched."""
    return fake.admin.count(operation="createJob", errno=0) > 0


@pytest.mark.whole
def test_nothing_is_left_in_the_folder_but_what_was_asked_for(url: str, tmp_path: Path) -> None:
    line = f"sampan check {url} --generate 40 --only LOGIN-4 --json a.json"
    done = in_shell(line, tmp_path)
    assert done.returncode == 0, done.stdout
    assert os.listdir(tmp_path) == ["a.json"]
