"""A whole client's flow through the proxy: the same verdicts as without it."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import pytest

from sampan.conformance.findings import Seen as Outcome
from sampan.conformance.http.connection import Reply
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.verdict import Verdict
from sampan.fake_server.service import FakeService
from sampan.fake_server.web.app import App
from tests.support.examples import some
from tests.support.network.proxies import HANG, Proxied
from tests.support.tampering.server import running
from tests.support.traffic.flow import flow
from tests.support.traffic.observed import Clock, Observed


@dataclass
class Through(Observed):
    """Sends through a proxy; what that has seen is put on the fake's clock."""

    proxied: Proxied | None = None
    times: list[float] = field(default_factory=list)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        assert self.proxied is not None
        parts = urlsplit(target)
        assert parts.netloc in ("", f"127.0.0.1:{self.proxied.port}"), "not a link to the proxy"
        connection = http.client.HTTPConnection("127.0.0.1", self.proxied.port, timeout=HANG)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body or None, dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.times.append(self.clock.now / 1000)
        self.clock.now += 20
        named = tuple((key.lower(), value) for key, value in answer.getheaders())
        return Reply(answer.status, named, content, None, "", True, 0.02)


@pytest.mark.whole
@pytest.mark.parametrize("profile", some(["mixed", "documented"], 2))
def test_a_flow_through_the_proxy_gives_no_failure(profile: str) -> None:
    clock = Clock()
    app = App(FakeService(clock.settings(profile=profile)))
    with running(app) as url:
        proxied = Proxied(url)
        try:
            wire = Through(app, clock, proxied=proxied)
            flow(wire, pictures=True)
            seen = proxied.shown(len(wire.times))
        finally:
            proxied.close()
    judge = TrafficJudge(url)
    for one, at in zip(seen, wire.times, strict=True):
        judge.observe(replace(one, at=at, reply=replace(one.reply, elapsed=0.02)))
    report = judge.report()
    found = {one.id: one for one in report.findings}
    failed = [one for one in found.values() if one.verdict is Verdict.FAIL]
    assert failed == []
    # The links lead through the proxy, by its own name, and their pictures are recognised.
    assert found["IMG-1"].held > 0
    answers = app.service.first_profile.answers
    for one in report.observations:
        if one.seen is Outcome.ANSWERED:
            known = re.escape(one.answer or "").replace(r"\?", "[0-9]+")  # "1-2-?"
            assert re.fullmatch(known, answers[one.id]), one
