"""``sampan matrix`` as a command: its reports, what it refuses, and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from click.testing import CliRunner, Result

from sampan.fake_server.cli import main
from sampan.fake_server.matrix import command
from tests.fake_server.matrix.test_running import flaky
from tests.support.examples import sampled
from tests.support.matrix_clients import NEWEST, PLAIN, client
from tests.support.processes import lives, wait_for


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["matrix", *arguments], catch_exceptions=False)


def run(*arguments: str, command: list[str]) -> Result:
    return invoke("--clock", "auto", "--jobs", "2", *arguments, "--", *command)


def test_what_breaks_it_is_a_table_and_a_sentence_each(tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html")}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    only = ["--only", "find-order,answer-lost,find-scope,image-frame,blend-result"]
    done = run(*only, *options, command=NEWEST)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[2].startswith("as documented: passes in ")
    assert "FAILS IF     IS            RUN" in lines
    assert any(line.startswith("find-order   oldest-first  exit 1 after ") for line in lines)
    sentence = "fails if find-order is oldest-first: timestamps increase (open: the page does not"
    assert any(line.startswith(sentence) for line in lines)
    assert "  | not the newest red\\x07" in lines
    assert "relies on 1 of 4 readings: find-order" in lines
    assert "tolerates 1 reading: image-frame" in lines
    assert "never touches 2 readings: find-scope, blend-result" in lines
    assert "  reached, but no response could differ: 1 reading: find-scope" in lines
    assert lines[-1].startswith("2 of 9 variations break it; 6 runs in ")
    assert sum("lint: never-fetches" in line for line in lines) == 1
    _is_json(json.loads(files["json"].read_text()))
    _is_junit(xml.parse(files["junit"]).getroot())
    _is_html(files["html"].read_text())


def _is_json(report: dict[str, object]) -> None:
    assert report["exit_code"] == 1
    assert {each["id"]: each["result"] for each in report["questions"]} == {
        "find-scope": "never touched",
        "image-frame": "tolerates",
        "find-order": "fails",
        "blend-result": "never touched",
    }
    (order,) = (each for each in report["questions"] if each["id"] == "find-order")
    assert order["documented"] == "newest-first"
    (answer,) = order["answers"]
    assert (answer["name"], answer["touched"]) == ("find-order=oldest-first", True)
    (failed,) = answer["runs"]
    assert (failed["passed"], failed["exit_code"]) == (False, 1)
    assert failed["output"] == ["not the newest red\\x07"]
    assert [each["result"] for each in report["mishaps"]] == ["fails", *["never touched"] * 4]
    (scope,) = (each for each in report["questions"] if each["id"] == "find-scope")
    assert [(each["reached"], each["touched"]) for each in scope["answers"]] == [(True, False)]
    # With --clock auto, no poll is too fast.
    assert "polls-too-fast" not in {each["rule"] for each in report["documented"][0]["lint"]}


def _is_junit(root: xml.Element) -> None:
    (suite,) = root
    assert suite.attrib["tests"] == str(len(suite.findall("testcase"))) == "10"
    assert suite.attrib["failures"] == str(len(suite.findall("*/failure"))) == "2"
    assert suite.attrib["skipped"] == str(len(suite.findall("*/skipped"))) == "6"
    failure = suite.find("testcase[@name='find-order=oldest-first: timestamps increase']/failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("fails if find-order is oldest-first")
    assert failure.text is not None
    assert "not the newest red\\x07" in failure.text
    assert "lint" not in failure.text  # that is said as documented
    skipped = suite.find(
        "testcase[@name='find-scope=all: an account finds the jobs of all accounts']/skipped"
    )
    assert skipped is not None
    assert skipped.attrib["message"] == "never touched: reached, but no response could differ"


def _is_html(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert "not the newest red\\x07" in page
    assert "relies on 1 of 4 readings: find-order" in page
    assert page.count("lint: never-fetches-picture: ") == 1
    # The end of what was written is shown first.
    assert "flex-direction: column-reverse" in page
    assert '<div class="output"><pre>not the newest' in page
    for loaded in ("<script", "<link", "src=", "@import", "url("):
        assert loaded not in page


def test_a_page_and_a_table_can_not_be_written_into_by_command(tmp_path: Path) -> None:
    script = "login(); print('<script>alert(1)</script>]]>\\x1b[2J\\x00 &'); sys.exit(1)"
    files = [str(tmp_path / name) for name in ("junit", "html")]
    done = run("--junit", files[0], "--html", files[1], command=client(script))
    assert done.exit_code == 2
    assert ", 1 request</p>" in Path(files[1]).read_text()
    assert done.stdout.splitlines()[-1] == "  | <script>alert(1)</script>]]>\\x00 &"
    assert "<script>" not in Path(files[1]).read_text()
    assert "\\x00 &" in (xml.parse(files[0]).findtext(".//failure") or "")


def test_nothing_that_breaks_it_is_exit_0() -> None:
    done = run("--only", "second-login", command=PLAIN)
    assert done.exit_code == 0
    assert "nothing breaks it; 2 runs in " in done.stdout


def test_a_failure_at_times_is_said_to_be_one_in_every_report(tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html")}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    options += ["--only", "token-lifetime", "--repeat", "2"]
    done = run(*options, command=flaky(tmp_path / "runs", 2))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    says = "fails at times if token-lifetime is 90m: a token is valid for 90 minutes"
    assert any(line.startswith(says) for line in lines)
    assert any(line.startswith("FAILS AT TIMES IF") for line in lines)
    assert not any(line.startswith(("fails if", "FAILS IF")) for line in lines)
    assert lines[-1].startswith("1 of 1 variation breaks it at times; 4 runs in ")
    for file in files.values():
        assert says in file.read_text()
        assert "fails if" not in file.read_text()


def test_runs_that_disturb_nobody_are_not_told_to_be_alone(tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        only = ["--jobs", jobs, "--only", "describe-result=msg-content"]
        done = invoke(*only, "--", *flaky(tmp_path / jobs, 1))
        assert "so it is flaky" in done.stdout
        assert ("try --jobs 1" in done.stdout) is (jobs == "2")


def test_where_there_is_no_terminal_lines_tell_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "_PROGRESS_SECONDS", 0.02)
    done = run("--only", "second-login", command=client("login(); time.sleep(0.2)"))
    assert done.stderr.startswith("0/2 done\n")
    assert "\n1/2 done, the last as documented\n" in done.stderr
    assert "0/2" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--only", "find-ordr", "--", "true"), "did you mean 'find-order'?"),
        (("--only=", "--", "true"), "an empty name; name a question"),
        (("--only", "find-order,,mixed", "--", "true"), "an empty name; name a question"),
        (("--skip", " ", "--", "true"), "an empty name; name a question"),
        (("--skip", "mixd", "--", "true"), "did you mean 'mixed'?"),
        ((), "COMMAND is missing"),
        (("--",), "COMMAND is missing"),
        (("--", "no-such-command-there"), "'no-such-command-there': No such file or directory"),
        (("--json", "/no/such/folder/x", "--", "true"), "there is no folder /no/such/folder"),
        (("--html", "/", "--", "true"), "--html can't write to /: it is a folder"),
        (("--json", "x", "--html", "x", "--", "true"), "names the same file as --json: x"),
        (("--jobs", "0", "--", "true"), "'0' is not an integer from 1 to 64"),
        (("--jobs", "x", "--", "true"), "'x' is not an integer from 1 to 64"),
        (("--time-limit", "0", "--", "true"), "'0' is not a number from 0.1 to 86400"),
        (("--time-limit", "nan", "--", "true"), "'nan' is not a number from 0.1 to 86400"),
        (("--job-seconds", "nan", "--", "true"), "'nan' is not a number from 0 to 86400"),
    ],
)
def test_what_can_not_be_run_is_refused_in_words(arguments: tuple[str, ...], says: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_the_runs_can_be_listed() -> None:
    done = invoke("--list")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"find-order=oldest-first", "mixed", "answer-lost=createJob"} <= set(names)
    assert invoke("--list", "--only", "find-order").stdout.splitlines() == [
        f"{'find-order=oldest-first':<42} timestamps increase"
    ]


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM], 2))
def test_a_signal_ends_what_runs_and_what_was_done_is_reported(
    number: signal.Signals, tmp_path: Path
) -> None:
    pids, report = tmp_path / "pids", tmp_path / "report.json"
    script = f"""
