"""Runs COMMAND: first as documented, then once for each trial, several at a time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from ..clock import real_time
from ..server.attached import RUN
from ..settings import DEFAULT_ACCOUNTS
from . import child
from .environment import environment
from .mishaps import MISHAPS
from .output import last_lines, shown_command
from .plan import DOCUMENTED, Trial, open_questions
from .results import Report, Result, Run
from .watched import WatchedServer

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
#: Seconds between two looks whether a signal has come.
_LOOK = 0.1


#: The rules of lint that mean nothing: where each poll moves time, none is too fast.
_NEEDLESS: dict[str, tuple[str, ...]] = {"real": (), "auto": ("polls-too-fast",)}


@dataclass(frozen=True)
class Setup:
    """How COMMAND is run; ``repeat`` is how often as documented, and at most where it fails.

    ``quick``: questions that no request reaches as documented are not run.
    """

    command: Sequence[str]
    jobs: int = 1
    repeat: int = 1
    time_limit: float = 60.0
    as_proxy: bool = False
    quick: bool = False
    job_seconds: float = 2.0
    clock: Literal["real", "auto"] = "real"
    seed: int | None = None


@dataclass
class Stop:
    """Set by a signal: what runs is ended, and nothing else is begun."""

    event: threading.Event = field(default_factory=threading.Event)
    signal: int | None = None

    def __call__(self, number: int, _: object = None) -> None:
        self.signal = self.signal or number
        self.event.set()


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Inside, signals set the :class:`Stop`; what is ignored already stays ignored (nohup)."""
    stop = Stop()
    before = {
        number: handler
        for number in _SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(
    setup: Setup,
    trials: Sequence[Trial],
    stop: Stop,
    done: Callable[[Trial], None] = lambda _: None,
) -> Report:
    """Run every trial; ``done`` is called with each that has ended, the documented one among them,
    by the thread that called.

    Raises :class:`~.child.NotStartedError`.
    """
    began = real_time.seconds()
    with TemporaryDirectory(prefix="sampan-matrix-") as folder:
        each = _Runner(setup, Path(folder), stop.event, trials)
        documented = each.runs(DOCUMENTED, whole=True)
        report = Report(
            shown_command(setup.command),
            documented,
            (),
            open_questions(),
            0.0,
            setup.time_limit,
            stop.signal,
            setup.jobs,
        )
        results: tuple[Result, ...] = tuple(Result(trial) for trial in trials)
        done(DOCUMENTED)
        if report.problem is None:
            results = _all(each, trials, _Reached.by(documented), stop, done)
    seconds = real_time.seconds() - began
    return replace(report, results=results, seconds=seconds, signal=stop.signal)


def _all(
    each: _Runner,
    trials: Sequence[Trial],
    reached: _Reached,
    stop: Stop,
    done: Callable[[Trial], None],
) -> tuple[Result, ...]:
    """The results in the order of the trials."""

    def one(trial: Trial) -> Result:
        if reached.excludes(trial, each.setup.quick):
            return Result(trial, needless=True)
        return reached.result(trial, each.runs(trial))

    with ThreadPoolExecutor(each.setup.jobs) as pool:
        futures = {trial.name: pool.submit(one, trial) for trial in trials}
        pending: set[Future[Result]] = set(futures.values())
        try:
            while pending:
                finished, pending = wait(pending, _LOOK, "FIRST_COMPLETED")
                for future in finished:
                    done(future.result().trial)
                if stop.event.is_set():
                    pool.shutdown(wait=True, cancel_futures=True)
                    pending = set()
        except BaseException:
            stop.event.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return tuple(
        Result(trial) if futures[trial.name].cancelled() else futures[trial.name].result()
        for trial in trials
    )


@dataclass(frozen=True)
class _Reached:
    """What the requests of the documented runs have reached."""

    questions: frozenset[str]
    answers: frozenset[str]
    operations: frozenset[str]

    @classmethod
    def by(cls, documented: Sequence[Run]) -> _Reached:
        none = frozenset[str]()
        return cls(
            none.union(*(run.asked for run in documented)),
            none.union(*(run.differing for run in documented)),
            none.union(*(run.called for run in documented)),
        )

    def result(self, trial: Trial, runs: tuple[Run, ...]) -> Result:
        """The result of a trial, with what they say of it."""
        question = trial.kind == "question"
        return Result(
            trial,
            runs,
            touched_before=question and trial.name in self.answers,
            reached_before=question and trial.subject in self.questions,
        )

    def excludes(self, trial: Trial, quick: bool) -> bool:
        """Whether it need not be run: what is never reached can't change the first response that
        differs. A mishap of an operation that is never called is left out in any case."""
        if trial.kind == "question":
            return quick and trial.subject not in self.questions
        acts_on = trial.value if trial.kind == "mishap" else None
        return acts_on is not None and acts_on not in self.operations


class _Runner:
    """Runs COMMAND beside a fake that is new each time."""

    def __init__(
        self, setup: Setup, folder: Path, stop: threading.Event, trials: Sequence[Trial]
    ) -> None:
        self.setup = setup
        self._defaults = {question.id: question.default for question in open_questions()}
        #: The other answers that the documented runs look for.
        self._others: dict[str, tuple[str, ...]] = {}
        for trial in trials:
            if trial.kind == "question" and trial.value is not None:
                known = self._others.get(trial.subject, ())
                self._others[trial.subject] = (*known, trial.value)
        self._folder = folder
        self._stop = stop

    def runs(self, trial: Trial, *, whole: bool = False) -> tuple[Run, ...]:
        """The runs of a trial: one that passes, or as many as may be repeated.

        ``whole``: as many in any case. A run that a signal has ended is none.
        """
        done: list[Run] = []
        while len(done) < self.setup.repeat and not self._stop.is_set():
            run = self._once(trial)
            if run is not None:
                done.append(run)
            if run is None or (run.passed and not whole):
                break
        return tuple(done)

    def _once(self, trial: Trial) -> Run | None:
        setup = self.setup
        server = WatchedServer(
            profile=self._profile(trial),
            job_seconds=setup.job_seconds,
            clock=setup.clock,
            seed=setup.seed,
        )
        with server:
            mishap = MISHAPS.get(trial.subject) if trial.kind == "mishap" else None
            if mishap is not None:
                server.arm(mishap, trial.value or "")
            server.look_for(self._looked_for(trial))
            account = DEFAULT_ACCOUNTS[0]
            variables = environment(
                {**os.environ, RUN: trial.name},
                *(server.url, account.username, account.password),
                as_proxy=setup.as_proxy,
            )
            ended = child.run(setup.command, variables, setup.time_limit, self._stop)
            if ended.code is None and not ended.timed_out:
                return None
            touched = trial.kind in ("documented", "mixed") or bool(server.touched)
            if mishap is not None:
                # Who fails may have noticed it in another way, by a parent that has failed.
                touched = server.has_met or (server.has_applied and ended.code != 0)
            return Run(
                None if ended.timed_out else ended.code,
                ended.seconds,
                last_lines(server.redact(ended.output)),
                server.requests,
                server.asked,
                server.called,
                touched,
                tuple(server.admin.lint(ignore=_NEEDLESS[setup.clock])),
                server.profile_replaced,
                server.touched,
            )

    def _looked_for(self, trial: Trial) -> Mapping[str, tuple[str, ...]]:
        """The answers that a run is compared with: each other one, or the documented one."""
        if trial.kind == "question":
            return {trial.subject: (self._defaults[trial.subject],)}
        return self._others if trial.kind == "documented" else {}

    def _profile(self, trial: Trial) -> str:
        """The profile of a trial: a shipped one or a file. JSON is YAML."""
        if trial.kind == "mixed":
            return "mixed"
        if not trial.answers:
            return "documented"
        # Not after the answer, which may have any characters.
        file = self._folder / f"{threading.get_ident()}.yaml"
        file.write_text(json.dumps({"name": trial.name, "answers": dict(trial.answers)}))
        return str(file)
