"""Traffic that a test bends, and what the judge makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from sampan.conformance.findings import Finding
from sampan.conformance.findings import Seen as Said
from sampan.conformance.report import Report
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from sampan.conformance.verdict import Verdict
from tests.conforming_servers.conforming_server import ConformingServer, plain
from tests.support.fakes import ADDRESS
from tests.support.traffic.client import CREATE, Client
from tests.support.traffic.flow_judged import contradicts
from tests.support.traffic.observed import Observed


def judged(seen: Iterable[Seen], **options: bool) -> Report:
    judge = TrafficJudge(ADDRESS, **options)
    for one in seen:
        judge.observe(one)
    return judge.report()


def finding(report: Report, id: str) -> Finding:
    return next(one for one in report.findings if one.id == id)


def failed(report: Report) -> set[str]:
    return {one.id for one in report.findings if one.verdict is Verdict.FAIL}


def changed(seen: Seen, **fields: object) -> Seen:
    """The same exchange with other keys in its answer's envelope."""
    body = json.dumps({**json.loads(seen.reply.body), **fields}).encode()
    return replace(seen, reply=replace(seen.reply, body=body))


def records_changed(seen: Seen, **keys: object) -> Seen:
    """The same find with these keys in each of its records."""
    data = json.loads(seen.reply.body)["data"]
    records = [{**one, **keys} for one in data["res"]]
    return changed(seen, data={**data, "res": records})


def made(wire: Observed) -> Client:
    """A client that has logged in and seen its first job finish."""
    client = Client(wire, "abc")
    client.login()
    client.await_(client.submit(CREATE, content="a quiet harbour"))
    return client


#: Makes two clients of a server, logged in.
Clients = Callable[[ConformingServer], tuple[Client, Client]]


def server_with(**given: str) -> ConformingServer:
    named = {id.replace("_", "-"): answer for id, answer in given.items()}
    return ConformingServer("of this test", "", lambda: plain, named)


def problems(server: ConformingServer, report: Report) -> list[str]:
    failed = [one for one in report.findings if one.verdict is Verdict.FAIL]
    answered = (one for one in report.observations if one.seen is Said.ANSWERED)
    wrong = [
        f"{one.id} is {server.expected(one.id)} and was taken for {one.answer}"
        for one in answered
        if contradicts(one.answer or "", server.expected(one.id))
    ]
    return [f"{one.id}: {one.message}" for one in failed] + wrong
