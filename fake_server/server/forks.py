"""Descriptors that a forked child has no use for.

A child has a copy of each, so what its parent closes would stay open: a port would go on taking
connections after ``stop()``, and a client would wait for the end of one that a fault has closed.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from typing import Protocol


class HasDescriptors(Protocol):
    """A server, which is not served in a child of its process."""

    def descriptors(self) -> Iterable[int]:
        """Those of its sockets now."""


#: Those of this process. A hook of ``fork`` can be given nothing else to go by.
_servers: weakref.WeakSet[HasDescriptors] = weakref.WeakSet()


def let_go_in_children(server: HasDescriptors) -> None:
    """Close a server's sockets in every child that is forked from now on."""
    _servers.add(server)


def _let_go() -> None:
    servers = tuple(_servers)
    _servers.clear()
    if not servers:
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    for server in servers:
        for descriptor in server.descriptors():
            # The number stays taken: objects of the parent's, which close it some time, are here.
            if descriptor >= 0:  # else it has been closed
                os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
