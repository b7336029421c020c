"""The pytest plugin, in projects of its own that use it or don't."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from sampan.fake_server import pytest_plugin
from sampan.fake_server.client.journal_text import journal_text
from sampan.fake_server.server.threaded import FakeServer
from tests.support.inner_pytest import alone, in_process
from tests.support.paths import ROOT

pytest_plugins = ["pytester"]

RECIPES = (ROOT / "docs" / "recipes.md").read_text()


def test_each_test_has_a_sandbox_named_after_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_one="""
        import pytest

        seen = []

        @pytest.mark.parametrize("word", ["a/b", "猫"])
        def test_draws(sampan_account, sampan_server, word):
            assert sampan_account.url == sampan_server.url
            assert sampan_account.find().total == 0
            sampan_account.create(word)
            assert sampan_account.username.startswith("test_one.test_draws.")
            seen.append(sampan_account.username)

        def test_sandboxes_are_gone_with_their_tests(sampan_server):
            assert len(set(seen)) == 2
            there = [account["username"] for account in sampan_server.admin.accounts()]
            assert there == ["abc", "limited"]
        """
    )
    in_process(pytester).assert_outcomes(passed=3)


FAILING = """
    def test_fails(sampan_account):
        sampan_account.create("a cat")
        sampan_account.admin.fault("ERRNO", errno=501, operation="createJob")
        try:
            sampan_account.create("a dog")
        finally:
            print("the password is not", len(sampan_account.password))

    def test_passes(sampan_account):
        sampan_account.create("nothing to see")

    def test_fails_without_a_sandbox():
        assert False
