"""One run of COMMAND: a process group of its own, its output bounded, its time limited."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..clock import real_time
from .output import Tail

#: Seconds between two looks at what does not wake whoever waits: the end of a process, a stop.
_LOOK = 0.05
#: Seconds that a group has to end when it is asked to, before it is killed.
_GRACE = 2.0
#: Seconds that are waited for the rest of the output of a process that has ended.
_REST = 0.2
_CHUNK = 64 << 10


class NotStartedError(Exception):
    """COMMAND can't be started; the text says why."""


@dataclass(frozen=True)
class Ended:
    """How a run of COMMAND ended.

    ``code`` is its exit code, negative for the signal that ended it; ``None`` if it was stopped
    because its time was over, or because of ``stop``. ``output`` is the end of what it wrote.
    """

    code: int | None
    seconds: float
    output: str
    timed_out: bool = False


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    stop: threading.Event,
) -> Ended:
    """Run ``command`` for at most ``limit`` seconds, or until ``stop`` is set.

    Whatever it leaves running in its process group is ended too. Raises :class:`NotStartedError`.
    """
    began = real_time.seconds()
    process = _start(command, environment)
    tail = Tail()
    try:
        code = _wait(process, began + limit, stop, tail)
        took = real_time.seconds() - began  # without the time that it takes to be ended
        timed_out = code is None and not stop.is_set()
    finally:
        _end_group(process)
        assert process.stdout is not None
        _read_rest(process.stdout.fileno(), tail)
        process.stdout.close()
    return Ended(code, took, tail.text(), timed_out)


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise NotStartedError(f"COMMAND can't be started: {command[0]!r}: {reason}") from problem


def _wait(
    process: subprocess.Popen[bytes], deadline: float, stop: threading.Event, tail: Tail
) -> int | None:
    """The exit code; ``None`` where the time was over or ``stop`` set before there was one."""
    assert process.stdout is not None
    output = process.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not stop.is_set() and real_time.seconds() < deadline:
            if selector.select(_LOOK):
                part = os.read(output, _CHUNK)
                if part:
                    tail.add(part)
                    if process.poll() is not None:
                        break  # what writes on is another one, in the background
                    continue
                selector.unregister(output)  # closed, which most processes do by ending
                return _wait_closed(process, deadline, stop)
            code = process.poll()
            if code is not None:
                return code
    return process.poll()


def _wait_closed(
    process: subprocess.Popen[bytes], deadline: float, stop: threading.Event
) -> int | None:
    """The same, of a process that writes nothing more."""
    while not stop.is_set() and real_time.seconds() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK)
    return process.poll()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started in its group; first ask, then kill."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the group, whose number is that of its first process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(process.pid, number)


def _read_rest(output: int, tail: Tail) -> None:
    """What was written and not read; a process outside the group may keep the pipe open."""
    os.set_blocking(output, False)
    deadline = real_time.seconds() + _REST
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while (left := deadline - real_time.seconds()) > 0 and selector.select(left):
            part = os.read(output, _CHUNK)
            if not part:
                return
            tail.add(part)
