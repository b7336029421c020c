"""Tokens that no login returned, made of one that a login did, whatever that one is."""

from __future__ import annotations

import pytest

from sampan.conformance.rules.bad_tokens import bad_tokens

#: A header without a signature, and claims.
_HEADER, _CLAIMS = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJzdWIiOiIxIn0"


@pytest.mark.parametrize(
    "token",
    [
        *("x", "not-a-token", "a.b.c", "ey..", "ey.\ud800.\ud800", f"{_HEADER}.{_CLAIMS}."),
        *(f"{_HEADER}.{_CLAIMS}.c2ln", f"{_HEADER}..", f"{_HEADER}.W10.", f"{_HEADER}.e30.x"),
    ],
)
def test_a_good_token_is_no_bad_one(token: str) -> None:
    made = [bad for _, bad in bad_tokens(token)]
    assert made
    assert token not in made
