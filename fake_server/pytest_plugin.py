"""pytest: a fake for the session, a sandbox for each test.

    def test_my_client(sampan_account):
        client = MyClient(sampan_account.url, sampan_account.username, sampan_account.password)

    @pytest.mark.sampan(job_seconds=60, clock="auto")  # a fake of its own, for this test alone
    def test_my_patience(sampan_account): ...

Nothing but this file is imported until a test asks for one of the fixtures.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from hashlib import blake2b
from pathlib import PurePosixPath
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

# The same for what a test is failed for at its end: values, the first of them where none is given.
_AT_THE_END = {
    "sampan-unused-faults": (
        ("error", "ignore"),
        "whether a fault or scenario that was never applied fails its test: error (default) or"
        " ignore",
    ),
    "sampan-lint": (
        ("ignore", "error"),
        "whether findings of the client's lint fail a test: ignore (default), error",
    ),
    "sampan-lint-ignore": ((), "rules that lint leaves out, separated by commas"),
}

_USED = pytest.StashKey["Account"]()
MARKER = (
    "sampan(job_seconds=..., profile=..., clock=..., ...): a fake with these settings for one test;"
    " the keywords of FakeServer except host and port, over those of the session;"
    " unused_faults='ignore', lint='error' and lint_ignore='RULE' are for the test's end"
)

#: A name is a local part of an e-mail address (RFC 5321 allows 64 characters), and a user's name
#: wherever letters, digits, dots and underscores may be in one.
_LONGEST_NAME = 64
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")
#: How often each test has had an account in this process.
_times: Counter[str] = Counter()


def options() -> dict[str, str]:
    """Every option and its meaning."""
    return _OPTIONS | {option: meaning for option, (_, meaning) in _AT_THE_END.items()}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sampan", "the fake of the 小船AI image API")
    for option, meaning in options().items():
        group.addoption(f"--{option}", metavar=option.rpartition("-")[2].upper(), help=meaning)
        parser.addini(option.replace("-", "_"), meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse settings that can't be before any test runs; without settings nothing is loaded."""
    config.addinivalue_line("markers", MARKER)
    given = _settings(config)
    if given:
        _check(given, "sampan")
    _ending(config, {}, "sampan")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker can't be, with what would be right; the others run."""
    try:
        _options(item)
    except pytest.UsageError as problem:
        pytest.fail(str(problem), pytrace=False)


def _options(item: pytest.Item) -> Options | None:
    """The settings for a test that is marked. Raises ``UsageError``."""
    marked = _marked(item)
    where = f"{item.nodeid}: @pytest.mark.sampan"
    _ending(item.config, marked, where)
    of_fake = {
        key: value for key, value in marked.items() if f"sampan-{_dashed(key)}" not in _AT_THE_END
    }
    if not of_fake:
        return None
    options = cast("Options", {**_settings(item.config), **of_fake})
    _check(options, where)
    return options


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _ending(config: pytest.Config, marked: Mapping[str, Any], where: str) -> dict[str, str]:
    """How a test ends, by option: its marker's, the command's, the ini file's or the default.

    Raises ``UsageError`` on a value that can't be.
    """
    found = {}
    for option, (values, _) in _AT_THE_END.items():
        name = option.removeprefix("sampan-").replace("-", "_")
        given = marked.get(name) if name in marked else _given(config, option)
        if isinstance(given, list | tuple):
            given = ",".join(map(str, given))
        if given is None:
            given = values[0] if values else ""
        if values and given not in values:
            raise pytest.UsageError(f"{where}: {name} must be {' or '.join(values)}, not {given!r}")
        found[name] = str(given)
    _rules(found["lint_ignore"], where)
    return found


def _rules(text: str, where: str) -> tuple[str, ...]:
    """The rules of lint that are named. Raises ``UsageError`` on one that it does not have."""
    if not text:
        return ()
    from .journal.client_lint import named

    try:
        return tuple(sorted(named(text)))
    except ValueError as problem:
        raise pytest.UsageError(f"{where}: lint_ignore: {problem}") from None


