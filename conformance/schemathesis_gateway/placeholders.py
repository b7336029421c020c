"""What a case may name without knowing it: credentials, and jobs that the run has made.

A case is written to reports as it is. So it holds ``{first.password}``, and the password itself
is put in when the request is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_PLACEHOLDER = re.compile(
    r"\{((?:(?:first|second|limited)\.(?:username|password)|grid|described|unknown)[a-z_. ]*)\}"
)
#: Passwords that are not the right one, made of it, so that a comparison of a part of it shows.
_WRONG: dict[str, Callable[[str], str]] = {
    "longer": lambda password: f"{password}x",
    "shorter": lambda password: password[:-1] or "x",
    "in another case": lambda password: password.swapcase(),
    "longer at its beginning": lambda password: f"x{password}",
}


def filled(body: bytes, value: Callable[[str], str]) -> bytes:
    """``body``, which is JSON, with the value of each placeholder in it."""
    if not _PLACEHOLDER.search(body.decode("utf-8", "replace")):
        return body

    def one(found: re.Match[str]) -> str:
        return json.dumps(value(found[1]))[1:-1]

    return _PLACEHOLDER.sub(one, body.decode()).encode()


def password(right: str, how: str) -> str:
    """The right one, or a wrong one made of it. Raises ``ValueError`` if that is the right one."""
    made = _WRONG[how](right) if how else right
    if how and made == right:
        raise ValueError("the password has no letters")
    return made
