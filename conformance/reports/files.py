"""Where reports are written: refused before the run, and one that fails stops no other."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from . import REPORTS

if TYPE_CHECKING:
    from ..contract import Contract
    from ..report import Report


def refusals(files: Mapping[str, Path | None]) -> Iterator[tuple[str, str]]:
    """The reports that can't be written, and why. A report that is lost after an hour of waiting
    is an hour lost, so each file is opened once before the run."""
    seen: dict[object, str] = {}
    for name, path in files.items():
        if path is None:
            continue
        if not str(path) or path == Path():
            yield name, "needs the name of a file"
            continue
        real = os.path.realpath(path)
        key = _identity(real)
        if key in seen and not _special(real):
            yield name, f"names the same file as --{seen[key]}: {path}"
        seen[key] = name
        if problem := _unwritable(real):
            yield name, f"can't write to {path}: {problem}"


def write(report: Report, contract: Contract, files: Mapping[str, Path | None]) -> list[str]:
    """Write every report that has a file. Returns a line for each that could not be written."""
    problems = []
    for form in REPORTS:
        path = files.get(form.name)
        if path is None:
            continue
        try:
            _put(path, form.render(report, contract))
        except OSError as problem:
            why = "nothing reads this pipe" if problem.errno == errno.ENXIO else problem.strerror
            problems.append(f"--{form.name}: can't write to {path}: {why}")
        except Exception as fault:
            problems.append(f"--{form.name}: fault of the kit: {type(fault).__name__}: {fault}")
    return problems


def _put(path: Path, text: str) -> None:
    """Write the text. Raises ``OSError``, also for a pipe that nothing reads: to open it would take
    for ever, and no signal ends a run that is over."""
    if not path.is_fifo():
        path.write_text(text, encoding="utf-8")
        return
    pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(pipe, True)
    with open(pipe, "w", encoding="utf-8") as file:
        file.write(text)


def _identity(path: str) -> object:
    """Two names of one file (a hard link, another case) are alike in this."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return path
    return found.st_dev, found.st_ino


def _special(path: str) -> bool:
    """A pipe or a device: opening it may wait for a reader, or do something."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _unwritable(path: str) -> str:
    """Why not, or an empty text. Leaves the file as it was, or away."""
    if _special(path):
        return "" if os.access(path, os.W_OK) else "permission denied"
    new = not os.path.exists(path)
    try:
        with open(path, "ab"):
            pass
        if new:
            os.unlink(path)
    except (OSError, ValueError) as problem:
        return getattr(problem, "strerror", None) or str(problem)
    return ""
