"""Login and what its token opens (page, Login)."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import jwt
import pytest

from sampan.fake_server.api import operations
from sampan.fake_server.settings import NewAccount
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake, MakeFake, envelope, refused, succeeded

JOBS = ("create", "find", "variation", "upscale", "blend", "describe")

#: The page's example of ``data``, key by key; what is its own in every account is not here.
SHOWN = {
    "name": None,
    "username": "abc",
    "phone": None,
    "email": "abc@email.com",
    "account_type": "consumer",
    "account_status": "unlimited",
    "last_paid": None,
    "plan_start": None,
    "plan_end": None,
    "last_plan": None,
}


def test_login_answers_as_the_page_shows(fake: Fake) -> None:
    body = envelope(fake.post("/auth/login", {"username": "abc", "password": "abc-secret"}))
    assert list(body) == ["errno", "errmsg", "data"]
    assert (body["errno"], body["errmsg"]) == (0, "SUCCESS")
    data = body["data"]
    assert list(data) == ["id", *SHOWN, "token"]
    assert data.items() >= SHOWN.items()
    assert [len(part) for part in data["id"].split("-")] == [6, 6, 5, 8, 8]


def test_an_account_has_one_id_for_ever_and_no_other_has_it(make_fake: MakeFake) -> None:
    fake = make_fake(seed=1)
    first = fake.login().data
    fake.wall += 86_400_000
    assert fake.login().data["id"] == first["id"]
    assert fake.login("limited").data["id"] != first["id"]
    assert make_fake(seed=1).login().data["id"] == first["id"]
    assert make_fake(seed=2).login().data["id"] != first["id"]


def test_no_two_accounts_share_a_token(fake: Fake) -> None:
    assert fake.login().token != fake.login("limited").token


@pytest.mark.parametrize(
    "body", [{}, {"username": "abc"}, {"password": "abc-secret"}, {"user": "abc", "pass": "x"}]
)
def test_a_missing_credential_is_told(fake: Fake, body: dict[str, str]) -> None:
    answer = fake.post("/auth/login", body)
    assert answer.status_code == 200
    assert answer.json() == {"errno": 301, "errmsg": "missing username or password"}


@pytest.mark.parametrize(
    "body",
    [
        {"username": "abc", "password": "wrong"},
        {"username": "abc", "password": "ABC-SECRET"},
        {"username": "abc", "password": "limited-secret"},
        {"username": "nobody", "password": "abc-secret"},
        {"username": "abc\0", "password": "abc-secret"},
    ],
)
def test_wrong_credentials_are_refused(fake: Fake, body: dict[str, str]) -> None:
    assert refused(fake.post("/auth/login", body)) == 430


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["abc"], ""])
@pytest.mark.parametrize("key", ["username", "password"])
def test_a_credential_of_another_type_is_a_wrong_parameter(
    fake: Fake, key: str, value: object
) -> None:
    body = {"username": "abc", "password": "abc-secret", key: value}
    assert refused(fake.post("/auth/login", body)) == 301


def test_accounts_of_ones_own_replace_the_two(make_fake: MakeFake) -> None:
    fake = make_fake(accounts=(NewAccount("小船", "密码"), NewAccount("poor", "p", "none")))
    assert fake.login("小船", "密码").data["username"] == "小船"
    assert fake.login("poor", "p").data["account_status"] == "limited"
    credentials = {"username": "abc", "password": "abc-secret"}
    assert refused(fake.post("/auth/login", credentials)) == 430


def test_open_accounts_make_an_unknown_name_one_and_keep_its_password(make_fake: MakeFake) -> None:
    fake = make_fake(open_accounts=True)
    anyone = fake.login("anyone", "first")
    assert anyone.find() == []
    wrong = fake.post("/auth/login", {"username": "anyone", "password": "second"})
    assert refused(wrong) == 430
    assert fake.login("anyone", "first").data["id"] == anyone.data["id"]


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [
        ("x" * 201, "p", "1 to 200 characters"),
        ("a/b", "p", "slash"),
        ("a\nb", "p", "control character"),
        ("\0", "p", "control character"),
        ("\x7f", "p", "control character"),
        (".", "p", "not be . or .."),
        ("..", "p", "not be . or .."),
        ("x", "p" * 1001, "at most 1000 characters"),
        ("third", "p", "there are 2 accounts"),
    ],
)
def test_open_accounts_are_those_that_the_control_api_could_create(
    make_fake: MakeFake, monkeypatch: pytest.MonkeyPatch, username: str, password: str, reason: str
) -> None:
    monkeypatch.setattr(operations, "MAX_OPENED", 2 if username == "third" else 4)
    fake = make_fake(open_accounts=True)
    answer = fake.post("/auth/login", {"username": username, "password": password})
    assert refused(answer) == 430
    assert reason in answer.headers["x-fake-reason"]
    names = [account.username for account in fake.app.service.store.accounts()]
    assert names == ["abc", "limited"]


def test_whatever_a_login_creates_can_be_exported_and_imported(make_fake: MakeFake) -> None:
    control = Control(make_fake(open_accounts=True))
    for name in ("x" * 200, "小船 😀", "...", ".a", "..b", "a.", "%2F?#", "\u00a0"):
        control.fake.login(name, "p" * 1000)
        assert control.get(f"accounts/{quote(name, safe='')}")["username"] == name
    state = control.get("state")
    control.put("state", **state)
    assert control.get("state") == state


# Tokens


def headers_that_fail(token: str) -> dict[str, str | None]:
    """What an Authorization header may hold that is not the token it should be."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    unsigned = jwt.encode(claims, None, algorithm="none")
    foreign = jwt.encode(claims, "another key, quite as long as the right one", algorithm="HS256")
    other = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "2"}).encode()).decode()
    return {
        "none": None,
        "empty": "",
        "scheme alone": "Bearer",
        "scheme and blank": "Bearer ",
        "no scheme": token,
        "another scheme": f"Basic {token}",
        "garbled": "Bearer eyJhbGciOiJ...K2Jscp8_k1XwE",
        "no JWT": "Bearer xyz",
        "two tokens": f"Bearer {token} {token}",
        "tampered payload": f"Bearer {head}.{other.rstrip('=')}.{signature}",
        "tampered signature": f"Bearer {head}.{payload}.{signature[::-1]}",
        "no signature": f"Bearer {head}.{payload}.",
        "unsigned": f"Bearer {unsigned}",
        "foreign key": f"Bearer {foreign}",
        "dots": "Bearer ...",
    }


