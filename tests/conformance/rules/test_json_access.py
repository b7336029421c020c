"""JSON of any shape: what is not as required is ``None``, and nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sampan.conformance.json_access import instant, printable


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-04-02T06:48:35.165Z", datetime(2024, 4, 2, 6, 48, 35, 165_000, UTC)),
        ("2024-04-02T14:48:35+08:00", datetime(2024, 4, 2, 6, 48, 35, 0, UTC)),
        ("2024-04-02T06:48:35", None),  # of no zone
        # Some languages write these for a time that was never set.
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+08:00", None),
        ("9999-12-31T23:59:59.999-08:00", None),
        ("2024-13-99T00:00:00Z", None),
        ("", None),
        (1_712_040_515_164, None),
    ],
)
def test_an_instant_is_read_or_is_none(written: object, expected: datetime | None) -> None:
    assert instant({"at": written}, "at") == expected


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("::error file=a::b", "\\u003a:error file=a::b"),
        ("<html>\n\t::add-mask::e", "<html>\n\t\\u003a:add-mask::e"),
        ("it said ##[error]x", "it said \\u0023#[error]x"),
        ("##vso[task.setvariable variable=a]b", "\\u0023#vso[task.setvariable variable=a]b"),
        ("###[group]", "#\\u0023#[group]"),
        *((text, text) for text in ("::1 refused", "a::b::c", "## a heading", "std::string::size")),
    ],
)
def test_the_log_of_a_ci_service_gets_no_command(sent: str, shown: str) -> None:
    assert printable(sent, lines=True) == shown
