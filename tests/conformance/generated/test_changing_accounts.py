"""An account that another client changes while the requests are generated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sampan.conformance.generated import walks
from sampan.conformance.report import Report
from sampan.conformance.runner import run as runner
from sampan.conformance.runner.plan import make_plan
from sampan.conformance.settings import RunOptions
from tests.support.generated import failed
from tests.support.judged import CREDENTIALS
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, success
from tests.support.tampering.history import history
from tests.support.tampering.server import running, settings, tampered


def changing(by: str) -> Tampering:
    """With every other find by ``by`` another client takes the first record's mark away, and with
    the next one gives it back."""
    gone: dict[str, Any] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if not reply.ok or request.operation != "findJobs":
            return reply
        found = json.loads(reply.body)["data"]
        marked = bool(request.fields.get(by))
        if marked and gone:
            gone.clear()
        elif marked and found["res"]:
            gone["hash"] = found["res"][0]["hash"]
        kept = [one for one in found["res"] if not (marked and one["hash"] == gone.get("hash"))]
        for one in kept:
            if one["hash"] == gone.get("hash"):
                one |= {"is_favourite": False, "folders": []}
        total = found["total"] - len(found["res"]) + len(kept)
        return success({"res": kept, "total": total})

    return tampering


async def hiding(request: Request, go: Go) -> Reply:
    """No find by favourite finds anything, and the records go on saying that they match."""
    reply = await go(request)
    hidden = request.operation == "findJobs" and request.fields.get("favourite") is True
    return success({"res": [], "total": 0}) if hidden and reply.ok else reply


def walked(tampering: Tampering, seed: int = 1) -> Report:
    app = tampered(tampering, settings(0.02))
    with running(app) as url, history(app, url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(walks, "send_foreign", lambda player: None)
        patch.setattr(runner, "make_plan", lambda *given: make_plan(*given).without_checks())
        return runner.run(RunOptions(url, CREDENTIALS, jobs=0, generate=250, seed=seed))


@pytest.mark.parametrize("by", ["favourite", "folders"])
def test_what_another_client_changed_is_no_missing_record(by: str) -> None:
    assert failed(walked(changing(by))) == []


def test_a_record_that_says_that_it_matches_has_to_be_found() -> None:
    found = {one.split(":")[0] for one in failed(walked(hiding, seed=2))}
    assert found
    assert found <= {"FIND-9", "FIND-10", "FIND-13"}
