"""Who may use the control API.

On loopback anybody may. Judged are the address that the fake listens on and the one that the
request comes from: a fake that listens on more than loopback always asks for the token, since
behind a container's port mapping every peer looks near. A proxy on this machine that forwards
others' requests is a pitfall: its requests do come from loopback. One that says so, as
``X-Forwarded-For``, ``Forwarded`` and ``Via`` do, is taken at its word; one that does not can't be
told from a local client, so bind such a fake to another address, or don't proxy ``/__admin/``.
"""

from __future__ import annotations

import secrets

from ..http.loopback import is_address, is_loopback
from ..http.types import RequestHeaders, Scope
from ..service import FakeService
from .call import ControlError

_FORWARDED = (b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip")


def check(service: FakeService, scope: Scope, headers: RequestHeaders) -> None:
    """Raise :class:`ControlError` unless the request may use the control API."""
    client = scope.get("client")
    near = client is None or not is_address(client[0]) or is_loopback(client[0])
    if near and not service.exposed and not any(name in headers for name in _FORWARDED):
        return
    if not service.admin_token:
        raise ControlError(
            "unauthorized",
            "off loopback the control API requires an admin token, but this fake has none:"
            " start it with --admin-token",
        )
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    right = service.admin_token.encode("utf-8", "surrogateescape")
    if scheme.lower() != b"bearer" or not secrets.compare_digest(token.strip(), right):
        raise ControlError(
            "unauthorized",
            "off loopback the control API requires the admin token:"
            " send Authorization: Bearer <admin token>",
        )
