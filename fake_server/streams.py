"""Standard output and error of the ``sampan`` command: writing to them never raises.

A character that the encoding lacks is replaced. A reader that has gone (``| head``) is no error of
the command; any other failure is kept for the exit code.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class Outlet(io.FileIO):
    """A file descriptor that takes every byte; ``problem`` is the first failure to write one."""

    problem: OSError | None = None

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError as problem:
            self.problem = self.problem or problem
        return memoryview(data).nbytes


class OutputError(Exception):
    """Standard output could not be written; the text says why."""


@contextlib.contextmanager
def forgiving_streams() -> Iterator[None]:
    """Replace both streams for the rest of the process, since Python flushes them at its end.

    Raises ``OutputError`` on leaving if standard output failed, unless its reader had gone.
    """
    sys.stdout, out = _forgiving(sys.stdout, 1)
    sys.stderr, _ = _forgiving(sys.stderr, 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        failed = None if out is None else out.problem
        if failed is not None and not isinstance(failed, BrokenPipeError):
            raise OutputError(f"standard output can't be written: {failed.strerror}")


def _forgiving(stream: TextIO | None, number: int) -> tuple[TextIO, Outlet | None]:
    if stream is None:
        # Closed by the caller (>&-): the number must not go to the next file that is opened.
        return open(os.devnull, "w", encoding="utf-8"), None
    if not isinstance(stream, io.TextIOWrapper) or stream not in (sys.__stdout__, sys.__stderr__):
        return stream, None
    if stream.isatty():
        stream.reconfigure(errors="replace")
        return stream, None
    stream.flush()
    outlet = Outlet(number, "w", closefd=False)
    buffered = io.BufferedWriter(outlet)
    line = stream.line_buffering
    return io.TextIOWrapper(buffered, stream.encoding, "replace", line_buffering=line), outlet
