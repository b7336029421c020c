"""Who may use the control API: programs on this machine, and whoever has the admin token.

**Which machine.** On loopback no token is needed. Judged are the address that the fake listens on
and the one that the request comes from: a fake that listens on more than loopback always asks for
the token, since behind a container's port mapping every peer looks near. A proxy on this machine
that forwards others' requests is a pitfall: its requests do come from loopback. One that says so,
as ``X-Forwarded-For``, ``Forwarded`` and ``Via`` do, is taken at its word; one that does not can't
be told from a local client, so bind such a fake to another address, or don't proxy ``/__admin/``.

**Which program.** A browser on this machine also sends what pages of others tell it to: it names
the page in ``Origin`` or ``Sec-Fetch-Site``, and after DNS rebinding the page's name in ``Host``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from ..http import urls
from ..http.loopback import is_address, is_local_name, is_loopback
from ..http.types import RequestHeaders, Scope
from ..http.urls import Authority, Url
from ..service import FakeService
from .call import ControlError

_FORWARDED = (b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip")
#: What a browser says of a request that no other page is behind.
_OF_NO_PAGE = ("none", "same-origin")


def check(service: FakeService, scope: Scope) -> None:
    """Raise :class:`ControlError` unless the request may use the control API."""
    headers = dict(scope["headers"])
    if _has_token(service, headers):
        return
    client = scope.get("client")
    near = client is None or not is_address(client[0]) or is_loopback(client[0])
    if service.exposed or not near or any(name in headers for name in _FORWARDED):
        raise _without_token(service)
    hosts = [_check_host(service, scope, host) for host in _values(scope, b"host")]
    origins = list(_values(scope, b"origin"))
    for origin in origins:
        _check_origin(service, origin, hosts)
    for site in () if origins else _values(scope, b"sec-fetch-site"):
        if site not in _OF_NO_PAGE:
            raise ControlError(
                "forbidden",
                f"the control API is for programs; a web page is behind this request"
                f" (Sec-Fetch-Site: {site[:100]}). Open it by its address, or have the page use"
                " fetch and start the fake with --allow-origin",
            )


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for each, value in scope["headers"] if each == name)


# The token


def _has_token(service: FakeService, headers: RequestHeaders) -> bool:
    if not service.admin_token:
        return False
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    right = service.admin_token.encode("utf-8", "surrogateescape")
    return scheme.lower() == b"bearer" and secrets.compare_digest(token.strip(), right)


def _without_token(service: FakeService) -> ControlError:
    if not service.admin_token:
        return ControlError(
            "unauthorized",
            "off loopback the control API requires an admin token, but this fake has none:"
            " start it with --admin-token",
        )
    return ControlError(
        "unauthorized",
        "off loopback the control API requires the admin token:"
        " send Authorization: Bearer <admin token>",
    )


# Web pages


def _check_host(service: FakeService, scope: Scope, text: str) -> Authority:
    """The ``Host`` of a request. Raises where it is a name that anybody may have made ours."""
    try:
        host = urls.authority(text)
    except ValueError:
        host = None
    if host is not None and _is_ours(service, scope, host):
        return host
    given = f"--allow-host {host.host}, or send" if host is not None else "--admin-token and send"
    raise ControlError(
        "forbidden",
        f"Host {text[:200]!r} is not a name of this machine, so the request may be a web page's."
        f" Use the fake's address (http://127.0.0.1:PORT or http://localhost:PORT), or start it"
        f" with {given} the admin token",
    )


def _is_ours(service: FakeService, scope: Scope, host: Authority) -> bool:
    settings = service.settings
    if is_local_name(host.host):
        return True
    if settings.external_url is not None and urls.parse(settings.external_url).host == host.host:
        return True
    if any(
        each.host == host.host and each.port in (None, host.port) for each in settings.allow_hosts
    ):
        return True
    # What the server listens on; in process, what the application is called by.
    server = scope.get("server")
    return server is not None and bool(server[0]) and server[0].lower() == host.host


def _check_origin(service: FakeService, text: str, hosts: list[Authority]) -> None:
    """The page that a browser names. Raises unless it is of this machine or was let in."""
    try:
        origin = urls.origin(text)
        page = urls.parse(origin) if origin.startswith("http") else None
    except ValueError:
        origin, page = None, None
    settings = service.settings
    if origin is not None and origin in settings.allow_origins:
        return
    if page is not None and (
        is_local_name(page.host)
        or any(_is_at(page, host) for host in hosts)
        or (
            settings.external_url is not None
            and urls.parse(settings.external_url).origin == page.origin
        )
    ):
        return
    option = f"--allow-origin {origin}" if origin is not None else "--admin-token"
    raise ControlError(
        "forbidden",
        f"the control API is for programs; the web page {text[:200]!r} may not use it. Start the"
        f" fake with {option} to allow that page, or send the admin token",
    )


def _is_at(page: Url, host: Authority) -> bool:
    """Whether a page is this fake's own: ``host`` is the ``Host`` of a request."""
    port = urls.DEFAULT_PORTS[page.scheme] if host.port is None else host.port
    return (page.host, page.port) == (host.host, port)
