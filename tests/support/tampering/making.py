"""The commonest tamperings, from a function that changes one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, claims

FINISHED = 2000

#: What a record's prompt stands in, and what tells one record from another.
PROMPTS = ("msg_content", "msg_display")
PICTURES = ("img_buffer", "img_thumb", "original_url")
MEASURES = ("img_length", "img_width", "img_height")


def asking(
    change: Callable[[Request], Request | Reply], *operations: str, also: Tampering | None = None
) -> Tampering:
    """Change requests of these operations (none named: of all) or answer them at once."""

    async def tampering(request: Request, go: Go) -> Reply:
        asked = change(request) if _meant(request, operations) else request
        return asked if isinstance(asked, Reply) else await go(asked)

    return tampering if also is None else chain(tampering, also)


def telling(change: Callable[[Request, Reply], Reply], *operations: str) -> Tampering:
    """Change the replies of these operations (none named: of all)."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        return change(request, reply) if _meant(request, operations) else reply

    return tampering


def failing(
    change: Callable[[Request, Reply], Reply], *operations: str, errno: int | None = None
) -> Tampering:
    """Change the failures of these operations: those with ``errno``, or all."""

    def told(request: Request, reply: Reply) -> Reply:
        found = reply.envelope.get("errno", 0)
        meant = found != 0 if errno is None else found == errno
        return change(request, reply) if meant else reply

    return telling(told, *operations)


def succeeding(change: Callable[[Request, Reply], Reply], *operations: str) -> Tampering:
    """Change the successes of these operations."""
    return telling(
        lambda request, reply: change(request, reply) if reply.ok else reply, *operations
    )


def each_record(change: Callable[[JSON], JSON]) -> Tampering:
    """Change every record that find returns."""
    return succeeding(
        lambda request, reply: reply.with_records([change(one) for one in reply.records]),
        "findJobs",
    )


def each_finished(change: Callable[[JSON], JSON]) -> Tampering:
    """Change every record of a finished job."""
    return each_record(lambda record: change(record) if is_finished(record) else record)


def set_in_records(**keys: Any) -> Tampering:
    """Give every record these values."""
    return each_record(lambda record: {**record, **keys})


def chain(*tamperings: Tampering) -> Tampering:
    """One tampering of several, the first of which is next to the client."""
    first, *rest = tamperings
    if not rest:
        return first
    inner = chain(*rest)

    async def tampering(request: Request, go: Go) -> Reply:
        async def on(passed: Request) -> Reply:
            return await inner(passed, go)

        return await first(request, on)

    return tampering


def is_finished(record: JSON) -> bool:
    return record.get("status") == FINISHED


def without(record: JSON, names: Iterable[str]) -> JSON:
    dropped = set(names)
    return {key: value for key, value in record.items() if key not in dropped}


async def all_records(request: Request, go: Go, **filters: Any) -> list[JSON]:
    """Every record (up to the server's most) that the fake finds for whoever asks."""
    find = Request("POST", "/jobs/find", b"", request.headers)
    return (await go(find.with_body({"limit": 100, **filters}))).records


class Logins:
    """What a server may remember of logins, as a tampering that only watches."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}  # by username, the newest
        self.subjects: dict[str, str] = {}  # by the token's subject, the newest
        self.order: list[str] = []  # usernames as they logged in
        self.issued: set[str] = set()

    async def __call__(self, request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation == "login" and reply.ok:
            token, name = reply.data["token"], reply.data["username"]
            self.tokens[name] = token
            self.subjects[str(claims(token).get("sub"))] = token
            self.order.append(name)
            self.issued.add(token)
        return reply

    @property
    def last(self) -> str | None:
        """The token of the last login."""
        return self.tokens[self.order[-1]] if self.order else None

    @property
    def first(self) -> str | None:
        """The newest token of the account that logged in first."""
        return self.tokens[self.order[0]] if self.order else None


def _meant(request: Request, operations: tuple[str, ...]) -> bool:
    if operations:
        return request.operation in operations
    return bool(request.operation)
