"""HTTP URLs, read strictly: RFC 3986 and 3987, in the normal form that two of them are compared in.

``urllib.parse.urlsplit`` takes almost anything apart and says no to almost nothing: ``http://:80``
has a "netloc", a port may be text, and a tab vanishes. Here a text is a URL or it is not.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote

#: The port that a URL of this scheme has where none is written.
DEFAULT_PORTS = {"http": 80, "https": 443}

# ASCII that may stand in a path or query: RFC 3986, 3.3 and 3.4, and the brackets that all send.
_CHARACTER = r"(?:[^\x00-\x20\x7f-\xa0\s\"<>\\^`{|}%?#]|%[0-9A-Fa-f]{2})"
_AUTHORITY = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::(?P<port>[0-9]{0,9}))?"
_URL = (
    rf"(?P<scheme>https?)://(?:(?P<user>(?:(?![@/]){_CHARACTER}){{1,999}})@)?{_AUTHORITY}"
    rf"(?P<path>/{_CHARACTER}*)?(?P<query>\?(?:{_CHARACTER}|\?)*)?(?P<rest>#(?:{_CHARACTER}|\?)*)?"
)
_OTHER_ORIGIN = r"[a-z][a-z0-9+.-]*://[a-z0-9._:-]+"
_PATH = rf"(?:/{_CHARACTER}*)?"
#: A name of 253 bytes, each of them percent-encoded.
_LONGEST = 3 * 253
# Underscores are no part of a host name by RFC 1123, and of many containers' names.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"


class Authority(NamedTuple):
    """A host and its port, ``None`` where none is written. The host is in its normal form."""

    host: str
    port: int | None

    def __str__(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port is None else f"{name}:{self.port}"


class Url(NamedTuple):
    """A URL in its normal form.

    ``path`` is decoded and without dot segments, as a server reads it. ``path_and_query`` is as it
    was written, for a request line. ``credentials`` is whether there is a user before the host.
    """

    scheme: str
    host: str
    port: int
    path: str
    path_and_query: str
    credentials: bool = False
    fragment: bool = False

    @property
    def origin(self) -> str:
        """``scheme://host``, and the port where it is not the scheme's own (RFC 6454, 6.2)."""
        usual = self.port == DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{Authority(self.host, None if usual else self.port)}"


def parse(text: str) -> Url:
    """The URL that ``text`` is. Raises ``ValueError`` on what is no HTTP URL."""
    found = re.fullmatch(_URL, text, re.IGNORECASE)
    if found is None:
        raise ValueError(f"{text[:200]!r} is not an http or https URL")
    scheme, path = found["scheme"].lower(), found["path"] or "/"
    host, port = _authority(found)
    return Url(
        scheme,
        host,
        DEFAULT_PORTS[scheme] if port is None else port,
        normal_path(unquote(path)),
        path + (found["query"] or ""),
        found["user"] is not None,
        found["rest"] is not None,
    )


def address(text: str) -> Url:
    """A server's address, such as ``http://127.0.0.1:8091``, perhaps with a path before it.

    Raises ``ValueError`` on what is none: credentials, a query or a fragment are no part of it.
    """
    found = parse(text)
    if found.credentials or found.fragment or "?" in found.path_and_query:
        raise ValueError(f"{text[:200]!r} has more than a host, a port and a path")
    return found


def origin(text: str) -> str:
    """The normal form of a page's origin (RFC 6454), ``http://localhost:3000`` for example.

    Raises ``ValueError`` on what is none: ``null``, or what has a path.
    """
    if re.match("https?:", text, re.IGNORECASE) is None:
        # That of a browser's extension, for example.
        if re.fullmatch(_OTHER_ORIGIN, text, re.IGNORECASE) is None:
            raise ValueError(f"{text[:200]!r} is not an origin")
        return text.lower()
    found = address(text)
    if text.count("/") != 2:
        raise ValueError(f"{text[:200]!r} has a path, and an origin has none")
    return found.origin


def authority(text: str) -> Authority:
    """A host, perhaps with a port, as in a ``Host`` header. Raises ``ValueError``."""
    found = re.fullmatch(_AUTHORITY, text)
    if found is None:
        raise ValueError(f"{text[:200]!r} is not a host, nor a host and a port")
    return _authority(found)


def is_path(text: str) -> bool:
    """Whether ``text`` can stand between an authority and a path: empty, or ``/`` and more."""
    return (
        text.isascii()
        and re.fullmatch(_PATH, text) is not None
        and normal_path(unquote(text)) == unquote(text)
    )


def normal_path(path: str) -> str:
    """A decoded path without dot segments (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _authority(found: re.Match[str]) -> Authority:
    port = int(found["port"]) if found["port"] else None
    if port is not None and port > 0xFFFF:
        raise ValueError(f"{port} is not a port")
    return Authority(_host(found["host"]), port)


def _host(written: str) -> str:
    """The normal form of a host (RFC 3986, 3.2.2; names by RFC 1123). Raises ``ValueError``."""
    try:
        if written.startswith("["):
            return IPv6Address(written[1:-1]).compressed
        name = _ascii(written).lower().removesuffix(".")
        labels = name.split(".")
        if labels[-1].isdigit():  # no name ends so: it is an address, or nothing
            return str(IPv4Address(name))
    except (AddressValueError, UnicodeError) as problem:
        raise ValueError(f"{written[:200]!r} is not a host: {problem}") from problem
    if len(name) > 253 or not all(re.fullmatch(_LABEL, label) for label in labels):
        raise ValueError(f"{written[:200]!r} is not a host")
    return name


def _ascii(written: str) -> str:
    """A name in ASCII, decoded (RFC 3986) and with its international labels encoded (RFC 3490)."""
    if len(written) > _LONGEST:
        raise UnicodeError("too long")
    name = unquote(written, errors="strict") if "%" in written else written
    return name if name.isascii() else name.encode("idna").decode("ascii")
