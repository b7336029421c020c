"""pytest: a fake for the session, a sandbox for each test.

    def test_my_client(sampan_account):
        client = MyClient(sampan_account.url, sampan_account.username, sampan_account.password)

Nothing but this file is imported until a test asks for one of the fixtures.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from .client.account import Account
    from .server.threaded import FakeServer
    from .settings import Options

# Option, what it means. Each is an ini setting too, with underscores: sampan_job_seconds.
_OPTIONS = {
    "sampan-profile": "the fake's answers to the API's open questions: a profile's name, or a file",
    "sampan-job-seconds": "duration of a job in seconds (default: 2)",
    "sampan-seed": "make the fake's ids, hashes and colours repeatable",
    "sampan-clock": "real, or auto: each poll moves the fake's time forward",
}

_USED = pytest.StashKey["Account"]()
_NOT_IN_NAMES = re.compile(r"[/\x00-\x1f\x7f]+")
_serial = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sampan", "the fake of the 小船AI image API")
    for option, meaning in _OPTIONS.items():
        group.addoption(f"--{option}", metavar=option.rpartition("-")[2].upper(), help=meaning)
        parser.addini(option.replace("-", "_"), meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse settings that can't be before any test runs; without settings nothing is loaded."""
    given = _settings(config)
    if not given:
        return
    from .contract.profile_files import load_profile, shipped_questions
    from .settings import settings

    try:
        load_profile(settings(**given).profile, shipped_questions())
    except ValueError as problem:
        raise pytest.UsageError(f"sampan: {problem}") from None


@pytest.fixture(scope="session")
def sampan_server(pytestconfig: pytest.Config) -> Iterator[FakeServer]:
    """One fake for the session; with xdist, one per worker."""
    from .server.threaded import FakeServer

    server = FakeServer(**_settings(pytestconfig)).start()
    yield server
    server.stop()


@pytest.fixture
def sampan_account(sampan_server: FakeServer, request: pytest.FixtureRequest) -> Iterator[Account]:
    """A sandbox for this test: an account named after the test, and deleted after it."""
    account = sampan_server.account(_name(request.node.nodeid))
    request.node.stash[_USED] = account
    yield account
    del request.node.stash[_USED]
    sampan_server.admin.delete_account(account.username)


@pytest.fixture
def sampan_redirect(sampan_server: FakeServer) -> Iterator[str]:
    """The live service's address; during the test, connections to it reach the fake."""
    from .client.redirect import LIVE, redirect

    with redirect(sampan_server.url):
        yield LIVE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Attach to a failure what its sandbox was asked and answered."""
    report = yield
    account = item.stash.get(_USED, None)
    if account is not None and report.failed:
        from .client.journal_text import journal_text

        report.sections.append((f"sampan journal of {account.username}", journal_text(account)))
    return report


def _settings(config: pytest.Config) -> Options:
    """The options given on the command line or in the ini file. Raises ``UsageError``."""
    settings = {
        name.removeprefix("sampan-").replace("-", "_"): _convert(name, value)
        for name in _OPTIONS
        if (value := _given(config, name)) is not None
    }
    return cast("Options", settings)


def _convert(option: str, value: str) -> Any:
    convert, what = _CONVERT.get(option, (str, "text"))
    try:
        return convert(value)
    except ValueError:
        raise pytest.UsageError(f"--{option} must be {what}, not {value!r}") from None


_CONVERT: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "sampan-job-seconds": (float, "a number"),
    "sampan-seed": (int, "an integer"),
}


def _given(config: pytest.Config, option: str) -> str | None:
    """An option's value, or that of the ini setting of its name."""
    name = option.replace("-", "_")
    given: str | None = config.getoption(name)
    if given is not None:
        return given
    given = config.getini(name) or None
    if given is not None and option == "sampan-profile" and config.inipath is not None:
        # A file is looked for beside the ini file as well: tests are run from anywhere.
        beside = config.inipath.parent / given
        return str(beside) if beside.is_file() else given
    return given


def _name(nodeid: str) -> str:
    """An account's name, from a test's: unique though tests may be repeated."""
    return f"{_NOT_IN_NAMES.sub('.', nodeid)[-180:]} #{next(_serial)}"
