"""Where a request goes: to the target, to another host, or nowhere (RFC 9112, 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..target import is_loopback

_PORTS = {"http": 80, "https": 443}
_URL = re.compile(rb"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ABSOLUTE = re.compile(rb"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
#: So much of a request's target is quoted.
_SHOWN = 200


class RefusedError(Exception):
    """A request that is not passed on. ``error`` is a type of RFC 9209 (Proxy-Status)."""

    def __init__(self, status: int, error: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom to connect to; ``host`` in lower case, without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """As it stands in ``Host``: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` is the target of the request that is sent; ``host`` replaces what the client sent,
    ``None`` leaves it. ``url`` is what an observer calls it, empty for no resource; ``own``:
    whether it is the target's."""

    origin: Origin
    path: bytes
    host: bytes | None
    url: str
    own: bool = True


def origin(url: str) -> Origin:
    """Raises ``ValueError`` for what names no host, or a port that is none."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if not parts.hostname or parts.username is not None or scheme not in _PORTS:
        raise ValueError(f"{url!r} names no host")
    host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    return Origin(scheme, host, parts.port or _PORTS[scheme])


class Routes:
    """``others``: whether requests for other hosts than the target's are passed on.

    ``port`` is the one that this proxy listens on: requests for itself are for the target.
    ``rewrite_host``: the target sees its own name as Host instead of what the client sent.
    """

    def __init__(self, target: str, port: int, *, others: bool, rewrite_host: bool = False) -> None:
        self._target = target
        self._origin = origin(target)
        self._base = urlsplit(target).path.encode()
        self._port = port
        self._others = others
        self._host = self._origin.authority.encode() if rewrite_host else None

    def route(self, method: bytes, target: bytes) -> Route:
        """Raises :class:`RefusedError`."""
        if method == b"CONNECT":
            raise RefusedError(
                501,
                "http_request_denied",
                f"a tunnel to {_quoted(target)} was asked for, in which nothing can be seen;"
                " only plain http is passed on. Unset https_proxy, or use an http URL",
            )
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None and _URL.match(target):
            reason = f"{_quoted(target)} is a URL of another kind; http and https are passed on"
            raise RefusedError(400, "http_request_error", reason)
        if absolute is None:
            return self._to_target(target)
        try:
            wanted = origin(absolute[0].decode())
        except ValueError:
            raise RefusedError(
                400, "http_request_error", f"{_quoted(target)} is not the URL of a host"
            ) from None
        path = absolute[3]
        if not path and method == b"OPTIONS":
            path = b"*"  # RFC 9112, 3.2.4
        elif not path.startswith(b"/"):
            path = b"/" + path
        if wanted == self._origin:
            # What a proxy is given as Host is ignored (3.2.2).
            return self._routed(wanted, path, wanted.authority.encode())
        if self._is_here(wanted):
            return self._to_target(path)
        if not self._others:
            raise RefusedError(
                403,
                "destination_not_found",
                f"requests for {wanted} are not passed on, only those for {self._target}: off"
                " loopback this would be an open proxy. no_proxy leaves a host out",
            )
        return self._routed(wanted, path, wanted.authority.encode(), own=False)

    def _to_target(self, path: bytes) -> Route:
        if path.startswith(b"/"):
            path = self._base + path
        return self._routed(self._origin, path, self._host)

    def _routed(self, to: Origin, path: bytes, host: bytes | None, *, own: bool = True) -> Route:
        url = f"{to}{path.decode()}" if path.startswith(b"/") else ""
        return Route(to, path, host, url, own)

    def _is_here(self, wanted: Origin) -> bool:
        return wanted.port == self._port and wanted.scheme == "http" and is_loopback(str(wanted))


def _quoted(target: bytes) -> str:
    return target[:_SHOWN].decode("ascii", "backslashreplace")
