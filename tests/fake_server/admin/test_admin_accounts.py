"""Accounts are sandboxes: made, changed, reset and removed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.controls import Control
from tests.support.fakes import START, Caller, Fake, refused, succeeded

MakeFake = Callable[..., Fake]


def test_a_new_account_can_log_in_at_once(control: Control) -> None:
    made = control.post("accounts", username="t1", password="p", name="Tee")
    assert made["plan"] == "unlimited"
    t1 = control.fake.login("t1", "p")
    assert t1.data["id"] == made["id"]
    assert t1.data["name"] == "Tee"
    assert t1.record(t1.create())["sender_id"] == made["sender_id"]
    assert control.get("accounts/t1") == {**made, "jobs": 1}
    assert [each["username"] for each in control.get("accounts")["accounts"]] == [
        "abc",
        "limited",
        "t1",
    ]


def test_a_taken_name_is_a_conflict(control: Control) -> None:
    refusal = control.refusal("POST", "accounts", {"username": "abc", "password": "p"})
    assert refusal.status == 409
    assert succeeded(
        control.fake.post("/auth/login", {"username": "abc", "password": "abc-secret"})
    )


def test_an_account_with_signs_in_its_name_can_be_reached(control: Control) -> None:
    name = "test_x[a 1%-é]"
    control.post("accounts", username=name, password="p")
    assert control.get("accounts/test_x%5Ba%201%25-%C3%A9%5D")["username"] == name
    assert control.get("clock", account=name)["account"] == name


def test_an_account_changes_in_part(control: Control, abc: Caller) -> None:
    control.patch("accounts/abc", plan="none")
    assert refused(abc.post("/jobs/create", {"content": "x"})) == 411
    assert control.patch("accounts/abc", plan="unlimited", name="A")["name"] == "A"
    abc.create()
    control.patch("accounts/abc", password="other")
    login = {"username": "abc", "password": "abc-secret"}
    assert refused(control.fake.post("/auth/login", login)) == 430
    assert control.fake.login("abc", "other").data["name"] == "A"
    assert control.patch("accounts/abc", name=None)["name"] is None


def test_a_removed_accounts_token_is_worth_nothing(control: Control, abc: Caller) -> None:
    hash = abc.create()
    control.post("clock/freeze", account="abc")
    control.post("faults", type="ERRNO", errno=501, match={"account": "abc"})
    assert control.delete("accounts/abc") == {"deleted": 1}
    assert refused(abc.post("/jobs/find", {})) == 430
    assert control.refusal("GET", f"jobs/{hash}").status == 404
    assert control.refusal("DELETE", "accounts/abc").status == 404
    assert control.get("faults")["faults"] == []
    control.post("accounts", username="abc", password="abc-secret")
    assert control.fake.login().find() == []


# Reset


def disturb(control: Control, caller: Caller, name: str) -> None:
    """Leave a trace everywhere that an account has something."""
    caller.create()
    control.post("faults", type="ERRNO", errno=501, match={"account": name, "path": "/no"})
    control.post("scenarios", scenario="fail", account=name)
    control.patch("profile", answers={"find-order": "oldest-first"}, account=name)
    control.advance("1h", name)


def traces(control: Control, name: str) -> dict[str, object]:
    return {
        "jobs": control.get("jobs", account=name)["jobs"],
        "faults": control.get("faults", account=name)["faults"],
        "armed": control.get("scenarios", account=name)["armed"],
        "order": control.get("profile", account=name)["answers"]["find-order"],
        "clock": control.get("clock", account=name)["own"],
        "requests": control.requests(account=name),
    }


CLEAN = {
    "jobs": [],
    "faults": [],
    "armed": [],
    "order": "newest-first",
    "clock": False,
    "requests": [],
}


def test_reset_forgets_one_account_and_no_other(control: Control, abc: Caller) -> None:
    control.post("accounts", username="t1", password="p")
    t1 = control.fake.login("t1", "p")
    disturb(control, abc, "abc")
    disturb(control, t1, "t1")
    before = traces(control, "t1")
    assert control.post("reset", account="abc") == {"accounts": ["abc"], "jobs": 1}
    assert traces(control, "abc") == CLEAN
    assert traces(control, "t1") == before
    assert abc.find() == []  # the token stays valid


def test_after_a_reset_everything_comes_again(make_fake: MakeFake) -> None:
    control = Control(make_fake(seed=3))
    abc = control.fake.login()
    first = abc.record(abc.create())
    control.post("reset", account="abc")
    assert abc.record(abc.create()) == first


def test_reset_of_all_forgets_what_is_shared_as_well(control: Control, abc: Caller) -> None:
    disturb(control, abc, "abc")
    control.advance("1h")
    control.put("profile", profile="mixed")
    control.post("faults", type="ERRNO", errno=501, match={"path": "/no"})
    control.post("scenarios", scenario="fail")
    assert control.post("reset") == {"accounts": ["abc", "limited"], "jobs": 1}
    assert traces(control, "abc") == CLEAN
    assert control.get("clock")["now_ms"] == START
    assert control.get("profile")["name"] == "documented"
    assert control.get("faults")["faults"] == []
    assert control.get("scenarios")["armed"] == []
    abc.find()


def test_a_reset_leaves_the_automatic_clock_automatic(make_fake: MakeFake) -> None:
    control = Control(make_fake(clock="auto"))
    control.post("clock/resume")
    control.post("reset")
    assert control.get("clock")["auto"]


# The profile of an account


def test_an_account_can_have_a_profile_of_its_own(control: Control, abc: Caller) -> None:
    limited = control.fake.login("limited")
    control.patch("profile", answers={"error-http-status": "by-errno"}, account="limited")
    assert abc.post("/jobs/create", {}).status_code == 200
    assert limited.post("/jobs/create", {}).status_code == 400
    assert control.get("profile", account="limited")["account"] == "limited"
    control.put("profile", account="limited")
    assert limited.post("/jobs/create", {}).status_code == 200


@pytest.mark.parametrize("account", ["abc", None])
def test_records_follow_the_profile_at_once(
    control: Control, abc: Caller, account: str | None
) -> None:
    scope = {} if account is None else {"account": account}
    record = abc.picture()
    assert record["img_md5"] is None
    control.patch("profile", answers={"image-md5": "hex", "image-frame": "raw"}, **scope)
    after = abc.record(record["hash"])
    assert len(after["img_md5"]) == 32
    assert after["img_width"] == 1024
    picture = control.fake.get(after["img_buffer"].removeprefix("http://fake.test"))
    assert len(picture.content) == after["img_length"]


def test_answers_may_be_numbers(control: Control) -> None:
    answers = control.put("profile", answers={"success-http-status": 201, "image-md5": None})
    assert answers["answers"]["success-http-status"] == "201"
    assert control.fake.login().post("/jobs/find", {}).status_code == 201


def test_a_token_can_be_had_without_the_password(control: Control) -> None:
    control.post("accounts", username="t#1", password="p")
    token = control.post("accounts/t%231/token")["token"]
    caller = Caller(control.fake, token, {})
    assert caller.record(caller.create())["msg_content"] == "a cat"
    assert control.refusal("POST", "accounts/nobody/token").status == 404


def test_such_a_token_ends_no_other(control: Control) -> None:
    control.patch("profile", answers={"second-login": "ends"})
    abc = control.fake.login()
    control.post("accounts/abc/token")
    assert abc.find() == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb", "\x7f", "x" * 201])
def test_a_name_that_no_path_can_hold_is_refused(control: Control, name: str) -> None:
    refusal = control.refusal("POST", "accounts", {"username": name, "password": "p"})
    assert "is not a name of 1 to 200 characters" in refusal.message


@pytest.mark.parametrize("name", ["a", "...", ".a", "..b", "a.", "a..b", "x" * 200, "小船 😀"])
def test_a_name_that_a_path_can_hold_is_taken(control: Control, name: str) -> None:
    control.post("accounts", username=name, password="p")
    assert control.get(f"accounts/{quote(name, safe='')}")["username"] == name
