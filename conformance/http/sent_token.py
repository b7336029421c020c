"""A token that was sent, as a shell writes it that has the account's in ``SAMPAN_TOKEN``."""

from __future__ import annotations

import shlex
from collections.abc import Collection

OWN = '"$SAMPAN_TOKEN"'
#: A token that can't be written without giving away what it is made of.
FORGED = '"$SAMPAN_FORGED_TOKEN"'

#: So much is shared by no two tokens but those of which one is made of the other, and so much may
#: be written of a token: no part of one that was issued.
_SHARED, _CHANGED = 16, 3


def for_shell(sent: str, issued: Collection[str]) -> str:
    """bash for ``sent``: an issued token, one that is cut short, changed in a few letters or longer
    by them, or :data:`FORGED`.
    """
    if sent in issued:
        return OWN
    return next((made for one in issued if (made := _made_of(one, sent))), FORGED)


def _made_of(token: str, sent: str) -> str | None:
    start = _shared(token, sent)
    end = _shared(token[start:][::-1], sent[start:][::-1])
    changed = sent[start : len(sent) - end]
    if start < _SHARED or len(changed) > _CHANGED:
        return None
    tail = f'"${{SAMPAN_TOKEN: -{end}}}"' if end else ""
    return f'"${{SAMPAN_TOKEN:0:{start}}}"{shlex.quote(changed) if changed else ""}{tail}'


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
