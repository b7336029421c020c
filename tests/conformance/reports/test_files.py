"""Where reports are written."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sampan.conformance.reports.files import write
from tests.support.samples.sample_report import CONTRACT, a_report


def test_a_pipe_that_nothing_reads_is_not_waited_for(tmp_path: Path) -> None:
    pipe, other = tmp_path / "pipe", tmp_path / "report.json"
    os.mkfifo(pipe)
    problems = write(a_report(), CONTRACT, {"junit": pipe, "json": other})
    assert problems == [f"--junit: can't write to {pipe}: nothing reads this pipe"]
    assert other.read_text("utf-8")


def test_a_pipe_that_is_read_gets_the_whole_report(tmp_path: Path) -> None:
    pipe, other = tmp_path / "pipe", tmp_path / "report.html"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    # While another writer has it open, no read comes to its end.
    writer = os.open(pipe, os.O_WRONLY)
    os.set_blocking(reader, True)
    with ThreadPoolExecutor(1) as pool, open(reader, encoding="utf-8") as end:
        read = pool.submit(end.read)
        try:
            assert write(a_report(), CONTRACT, {"html": pipe}) == []
        finally:
            os.close(writer)
        assert write(a_report(), CONTRACT, {"html": other}) == []
        assert read.result() == other.read_text("utf-8")
