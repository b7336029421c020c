"""Bodies of the control API: JSON by their content type, or refused."""

from __future__ import annotations

import httpx
import pytest

from sampan.fake_server.admin import routing
from tests.support.controls import Control
from tests.support.fakes import Fake

# Bodies


@pytest.mark.parametrize(
    "type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("text/plain; application/json", "text/plain, application/json", "application/jsonp", ""),
        *("application/json, text/plain", "application/octet-stream", "text/json", None),
    ],
)
def test_a_body_is_json_by_its_type_or_refused(control: Control, type: str | None) -> None:
    """A page may send these without asking first (Fetch, CORS-safelisted request-header)."""
    headers = {} if type is None else {"Content-Type": type}
    response = control.fake.send("POST", "/__admin/clock/freeze", b'{"account":"abc"}', headers)
    assert response.status_code == 415
    error = response.json()["error"]
    assert error["code"] == "unsupported-media-type"
    assert "-H 'Content-Type: application/json'" in error["message"]
    assert not control.get("clock", account="abc")["frozen"]


@pytest.mark.parametrize(
    "type", ["application/json", "APPLICATION/JSON", "application/json;charset=utf-8"]
)
def test_a_body_that_says_it_is_json_is_taken(control: Control, type: str) -> None:
    response = control.fake.send(
        "POST", "/__admin/clock/freeze", b'{"account":"abc"}', {"Content-Type": type}
    )
    assert response.status_code == 200


def test_two_types_are_none(fake: Fake) -> None:
    async def asked() -> int:
        transport = httpx.ASGITransport(fake.app)
        types = [("content-type", "text/plain"), ("content-type", "application/json")]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.post("/__admin/clock/freeze", content=b"{}", headers=types)
            return answer.status_code

    assert fake._runner.run(asked()) == 415


def test_where_there_is_no_body_its_type_does_not_matter(control: Control) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert control.send("POST", "clock/freeze", headers=form).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "size", "limit"),
    [
        ("POST", "accounts", 9 << 20, "8388608"),
        ("POST", "faults", 9 << 20, "8388608"),
        ("PUT", "profile", 9 << 20, "8388608"),
        ("PUT", "state", 257 << 20, "268435456"),
    ],
)
def test_a_body_is_as_large_as_its_operation_needs(
    control: Control, method: str, path: str, size: int, limit: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(size)}
    response = control.fake.send(method, f"/__admin/{path}", b"{}", headers)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too-large")
    assert response.json()["error"]["message"] == f"the body is larger than {limit} bytes"


@pytest.mark.parametrize("item", [b"1", b"[]", b"{}"])
def test_a_body_has_so_many_values(control: Control, item: bytes) -> None:
    # 24 MB of {} took 1.5 GB.
    raw = b'{"x":[' + b",".join([item] * 1_000_000) + b"]}"
    headers = {"Content-Type": "application/json"}
    response = control.fake.send("POST", "/__admin/accounts", raw, headers)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too-large")
    assert response.json()["error"]["message"] == "the body has more than 1000000 values"


def test_a_state_document_has_more(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MAX_BODY", routing.Bound(10, 1))
    control.call("PUT", "state", control.get("state"))
    monkeypatch.setattr(routing, "MAX_STATE", routing.Bound(10_000_000, 20))
    refusal = control.refusal("PUT", "state", control.get("state"))
    assert (refusal.status, refusal.message) == (413, "the body has more than 20 values")
