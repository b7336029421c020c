"""``pytest --sampan-url URL`` in somebody's project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree as xml

import pytest

from sampan.fake_server.server.threaded import FakeServer
from tests.support.examples import sampled
from tests.support.fakes import Served
from tests.support.inner_pytest import alone, in_process
from tests.support.network.scripted import ReceivedRequest, Scripted, http
from tests.support.samples.sample_report import CONTRACT

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    fake = Served("--job-seconds", "0.2")
    yield fake.url
    fake.stop()


class InnerPytest(Protocol):
    """``pytest --sampan-url URL`` in an empty project, with the password in its environment."""

    def __call__(self, *arguments: str, **environment: str) -> pytest.RunResult: ...


@pytest.fixture
def in_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerPytest:
    def run(*arguments: str, **environment: str) -> pytest.RunResult:
        account = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"}
        for name, value in (account | environment).items():
            monkeypatch.setenv(name, value)
        how = alone if any(each.startswith("-n") for each in arguments) else in_process
        return how(pytester, "-ra", *arguments, without="sampan")

    return run


def test_the_entry_point_brings_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """As a user has it: in a process of its own, with nearly every plugin that is installed."""
    monkeypatch.setenv("SAMPAN_USERNAME", "abc")
    monkeypatch.setenv("SAMPAN_PASSWORD", "abc-secret")
    done = pytester.runpytest_subprocess(
        "-p", "no:asyncio", "--collect-only", "-q", f"--sampan-url={url}"
    )
    assert done.ret == 0
    assert "sampan::LOGIN-1" in done.stdout.str()


def test_each_requirement_is_an_item(in_pytest: InnerPytest, url: str) -> None:
    done = in_pytest(f"--sampan-url={url}", "--collect-only", "-q")
    assert done.ret == 0
    shown = [line for line in done.outlines if "::" in line]
    assert shown == [f"sampan::{id}" for id in CONTRACT.requirements]


def test_k_selects_what_is_run_and_sent(in_pytest: InnerPytest) -> None:
    with FakeServer() as fake:
        done = in_pytest(f"--sampan-url={fake.url}", "-k", "LOGIN-1 or LOGIN-5", "-v")
        asked = Counter(one["operation"] for one in fake.admin.requests())
    assert done.ret == 0
    assert "sampan::LOGIN-1 PASSED" in done.stdout.str()
    assert "untestable: needs a second account" in done.stdout.str()
    assert "1 passed, 1 skipped, 70 deselected" in done.stdout.str()
    assert set(asked) == {"login"}


def test_the_projects_own_tests_run_too(
    pytester: pytest.Pytester, in_pytest: InnerPytest, url: str
) -> None:
    (pytester.path / "test_own.py").write_text("def test_own(): pass\n")
    done = in_pytest(f"--sampan-url={url}", "-k", "own or LOGIN-1", "-v")
    assert "test_own.py::test_own PASSED" in done.stdout.str()
    assert "2 passed" in done.stdout.str()


def test_without_the_option_nothing_is_added(
    pytester: pytest.Pytester, in_pytest: InnerPytest
) -> None:
    (pytester.path / "test_own.py").write_text("def test_own(): pass\n")
    done = in_pytest("-v")
    assert "1 passed" in done.stdout.str()
    assert "sampan::" not in done.stdout.str()


def test_a_broken_requirement_fails_with_its_sentence_and_a_curl_line(
    pytester: pytest.Pytester, in_pytest: InnerPytest
) -> None:
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}}
    with Scripted(lambda _: http(answer)) as server:
        done = in_pytest(f"--sampan-url={server.url}", "-k", "LOGIN-4", "--junit-xml=unit.xml")
    assert done.ret == 1
    assert CONTRACT.requirements["LOGIN-4"].sentence in done.stdout.str()
    assert "curl -g -sS -i http://" in done.stdout.str()
    assert "Traceback" not in done.stdout.str()
    case = next(xml.parse(pytester.path / "unit.xml").iter("testcase"))
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
    in_pytest: InnerPytest, arguments: list[str], environment: dict[str, str], told: str
) -> None:
    done = in_pytest(*arguments, **environment)
    assert done.ret == 4, done.stdout.str()
    assert told in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


class Counting:
    """Takes every submission, and logs everybody in; nothing is ever found."""

    def __call__(self, asked: ReceivedRequest) -> Iterable[bytes]:
        data: Any = "a-hash"
        if asked.path == "/auth/login":
            data = {"token": "a-token-of-someone", "id": "1"}
        elif asked.path == "/jobs/find":
            data = {"res": [], "total": 0}
        return http({"errno": 0, "errmsg": "OK", "data": data})


@pytest.mark.parametrize("workers", [pytest.param("0", marks=pytest.mark.whole), "2"])
def test_the_budget_holds_for_all_workers_together(in_pytest: InnerPytest, workers: str) -> None:
    with Scripted(Counting()) as server:
        done = in_pytest(
            f"--sampan-url={server.url}",
            f"-n{workers}",
            "--sampan-budget-jobs=3",
            "--sampan-job-timeout=0.2",
        )
        asked = server.count()
    assert done.ret == 1
    submitted = sum(asked[one.path] for one in CONTRACT.operations.values() if one.submits)
    assert submitted == 3
    assert "error: the run broke" not in done.stdout.str()


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


def test_workers_leave_nothing_behind(
    pytester: pytest.Pytester, in_pytest: InnerPytest, url: str
) -> None:
    temporary = pytester.path / "tmp"
    temporary.mkdir()
    done = in_pytest(f"--sampan-url={url}", "-n2", "-k", "LOGIN", TMPDIR=str(temporary))
    assert done.ret == 0
    assert [one.name for one in temporary.iterdir() if one.name.startswith("sampan")] == []


@pytest.mark.parametrize("workers", sampled(map(pytest.param, [(), ("-n", "2")]), 2))
def test_a_server_that_is_not_there_is_one_usage_error(
    in_pytest: InnerPytest, workers: tuple[str, ...]
) -> None:
    with Scripted(lambda _: []) as server:
        url = server.url
    done = in_pytest(f"--sampan-url={url}", *workers)
    assert done.ret == pytest.ExitCode.USAGE_ERROR, done.stdout.str()
    assert f"ERROR: --sampan-url: {url} can't be reached: " in done.stderr.str()
    assert "LOGIN-1" not in done.stdout.str()
