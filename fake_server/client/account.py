"""An account's handle: the seven operations, and waiting, as a test would want them.

    account = server.account()
    hash = account.create("a cat")
    record = account.wait_finished(hash)
    picture = account.download(record["img_buffer"])

It speaks to any server of this API; what moves the clock needs the fake's control API.
"""

from __future__ import annotations

import json
import string
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypedDict, Unpack
from urllib.parse import quote

from ..clock import real_time
from ..http import urls
from .arguments import Duration, as_json, check_keywords, seconds
from .arguments import link as as_link
from .errors import (
    JobFailed,
    NotAnEnvelope,
    NotInTime,
    PictureRefused,
    Record,
    Refused,
    is_for_the_caller,
)
from .transport import Reply, Sent, SocketTransport, Target, connect

if TYPE_CHECKING:
    from .admin import Admin

__tracebackhide__ = is_for_the_caller

#: The only status that the page names (page, Job Find).
FINISHED = 2000
_PAGE = 100


class Filters(TypedDict, total=False):
    """What a find is restricted by (page, Job Find); by ``hash`` is a question (find-hash-filter).

    :meth:`Account.call` sends any other.
    """

    limit: int
    timestamp_smaller_than: int
    service: Sequence[str]
    job_type: Sequence[str]
    prompt: str
    folders: Sequence[str]
    favourite: bool
    hash: str


class Found(NamedTuple):
    """The records that a find answers with, 58 keys each, and how many there are."""

    res: list[Record]
    total: int


