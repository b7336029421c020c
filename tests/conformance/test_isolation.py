"""The kit and the fake share ``openapi/`` and no code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fakes import Served
from tests.support.paths import ROOT

#: Runs the kit in a process in which the fake can't be imported.
_BLOCKED = """
import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("sampan.fake_server"):
            raise ModuleNotFoundError(f"{name} is blocked")


sys.meta_path.insert(0, Blocked())
try:
    import sampan.fake_server
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("the fake could be imported")
from sampan.conformance import cli

getattr(cli, sys.argv[1])(sys.argv[2:])
"""


def _imports(folder: str) -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield file, name.name
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield file, node.module or ""


@pytest.mark.parametrize(
    ("room", "other"), [("conformance", "fake_server"), ("fake_server", "conformance")]
)
def test_neither_imports_the_other(room: str, other: str) -> None:
    assert [file for file, name in _imports(room) if other in name.split(".")] == []
    assert any(name == "__future__" for _, name in _imports(room))


def test_the_kit_knows_no_mutant() -> None:
    for file in (ROOT / "conformance").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for word in ("wrong server", "tampering", "fake_server", "x-fake", "--fake"):
            assert word not in text.casefold(), f"{file} knows of {word}"


@pytest.mark.whole
def test_the_kit_runs_where_the_fake_can_not_be_imported() -> None:
    fake = Served("--job-seconds", "0.2")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _BLOCKED, "check", fake.url],
            env=os.environ | {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=ROOT,
        )
    finally:
        fake.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LOGIN-1  pass" in done.stdout
