"""What a request says of its sender, in headers of any shape."""

from __future__ import annotations

import time

import pytest

from sampan.conformance.checking.senders import parts

#: As long as a header can be.
_LONG = 60_000


@pytest.mark.parametrize("run", [" ", "\t", '"', ")", ";", "(", "bearer ", "x "])
def test_the_parts_of_a_long_header_take_no_time(run: str) -> None:
    header = f"Bearer x{run * (_LONG // len(run))}x"
    started = time.monotonic()
    before, token, after = parts(header)
    assert time.monotonic() - started < 2
    assert before + token + after == header
