"""A few rounds of ``make crash``, and that it notices a loss."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import __main__ as crash
from tests.crash import targets
from tests.support.fakes import Served


@pytest.mark.whole
def test_a_few_rounds_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(targets.OneProcess(tmp_path / "sampan.db")) as target:
        assert crash.rounds(3, 1, target) == 0
    assert "lost or changed                    0\n" in capsys.readouterr().out


def test_a_fake_that_forgets_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(targets, "Served", lambda *_: Served())
    with closing(targets.OneProcess(tmp_path / "sampan.db")) as target:
        assert crash.rounds(1, 1, target) == 1
    assert "('password', 'tenant-0'): None, not ['" in capsys.readouterr().out
