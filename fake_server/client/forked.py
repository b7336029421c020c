"""What is kept between calls belongs to the process that opened it.

A forked child has copies of its parent's connections. If both used one, each would get the other's
answers; and a thread or an event loop that serves in the parent does not run in the child.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Kept(Protocol):
    """Something that a process keeps between calls."""

    def renew_in_child(self) -> None:
        """Let go of what the parent process opened, without a trace for the parent."""


_kept: weakref.WeakSet[Kept] = weakref.WeakSet()


def renew_in_children(kept: Kept) -> None:
    """Have ``kept`` renewed at the beginning of each forked child, as long as it is in use."""
    _kept.add(kept)


def _renew() -> None:
    for each in list(_kept):
        each.renew_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew)
