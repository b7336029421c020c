"""What the system allows this process: descriptors, and how many are for connections; memory."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys

#: With fewer to open the fake can't start: it takes half of them itself.
NEEDED = 64
#: And with less to allocate, in bytes: two thirds are what is loaded.
_NEEDED_MEMORY = 64 << 20
#: Descriptors that are left for all else that a process opens; half of them where there are few.
_RESERVED = 128
#: And for more than this many nobody asks.
_ENOUGH = 1 << 16


def check_limits() -> None:
    """Raises ``OSError`` where the process has fewer descriptors or less memory than it needs."""
    try:
        mmap.mmap(-1, _NEEDED_MEMORY).close()
    except OSError as problem:
        few = f"it needs {_NEEDED_MEMORY >> 20} MB of address space"
        raise OSError(problem.errno, f"{problem.strerror}: {few}; see ulimit -v") from problem
    opened: list[int] = []
    try:
        while len(opened) < NEEDED:
            opened += os.pipe()
    except OSError as problem:
        few = f"it needs {NEEDED} open files and may open {len(opened)} more"
        raise OSError(problem.errno, f"{problem.strerror}: {few}; see ulimit -n") from problem
    finally:
        for descriptor in opened:
            os.close(descriptor)


def max_connections() -> int:
    """How many connections this process may have open."""
    if sys.platform == "win32":
        return 1 << 30
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft - min(_RESERVED, soft // 2)


def allow_many_connections() -> None:
    """Have this process open as many descriptors as it may; many systems begin with 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < enough:
        with contextlib.suppress(ValueError, OSError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
