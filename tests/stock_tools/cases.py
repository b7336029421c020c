"""The cases of the hooks by themselves, through the gate but without schemathesis: a lower bound
of what ``st run`` with the hooks finds, in a tenth of the time."""

from __future__ import annotations

import json

from sampan.conformance.contract import shipped
from sampan.conformance.schemathesis_gateway.running import Run, Wish
from sampan.conformance.schemathesis_gateway.telling_cases import Telling, telling_cases
from sampan.conformance.target import TargetError
from sampan.conformance.verdict import UnavailableError
from tests.conforming_servers.conforming_server import ConformingServer
from tests.stock_tools.schemathesis_runs import Outcome, environment_of, jobs_at
from tests.support.tampering.server import ACCOUNTS, running, settings
from tests.support.tampering.trial import JOB_SECONDS
from tests.wrong_servers.wrong_server import WrongServer


def cases_at(server: WrongServer | ConformingServer) -> Outcome:
    """Send every case to it. Failures of "several" are those that no answer shows alone."""
    accounts = server.accounts if isinstance(server, ConformingServer) else ACCOUNTS
    app = server.build(settings(JOB_SECONDS))
    found: set[tuple[str, str]] = set()
    with running(app) as url, server.around(app, url):
        try:
            run = Run(url, {**environment_of(accounts), "SAMPAN_TIMEOUT": "2"})
        except TargetError:
            return Outcome(frozenset(), 0, (), 0.0, True, 2, "")  # it may be the user's mistake
        for operation, cases in telling_cases(shipped()).items():
            for case in cases:
                found |= {(operation, id) for id in _broken(run, operation, case)}
        found |= {("several", one.id) for one in run.later_findings()}
        return Outcome(frozenset(found), jobs_at(app), (), 0.0, True, 1 if found else 0, "")


def _broken(run: Run, operation: str, case: Telling) -> set[str]:
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    headers = {"Content-Type": "application/json", **case.headers}
    path = shipped().operations[operation].path
    try:
        judged = run.send(Wish("POST", path, headers, body, case.account, case.name))
    except UnavailableError:
        return set()
    return {id for id, _, _ in judged.breaches}
