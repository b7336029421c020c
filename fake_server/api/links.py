"""Links in a request (page, Job Blend and Job Describe). None of them is ever fetched.

One that points at this fake is looked up, as a GET of it would be; others are taken as given.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .. import pictures
from ..http import urls
from ..http.urls import Url
from ..records.record import colours_of
from ..service import FakeService
from . import picture_files


class Link(NamedTuple):
    """A link. ``url`` is ``None`` where it is none, ``path`` where it does not point at this fake.

    ``path`` is decoded and relative to where the fake is mounted, as a request's is.
    """

    text: str
    url: Url | None
    path: str | None


def read(text: str, base: str) -> Link:
    """``text`` as a link, for a client that reaches this fake at ``base``."""
    try:
        url = urls.parse(text)
    except ValueError:
        return Link(text, None, None)
    home = _home(base)
    mounted = home.path.rstrip("/")
    if (url.scheme, url.host, url.port) != (home.scheme, home.host, home.port):
        return Link(text, url, None)
    inside = url.path.startswith(f"{mounted}/")
    return Link(text, url, url.path[len(mounted) :] if inside else None)


@lru_cache(maxsize=64)
def _home(base: str) -> Url:
    return urls.parse(base)


def problem(service: FakeService, link: Link) -> str | None:
    """Why there is no picture behind a link, as far as can be told without asking the network."""
    if link.url is None:
        return "not a link"
    if link.path is None or picture_files.finished_at(service, link.path) is not None:
        return None
    return f"no picture at {link.path}"


def colour(service: FakeService, link: Link) -> str:
    """The colour that a linked picture lends to a blend."""
    job = None if link.path is None else picture_files.job_at(service, link.path)
    return pictures.blend(colours_of(job) if job is not None else pictures.palette(link.text))