login()
with open({str(pids)!r}, "a") as file:
    print(os.getpid(), file=file)
if len(open({str(pids)!r}).readlines()) > 1:
    time.sleep(60)
"""
    command = [sys.executable, "-m", "sampan", "matrix", "--jobs", "2", "--json", str(report)]
    process = subprocess.Popen(
        [*command, "--only", "find-order,find-scope,second-login", "--", *client(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    process.send_signal(number)
    began = time.monotonic()
    stdout, _ = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert process.returncode == 128 + number
    assert f"stopped by signal {number.value}; 1 run in " in stdout
    written = json.loads(report.read_text())
    assert written["stopped_by_signal"] == number
    assert {each["result"] for each in written["questions"]} == {"not run"}
    for pid in pids.read_text().split():
        assert not lives(int(pid))


def test_progress_counts_every_run_the_documented_one_too() -> None:
    """On a terminal, where the line is written over."""
    main_end, other_end = os.openpty()
    program = [sys.executable, "-m", "sampan", "matrix", "--only", "find-order,image-frame"]
    done = subprocess.run(
        [*program, "--", "true"], stderr=other_end, stdout=subprocess.PIPE, check=False
    )
    os.close(other_end)
    shown = _read_all(main_end).replace("\r\n", "\n")
    os.close(main_end)
    assert done.returncode == 2  # it asks nothing
    lines = [line.rstrip() for line in shown.split("\r") if line]
    assert lines == ["0/3 done", "1/3 done, the last as documented"]


def _read_all(descriptor: int) -> str:
    read = b""
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # nobody has the other end any more
            return read.decode()
        read += part
