"""``st run`` with the hooks, as a user starts it: no false alarm, no secret, no job too many."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from sampan.fake_server.settings import NewAccount
from tests.conforming_servers import CONFORMING_SERVERS
from tests.stock_tools.kinds import misplaced
from tests.stock_tools.schemathesis_runs import HOOKS, st_run
from tests.support.tampering.server import ACCOUNTS, settings
from tests.wrong_servers import WRONG_SERVERS

#: Written otherwise in JSON, XML, YAML, HTML, by a shell and in a URL.
ODD = "pass\"wo<rd&'ü %/\\ 9"
#: The page's examples and those of the hooks.
EXAMPLES = ("--phases", "examples", "--seed", "1", "--workers", "2")


def test_a_right_server_has_no_failure_and_no_secret_is_written() -> None:
    mixed = next(one for one in CONFORMING_SERVERS if one.id == "mixed-1")
    right = replace(mixed, accounts={**ACCOUNTS, "first": NewAccount("abc", ODD)})
    done = st_run(
        right.build(settings(0)),
        EXAMPLES,
        hooks=True,
        accounts=right.accounts,
        environment={"SAMPAN_BUDGET_JOBS": "5"},
    )
    assert (done.code, done.failures, done.leaks) == (0, frozenset(), ()), done.output
    assert 0 < done.jobs <= 5
    assert f"sampan: {done.jobs} jobs spent at http://127.0.0.1:" in done.output
    assert "requests were not sent: " in done.output


def test_a_wrong_server_is_failed_by_its_requirement_and_no_secret_is_written() -> None:
    wrong = next(one for one in WRONG_SERVERS if one.id == "account-id-is-a-number")
    done = st_run(
        wrong.build(settings(0)), (*EXAMPLES, "--include-path", "/auth/login"), hooks=True
    )
    assert (done.code, done.leaks) == (1, ())
    assert ("POST /auth/login", "LOGIN-2") in done.failures
    assert "--data-raw" in done.output


def test_the_hooks_know_nothing_of_the_fake() -> None:
    look = "import sys; print([name for name in sys.modules if 'fake_server' in name])"
    command = [sys.executable, "-c", f"import {HOOKS}; {look}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_the_table_of_kinds_names_wrong_servers() -> None:
    assert misplaced(WRONG_SERVERS) == set()
