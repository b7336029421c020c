"""What a client does that would hurt it on the real service, read off the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from sampan import FakeServer
from sampan.fake_server.armed.fault import ConnectionFault
from tests.support.controls import Control
from tests.support.fakes import JSON, Caller, Fake

MakeFake = Callable[..., Fake]


def rules(control: Control, account: str = "abc") -> list[str]:
    """The rules that are broken."""
    return [finding["rule"] for finding in control.get("lint", account=account)["findings"]]


def finding(control: Control, rule: str) -> JSON:
    """The one finding of a rule."""
    found: list[JSON] = control.get("lint")["findings"]
    (one,) = [each for each in found if each["rule"] == rule]
    return one


def careful(control: Control, caller: Caller) -> str:
    """A client as it should be: submits, asks every few seconds, gets the picture, and stops."""
    hash = caller.create()
    while True:
        control.fake.wall += 5000
        record = caller.record(hash)
        if record["status"] == 2000:
            break
    control.fake.get(record["img_buffer"].removeprefix("http://fake.test"))
    return hash


def test_a_careful_client_is_left_alone(make_fake: MakeFake) -> None:
    control = Control(make_fake(job_ms=60_000))
    abc = control.fake.login()
    for _ in range(3):
        careful(control, abc)
    assert control.get("lint") == {"findings": []}


def test_waiting_for_several_in_turn_is_no_habit(make_fake: MakeFake) -> None:
    control = Control(make_fake(job_ms=10_000))
    abc = control.fake.login()
    hashes = [abc.create() for _ in range(4)]
    for hash in hashes:
        while abc.record(hash)["status"] != 2000:
            control.fake.wall += 5000
        control.fake.wall += 2000
        control.fake.get(abc.record(hash)["img_buffer"].removeprefix("http://fake.test"))
        control.fake.wall += 2000
    assert "polls-too-fast" not in rules(control)


# polls-too-fast


def test_polling_without_a_pause_is_too_fast(control: Control, abc: Caller) -> None:
    for _ in range(4):
        abc.find(limit=10)
    found = finding(control, "polls-too-fast")
    assert found["requests"] == [3, 4, 5]
    assert "every few seconds" in found["message"]


@pytest.mark.parametrize(("pause", "expected"), [(999, True), (1000, False)])
def test_a_second_is_enough(control: Control, abc: Caller, pause: int, expected: bool) -> None:
    # The journal's times are the machine's, so the pause is made on the fake's own clock.
    for _ in range(3):
        control.advance(pause)
        abc.find()
    assert ("polls-too-fast" in rules(control)) is expected


def test_paging_is_not_polling(control: Control, abc: Caller) -> None:
    for _ in range(5):
        abc.create()
    found = abc.found(limit=2)
    while len(found["res"]) == 2:
        found = abc.found(limit=2, timestamp_smaller_than=int(found["res"][-1]["timestamp"]))
    assert "polls-too-fast" not in rules(control)


# polls-after-end


def test_asking_on_after_the_end_is_found(control: Control, abc: Caller) -> None:
    abc.picture()
    for _ in range(3):
        control.advance("5s")
        abc.find(limit=100)
    assert finding(control, "polls-after-end")["requests"] == [4, 5, 6]


def test_a_failure_is_an_end_as_well(control: Control, abc: Caller) -> None:
    abc.create("x --fake fail")
    for _ in range(4):
        control.advance("5s")
        abc.find()
    assert "polls-after-end" in rules(control)


def test_asking_on_for_another_job_is_right(control: Control, abc: Caller) -> None:
    abc.picture()
    abc.create("x --fake stuck")
    for _ in range(6):
        control.advance("5s")
        abc.find(limit=100)
    assert "polls-after-end" not in rules(control)


def test_where_a_failure_cannot_be_told_nothing_is_said(make_fake: MakeFake) -> None:
    control = Control(make_fake(answers={"pending-statuses": "null"}))
    abc = control.fake.login()
    abc.create("x --fake fail")
    for _ in range(6):
        control.advance("5s")
        abc.find()
    assert "polls-after-end" not in rules(control)


# resubmits-after-timeout


def lose(control: Control, caller: Caller, kind: str, **terms: object) -> None:
    """A submission whose answer the client does not get."""
    match = {"operation": "createJob"}
    control.post("faults", type=kind, times=1, match=match, **terms)
    try:
        caller.post("/jobs/create", {"content": "x"})
    except ConnectionFault:
        return


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("COMMIT_THEN_DROP", {}),
        ("CONNECTION_RESET_BY_PEER", {}),
        ("TRUNCATED_BODY", {}),
        ("MALFORMED_JSON", {}),
        ("HTTP_STATUS", {"status": 504}),
        ("ERRNO", {"errno": 501}),
    ],
)
def test_submitting_again_without_having_looked_is_found(
    control: Control, abc: Caller, kind: str, terms: dict[str, object]
) -> None:
    lose(control, abc, kind, **terms)
    abc.create("x")
    found = finding(control, "resubmits-after-timeout")
    assert found["requests"] == [2, 3]
    assert "look for it with findJobs" in found["message"]


def test_looking_first_is_right(control: Control, abc: Caller) -> None:
    lose(control, abc, "CONNECTION_RESET_BY_PEER")
    assert abc.find() == []
    abc.create("x")
    assert "resubmits-after-timeout" not in rules(control)


def test_the_same_again_after_an_answer_is_right(control: Control, abc: Caller) -> None:
    abc.create("x")
    abc.create("x")
    assert abc.post("/jobs/create", {"content": "x --fake refused"}).is_success
    abc.post("/jobs/create", {"content": "x --fake refused"})
    assert "resubmits-after-timeout" not in rules(control)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def test_who_gives_up_waiting_and_submits_again_is_found(server: FakeServer) -> None:
    account = server.account()
    account.admin.freeze()
    account.admin.fault("DELAY", operation="createJob", delay=60, times=1)
    headers = {"authorization": f"Bearer {account.token}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/jobs/create", json={"content": "x"}, timeout=0.05)
        client.post("/jobs/create", json={"content": "x"})
    assert "resubmits-after-timeout" in [each["rule"] for each in account.admin.lint()]
    assert account.find().total == 2


# never-fetches-picture


def test_a_picture_that_is_never_fetched_is_found(control: Control, abc: Caller) -> None:
    record = abc.picture()
    assert finding(control, "never-fetches-picture")["requests"] == [3]
    control.fake.get(record["img_thumb"].removeprefix("http://fake.test"))
    assert "never-fetches-picture" not in rules(control)


def test_a_description_has_no_picture(control: Control, abc: Caller) -> None:
    abc.finished("/jobs/describe", content="http://a.test/1.png")
    assert "never-fetches-picture" not in rules(control)


# ignores-total


def test_taking_a_page_for_all_is_found(control: Control, abc: Caller) -> None:
    for _ in range(3):
        abc.create()
    abc.find(limit=2)
    assert finding(control, "ignores-total")["requests"] == [5]
    abc.find(limit=3)
    assert "ignores-total" not in rules(control)


def test_paging_back_is_right(control: Control, abc: Caller) -> None:
    for _ in range(3):
        abc.create()
    found = abc.find(limit=2)
    abc.find(limit=2, timestamp_smaller_than=int(found[-1]["timestamp"]))
    assert "ignores-total" not in rules(control)


def test_asking_for_the_newest_alone_is_right(control: Control, abc: Caller) -> None:
    for _ in range(3):
        abc.create()
    control.delete("requests")
    hash = abc.create()
    assert abc.find(limit=1)[0]["hash"] == hash
    assert "ignores-total" not in rules(control)


# unknown-field


def test_a_field_that_there_is_not_is_found(control: Control, abc: Caller) -> None:
    for _ in range(2):
        abc.post("/jobs/create", {"content": "x", "prompt": "y", "webhook": "z"})
    found = [each for each in control.get("lint")["findings"] if each["rule"] == "unknown-field"]
    assert sorted(each["message"].split("'")[1] for each in found) == ["prompt", "webhook"]
    assert [each["requests"] for each in found] == [[2, 3], [2, 3]]


def test_thousands_of_unknown_fields_are_not_all_reported(control: Control, abc: Caller) -> None:
    abc.post("/jobs/create", {"content": "x", **{f"x{number}": 1 for number in range(3000)}})
    assert rules(control) == ["unknown-field"] * 100


def test_every_listed_field_is_known(control: Control, abc: Caller) -> None:
    abc.find(limit=1, timestamp_smaller_than=1, service=["main"], job_type=["main"], prompt="x")
    abc.find(folders=["x"], favourite=True)
    parent = abc.picture()
    body = {"parent_id": parent["job_id"], "grid_num": 1, "sender_id": "x", "content": "y"}
    abc.post("/jobs/variation", body)
    assert "unknown-field" not in rules(control)


# What a fault made up


@pytest.mark.parametrize("operation", ["findJobs", "createJob"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"res": None, "total": 1},
        {"res": [{}], "total": 2},
        {"res": [3], "total": "x"},
        {"res": [{"hash": [], "status": 2000}], "total": 1},
        "x",
        [1],
    ],
)
def test_what_a_fault_sends_in_place_of_an_answer_is_none(
    control: Control, abc: Caller, operation: str, data: object
) -> None:
    abc.create()
    body = {"errno": 0, "errmsg": "OK", "data": data}
    control.post("faults", type="HTTP_STATUS", status=200, body=body, times=1)
    if operation == "findJobs":
        abc.post("/jobs/find", {})
    else:
        abc.create("a dog")
    assert rules(control) == []


# token-astray


@pytest.mark.parametrize("place", ["picture", "query", "path", "body"])
def test_a_token_where_none_is_due_is_found(control: Control, abc: Caller, place: str) -> None:
    link = abc.picture()["img_buffer"].removeprefix("http://fake.test")
    if place == "picture":
        control.fake.get(link, authorization=f"Bearer {abc.token}")
    elif place == "query":
        control.fake.get(f"{link}?token={abc.token}")
    elif place == "path":
        control.fake.get(f"/{abc.token}")
    else:
        abc.post("/jobs/find", {"token": abc.token})
    assert len(finding(control, "token-astray")["requests"]) == 1
    assert abc.token not in control.send("GET", "lint").text


def test_a_token_in_its_header_is_right(control: Control, abc: Caller) -> None:
    control.fake.get(abc.picture()["img_buffer"].removeprefix("http://fake.test"))
    assert "token-astray" not in rules(control)


# Scope


def test_findings_are_their_accounts(control: Control, abc: Caller) -> None:
    limited = control.fake.login("limited")
    limited.post("/jobs/find", {"x": 1})
    assert rules(control) == []
    assert rules(control, "limited") == ["unknown-field"]
    assert control.get("lint")["findings"][0]["account"] == "limited"
    assert control.get("lint", since=3)["findings"] == []
    abc.find()


# What a finding names, and rules that are left out


def test_a_finding_names_the_first_requests_and_how_many_there_are(
    control: Control, abc: Caller
) -> None:
    for _ in range(130):
        abc.found(limit=2)
    found = finding(control, "polls-too-fast")
    assert found["requests"] == list(range(3, 13))
    assert found["count"] == 129
    (whole,) = control.get("lint", evidence=1000)["findings"]
    assert whole["requests"] == list(range(3, 132))


def test_rules_can_be_left_out(control: Control, abc: Caller) -> None:
    for _ in range(4):
        abc.found(limit=2, limt=3)
    rules = {each["rule"] for each in control.get("lint")["findings"]}
    assert rules == {"polls-too-fast", "unknown-field"}
    left = control.get("lint", ignore="polls-too-fast")["findings"]
    assert {each["rule"] for each in left} == {"unknown-field"}
    assert control.get("lint", ignore=" polls-too-fast , unknown-field ")["findings"] == []


def test_a_rule_that_there_is_not_is_refused_with_what_was_meant(control: Control) -> None:
    message = control.refusal("GET", "lint?ignore=poll-too-fast").message
    assert "ignore: 'poll-too-fast' is not a rule; did you mean 'polls-too-fast'?" in message
    assert "token-astray" in message
