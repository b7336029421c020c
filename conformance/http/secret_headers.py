"""Headers whose value may be a secret, by their names: nobody has to tell which."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Words of a name, which are parted by hyphens or underscores.
_WORDS = frozenset(
    (
        *("token", "auth", "key", "apikey", "secret", "password", "passwd", "pwd", "credential"),
        *("credentials", "session", "sessionid", "sid", "jwt", "cookie", "cookie2", "csrf", "xsrf"),
        *("authentication", "authorization", "csrftoken", "signature"),
    )
)
_PARTING = re.compile(r"[-_.]")
#: A shorter part of a value may be any word.
_SHORT = 8


def may_be_secret(name: str) -> bool:
    """Whether a header of that name may hold a secret, such as ``X-Api-Key`` and ``Set-Cookie``."""
    return not _WORDS.isdisjoint(_PARTING.split(name.lower()))


def secrets_of(value: str) -> Iterator[str]:
    """What in such a header's value has to be masked wherever it stands: each part, and what a part
    names, as in ``sid=1234``."""
    for part in re.split(r"[\s;,]+", value):
        named = part.partition("=")[2].strip('"')
        yield from (one for one in (named, part) if len(one) >= _SHORT)
