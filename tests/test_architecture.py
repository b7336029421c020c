"""ARCHITECTURE.md names every room, and no room that is gone."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text()


def test_every_room_of_the_fake_is_named_once() -> None:
    rooms = TEXT.partition("## Rooms of `fake_server/`")[2].partition("\n\nPure rooms")[0]
    table = "".join(line for line in rooms.splitlines() if line.startswith("|"))
    named = re.findall(r"`([a-z_]+/?)`", table)
    there = [path.stem for path in (ROOT / "fake_server").glob("[a-z]*.py")]
    there += [f"{path.parent.name}/" for path in (ROOT / "fake_server").glob("*/__init__.py")]
    assert sorted(named) == sorted(there)


def test_every_file_of_the_kit_that_is_named_is_there() -> None:
    kit = TEXT.partition("## The kit")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z_]+\.py|checks/|report_\*\.py)`", kit)
    assert named
    for name in named:
        assert list((ROOT / "conformance").glob(name)), name
