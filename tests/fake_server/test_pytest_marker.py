"""The marker that sets the fake of one test, and the names of its accounts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server import pytest_plugin
from tests.support.inner_pytest import alone, in_process

pytest_plugins = ["pytester"]

MARKED = """
    import pytest

    pytestmark = pytest.mark.sampan(job_seconds=7, seed=1)

    def took(account):
        account.admin.freeze()
        before = account.admin.clock()["now_ms"]
        account.wait_finished(account.create("a cat"))
        return account.admin.clock()["now_ms"] - before

    def test_of_the_module(sampan_account):
        assert took(sampan_account) == 7000
        assert sampan_account.admin.profile()["answers"]["find-order"] == "oldest-first"

    @pytest.mark.sampan(job_seconds=60, profile="documented", clock="auto", markers=False)
    def test_of_its_own(sampan_account):
        assert sampan_account.admin.clock()["auto"] is True
        assert sampan_account.admin.profile()["answers"]["find-order"] == "newest-first"
        assert took(sampan_account) == 60000
        sampan_account.create("a cat --fake refused")

    def test_redirected(sampan_account, sampan_redirect):
        import json, urllib.request
        who = {"username": sampan_account.username, "password": sampan_account.password}
        request = urllib.request.Request(f"{sampan_redirect}/auth/login", json.dumps(who).encode())
        request.add_header("Content-Type", "application/json")
        assert json.load(urllib.request.urlopen(request, timeout=20))["errno"] == 0

    def test_beside_the_session_s(sampan_account, sampan_server):
        pass
"""


def test_a_marker_sets_the_fake_of_one_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MARKED)
    result = in_process(pytester, "--strict-markers", "--sampan-profile=mixed")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["this test's fake has the settings of its marker; *"])


def test_an_unmarked_test_has_the_session_s_fake(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        urls = set()

        @pytest.mark.parametrize("number", [
            1, 2, pytest.param(3, marks=pytest.mark.sampan(job_seconds=1)),
        ])
        def test_it(sampan_account, number):
            urls.add(sampan_account.url)
            assert len(urls) == (2 if number == 3 else 1)
        """
    )
    in_process(pytester).assert_outcomes(passed=3)
    in_process(pytester, "--markers").stdout.fnmatch_lines(["@pytest.mark.sampan(job_seconds=*"])


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("job_secnds=1", "unknown option 'job_secnds'; did you mean *job_seconds*?*"),
        ("clock='fast'", "clock must be 'real' or 'auto', not 'fast'"),
        ("profile='none'", "profile 'none' is neither a file nor one of documented, mixed"),
        ("60", "takes keywords, such as job_seconds=60, not 60"),
    ],
)
def test_a_bad_marker_fails_its_test_alone(
    pytester: pytest.Pytester, marker: str, says: str
) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.sampan({marker})
        def test_it(sampan_account):
            pass

        @pytest.mark.sampan({marker})
        def test_without_a_fake():
            pass

        def test_other(sampan_account):
            pass
        """
    )
    result = in_process(pytester)
    result.assert_outcomes(passed=1, errors=2)
    for test in ("test_it", "test_without_a_fake"):
        result.stdout.fnmatch_lines([f"*::{test}: @pytest.mark.sampan*{says}"])


@pytest.mark.whole
def test_a_bad_marker_fails_its_test_in_a_worker(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sampan(job_secnds=1)
        def test_it(sampan_account):
            pass

        def test_other(sampan_account):
            pass
        """
    )
    result = alone(pytester, "-n", "1")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.sampan: unknown option 'job_secnds'; *"])


#: RFC 5321: atoms between dots, 64 characters at most.
_LOCAL_PART = re.compile(r"(?=.{1,64}$)[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


@given(
    st.lists(st.text(), min_size=1, max_size=4).map("::".join)
    | st.just("tests/Ünit/test_x.py::TestA::test_b[a b-#1-猫/狗]")
    | st.just(f"test_x.py::test_{'long_' * 60}[1]")
)
def test_an_account_s_name_is_one_everywhere(nodeid: str) -> None:
    """In an e-mail address, in a URL without escapes, as a user's name."""
    names = [pytest_plugin._name(nodeid) for _ in range(3)]
    assert all(_LOCAL_PART.fullmatch(name) for name in names), names
    assert len(set(names)) == 3


def test_names_tell_tests_apart() -> None:
    ids = [f"t/test_x.py::test_y[{id}]" for id in ("a b", "a-b", "a#b", "A b", "猫", "狗", "", "é")]
    ids += [f"t/test_x.py::test_{'long_' * 60}[{number}]" for number in range(3)]
    assert len({pytest_plugin._name(id) for id in ids}) == len(ids)
    assert pytest_plugin._name("t/test_x.py::TestA::test_y[1]").startswith("test_x.testa.test_y.1.")
