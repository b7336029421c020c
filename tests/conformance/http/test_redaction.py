"""Secrets in any clothes are found."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Iterable
from email.charset import QP, Charset
from email.header import Header
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.http.connection import Reply, Request
from sampan.conformance.http.exchange import Log
from sampan.conformance.http.fragments import Beginnings
from sampan.conformance.http.json_body import Body, read
from sampan.conformance.http.redaction import MASK, Secrets
from tests.conformance.http.secret_forms import FORMS, OUTER
from tests.support.examples import sampled

#: Printable, of any script, with quotes, slashes and blanks; long enough not to be there by chance.
SECRETS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=40)
AROUND = st.text("0123456789", max_size=7)


@settings(deadline=None)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_a_secret_is_masked_in_every_form(secret: str, before: str, after: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    for name, form in FORMS.items():  # making a secret costs more than masking it
        clothed = form(secret)
        redacted = secrets.redact(f"{before} {clothed} {after}")
        assert clothed not in redacted, name
        assert MASK in redacted, name


@settings(deadline=None)
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


@pytest.mark.parametrize("outer", sampled(OUTER, 3))
@pytest.mark.parametrize("inner", OUTER)
def test_a_secret_is_masked_in_one_form_inside_another(outer: str, inner: str) -> None:
    for secret in (
        "a&b<c>'d'\"e\"/f\\g h+i%j é 三 🚣",
        "x & grün + 1%25",
        "&amp; %41 \\u0041 it's",
    ):
        secrets = Secrets()
        secrets.add(secret)
        for third in (str, FORMS[inner]):
            clothed = FORMS[outer](third(FORMS[inner](secret)))
            redacted = secrets.redact(f"1 {clothed} 2")
            assert redacted == f"1 {MASK} 2", clothed


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmMiLCJpYXQiOjF9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.mark.parametrize("form", ["raw", "html hexadecimal", "basic", "hexadecimal digits"])
@pytest.mark.parametrize("token", [TOKEN, "an/opaque+token==&<é>", "opaque-token-0123456789"])
def test_a_token_is_masked_in_every_form(form: str, token: str) -> None:
    secrets = Secrets()
    secrets.add(token)
    clothed = FORMS[form](token)
    assert clothed not in secrets.redact(f"<{clothed}>")
    assert MASK in secrets.redact(f"<{clothed}>")


def test_the_claims_and_the_signature_of_a_token_are_masked_alone() -> None:
    secrets = Secrets()
    secrets.add(TOKEN)
    for part in TOKEN.split("."):
        assert secrets.redact(f"bad part: {part}!") == f"bad part: {MASK}!"


@pytest.mark.parametrize(
    "unit",
    [
        *("\\", "&a", "%25", "eyJ", "eyJaaaa", "a.eyJ", "\\u0026%25&amp;", "%5Cu0026amp%3B", "&#"),
        *("…", TOKEN[:20] + "…", "a&b...", "\\26 ", ",\n  1", "=?u?q?a?= ", "a    "),
    ],
)
def test_redaction_takes_linear_time(unit: str) -> None:
    secrets = Secrets()
    secrets.add("a&b<c>'d' é", TOKEN)

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        started = time.process_time()
        secrets.redact(text)
        return time.process_time() - started

    assert seconds(200_000) < 40 * max(seconds(20_000), 0.005)


def test_a_message_of_cuts_is_redacted_at_once_whatever_is_secret() -> None:
    secrets = Secrets()
    secrets.add("abc-secret", TOKEN, "abcdefgh" + "q" * 500)
    started = time.process_time()
    secrets.redact("abcdefgh…" * 700)
    secrets.redact("…" * 6_000)
    assert time.process_time() - started < 3


def test_a_secret_may_be_added_while_a_cut_message_is_redacted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets = Secrets()
    secrets.add("canary-one", "canary-two")

    def overlap(_: Beginnings, text: str, firsts: Iterable[str]) -> int:
        secrets.add(f"{text}{firsts}")  # as another thread may
        return 0

    monkeypatch.setattr(Beginnings, "overlap", overlap)
    assert secrets.redact("it said canary-…") == "it said canary-…"


def test_a_mask_that_a_server_wrote_is_told_from_ours() -> None:
    secrets = Secrets()
    secrets.add("correct horse")
    assert secrets.redact_foreign(f"{MASK} correct horse") == f"<redacted> {MASK}"


def test_a_secret_with_a_mask_in_it_is_masked_whole() -> None:
    """A server that puts our mark into a token shows no more of it."""
    token = f"opaque-{MASK}-0123456789abcdef"
    secrets = Secrets()
    secrets.add_token(token)
    assert secrets.redact_foreign(f"{MASK} Bearer {token} {MASK}") == (
        f"<redacted> Bearer {MASK} <redacted>"
    )
    body = json.dumps({"errno": 430, "errmsg": MASK}).encode()
    reply = Reply(200, (), body)
    kept = Log(secrets).record(Request("POST", "http://x/"), reply, read(reply), "login", True)
    assert kept.said == "<redacted>"


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


@settings(deadline=None)
@given(st.lists(st.text("abc.-_", min_size=8, max_size=14), min_size=1, max_size=20), st.data())
def test_tokens_that_resemble_one_another_are_all_masked(
    tokens: list[str], data: st.DataObject
) -> None:
    secrets = Secrets()
    secrets.add(*tokens)
    chosen = data.draw(st.lists(st.sampled_from(tokens), min_size=1, max_size=5))
    text = secrets.redact(" ".join(chosen))
    assert text.replace(MASK, "").strip(" abc.-_") == ""
    for token in tokens:
        assert token not in text


@pytest.mark.parametrize("secret", ["a", "pw", "short-1", "x y"])
def test_a_short_secret_is_masked_too(secret: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    assert secret not in secrets.redact(f"1{secret}2 {secret}").replace(MASK, "")


def test_a_secret_across_the_cut_of_a_long_body_is_not_told() -> None:
    """The masks before it are shorter than what they hide, so that the cut moves into view."""
    token = "opaque-" + "x1y2z3" * 30
    secrets = Secrets()
    secrets.add(token)
    for shift in range(0, 200, 7):
        body = (" " * shift + token * 200).encode()
        request = Request("POST", "http://x/", (), body)
        kept = Log(secrets).record(request, Reply(200, (), body), Body(None, ""), "login", True)
        for text in (kept.request_body, kept.response_body):
            assert "x1y2z3" not in text


@pytest.mark.parametrize("tried", ["pw1x", "xpw1", "pw", "PW1"])
def test_what_is_akin_to_a_short_password_is_masked_where_it_stands_by_itself(tried: str) -> None:
    secrets = Secrets()
    secrets.add("pw1")
    secrets.add_if_akin(tried)
    sent = json.dumps({"username": "abc", "password": tried})
    for text in (
        sent,
        json.dumps(sent),
        html.escape(sent),
        quote(sent),
        quote(quote(sent)),
        f"password={tried}&x=1",
        f"密码{tried}错误",
        f"line\\n{tried}\\n",
        f"user_{tried}",
    ):
        assert secrets.redact(text) != text
        assert tried not in secrets.redact(text).replace(MASK, "")
    assert secrets.redact("PWR 301, a pwd and PW12") == "PWR 301, a pwd and PW12"


@pytest.mark.parametrize("tried", ["a", "0", "None", "horse", "sampan-nobody", ""])
def test_what_tells_little_of_a_secret_is_not_masked(tried: str) -> None:
    secrets = Secrets()
    secrets.add("correct-horse-None", "xa0", "opaque-sampa-0a", "pan-1")
    secrets.add_if_akin(tried)
    text = f"{tried}, a horse, 0 and None of sampan-nobody"
    assert secrets.redact(text) == text


@pytest.mark.parametrize(
    "tried", ["correct-hors", "xcorrect-horse", "CORRECT-HORSE", "a correct b"]
)
def test_what_tells_much_of_a_secret_is_masked_wherever_it_stands(tried: str) -> None:
    secrets = Secrets()
    secrets.add("correct-horse")
    secrets.add_if_akin(tried)
    assert tried not in secrets.redact(f"a{tried}b {tried}")


def test_what_is_akin_to_something_akin_is_not_akin() -> None:
    secrets = Secrets()
    secrets.add("correct-horse")
    secrets.add_if_akin("sampan-correct")
    secrets.add_if_akin("sampan-nobody")
    assert secrets.redact("sampan-correct sampan-nobody") == f"{MASK} sampan-nobody"


@pytest.mark.parametrize("secret", ["p", "pw", "pw1", "short-"])
def test_a_short_password_is_masked_inside_words_too(secret: str) -> None:
    """However much that hides: whoever uses such a password has been told nothing else."""
    secrets = Secrets()
    secrets.add(secret)
    for tried in (f"{secret}x", f"x{secret}", secret[:-1], secret.swapcase()):
        secrets.add_if_akin(tried)
    for text in (f"a{secret}b", f"x{secret}", f"{secret}x1", quote(f"={secret}x1")):
        assert secret not in secrets.redact(text).replace(MASK, "")


@pytest.mark.parametrize("cut", ["… (4711 characters in all)", "...', 7)"])
@pytest.mark.parametrize("form", sampled(FORMS, 3))
def test_a_secret_that_a_message_was_cut_in_is_not_begun(form: str, cut: str) -> None:
    """Messages quote what a server sent, and stop after so many characters."""
    secret = "canary <second> & 'grün' 一二三"
    secrets = Secrets()
    secrets.add(secret)
    written = FORMS[form](secret)
    for length in range(24, len(written)):
        shown = secrets.redact(f"it said {written[:length]}{cut}")
        assert "canary" not in shown
        assert "Y2FuYXJ5" not in shown  # the same in base64


@pytest.mark.parametrize("wrap", ["\n", "\n    ", "\r\n\t", " \n", "\\n  "])
def test_a_passphrase_that_is_wrapped_at_a_blank_is_masked(wrap: str) -> None:
    secrets = Secrets()
    secrets.add("correct (horse) & battery")
    for blank in (" (", " &", " b"):
        wrapped = "correct (horse) & battery".replace(blank, wrap + blank[1:])
        assert secrets.redact(f"it was {wrapped}.") == f"it was {MASK}."


def test_a_secret_in_several_words_of_a_header_is_masked() -> None:
    secret = "correct (horse) & 'battery', grün 三"
    secrets = Secrets()
    secrets.add(secret)
    quoted = Charset("utf-8")
    quoted.header_encoding = QP
    words = Header(secret, quoted, maxlinelen=40).encode()
    assert words.count("=?utf-8?q?") > 1
    assert secrets.redact(f"Subject: {words} and =?utf-8?q?more?=") == (
        f"Subject: {MASK} and =?utf-8?q?more?="
    )


def test_the_trace_of_php_begins_no_secret() -> None:
    secrets = Secrets()
    secrets.add("correct-horse-battery", "a bc d")
    trace = "#0 /srv/login.php(12): login('abc', 'correct-horse-b...', 7)"
    assert secrets.redact(trace) == f"#0 /srv/login.php(12): login('abc', '{MASK}...', 7)"
    assert secrets.redact("horses ... corr... and so on...") == "horses ... corr... and so on..."


@pytest.mark.parametrize("secret", ["a b", "pw1", "x_y", "it is"])
def test_a_short_secret_hides_no_more_for_the_ways_of_writing_it(secret: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    for text in (
        '{"x": [97, 98, 112], "y": ["a", "b"], "z": "ab itis x y..."}',
        json.dumps({"points": [[97, 32], [98, 112]], "names": ["p", "w"]}, indent=2),
        "C:\\\\ab\\\\26 maximum_year, (a, b) pw... \\61\\62",
    ):
        assert secrets.redact(text) == text


def test_a_secret_is_found_where_it_begins_in_the_beginning_of_another() -> None:
    secrets = Secrets()
    secrets.add("aaa b&", "aab c&", " aa d&")
    assert secrets.redact("1aaaab c&2 aaaaa b&3  aa d&4") == f"1aa{MASK}2 aa{MASK}3 {MASK}4"
