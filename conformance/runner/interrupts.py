"""What ends a run early: Ctrl-C, SIGTERM (a container or ``timeout``) and a closed terminal."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


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

    # What is ignored already stays ignored (nohup).
    before = {
        number: handler
        for number in _SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield settle
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
