"""Standing checks: a breach in any exchange is told, whichever check sent the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sampan.conformance.checking.watch import Watch
from sampan.conformance.contract import shipped
from sampan.conformance.http.connection import Reply, Request
from sampan.conformance.http.exchange import Answer, Log
from sampan.conformance.http.json_body import read
from sampan.conformance.http.redaction import Secrets
from sampan.conformance.rules.refusals import unknown_parent
from sampan.conformance.settings import Credentials
from sampan.conformance.verdict import Verdict
from tests.support.samples.page_examples import RECORD
from tests.support.tampering.exchange import PATHS

ACCOUNTS = {
    "first": Credentials("abc", "abc-secret"),
    "second": Credentials("bob", "bob-secret"),
    "limited": Credentials("lim", "lim-secret"),
}
MARK = "sampan0000aa"
LINK = "http://pictures.test/1.png"
EXAMPLES = shipped().document["components"]["examples"]
LOGIN_SUCCESS: dict[str, Any] = EXAMPLES["LoginSuccess"]["value"]
FIND_SUCCESS: dict[str, Any] = EXAMPLES["FindJobsSuccess"]["value"]
JSON_TYPE = (("content-type", "application/json"),)
OK = {"errno": 0, "errmsg": "OK", "data": "a-hash"}


class Wire:
    """Feeds exchanges to a watch, as the gate does."""

    def __init__(self) -> None:
        self.watch = Watch(shipped(), ACCOUNTS, MARK)
        self._log = Log(Secrets())

    def send(
        self,
        operation: str,
        body: object,
        answer: object,
        token: str | None = "token-of-first",
        *,
        plain: bool = True,
        labels: tuple[str, ...] = ("application/json",),
    ) -> None:
        headers = JSON_TYPE if token is None else (*JSON_TYPE, ("Authorization", f"Bearer {token}"))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request("POST", f"http://x.test{PATHS[operation]}", headers, content)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        reply = Reply(200, tuple(("content-type", one) for one in labels), raw, sent=True)
        read_ = read(reply)
        exchange = self._log.record(request, reply, read_, operation, plain)
        answered = Answer(exchange, reply, read_.value, read_.problem)
        self.watch.observe(request, operation if plain else "", plain, answered)

    def login(self, role: str, **data: object) -> None:
        given = ACCOUNTS[role]
        body = {"username": given.username, "password": given.password}
        own = {"token": f"token-of-{role}", "username": given.username}
        own |= {"account_status": "limited"} if role == "limited" else {}
        answer = {**LOGIN_SUCCESS, "data": {**LOGIN_SUCCESS["data"], **own, **data}}
        self.send("login", body, answer, None)

    @property
    def failed(self) -> list[str]:
        return sorted(self.watch.failed)


@pytest.fixture
def wire() -> Wire:
    made = Wire()
    for role in ACCOUNTS:
        made.login(role)
    assert made.failed == []
    return made


NOWHERE = unknown_parent(MARK)
WRONGLY_ACCEPTED: list[tuple[str, str, object]] = [
    ("CREATE-3", "createJob", {}),
    ("CREATE-3", "createJob", {"sender_id": "x"}),
    ("CREATE-3", "createJob", {"content": None}),
    ("VAR-2", "varyJob", {"parent_id": "x"}),
    ("VAR-2", "varyJob", {"grid_num": 1}),
    ("UP-2", "upscaleJob", {"parent_hash": "x"}),
    ("UP-2", "upscaleJob", {}),
    ("VAR-3", "varyJob", {"parent_id": NOWHERE, "grid_num": 1}),
    ("UP-3", "upscaleJob", {"parent_hash": NOWHERE, "grid_num": 1}),
    ("GRID-2", "upscaleJob", {"parent_hash": "x", "grid_num": 0}),
    ("GRID-2", "varyJob", {"parent_id": "x", "grid_num": 5}),
    ("GRID-2", "varyJob", {"parent_id": "x", "grid_num": None}),
    ("GRID-2", "varyJob", {"parent_id": "x", "grid_num": 1.5}),
    ("GRID-2", "upscaleJob", {"parent_hash": "x", "grid_num": "1x"}),
    ("BLEND-2", "blendImages", {"content": LINK}),
    ("BLEND-2", "blendImages", {"content": " ".join([LINK] * 6)}),
    ("BLEND-3", "blendImages", {}),
    ("DESC-2", "describeImage", {}),
    ("DESC-2", "describeImage", {"content": ""}),
    ("DESC-2", "describeImage", {"content": f"{LINK} {LINK}"}),
    ("GEN-4", "createJob", {"content": 5}),
    ("GEN-4", "blendImages", {"content": ["x"]}),
    ("GEN-4", "upscaleJob", {"parent_hash": {"x": 1}, "grid_num": 1}),
]


@pytest.mark.parametrize(("id", "operation", "body"), WRONGLY_ACCEPTED)
def test_an_acceptance_breaks_the_sentence_that_forbids_it(
    wire: Wire, id: str, operation: str, body: object
) -> None:
    for errno in (301, 411, 501):
        wire.send(operation, body, {"errno": errno, "errmsg": "X"})
    assert wire.failed == []
    wire.send(operation, body, OK)
    assert wire.failed == [id]
    (finding,) = wire.watch.findings(id)
    assert finding.verdict is Verdict.FAIL
    (exchange,) = finding.evidence
    assert "a-hash" in repr(exchange)


@pytest.mark.parametrize("operation", [one for one in PATHS if one != "login"])
@pytest.mark.parametrize(("id", "token"), [("AUTH-2", None), ("AUTH-3", "forged"), ("AUTH-3", "")])
def test_an_acceptance_without_a_good_token(
    wire: Wire, operation: str, id: str, token: str | None
) -> None:
    answer = FIND_SUCCESS if operation == "findJobs" else OK
    wire.send(operation, {"sender_id": "someone"}, answer, token)
    assert wire.failed == []  # question sender-id-without-token
    wire.send(operation, {"content": "boat"}, answer, token)
    assert wire.failed == [id]


def test_what_an_account_without_a_plan_submits(wire: Wire) -> None:
    wire.send("findJobs", {}, FIND_SUCCESS, "token-of-limited")
    assert wire.failed == []
    wire.login("limited", token="of-a-plan", account_status="unlimited")
    wire.send("createJob", {"content": "boat"}, OK, "of-a-plan")
    assert wire.failed == []
    wire.send("createJob", {"content": "boat"}, OK, "token-of-limited")
    assert wire.failed == ["PLAN-1"]


@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("LOGIN-3", {"username": "abc"}),
        ("LOGIN-3", {}),
        ("LOGIN-4", {"username": "abc", "password": "abc-secretx"}),
        ("LOGIN-4", {"username": f"{MARK}-nobody", "password": "abc-secret"}),
        ("GEN-4", {"username": "abc", "password": ["abc-secret"]}),
    ],
)
def test_a_login_that_had_to_be_refused(id: str, body: object) -> None:
    wire = Wire()
    wire.send("login", body, LOGIN_SUCCESS, None)
    assert wire.failed == [id]


def test_a_login_without_a_token_or_with_fewer_keys() -> None:
    wire = Wire()
    wire.login("first", token="")
    assert wire.failed == ["LOGIN-1", "LOGIN-2"]
    wire = Wire()
    wire.send(
        "login",
        {"username": "abc", "password": "abc-secret"},
        {"errno": 0, "errmsg": "SUCCESS", "data": {"token": "x"}},
        None,
    )
    assert wire.failed == ["LOGIN-2"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"hello"'])
def test_a_body_that_names_no_content_is_none(wire: Wire, body: bytes) -> None:
    wire.send("createJob", body, {"errno": 301, "errmsg": "X"}, plain=False)
    assert wire.failed == []
    wire.send("createJob", body, OK, plain=False)
    assert wire.failed == ["CREATE-3"]


def test_a_body_that_a_lenient_reader_understands_is_left_open(wire: Wire) -> None:
    wire.send("createJob", b'{"content": "caf\xe9"}', OK, plain=False)
    assert wire.failed == []


def test_without_content_there_is_nothing_else_to_refuse_it_for(wire: Wire) -> None:
    for errno, failed in ((301, []), (430, []), (410, ["CREATE-3"])):
        wire.send("createJob", {}, {"errno": errno, "errmsg": "X"})
        assert wire.failed == failed
    # A parent that is missing may be looked for before anything else.
    wire.send("varyJob", {}, {"errno": 410, "errmsg": "X"})
    assert wire.failed == ["CREATE-3"]


@pytest.mark.parametrize(
    ("operation", "id"),
    [
        ("createJob", "CREATE-1"),
        ("varyJob", "VAR-1"),
        ("upscaleJob", "UP-1"),
        ("blendImages", "BLEND-1"),
        ("describeImage", "DESC-1"),
    ],
)
@pytest.mark.parametrize("data", [None, "", {"hash": "x"}, 5])
def test_a_success_without_a_hash(wire: Wire, operation: str, id: str, data: object) -> None:
    body = {
        "content": LINK if operation == "describeImage" else f"{LINK} {LINK}",
        "parent_id": "x",
        "parent_hash": "x",
        "grid_num": 2,
    }
    wire.send(operation, body, {"errno": 0, "errmsg": "OK", "data": data})
    assert wire.failed == [id]


@pytest.mark.parametrize("again", [2, 2.0, "2", " 2 ", "2.0"])
def test_two_submissions_with_one_hash(wire: Wire, again: object) -> None:
    child: dict[str, object] = {"parent_hash": "x", "grid_num": 2}
    wire.send("upscaleJob", child, OK)
    wire.send("upscaleJob", {**child, "grid_num": again}, OK)
    assert wire.failed == []  # questions repeat-upscale and grid-num-string
    wire.send("createJob", {"content": "boat"}, OK)
    assert wire.failed == ["CREATE-4"]


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("GEN-1", ["no object"]),
        ("GEN-1", {"errno": "0"}),
        ("GEN-1", {"errno": 0, "errmsg": "FINE", "data": {"res": [], "total": 0}}),
        ("GEN-2", {"errno": 999, "errmsg": "X"}),
        ("GEN-3", {"errno": 301}),
        ("GEN-3", {"errno": 301, "errmsg": "X", "data": {"res": []}}),
        ("GEN-6", b"no JSON"),
    ],
)
def test_an_answer_that_is_no_envelope(wire: Wire, id: str, answer: object) -> None:
    wire.send("findJobs", {}, answer)
    assert id in wire.failed


@pytest.mark.parametrize(
    ("labels", "failed"),
    [
        (("application/json",), []),
        (("Application/JSON; charset=utf-8",), []),
        (('application/json; profile="a, b"',), []),
        (("text/json",), []),
        (("application/x-json",), []),
        (("application/problem+json",), []),
        (("application/json", "application/json"), []),
        ((), ["GEN-6"]),
        (("application/jsonlines",), ["GEN-6"]),
        (("application/json", "text/html"), ["GEN-6"]),
        (("application/json, text/html",), ["GEN-6"]),
        (("json",), ["GEN-6"]),
    ],
)
def test_an_answer_is_labelled_as_what_it_is(
    wire: Wire, labels: tuple[str, ...], failed: list[str]
) -> None:
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"res": [], "total": 0}}
    wire.send("findJobs", {}, answer, labels=labels)
    assert wire.failed == failed


def found(*records: Mapping[str, Any], total: object = ...) -> dict[str, object]:
    data = {"res": list(records), "total": len(records) if total is ... else total}
    return {"errno": 0, "errmsg": "SUCCESS", "data": data}


def record(name: str, **fields: object) -> dict[str, Any]:
    """A record with ids of its own."""
    own = {"hash": f"hash-{name}", "id": hash(name), "id_uuid": f"u-{name}", "job_id": f"j-{name}"}
    return {**RECORD, **own, **fields}


@pytest.mark.parametrize(
    ("id", "filters", "answer"),
    [
        ("FIND-2", {}, found(record("a"), total=0)),
        ("FIND-2", {}, found(record("a"), total="1")),
        ("FIND-2", {}, {"errno": 0, "errmsg": "SUCCESS", "data": {"res": None, "total": 0}}),
        ("FIND-3", {"limit": 1}, found(record("a"), record("b"))),
        ("FIND-5", {"service": ["niji"]}, found(record("a", service="main"))),
        ("FIND-8", {"folders": ["f"]}, found(record("a", folders=["g"]))),
        ("FIND-9", {"favourite": True}, found(record("a", is_favourite=False))),
        ("FIND-11", {}, found(record("a", status="2000"))),
        ("FIND-12", {}, found(record("a"), record("b", job_id="j-a"))),
    ],
)
def test_a_find_that_its_own_request_contradicts(
    wire: Wire, id: str, filters: object, answer: object
) -> None:
    wire.send("findJobs", filters, answer)
    assert wire.failed == [id]


def test_a_type_that_the_server_has_restricts(wire: Wire) -> None:
    up = record("u", job_type="upscale")
    wire.send("findJobs", {"job_type": ["main"]}, found(up))
    assert wire.failed == []  # main may be unknown here, and an unknown name may be ignored
    wire.send("findJobs", {}, found(record("a", job_type="main"), up))
    wire.send("findJobs", {"job_type": ["main"]}, found(up))
    assert wire.failed == ["FIND-6"]


def test_a_record_is_held_against_every_earlier_look(wire: Wire) -> None:
    wire.send("findJobs", {}, found(record("a", status=2000)))
    wire.send("findJobs", {"limit": 1}, found(record("a", status=1000)))
    assert wire.failed == ["LIFE-2"]
    wire.send("findJobs", {}, found(record("a", status=2000, job_id="j-other")))
    assert wire.failed == ["LIFE-2", "LIFE-4"]


def test_a_job_of_another_account_that_only_some_finds_return(wire: Wire) -> None:
    theirs = {**OK, "data": "hash-theirs"}
    wire.send("createJob", {"content": "boat"}, theirs, "token-of-second")
    wire.send("findJobs", {"prompt": "boat"}, found(record("theirs")))
    wire.send("findJobs", {}, found(record("mine"), record("theirs")))
    assert wire.failed == []  # question find-scope: all
    wire.send("findJobs", {}, found(record("mine"), total=2))
    assert wire.failed == []  # not the whole listing
    wire.send("findJobs", {"limit": 100}, found(record("mine")))
    assert wire.failed == ["AUTH-5"]


def test_what_is_right_is_not_failed(wire: Wire) -> None:
    wire.send("createJob", {"content": "boat"}, OK)
    wire.send("findJobs", {"limit": 10, "service": ["main"]}, found(record("a")))
    wire.send("findJobs", {"service": ["main", "mars"]}, found(record("b", service="niji")))
    wire.send("blendImages", {"content": "two words"}, {**OK, "data": "other"})
    wire.send("upscaleJob", {"parent_hash": "x", "grid_num": "2"}, {**OK, "data": "third"})
    assert wire.failed == []


def test_every_answer_is_held_against_the_document(wire: Wire) -> None:
    record = {**RECORD, "updated_at": "2024-04-02", "deleted": 0}
    wire.send("findJobs", {"limit": 1}, {**FIND_SUCCESS, "data": {"res": [record], "total": 1}})
    assert wire.failed == ["FIND-11", "LIFE-3"]
    wire.send("createJob", b"[", {"errno": 301}, plain=False)  # question malformed-json
    assert wire.failed == ["FIND-11", "LIFE-3"]
    wire.send("createJob", {"content": "x"}, {"errno": 411, "errmsg": "x", "data": "a-hash"})
    assert wire.failed == ["FIND-11", "GEN-3", "LIFE-3"]
