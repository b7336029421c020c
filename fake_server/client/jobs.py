"""What becomes of jobs, and what the API can filter by but not set."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from .control_call import ALL, Control, Document
from .errors import NotInTime, is_for_the_caller

__tracebackhide__ = is_for_the_caller

State = Literal["queued", "running", "finished", "failed"]


class JobControl(Control):
    """Jobs: where they stand, and how they end."""

    def jobs(
        self, *, state: State | None = None, status: int | None = None, limit: int | None = None
    ) -> list[Document]:
        """Jobs, newest first, those that a find does not show yet as well."""
        given = {"state": state, "status": status, "limit": ALL if limit is None else limit}
        found: list[Document] = self.scoped("GET", "/jobs", given)["jobs"]
        return found

    def job(self, hash: str) -> Document:
        """Where a job stands by the clock of its account."""
        return self.scoped("GET", f"/jobs/{quote(hash, safe='')}")

    def job_record(self, hash: str) -> Document:
        """The record that a find would return to the job's owner, without asking."""
        return self.scoped("GET", f"/jobs/{quote(hash, safe='')}/record")

    def delete_job(self, hash: str) -> None:
        """Delete a job with its pictures."""
        self.scoped("DELETE", f"/jobs/{quote(hash, safe='')}")

    def complete(self, hash: str) -> Document:
        """Finish a job now."""
        return self._end(hash, "complete")

    def fail(self, hash: str, error: str | None = None) -> Document:
        """Fail a job now; its record says ``error``."""
        return self.scoped("POST", f"/jobs/{quote(hash, safe='')}/fail", {"error": error})

    def stall(self, hash: str) -> Document:
        """Stop a job where it is."""
        return self._end(hash, "stall")

    def resume_job(self, hash: str) -> Document:
        """Let a stalled job go on."""
        return self._end(hash, "resume")

    def run_to_end(self, hash: str) -> Document:
        """Move the clock of a job's account to where the job has ended and a find shows it.

        Raises ``NotInTime`` for a job that never ends.
        """
        job = self.job(hash)
        if job["ends_at"] is None:
            raise NotInTime(f"job {hash} never ends: it stays {job['state']}")
        account = Control(self.transport, token=self.token, account=job["account"])
        last = max(map(datetime.fromisoformat, (job["ends_at"], job["visible_at"])))
        ahead = round(last.timestamp() * 1000) - account.scoped("GET", "/clock")["now_ms"]
        if ahead > 0:
            account.scoped("POST", "/clock/advance", {"by": ahead})
        return self.job(hash)

    def favourite(self, hash: str) -> Document:
        """Make a job a favourite."""
        return self.scoped("PUT", f"/favourites/{quote(hash, safe='')}")

    def unfavourite(self, hash: str) -> Document:
        """Make a job no favourite."""
        return self.scoped("DELETE", f"/favourites/{quote(hash, safe='')}")

    def put_in_folder(self, folder: str, hash: str) -> Document:
        """Put a job into a folder, which is there as soon as a job is in it."""
        return self.scoped("PUT", _in_folder(folder, hash))

    def take_from_folder(self, folder: str, hash: str) -> Document:
        """Take a job out of a folder."""
        return self.scoped("DELETE", _in_folder(folder, hash))

    def _end(self, hash: str, verb: str) -> Document:
        return self.scoped("POST", f"/jobs/{quote(hash, safe='')}/{verb}")


def _in_folder(folder: str, hash: str) -> str:
    return f"/folders/{quote(folder, safe='')}/jobs/{quote(hash, safe='')}"
