"""Fixtures: fakes that are gone after the test."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import settings

from sampan.fake_server.server import protocols
from tests.support.controls import Control
from tests.support.examples import examples
from tests.support.fakes import STOCK, Caller, Fake, MakeFake, Served

# A law that takes long on a busy machine holds all the same.
settings.register_profile("sampan", deadline=None, max_examples=examples(50))
settings.load_profile("sampan")


def _only_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """No test reaches another machine, whatever it gets wrong: the live service costs money."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0]).removeprefix("::ffff:")
    if not host.startswith("127.") and host not in ("localhost", "::1", "0.0.0.0", ""):
        raise PermissionError(f"a test tried to connect to {host}")


sys.addaudithook(_only_this_machine)

# A background job of a script ignores SIGINT, one of nohup SIGHUP, and so would every process that
# a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Nothing here speaks TLS, and each client of httpx would read the certificates of a hundred
# authorities anew.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)


#: Where most tests wait for jobs.
_WAITING = ("tests/conformance/checks/", "tests/conformance/http/", "tests/conformance/test_")


def pytest_sessionstart() -> None:
    """Thousands of tests are made that all stay: nothing to look for while they are."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor ever after, and rarely among what tests leave: an eighth of the processor's time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


if STOCK:
    protocols.FAST_VERSIONS = ((0, 0), (0, 0))


@pytest.fixture(scope="session")
def profile_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], str]:
    """Writes a profile with these answers, unless one is there."""
    folder = tmp_path_factory.mktemp("profiles")

    @cache
    def written(document: str) -> str:
        file = folder / f"{len(list(folder.iterdir()))}.yaml"
        file.write_text(document)
        return str(file)

    return lambda answers: written(yaml.safe_dump({"name": "test", "answers": dict(answers)}))


@pytest.fixture
def make_fake(profile_file: Callable[[Mapping[str, str]], str]) -> Iterator[MakeFake]:
    """Makes strict fakes in this process: ``make_fake(answers={...}, job_ms=50)``.

    ``answers`` go through a profile file, other names are those of ``Settings``.
    """
    with ExitStack() as stack:

        def make(answers: Mapping[str, str] | None = None, **settings: Any) -> Fake:
            if answers is not None:
                settings["profile"] = profile_file(answers)
            fake = Fake(**settings)
            stack.callback(fake.close)
            return fake

        yield make


@pytest.fixture
def fake(make_fake: MakeFake) -> Fake:
    """A fake as it is without any option."""
    return make_fake()


@pytest.fixture
def control(fake: Fake) -> Control:
    """The control API of the fake."""
    return Control(fake)


@pytest.fixture
def abc(fake: Fake) -> Caller:
    """The default account, logged in."""
    return fake.login()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts fakes in processes of their own: ``serve("--job-seconds", "1")``."""
    with ExitStack() as stack:

        def start(*arguments: str, **options: Any) -> Served:
            served = Served(*arguments, **options)
            stack.callback(served.stop)
            return served

        yield start


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One fake behind a socket for the tests of a module."""
    running = Served("--job-seconds", "0", "--strict")
    yield running
    assert "Traceback" not in running.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest, for installers and compilers, begins first, not after all the rest.

    The files whose tests wait for jobs are put among the others: each worker begins with a run of
    tests, and if all of them waited at once, the processors would have nothing to do.
    """
    items.sort(key=lambda item: not item.nodeid.startswith("tests/project/"))
    files = [list(tests) for _, tests in groupby(items, key=_together)]
    waiting = [tests for tests in files if tests[0].nodeid.startswith(_WAITING)]
    ordered = [tests for tests in files if tests not in waiting]
    for number, tests in enumerate(waiting, 1):
        ordered.insert(number * len(files) // (len(waiting) + 1), tests)
    items[:] = chain.from_iterable(ordered)


def _together(item: pytest.Item) -> Path:
    """A file's tests have fakes in common, and all that look at pages have a browser."""
    return item.path.parent if item.path.parent.name == "browser" else item.path
