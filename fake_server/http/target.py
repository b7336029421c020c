"""What a request line and its Host say the request is for (RFC 9112, 3.2), read before any URL
parser that knows less than RFC 3986 sees it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from .types import Scope

_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?#]+)(?P<path>.*)", re.DOTALL | re.IGNORECASE)
#: uri-host and port of RFC 3986, 3.2.2; userinfo has no place in either (RFC 9110, 4.2.4).
_AUTHORITY = re.compile(
    rb"(?:\[[\w.:%~-]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::\d*)?", re.ASCII | re.IGNORECASE
)


class Target(NamedTuple):
    """A request's target without its query; ``authority`` where it is an absolute URL."""

    path: bytes
    authority: bytes | None = None


def parse(raw: bytes) -> Target:
    """The target in ``raw``, which has no query."""
    found = _ABSOLUTE.fullmatch(raw)
    if found is None:
        return Target(raw)
    path = found["path"]
    return Target(path if path.startswith(b"/") else b"/" + path, found["authority"])


@lru_cache(maxsize=256)
def is_authority(text: bytes) -> bool:
    """Whether ``text`` may stand in a Host header."""
    return _AUTHORITY.fullmatch(text) is not None


def with_origin_form(scope: Scope) -> Scope:
    """The scope of a request for an absolute URL, as proxies are sent it, as one for its path.

    The URL's authority stands in place of the Host header's (RFC 9112, 3.2.2), which must be there
    and valid all the same.
    """
    raw = scope.get("raw_path") or scope["path"].encode("latin-1", "replace")
    target = parse(raw)
    if target.authority is None:
        return scope
    host = (b"host", target.authority)
    headers = [
        host if name == b"host" and is_authority(value) else (name, value)
        for name, value in scope["headers"]
    ]
    if scope["http_version"] == "1.0" and host not in headers:  # by HTTP/1.1 it must be there
        headers.append(host)
    path = unquote(target.path.decode("latin-1"))
    return {**scope, "path": path, "raw_path": target.path, "headers": headers}


def with_plain_mount(scope: Scope) -> Scope:
    """The scope with its ``root_path`` as ASGI has it: a slash before it, and none behind it.

    It is written by hand (``uvicorn --root-path mj/``), and servers put it before the path so.
    """
    given = scope.get("root_path", "")
    if not given or (given.startswith("/") and not given.endswith("/")):
        return scope
    kept = given.rstrip("/")
    plain = kept if not kept or kept.startswith("/") else f"/{kept}"
    changed = {**scope, "root_path": plain, "path": _remounted(scope["path"], given, plain)}
    if scope.get("raw_path"):
        raw = scope["raw_path"].decode("latin-1")
        changed["raw_path"] = _remounted(raw, quote(given), quote(plain)).encode("latin-1")
    return changed


def _remounted(path: str, given: str, plain: str) -> str:
    if not path.startswith(given):
        return path
    rest = path[len(given) :]
    return plain + (rest if rest.startswith("/") else f"/{rest}")


def host_problem(scope: Scope) -> str | None:
    """What is wrong with a request's Host header, where HTTP asks for 400 (RFC 9112, 3.2)."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1:
        return f"the request has {len(hosts)} Host headers; HTTP allows one"
    if not hosts:
        missing = "the request has no Host header, which HTTP/1.1 requires"
        return missing if scope["http_version"] == "1.1" else None
    if not is_authority(hosts[0]):
        return "the Host header is not a host with an optional port"
    return None


def authorization_problem(scope: Scope) -> str | None:
    """Why a request has two tokens: it may have one (RFC 9110, 5.3), and of two servers take the
    first or the last, or refuse both."""
    count = sum(name == b"authorization" for name, _ in scope["headers"])
    return f"the request has {count} Authorization headers; HTTP allows one" if count > 1 else None


def coding_problem(scope: Scope) -> str | None:
    """What is wrong with a request's transfer coding: chunked alone is undone (RFC 9112, 6.1)."""
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" and not is_chunked(value):
            coding = value.decode("latin-1")[:100]
            return f"Transfer-Encoding: {coding} is not supported; send the body plain or chunked"
    return None


def is_chunked(coding: bytes) -> bool:
    """Whether a Transfer-Encoding is chunked and nothing else."""
    return coding.strip().lower() == b"chunked"
