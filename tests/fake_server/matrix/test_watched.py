"""A watched fake notes exactly the questions that a client's requests reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sampan.fake_server.contract.profile_files import shipped_questions
from sampan.fake_server.matrix.watched import WatchedApp, WatchedServer, WatchedService
from sampan.fake_server.settings import Settings
from tests.fake_server.api.test_questions import SEEN
from tests.support.fakes import Caller, Fake
from tests.support.observers import ACCOUNTS


@contextmanager
def watched(**settings: Any) -> Iterator[tuple[Fake, WatchedService]]:
    """A watched fake in this process, and what it notes."""
    fake = Fake()
    fake.app.service.close()
    service = WatchedService(Settings(strict=True, wall=lambda: fake.wall, **settings))
    fake.app = WatchedApp(service)
    try:
        yield fake, service
    finally:
        fake.close()


def test_every_question_has_an_observer() -> None:
    assert set(SEEN) == set(shipped_questions())


@pytest.mark.parametrize("question", SEEN)
def test_whoever_observes_a_question_touches_it(question: str) -> None:
    observe, _ = SEEN[question]
    with watched(accounts=ACCOUNTS) as (fake, service):
        observe(fake)
        assert question in service.asked


def draw(abc: Caller) -> None:
    """What the plainest client does."""
    abc.picture("a cat")


PLAIN = {
    *("success-http-status", "submission-message", "token-lifetime", "second-login"),
    *("check-order", "concurrency-limit", "find-scope", "find-order", "find-max-limit"),
    *("job-type-names", "image-frame", "image-md5"),
}

#: What a request has to have, and what it touches beyond a plain client's.
MORE: dict[str, tuple[Callable[[Caller], object], set[str]]] = {
    "nothing": (lambda abc: None, set()),
    "a limit": (lambda abc: abc.find(limit=5), set()),
    "no limit": (lambda abc: abc.find(), {"find-default-limit"}),
    "a cursor": (
        lambda abc: abc.find(limit=5, timestamp_smaller_than=5),
        {"find-timestamp-unit", "find-total-scope"},
    ),
    "a text as a cursor": (
        lambda abc: abc.post("/jobs/find", {"limit": 5, "timestamp_smaller_than": "5"}),
        {"find-cursor-string", "error-http-status"},
    ),
    "a service": (lambda abc: abc.find(limit=5, service=["niji"]), set()),
    "another service": (
        lambda abc: abc.post("/jobs/find", {"limit": 5, "service": ["anime"]}),
        {"find-unknown-service", "error-http-status"},
    ),
    "no service": (lambda abc: abc.find(limit=5, service=[]), {"find-empty-array"}),
    "null": (
        lambda abc: abc.post("/jobs/find", {"limit": 5, "prompt": None}),
        {"null-parameter", "error-http-status"},
    ),
    "another field": (lambda abc: abc.find(limit=5, page=1), {"unknown-field"}),
    "no Content-Type": (
        lambda abc: abc.fake.send(
            "POST", "/jobs/find", b'{"limit": 5}', {"Authorization": f"Bearer {abc.token}"}
        ),
        {"other-content-type"},
    ),
    "a hash": (
        lambda abc: abc.find(limit=5, hash="0"),
        {"unknown-field", "find-hash-filter"},
    ),
    "a prompt": (lambda abc: abc.find(limit=5, prompt="cat"), {"find-prompt-match"}),
    "--ar": (lambda abc: abc.picture("a cat --ar 3:2"), {"aspect-flag"}),
    "--niji": (lambda abc: abc.picture("a cat --niji"), {"niji-selection"}),
}


@pytest.mark.parametrize("what", MORE)
def test_a_question_is_touched_where_a_request_has_what_it_is_about(what: str) -> None:
    do, expected = MORE[what]
    with watched() as (fake, service):
        abc = fake.login()
        draw(abc)
        before = set(service.asked)
        do(abc)
        assert before == PLAIN
        assert service.asked - before == expected


def test_the_control_api_and_the_dashboard_touch_nothing() -> None:
    with watched(job_ms=60_000) as (fake, service):
        abc = fake.login()
        hash = abc.create()
        before, requests = set(service.asked), service.requests
        for path in ("jobs", f"jobs/{hash}/record", "lint", "profile", "accounts"):
            assert fake.get(f"/__admin/{path}").status_code == 200, path
        fake.wall += 10_000
        fake.get("/", accept="text/html")
        fake.post("/__admin/clock/advance", {"by": 1000})
        assert (service.asked, service.requests) == (before, requests)
        abc.find(limit=1)
        assert "pending-statuses" in service.asked


def test_what_a_profile_derives_is_asked_for_by_each_request() -> None:
    """A value that the control API has read before is touched all the same."""
    with watched() as (fake, service):
        fake.get("/__admin/jobs")
        abc = fake.login()
        abc.create()
        fake.get("/__admin/jobs")
        assert "pending-statuses" not in service.asked
        abc.find(limit=1)
        assert "pending-statuses" in service.asked


@pytest.mark.parametrize("fast", [True, False])
def test_a_server_tells_what_reached_it_and_who_has_set_a_profile(fast: bool) -> None:
    with WatchedServer(job_seconds=0, fast=fast) as server:
        account = server.account()
        assert (server.requests, server.asked, server.called) == (0, frozenset(), frozenset())
        account.find(limit=1)
        assert server.requests == 2
        assert server.called == {"login", "findJobs"}
        assert "find-order" in server.asked
        assert not server.profile_replaced
        server.admin.answer(find_order="oldest-first")
        assert server.profile_replaced
        assert server.redact(f"password={account.password}") == "password=(redacted)"
