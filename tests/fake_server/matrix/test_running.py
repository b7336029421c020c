"""What COMMAND relies on is told apart from what it tolerates and what it never touches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sampan.fake_server.contract import document, yaml_files
from sampan.fake_server.matrix.plan import select, trials
from sampan.fake_server.matrix.results import Report, Word
from sampan.fake_server.matrix.running import Setup, Stop, run
from tests.support.examples import sampled
from tests.support.matrix_clients import NEWEST, PLAIN, client

EVERY = trials(document.compile(yaml_files.read("openapi.yaml")))


def ran(command: list[str], *only: str, mishaps: bool = False, **setup: Any) -> Report:
    """The report on ``command``, with clocks that wait for nobody."""
    given = {"clock": "auto", "jobs": 2, "time_limit": 30.0, **setup}
    return run(Setup(command, **given), select(EVERY, only, (), mishaps=mishaps), Stop())


def words(report: Report) -> dict[str, Word]:
    return {result.trial.name: result.word for result in report.results}


def test_a_reading_is_relied_on_borne_or_never_touched() -> None:
    report = ran(NEWEST, "find-order", "pending-statuses", "describe-result", "find-bad-limit")
    assert words(report) == {
        "find-order=oldest-first": Word.FAILS,
        "pending-statuses=1-2-3": Word.TOLERATES,
        "pending-statuses=null": Word.TOLERATES,
        "describe-result=description-one": Word.UNTOUCHED,
        "describe-result=msg-content": Word.UNTOUCHED,
        "find-bad-limit=clamped": Word.UNTOUCHED,
        "find-bad-limit=ignored": Word.UNTOUCHED,
    }
    (failed,) = (run for result in report.results if (run := result.failed))
    assert failed.lines == ("not the newest red\\x07",)
    assert report.exit_code == 1
    assert all(len(result.runs) == 1 for result in report.results)


def test_quick_runs_only_what_is_reached() -> None:
    report = ran(NEWEST, "find-order", "describe-result", quick=True)
    assert [len(result.runs) for result in report.results] == [1, 0, 0]
    assert [result.word for result in report.results] == [
        Word.FAILS,
        Word.UNTOUCHED,
        Word.UNTOUCHED,
    ]


def test_nothing_breaks_what_relies_on_nothing() -> None:
    report = ran(PLAIN, "token-lifetime", "success-http-status", "mixed")
    assert set(words(report).values()) == {Word.TOLERATES}
    assert (report.exit_code, report.problem, report.remarks) == (0, None, [])


def test_mishaps_are_met_once_and_told_apart_from_those_that_are_not() -> None:
    report = ran(
        NEWEST,
        *("answer-lost", "service-error=findJobs", "too-many-requests=login"),
        *("picture-late", "job-slow", "token-expires"),
    )
    assert words(report) == {
        "answer-lost=createJob": Word.FAILS,
        "answer-lost=varyJob": Word.UNTOUCHED,
        "answer-lost=upscaleJob": Word.UNTOUCHED,
        "answer-lost=blendImages": Word.UNTOUCHED,
        "answer-lost=describeImage": Word.UNTOUCHED,
        "service-error=findJobs": Word.FAILS,
        "too-many-requests=login": Word.FAILS,
        "token-expires": Word.FAILS,
        "picture-late": Word.FAILS,
        "job-slow": Word.TOLERATES,
    }


def test_who_waits_for_the_second_job_alone_meets_a_failure_as_well() -> None:
    report = ran(NEWEST, "job-fails", time_limit=3.0)
    assert words(report) == {"job-fails": Word.FAILS}  # it waits without end


def test_a_mishap_that_nobody_meets_is_not_borne() -> None:
    report = ran(PLAIN, "picture-late", "job-fails", "service-error=login")
    assert words(report) == {
        "service-error=login": Word.FAILS,
        "picture-late": Word.UNTOUCHED,
        "job-fails": Word.UNTOUCHED,
    }


def test_what_command_disarms_or_forgets_is_told_apart_all_the_same() -> None:
    """Suites reset the fake before and after each test."""
    script = """
def reset():
    for method, path in (("POST", "reset"), ("DELETE", "faults"), ("DELETE", "scenarios")):
        body = "{}" if method == "POST" else None
        line.request(method, "/__admin/" + path, body, {"Content-Type": "application/json"})
        line.getresponse().read()
def submit():
    token = login()
    try:
        send("POST", "/jobs/create", json.dumps({"content": "a cat"}), token)
    except OSError:
        line.close()
