"""A secret that was sent, as a shell writes it that has the accounts' in variables of its own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

OWN = '"$SAMPAN_TOKEN"'
#: A token that can't be written without giving away what it is made of, and such a password.
FORGED, WRONG = '"$SAMPAN_FORGED_TOKEN"', '"$SAMPAN_WRONG_PASSWORD"'

#: So much is shared by no two tokens but those of which one is made of the other, and so much may
#: be written of a token: no part of one that was issued.
_SHARED, _CHANGED = 16, 3


def for_shell(sent: str, issued: Mapping[str, str]) -> str:
    """bash for ``sent``: an issued token, one that is cut short, changed in a few letters or longer
    by them, or :data:`FORGED`. ``issued``: by token, the variable that has it.
    """
    if sent in issued:
        return f'"${issued[sent]}"'
    made = (_made_of(token, sent, variable) for token, variable in issued.items())
    return next(filter(None, made), FORGED)


def password_for_shell(sent: str, known: Mapping[str, str]) -> str:
    """bash for a password: an account's, one that the kit made of it, or :data:`WRONG`."""
    if sent in known:
        return f'"${known[sent]}"'
    for password, variable in known.items():
        made = {f"{password}x": f'"${variable}"x', f"x{password}": f'x"${variable}"'}
        if password.isascii():  # bash's own letters depend on its locale
            made[password[:-1]] = f'"${{{variable}%?}}"'
            made[password.swapcase()] = f'"${{{variable}~~}}"'
        if sent in made:
            return made[sent]
    return WRONG


def _made_of(token: str, sent: str, variable: str) -> str | None:
    start = _shared(token, sent)
    end = _shared(token[start:][::-1], sent[start:][::-1])
    changed = sent[start : len(sent) - end]
    if start < _SHARED or len(changed) > _CHANGED:
        return None
    tail = f'"${{{variable}: -{end}}}"' if end else ""
    return f'"${{{variable}:0:{start}}}"{shlex.quote(changed) if changed else ""}{tail}'


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
