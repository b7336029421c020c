"""``--known FILE``: accepted deviations of a server, so that only news fails a build."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path


class KnownError(ValueError):
    """The file can't be read, or names something that is no requirement."""


def read_known(path: Path, requirements: Collection[str]) -> frozenset[str]:
    """The ids in the file: one a line, ``#`` begins a comment. A report of ``--json`` stands for
    the requirements that failed in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte order mark
    except OSError as problem:
        raise KnownError(f"--known: can't read {path}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise KnownError(f"--known: can't read {path}: it is not text in UTF-8") from problem
    ids = _failed(text) if text.lstrip().startswith("{") else _listed(text)
    if unknown := sorted(set(ids) - set(requirements)):
        raise KnownError(
            f"--known: {path} names {', '.join(unknown)}, which sampan check --list does not have"
        )
    return frozenset(ids)


def _listed(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _failed(text: str) -> list[str]:
    try:
        rows = json.loads(text)["requirements"]
        return [str(row["id"]) for row in rows if row["verdict"] == "fail"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise KnownError(f"--known: not a report of sampan check --json: {problem!r}") from problem
