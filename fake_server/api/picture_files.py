"""Pictures by their address: which job's, which view, and what a GET of it answers.

On the live server they lie on another host and need no token (page, Job Find: ``img_buffer``,
``img_thumb``, ``original_url``); here the fake serves them itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache

from .. import pictures
from ..http.responses import Answer, Headers
from ..jobs.lifecycle import JobFacts, Moment, State, observe
from ..records.record import picture
from ..service import World

_ADDRESS = re.compile(
    r"/(?P<image>image/)?(?P<job>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?P<suffix>_thumb|_prog|_4)?\.(?P<format>png|webp)"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NoPicture(LookupError):
    """There is no picture at this address (now); ``status`` is 404, or 403 where it is denied.

    ``until`` (ms) is when there will be one, where that is known.
    """

    def __init__(self, reason: str, status: int = 404, until: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.until = until


def is_address(path: str) -> bool:
    """Whether ``path`` is of the form of a picture's address."""
    return _ADDRESS.fullmatch(path) is not None


def job_at(world: World, path: str) -> JobFacts | None:
    """The job whose picture ``path`` names, finished or not."""
    found = _ADDRESS.fullmatch(path)
    return world.store.by_job_id(found["job"]) if found is not None else None


def finished_at(world: World, path: str) -> JobFacts | None:
    """The job whose picture can be had at ``path`` now."""
    try:
        facts, _, _ = _locate(world, path)
    except NoPicture:
        return None
    return facts


def get(world: World, method: str, path: str, headers: Mapping[bytes, bytes]) -> Answer:
    """The file at ``path``, to a GET or HEAD: whole, in part (Range) or not again (If-None-Match).

    Raises :class:`NoPicture`.
    """
    facts, view, drawn = _locate(world, path)
    webp = facts.plan.picture == "webp" and view != "preview"
    data = pictures.webp(drawn, view) if webp else pictures.png(drawn, view)
    data = _spoilt(facts, data)
    etag = _etag(data)
    common = (
        (b"content-type", b"image/webp" if webp else b"image/png"),
        (b"etag", etag),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"public, max-age=31536000"),
    )
    known = headers.get(b"if-none-match", b"")
    if known == b"*" or etag in _etags(known):
        return Answer(304, b"", common[1:])
    # Range is of a GET alone (RFC 9110, 14.2).
    if method == "GET" and headers.get(b"if-range", etag) == etag and b"range" in headers:
        return _part(data, headers[b"range"].decode("latin-1"), common)
    return Answer(200, data, common)


@lru_cache(maxsize=32)
def _etag(data: bytes) -> bytes:
    return b'"%x-%08x"' % (len(data), zlib.crc32(data))


def _etags(header: bytes) -> list[bytes]:
    return [tag.strip().removeprefix(b"W/") for tag in header.split(b",")]


def _part(data: bytes, asked: str, common: Headers) -> Answer:
    """One range of ``data`` (RFC 9110, 14.2); what is not one range gets the whole."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return Answer(200, data, common)
    size = len(data)
    if found[1]:
        start = int(found[1])
        stop = min(int(found[2]) + 1, size) if found[2] else size
    else:
        start, stop = max(size - int(found[2]), 0), size
    if found[1] and found[2] and int(found[2]) < start:
        return Answer(200, data, common)  # not a valid range: ignored
    if start >= size:
        return Answer(416, b"", ((b"content-range", b"bytes */%d" % size),))
    held = (b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, size))
    return Answer(206, data[start:stop], (*common, held))


def _locate(world: World, path: str) -> tuple[JobFacts, pictures.View, pictures.Picture]:
    found = _ADDRESS.fullmatch(path)
    facts = world.store.by_job_id(found["job"]) if found is not None else None
    if found is None or facts is None:
        raise NoPicture(f"no job has a picture at {path}")
    drawn = picture(facts, world.profile)
    if drawn is None:
        raise NoPicture("a describe makes no picture")
    view = _view(found, drawn)
    if found["format"] != ("webp" if facts.plan.picture == "webp" and view != "preview" else "png"):
        raise NoPicture(f"the picture is not a {found['format']}")
    now = world.clocks.now(facts.account)
    seen = observe(facts, now)
    if view == "preview":
        if seen.state is not State.RUNNING:
            raise NoPicture(f"a preview is there while the job runs, and it is {seen.state.value}")
        return facts, view, drawn
    if seen.state is not State.FINISHED:
        raise NoPicture(f"the job is {seen.state.value}")
    _withhold(facts, view, seen, now)
    return facts, view, drawn


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
    raise NoPicture("a job has no such picture")


def _withhold(facts: JobFacts, view: pictures.View, seen: Moment, now: int) -> None:
    """Picture scenarios that keep a finished picture back."""
    scenario, after = facts.plan.picture, facts.plan.picture_ms
    if scenario == "image-denied":
        raise NoPicture("scenario image-denied", 403)
    if scenario == "image-missing" or (scenario == "thumb-missing" and view == "thumb"):
        raise NoPicture(f"scenario {scenario}")
    if scenario == "image-late" and now < seen.at + after:
        raise NoPicture("scenario image-late", until=seen.at + after)
    if scenario == "image-expired" and now >= seen.at + after:
        raise NoPicture("scenario image-expired", 403)


def _spoilt(facts: JobFacts, data: bytes) -> bytes:
    """Picture scenarios that damage the file."""
    middle = len(data) // 2
    if facts.plan.picture == "image-truncated":
        return data[:middle]
    if facts.plan.picture == "image-corrupt":
        return data[:middle] + bytes(len(data) - middle)
    return data
