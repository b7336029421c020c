"""The action's shell steps, run as a runner would run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
INSTALL, START = ACTION["runs"]["steps"]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are bash")


class Runner:
    """Runs a step as GitHub's runner does: inputs in the environment, bash -eo pipefail."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.output = folder / "output"
        self.output.touch()

    def run(self, step: dict[str, Any], path: Path | None = None, **inputs: str) -> tuple[int, str]:
        """The exit code and what was printed. Inputs are named with underscores."""
        given = {name: str(declared["default"]) for name, declared in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        values = {
            "github.action_path": str(ROOT),
            **{f"inputs.{name}": value for name, value in given.items()},
        }
        environment = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)
            for name, text in step["env"].items()
        }
        search = os.environ["PATH"] if path is None else f"{path}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={
                "PATH": search,
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(self.output),
                **environment,
            },
            cwd=self.temp,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout

    def install(self, script: str) -> None:
        """Put a command where the first step would have installed it."""
        command = self.temp / "sampan" / "bin" / "sampan"
        command.parent.mkdir(parents=True)
        command.write_text(script)
        command.chmod(0o755)

    def end(self) -> None:
        """End what the step left running, as the runner does after the job."""
        found = self.temp / "pid"
        if found.exists():
            os.kill(int(found.read_text()), signal.SIGTERM)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    yield made
    made.end()


def serve(runner: Runner) -> None:
    """The real command, whose process id is noted."""
    sampan = shlex.quote(str(Path(sys.executable).with_name("sampan")))
    runner.install(f'#!/bin/sh\necho $$ >"$RUNNER_TEMP/pid"\nexec {sampan} "$@"\n')


def test_the_action_says_what_it_takes_and_gives() -> None:
    assert set(ACTION["inputs"]) == {"version", "port", "args", "profile", "wait-timeout"}
    assert set(ACTION["outputs"]) == {"url"}
    assert ACTION["runs"]["using"] == "composite"
    assert START["id"] in ACTION["outputs"]["url"]["value"]
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an input in a script is a way to run anything"


def test_the_action_starts_the_fake(runner: Runner) -> None:
    serve(runner)
    code, printed = runner.run(
        START, port="0", profile="mixed", args="--job-seconds 0.5\n--account t:p --open-accounts"
    )
    assert (code, printed) == (0, "")
    url = runner.output.read_text().removeprefix("url=").strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    body = json.dumps({"username": "t", "password": "p"}).encode()
    login = urllib.request.Request(f"{url}/auth/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(login, timeout=10) as answer:
        assert json.load(answer)["errno"] == 0
    with urllib.request.urlopen(f"{url}/__admin/profile", timeout=10) as answer:
        assert json.load(answer)["name"] == "mixed"


def test_the_action_says_why_the_fake_did_not_start(runner: Runner) -> None:
    serve(runner)
    code, printed = runner.run(START, port="0", profile="no-such")
    assert code == 1
    assert printed.startswith("::error::sampan serve ended: Error: profile 'no-such' is neither")
    (runner.temp / "pid").unlink()
    assert runner.output.read_text() == ""


def test_the_action_does_not_wait_for_ever(runner: Runner) -> None:
    runner.install("#!/bin/sh\nexec sleep 30\n")
    code, printed = runner.run(START, wait_timeout="1")
    assert (code, printed) == (1, "::error::sampan serve was not ready in 1 s\n")


@pytest.mark.parametrize(
    ("version", "package"), [("source", str(ROOT)), ("0.1.0", "sampan==0.1.0"), ("1.0rc1", None)]
)
def test_the_action_installs_what_it_is_told(
    runner: Runner, tmp_path: Path, version: str, package: str | None
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    python = tools / "python3"  # makes an environment whose pip notes what it is asked
    python.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"\n'
        'printf \'#!/bin/sh\\necho "$@"\\n\' >"$3/bin/pip"\nchmod +x "$3/bin/pip"\n'
    )
    python.chmod(0o755)
    code, printed = runner.run(INSTALL, path=tools, version=version)
    assert code == 0
    assert printed.split()[0] == "install"
    assert printed.split()[-1] == (package or f"sampan=={version}")


@pytest.mark.parametrize("version", ["", "1.0; true", "--pre", "git+https://x.test/y", "1.0 other"])
def test_the_action_takes_versions_only(runner: Runner, version: str) -> None:
    code, printed = runner.run(INSTALL, version=version)
    assert (code, printed) == (1, f"::error::version is not a version: {version}\n")
