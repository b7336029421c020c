"""What is looked after in a data file while the fake runs, once a second at the most.

Both are done together with a change that is stored anyway, never for a request that only reads:
the time is kept, so that it does not go back over a restart, and a file that has been deleted or
replaced is noticed, since what is stored from then on is lost.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..clock import real_time
from .database import KEEP

if TYPE_CHECKING:
    from .driver import Database

log = logging.getLogger("sampan")

#: The key of the time (ms) in the table ``meta``.
_TIME = "time"


class DataFile:
    """A data file that is open, or a store in memory (``path`` ``None``), which needs no care."""

    def __init__(self, db: Database, path: Path | None, *, shared: bool = False) -> None:
        self._db = db
        self._given = path
        ends = _ENDS + _LOCKS if shared else _ENDS
        # Where it lies stays the same when the process changes its directory.
        self._paths = [] if path is None else [_place(path, end) for end in ends]
        self._files = [identity(each) for each in self._paths]
        #: How large each was at most.
        self._sizes = [_size(each) for each in self._paths]
        self._told = False
        self._looked = real_time.seconds()
        #: The fake's time in ms, to be kept; none is kept before it is set.
        self.time: Callable[[], int] | None = None
        #: Seconds between two looks.
        self.every = 1.0

    def is_due(self) -> bool:
        """Whether it is to be looked after with the next change."""
        return bool(self._paths) and real_time.seconds() - self._looked >= self.every

    def look_after(self) -> None:
        """Keep the time, as part of the transaction that is open, and warn once of a lost file."""
        self._looked = real_time.seconds()
        self.keep_time()
        lost = None if self._told else self.lost()
        if lost is not None:
            self._told = True
            log.warning("sampan: %s", lost)

    def keep_time(self) -> None:
        """Keep the time now. Raises the database's ``Error``."""
        if self._paths and self.time is not None:
            self._db.execute(KEEP, (_TIME, str(self.time())))

    def last_time(self) -> int | None:
        """The latest time (ms) that was kept. Raises ``ValueError`` on what is no number."""
        if not self._paths:
            return None
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (_TIME,)).fetchone()
        return None if row is None else int(row[0])

    def lost(self) -> str | None:
        """Why what is stored would not be found again; ``None`` if it would."""
        for number, (path, file) in enumerate(zip(self._paths, self._files, strict=True)):
            now = identity(path)
            what = None
            if file is not None and now != file:
                what = "deleted or moved away" if now is None else "replaced by another file"
            elif self._is_cut(number):
                what = "cut short or overwritten"
            if what is not None:
                which = "" if path is self._paths[0] else f" (its {path.name})"
                # Without the locks it is lost when another process comes.
                may = "will" if number < len(_ENDS) else "may"
                return (
                    f"data file {self._given}{which} was {what} while the fake runs: what is stored"
                    f" from now on {may} be lost; export the state, stop the fake and start it"
                    " again"
                )
        return None

    def _is_cut(self, number: int) -> bool:
        """Whether the file has lost something. While it is open, SQLite lets none get shorter.

        The log may have grown again since, behind a gap. The file itself is not opened for a look:
        closing it would let go of SQLite's locks.
        """
        path, size = self._paths[number], _size(self._paths[number])
        cut = size < self._sizes[number] or (number == 1 and size > 0 and not _is_log(path))
        self._sizes[number] = _CUT if cut else size
        return cut


#: The file itself and its log, without which it is not whole.
_ENDS = ("", "-wal")
#: The files that keep processes apart: see ``shared/file.py``.
_LOCKS = ("-turn", "-use")


def _place(path: Path, end: str) -> Path:
    """What has this name, or, where it is a link, what lies beside the file itself."""
    return Path(f"{path.resolve()}{end}") if end else path.absolute()


#: A size that no file reaches: one that was cut short stays so, though it grows again.
_CUT = 1 << 63
#: How SQLite's log begins.
_LOG = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:  # there is none, or none any more
        return 0


def _is_log(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in _LOG
    except OSError:  # it is gone by now, which is noticed the next time
        return True


def identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there; ``None`` for none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
