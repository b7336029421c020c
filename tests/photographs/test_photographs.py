"""A sample of the matrix, a few seconds of it; ``python -m tests.photographs`` runs all."""

from __future__ import annotations

import pytest

from sampan.conformance.verdict import Verdict
from tests.photographs import __main__ as command
from tests.photographs.judging import REQUIREMENTS, trial
from tests.photographs.mistakes import MISTAKES
from tests.photographs.service import sources
from tests.photographs.shipped import photographs
from tests.support.examples import sampled


@pytest.mark.parametrize("source", sampled(["night", "landscape", "flat", "noisy"], 4))
def test_a_right_service_is_not_failed(source: str) -> None:
    found = trial(source, 5, wrong=False).right
    assert found.messages(Verdict.FAIL) == []
    assert found.messages(Verdict.ERROR) == []
    assert set(found.findings) == set(REQUIREMENTS)


@pytest.mark.whole
def test_every_mistake_is_failed_by_its_requirement() -> None:
    found = trial("smooth", 3).wrong
    overlooked = {
        id: [found[id].findings[one].message for one in mistake.requirements]
        for id, mistake in MISTAKES.items()
        if not any(found[id].findings[one].verdict is Verdict.FAIL for one in mistake.requirements)
    }
    assert overlooked == {}


def test_shipped_photographs_are_optional() -> None:
    assert set(sources(also_shipped=False)) < set(sources()) or not photographs()


def test_a_name_that_no_picture_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["--source", "no such"])
    assert end.value.code == 2
    assert "no pictures are called no such" in capsys.readouterr().err
