"""What ends a fake: Ctrl-C, SIGTERM (a container or ``timeout``) and a closed terminal."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


def signals() -> list[signal.Signals]:
    """Those that this process listens to; not SIGHUP where that is ignored already (nohup)."""
    found = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return found


@contextlib.contextmanager
def caught(stop: Callable[[int, object], None]) -> Iterator[None]:
    """Have ``stop`` called for each, and put back what was called before."""
    before = {name: signal.signal(name, stop) for name in signals()}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
