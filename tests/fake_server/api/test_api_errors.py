"""Every errno by an ordinary request, in the page's words, and what is said beside the envelope."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sampan.fake_server.service import FakeService
from tests.support.fakes import Caller, Fake, envelope

Ask = Callable[[Caller], httpx.Response]


def _upscale(caller: Caller, parent_hash: str) -> httpx.Response:
    return caller.post("/jobs/upscale", {"parent_hash": parent_hash, "grid_num": 1})


def _upscale_of_an_upscale(caller: Caller) -> httpx.Response:
    parent = caller.picture()["hash"]
    child = caller.finished("/jobs/upscale", parent_hash=parent, grid_num=1)
    return _upscale(caller, child["hash"])


#: A request, and the whole of the body that it is answered with.
ANSWERS: dict[str, tuple[Ask, dict[str, Any]]] = {
    "301 on login": (
        lambda caller: caller.post("/auth/login", {}),
        {"errno": 301, "errmsg": "missing username or password"},
    ),
    "301 missing": (
        lambda caller: caller.post("/jobs/create", {}),
        {"errno": 301, "errmsg": "MISSING PARAMETER"},
    ),
    "301 invalid": (
        lambda caller: caller.post("/jobs/find", {"limit": 0}),
        {"errno": 301, "errmsg": "INVALID PARAMETER"},
    ),
    "410": (
        lambda caller: caller.post("/jobs/none", {}),
        {"errno": 410, "errmsg": "NOT FOUND"},
    ),
    "411": (
        lambda caller: caller.fake.login("limited").post("/jobs/create", {"content": "a cat"}),
        {"errno": 411, "errmsg": "REQUIRES_SPECIFIC_PLAN"},
    ),
    "420": (
        lambda caller: _upscale(caller, "0" * 64),
        {"errno": 420, "errmsg": "PARENT NOT FOUND"},
    ),
    "421": (_upscale_of_an_upscale, {"errno": 421, "errmsg": "PARENT_INVALID_TYPE"}),
    "430": (
        lambda caller: caller.fake.post("/jobs/create", {"content": "a cat"}),
        {"errno": 430, "error": "invalid login"},
    ),
    "430 on login": (
        # Only the example of a missing login has its text under "error" (page, Job Create).
        lambda caller: caller.post("/auth/login", {"username": "abc", "password": "wrong"}),
        {"errno": 430, "errmsg": "invalid login"},
    ),
    "501": (
        lambda caller: caller.post("/jobs/create", {"content": "a cat --fake service-error"}),
        {"errno": 501, "errmsg": "SERVICE_ERROR"},
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_errno_is_reached_by_an_ordinary_request(abc: Caller, name: str) -> None:
    ask, body = ANSWERS[name]
    answer = ask(abc)
    assert envelope(answer) == body
    assert answer.headers["x-fake-reason"]


def test_these_are_all_the_errnos_of_the_page(fake: Fake) -> None:
    texts = fake.app.service.spec.errors.values()
    assert {body["errno"] for _, body in ANSWERS.values()} == {text.errno for text in texts}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/jobs/create", "a cat --fake service-error"),
        ("/jobs/blend", "http://a.test/1.png http://a.test/2.png --fake service-error"),
        ("/jobs/describe", "--fake service-error http://a.test/1.png"),
    ],
)
def test_the_marker_for_501_works_on_every_submission_with_content(
    abc: Caller, path: str, content: str
) -> None:
    answer = abc.post(path, {"content": content})
    assert answer.json() == {"errno": 501, "errmsg": "SERVICE_ERROR"}
    assert abc.found()["total"] == 0


def test_the_marker_for_501_works_on_a_remix(abc: Caller) -> None:
    body = {"parent_id": abc.picture()["job_id"], "grid_num": 1}
    answer = abc.post("/jobs/variation", {**body, "content": "new --fake service-error"})
    assert answer.json()["errno"] == 501


def test_a_fault_of_the_fake_itself_is_501_and_its_trace_is_logged_only(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: FakeService, *_: object) -> bool:
        raise RuntimeError("the inside of the fake")

    monkeypatch.setattr(FakeService, "password_fits", broken)
    with caplog.at_level(logging.ERROR):
        answer = fake.post("/auth/login", {"username": "abc", "password": "abc-secret"})
    assert answer.json() == {"errno": 501, "errmsg": "GENERAL_ERROR"}
    assert "inside" not in answer.text + str(answer.headers)
    assert "the inside of the fake" in caplog.text
    assert "abc-secret" not in caplog.text


# Addresses and methods


PATHS = ("/auth/login", "/jobs/create", "/jobs/find", "/jobs/variation", "/jobs/upscale")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", PATHS)
def test_operations_take_post_alone(abc: Caller, method: str, path: str) -> None:
    answer = abc.fake.send(method, path, headers={"Authorization": f"Bearer {abc.token}"})
    assert answer.status_code == 404
    assert envelope(answer) == {"errno": 410, "errmsg": "NOT FOUND"}
    assert answer.headers["x-fake-reason"] == f"{path} takes POST, not {method}"


@pytest.mark.parametrize(
    "path",
    [
        *("/jobs/find/", "//jobs/find", "/jobs//find", "/JOBS/FIND", "/jobs/find%2F", "/jobs"),
        *("/jobs/find;x", "/jobs/%00", "/%0d%0aX-Evil:%20yes"),
        *(
            "/%F0%9F%92%A9",
            "/%ff",
            "/jobs/find%20",
            "/" + "x" * 10_000,
            "/favicon.ico",
            "/robots.txt",
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
def test_what_is_nowhere_is_not_found(abc: Caller, method: str, path: str) -> None:
    answer = abc.fake.send(method, path)
    assert answer.status_code == 404
    if method == "HEAD":
        assert answer.content == b""
        assert answer.headers["content-length"] == str(len(b'{"errno":410,"errmsg":"NOT FOUND"}'))
    else:
        assert envelope(answer) == {"errno": 410, "errmsg": "NOT FOUND"}
    reason = answer.headers["x-fake-reason"]
    assert reason.isascii()
    assert reason.isprintable()
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "/job/create", "no operation, picture or page at /job/create; did you mean"
         " /jobs/create? Operations: /auth/login, "),
        ("POST", "/v1/jobs/find", "no operation, picture or page at /v1/jobs/find; did you mean"
         " /jobs/find? Operations: "),
        ("POST", "/health", "no operation, picture or page at /health; operations: "),
        ("POST", "/", "/ takes GET, not POST"),
        ("DELETE", "/openapi.json", "/openapi.json takes GET, not DELETE"),
        ("PUT", "/image/f052f826-0568-45a1-8797-0a120c92aa42.png", "/image/f052f826-0568-45a1-8797-"
         "0a120c92aa42.png takes GET, not PUT"),
    ],
)  # fmt: skip
def test_what_was_meant_is_named(fake: Fake, method: str, path: str, reason: str) -> None:
    assert fake.send(method, path).headers["x-fake-reason"].startswith(reason)


def test_a_page_that_asks_first_is_told_of_cors(fake: Fake) -> None:
    asks = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = fake.send("OPTIONS", "/jobs/find", headers=asks)
    right = "/jobs/find takes POST, not OPTIONS; start the fake with --cors to let web pages use it"
    assert answer.headers["x-fake-reason"] == right


def test_an_escaped_letter_of_a_path_is_that_letter(abc: Caller) -> None:
    assert envelope(abc.post("/%6Aobs/f%69nd", {}))["errno"] == 0


def test_a_query_changes_nothing(abc: Caller) -> None:
    assert envelope(abc.post("/jobs/find?limit=0&token=x", {}))["errno"] == 0


# What is told beside the envelope


def test_no_secret_is_told_in_a_reason(abc: Caller) -> None:
    secret = "S3cr3t-0f-abc"
    asked = [
        abc.post("/auth/login", {"username": "abc", "password": secret}),
        abc.post("/auth/login", {"username": "abc", "password": [secret]}),
        abc.post("/auth/login", {"username": {secret: 1}, "password": {"x": secret}}),
        abc.post("/auth/login", {"username": ["abc"], "password": secret}),
        abc.fake.send("POST", "/auth/login", b'{"password": "%b' % secret.encode()),
        abc.fake.send("POST", "/auth/login", b'"%b"' % secret.encode()),
        abc.fake.post("/jobs/find", {}, secret),
        abc.fake.post("/jobs/find", {}, f"{secret}.{secret}.{secret}"),
        abc.fake.post("/jobs/find", {}, f"{abc.token}{secret}"),
        abc.fake.send("POST", "/jobs/find", b"{}", {"Authorization": secret}),
        abc.fake.send("POST", "/jobs/find", b"{}", {"Authorization": f"Basic {secret}"}),
        abc.post("/jobs/find", {"prompt": [secret]}),
        abc.post("/jobs/upscale", {"parent_hash": secret, "grid_num": secret}),
    ]
    for answer in asked:
        assert envelope(answer)["errno"] != 0
        told = answer.text + str(answer.headers.raw)
        assert secret not in told
        assert abc.token not in told
        assert abc.token.rpartition(".")[2] not in told


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("create", {"content": 5}, 'content: 5 is not of type "string"'),
        ("create", {"content": True}, 'content: true is not of type "string"'),
        ("create", {"content": None}, 'content: null is not of type "string"'),
        ("create", {"content": " "}, "content: the value is not text with more than blanks"),
        ("create", {"contnt": 1}, '"content" is a required property; createJob has no parameter'),
        ("create", {"contnt": 1, "猫": 2, "a\\b": 3, "x": 4}, '"content" is a required property;'
         " createJob has no parameter contnt or x"),
        ("create", {"猫": 1, "x" * 150: 2}, '"content" is a required property'),
        ("upscale", {"parent_id": "x", "grid_num": 1}, '"parent_hash" is a required property;'
         " upscaleJob has no parameter parent_id"),
        ("variation", {"parent_id": "x", "grid_num": 5}, "grid_num: 5 is greater than the maximum"),
        ("blend", {"content": "http://a/"}, "content: the value is not two to five links, in one"),
        ("describe", {"content": "http://a/ b"}, "content: the value is not one link"),
        ("find", {"limit": 0}, "limit: 0 is less than the minimum of 1"),
        ("find", {"limit": ["x"]}, "limit: the value is not of type"),
    ],
)  # fmt: skip
def test_what_was_sent_and_what_would_be_right_is_said(
    abc: Caller, path: str, body: object, reason: str
) -> None:
    told = abc.post(f"/jobs/{path}", body).headers["x-fake-reason"]
    assert told.startswith(reason)
    assert told == reason or not reason.endswith("property")


def test_what_stands_for_a_password_is_not_repeated(fake: Fake) -> None:
    answer = fake.post("/auth/login", {"username": "abc", "password": 12345678})
    assert answer.headers["x-fake-reason"] == 'password: the value is not of type "string"'
