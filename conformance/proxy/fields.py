"""Which fields of a message go on to the next hop (RFC 9110, 7.6), and what is added: ``Via``."""

from __future__ import annotations

import os
from collections.abc import Iterable

#: Name and value, in the order and the spelling in which they came.
Fields = list[tuple[bytes, bytes]]

#: For one connection only, whether Connection names them or not (7.6.1). Credentials for a proxy
#: are for the first one, and this one asks for none (11.7.2).
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection te transfer-encoding upgrade"
    b" proxy-authorization".split()
)
#: No Connection field takes these away: without them nobody knows where a message goes or ends.
_ESSENTIAL = frozenset((b"host", b"content-length"))


def values(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """The members of a field that is a list, in lower case."""
    return [
        member.strip().lower()
        for key, value in fields
        if key.lower() == name
        for member in value.split(b",")
    ]


def end_to_end(fields: Fields) -> Fields:
    """What goes on. Of a chunked message the length is dropped, too (RFC 9112, 6.3)."""
    dropped = _HOP_BY_HOP | (set(values(fields, b"connection")) - _ESSENTIAL)
    if values(fields, b"transfer-encoding"):
        dropped |= {b"content-length"}
    return [(name, value) for name, value in fields if name.lower() not in dropped]


def with_host(fields: Fields, host: bytes) -> Fields:
    """``host`` in the place of the ``Host`` that came, or first."""
    if not any(name.lower() == b"host" for name, _ in fields):
        return [(b"Host", host), *fields]
    return [(name, host if name.lower() == b"host" else value) for name, value in fields]


class Via:
    """The mark of this process (7.6.3), by which it knows its own messages when they come back."""

    def __init__(self) -> None:
        self._name = b"sampan-%b" % os.urandom(3).hex().encode()

    def added(self, fields: Fields, version: bytes) -> Fields:
        """The fields with a ``Via`` for a message that came as HTTP ``version``."""
        return [*fields, (b"Via", b"%b %b" % (version, self._name))]

    def is_in(self, fields: Fields) -> bool:
        """Whether the message has been here before."""
        return any(member.split()[1:2] == [self._name] for member in values(fields, b"via"))
