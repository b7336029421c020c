"""Recordings by a clock that was set: what needs to know what came first is not judged."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.har.check import check_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.proxy.passing import steady_clock
from sampan.conformance.report import Report
from sampan.conformance.traffic.seen import Seen
from tests.conforming_servers.conforming_server import plain
from tests.support.examples import sampled, some
from tests.support.tampering.server import tampered
from tests.support.traffic.flow import flow
from tests.support.traffic.made import failed
from tests.support.traffic.observed import Clock, Observed

#: Where the clock is set back, in parts of the flow, and by how many seconds.
STEPS = [(part, back) for part in (0.1, 0.3, 0.5, 0.8) for back in (2, 5, 60, 3600, 10**6)]


@pytest.fixture(name="seen", scope="module")
def whole_flow() -> list[Seen]:
    clock = Clock()
    wire = Observed(tampered(plain, clock.settings()), clock)
    flow(wire)
    wire.close()
    return wire.seen


def _report(path: Path, seen: Sequence[Seen]) -> Report:
    writer = HarWriter(path)
    for one in seen:
        writer.write(one)
    writer.close()
    return check_har(path, shipped())


def _is_said(report: Report) -> bool:
    return "contradicts its times" in " ".join(report.remarks)


@pytest.mark.parametrize(("part", "back"), some(STEPS, len(STEPS)))
def test_a_clock_that_steps_back_fails_no_right_server(
    tmp_path: Path, seen: list[Seen], part: float, back: float
) -> None:
    step = int(part * len(seen))
    moved = [replace(one, at=one.at - back) for one in seen[step:]]
    report = _report(tmp_path / "a.har", [*seen[:step], *moved])
    assert failed(report) == set()
    assert _is_said(report)


@pytest.mark.whole
def test_files_that_were_put_together_in_any_order(tmp_path: Path, seen: list[Seen]) -> None:
    report = _report(tmp_path / "a.har", [*seen[200:], *seen[:200]])
    assert (failed(report), _is_said(report)) == (set(), True)
    mixed = random.Random(7).sample(seen, len(seen))
    assert failed(_report(tmp_path / "b.har", mixed)) == set()


@pytest.mark.whole
def test_the_orders_that_programs_write_in_are_believed(tmp_path: Path, seen: list[Seen]) -> None:
    slow = [
        replace(one, reply=replace(one.reply, elapsed=0.1 * (n % 7))) for n, one in enumerate(seen)
    ]
    for order in (slow, slow[::-1], sorted(slow, key=lambda one: one.at + one.reply.elapsed)):
        assert not _is_said(_report(tmp_path / "a.har", order))


def test_a_proxys_clock_goes_on_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = steady_clock()
    before = now()
    assert abs(before - time.time()) < 1
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 <= now() - before < 60


def _stripped(path: Path, every: int) -> Path:
    """The file without the tokens of every nth request."""
    tree = json.loads(path.read_text("utf-8"))
    for number, entry in enumerate(tree["log"]["entries"]):
        if number % every == 0:
            sent = entry["request"]
            named = [one for one in sent["headers"] if one["name"].lower() != "authorization"]
            sent["headers"] = named
    path.write_text(json.dumps(tree), "utf-8")
    return path


@pytest.mark.parametrize("every", sampled([1, 2, 3], 3))
def test_tokens_that_were_taken_out_of_a_file_were_there(
    tmp_path: Path, seen: list[Seen], every: int
) -> None:
    _report(tmp_path / "a.har", seen[:60])
    assert failed(check_har(_stripped(tmp_path / "a.har", every), shipped())) == set()
