"""JSON under another Content-Type than the page's: what traffic shows of it, and what not."""

from __future__ import annotations

import json

import pytest

from sampan.conformance.findings import Seen as Said
from sampan.conformance.traffic.seen import Seen
from tests.support.traffic.client import CREATE, FIND, LOGIN, Client
from tests.support.traffic.made import Clients, failed, judged, server_with

TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
RIGHT = {"username": "abc", "password": "abc-secret"}


def said(seen: list[Seen]) -> str:
    report = judged(seen)
    assert failed(report) == set()
    return next(one.answer or "" for one in report.observations if one.id == "other-content-type")


def send(
    client: Client, path: str, body: dict[str, object], label: dict[str, str] | None = None
) -> None:
    token = {} if path == LOGIN else {"Authorization": f"Bearer {client.token}"}
    client.wire.send("POST", path, json.dumps(body).encode(), (label or {}) | token)


def with_jobs(client: Client) -> Client:
    for _ in range(4):
        client.submit(CREATE, content="a quiet harbour")
    client.wire.wait(20)
    client.find()
    return client


@pytest.mark.parametrize("label", [TEXT, {}, {"content-type": "application/vnd.api+json"}])
@pytest.mark.parametrize("answer", ["as-json", "errno-301", "http-415", "as-empty"])
def test_logins_and_finds_under_another_label_show_each_answer(
    clients: Clients, answer: str, label: dict[str, str]
) -> None:
    first = with_jobs(clients(server_with(other_content_type=answer))[0])
    send(first, LOGIN, {**RIGHT}, label)
    for limit in (1, 2):
        send(first, FIND, {"limit": limit}, label)
    # A filter that is not read breaks nothing.
    send(first, FIND, {"service": ["niji"], "prompt": "no such words"}, label)
    assert said(first.wire.seen) == answer


def test_operations_that_differ_are_told_apart(clients: Clients) -> None:
    answer = "login: as-json, findJobs: http-415"
    first, _ = clients(server_with(other_content_type=answer))
    send(first, LOGIN, {**RIGHT}, TEXT)
    assert said(first.wire.seen) == "as-json (login); not seen: findJobs"
    send(first, FIND, {"limit": 1}, TEXT)
    assert said(first.wire.seen) == answer


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        (FIND, [{}, {"limit": 2}, {"limit": 2}, {"prompt": "harbour"}, {"limit": 100}]),
        (FIND, [{"limit": 0}, {"limit": "1"}, {"timestamp_smaller_than": "x"}]),
        (LOGIN, [{"username": "abc"}, {**RIGHT, "password": "wrong"}]),
    ],
)
def test_what_has_two_readings_tells_nothing(
    clients: Clients, path: str, bodies: list[dict[str, object]]
) -> None:
    """A limit that may be the default; what would be refused under any label."""
    first = with_jobs(clients(server_with(wrong_credentials="301"))[0])
    for body in bodies:
        send(first, path, body, TEXT)
    assert said(first.wire.seen) == ""


@pytest.mark.parametrize("label", ["Application/JSON", "application/json; charset=utf-8"])
def test_the_pages_label_is_one_in_any_spelling(clients: Clients, label: str) -> None:
    first = with_jobs(clients(server_with(other_content_type="http-415"))[0])
    for limit in (1, 2):
        send(first, FIND, {"limit": limit}, {"content-type": label})
    report = judged(first.wire.seen)
    assert not [one for one in report.remarks if "page's form" in one]
    (seen,) = [one for one in report.observations if one.id == "other-content-type"]
    assert seen.seen is Said.UNOBSERVED
