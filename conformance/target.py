"""The URL of the server under test: which ones are accepted, and which are on this machine."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

#: In no URL of an API: blanks and control characters, a backslash, a query or a fragment.
_ODD = re.compile(r"[\s\x00-\x1f\x7f\\?#]")


class TargetError(ValueError):
    """The target can't be used: its URL, what answers there, or the accounts. One line says what to
    look at. Raised before anything is sent but logins."""


def is_loopback(target: str) -> bool:
    """Whether ``target`` is this machine by its name alone; nothing is looked up."""
    host = urlsplit(target).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_target(target: str, *, allow_plain_http: bool) -> str:
    """The target without a trailing slash. Raises ``TargetError`` if it can't be used."""
    parts = urlsplit(target) if is_web(target) else None
    if parts is None or _ODD.search(target):
        raise TargetError(
            f"{target!r} is not the URL of an API; one looks like http://127.0.0.1:8091"
        )
    if parts.username or parts.password:
        raise TargetError(
            "credentials do not belong in the URL: leave out what stands before the @; sampan check"
            " takes --username and SAMPAN_PASSWORD"
        )
    if parts.scheme == "http" and not is_loopback(target) and not allow_plain_http:
        raise TargetError(
            f"{target} does not use TLS: anyone on the network path could read username, password"
            " and token. The live server does not use it either; pass --allow-plain-http to"
            " accept that."
        )
    return target.rstrip("/")


def is_web(url: str) -> bool:
    """Whether ``url`` is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" not in host:
            host.encode("idna")  # raises for what no resolver takes
        # An invalid port raises only when it is read.
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        return False


def unreachable(target: str, timeout: float) -> str:
    """Why no connection can be made, or an empty text. Nothing is sent."""
    parts = urlsplit(target)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout).close()
    except (OSError, UnicodeError) as problem:
        return str(problem)
    return ""
