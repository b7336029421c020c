"""Documents kept as JSON beside their source, the way Python keeps bytecode."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sampan.fake_server.contract import yaml_files


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of ``openapi/``, in a process that may write bytecode."""
    monkeypatch.setattr(yaml_files, "DIRECTORY", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return tmp_path


def _kept(directory: Path) -> list[Path]:
    return list((directory / "__pycache__").glob("*"))


def test_a_document_is_parsed_once_and_read_as_json_from_then_on(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "some.yaml").write_text("a: [1, null, yes]\n200: x\n")
    first = yaml_files.read("some.yaml")
    assert first == {"a": [1, None, True], "200": "x"}
    (kept,) = _kept(directory)
    assert kept.suffix == ".json"
    monkeypatch.setattr(yaml_files, "read_file", None)
    assert yaml_files.read("some.yaml") == first


def test_a_source_that_changed_is_parsed_again(directory: Path) -> None:
    source = directory / "some.yaml"
    source.write_text("a: 1")
    assert yaml_files.read("some.yaml") == {"a": 1}
    source.write_text("a: 2")
    os.utime(source, ns=(1, 1))
    assert yaml_files.read("some.yaml") == {"a": 2}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"source": [0, 0], "document": 1}'])
def test_what_is_no_copy_of_this_source_is_not_used(directory: Path, content: bytes) -> None:
    (directory / "some.yaml").write_text("a: 1")
    yaml_files.read("some.yaml")
    (kept,) = _kept(directory)
    kept.write_bytes(content)
    assert yaml_files.read("some.yaml") == {"a": 1}


def test_nothing_is_written_where_bytecode_is_not(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (directory / "some.yaml").write_text("a: 1")
    assert yaml_files.read("some.yaml") == {"a": 1}
    assert not _kept(directory)


def test_a_folder_that_can_not_be_written_costs_time_only(directory: Path) -> None:
    (directory / "__pycache__").write_text("a file in its place")
    (directory / "some.yaml").write_text("a: 1")
    assert yaml_files.read("some.yaml") == {"a": 1}


def test_a_document_that_is_not_there_is_named(directory: Path) -> None:
    with pytest.raises(yaml_files.SpecError, match=r"none\.yaml: No such file"):
        yaml_files.read("none.yaml")