"""
    after, before = client(f"{script}submit(); reset()"), client(f"{script}reset(); submit()")
    only = ("service-error=createJob", "answer-lost=createJob")
    assert set(words(ran(after, *only)).values()) == {Word.TOLERATES}
    assert set(words(ran(before, *only)).values()) == {Word.UNTOUCHED}


#: Submits a job that nobody looks at, and then logs in anew.
WARM_UP = """
def submit(token):
    return post("/jobs/create", {"content": "a cat"}, token)
def find(token, limit=10):
    return post("/jobs/find", {"limit": limit}, token)["res"]
token = login()
warm_up = submit(token)
"""

#: What a client does after that, and the mishaps that it can notice.
NOTICED: list[tuple[str, set[str]]] = [
    ("pass", set()),
    ("find(token, 1)", set()),
    ("hash = submit(token); find(token, 1)", set()),
    (
        "hash = submit(token)\n"
        "for n in range(200):\n"
        "    found = json.loads(send('POST', '/jobs/find', '{}', token)[1])\n"
        "    if found['errno']: token = login()\n"
        "    elif found['data']['res'][0]['status'] >= 2000: break\n",
        {"job-fails", "job-slow", "token-expires"},
    ),
    (
        "while find(token, 1)[0]['status'] < 2000: token = login()\n"
        "send('GET', find(token, 1)[0]['img_buffer'].partition(url)[2])"
        " if find(token, 1)[0]['img_buffer'] else 0",
        {"job-fails", "job-slow", "picture-late"},
    ),
]


@pytest.mark.parametrize(("script", "noticed"), sampled(NOTICED, 3))
def test_a_mishap_is_borne_only_by_whom_a_request_has_shown_it(
    script: str, noticed: set[str]
) -> None:
    every = {"job-fails", "job-slow", "token-expires", "picture-late"}
    found = words(ran(client(WARM_UP + script), *every))
    assert {name for name, word in found.items() if word is not Word.UNTOUCHED} == noticed


def test_who_fails_has_noticed_a_mishap_in_whatever_way() -> None:
    script = "post('/jobs/upscale', {'parent_hash': warm_up, 'grid_num': 1}, token)"
    report = ran(client(WARM_UP + script), "job-fails", job_seconds=0.0)
    assert words(report) == {"job-fails": Word.FAILS}


def test_what_is_submitted_after_a_mishap_was_noticed_is_spared() -> None:
    script = f"""{WARM_UP}
def end():
    while True:
        status = find(token, 1)[0]["status"]
        if status >= 2000:
            return status
submit(token)
assert end() in (2000, 4000)
submit(token)
assert end() == 2000
"""
    assert words(ran(client(script), "job-fails")) == {"job-fails": Word.TOLERATES}


def test_tests_with_the_fixture_use_the_fake_of_the_matrix(tmp_path: Path) -> None:
    (tmp_path / "test_client.py").write_text(
        """
def test_the_newest_is_first(sampan_account, sampan_server):
    assert sampan_server.url == sampan_account.url
    hashes = [sampan_account.create(prompt) for prompt in ("a cat", "a dog")]
    sampan_account.wait_finished(hashes[1])
    assert sampan_account.find(limit=2).res[0]["hash"] == hashes[1]
    assert sampan_server.account().find(limit=1).total == 0
"""
    )
    alone = ["--disable-plugin-autoload", "-p", "sampan.fake_server.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", *alone, "-pno:cacheprovider", str(tmp_path)]
    report = ran(command, "find-order", "describe-result", quick=True)
    assert words(report) == {
        "find-order=oldest-first": Word.FAILS,
        "describe-result=description-one": Word.UNTOUCHED,
        "describe-result=msg-content": Word.UNTOUCHED,
    }


def test_one_that_does_not_pass_as_documented_is_not_run_again(tmp_path: Path) -> None:
    report = ran(client(f"open({str(tmp_path / 'runs')!r}, 'a').write('x'); login(); sys.exit(3)"))
    assert (tmp_path / "runs").read_text() == "x"
    assert report.exit_code == 2
    assert report.problem is not None
    assert report.problem.startswith("COMMAND does not pass as documented: exit 3 after ")
    assert "no request" not in report.problem
    assert set(words(report).values()) == {Word.NOT_RUN}


@pytest.mark.parametrize("command", ["true", "false"])
def test_one_that_never_asks_the_fake_proves_nothing_and_is_told_where_it_is(command: str) -> None:
    report = ran([command])
    assert report.exit_code == 2
    assert report.problem is not None
    assert "no request to the fake; it has to use the address in SAMPAN_URL" in report.problem


def flaky(file: Path, after: int) -> list[str]:
    """Passes so many times, and then every second time."""
    return client(
        f"""
