"""The file that holds the port of a fake."""

from __future__ import annotations

import os
from pathlib import Path

from .starting import RefusedStartError


class PortFile:
    """The file that holds the port, as long as the port can be used.

    The port of an earlier fake is removed at once, and the file appears whole: a reader never gets
    half a port. After ``kill -9`` it stays until the next start.
    """

    def __init__(self, path: Path, port: int) -> None:
        """Raises :class:`RefusedStartError`."""
        self._path = Path(os.path.realpath(path))
        self._published: tuple[int, int] | None = None
        self._unfinished = self._path.parent / f"{self._path.name}.{os.getpid()}"
        try:
            if not self._path.parent.is_dir() or (self._path.exists() and not self._path.is_file()):
                raise RefusedStartError(
                    f"--port-file {path} must be a file in an existing directory"
                )
            self._unfinished.write_text(f"{port}\n")
            self._path.unlink(missing_ok=True)
        except OSError as problem:
            reason = problem.strerror
            raise RefusedStartError(f"--port-file {path} can't be written: {reason}") from problem

    def publish(self) -> None:
        """The port can be used."""
        os.replace(self._unfinished, self._path)
        self._published = self._identity()

    def close(self) -> None:
        """The fake has ended: a later one must not be looked for at its port."""
        self._unfinished.unlink(missing_ok=True)
        # The file may be a later fake's by now.
        if self._published is not None and self._identity() == self._published:
            self._path.unlink(missing_ok=True)

    def _identity(self) -> tuple[int, int] | None:
        """Which file there is; ``None`` for none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
