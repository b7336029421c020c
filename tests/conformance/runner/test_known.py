"""``--known``: a list of requirements, as any editor writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sampan.conformance.runner.known import read_known


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(
    "text",
    [
        "UP-1\nUP-2\n",
        "UP-1\r\nUP-2  # since May\r\n",
        '{"requirements": [{"id": "UP-1", "verdict": "fail"}, {"id": "UP-2", "verdict": "fail"}]}',
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_first_id(
    text: str, encoding: str, tmp_path: Path
) -> None:
    file = tmp_path / "known"
    file.write_bytes(text.encode(encoding))
    assert read_known(file, ("UP-1", "UP-2", "UP-3")) == {"UP-1", "UP-2"}
