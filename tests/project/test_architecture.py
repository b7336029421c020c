"""The folders are the architecture: few files in each, and imports that run one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT

TOPS = ("fake_server", "conformance")
TEXT = (ROOT / "ARCHITECTURE.md").read_text()


@pytest.mark.parametrize("top", TOPS)
def test_few_files_lie_beside_the_folders(top: str) -> None:
    assert len(list((ROOT / top).glob("*.py"))) <= 10


@pytest.mark.parametrize("top", TOPS)
def test_every_folder_is_explained(top: str) -> None:
    folders = {path.parent.name for path in (ROOT / top).glob("*/__init__.py")}
    assert {folder for folder in folders if f"{folder}/" not in TEXT} == set()


@pytest.mark.parametrize("top", TOPS)
def test_no_module_imports_itself_by_a_detour(top: str) -> None:
    modules = {file: set(_imports(file)) for file in (ROOT / top).rglob("*.py")}
    list(TopologicalSorter(modules).static_order())  # raises CycleError, which names the circle


@pytest.mark.parametrize("top", TOPS)
def test_no_folder_imports_itself_by_a_detour(top: str) -> None:
    folders: dict[str, set[str]] = {}
    for file in (ROOT / top).rglob("*.py"):
        room = _room(top, file)
        folders.setdefault(room, set()).update(
            other for each in _imports(file) if (other := _room(top, each)) != room
        )
    list(TopologicalSorter(folders).static_order())


def _room(top: str, file: Path) -> str:
    """A folder directly below the top; a file that lies beside the folders is its own."""
    return file.relative_to(ROOT / top).parts[0]


#: Whose parts import nothing, or not yet.
_NOT_ENTERED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.expr)


@cache
def _imports(file: Path) -> list[Path]:
    """The files below the same top that are imported when ``file`` is."""
    found = []
    for node in _run_on_import(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.parents[node.level - 1]
            base = folder.joinpath(*(node.module or "").split(".")) if node.module else folder
            for name in node.names:
                paths = [base / f"{name.name}.py", base.with_suffix(".py"), base / "__init__.py"]
                module = next((path for path in paths if path.is_file()), None)
                assert module is not None, f"{file}: {base} {name.name}"
                if module != file:
                    found.append(module)
    return found


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is run when a module is imported: no function's body, and nothing for types alone."""
    left = [node]
    while left:
        node = left.pop()
        yield node
        if not (isinstance(node, _NOT_ENTERED) or _is_for_types(node)):
            left.extend(ast.iter_child_nodes(node))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
