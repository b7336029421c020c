"""Where reports are written: refused before the run, and one that fails stops no other."""

from __future__ import annotations

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
            path.write_text(form.render(report, contract), encoding="utf-8")
        except OSError as problem:
            problems.append(f"--{form.name}: can't write to {path}: {problem.strerror}")
        except Exception as fault:
            problems.append(f"--{form.name}: fault of the kit: {type(fault).__name__}: {fault}")
    return problems


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
