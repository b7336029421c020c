"""What clients asked and were answered, and what of it would hurt them on the real service."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from .control_call import Control, Document
from .errors import NotInTime
from .transport import PATIENCE


class Match(TypedDict, total=False):
    """Which requests are meant: all that is given must hold.

    ``status`` is the HTTP status, ``since`` the id of the last request that is not meant, and
    ``unmatched`` is true for those that reached nothing.
    """

    operation: str
    status: int
    errno: int
    since: int
    unmatched: bool


class RequestControl(Control):
    """The journal of requests, secrets left out."""

    def requests(self, *, limit: int | None = None, **match: Unpack[Match]) -> list[Document]:
        """The requests that match, oldest first."""
        found: list[Document] = self.scoped("GET", "/requests", {**match, "limit": limit})[
            "requests"
        ]
        return found

    def count(self, **match: Unpack[Match]) -> int:
        """How many requests match."""
        count: int = self.scoped("GET", "/requests/count", dict(match))["count"]
        return count

    def wait_for(
        self, count: int = 1, *, timeout: float = 5.0, **match: Unpack[Match]
    ) -> list[Document]:
        """The requests that match, as soon as there are ``count``. Raises ``NotInTime``.

        ``timeout`` is in seconds of the machine's time.
        """
        terms: dict[str, Any] = dict(match)
        if self.username is not None:
            terms["account"] = self.username
        body = {"match": terms, "count": count, "timeout": round(timeout * 1000)}
        answer = self.call("POST", "/requests/wait", body, patience=PATIENCE + timeout)
        if not answer["reached"]:
            found_so_far = f"only {answer['count']} of {count} requests"
            raise NotInTime(f"{found_so_far} within {timeout:g} s: {terms}")
        found: list[Document] = answer["requests"]
        return found

    def clear_requests(self) -> int:
        """Empty the journal; how many requests it held."""
        deleted: int = self.scoped("DELETE", "/requests")["deleted"]
        return deleted

    def lint(self, *, since: int | None = None) -> list[Document]:
        """What the client does that would hurt it on the real service: ``rule``, ``message``."""
        found: list[Document] = self.scoped("GET", "/lint", {"since": since})["findings"]
        return found
