"""A test's end in pytest: what was armed and never applied, findings of lint, whose line it is."""

from __future__ import annotations

import pytest

from tests.support.inner_pytest import in_process

pytest_plugins = ("pytester",)


def run(pytester: pytest.Pytester, test: str, *options: str, ini: str = "") -> pytest.RunResult:
    pytester.makepyfile(test)
    pytester.makeini(f"[pytest]\n{ini}\n")
    return in_process(pytester, "-q", *options)


UNUSED = """
    import pytest

    def test_unused(sampan_account):
        sampan_account.admin.fault("ERRNO", errno=501, operation="blendImages")

    def test_optional(sampan_account):
        sampan_account.admin.fault("ERRNO", errno=501, optional=True)
        sampan_account.admin.scenario("fail", optional=True)

    def test_scenario(sampan_account):
        sampan_account.admin.scenario("fail", 46, times=1)

    def test_used(sampan_account):
        sampan_account.admin.scenario("slow", times=2)
        sampan_account.admin.fault("DELAY", delay=0, operation="createJob")
        sampan_account.create("a cat")

    @pytest.mark.sampan(unused_faults="ignore")
    def test_marked(sampan_account):
        sampan_account.admin.fault("ERRNO", errno=501)

    def test_fails_anyway(sampan_account):
        sampan_account.admin.fault("ERRNO", errno=501)
        assert 1 == 2
"""


def test_a_fault_that_was_never_applied_fails_its_test(pytester: pytest.Pytester) -> None:
    result = run(pytester, UNUSED)
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*_ test_unused _*",
            'armed, and never applied: fault ERRNO on {"operation": "blendImages"} (f*): no req*',
            "Mark what may stay unused with optional=True. (Or @pytest.mark.sampan*",
            "*_ test_scenario _*",
            "armed, and never applied: scenario fail=46: no submission",
            "*_ test_fails_anyway _*",
            "E       assert 1 == 2",
        ]
    )
    # Where CI is set, pytest tells each reason again in its summary.
    body = result.stdout.str().partition("short test summary info")[0]
    assert body.count("armed, and never applied: ") == 2


@pytest.mark.parametrize(
    ("options", "ini"),
    [(["--sampan-unused-faults=ignore"], ""), ([], "sampan_unused_faults = ignore")],
)
def test_it_can_be_switched_off_for_a_run(
    pytester: pytest.Pytester, options: list[str], ini: str
) -> None:
    run(pytester, UNUSED, *options, ini=ini).assert_outcomes(passed=5, failed=1)


def test_a_marker_can_switch_it_on_again(pytester: pytest.Pytester) -> None:
    test = """
        import pytest

        @pytest.mark.sampan(unused_faults="error", job_seconds=1)
        def test_marked(sampan_account):
            sampan_account.admin.fault("ERRNO", errno=501)
    """
    run(pytester, test, ini="sampan_unused_faults = ignore").assert_outcomes(failed=1)


def test_a_test_may_remove_its_own_account(pytester: pytest.Pytester) -> None:
    test = """
        def test_gone(sampan_account, sampan_server):
            sampan_account.admin.fault("ERRNO", errno=501)
            sampan_server.admin.delete_account(sampan_account.username)
            sampan_server.account(sampan_account.username)

        def test_gone_for_good(sampan_account):
            sampan_account.admin.delete_account(sampan_account.username)

        def test_gone_with_all(sampan_account, sampan_server):
            empty = sampan_server.admin.export_state()
            account = sampan_account.username
            empty["accounts"] = [a for a in empty["accounts"] if a["username"] != account]
            sampan_server.admin.import_state(empty)
    """
    run(pytester, test).assert_outcomes(passed=3)


LINT = """
    import pytest

    def test_lint(sampan_account):
        account = sampan_account
        account.call("/jobs/find", {"limt": 1})
        for _ in range(30):
            account.call("/jobs/find", {"limit": 2})
"""


def test_findings_of_lint_fail_a_test_if_asked_to(pytester: pytest.Pytester) -> None:
    run(pytester, LINT).assert_outcomes(passed=1)
    result = run(pytester, LINT, ini="sampan_lint = error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["lint of the client:", "- polls-too-fast: * and 19 more)", "- unknown-field: *limt*"]
    )
    rules = "polls-too-fast, unknown-field"
    run(pytester, LINT, "--sampan-lint=error", f"--sampan-lint-ignore={rules}").assert_outcomes(
        passed=1
    )
    marked = LINT.replace(
        "def test_lint", f"@pytest.mark.sampan(lint='error', lint_ignore={rules.split(', ')})\n"
        "    def test_lint",
    )  # fmt: skip
    run(pytester, marked).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "ini", "said"),
    [
        (
            ["--sampan-lint-ignore=poll-too-fast"],
            "",
            "sampan: lint_ignore: 'poll-too-fast' is not a rule; did you mean 'polls-too-fast'? *",
        ),
        (["--sampan-lint=on"], "", "sampan: lint must be ignore or error, not 'on'"),
        (
            [],
            "sampan_unused_faults = no",
            "sampan: unused_faults must be error or ignore, not 'no'",
        ),
    ],
)
def test_another_value_is_a_usage_error(
    pytester: pytest.Pytester, options: list[str], ini: str, said: str
) -> None:
    result = run(pytester, UNUSED, *options, ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])


TYPOS = """
    import pytest
    from sampan import Admin, FakeServer

    def test_fault(sampan_account):
        sampan_account.admin.fault("COMMIT_THEN_DORP")

    def test_keyword(sampan_account):
        sampan_account.admin.fault("ERRNO", errno=501, operaton="createJob")

    def test_advance(sampan_account):
        sampan_account.admin.advance("30 seconds")

    def test_negative(sampan_account):
        sampan_account.admin.advance(-1)

    def test_find(sampan_account):
        sampan_account.find(limit="x")

    def test_verify(sampan_account):
        sampan_account.admin.verify(operation="createJob")

    def test_job(sampan_account):
        sampan_account.admin.complete("beef")

    def test_wait(sampan_account):
        sampan_account.admin.wait_for(timeout=0)

    def test_elsewhere(sampan_account):
        Admin(sampan_account.url.replace("127.0.0.1", "127.0.0.3")).clock()

    def test_port(sampan_server):
        FakeServer(port=sampan_server.port).start()

    def test_state(sampan_account):
        sampan_account.admin.import_state({})
"""


def test_an_error_is_shown_at_the_callers_line(pytester: pytest.Pytester) -> None:
    result = run(pytester, TYPOS)
    text = result.stdout.str()
    result.assert_outcomes(failed=11)
    assert "fake_server/client" not in text
    assert "fake_server/server" not in text
    assert "During handling" not in text
    for name in ("fault", "keyword", "advance", "negative", "find", "verify", "job", "wait"):
        _, _, rest = text.partition(f" test_{name} _")
        assert "test_an_error_is_shown_at_the_callers_line.py:" in rest.partition("\n__")[0]