with open({str(file)!r}, "a") as file:
    file.write("x")
    runs = file.tell()
login()
sys.exit(runs > {after} and (runs - {after}) % 2)
"""
    )


def test_a_command_that_is_flaky_as_documented_is_said_to_be_so(tmp_path: Path) -> None:
    report = ran(flaky(tmp_path / "runs", 0), "mixed", repeat=4)
    assert report.problem == "COMMAND is flaky as documented: 2 of 4 runs passed"
    assert report.exit_code == 2


def test_a_run_that_fails_once_and_then_passes_is_flaky(tmp_path: Path) -> None:
    report = ran(flaky(tmp_path / "runs", 3), "second-login", repeat=3)
    (result,) = report.results
    assert [run.passed for run in result.runs] == [False, True]
    assert result.word is Word.FLAKY
    assert report.exit_code == 1


def test_a_failure_of_what_no_request_reaches_has_another_cause(tmp_path: Path) -> None:
    report = ran(flaky(tmp_path / "runs", 1), "describe-result=msg-content")
    (result,) = report.results
    assert result.word is Word.FLAKY
    (remark,) = report.remarks
    assert "where nothing that is different could be noticed" in remark


def test_a_run_that_hangs_fails_in_time() -> None:
    script = "login()\nif send('POST', '/nowhere', '{}')[1][:1] == b'<':\n    time.sleep(60)"
    report = ran(client(script), "unknown-route", time_limit=3.0)
    (result,) = report.results
    assert result.word is Word.FAILS
    assert result.failed is not None
    assert result.failed.code is None
    assert result.failed.ending.startswith("not done after 3.")


def test_every_run_has_a_fake_and_a_port_of_its_own(tmp_path: Path) -> None:
    script = f"open({str(tmp_path)!r} + '/%d' % os.getpid(), 'w').write(url)\ntoken = login()\n"
    script += "assert post('/jobs/find', {}, token)['total'] == 0, 'not a new fake'\n"
    script += "post('/jobs/create', {'content': 'a cat'}, token); time.sleep(0.2)"
    report = ran(client(script), "find-order", "find-scope", "progress-type", jobs=4)
    assert report.exit_code == 0
    ports = [file.read_text() for file in tmp_path.iterdir()]
    assert len(ports) == 6
    assert len(set(ports)) >= 4  # one may be given again when it is free


def test_a_client_with_the_live_address_wired_in_comes_by_the_proxy() -> None:
    script = """
import urllib.request
body = json.dumps({"username": name, "password": os.environ["SAMPAN_PASSWORD"]}).encode()
with urllib.request.urlopen("http://164.90.147.104:8091/auth/login", body, timeout=5) as answer:
    sys.exit(answer.status != 200)
"""
    report = ran(client(script), "success-http-status", "token-lifetime", as_proxy=True)
    assert words(report) == {
        "success-http-status=201": Word.FAILS,
        "token-lifetime=90m": Word.TOLERATES,
    }


def test_a_profile_that_command_sets_itself_is_remarked() -> None:
    script = """
login()
line.request("PUT", "/__admin/profile", "{}", {"Content-Type": "application/json"})
assert line.getresponse().status == 200
"""
    report = ran(client(script), "second-login")
    assert any("sets a profile" in remark for remark in report.remarks)


def test_a_reset_keeps_the_answer_of_the_run() -> None:
    script = """
line.request("POST", "/__admin/reset", "{}", {"Content-Type": "application/json"})
line.getresponse().read()
status, text = send("POST", "/auth/login", "{}")
sys.exit(status != 200)
"""
    report = ran(client(script), "error-http-status")
    assert set(words(report).values()) == {Word.FAILS}


def test_secrets_are_in_no_output_that_is_kept() -> None:
    script = "token = login(); print('as', os.environ['SAMPAN_PASSWORD'], token); sys.exit(1)"
    report = ran(client(script))
    (line,) = report.documented[0].lines
    assert line == "as (redacted) (redacted)"


def test_the_matrix_needs_nothing_of_the_kit() -> None:
    code = "import sys, sampan.fake_server.matrix.command as _; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"httpx", "rich", "hypothesis", "schemathesis"})
    assert not any(name.startswith("sampan.conformance") for name in done.stdout.split())