"""


def test_the_journal_of_a_failed_test_is_attached(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    result = in_process(pytester, "-rA")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*- sampan journal of *.test_fails.???????? -*",
            "#* POST /auth/login: 200, errno 0",
            "#* POST /jobs/create: 200, errno 0",
            '   > {"content": "a cat"}',
            "#* POST /jobs/create: *errno 501",
            '   > {"content": "a dog"}',
            "   fault: f* ERRNO",
        ]
    )
    text = result.stdout.str()
    assert text.count("- sampan journal of") == 1
    assert "nothing to see" not in text.partition("sampan journal")[2]
    assert not re.search(r"eyJ[\w-]+\.eyJ", text), "a token is in the report"


@pytest.mark.whole
def test_the_journal_is_attached_under_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    result = alone(pytester, "-n", "2")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["*- sampan journal of *.test_fails.*", "*errno 501"])


def test_a_failed_setup_has_its_journal_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def client(sampan_account):
            sampan_account.upscale("no such parent", 1)

        def test_uses_it(client):
            pass
        """
    )
    result = in_process(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- sampan journal of *", "*errno 420"])


def test_workers_do_not_disturb_one_another(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.parametrize("number", range(40))
        def test_draws(sampan_account, number):
            assert os.environ["PYTEST_XDIST_WORKER"] in ("gw0", "gw1")
            sampan_account.admin.freeze()
            hash = sampan_account.create(str(number))
            assert [record["msg_display"] for record in sampan_account.find().res] == [str(number)]
            assert sampan_account.wait_finished(hash)["status"] == 2000
            assert sampan_account.admin.count(operation="createJob") == 1
        """
    )
    alone(pytester, "-n", "2").assert_outcomes(passed=40)


SETTINGS = """
    def test_settings(sampan_account, sampan_server):
        sampan_account.admin.freeze()
        before = sampan_account.admin.clock()["now_ms"]
        hash = sampan_account.create("a cat")
        sampan_account.wait_finished(hash)
        print("took", sampan_account.admin.clock()["now_ms"] - before)
        print("seed", sampan_server.admin.version()["seed"])
        print("order", sampan_server.admin.profile()["answers"]["find-order"])
        print("auto", sampan_server.admin.clock()["auto"])
"""


@pytest.mark.parametrize("by", ["option", "ini"])
def test_settings_are_options_and_ini(pytester: pytest.Pytester, by: str) -> None:
    pytester.makepyfile(SETTINGS)
    given = {"job-seconds": "7", "seed": "11", "profile": "mixed", "clock": "auto"}
    if by == "option":
        result = in_process(
            pytester, "-s", *(f"--sampan-{key}={value}" for key, value in given.items())
        )
    else:
        lines = (f"sampan_{key.replace('-', '_')} = {value}" for key, value in given.items())
        pytester.makeini("\n".join(["[pytest]", *lines]))
        result = in_process(pytester, "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*took 7000", "seed 11", "order oldest-first", "auto True"])


def test_an_option_goes_before_the_ini(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SETTINGS)
    pytester.makeini("[pytest]\nsampan_seed = 11\nsampan_job_seconds = 7")
    result = in_process(pytester, "-s", "--sampan-seed", "12")
    result.stdout.fnmatch_lines(["*took 7000", "seed 12", "order newest-first", "auto False"])


def test_a_profile_of_the_ini_lies_beside_it(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", own="answers: {find-order: oldest-first}")
    pytester.makeini("[pytest]\nsampan_profile = own.yaml")
    folder = pytester.mkdir("tests")
    (folder / "test_it.py").write_text(
        "def test_it(sampan_server):\n"
        "    answers = sampan_server.admin.profile()['answers']\n"
        "    assert answers['find-order'] == 'oldest-first'\n"
    )
    pytester.chdir()
    in_process(pytester, "tests").assert_outcomes(passed=1)
    pytester._monkeypatch.chdir(folder)
    in_process(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--sampan-job-seconds=soon", "--sampan-job-seconds must be a number, not 'soon'"),
        ("--sampan-seed=x", "--sampan-seed must be an integer, not 'x'"),
        ("--sampan-clock=fast", "sampan: clock must be 'real' or 'auto', not 'fast'"),
        (
            "--sampan-profile=none",
            "sampan: profile 'none' is neither a file nor one of *",
        ),
    ],
)
def test_a_bad_setting_is_said(pytester: pytest.Pytester, argument: str, says: str) -> None:
    pytester.makepyfile("def test_it(sampan_account): pass")
    result = in_process(pytester, argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {says}"])
    assert len(result.stderr.lines) <= 3


def test_help_names_the_options_and_leaves_the_kits_alone(pytester: pytest.Pytester) -> None:
    text = in_process(pytester, "--help").stdout.str()
    for name in ("profile", "job-seconds", "seed", "clock"):
        assert f"--sampan-{name}=" in text
        assert f"sampan_{name.replace('-', '_')} (string):" in text
    assert "--sampan-url" not in text
    fixtures = in_process(pytester, "--fixtures").stdout.str()
    for fixture in ("sampan_server [session scope]", "sampan_account", "sampan_redirect"):
        assert fixture in fixtures


def test_the_recipes_tell_every_option_and_fixture() -> None:
    rows = re.findall(r"^\| `(--sampan-[a-z-]+)` \| `(\w+)` \|", RECIPES, re.MULTILINE)
    assert [row[0] for row in rows] == [f"--{option}" for option in pytest_plugin.options()]
    assert all(ini == option[2:].replace("-", "_") for option, ini in rows)
    told = re.findall(r"^\| `(sampan_\w+)` \| \D", RECIPES, re.MULTILINE)
    assert told == ["sampan_server", "sampan_account", "sampan_redirect"]


def test_a_project_that_does_not_use_it_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("sampan")
            ours = {name for name in sys.modules if name.partition(".")[0] == "sampan"}
            fake = "sampan.fake_server"
            assert ours == {"sampan", fake, f"{fake}.pytest_plugin"}
            assert not {"uvicorn", "orjson", "jsonschema_rs", "PIL", "yaml"} & set(sys.modules)
        """
    )
    alone(pytester).assert_outcomes(passed=1)


def test_a_failure_of_a_project_that_does_not_use_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it():\n    assert 0")
    result = in_process(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*sampan journal*")


def test_the_live_address_is_redirected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import json
        import socket
        import urllib.request

        def test_it(sampan_account, sampan_redirect):
            assert "connect" in vars(socket.socket)
            assert sampan_redirect == "http://164.90.147.104:8091"
            who = {"username": sampan_account.username, "password": sampan_account.password}
            url = "http://164.90.147.104:8091/auth/login"
            with urllib.request.urlopen(url, json.dumps(who).encode(), timeout=20) as answer:
                assert json.load(answer)["errno"] == 0
            assert sampan_account.admin.count(operation="login") == 1

        def test_it_has_ended():
            assert "connect" not in vars(socket.socket)
        """
    )
    alone(pytester).assert_outcomes(passed=2)


def test_a_journal_that_is_empty_or_gone() -> None:
    with FakeServer() as server:
        account = server.account()
        assert journal_text(account) == "no requests"
        account.create("x" * 1000)
        assert "… (1000 characters)" in journal_text(account)
    assert journal_text(account).startswith("the journal can't be read: ")


def test_the_journal_shows_whole_answers() -> None:
    """A reader wants the status and the picture's link, which come late in a record."""
    with FakeServer(job_seconds=0) as server:
        account = server.account()
        for number in range(9):
            account.create(f"a cat {number}")
        record = account.find(limit=9).res[0]
        text = journal_text(account)
    for key in ("status", "img_buffer", "img_thumb", "hash", "is_favourite"):
        assert f'"{key}": {json.dumps(record[key])}' in text
    assert '"total": 9' in text
    assert "… and 6 more" in text
    assert "bot_id" not in text
    assert re.search(r"and \d+ keys that are null", text)


def test_a_long_journal_keeps_what_came_last_whole() -> None:
    with FakeServer(job_seconds=0) as server:
        account = server.account()
        for _ in range(4):
            account.create("a cat")
        for _ in range(60):
            account.find(limit=3)
        text = journal_text(account)
    assert len(text) < 120_000
    assert text.count("POST /jobs/find: 200, errno 0") == 60
    first, last = text.partition("POST /jobs/find")[0], text.rpartition("POST /jobs/find")[2]
    assert "bodies left out" in first
    assert '"img_buffer"' in last


def test_the_journal_is_in_junit_xml(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        FAILING
        + """
    def test_says_so(sampan_account):
        import pytest
        sampan_account.create("a fox")
        pytest.fail("no trace", pytrace=False)

    import pytest
    @pytest.fixture
    def client(sampan_account):
        sampan_account.upscale("no such parent", 1)

    def test_uses_it(client):
        pass
"""
    )
    in_process(pytester, "--junit-xml=report.xml")
    cases = ElementTree.parse(pytester.path / "report.xml").iter("testcase")
    found = {
        case.attrib["name"]: "".join(case.itertext())
        for case in cases
        if "sampan journal of" in "".join(case.itertext())
    }
    assert set(found) == {"test_fails", "test_says_so", "test_uses_it"}
    assert "POST /jobs/create: 200, errno 501" in found["test_fails"]
    assert '> {"content": "a fox"}' in found["test_says_so"]
    assert "errno 420" in found["test_uses_it"]


def test_of_many_requests_the_last_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sampan.fake_server.client.journal_text._MAX_REQUESTS", 3)
    with FakeServer() as server:
        account = server.account()
        account.create("a cat")
        for limit in range(1, 5):
            account.find(limit=limit)
        text = journal_text(account)
    assert text.startswith("… after 3 earlier requests, which are left out\n")
    assert [f'"limit": {limit}}}' in text for limit in range(1, 5)] == [False, True, True, True]