@pytest.mark.parametrize("path", [f"/jobs/{job}" for job in JOBS])
def test_every_job_operation_refuses_what_is_not_its_token(fake: Fake, path: str) -> None:
    token = fake.login().token
    for kind, header in headers_that_fail(token).items():
        headers = {} if header is None else {"Authorization": header}
        answer = fake.send("POST", path, b"{}", headers)
        assert answer.status_code == 200, kind
        assert answer.json() == {"errno": 430, "error": "invalid login"}, kind
    assert refused_or_found(fake, path, token)


def refused_or_found(fake: Fake, path: str, token: str) -> bool:
    """With the token the call gets as far as its body, which is empty."""
    errno = envelope(fake.post(path, {}, token))["errno"]
    return bool(errno == (0 if path == "/jobs/find" else 301))


@pytest.mark.parametrize("path", [f"/jobs/{job}" for job in JOBS])
def test_a_token_is_asked_for_before_the_body_is_read(fake: Fake, path: str) -> None:
    assert refused(fake.send("POST", path, b"\xff")) == 430


def test_the_scheme_is_read_in_any_case(abc: Caller) -> None:
    headers = {"Authorization": f"bearer {abc.token}"}
    assert succeeded(abc.fake.send("POST", "/jobs/find", b"{}", headers))["total"] == 0


def test_a_token_lasts_a_day_of_the_fakes_clock(abc: Caller) -> None:
    claims = jwt.decode(abc.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 86_400
    abc.fake.wall = claims["exp"] * 1000 - 1
    assert abc.find() == []
    abc.fake.wall += 1
    assert refused(abc.post("/jobs/find", {})) == 430


def test_a_token_of_another_fake_is_foreign(make_fake: MakeFake) -> None:
    token = make_fake(seed=1).login().token
    assert refused(make_fake(seed=2).post("/jobs/find", {}, token)) == 430


def test_a_call_acts_for_its_tokens_account_whoever_logged_in_last(make_fake: MakeFake) -> None:
    fake = make_fake(accounts=(NewAccount("abc", "abc-secret"), NewAccount("def", "def-secret")))
    abc = fake.login()
    other = fake.login("def")
    hash = abc.create()
    assert [record["hash"] for record in abc.find()] == [hash]
    assert other.find() == []


def test_every_login_gives_a_token_and_none_ends_the_others(abc: Caller) -> None:
    again = abc.fake.login()
    assert abc.find() == again.find() == []
