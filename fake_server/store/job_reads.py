"""Jobs as they are looked up and found (page, Job Find)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..jobs.lifecycle import Job
from . import job_query as conditions
from . import job_rows as rows
from .account import JobCounts
from .dialect import Dialect
from .job_query import Find

if TYPE_CHECKING:
    from .driver import Database, ReusableCursor


class JobReads:
    """The part of a store that reads its jobs."""

    _db: Database
    _finding: ReusableCursor
    dialect: Dialect

    @abstractmethod
    def counts(self, account: int | None = None) -> JobCounts:
        """What is remembered of the jobs of an account, or of all: see ``JobCounts``."""

    def by_hash(self, hash: str) -> Job | None:
        """The job of that hash."""
        return self._one("hash", hash)

    def by_job_id(self, job_id: str) -> Job | None:
        """The job of that job id."""
        return self._one("job_id", job_id)

    def by_id(self, id: int) -> Job | None:
        """The job of that record id."""
        return self._one("id", id)

    def by_ids(self, ids: Sequence[int]) -> list[Job]:
        """The jobs of those record ids that there are."""
        return [job for id in ids if (job := self.by_id(id)) is not None]

    def _one(self, column: str, key: str | int) -> Job | None:
        found = self._db.execute(f"{ALL_JOBS} WHERE {column} = ?", (key,)).fetchone()
        return None if found is None else rows.job(found)

    def jobs(self, account: int | None = None) -> Iterator[Job]:
        """An account's jobs, or everybody's, in the order of their ids."""
        if account is None:
            found = self._db.execute(f"{ALL_JOBS} ORDER BY id")
        else:
            found = self._db.execute(f"{ALL_JOBS} WHERE account = ? ORDER BY id", (account,))
        return map(rows.job, found.fetchall())

    def unfinished(self, account: int, now: int) -> list[Job]:
        """An account's jobs that have not ended at ``now``, in the order of their ids."""
        found = self._db.execute(
            f"{ALL_JOBS} WHERE account = ? AND (ends > ? OR ends IS NULL) ORDER BY id",
            (account, now),
        )
        return [rows.job(row) for row in found.fetchall()]

    def found(self, find: Find) -> list[Job]:
        """The jobs that match, in order."""
        return [rows.job(row) for row in self._db.execute(*self._page(rows.COLUMNS, find))]

    def find(self, find: Find) -> tuple[list[int], int]:
        """The record ids that match, in order, and how many match without the limit."""
        found = self._finding.execute(*self._page("id", find))
        ids = [row[0] for row in found.fetchall()]
        return ids, self._total(find, ids)

    def _page(self, columns: str, find: Find) -> tuple[str, list[Any]]:
        """The statement that selects the jobs of a find, and its values."""
        where, values = conditions.where(find, self.dialect, cursor=True)
        order = "created, id" if find.oldest_first else "created DESC, id DESC"
        limit = _NO_LIMIT if find.limit is None else find.limit
        return f"SELECT {columns} FROM jobs{where} ORDER BY {order} LIMIT ?", [*values, limit]

    def _total(self, find: Find, ids: list[int]) -> int:
        """How many jobs match; they are counted only where that is not known already."""
        cursor = find.before is not None and find.total_before
        if (cursor or find.before is None) and (find.limit is None or len(ids) < find.limit):
            return len(ids)
        if not cursor and not find.filters:
            counted = self.counts(find.account)
            if counted.visible <= find.now:
                return counted.stored
        where, values = conditions.where(find, self.dialect, cursor=cursor)
        (total,) = self._db.execute(f"SELECT count(*) FROM jobs{where}", values).fetchone()
        return int(total)


ALL_JOBS = f"SELECT {rows.COLUMNS} FROM jobs"
#: A limit that is none, in SQLite and in PostgreSQL.
_NO_LIMIT = 2**62
