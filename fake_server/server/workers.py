"""Several processes that serve one port, and the parent that keeps them running.

The parent binds the port, forks, and serves nothing itself: it has no thread, no event loop and no
database, so it can fork again at any time. All workers accept from its one queue. A connection
that waits there belongs to nobody yet, and is not lost with a worker that is killed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator

from .signals import caught, signals
from .worker import Told, Worker, begin, told

log = logging.getLogger("sampan")

#: No worker is started sooner (in seconds) after it was started before.
PACE = 1.0
#: How long (s) workers have for their end, which is at once unless a database is slow.
GRACE = 10.0

#: Serves until it is told to end; the exit code of the process.
Work = Callable[[Worker], int]


class StartError(RuntimeError):
    """The workers could not be started: says why."""


class _Child:
    """A worker as its parent has it, over the processes that it is one after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid = 0
        self.due = 0.0
        self.ready = False
        self.told: Told | None = None
        self._heard = b""
        self.pipe = -1
        self._complaint: str | None = None

    def started(self, pid: int, pipe: int) -> None:
        self.pid, self.pipe, self._heard = pid, pipe, b""
        self.ready, self.told = False, None
        self.due = time.monotonic() + PACE

    def hear(self) -> bool:
        """Read what it tells; ``False`` where its process has ended."""
        data = os.read(self.pipe, 65_536)
        self._heard += data
        if self.told is None and b"\n" in self._heard:
            self.told = told(self._heard)
            self.ready = self.told.refusal is None
            if self.ready:
                self._complaint = None
        return bool(data)

    def buried(self) -> str:
        """Let go of the process that has ended; what ended it."""
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        refusal = None if self.told is None else self.told.refusal
        return refusal or _ending(os.waitstatus_to_exitcode(status))

    def complain(self, text: str) -> None:
        """Log what happened to it, unless that is what was logged of its last start."""
        if text != self._complaint:
            log.error("sampan: worker %d %s", self.number, text)
        self._complaint = text


class Workers:
    """``count`` processes that do the same ``work``. Only where there is ``os.fork``."""

    def __init__(self, count: int, work: Work) -> None:
        self._work = work
        self._children = [_Child(number) for number in range(1, count + 1)]
        self._selector = selectors.DefaultSelector()
        self._wake, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        #: Open as long as this process lives.
        self._alive, self._living = os.pipe()
        self._selector.register(self._wake, selectors.EVENT_READ)
        #: Whether they were all ready once.
        self._running = False
        self._ending = False

    @property
    def pids(self) -> list[int]:
        """The processes that there are now."""
        return [child.pid for child in self._children if child.pid]

    def run(self, ready: Callable[[str | None], None]) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP, and return when every worker has ended.

        ``ready`` is called when all answer, with the admin token that they have generated, if any.
        Raises :class:`StartError` where one of them can't be started for the first time.
        """
        with self._signals():
            try:
                self._start_all()
                if not self._ending:
                    ready(
                        next((each.told.admin_token for each in self._children if each.told), None)
                    )
                self._keep_running()
            finally:
                self._end()

    def _start_all(self) -> None:
        """Start the first, which finds what is wrong and prepares the data; then the others."""
        for some in (self._children[:1], self._children[1:]):
            for child in () if self._ending else some:
                self._start(child)
            while not self._ending and not all(child.ready for child in some):
                for child, reason in self._watch(None):
                    raise StartError(_why(child, reason))

    def _keep_running(self) -> None:
        self._running = True
        while not self._ending:
            missing = [child for child in self._children if not child.pid]
            for child in missing:
                if child.due <= time.monotonic():
                    self._start_again(child)
            due = [child.due for child in missing if not child.pid]
            for child, reason in self._watch(min(due) if due else None):
                verb = "ended" if child.ready else "can't start"
                child.complain(f"{verb}: {reason}; it is started again")

    def _watch(self, until: float | None) -> Iterator[tuple[_Child, str]]:
        """Wait for news; the workers that have ended by themselves, and why."""
        timeout = None if until is None else max(0.0, until - time.monotonic())
        for key, _ in self._selector.select(timeout):
            child: _Child | None = key.data
            if child is None:
                os.read(self._wake, 512)
            elif not child.hear():
                self._selector.unregister(key.fileobj)
                reason = child.buried()
                if not self._ending:  # else a terminal has told it, too
                    yield child, reason

    def _start_again(self, child: _Child) -> None:
        """Start a worker that has ended; others serve on where the system has no room for it."""
        try:
            self._start(child)
        except OSError as problem:
            child.due = time.monotonic() + PACE
            child.complain(f"can't start: {problem.strerror}; it is started again")

    # Processes

    def _start(self, child: _Child) -> None:
        heard, tells = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal that came to the new process before it takes them its own way would be lost.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals())
        try:
            pid = os.fork()
            if pid == 0:
                begin()
        except OSError:
            os.close(heard)
            os.close(tells)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if pid == 0:
            for descriptor in (heard, *(each.pipe for each in self._children if each.pid)):
                os.close(descriptor)
            first, deputy = self._is_first(child), self._is_deputy()
            self._be(Worker(child.number, tells, self._alive, first=first, deputy=deputy))
        os.close(tells)
        child.started(pid, heard)
        self._selector.register(heard, selectors.EVENT_READ, child)

    def _is_first(self, child: _Child) -> bool:
        return child is self._children[0] and not child.due

    def _is_deputy(self) -> bool:
        return self._running and not any(each.pid and each.ready for each in self._children)

    def _be(self, worker: Worker) -> None:
        """Do the work in this new process, and end it; nothing of the parent's is done here."""
        code = 1
        try:
            self._selector.close()
            for descriptor in (self._wake, self._waking, self._living):
                os.close(descriptor)
            code = self._work(worker)
        except BaseException:  # whatever it is, it ends here
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
            os._exit(code)

    def _end(self) -> None:
        """Have every worker end, and kill those that don't."""
        end = time.monotonic() + GRACE
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        while self.pids and time.monotonic() < end:
            for _ in self._watch(end):
                pass
        for child in self._children:
            if child.pid:
                log.error("sampan: worker %d does not end and is killed", child.number)
                os.kill(child.pid, signal.SIGKILL)
                child.buried()
        self._selector.close()
        for descriptor in (self._wake, self._waking, self._alive, self._living):
            os.close(descriptor)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """End on them: ``select`` wakes for them."""
        woken = signal.set_wakeup_fd(self._waking)
        try:
            with caught(self._stop):
                yield
        finally:
            signal.set_wakeup_fd(woken)

    def _stop(self, _signal: int, _frame: object) -> None:
        self._ending = True


def _ending(code: int) -> str:
    """What ended a process, by its exit code; a negative one is a signal's number."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _why(child: _Child, reason: str) -> str:
    refused = child.told is not None and child.told.refusal is not None
    return reason if refused else f"worker {child.number} has ended before it was ready: {reason}"
