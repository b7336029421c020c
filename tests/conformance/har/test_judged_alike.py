"""What is judged of traffic is judged of its HAR: nothing that counts is lost by writing it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from sampan.conformance.har.reader import read_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.report import Report
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from sampan.fake_server.service import FakeService
from sampan.fake_server.web.app import App
from tests.support.examples import sampled, some
from tests.support.fakes import ADDRESS
from tests.support.traffic.flow import flow
from tests.support.traffic.observed import Clock, Observed
from tests.wrong_servers import WRONG_SERVERS

#: What the claims in a token tell, which is not written.
UNTOLD = ("token-lifetime",)


def traffic(app: App, clock: Clock, *, pictures: bool = False) -> list[Seen]:
    with closing(Observed(app, clock)) as wire:
        flow(wire, pictures=pictures)
        return wire.seen


def results(exchanges: Iterable[Seen]) -> tuple[dict[str, object], dict[str, object]]:
    """The verdicts, with how often each requirement was seen to hold, and the answers."""
    judge = TrafficJudge(ADDRESS)
    for one in sorted(exchanges, key=lambda one: one.at + one.reply.elapsed):
        judge.observe(one)
    report: Report = judge.report()
    return (
        {one.id: (one.verdict.word, one.held) for one in report.findings},
        {one.id: one.answer for one in report.observations if one.id not in UNTOLD},
    )


def assert_alike(path: Path, exchanges: list[Seen]) -> None:
    with HarWriter(path) as writer:
        for one in exchanges:
            writer.write(one)
    found = read_har(path, ADDRESS)
    assert (found.broken, found.unjudged, found.tokens_removed) == ([], [], False)
    assert results(found.seen) == results(exchanges)


@pytest.mark.whole
@pytest.mark.parametrize("profile", some(["mixed", "documented"], 2))
def test_a_conforming_server_is_judged_alike(tmp_path: Path, profile: str) -> None:
    clock = Clock()
    exchanges = traffic(App(FakeService(clock.settings(profile=profile))), clock, pictures=True)
    assert_alike(tmp_path / "a.har", exchanges)


@pytest.mark.parametrize("id", sampled(some([one.id for one in WRONG_SERVERS], 250), 2))
def test_a_wrong_server_is_judged_alike(tmp_path: Path, id: str) -> None:
    clock = Clock()
    server = next(one for one in WRONG_SERVERS if one.id == id)
    assert_alike(tmp_path / "a.har", traffic(server.build(clock.settings()), clock))
