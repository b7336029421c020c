"""``pytest --sampan-url URL`` in somebody's project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from sampan.fake_server.server.threaded import FakeServer
from tests.support.fakes import Served
from tests.support.sample_report import CONTRACT
from tests.support.scripted import ReceivedRequest, Scripted, http


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    fake = Served("--job-seconds", "0.2")
    yield fake.url
    fake.stop()


#: What the entry points would load, without the heavy plugins that stand beside it.
_PLUGINS = (
    "-p",
    "sampan.conformance.pytest_plugin",
    "-p",
    "xdist.plugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:asyncio",
)


def in_pytest(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    accounts = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"}
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *_PLUGINS, "-ra", *arguments],
        env=os.environ | accounts | alone | environment,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
    )


def test_the_entry_point_brings_it(tmp_path: Path, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--sampan-url={url}"],
        env=os.environ | {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sampan::LOGIN-1" in done.stdout


def test_each_requirement_is_an_item(tmp_path: Path, url: str) -> None:
    done = in_pytest(tmp_path, f"--sampan-url={url}", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for line in done.stdout.splitlines() if "::" in line]
    assert shown == [f"sampan::{id}" for id in CONTRACT.requirements]


def test_k_selects_what_is_run_and_sent(tmp_path: Path) -> None:
    with FakeServer() as fake:
        done = in_pytest(tmp_path, f"--sampan-url={fake.url}", "-k", "LOGIN-1 or LOGIN-5", "-v")
        asked = Counter(one["operation"] for one in fake.admin.requests())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sampan::LOGIN-1 PASSED" in done.stdout
    assert "untestable: needs a second account" in done.stdout
    assert "1 passed, 1 skipped, 70 deselected" in done.stdout
    assert set(asked) == {"login"}


def test_the_projects_own_tests_run_too(tmp_path: Path, url: str) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    done = in_pytest(tmp_path, f"--sampan-url={url}", "-k", "own or LOGIN-1", "-v")
    assert "test_own.py::test_own PASSED" in done.stdout
    assert "2 passed" in done.stdout


def test_without_the_option_nothing_is_added(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    done = in_pytest(tmp_path, "-v")
    assert "1 passed" in done.stdout
    assert "sampan::" not in done.stdout


def test_a_broken_requirement_fails_with_its_sentence_and_a_curl_line(tmp_path: Path) -> None:
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}}
    with Scripted(lambda _: http(answer)) as server:
        done = in_pytest(
            tmp_path, f"--sampan-url={server.url}", "-k", "LOGIN-4", "--junit-xml=unit.xml"
        )
    assert done.returncode == 1
    assert CONTRACT.requirements["LOGIN-4"].sentence in done.stdout
    assert "curl -g -sS -i http://" in done.stdout
    assert "Traceback" not in done.stdout
    case = next(xml.parse(tmp_path / "unit.xml").iter("testcase"))
    assert case.attrib["name"] == "LOGIN-4"
    assert case.find("failure") is not None
    verdict = next(case.iter("property")).attrib
    assert verdict == {"name": "sampan_verdict", "value": "fail"}


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (["--sampan-url=nonsense"], {}, "looks like http://127.0.0.1:8091"),
        (["--sampan-url=http://example.com"], {}, "--allow-plain-http"),
        (["--sampan-url=http://127.0.0.1:9"], {"SAMPAN_PASSWORD": ""}, "set SAMPAN_PASSWORD"),
        (
            ["--sampan-url=http://127.0.0.1:9", "--sampan-rate=x"],
            {},
            "--sampan-rate must be a number",
        ),
    ],
)
def test_what_can_not_run_is_a_usage_error(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], told: str
) -> None:
    done = in_pytest(tmp_path, *arguments, **environment)
    assert done.returncode == 4, done.stdout
    assert told in done.stderr
    assert "Traceback" not in done.stderr


class Counting:
    """Takes every submission, and logs everybody in; nothing is ever found."""

    def __call__(self, asked: ReceivedRequest) -> Iterable[bytes]:
        data: Any = "a-hash"
        if asked.path == "/auth/login":
            data = {"token": "a-token-of-someone", "id": "1"}
        elif asked.path == "/jobs/find":
            data = {"res": [], "total": 0}
        return http({"errno": 0, "errmsg": "OK", "data": data})


@pytest.mark.parametrize("workers", ["0", "4"])
def test_the_budget_holds_for_all_workers_together(tmp_path: Path, workers: str) -> None:
    with Scripted(Counting()) as server:
        done = in_pytest(
            tmp_path,
            f"--sampan-url={server.url}",
            f"-n{workers}",
            "--sampan-budget-jobs=3",
            "--sampan-job-timeout=0.2",
        )
        asked = server.count()
    assert done.returncode == 1, done.stdout + done.stderr
    submitted = sum(asked[one.path] for one in CONTRACT.operations.values() if one.submits)
    assert submitted == 3
    assert "error: the run broke" not in done.stdout


def test_a_run_that_broke_is_not_repeated(tmp_path: Path) -> None:
    """Its worker died in the middle: the jobs may be spent."""
    from sampan.conformance.pytest_plugin import BrokenError, _once
    from sampan.conformance.settings import Credentials, RunOptions

    (tmp_path / "started").touch()
    with Scripted(Counting()) as server:
        options = RunOptions(server.url, {"first": Credentials("a", "b")})
        with pytest.raises(BrokenError, match="not repeated"):
            _once(tmp_path, options, ("LOGIN-1",))
        assert server.asked == []
    (tmp_path / "results.json").write_text('{"LOGIN-1": {"verdict": "pass"}}')
    assert _once(tmp_path, options, ("LOGIN-1",)) == {"LOGIN-1": {"verdict": "pass"}}


def test_workers_leave_nothing_behind(tmp_path: Path, url: str) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = in_pytest(tmp_path, f"--sampan-url={url}", "-n2", "-k", "LOGIN", TMPDIR=str(temporary))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.name for one in temporary.iterdir() if one.name.startswith("sampan")] == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_server_that_is_not_there_is_one_usage_error(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    with Scripted(lambda _: []) as server:
        url = server.url
    done = in_pytest(tmp_path, f"--sampan-url={url}", *workers)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert f"ERROR: --sampan-url: {url} can't be reached: " in done.stderr
    assert "LOGIN-1" not in done.stdout
