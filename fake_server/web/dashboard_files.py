"""The dashboard's files, each read when a browser first asks for it, and what they may do there.

Names and prompts on the page come from clients. The policy lets nothing run that is not a file of
the fake, and lets the page reach the fake alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ..http.responses import Headers, Response

_FOLDER = Path(__file__).parents[1] / "dashboard"

#: Headers of every file and of the page.
POLICY: Headers = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        b" connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)

_MEDIA_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}


@cache
def text(name: str) -> str:
    """A file's text."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _names() -> frozenset[str]:
    return frozenset(
        path.relative_to(_FOLDER).as_posix()
        for path in _FOLDER.rglob("*")
        if path.suffix in _MEDIA_TYPES
    )


def file(name: str) -> Response | None:
    """A style, a script or the icon, by its path; ``None`` where there is none."""
    if name not in _names():
        return None
    media_type = _MEDIA_TYPES[name[name.rindex(".") :]]
    return Response(200, text(name).encode(), ((b"content-type", media_type), *POLICY))