class Account:
    """One account of one server. Threads may share it.

    Every call raises ``Refused`` on an errno other than 0, ``NotAnEnvelope`` on an answer that is
    none, ``Unreachable`` and ``Disconnected``: see ``errors.py``. No call is sent twice.
    """

    def __init__(
        self, target: Target, username: str, password: str, *, admin: Admin | None = None
    ) -> None:
        """``target`` is an address or an ASGI application. Nothing is sent yet.

        Raises ``ValueError`` on a bad address.
        """
        self.username = username
        self.password = password
        self._admin = admin
        self._transport = connect(target)
        self._token: str | None = None

    def __repr__(self) -> str:
        return f"Account({self.username!r} at {self._transport.base})"

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def admin(self) -> Admin:
        """The control of this account alone: its clock, jobs, faults and journal."""
        if self._admin is None:
            raise RuntimeError(
                "this Account has no control API; create it with FakeServer.account()"
                " or Admin.account()"
            )
        return self._admin

    @property
    def url(self) -> str:
        """The base address for a client."""
        return self._transport.base

    # The operations

    def login(self) -> dict[str, Any]:
        """The twelve keys of a login's ``data``; its token is used from now on."""
        body = {"username": self.username, "password": self.password}
        data: dict[str, Any] = self._post("/auth/login", body, {})
        self._token = data["token"]
        return data

    @property
    def token(self) -> str:
        """The token of the last login; the first use logs in."""
        if self._token is None:
            self.login()
        assert self._token is not None
        return self._token

    def create(self, content: str) -> str:
        """The hash of a new job from text (page, Job Create)."""
        return self._submit("/jobs/create", {"content": content})

    def vary(self, parent_id: str, grid_num: int, content: str | None = None) -> str:
        """The hash of a variation of a cell, or with ``content`` of a remix."""
        body: dict[str, Any] = {"parent_id": parent_id, "grid_num": grid_num}
        if content is not None:
            body["content"] = content
        return self._submit("/jobs/variation", body)

    def upscale(self, parent_hash: str, grid_num: int) -> str:
        """The hash of a job that makes a cell large (page, Job Upscale)."""
        return self._submit("/jobs/upscale", {"parent_hash": parent_hash, "grid_num": grid_num})

    def blend(self, *links: str) -> str:
        """The hash of a job that makes one picture of 2 to 5 (page, Job Blend)."""
        return self._submit("/jobs/blend", {"content": " ".join(map(as_link, links))})

    def describe(self, link: str) -> str:
        """The hash of a job that finds prompts for a picture (page, Job Describe)."""
        return self._submit("/jobs/describe", {"content": as_link(link)})

    def find(self, **filters: Unpack[Filters]) -> Found:
        """One page of the records that meet every filter (page, Job Find)."""
        check_keywords("find", filters, Filters)
        data = self.call("/jobs/find", filters)
        return Found(data["res"], data["total"])

    # What takes more than one call

    def record(self, hash: str) -> Record | None:
        """The record of a job, or ``None``. Pages back until it is found.

        No cursor leads to newer jobs: where a server shows the oldest first (question find-order),
        all are asked for at once, and ``None`` may mean that its limit has left the job out.
        """
        found = self.find(limit=_PAGE)
        before: int | None = None
        while True:
            for record in found.res:
                if record["hash"] == hash:
                    return record
            if len(found.res) >= found.total or not found.res:
                return None
            times = [int(record["timestamp"]) for record in found.res]
            oldest = min(times)
            if before is not None and oldest >= before:
                return None  # all were asked for, or the server ignores the cursor
            before = oldest
            if times[0] < times[-1]:
                found = self.find(limit=found.total)
            else:
                found = self.find(limit=_PAGE, timestamp_smaller_than=before)

    def wait_finished(
        self,
        hash: str,
        *,
        by: Literal["clock", "polling"] | None = None,
        timeout: Duration = 60.0,
        interval: Duration = 0.05,
    ) -> Record:
        """The record of a job that has finished.

        ``by="clock"`` moves the account's clock to where a find shows the end, and waits for
        nothing; it is what happens where this handle has the control API. ``by="polling"`` asks
        every ``interval``, for ``timeout`` of real time at the most, both in seconds, as a
        ``timedelta`` or as text such as ``"30s"``.
        Raises ``JobFailed``, and ``NotInTime`` for a job that never ends.
        """
        if by not in (None, "clock", "polling"):
            raise ValueError(f"by is 'clock' or 'polling', or left out, not {by!r}")
        if by == "clock" or (by is None and self._admin is not None):
            self.admin.run_to_end(hash)
            timeout = 0.0
        pause = seconds(interval, "interval")
        deadline = real_time.seconds() + seconds(timeout, "timeout")
        while True:
            record = self.record(hash)
            if record is not None and record["status"] == FINISHED:
                return record
            # Which status means failed is open (pending-statuses); that an unfinished job bears
            # an error is not.
            if record is not None and record["error"] is not None:
                raise JobFailed(record)
            if real_time.seconds() >= deadline:
                status = "no find shows it" if record is None else f"status {record['status']}"
                raise NotInTime(f"job {hash} did not finish in time: {status}")
            time.sleep(pause)

    def download(self, link: str) -> bytes:
        """The file behind a link, fetched without the token. Raises ``PictureRefused``.

        Raises ``ValueError`` on what is no link, or one of https.
        """
        try:
            found = urls.parse(as_link(link))
        except ValueError as problem:
            raise ValueError(
                f"{link!r} is not a link; use a record's img_buffer, for example"
            ) from problem
        if found.scheme != "http":
            raise ValueError(f"{link!r} is a link of https; a handle fetches http:// links only")
        path = quote(found.path_and_query, safe=string.punctuation)
        base = self._transport.base
        under = "/".join(["", *base.split("/")[3:]])
        if found.origin == urls.parse(base).origin and path.startswith(f"{under}/"):
            reply = self._transport.send(Sent("GET", path[len(under) :]))
        else:
            elsewhere = SocketTransport(found.origin)
            try:
                reply = elsewhere.send(Sent("GET", path))
            finally:
                elsewhere.close()
        if reply.status != 200:
            raise PictureRefused(reply.status, link)
        return reply.body

    def call(self, path: str, body: Mapping[str, Any]) -> Any:
        """The ``data`` of any operation, called with the token."""
        return self._post(path, body, {"authorization": f"Bearer {self.token}"})

    def _submit(self, path: str, body: Mapping[str, Any]) -> str:
        hash: str = self.call(path, body)
        return hash

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        text = as_json(body)
        reply = self._transport.send(
            Sent("POST", path, {"content-type": "application/json", **headers}, text)
        )
        return _data(reply, f"{self._transport.base}{path}")


def _data(reply: Reply, where: str) -> Any:
    """What a success holds. The errno tells, not the HTTP status, which is an open question."""
    try:
        envelope = json.loads(reply.body)
    except ValueError:
        raise NotAnEnvelope(reply.status, reply.body, where) from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("errno"), int):
        raise NotAnEnvelope(reply.status, reply.body, where)
    if envelope["errno"] != 0:
        message = envelope.get("errmsg") or envelope.get("error") or ""
        reason = reply.headers.get("x-fake-reason")
        raise Refused(envelope["errno"], str(message), reply.status, reason)
    if "data" not in envelope:
        raise NotAnEnvelope(reply.status, reply.body, where)
    return envelope["data"]
