"""Where reports are written: refused before the runs, and one that fails stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from . import html, json, junit
from .results import Report

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "json": json.render,
    "junit": junit.render,
    "html": html.render,
}


def refusals(paths: Mapping[str, Path | None]) -> Iterator[tuple[str, str]]:
    """The reports that can't be written, and why."""
    taken: dict[str, str] = {}
    for name, path in paths.items():
        if path is None:
            continue
        real = os.path.realpath(path)
        if real in taken and (os.path.isfile(real) or not os.path.exists(real)):  # no device
            yield name, f"names the same file as --{taken[real]}: {path}"
        taken[real] = name
        if problem := _unwritable(path):
            yield name, f"can't write to {path}: {problem}"


def write(report: Report, paths: Mapping[str, Path | None]) -> list[str]:
    """Write every report that has a file. Returns a line for each that could not be written."""
    problems = []
    for name, path in paths.items():
        if path is None:
            continue
        try:
            path.write_text(FORMATS[name](report), encoding="utf-8")
        except OSError as problem:
            problems.append(f"--{name}: can't write to {path}: {problem.strerror}")
    return problems


def _unwritable(path: Path) -> str:
    """Why not, or an empty text; nothing is opened that may wait for a reader, or do something."""
    folder = path.parent
    if path.is_dir():
        return "it is a folder"
    if not folder.is_dir():
        return f"there is no folder {folder}"
    able = os.access(path, os.W_OK) if path.exists() else os.access(folder, os.W_OK)
    return "" if able else "permission denied"
