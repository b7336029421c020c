"""Pictures by their address: which job's, which view, and what a GET of it answers.

On the live server they lie on another host and need no token (page, Job Find: ``img_buffer``,
``img_thumb``, ``original_url``); here the fake serves them itself.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

from .. import pictures
from ..contract.errors import ApiError
from ..http.exchange import Exchange
from ..http.responses import Headers, Response
from ..http.types import RequestHeaders
from ..http.urls import normal_path
from ..jobs.lifecycle import Job, Moment, State, observe
from ..records.record import extension, image_file, picture
from ..service import FakeService
from . import auto_advance

_ADDRESS = re.compile(
    r"/(?P<image>image/)?(?P<job>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?P<suffix>_thumb|_prog|_4)?\.(?P<format>png|webp)"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class PictureNotFound(ApiError):
    """No picture (yet): HTTP 404, or 403 where denied. ``until`` (ms): when there will be one."""

    def __init__(self, reason: str, status: int = 404, until: int | None = None) -> None:
        super().__init__("not-found", reason, http_status=status)
        self.until = until


def is_address(path: str) -> bool:
    """Whether ``path`` is of the form of a picture's address."""
    return _read(path) is not None


def _read(path: str) -> re.Match[str] | None:
    """A picture's address in its parts. ``path`` is decoded, whoever decoded it."""
    return _ADDRESS.fullmatch(normal_path(path))


def job_at(service: FakeService, path: str) -> Job | None:
    """The job whose picture ``path`` names, finished or not."""
    found = _read(path)
    return service.store.by_job_id(found["job"]) if found is not None else None


def finished_at(service: FakeService, path: str) -> Job | None:
    """The job whose picture can be had at ``path`` now."""
    try:
        job, _, _ = _locate(service, path)
    except PictureNotFound:
        return None
    return job


def respond(service: FakeService, exchange: Exchange, headers: RequestHeaders) -> Response:
    """The file at the exchange's path: whole, in part (Range) or not again (If-None-Match).

    Raises ``ApiError``.
    """
    job = job_at(service, exchange.path)
    if job is not None:
        exchange.account = job.account
    try:
        return _file(service, exchange.method, exchange.path, headers)
    except PictureNotFound as problem:
        account = None if job is None else service.store.account_by_id(job.account)
        if account is not None and problem.until is not None:
            auto_advance.wait_for(service, account, problem.until)
        raise


def show(service: FakeService, method: str, path: str, headers: RequestHeaders) -> Response:
    """The file at ``path`` as a client would get it, for who watches: it moves no clock.

    Raises ``PictureNotFound``.
    """
    response = _file(service, method, path, headers)
    # A fake that was reset has another picture at the same address.
    kept = tuple(each for each in response.headers if each[0] != b"cache-control")
    return Response(response.status, response.body, (*kept, (b"cache-control", b"no-cache")))


def _file(service: FakeService, method: str, path: str, headers: RequestHeaders) -> Response:
    job, view, drawn = _locate(service, path)
    data = _spoilt(job, image_file(job, drawn, view))
    etag = _etag(data)
    common = (
        (b"content-type", b"image/%b" % extension(job, view).encode()),
        (b"etag", etag),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"public, max-age=31536000"),
    )
    known = headers.get(b"if-none-match", b"")
    if known == b"*" or etag in _etags(known):
        return Response(304, b"", common[1:])
    # Range is of a GET alone (RFC 9110, 14.2).
    if method == "GET" and headers.get(b"if-range", etag) == etag and b"range" in headers:
        return _part(data, headers[b"range"].decode("latin-1"), common)
    return Response(200, data, common)


@lru_cache(maxsize=32)
def _etag(data: bytes) -> bytes:
    return b'"%x-%08x"' % (len(data), zlib.crc32(data))


def _etags(header: bytes) -> list[bytes]:
    return [tag.strip().removeprefix(b"W/") for tag in header.split(b",")]


def _part(data: bytes, asked: str, common: Headers) -> Response:
    """One range of ``data`` (RFC 9110, 14.2); what is not one range gets the whole."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return Response(200, data, common)
    size = len(data)
    if found[1]:
        start = int(found[1])
        stop = min(int(found[2]) + 1, size) if found[2] else size
    else:
        start, stop = max(size - int(found[2]), 0), size
    if found[1] and found[2] and int(found[2]) < start:
        return Response(200, data, common)  # not a valid range: ignored
    if start >= size:
        return Response(416, b"", ((b"content-range", b"bytes */%d" % size),))
    held = (b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, size))
    return Response(206, data[start:stop], (*common, held))


def _locate(service: FakeService, path: str) -> tuple[Job, pictures.View, pictures.Picture]:
    found = _read(path)
    job = service.store.by_job_id(found["job"]) if found is not None else None
    if found is None or job is None:
        raise PictureNotFound(f"no job has a picture at {path}")
    drawn = picture(job, service.rules_for(job.account).profile)
    if drawn is None:
        raise PictureNotFound("a describe job has no picture")
    view = _view(found, drawn)
    if found["format"] != extension(job, view):
        raise PictureNotFound(f"the picture is not available as {found['format']}")
    now = service.clocks.now(job.account)
    seen = observe(job, now)
    if view == "preview":
        if seen.state is not State.RUNNING:
            raise PictureNotFound(
                f"a preview exists only while its job is running; it is {seen.state.value}"
            )
        return job, view, drawn
    if seen.state is not State.FINISHED:
        raise PictureNotFound(f"the job must be finished; it is {seen.state.value}")
    _withhold(job, view, seen, now)
    return job, view, drawn


def _view(found: re.Match[str], drawn: pictures.Picture) -> pictures.View:
    under_image, suffix = found["image"] is not None, found["suffix"]
    if under_image and suffix is None:
        return "image"
    if under_image and suffix == "_thumb":
        return "thumb"
    if under_image and suffix == "_prog":
        return "preview"
    if not under_image and suffix == ("_4" if drawn.kind == "grid" else None):
        return "original"
    raise PictureNotFound("the job has no such picture")


def _withhold(job: Job, view: pictures.View, seen: Moment, now: int) -> None:
    """Picture scenarios that keep a finished picture back."""
    scenario, after = job.plan.picture, job.plan.picture_ms
    if scenario == "image-denied":
        raise PictureNotFound("withheld by scenario image-denied", 403)
    if scenario == "image-missing" or (scenario == "thumb-missing" and view == "thumb"):
        raise PictureNotFound(f"withheld by scenario {scenario}")
    if scenario == "image-late" and now < seen.at + after:
        raise PictureNotFound("withheld by scenario image-late", until=seen.at + after)
    if scenario == "image-expired" and now >= seen.at + after:
        raise PictureNotFound("withheld by scenario image-expired", 403)


def _spoilt(job: Job, data: bytes) -> bytes:
    """Picture scenarios that damage the file."""
    middle = len(data) // 2
    if job.plan.picture == "image-truncated":
        return data[:middle]
    if job.plan.picture == "image-corrupt":
        return data[:middle] + bytes(len(data) - middle)
    return data
