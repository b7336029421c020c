"""``pytest --sampan-url URL``: one item for each requirement, in any project.

The first item to run checks the server once, for the requirements that ``-k`` selects. Under xdist
one worker does so for all, to keep within the budget. Accounts come from the environment
(SAMPAN_USERNAME and so on). Without ``--sampan-url`` this module costs only its import.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .settings import Option, RunOptions

#: Seconds that a worker waits for the one that runs the checks: longer than any run.
_FOREVER = 7 * 24 * 3600.0
_SHARED = "sampan_folder"
_RESULTS = pytest.StashKey[dict[str, Any]]()
_RUN = pytest.StashKey["RunOptions"]()
_FOLDER = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--sampan-url"):
        config.addinivalue_line("markers", "sampan: a requirement of the 小船AI contract")
        config.stash[_RUN] = options = _run_options(config)
        # Here, so that it is one error and not one for each requirement.
        if not config.getoption("collectonly") and not hasattr(config, "workerinput"):
            _reach(options)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In xdist's controller: give each worker the folder that they share."""
    stash = node.config.stash
    if node.config.getoption("--sampan-url"):
        if _FOLDER not in stash:
            stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="sampan-check-")
        node.workerinput[_SHARED] = stash[_FOLDER].name


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        folder.cleanup()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sampan-check", "sampan conformance")
    group.addoption("--sampan-url", metavar="URL", help="Check this server against the contract.")
    for name, option in _options():
        action = {"action": "store_true"} if option.parse is bool else {"metavar": option.metavar}
        group.addoption(_flag(name), help=option.help, **action)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the requirements before ``-k`` and the like select items."""
    if session.config.getoption("--sampan-url"):
        collector = Requirements.from_parent(session, name="sampan", nodeid="sampan")
        items.extend(session.genitems(collector))


class Requirements(pytest.Collector):
    """The requirements of the contract, as a node of the tree."""

    def collect(self) -> Iterable[RequirementItem]:
        from .contract import shipped

        options = self.config.stash[_RUN]
        for requirement in shipped().requirements.values():
            yield RequirementItem.from_parent(
                self, name=requirement.id, options=options, sentence=requirement.sentence
            )


class BrokenError(Exception):
    """A requirement that did not pass; pytest prints the text."""


class RequirementItem(pytest.Item):
    """One requirement."""

    def __init__(self, *, options: RunOptions, sentence: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._options = options
        self._sentence = sentence
        self.add_marker("sampan")

    def runtest(self) -> None:
        found = _results(self.session, self._options)[self.name]
        self.user_properties.append(("sampan_verdict", found["verdict"]))
        if found["verdict"] in ("untestable", "skipped"):
            pytest.skip(f"{found['verdict']}: {found['message']}")
        if found["verdict"] != "pass":
            evidence = "\n".join(found["evidence"])
            raise BrokenError(
                f"{found['verdict']}: {self._sentence}\n{found['message']}\n{evidence}".rstrip()
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:
        if isinstance(excinfo.value, BrokenError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.name}: {self._sentence}"


def _options() -> Iterator[tuple[str, Option]]:
    from .settings import OPTIONS

    return ((name, option) for name, option in OPTIONS.items() if option.pytest)


def _flag(name: str) -> str:
    from .settings import OPTIONS

    return f"--sampan-{OPTIONS[name].pytest}"


def _run_options(config: pytest.Config) -> RunOptions:
    from .settings import run_options

    given = {name: config.getoption(_flag(name)) for name, _ in _options()}
    try:
        return run_options(config.getoption("--sampan-url"), given, spelling=_flag)
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from problem


def _reach(options: RunOptions) -> None:
    from .target import unreachable

    if problem := unreachable(options.target, options.timeout):
        raise pytest.UsageError(f"--sampan-url: {options.target} can't be reached: {problem}")


def _results(session: pytest.Session, options: RunOptions) -> dict[str, Any]:
    """Verdict, message and evidence of each requirement; the run happens at the first call."""
    stash = session.config.stash
    if _RESULTS not in stash:
        ids = tuple(one.name for one in session.items if isinstance(one, RequirementItem))
        folder = getattr(session.config, "workerinput", {}).get(_SHARED)
        found = _checked(options, ids) if folder is None else _once(Path(folder), options, ids)
        stash[_RESULTS] = found
    return stash[_RESULTS]


def _once(folder: Path, options: RunOptions, ids: tuple[str, ...]) -> dict[str, Any]:
    """The results of the one run that the workers share. A run that broke off is not repeated,
    since it may have spent the budget."""
    started, results = folder / "started", folder / "results.json"
    with _alone(folder / "lock"):
        if not results.exists():
            if started.exists():
                raise BrokenError("error: the run broke off in another worker and is not repeated")
            started.touch()
            found = json.dumps(_checked(options, ids))
            results.write_text(found, encoding="utf-8")
        loaded: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return loaded


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """A lock between processes on every platform; it ends when its owner ends."""
    with closing(sqlite3.connect(path, timeout=_FOREVER, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


def _checked(options: RunOptions, ids: tuple[str, ...]) -> dict[str, Any]:
    from dataclasses import replace

    from .contract import shipped
    from .http.curl import curl
    from .http.exchange import Exchange
    from .reports.json import full_message
    from .runner.run import run

    options = replace(options, only=ids)
    if options.sampled and len(ids) < len(shipped().requirements):
        # As with --only: a part of a run generates what it is told to, and nothing by itself.
        options = replace(options, generate=0, sampled=False)
    try:
        report = run(options)
    except ValueError as problem:
        # Nothing was found out about the server: a wrong URL or password is not its breach.
        pytest.exit(f"--sampan-url: {problem}", returncode=pytest.ExitCode.USAGE_ERROR)
    return {
        finding.id: {
            "verdict": finding.verdict.word,
            "message": full_message(finding),
            "evidence": [
                f"{curl(shown)}\n{shown.response_body or shown.problem}"
                if isinstance(shown, Exchange)
                else f"{shown.title}\n{shown.text}"
                for shown in finding.evidence
            ],
        }
        for finding in report.findings
    }
