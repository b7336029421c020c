"""The standard header in which a proxy says how a request came to it (RFC 7239)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_ELEMENT = re.compile(rb'(?:[^,"]|"[^"]*")*')
_PAIR = re.compile(rb'([\w!#$%&\'*+.^`|~-]{1,40})=("[^"]*"|[^;",\s]*)')


@lru_cache(maxsize=64)
def nearest_client(value: bytes | None) -> Mapping[bytes, bytes]:
    """The parameters of the first element, ``host`` and ``proto`` among them perhaps."""
    if value is None:
        return {}
    element = _ELEMENT.match(value)
    pairs = _PAIR.findall(b"" if element is None else element[0])
    return {name.lower(): text.strip(b'"') for name, text in pairs}
