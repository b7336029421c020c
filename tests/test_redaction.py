"""Secrets in any clothes are found."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.redaction import MASK, Secrets

#: Printable, of any script, with quotes, slashes and blanks; long enough not to be there by chance.
SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=40)
AROUND = st.text("0123456789", max_size=7)

FORMS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json unicode": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "json in json": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "html": html.escape,
    "html of json": lambda secret: html.escape(json.dumps(secret)[1:-1]),
    "url": lambda secret: quote(secret, safe=""),
    "url lower case": lambda secret: "".join(
        f"%{byte:02x}" if chr(byte) not in _PLAIN else chr(byte) for byte in secret.encode()
    ),
    "form": quote_plus,
    "python": lambda secret: repr(secret)[1:-1],
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
}
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


@pytest.mark.parametrize("form", FORMS)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_a_secret_is_masked_in_every_form(form: str, secret: str, before: str, after: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    clothed = FORMS[form](secret)
    redacted = secrets.redact(f"{before} {clothed} {after}")
    assert clothed not in redacted
    assert MASK in redacted


@given(secret=SECRETS, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_inside_something_base64_is_masked(
    secret: str, before: bytes, after: bytes
) -> None:
    secrets = Secrets()
    secrets.add(secret)
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    redacted = secrets.redact(encoded)
    # What is left of it, at either end, decodes to nothing of the secret's middle.
    assert MASK in redacted
    assert encoded not in redacted


def test_basic_credentials_are_masked() -> None:
    secrets = Secrets()
    secrets.add("correct horse")
    basic = base64.b64encode(b"abc:correct horse").decode()
    left = secrets.redact(f"Authorization: Basic {basic}").replace(MASK, "")
    assert b"horse" not in base64.b64decode(left.rpartition(" ")[2] + "====", validate=False)


def test_what_looks_like_a_jwt_is_masked_unknown() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
    secrets = Secrets()
    for text in (
        token,
        f'{{"token":"{token}"}}',
        f"Bearer {token}",
        token.rpartition(".")[0] + ".",
    ):
        assert "eyJzdWIi" not in secrets.redact(text)


def test_a_longer_secret_is_not_cut_short_by_one_it_contains() -> None:
    secrets = Secrets()
    secrets.add("pass-word-1", "pass-word-1-and-more")
    assert secrets.redact("x pass-word-1-and-more y") == f"x {MASK} y"


def test_nothing_to_hide_changes_nothing() -> None:
    secrets = Secrets()
    secrets.add(None, "")
    assert secrets.redact("errno 301") == "errno 301"
