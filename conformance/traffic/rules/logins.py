"""Logins that passed: what their answers hold, and what several of them say together."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...http.exchange import Exchange
from ...json_access import brief, object_at, text
from ...rules.tokens import lifetime
from ..facts import Fact
from ..look import Look, Shown
from ..memory import Memory
from ..senders import is_masked

#: Usernames that are remembered.
_MOST = 500
#: Seconds in which nobody changes a password twice.
_AT_ONCE = 60.0
#: What wrong credentials are refused with (question wrong-credentials).
_WRONG = (301, 410, 420, 430)
#: The text of a login without password (questions.yaml, message-case).
_CASES = {"missing username or password": "as-shown", "MISSING PARAMETER": "upper-table"}


@dataclass(slots=True)
class _Known:
    """What logins with one username have answered. ``accepted``: the digests of the passwords that
    were, with the time of the last login with each."""

    accepted: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    last: bytes = b""
    id: str | None = None
    shown: str | None = None
    exchange: Exchange | None = None


@dataclass(slots=True)
class Logins:
    """The rule; it remembers a username's logins."""

    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _ids: OrderedDict[str, tuple[str, Exchange]] = field(default_factory=OrderedDict)
    _tokens: OrderedDict[bytes, tuple[str, Exchange]] = field(default_factory=OrderedDict)

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown | Fact]:
        if look.operation != "login":
            return
        username, password = look.fields.get("username"), look.fields.get("password")
        if any(key not in look.fields for key in ("username", "password")):
            yield from self._missing(look)
        elif isinstance(username, str) and isinstance(password, str):
            # Names that differ in case may be those of two accounts.
            known = self._known.setdefault(username.strip()[:200], _Known())
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
            digest = hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
            if look.answer.ok:
                yield from self._accepted(look, username, known, digest)
            elif known.accepted and digest not in known.accepted:
                yield from _refused(look)

    def _missing(self, look: Look) -> Iterator[Shown | Fact]:
        """One of another type, null for example, may be noticed before the missing one, and so may
        an empty one and a field that the page does not list."""
        answer = look.answer
        if answer.errno != 301 or look.fields.keys() - {"username", "password"}:
            return
        if not all(isinstance(one, str) and one.strip() for one in look.fields.values()):
            return
        said = answer.message or ""
        if "missing" in said.casefold():
            yield Shown("LOGIN-3")
        else:
            expected = "missing username or password, or MISSING PARAMETER"
            yield Shown(
                "LOGIN-3", f"the message does not mention anything missing: {brief(said)}", expected
            )
        yield Fact("message-case", _CASES.get(said, brief(said)), answer.exchange, "login")

    def _accepted(
        self, look: Look, username: str, known: _Known, digest: bytes
    ) -> Iterator[Shown | Fact]:
        data = object_at(look.answer.envelope, "data") or {}
        yield from self._password(look, known, digest)
        shown, id = text(data, "username"), text(data, "id")
        if shown is not None and _is_name(username) and not _same(shown, username):
            yield Shown(
                "LOGIN-2", f"data.username is {brief(shown)}", f"{brief(username)}, as sent"
            )
        yield from self._id(look, known, shown, id)
        yield from self._token(look, shown, text(data, "token"))
        known.id, known.shown, known.exchange = id, shown, look.answer.exchange

    def _password(self, look: Look, known: _Known, digest: bytes) -> Iterator[Shown]:
        """Two passwords for one username by turns: one of them was wrong."""
        before = known.accepted.get(digest)
        by_turns = known.last not in (b"", digest) and before is not None
        later = known.accepted.get(known.last, look.began) <= look.began
        soon = look.ended - (before or 0.0) < _AT_ONCE
        if by_turns and later and soon and known.exchange is not None:
            yield Shown(
                "LOGIN-4",
                "a login with wrong credentials is accepted: two passwords by turns",
                "another errno than 0",
                (known.exchange,),
            )
        known.accepted[digest], known.last = look.ended, digest
        while len(known.accepted) > 10:
            known.accepted.popitem(last=False)

    def _id(self, look: Look, known: _Known, shown: str | None, id: str | None) -> Iterator[Shown]:
        if id is None or shown is None or is_masked(id):
            return
        if known.id is not None and known.shown == shown and known.exchange is not None:
            if known.id == id:
                yield Shown("LOGIN-7")
            else:
                yield Shown(
                    "LOGIN-7", f"data.id is {brief(id)}", brief(known.id), (known.exchange,)
                )
        owner, exchange = self._ids.setdefault(id, (shown, look.answer.exchange))
        if not _same(owner, shown):
            what = f"two accounts have the id {brief(id)}"
            yield Shown("LOGIN-5", what, "different ids", (exchange,))
        elif len(self._ids) > 1:
            yield Shown("LOGIN-5")
        while len(self._ids) > _MOST:
            self._ids.popitem(last=False)

    def _token(self, look: Look, shown: str | None, token: str | None) -> Iterator[Shown | Fact]:
        if token is None or is_masked(token):
            return
        if (span := lifetime(token)) is not None:
            yield Fact("token-lifetime", span, look.answer.exchange)
        if shown is None:
            return
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        owner, exchange = self._tokens.setdefault(digest, (shown, look.answer.exchange))
        if not _same(owner, shown):
            yield Shown("LOGIN-8", "two accounts have one token", "different tokens", (exchange,))
        elif len({owner for owner, _ in self._tokens.values()}) > 1:
            yield Shown("LOGIN-8")
        while len(self._tokens) > _MOST:
            self._tokens.popitem(last=False)


def _refused(look: Look) -> Iterator[Shown | Fact]:
    if look.answer.errno in _WRONG:
        yield Shown("LOGIN-4")
        yield Fact("wrong-credentials", str(look.answer.errno), look.answer.exchange)


def _is_name(username: str) -> bool:
    """Whether it is no email address and no phone number, by which an account may log in, too."""
    return "@" not in username and re.search(r"[^\W\d_]", username) is not None


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
