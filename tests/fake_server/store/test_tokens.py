"""Tokens: JWTs that hold only as they were issued (page, Login)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampan.fake_server.store.tokens import Claims, TokenError, Tokens, new_key, password_digest

_KEY = new_key(1)
_NOW = 1_712_040_515_164
_DAY = 86_400


def _tokens() -> Tokens:
    return Tokens(_KEY)


def _issued() -> str:
    return _tokens().issue(7, _NOW, _DAY)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_says_whose_it_is_and_when_it_expires() -> None:
    assert _tokens().verify(_issued()) == Claims(7, _NOW, (_NOW // 1000 + _DAY) * 1000)


def test_a_token_is_a_jwt_as_any_library_reads_it() -> None:
    claims = jwt.decode(_issued(), options={"verify_signature": False})
    assert (claims["sub"], claims["iat"], claims["exp"]) == (
        "7",
        _NOW // 1000,
        _NOW // 1000 + _DAY,
    )
    assert jwt.get_unverified_header(_issued()) == {"alg": "HS256", "typ": "JWT"}


@given(st.integers(1, 2**40), st.integers(0, 2**42), st.integers(1, 10**9))
def test_what_was_issued_verifies(account: int, now: int, lifetime: int) -> None:
    claims = _tokens().verify(Tokens(_KEY).issue(account, now, lifetime))
    assert (claims.account, claims.issued) == (account, now)
    assert now + lifetime * 1000 - 1000 < claims.expires <= now + lifetime * 1000


def test_two_logins_get_two_tokens() -> None:
    tokens = _tokens()
    assert len({tokens.issue(7, _NOW, _DAY), tokens.issue(7, _NOW + 1, _DAY)}) == 2
    assert tokens.issue(7, _NOW, _DAY) != tokens.issue(8, _NOW, _DAY)


@pytest.mark.parametrize("place", range(3))
@given(where=st.integers(0, 10**6), put=st.sampled_from("ABab01-_=.%é "))
def test_a_token_changed_anywhere_is_refused(place: int, where: int, put: str) -> None:
    parts = _issued().split(".")
    part = parts[place]
    at = where % len(part)
    parts[place] = part[:at] + put + part[at + 1 :]
    assume(_bytes(parts[place]) != _bytes(part))
    with pytest.raises(TokenError):
        _tokens().verify(".".join(parts))


def _bytes(part: str) -> bytes | None:
    """What a segment decodes to: the last letter of one holds bits that count for nothing."""
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return None


@pytest.mark.parametrize("place", range(3))
def test_a_token_that_lacks_a_part_is_refused(place: int) -> None:
    parts = _issued().split(".")
    for changed in ([*parts[:place], "", *parts[place + 1 :]], parts[:place] + parts[place + 1 :]):
        with pytest.raises(TokenError):
            _tokens().verify(".".join(changed))


@given(st.text(max_size=300) | st.text(alphabet="eyJ.0-_=A", max_size=300))
def test_garbled_tokens_are_refused(text: str) -> None:
    with pytest.raises(TokenError):
        _tokens().verify(text)


def _nested(depth: int) -> str:
    return base64.urlsafe_b64encode(b"[" * depth).decode().rstrip("=")


@pytest.mark.parametrize(
    "header",
    [
        _nested(40_000),
        _part([]),
        _part(None),
        _part("HS256"),
        _part({}),
        _part({"alg": None}),
        _part({"alg": ["HS256"]}),
        _part({"alg": "HS256", "crit": ["x"], "x": 1}),
        _part({"alg": "HS256", "kid": 5}),
        _part({"alg": "HS256", "b64": False}),
        base64.urlsafe_b64encode(b"\xff\xfe{}").decode(),
        base64.urlsafe_b64encode(b'{"alg":"HS256","x":1e999999}').decode().rstrip("="),
    ],
    ids=lambda header: str(header)[:24],
)
def test_a_token_with_a_strange_header_is_refused(header: str) -> None:
    _, payload, signature = _issued().split(".")
    with pytest.raises(TokenError):
        _tokens().verify(f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("part", range(3))
def test_a_padded_token_is_refused(part: int) -> None:
    parts = _issued().split(".")
    parts[part] += "="
    with pytest.raises(TokenError):
        _tokens().verify(".".join(parts))


def test_a_signature_that_only_decodes_to_the_right_one_is_refused() -> None:
    head, _, signature = _issued().rpartition(".")
    kept, last = signature[:-1], signature[-1]
    same = [c for c in _ALPHABET if _decoded(kept + c) == _decoded(signature)]
    assert len(same) == 4  # 43 digits of six bits for 32 bytes: two bits to spare
    for other in same:
        if other != last:
            with pytest.raises(TokenError):
                _tokens().verify(f"{head}.{kept}{other}")


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
@pytest.mark.parametrize("signature", ["", "kept"])
def test_an_unsigned_token_is_refused(algorithm: str, signature: str) -> None:
    _, payload, kept = _issued().split(".")
    header = _part({"alg": algorithm, "typ": "JWT"})
    with pytest.raises(TokenError):
        _tokens().verify(f"{header}.{payload}.{kept if signature else ''}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_in_another_manner_is_refused(algorithm: str) -> None:
    key = _KEY * 2
    token = jwt.encode(_claims(), key, algorithm=algorithm)
    with pytest.raises(TokenError):
        Tokens(key).verify(token)


def test_a_token_of_a_foreign_key_is_refused() -> None:
    with pytest.raises(TokenError):
        Tokens(new_key(2)).verify(_issued())


def _claims(**changed: Any) -> dict[str, Any]:
    return {"sub": "7", "iat": 1, "exp": 2, "jti": "1000", **changed}


@pytest.mark.parametrize("missing", ["sub", "iat", "exp", "jti"])
def test_a_token_that_lacks_a_claim_is_refused(missing: str) -> None:
    claims = _claims()
    del claims[missing]
    with pytest.raises(TokenError, match=missing):
        _tokens().verify(jwt.encode(claims, _KEY, algorithm="HS256"))


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "abc"},
        {"sub": 7},
        {"sub": None},
        {"jti": "x"},
        {"exp": "soon"},
        {"exp": None},
        {"exp": float("inf")},
    ],
    ids=str,
)
def test_a_token_with_claims_of_another_kind_is_refused(changed: Mapping[str, Any]) -> None:
    token = jwt.api_jws.encode(
        json.dumps(_claims(**changed)).encode(), _KEY, algorithm="HS256", headers={"typ": "JWT"}
    )
    with pytest.raises(TokenError):
        _tokens().verify(token)


def test_whether_a_token_has_expired_is_for_the_fakes_clock_to_say() -> None:
    assert _tokens().verify(_tokens().issue(7, 0, 1)).expires == 1000


def test_a_verified_token_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, token = _tokens(), _issued()
    first = tokens.verify(token)
    monkeypatch.setattr(jwt, "decode", None)
    assert tokens.verify(token) is first


def test_a_refused_token_is_not_remembered() -> None:
    tokens = _tokens()
    for text in ("a", "b.c.d", _issued()[:-3]):
        with pytest.raises(TokenError):
            tokens.verify(text)
    assert tokens.verify.cache_info().currsize == 0


def test_only_so_many_tokens_are_remembered() -> None:
    tokens = Tokens(_KEY, cached=3)
    issued = [tokens.issue(7, _NOW + ms, _DAY) for ms in range(5)]
    for _ in range(2):
        assert [tokens.verify(token).issued for token in issued] == [_NOW + ms for ms in range(5)]
    assert tokens.verify.cache_info().currsize == 3


def test_a_seeded_key_repeats_and_no_other_does() -> None:
    assert new_key(1) == new_key(1)
    assert len({new_key(1), new_key(2), new_key(None), new_key(None)}) == 4
    assert len(new_key(None)) >= 32


@given(st.text(), st.text(), st.text(), st.text())
def test_a_digest_is_of_one_name_and_one_password(
    name: str, password: str, other_name: str, other_password: str
) -> None:
    same = (name, password) == (other_name, other_password)
    digest = password_digest(_KEY, name, password)
    assert (digest == password_digest(_KEY, other_name, other_password)) == same
    assert digest != password_digest(new_key(2), name, password)


def test_names_and_passwords_do_not_run_into_one_another() -> None:
    assert password_digest(_KEY, "a\0b", "c") != password_digest(_KEY, "a", "b\0c")
    assert password_digest(_KEY, "ab", "c") != password_digest(_KEY, "a", "bc")


def test_a_password_that_is_no_text_has_a_digest_too() -> None:
    assert password_digest(_KEY, "a", "\ud800") != password_digest(_KEY, "a", "\ud801")