def _check(given: Options, where: str) -> None:
    """Raise ``UsageError`` on settings that can't be."""
    from .contract.profile_files import load_profile, shipped_questions
    from .settings import settings

    try:
        load_profile(settings(**given).profile, shipped_questions())
    except (TypeError, ValueError) as problem:
        raise pytest.UsageError(f"{where}: {problem}") from None


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What a test's markers set, those nearest to it over those of its class and module."""
    found: dict[str, Any] = {}
    for marker in item.iter_markers("sampan"):
        if marker.args:
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.sampan takes keywords, such as job_seconds=60, not"
                f" {marker.args[0]!r}"
            )
        found = {**marker.kwargs, **found}
    return found


@pytest.fixture(scope="session")
def sampan_server(pytestconfig: pytest.Config) -> Iterator[FakeServer]:
    """One fake for the session; with xdist, one per worker. Markers of tests don't change it.

    Under ``sampan matrix`` it is that of the matrix, which has the settings given there.
    """
    from .server.attached import of_matrix
    from .server.threaded import FakeServer

    settings = _settings(pytestconfig)
    server = of_matrix(os.environ) or FakeServer(**settings).start()
    yield server
    server.stop()


@pytest.fixture
def _sampan_of_test(request: pytest.FixtureRequest) -> Iterator[FakeServer]:
    """The fake of the session, or one with the settings of the test's marker."""
    options = _options(request.node)
    if options is None:
        yield request.getfixturevalue("sampan_server")
        return
    if "sampan_server" in getattr(request.node, "fixturenames", ()):
        pytest.fail(
            "this test's fake has the settings of its marker; sampan_server has not: use"
            " sampan_account, its url and its admin",
            pytrace=False,
        )
    from .server.threaded import FakeServer

    with FakeServer(**options) as server:
        yield server


@pytest.fixture
def sampan_account(
    _sampan_of_test: FakeServer, request: pytest.FixtureRequest
) -> Iterator[Account]:
    """A sandbox for this test: an account named after the test, and deleted after it.

    Its url, username and password are for your client; its admin controls the fake for it alone.
    """
    account = _sampan_of_test.account(_name(request.node.nodeid))
    request.node.stash[_USED] = account
    yield account
    del request.node.stash[_USED]
    from .client.ending import forget

    forget(_sampan_of_test.admin, account.username)


@pytest.fixture
def sampan_redirect(_sampan_of_test: FakeServer) -> Iterator[str]:
    """The live service's address; during the test, connections to it reach the fake.

    It is a string. Ask for sampan_account beside it: your client needs an account to log in with.
    """
    from .client.redirect import LIVE, redirect

    with redirect(_sampan_of_test.url):
        yield LIVE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that has passed for what it armed and did not use, or for what lint finds."""
    result = yield
    account = item.stash.get(_USED, None)
    if account is not None:
        from .client.ending import Ending, problem

        given = _ending(item.config, _marked(item), item.nodeid)
        rules = _rules(given["lint_ignore"], item.nodeid)
        ending = Ending(given["unused_faults"] == "error", given["lint"] == "error", rules)
        text = problem(account, ending)
        if text is not None:
            pytest.fail(text, pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Attach to a failure what its sandbox was asked and answered."""
    report = yield
    account = item.stash.get(_USED, None)
    if account is not None and report.failed:
        from .client.journal_text import journal_text

        _attach(report, f"sampan journal of {account.username}", journal_text(account))
    return report


def _attach(report: pytest.TestReport, title: str, text: str) -> None:
    """Add a section to what went wrong, which every report has: JUnit XML leaves out the others."""
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(title, text)
    else:  # a text, as pytest.fail(..., pytrace=False) leaves it
        report.longrepr = f"{report.longrepr}\n\n--- {title} ---\n{text}"


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
    """An account's name, from a test's: the same in every run, and unique within one.

    A test runs in one worker, so that is so under xdist too. What is lost of the test's id, and how
    often it has run before in this process, is in the digest.
    """
    _times[nodeid] += 1
    digest = blake2b(f"{nodeid}\0{_times[nodeid]}".encode(), digest_size=4).hexdigest()
    path, _, test = nodeid.partition("::")
    plain = _NOT_IN_NAMES.sub(".", f"{PurePosixPath(path).stem}.{test}".lower())
    # Its end tells most; a name begins with a letter.
    kept = plain[len(digest) + 1 - _LONGEST_NAME :].lstrip("._0123456789").rstrip(".")
    return f"{kept or 'test'}.{digest}"
