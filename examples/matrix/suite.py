"""The tests of a client, as anybody would write them: ``python suite.py careful``, or ``hasty``.

They know nothing of the matrix. SAMPAN_URL, SAMPAN_USERNAME and SAMPAN_PASSWORD say where the
service is, and as whom to log in.
"""

from __future__ import annotations

import importlib
import os
import sys
import unittest
from typing import Any

module = importlib.import_module(sys.argv.pop(1))
URL, NAME = os.environ["SAMPAN_URL"], os.environ["SAMPAN_USERNAME"]


def client(password: str = os.environ["SAMPAN_PASSWORD"]) -> Any:
    return module.Client(URL, NAME, password, pause=float(os.environ.get("PAUSE", "0")))


class Tests(unittest.TestCase):
    def test_a_picture_is_drawn(self) -> None:
        mine = client()
        for prompt in ("A lighthouse in fog", "a harbour at night"):
            record = mine.draw(prompt)
            assert record["msg_display"] == prompt
            assert mine.download(record).startswith(b"\x89PNG")

    def test_progress_goes_from_0_to_1(self) -> None:
        mine = client()
        mine.draw("a lighthouse at dawn")
        assert mine.progress == sorted(mine.progress)
        assert all(0 <= each <= 1 for each in mine.progress)

    def test_a_cell_is_enlarged_and_varied(self) -> None:
        mine = client()
        grid = mine.draw("a sampan on a lake")
        assert mine.download(mine.upscale(grid, 2)).startswith(b"\x89PNG")
        assert mine.vary(grid, 1)["hash"] != grid["hash"]

    def test_a_picture_is_described(self) -> None:
        mine = client()
        record = mine.draw("a bridge")
        mine.download(record)
        prompts = mine.describe(record["img_buffer"])
        assert prompts
        assert all(prompts)

    def test_a_wrong_password_is_refused(self) -> None:
        try:
            client("wrong").login()
        except module.Refused:
            return
        raise AssertionError("a wrong password is accepted")


if __name__ == "__main__":
    unittest.main()
