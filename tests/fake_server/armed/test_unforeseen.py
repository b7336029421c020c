"""What goes wrong while faults are looked through is an envelope too."""

from __future__ import annotations

import pytest

from sampan.fake_server.armed.fault import FaultMatch
from tests.support.controls import Control
from tests.support.fakes import Caller, refused


@pytest.mark.parametrize("problem", [RecursionError("too deep"), KeyError("x"), MemoryError()])
def test_an_error_among_the_faults_is_an_envelope(
    control: Control,
    abc: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    problem: Exception,
) -> None:
    control.post("faults", type="ERRNO", errno=420)

    def fail(*_: object) -> bool:
        raise problem

    monkeypatch.setattr(FaultMatch, "admits", fail)
    assert refused(abc.post("/jobs/find", {})) == 501
    assert abc.fake.get("/nothing").json()["errno"] == 501
    assert "Traceback" in caplog.text
    monkeypatch.undo()
    assert refused(abc.post("/jobs/find", {})) == 420
    assert [each["errno"] for each in control.requests()][1:] == [501, 501, 420]
