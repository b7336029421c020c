"""The IP addresses behind a host name, and which of them belong to somebody's own network."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass
from typing import Any

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
#: IPv4 addresses at the end of IPv6 ones: translated on their way (RFC 6052), or mapped.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
#: All that is given out of IPv6 (IANA, IPv6 Global Unicast Address Assignments). Whatever a Python
#: of some age thinks of the rest: site-local, unassigned, translators of one network.
_UNICAST = ipaddress.ip_network("2000::/3")
#: Reserved after, or in part before, ``ipaddress`` was written (RFC 9637, RFC 6890, RFC 7526).
_RESERVED = tuple(map(ipaddress.ip_network, ("3fff::/20", "192.0.0.0/24", "192.88.99.0/24")))
#: Before the IPv4 address that an ISATAP interface is named after (RFC 5214, 6.1).
_ISATAP = (0x5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a host, as the resolver gives it."""

    family: int
    place: Any  # of the shape that sockets of this family take

    @property
    def ip(self) -> str:
        return str(self.place[0])

    def connect(self, timeout: float) -> socket.socket:
        """A connected socket; raises ``OSError``. ``timeout`` in seconds."""
        made = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            made.settimeout(timeout)
            made.connect(self.place)
        except BaseException:
            made.close()
            raise
        return made


def resolved(host: str, port: int, timeout: float) -> list[Address]:
    """The addresses of ``host``, best first. Raises ``OSError``; ``TimeoutError`` after ``timeout``
    seconds, since a resolver has a patience of its own."""
    with contextlib.suppress(socket.gaierror):  # raised where it is a name
        return _numeric(host, port)
    answers: queue.SimpleQueue[list[Address] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_lookup(host, port, 0))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("the resolver did not answer") from None
    if isinstance(found, Exception):
        raise found
    return found


@functools.lru_cache(64)
def _numeric(host: str, port: int) -> list[Address]:
    """Of an IP address, which stays what it is; a name is asked for again each time."""
    return _lookup(host, port, socket.AI_NUMERICHOST)


def _lookup(host: str, port: int, flags: int) -> list[Address]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [Address(family, place) for family, _, _, _, place in rows]


def is_public(ip: str) -> bool:
    """Whether an address is on the internet: not loopback, private, link-local, shared, reserved
    or multicast, in whatever form an IPv6 address holds an IPv4 one."""
    address = ipaddress.ip_address(ip)
    return all(map(_is_given_out, (address, *_embedded(address))))


def _is_given_out(address: _IP) -> bool:
    if any(address in one for one in _RESERVED):
        return False
    known = address.version == 4 or any(address in one for one in (_UNICAST, _NAT64, _MAPPED))
    return known and (address in _MAPPED or address.is_global) and not address.is_multicast


def _embedded(address: _IP) -> list[_IP]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_IP] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.append(address.teredo[1])
    isatap = int(address) >> 32 & 0xFFFF_FFFF in _ISATAP
    if isatap or address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found
