"""No header that the fake sends is one for which a server drops the response."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sampan import FakeServer
from tests.support.controls import Control


@pytest.mark.parametrize("fast", [True, False])
def test_a_reason_is_cut_where_it_may_be(fast: bool) -> None:
    with FakeServer(fast=fast) as server, httpx.Client(base_url=server.url) as client:
        for length in range(1, 6):
            answer = client.get(f"/{'x' * length}{' xyzw' * 200}")
            reason = answer.headers["x-fake-reason"]
            assert (answer.status_code, reason) == (404, reason.strip())


@pytest.mark.parametrize("value", [" a", "a ", "\ta", "a\t", " ", ["a", "b "]])
def test_blanks_around_a_fault_s_header_are_refused(control: Control, value: Any) -> None:
    body = {"type": "HTTP_STATUS", "status": 503, "headers": {"X-A": value}}
    message = control.refusal("POST", "faults", body).message
    assert message == "headers: the value of X-A has blanks around it"


@pytest.mark.parametrize("fast", [True, False])
def test_what_is_taken_for_a_header_can_be_sent(fast: bool) -> None:
    values = ["", "a b", "caf\u00e9", "\u56fe", "a\tb", '"', "x" * 5000, "\u00a0", "\u0085"]
    with FakeServer(fast=fast) as server, httpx.Client(base_url=server.url) as client:
        for value in values:
            armed = {"X-A": value, "X-B": [value, value]}
            server.admin.fault("HTTP_STATUS", status=503, headers=armed, times=1)
            answer = client.get("/")
            assert (answer.status_code, "x-b" in answer.headers) == (503, True), json.dumps(value)
