"""Clients that have the live address wired in, sent to a fake instead, in this process.

Nothing of the client is changed and no HTTP library is known here: what is redirected is the
connection, so the request still says ``Host: 164.90.147.104:8091``, and so do the picture links
that the fake answers with, which are redirected as well.

It holds for whatever connects by Python's sockets or by an event loop: requests, urllib3, httpx
(also asynchronous, also on uvloop), aiohttp, urllib. Not for C libraries that open sockets of
their own (pycurl), and not for other processes: see ``docs/recipes.md`` for those.
"""

from __future__ import annotations

import importlib.util
import os
import socket
from asyncio import proactor_events
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from typing import Any
from unittest import mock

from .arguments import server_address

#: Where the page says that the service is (page, 请求IP).
LIVE = "http://164.90.147.104:8091"

#: What an IPv4 address begins with where a socket is of IPv6 (RFC 4291, 2.5.5.2).
_MAPPED = "::ffff:"

Address = tuple[str, int]
Instead = Callable[[Any], Any]


@contextmanager
def redirect(to: str, live: str = LIVE) -> Iterator[None]:
    """Connect to ``to`` whoever would connect to ``live``, until the end of the block.

    Both are addresses such as ``http://127.0.0.1:8091``, ``live`` with an IP address, since names
    are gone where sockets connect. Other addresses are left alone. It holds for every thread of the
    process. Raises ``ValueError`` on what is no such address.
    """
    origin, target = _address(live), _address(to)
    _check_ip(origin[0], live)
    port = str(origin[1])  # asyncio takes "8091" as well

    def instead(address: Any) -> Any:
        if not isinstance(address, tuple) or str(address[1]) != port:
            return address
        host = str(address[0]).lower()
        if host not in (origin[0], f"{_MAPPED}{origin[0]}"):
            return address
        by_ipv6 = ":" in host and ":" not in target[0]
        return (f"{_MAPPED}{target[0]}", target[1]) if by_ipv6 else target

    with ExitStack() as stack:
        for owner, name, wrap in _doors():
            changed = wrap(getattr(owner, name), instead)
            stack.enter_context(mock.patch.object(owner, name, changed))
        stack.enter_context(_past_proxies(origin[0]))
        yield


@contextmanager
def _past_proxies(host: str) -> Iterator[None]:
    """No proxy for ``host``, through which a client would reach the live service after all.

    Other hosts go through a proxy as before: the variable in small letters hides the one in
    capitals, so it repeats that one's hosts; ``*`` is every host only while it stands alone.
    """
    before = {name: os.environ.get(name) for name in _NO_PROXY}
    shared = next(filter(None, before.values()), "")
    added = {}
    for name, value in before.items():
        meant = value or shared
        added[name] = meant if meant == "*" else ",".join(filter(None, (meant, host)))
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if os.environ.get(name) != added[name]:
                continue  # somebody has changed it meanwhile, and means that
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


#: As they are looked up: small letters first.
_NO_PROXY = ("no_proxy", "NO_PROXY")


def _doors() -> Iterator[tuple[type, str, Callable[[Any, Instead], Any]]]:
    """Where connections begin: the class, its method and how that is wrapped."""
    yield socket.socket, "connect", _connect
    yield socket.socket, "connect_ex", _connect
    # Windows' event loop, which connects by itself.
    yield proactor_events.BaseProactorEventLoop, "sock_connect", _sock_connect
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        yield uvloop.Loop, "create_connection", _create_connection


def _connect(original: Any, instead: Instead) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        return original(self, instead(address))

    return connect


def _sock_connect(original: Any, instead: Instead) -> Any:
    async def sock_connect(self: Any, sock: socket.socket, address: Any) -> Any:
        return await original(self, sock, instead(address))

    return sock_connect


def _create_connection(original: Any, instead: Instead) -> Any:
    async def create_connection(
        self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        host, port = instead((host, port))
        return await original(self, factory, host, port, **options)

    return create_connection


def _check_ip(host: str, live: str) -> None:
    try:
        ip_address(host)
    except ValueError:
        raise ValueError(
            f"{live!r} has a name, and connections are redirected by their IP address; use an"
            f" address like {LIVE}"
        ) from None


def _address(url: str) -> Address:
    found = server_address(url)
    if found.path != "/":
        raise ValueError(f"{url!r} is not a valid address; use one like {LIVE}, without a path")
    return found.host, found.port
