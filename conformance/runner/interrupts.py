"""What ends a run early: Ctrl-C, SIGTERM (a container or ``timeout``) and a closed terminal."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


def heeded() -> list[signal.Signals]:
    """Those that this process acts on: what is ignored already stays ignored (nohup)."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has two of them
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [one for one in found if signal.getsignal(one) is not signal.SIG_IGN]


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Inside, the first signal raises ``KeyboardInterrupt``, and further ones are ignored: what was
    found has to be written. Call the function that this yields when the run is over.
    """

    def settle() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    def stop(*_: object) -> None:
        settle()
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in heeded()}
    for number in before:
        signal.signal(number, stop)
    try:
        yield settle
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
