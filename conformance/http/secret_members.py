"""Members of JSON whose value may be a secret, by their names: ``refresh_token``, ``oldPassword``.

They are replaced where they stand, in text that may be broken or cut off: nothing is read as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

#: In the names of such members, in any case.
_WORDS = (
    *("passw", "pwd", "passphrase", "token", "secret", "authorization", "authorisation"),
    *("credential", "jwt", "cookie", "session", "apikey", "api_key", "api-key"),
    *("accesskey", "access_key", "privatekey", "private_key", "authkey", "auth_key"),
)
_NAME = re.compile("|".join(_WORDS), re.IGNORECASE)
#: From the word on: the rest of the name, and the string that it names, which may be cut off.
_MEMBER = re.compile(rf'(?i)({_NAME.pattern})[^"\\]{{0,40}}"\s*:\s*"((?:[^"\\]|\\.)*)')
#: A shorter one may be any word.
_SHORT = 6
#: A longer body is a listing.
_LARGE = 64 << 10


def is_telling(name: str) -> bool:
    """Whether what has that name may be a secret."""
    return _NAME.search(name) is not None


def members(text: str) -> Iterator[str]:
    """The values, unescaped where they can be."""
    return (value for hit in _hits(text) if len(value := _unescaped(hit[2])) >= _SHORT)


def members_of(body: bytes) -> Iterator[str]:
    """The same of a body; none of a long one."""
    return members(body.decode("utf-8", "replace")) if len(body) <= _LARGE else iter(())


def replaced(text: str, name: Callable[[str, str], str]) -> str:
    """``text`` with ``name(word, value)`` in the place of each of them; ``word`` is the telling
    part of the member's name in lower case."""
    parts, end = list[str](), 0
    for hit in _hits(text):
        value = _unescaped(hit[2])
        if len(value) >= _SHORT:
            parts += text[end : hit.start(2)], name(hit[1].lower(), value)
            end = hit.end(2)
    return "".join((*parts, text[end:]))


def _hits(text: str) -> Iterator[re.Match[str]]:
    lower = text.lower()  # ten times as fast as looking for each in any case
    return _MEMBER.finditer(text) if any(word in lower for word in _WORDS) else iter(())


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:
        return value
