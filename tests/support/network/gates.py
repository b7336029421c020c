"""A gate to a scripted server, and a submission through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sampan.conformance.contract import Contract
from sampan.conformance.http.budget import Budget
from sampan.conformance.http.exchange import Answer
from sampan.conformance.http.gate import Gate
from sampan.conformance.http.redaction import Secrets
from tests.support.network.scripted import ReceivedRequest

ACCEPTED = {"errno": 0, "errmsg": "OK", "data": "a-hash"}
REFUSED = {"errno": 301, "errmsg": "MISSING PARAMETER"}
CONTRACT = Contract()
TOKEN = "a-token-of-the-account"


def a_gate(url: str, jobs: int | None = None, **more: Any) -> Gate:
    return Gate(url, CONTRACT, budget=Budget(jobs), secrets=Secrets(), timeout=5.0, **more)


def submit(gate: Gate, path: str = "/jobs/create", *, planned: bool = False) -> Answer:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return gate.send("POST", path, b"{}", headers, operation="createJob", planned=planned)


def always(*chunks: bytes) -> Callable[[ReceivedRequest], Iterable[bytes]]:
    return lambda _: chunks
