"""No secret is shown in a form that usual writers give it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal import redaction
from sampan.fake_server.journal.journal import Journal, RequestMatch
from sampan.fake_server.journal.redaction import MARK, Secrets
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake

MakeFake = Callable[..., Fake]

PASSWORD = 'pä"ss/w+rd %41\\end<&>'
_GO = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}


def _go(text: str) -> str:
    return re.sub("[&<>]", lambda found: _GO[found[0]], json.dumps(text, ensure_ascii=False))


WRITERS: Mapping[str, Callable[[str], str]] = {
    "raw": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "json unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json of go": lambda text: _go(text)[1:-1],
    "json of php": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json in json": lambda text: json.dumps(json.dumps(text))[3:-3],
    "url": quote,
    "url component": lambda text: quote(text, safe=""),
    "url lower case": lambda text: re.sub(
        "%..", lambda found: found[0].lower(), quote(text, safe="")
    ),
    "url of javascript": lambda text: quote(text, safe="!'()*"),
    "form": quote_plus,
    "json in a form": lambda text: quote_plus(json.dumps(text)[1:-1]),
    "html": html.escape,
    "html of numbers": lambda text: re.sub("[!-,/:-@]", lambda sign: f"&#{ord(sign[0])};", text),
    "html in json": lambda text: json.dumps(html.escape(text))[1:-1],
    "basic": lambda text: base64.b64encode(f"anna:{text}".encode()).decode(),
    "basic in a url": lambda text: quote_plus(base64.b64encode(f"a:{text}".encode()).decode()),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "json in base64": lambda text: base64.b64encode(b'{"password":"%b"}' % text.encode()).decode(),
}


# Known secrets

SECRETS = st.text(st.characters(exclude_categories=("Cs",)), min_size=6, max_size=40)


@given(SECRETS, st.text("abc 01", max_size=20))
def test_a_known_secret_is_shown_in_no_form(secret: str, around: str) -> None:
    secrets = Secrets()
    secrets.remember(secret)
    for writer, write in WRITERS.items():
        form = write(secret)
        text = f"{around}{form}{around}"
        clean = redaction.redact(text, secrets.found_in(text))
        if form not in around + MARK + around:
            assert form not in clean, writer


def test_secrets_are_bounded_and_the_first_and_the_latest_are_known() -> None:
    secrets = Secrets()
    names = [f"secret-{number:05d}" for number in range(Secrets.MAX + 100)]
    for name in names:
        secrets.remember(name)
    known = secrets.found_in(" ".join(names))
    assert sorted(known) == names[: Secrets.FIRST] + names[Secrets.FIRST + 100 :]
    assert secrets.version == len(names)


def test_a_known_secret_in_a_header_is_found_in_utf8_and_latin1() -> None:
    secrets = Secrets()
    secrets.remember(PASSWORD)
    journal = Journal((), secrets)
    for charset in ("utf-8", "latin-1"):
        headers = [(b"x-a", PASSWORD.encode(charset)), (b"x-a", b"b"), (b"cookie", b"s=1")]
        journal.record(Exchange("GET", "/", headers), Response(200, b""))
    for shown in orjson.loads(orjson.dumps(list(journal.show(journal.find(RequestMatch()), str)))):
        assert shown["request_headers"] == {"x-a": f"{MARK}, b", "cookie": MARK}


def test_a_password_of_any_length_is_left_out_by_its_name(control: Control) -> None:
    control.post("accounts", username="t1", password="p")
    for length in (1, 60_000, 70_000):
        control.fake.post("/auth/login", {"username": "t1", "password": "p" * length})
    bodies = [request["request_body"] for request in control.requests()]
    assert bodies[:2] == [{"username": "t1", "password": MARK}] * 2
    assert bodies[2].endswith(MARK)
    assert "ppp" not in bodies[2]


def test_the_admin_token_is_a_secret(make_fake: MakeFake) -> None:
    control = Control(make_fake(admin_token="let-me-in-please"))
    for number in range(Secrets.MAX):
        control.post("accounts", username=f"t{number}", password=f"password-{number}")
    control.fake.get("/?x=let-me-in-please")
    assert control.requests()[0]["path"] == f"/?x={MARK}"


def test_a_number_can_be_a_known_secret(control: Control, abc: Caller) -> None:
    control.post("accounts", username="t1", password="123456")
    abc.post("/jobs/create", {"content": 123456, "x": [1234567, 12345, True]})
    (request,) = control.requests(operation="createJob")
    assert request["request_body"] == {"content": MARK, "x": [MARK, 12345, True]}


# By name and by form


@pytest.mark.parametrize("name", ["password", "Passwd", "access_token", "API-Key", "apiKey", "JWT"])
def test_what_stands_under_the_name_of_a_secret_is_left_out(control: Control, name: str) -> None:
    body = {"a": [{name: "hunter", "b": 1}, {name: {"c": "hunter"}}, {name: None}]}
    control.fake.post("/jobs/find", body)
    control.fake.send("GET", f"/?a=1&{name}=hunter&b=2", headers={f"x-{name}": "hunter"})
    find, get = control.requests()
    assert find["request_body"] == {"a": [{name: MARK, "b": 1}, {name: MARK}, {name: None}]}
    assert get["path"] == f"/?a=1&{name}={MARK}&b=2"
    assert get["request_headers"][f"x-{name}".lower()] == MARK


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("{'username': 'abc', 'password': 'hunter'}", "{'username': 'abc', 'passw"),
        ("username: abc\nPassword: hunter\n", "username: abc\nPassw"),
        ("username=abc&password=hunter&b=2", "username=abc&passw"),
        ('--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter\r\n--x--', None),
        ('{"username": "abc", "password": "hunter', '{"username": "abc", "passw'),
        ('{"token": hunter}', '{"token'),
        ("a cat", "a cat"),
    ],
)
def test_a_body_that_is_not_json_is_not_shown_after_the_name_of_a_secret(
    control: Control, body: str, shown: str | None
) -> None:
    control.fake.send("POST", "/auth/login", body.encode())
    (request,) = control.requests()
    assert "hunter" not in json.dumps(request)
    if shown is not None:
        assert request["request_body"] == shown + (MARK if shown != body else "")


def test_a_name_that_is_itself_a_known_secret_still_hides_what_follows(control: Control) -> None:
    control.post("accounts", username="t1", password="password")
    control.fake.send("POST", "/auth/login", b"username=t1&password=hunter&token=1")
    control.fake.send("POST", "/auth/login", b"my-password-is hunter")
    assert [each["request_body"] for each in control.requests()] == [
        f"username=t1&{MARK}",
        f"my-{MARK}",
    ]


def test_a_reason_does_not_quote_a_secret(control: Control) -> None:
    control.fake.post("/auth/login", {"username": "abc", "password": ["hunter"]})
    control.fake.post("/auth/login", {"username": {"token": "hunter"}, "password": "x"})
    control.fake.post("/jobs/find", {}, "eyJ.eyJ.tampered")
    *logins, find = control.requests()
    assert "hunter" not in json.dumps(logins)
    assert all(login["reason"] for login in logins)
    assert find["reason"].startswith("the token is invalid: ")


def test_a_known_secret_in_a_reason_is_found_as_the_header_spells_it() -> None:
    secrets = Secrets()
    secrets.remember(PASSWORD)
    reason = f"no {PASSWORD}".encode("ascii", "backslashreplace")
    headers = ((b"content-type", b"text/plain"), (b"x-fake-reason", reason))
    journal = Journal((), secrets)
    journal.record(Exchange("GET", "/", []), Response(200, b"", headers))
    (shown,) = orjson.loads(orjson.dumps(list(journal.show(journal.find(RequestMatch()), str))))
    assert shown["reason"] == MARK


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("Bearer hunter", f"Bearer {MARK}"),
        ("basic " + base64.b64encode(b"abc:hunter").decode(), f"basic {MARK}"),
        ("hunter", MARK),
        ("Digest username=abc, response=hunter", MARK),
    ],
)
def test_of_authorization_only_the_scheme_is_shown(
    control: Control, header: str, shown: str
) -> None:
    control.fake.send("POST", "/jobs/find", b"{}", {"authorization": header})
    assert control.requests()[0]["request_headers"]["authorization"] == shown


@pytest.mark.parametrize("before", ["", "Bearer ", "Bearer%20", "%22", "a.b.", "x", "eyJ "])
def test_a_jwt_is_found_by_its_form(abc: Caller, before: str) -> None:
    encoded = abc.token.replace(".", "%2e")
    for token in (abc.token, encoded, abc.token.rpartition(".")[0]):
        assert redaction.redact(f"{before}{token} b", ()) == f"{before}{MARK} b"
    for text in ("eyJhbGciOiJIUzI1NiJ9", "heyJude.png", "www.eyJude.test"):
        assert redaction.redact(text, ()) == text


@pytest.mark.parametrize("before", ["", "a/", "x=1&b=", "Ab3/", "-"])
def test_a_jwt_is_found_in_base64(abc: Caller, before: str) -> None:
    for user in ("", "a:", "an:", "anna:"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = before + encode(f"{user}{abc.token}".encode()).decode()
            assert redaction.redact(text, ()).endswith(MARK)
    picture = base64.b64encode(b"eyJ" + bytes(range(256))).decode()
    assert redaction.redact(picture, ()) == picture


def test_nothing_that_a_client_sends_shows_a_secret(make_fake: MakeFake) -> None:
    """A password and a token in every place that a request has."""
    fake = make_fake()
    control = Control(fake)
    control.post("accounts", username="t1", password=PASSWORD)
    token = fake.login("t1", PASSWORD).token
    forms = {writer(secret) for secret in (PASSWORD, token) for writer in WRITERS.values()}
    for form in forms:
        fake.post("/jobs/create", {"content": f"a {form} b", form: 1}, token)
        fake.send("POST", "/jobs/create", b"not JSON " + form.encode(), {"x-other": quote(form)})
        fake.send("POST", "/jobs/create", urlencode({"content": form}).encode())
        fake.send("GET", f"/image/{quote(form, safe='')}?q={quote(form, safe='')}")
        fake.send("GET", f"/?{urlencode({'token': form, 'a': form})}", headers={"cookie": "s=1"})
    fake.post("/auth/login", {"username": "t1", "password": "wrong-" + PASSWORD})
    assert control.get("requests/count")["count"] == 5 * len(forms) + 2
    for path in ("requests?limit=1000", "lint"):
        shown = control.send("GET", path).text
        for form in forms:
            assert form not in shown
            assert json.dumps(form)[1:-1] not in shown
        assert token.split(".")[2] not in shown


def test_repr_of_settings_holds_no_secret(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="let-me-in-please")
    assert "let-me-in" not in repr(fake.app.service.settings)
    assert "abc-secret" not in repr(fake.app.service.settings)


NAMES = (
    "password", "passwd", "pwd", "userPwd", "passphrase", "access_key", "accessKey", "private-key",
    "PRIVATE_KEY", "auth_key", "apikey", "session_id", "sessionId", "client_secret",
    "密码", "新密码", "密碼", "口令",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_under_the_name_of_a_secret_is_not_shown(
    fake: Fake, control: Control, name: str
) -> None:
    value = "hunter22-and-more"
    for body in (
        json.dumps({"username": "abc", name: value}),
        json.dumps({"inner": [{name: value}]}, ensure_ascii=False),
        f"{{'username': 'abc', '{name}': '{value}'}}",
        f"username=abc&{name}={value}",
        f"username: abc\n{name}: {value}\n",
    ):
        fake.send("POST", "/auth/login", body.encode())
    fake.send("POST", f"/jobs/find?{quote(name)}={value}", b"{}")
    if name.isascii():
        fake.send("POST", "/jobs/find", b"{}", {name: value})
    text = json.dumps([control.requests(), control.get("lint")])
    assert "hunter22" not in text
    assert "abc" in text


@pytest.mark.parametrize("name", ["author", "passage", "keyboard", "sessions", "bypass"])
def test_other_names_are_none_of_a_secret(name: str) -> None:
    assert not redaction.names_secret(name)


def test_a_url_s_user_is_not_shown(abc: Caller, control: Control) -> None:
    for user in ("abc:hunter22", "hunter22", "abc:hunter22%40x"):
        link = f"http://{user}@example.com/a.png"
        abc.post("/jobs/blend", {"content": f"{link} {link}"})
        abc.fake.send("POST", "/auth/login", f"not JSON: {link}".encode())
        abc.fake.send("GET", f"/x?link={link}")
    text = json.dumps([control.requests(), control.get("lint")])
    assert "hunter22" not in text
    assert f"http://{MARK}@example.com/a.png" in text
    assert "token-astray" not in text
