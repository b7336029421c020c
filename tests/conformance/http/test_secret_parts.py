"""Parts of secrets: of long tokens, of those that overlap, and of what a message was cut in."""

from __future__ import annotations

import json
import time

import pytest

from sampan.conformance.http.fragments import Beginnings
from sampan.conformance.http.redaction import MASK, Secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlK2Jscp8_k1XwE"


def known(*secrets: str) -> Secrets:
    made = Secrets()
    made.add(*secrets)
    return made


@pytest.mark.parametrize("unit", ["opaque0123456789", "a+b/c=d", "a&b<é>"])
def test_a_token_is_masked_however_long_it_is(unit: str) -> None:
    token = unit * (5_000 // len(unit))
    secrets = Secrets()
    secrets.add_token(token)
    for text in (token, f"Bearer {token}!", json.dumps(token)[1:-1], f"{token} and {token}"):
        assert secrets.redact(text) == text.replace(token, MASK).replace(
            json.dumps(token)[1:-1], MASK
        )
    assert secrets.redact(f"{token[:4_000]} {token[-40:]}").startswith(f"{MASK} ")
    assert unit not in secrets.excerpt(f"{token} {token}", 4_000)
    assert secrets.redact(f"...{token[-40:]}") == f"...{MASK}"


def test_the_rest_of_a_long_token_ends_where_another_text_begins() -> None:
    secrets = Secrets()
    secrets.add_token("x" * 2_048 + "yyyy-rest")
    assert secrets.redact("x" * 2_048 + "yyyy, and more") == f"{MASK}, and more"
    assert secrets.redact("x" * 2_048) == MASK


def test_long_tokens_that_begin_alike_are_masked_to_their_ends() -> None:
    secrets = Secrets()
    tokens = [f"{'x' * 2_048}{end * 9}" for end in ("one-", "other-", "third-")]
    for token in tokens:
        assert secrets.redact(token) != MASK
        secrets.add_token(token)
        assert secrets.redact(token) == MASK
        assert secrets.redact(f"...{token[-12:]}") == f"...{MASK}"
    assert secrets.redact(", ".join(tokens)) == f"{MASK}, {MASK}, {MASK}"


def test_secrets_that_overlap_are_masked_whole() -> None:
    passwords = known("correct horse battery", "battery & staple")
    assert passwords.redact("1 correct horse battery & staple 2") == f"1 {MASK} 2"
    tokens = known("alpha-beta-gamma", "beta-gamma-delta")
    assert tokens.redact("1 alpha-beta-gamma-delta 2") == f"1 {MASK} 2"


@pytest.mark.parametrize("dots", ["...", "…"])
def test_the_end_of_a_secret_after_dots_is_masked(dots: str) -> None:
    """As the page itself writes a token: both its ends."""
    secrets = known(JWT, "correct horse & 'battery'")
    assert secrets.redact(f"token {JWT[:14]}{dots}{JWT[-13:]}!") == f"token {MASK}{dots}{MASK}!"
    assert secrets.redact(f"it was {dots} & 'battery'.") == f"it was {dots}{MASK}."
    assert secrets.redact(f"it was {dots}attery&#39;.") == f"it was {dots}{MASK}."
    assert secrets.redact(f"{dots}tery' and {dots} horse") == f"{dots}tery' and {dots} horse"


@pytest.mark.parametrize("mark", ["?", "\ufffd"])
def test_a_secret_with_marks_for_what_a_page_lacks_is_masked(mark: str) -> None:
    secrets = known("grün & 'battery' 🚣")
    for letter, boat in ((1, 1), (1, 2), (2, 4)):
        text = f"gr{mark * letter}n & 'battery' {mark * boat}"
        assert secrets.redact(f"was {text}.") == f"was {MASK}."
    assert known("三三三三三三 a").redact("what?????? a") == "what?????? a"


def test_octal_digits_may_be_few() -> None:
    secret = "correct 'horse'"
    short = "".join(f"\\{ord(one):o}" for one in secret)
    assert known(secret).redact(short) == MASK


def test_many_secrets_that_begin_alike_take_no_time_in_messages_of_cuts() -> None:
    secrets = known(*(f"eyJhbGciOiJIUzI1NiJ9{number:0300}" for number in range(500)))
    text = '{"said": "eyJhbGciOiJIU... &c.", "svg": "<text>...</text>"}' * 20
    started = time.process_time()
    assert "eyJhb" not in secrets.redact(text)
    assert time.process_time() - started < 3


def test_a_beginning_is_looked_up_among_many() -> None:
    beginnings = Beginnings(["abcdefgh", "abcdefgxyz", "abcde", "qrstuvw"])
    for text, length in (
        ("1 abcdefg", 7),
        ("1 abcdefgx", 8),
        ("1 abcdefgy", 0),
        ("abcdefabcdefgh", 8),
        ("1 abcdef abcdef", 6),
        ("1 abcde", 0),
        ("", 0),
    ):
        assert beginnings.overlap(text, beginnings.firsts(text)) == length, text
    assert beginnings.firsts("qrstuv abc") == ["qrstuv"]
