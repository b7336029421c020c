"""No secret is in a written HAR, in any form in which writers write it, wherever it stood."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.har.writer import HarWriter
from sampan.conformance.http.connection import Failure, Reply, Request
from sampan.conformance.traffic.seen import Seen
from tests.conformance.har.test_writer import JSON, exchange, login
from tests.support.examples import examples, sampled
from tests.support.traffic.har_files import API

FORMS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json in json": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "url": lambda secret: quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(f"abc:{secret}".encode()).decode(),
    "hexadecimal": lambda secret: secret.encode().hex(),
}

#: Where a secret may stand: what was seen, for a secret in one of its forms.
PLACES: dict[str, Callable[[str], Seen]] = {
    "url": lambda text: _asked(Request("GET", f"{API}/jobs/find?q={text}#x")),
    "request header": lambda text: _asked(Request("GET", f"{API}/x", (("X-Odd", text),))),
    "header name": lambda text: _asked(Request("GET", f"{API}/x", ((text, "1"),))),
    "content type": lambda text: _asked(
        Request("POST", f"{API}/x", (("Content-Type", text),), b"1")
    ),
    "cookie": lambda text: _asked(Request("GET", f"{API}/x", (("Cookie", f"a={text}"),))),
    "request body": lambda text: _asked(Request("POST", f"{API}/x", JSON, text.encode())),
    "request that was cut": lambda text: _asked(
        Request("POST", f"{API}/x", JSON, f'{{"content": "{text[: len(text) * 3 // 4]}'.encode())
    ),
    "bytes": lambda text: _asked(Request("POST", f"{API}/x", JSON, b"\xff" + text.encode())),
    "answer": lambda text: _answered(Reply(200, JSON, f'{{"a": "{text}"}}'.encode())),
    "answer to login": lambda text: replace(
        login("abc", "another one", "t"), reply=Reply(200, JSON, f'{{"token{text}": 1}}'.encode())
    ),
    "answer header": lambda text: _answered(Reply(200, (("x-odd", text),), b"")),
    "location": lambda text: _answered(Reply(302, (("location", f"/{text}"),), b"")),
    "set-cookie": lambda text: _answered(Reply(200, (("set-cookie", text),), b"")),
    "picture": lambda text: _answered(
        Reply(200, (("content-type", "image/png"),), b"\x89PNG\xff" + text.encode() + b"\xff")
    ),
    "failure": lambda text: _answered(
        Reply(200, JSON, text.encode()[:-1], Failure.DROPPED, f"closed: {text}")
    ),
}

#: Long enough not to be there by chance, with what writers escape.
SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=24).filter(
    lambda secret: len(set(secret[:8])) > 5
)


def _asked(request: Request) -> Seen:
    return replace(exchange(), request=request)


def _answered(reply: Reply) -> Seen:
    return replace(exchange(), reply=reply)


def written(path: Path, *exchanges: Seen) -> str:
    with HarWriter(path) as writer:
        for one in exchanges:
            writer.write(one)
    return path.read_text()


def assert_absent(secret: str, text: str) -> None:
    strings = "\n".join(_strings(json.loads(text)))
    for name, form in FORMS.items():
        if name != "base64":
            assert form(secret) not in strings, name
    alone = base64.b64encode(secret.encode()).decode()[:-4]
    assert alone not in strings
    assert secret[: len(secret) * 3 // 4] not in strings


def _strings(value: Any) -> list[str]:
    """Every text in the file, and what stands in base64."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value for text in _strings(one)]
    if not isinstance(value, dict):
        return []
    texts = [text for pair in value.items() for one in pair for text in _strings(one)]
    if value.get("encoding") == "base64":
        texts.append(base64.b64decode(value["text"]).decode("utf-8", "replace"))
    return texts


@pytest.mark.parametrize("place", sampled(PLACES, 3))
@pytest.mark.parametrize("kind", ["password", "token"])
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_nowhere(tmp_path: Path, place: str, kind: str, form: str) -> None:
    secrets = {"password": 'hünt"er & 2/mil', "token": "Zm9vYmFyIGJheg.not-a-jwt_0123456789"}
    secret = secrets[kind]
    known = login("abc", secrets["password"], secrets["token"])
    text = written(tmp_path / "a.har", known, PLACES[place](FORMS[form](secret)))
    assert_absent(secret, text)


@given(secret=SECRETS, place=st.sampled_from(sorted(PLACES)), form=st.sampled_from(sorted(FORMS)))
@settings(max_examples=examples(50))
def test_no_secret_of_any_letters_is_anywhere(
    tmp_path_factory: Any, secret: str, place: str, form: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "secrets.har"
    text = written(path, login("abc", secret, None), PLACES[place](FORMS[form](secret)))
    assert_absent(secret, text)


def test_a_short_word_that_was_refused_hides_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    for refused in ("a", "null", ""):
        text = written(path, login("abc", refused, None), exchange(came={"data": "a null"}))
        assert '"masked"' not in text


def test_a_secret_is_known_from_its_own_exchange_on(tmp_path: Path) -> None:
    """A password in a login that is malformed, a form, a query or a URL is one all the same."""
    secret = "hunter2-the-long"
    first = [
        Request("POST", f"{API}/auth/login", JSON, f'{{"password": "{secret}'.encode()),
        Request("POST", f"{API}/auth/login", (), f"username=a&password={secret}".encode()),
        Request("POST", f"{API}/auth/login?password={secret}", JSON, b"{}"),
        Request("POST", f"http://abc:{secret}@host.test/auth/login", JSON, b"{}"),
        Request("POST", f"{API}/jobs/find", (("AUTHORIZATION", f"bearer  {secret}"),)),
        Request("POST", f"{API}/jobs/find", (("Authorization", secret),)),
        Request("POST", f"{API}/auth/login", JSON, f'{{"Password" : "{secret}"}}'.encode()),
        Request("POST", f"{API}/auth/login", JSON, f'{{"password":["{secret}"]}}'.encode()),
    ]
    for number, request in enumerate(first):
        path = tmp_path / f"{number}.har"
        assert_absent(secret, written(path, _asked(request), exchange(came={"errmsg": secret})))
