"""What clients asked and were answered, and what of it would hurt them on the real service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from .arguments import (
    BodyCondition,
    Duration,
    body_match,
    check_keywords,
    field_matches,
    seconds,
    without_secrets,
)
from .control_call import ALL, Control, Document
from .errors import NotAsExpected, NotInTime, is_for_the_caller
from .transport import PATIENCE

__tracebackhide__ = is_for_the_caller


class Match(TypedDict, total=False):
    """Which requests are meant: all that is given must hold.

    ``status`` is the HTTP status, ``since`` the id of the last request that is not meant, and
    ``unmatched`` is true for those that reached nothing. In ``path``, ``*`` stands for any
    characters. ``headers`` has what headers are to be, by name: a text that they equal, a pattern
    that is found in them, or operators: ``{"User-Agent": re.compile("^mine/")}``, ``{"Cookie":
    {"present": False}}``. ``body`` is text that the request's body contains, a compiled pattern
    that is found in it, or a part of its JSON; ``body_equals`` is all of its JSON. ``fields`` has
    what is to be at a path in it, in the same way: ``{"content": "a cat"}``, ``{"service[0]":
    re.compile("^ni")}``, ``{"content": {"contains": "cat"}, "sender_id": {"present": False}}``.
    """

    operation: str
    path: str
    headers: Mapping[str, Any]
    body: BodyCondition
    body_equals: Any
    fields: Mapping[str, Any]
    status: int
    errno: int
    since: int
    unmatched: bool


#: Conditions that only a body can state.
_NOT_IN_A_QUERY = frozenset(("headers", "body"))


class RequestControl(Control):
    """The journal of requests, secrets left out."""

    def requests(self, *, limit: int | None = None, **match: Unpack[Match]) -> list[Document]:
        """The requests that match, oldest first; with ``limit``, the first of them."""
        terms = self._match("requests", match)
        bound = ALL if limit is None else limit
        if not _NOT_IN_A_QUERY & terms.keys():
            answer = self.scoped("GET", "/requests", {**terms, "limit": bound})
        else:
            answer = self.call("POST", "/requests/find", {"match": terms, "limit": bound})
        found: list[Document] = answer["requests"]
        return found

    def count(self, **match: Unpack[Match]) -> int:
        """How many requests match."""
        terms = self._match("count", match)
        if _NOT_IN_A_QUERY & terms.keys():
            found: int = self.call("POST", "/requests/find", {"match": terms, "limit": 1})["total"]
            return found
        count: int = self.scoped("GET", "/requests/count", terms)["count"]
        return count

    def verify(
        self,
        times: int | None = None,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
        **match: Unpack[Match],
    ) -> int:
        """How many requests match, which must be ``times``, or within bounds, or at least 1.

            admin.verify(operation="createJob", body={"content": "a cat"}, times=1)

        Raises ``NotAsExpected``, an ``AssertionError``, which shows the nearest request and how it
        differs.
        """
        body: dict[str, Any] = {"match": self._match("verify", match)}
        bounds = {"at_least": at_least, "at_most": at_most}
        given = {key: value for key, value in bounds.items() if value is not None}
        if times is not None and given:
            raise TypeError("verify() takes times, or at_least and at_most")
        if times is not None:
            body["times"] = times
        elif given:
            body["times"] = given
        answer = self.call("POST", "/requests/verify", body)
        if not answer["verified"]:
            raise NotAsExpected(answer["message"])
        count: int = answer["count"]
        return count

    def _match(self, method: str, given: Mapping[str, Any]) -> Document:
        check_keywords(method, given, Match)
        rest = {key: value for key, value in given.items() if value is not None}
        content = body_match(
            rest.pop("body", None), rest.pop("fields", None), rest.pop("body_equals", None)
        )
        if content is not None:
            rest["body"] = content
        if "headers" in rest:
            rest["headers"] = field_matches(rest["headers"])
        if self.username is not None:
            rest["account"] = self.username
        return rest

    def wait_for(
        self, count: int = 1, *, timeout: Duration = 5.0, **match: Unpack[Match]
    ) -> list[Document]:
        """The requests that match, as soon as there are ``count``. Raises ``NotInTime``.

        ``timeout`` is of the machine's time.
        """
        terms, wait = self._match("wait_for", match), seconds(timeout, "timeout")
        body = {"match": terms, "count": count, "timeout": round(wait * 1000)}
        answer = self.call("POST", "/requests/wait", body, patience=PATIENCE + wait)
        if not answer["reached"]:
            came = f"only {answer['count']} of {count} requests"
            raise NotInTime(f"{came} within {wait:g} s: {without_secrets(terms)}")
        found: list[Document] = answer["requests"]
        return found

    def clear_requests(self) -> int:
        """Empty the journal; how many requests it held."""
        deleted: int = self.scoped("DELETE", "/requests")["deleted"]
        return deleted

    def lint(self, *, since: int | None = None, ignore: Iterable[str] = ()) -> list[Document]:
        """What the client does that would hurt it on the real service: ``rule``, ``message``.

        Each finding names the first ``requests`` that are its evidence, and their ``count``.
        ``ignore`` names rules that are not to be looked at.
        """
        rules = [ignore] if isinstance(ignore, str) else list(ignore)
        query = {"since": since, "ignore": ",".join(rules) or None}
        found: list[Document] = self.scoped("GET", "/lint", query)["findings"]
        return found
