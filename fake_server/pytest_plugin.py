"""pytest: a fake for the session, a sandbox for each test.

    def test_my_client(sampan_account):
        client = MyClient(sampan_account.url, sampan_account.username, sampan_account.password)

Nothing but this file is imported until a test asks for one of the fixtures.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from .client.account import Account
    from .server.threaded import FakeServer
    from .settings import Options

# Option, what it means. Each is an ini setting too, with underscores: sampan_job_seconds.
_OPTIONS = {
    "sampan-profile": "how the fake answers the API's open questions: a profile's name, or a file",
    "sampan-job-seconds": "how long a job takes in the fake (default: 2)",
    "sampan-seed": "make the fake's ids, hashes and colours repeatable",
    "sampan-clock": "real, or auto: the fake's time moves on when a client polls",
}

_USED = pytest.StashKey["Account"]()
_NOT_IN_NAMES = re.compile(r"[/\x00-\x1f\x7f]+")
_serial = itertools.count(1)
_Number = TypeVar("_Number", int, float)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sampan", "the fake of the 小船AI image API")
    for option, meaning in _OPTIONS.items():
        group.addoption(f"--{option}", metavar=option.rpartition("-")[2].upper(), help=meaning)
        parser.addini(option.replace("-", "_"), meaning)


@pytest.fixture(scope="session")
def sampan_server(pytestconfig: pytest.Config) -> Iterator[FakeServer]:
    """A fake for the whole session; under xdist one for each worker."""
    from .server.threaded import FakeServer

    with FakeServer(**_settings(pytestconfig)) as server:
        yield server


@pytest.fixture
def sampan_account(sampan_server: FakeServer, request: pytest.FixtureRequest) -> Iterator[Account]:
    """A sandbox for this test: an account of its own, named after it, gone when it has ended."""
    account = sampan_server.account(_name(request.node.nodeid))
    request.node.stash[_USED] = account
    yield account
    del request.node.stash[_USED]
    sampan_server.admin.delete_account(account.username)


@pytest.fixture
def sampan_redirect(sampan_server: FakeServer) -> Iterator[str]:
    """The live service's address, where this test's clients find the fake instead."""
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
    settings: Options = {}
    profile = _given(config, "sampan-profile")
    if profile is not None:
        settings["profile"] = _profile(config, profile)
    job_seconds = _given(config, "sampan-job-seconds")
    if job_seconds is not None:
        settings["job_seconds"] = _number(float, "sampan-job-seconds", job_seconds)
    seed = _given(config, "sampan-seed")
    if seed is not None:
        settings["seed"] = _number(int, "sampan-seed", seed)
    clock = _given(config, "sampan-clock")
    if clock is not None:
        if clock not in ("real", "auto"):
            raise pytest.UsageError(f"sampan-clock is {clock!r}; it can be real or auto")
        settings["clock"] = "auto" if clock == "auto" else "real"
    return settings


def _given(config: pytest.Config, option: str) -> str | None:
    """An option's value, or that of the ini setting of its name."""
    name = option.replace("-", "_")
    given: str | None = config.getoption(name)
    return given if given is not None else config.getini(name) or None


def _profile(config: pytest.Config, given: str) -> str:
    """A file is looked for beside the ini file as well: tests are run from anywhere."""
    if config.inipath is not None and config.getoption("sampan_profile") is None:
        beside = config.inipath.parent / given
        return str(beside) if beside.is_file() else given
    return given


def _number(kind: Callable[[str], _Number], option: str, text: str) -> _Number:
    try:
        return kind(text)
    except ValueError:
        raise pytest.UsageError(f"{option} is {text!r}; it is a number") from None


def _name(nodeid: str) -> str:
    """An account's name, from a test's: unique though tests may be repeated."""
    return f"{_NOT_IN_NAMES.sub('.', nodeid)[-180:]} #{next(_serial)}"
