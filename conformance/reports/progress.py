"""The progress of a run on standard error: a moving line in a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from ..runner.run import Progress

#: Seconds between two lines in a pipe.
_PACE = 5.0


class Display(Protocol):
    """Shows the progress of a run between entering and leaving it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def update(self, now: Progress) -> None: ...


def display(console: Console) -> Display:
    return ProgressBar(console) if console.is_terminal else ProgressLines(console)


class ProgressBar:
    """One line that is written over and over."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            BarColumn(12),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[failed]}", style="red"),
            TextColumn("{task.fields[spent]}"),
            _Clock(),
            TextColumn("{task.description}", style="dim"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=1, failed="", spent="", left=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, now: Progress) -> None:
        self._bar.update(
            self._task,
            completed=now.done,
            total=now.of,
            description=escape(_doing(now)),
            failed=f"{now.failed} failed" if now.failed else "",
            spent=f"{now.jobs_spent} jobs, {now.requests} requests",
            left=now.seconds_left,
        )


class ProgressLines:
    """A line every few seconds; a run that is over sooner prints none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, now: Progress) -> None:
        if time.monotonic() - self._last < _PACE:
            return
        self._last = time.monotonic()
        words = [f"{now.done} of {now.of} done", f"{now.failed} failed", _doing(now)]
        words += [f"{now.jobs_spent} jobs, {now.requests} requests"]
        words += [_clock(now.seconds_left, self._last - self._started)]
        self._console.print("; ".join(words), markup=False, soft_wrap=True)


def _doing(now: Progress) -> str:
    return f"{now.doing}: {now.jobs}" if now.jobs else now.doing


def _clock(left: float | None, spent: float) -> str:
    seconds = int(left if left is not None else spent)
    return f"{seconds // 60}:{seconds % 60:02d} {'left' if left is not None else 'so far'}"


class _Clock(TextColumn):
    """Time left if the run has a limit, else time spent."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(_clock(task.fields.get("left"), task.elapsed or 0))
