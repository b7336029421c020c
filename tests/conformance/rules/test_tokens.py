"""What a token says of its lifetime, by one clock or by two."""

from __future__ import annotations

import base64
import json

import pytest

from sampan.conformance.rules.tokens import lifetime, lifetime_at

NOW = 1_712_040_515


def jwt(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iat": NOW, "exp": NOW + 86_400}, "24h"),
        ({"iat": 1000 * NOW, "exp": 1000 * (NOW + 5400)}, "90m"),
        ({"iat": float(NOW), "exp": NOW + 7.0}, "7s"),
        ({"exp": NOW + 86_400}, None),
        ({"iat": NOW}, None),
    ],
)
def test_milliseconds_are_no_seconds(claims: dict[str, object], said: str | None) -> None:
    assert lifetime(jwt(**claims)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (86_400, "24h"),
        (86_399, "24h"),
        (1500, "25m"),
        # Another clock than the token's.
        (86_400 + 120, None),
        (86_400 - 60, None),
        (86_400 + 7, None),
        (0, None),
        (-86_400, None),
    ],
)
def test_only_a_round_lifetime_is_told_by_another_clock(seconds: int, said: str | None) -> None:
    assert lifetime_at(jwt(exp=NOW + seconds), NOW) == said


def test_a_token_without_an_end_has_no_lifetime() -> None:
    assert lifetime_at(jwt(), NOW) is None
    assert lifetime_at("opaque", NOW) is None
