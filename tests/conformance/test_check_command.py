"""``sampan check`` and ``sampan compare`` as a person runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from sampan.conformance.reports.json import as_tree
from sampan.conformance.reports.json import render as as_json
from tests.support import commands
from tests.support.fakes import Served
from tests.support.network.scripted import Scripted, http
from tests.support.samples.sample_report import CONTRACT, a_report

ENVIRONMENT = {
    "SAMPAN_USERNAME": "abc",
    "SAMPAN_PASSWORD": "abc-secret",
    "SAMPAN_LIMITED_USERNAME": "limited",
    "SAMPAN_LIMITED_PASSWORD": "limited-secret",
}


def sampan(*arguments: str, **environment: str) -> Result:
    return commands.run(*arguments, **(environment or ENVIRONMENT))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    fake = Served("--job-seconds", "0.2")
    yield fake.url
    fake.stop()


def test_a_good_server_passes(url: str, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"report.{kind}" for kind in ("json", "junit", "html", "learn")}
    flags = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
    done = sampan("check", url, "--only", "LOGIN", "--only", "AUTH", *flags)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "LOGIN-1" in done.stdout
    assert done.stdout.rstrip().endswith("pass")
    assert "jobs: 1 planned (no limit)" in done.stderr
    assert json.loads(files["json"].read_text())["verdict"] == "pass"
    assert "<testsuite" in files["junit"].read_text()
    assert "<!doctype html>" in files["html"].read_text()
    assert yaml.safe_load(files["learn"].read_text())["answers"]["wrong-credentials"] == "430"
    assert not re.search(r"\x1b", done.stdout + done.stderr), "colours where there is no terminal"


def test_a_wrong_server_fails() -> None:
    """It logs everybody in, whatever the password."""
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}}
    with Scripted(lambda _: http(answer)) as server:
        done = sampan("check", server.url, "--only", "LOGIN-4")
    assert done.exit_code == 1
    assert "LOGIN-4 fail" in done.stdout


def test_an_inconclusive_run() -> None:
    login = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}}
    with Scripted(lambda asked: http(login) if asked.path == "/auth/login" else []) as server:
        done = sampan("check", server.url, "--only", "FIND-1")
    assert done.exit_code == 3, done.stdout
    assert "inconclusive" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "URL is missing"),
        (("nonsense",), "looks like http://127.0.0.1:8091"),
        (("http://example.com",), "--allow-plain-http"),
        (("http://127.0.0.1:9", "--only", "NO-7"), "selects nothing"),
        (("http://127.0.0.1:9", "--skip", "LOGIN", "--skip", "FINDS"), "FINDS selects nothing"),
        (("http://127.0.0.1:9", "--only", "FIND", "--only", ""), "--only  selects nothing"),
        (("http://127.0.0.1:9", "--budget-jobs", "many"), "--budget-jobs must be a number"),
        (("http://127.0.0.1:9", "--budget-jobs", "-1"), "--budget-jobs must be a number"),
        (("http://127.0.0.1:9", "--generate", "-1"), "--generate must be a number of requests"),
        (("http://127.0.0.1:9", "--timeout", "0"), "--timeout"),
        (("http://127.0.0.1:9", "--second-username", "b"), "SAMPAN_SECOND_PASSWORD"),
        (
            ("http://127.0.0.1:9", "--known", "/no/such", "--dry-run"),
            "--known: can't read /no/such",
        ),
        (("http://127.0.0.1:9", "--json", "/no/such/folder/a.json"), "can't write"),
        (("http://127.0.0.1:9",), "can't be reached"),
    ],
)
def test_what_can_not_run_says_why(arguments: tuple[str, ...], told: str) -> None:
    done = sampan("check", *arguments)
    assert done.exit_code == 2, done.stdout
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_no_account_no_run(url: str) -> None:
    done = sampan("check", url, SAMPAN_USERNAME="")
    assert done.exit_code == 2
    assert "SAMPAN_USERNAME and SAMPAN_PASSWORD" in done.stderr


def test_flags_come_before_the_environment(url: str) -> None:
    wrong = sampan("check", url, "--only", "LOGIN-1", "--password", "wrong")
    assert wrong.exit_code == 2
    assert "errno 430" in wrong.stderr


def test_a_dry_run_needs_no_account_and_no_tls() -> None:
    done = sampan("check", "http://example.com", "--dry-run", SAMPAN_USERNAME="")
    assert done.exit_code == 0, done.stderr
    assert "requests: at most" in done.stdout


def test_what_is_skipped_is_listed_as_not_tested(url: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    flags = ("--only", "LOGIN", "--skip", "LOGIN-4", "--skip", "wrong-credentials")
    done = sampan("check", url, *flags, "--json", str(file))
    assert done.exit_code == 0, done.stderr
    rows = {one["id"]: one for one in json.loads(file.read_text())["requirements"]}
    assert rows["LOGIN-4"]["verdict"] == "skipped"
    assert rows["LOGIN-4"]["message"] == "left out by --skip"
    assert rows["LOGIN-1"]["verdict"] == "pass"
    assert "wrong-credentials" not in sampan("check", "--list", *flags).stdout


def test_known_deviations_and_news(tmp_path: Path) -> None:
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}}
    known, report = tmp_path / "known", tmp_path / "a.json"
    known.write_text("# of last year\nLOGIN-3\nLOGIN-4  # anyone may log in\nLOGIN-2\nGEN-4\n")
    with Scripted(lambda _: http(answer)) as server:
        run = ("check", server.url, "--only", "LOGIN-4", "--skip", "wrong-credentials")
        assert sampan(*run, "--json", str(report)).exit_code == 1
        assert sampan(*run, "--known", str(known)).exit_code == 0
        assert sampan(*run, "--known", str(report)).exit_code == 0
        known.write_text("LOGIN-3\n")
        assert sampan(*run, "--known", str(known)).exit_code == 1
        for text in ("LOGIN-99", "{}", "{"):
            known.write_text(text)
            done = sampan(*run, "--known", str(known))
            assert (done.exit_code, "Traceback" in done.stderr) == (2, False), done.stderr


def test_a_dry_run_sends_nothing() -> None:
    with Scripted(lambda _: []) as server:
        done = sampan("check", server.url, "--dry-run", "--budget-jobs", "0")
        assert server.asked == []
    assert done.exit_code == 0
    assert "jobs: 0 planned (0 allowed)" in done.stdout
    assert "untestable: " in done.stdout


def test_the_list_shows_every_id() -> None:
    done = sampan("check", "--list")
    assert done.exit_code == 0
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert shown == [*CONTRACT.requirements, *CONTRACT.questions]
    for requirement in CONTRACT.requirements.values():
        assert requirement.sentence in done.stdout, "a pipe gets every line whole"
    only = sampan("check", "--list", "--only", "PAR-1").stdout.splitlines()
    assert [line.split()[0] for line in only] == ["PAR-1"]


_HEAVY = ("schemathesis", "hypothesis", "pytest", "PIL", "jsonschema_rs", "rich", "httpx", "h11")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        (
            "from sampan.conformance.cli import check\ncheck(['--list'], standalone_mode=False)",
            _HEAVY,
        ),
        (
            "from sampan.conformance.cli import check\n"
            "try: check(['http://127.0.0.1:9', '--dry-run'])\n"
            "except SystemExit: pass",
            tuple(sorted(set(_HEAVY) - {"rich", "h11"})),
        ),
        ("from sampan import conformance", (*_HEAVY, "yaml", "click")),
        ("import sampan.conformance.pytest_plugin", (*sorted(set(_HEAVY) - {"pytest"}), "yaml")),
    ],
)
def test_nothing_heavy_is_imported_too_early(statement: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys\n{statement}\nprint('LOADED', *{heavy!r} & sys.modules.keys())"
    code = code.replace(f"*{heavy!r} & ", f"*set({heavy!r}) & ")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1:] == ["LOADED"], done.stdout[-300:] + done.stderr


# compare


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "a.json"
    file.write_text(as_json(a_report(), CONTRACT), encoding="utf-8")
    return file


def changed(report: Path, id: str, told: str) -> Path:
    tree = as_tree(a_report(), CONTRACT)
    for rows, key in (("requirements", "verdict"), ("questions", "answer")):
        for row in tree[rows]:
            if row["id"] == id:
                row[key] = told
    file = report.with_name("b.json")
    file.write_text(json.dumps(tree), encoding="utf-8")
    return file


def test_compare_tells_a_difference_that_a_client_would_notice(report: Path) -> None:
    same = sampan("compare", str(report), str(report))
    assert (same.exit_code, same.stdout) == (0, "0 differences\n")
    done = sampan("compare", str(report), str(changed(report, "find-order", "oldest-first")))
    assert done.exit_code == 1
    assert "find-order               newest-first -> oldest-first" in done.stdout
    unsure = sampan("compare", str(report), str(changed(report, "GEN-2", "untestable")))
    assert unsure.exit_code == 0
    assert "? GEN-2" in unsure.stdout
    assert "0 differences, 1 undecided (?)" in unsure.stdout


def test_compare_refuses_what_is_no_report(report: Path, tmp_path: Path) -> None:
    other = tmp_path / "c.json"
    other.write_text("{}")
    done = sampan("compare", str(report), str(other))
    assert done.exit_code == 2
    assert "is not a report" in done.stderr
