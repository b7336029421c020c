"""Tokens that passed: whether they are taken, and which of a request's parts stands in for one.

A token may expire and a login may end it, so that one that is refused proves nothing; one that is
taken before and after by others, and refused by one operation in between, does.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...checking.senders import authorization, bearer
from ...http.exchange import Exchange
from ...json_access import object_at, text
from ...rules.refusals import NOBODY
from ..facts import Fact
from ..look import Look, Shown
from ..memory import Memory, is_nobody

#: Tokens, refusals of one, and accounts that are remembered.
_TOKENS, _REFUSALS, _ACCOUNTS = 1_000, 3, 300
#: Logins of an account none of whose tokens was ever taken.
_NEVER = 3
#: Seconds after which a token may have expired since it was taken.
_FRESH = 60.0
#: Seconds after its login in which a token is tried at once.
_AT_ONCE = 10.0


@dataclass(slots=True)
class _Use:
    """What came of a token. ``given``: when the login that gave it had ended; ``taken``: when the
    last answer to it came that was no refusal of it, with its exchange; ``later``: when the first
    login after it had ended that gave the account another token."""

    account: str
    given: float | None = None
    login: Exchange | None = None
    taken: float | None = None
    evidence: Exchange | None = None
    later: float | None = None
    again: Exchange | None = None
    refused: list[tuple[str, float, Exchange]] = field(default_factory=list)
    #: Refusals of it without Bearer, with when they ended, until it is taken once more.
    bare: dict[str, tuple[float, Fact]] = field(default_factory=dict)


@dataclass(slots=True)
class Tokens:
    """The rule; it remembers what came of each token."""

    _uses: OrderedDict[bytes, _Use] = field(default_factory=OrderedDict)
    #: Operations that have taken a token of an account.
    _worked: set[tuple[str, str]] = field(default_factory=set)
    #: By account the tokens of its logins that were tried at once and refused, until one is taken.
    _never: OrderedDict[str, set[bytes]] = field(default_factory=OrderedDict)
    #: The greatest age (s) at which a token was taken.
    _oldest: float = 0.0

    def shown(self, memory: Memory, look: Look) -> Iterator[Shown | Fact]:
        if look.operation == "login":
            self._given(memory, look)
            return
        header = authorization(look.request)
        if header is None:
            yield from _without(memory, look)
            return
        token = bearer(header)
        if token is None:
            yield from self._bare(look, header)
        elif not is_nobody(look.sent.sender):
            yield from self._used(memory, look, token)

    def _given(self, memory: Memory, look: Look) -> None:
        token = text(object_at(look.answer.envelope, "data"), "token")
        if not look.answer.ok or token is None:
            return
        account = memory.accounts.name_of(token)
        digest = _digest(token)
        for before, one in self._uses.items():
            new = before != digest and one.account == account
            if new and one.later is None and one.given is not None and one.given <= look.began:
                one.later, one.again = look.ended, look.answer.exchange
        use = self._use(digest, account)
        use.given, use.login = look.ended, look.answer.exchange

    def _use(self, digest: bytes, account: str) -> _Use:
        use = self._uses.setdefault(digest, _Use(account))
        self._uses.move_to_end(digest)
        if len(self._uses) > _TOKENS:
            self._uses.popitem(last=False)
        return use

    def _used(self, memory: Memory, look: Look, token: str) -> Iterator[Shown | Fact]:
        digest = _digest(token)
        use = self._use(digest, look.sent.sender)
        if look.answer.errno == 430:
            yield from self._refused(memory, look, use, digest)
        elif look.answer.errno is not None and look.answer.errno != 501:
            yield from self._taken(look, use)

    def _taken(self, look: Look, use: _Use) -> Iterator[Shown | Fact]:
        yield Shown("AUTH-1")
        if len(self._worked) < _TOKENS:
            self._worked.add((use.account, look.operation))
        if look.answer.ok and use.given is not None:
            yield Shown("LOGIN-6")
        self._oldest = max(self._oldest, look.began - (use.given or look.began))
        self._never.pop(use.account, None)
        for operation, ended, exchange in use.refused:
            worked = (use.account, operation) in self._worked
            if ended <= look.began and operation != look.operation and not worked:
                what = f"{operation} does not take a token that {look.operation} takes after it"
                yield Shown("AUTH-1", what, "any errno but 430", (exchange,))
        use.refused.clear()
        if look.answer.ok:
            yield from (fact for ended, fact in use.bare.values() if ended <= look.began)
            use.bare.clear()
        if use.later is not None and use.later <= look.began and look.answer.ok:
            yield Fact("second-login", "keeps", look.answer.exchange)
        use.taken, use.evidence = look.ended, look.answer.exchange

    def _refused(
        self, memory: Memory, look: Look, use: _Use, digest: bytes
    ) -> Iterator[Shown | Fact]:
        own = _is_own(memory, look)
        taken = use.taken is not None and look.began - use.taken < _FRESH
        if own and taken and "sender_id" not in look.fields and len(use.refused) < _REFUSALS:
            use.refused.append((look.operation, look.ended, look.answer.exchange))
        ended = use.later is not None and use.later <= look.began
        # Older than any that was taken, it may have expired just then.
        young = use.given is not None and look.ended - use.given <= self._oldest
        if ended and taken and young and (use.taken or 0.0) <= (use.later or 0.0) and own:
            yield Fact("second-login", "ends", look.answer.exchange)
        at_once = use.given is not None and 0.0 <= look.began - use.given < _AT_ONCE
        if at_once and use.later is None and use.taken is None and own:
            yield from self._never_taken(look, use, digest)

    def _never_taken(self, look: Look, use: _Use, digest: bytes) -> Iterator[Shown]:
        refused = self._never.setdefault(use.account, set())
        refused.add(digest)
        while len(self._never) > _ACCOUNTS:
            self._never.popitem(last=False)
        if len(refused) >= _NEVER:
            evidence = (use.login,) if use.login is not None else ()
            what = f"{look.operation} does not accept the token of any of {_NEVER} logins"
            yield Shown("LOGIN-6", what, "any errno but 430", evidence)

    def _bare(self, look: Look, header: str) -> Iterator[Shown | Fact]:
        """A token without Bearer (question bearer-prefix)."""
        use = self._uses.get(_digest(header.strip()))
        if use is None:
            return
        if look.answer.ok:
            yield Fact("bearer-prefix", "optional", look.answer.exchange, look.operation)
        elif look.answer.errno == 430 and use.taken is not None:
            fact = Fact("bearer-prefix", "required", look.answer.exchange, look.operation)
            use.bare[look.operation] = look.ended, fact


def _is_own(memory: Memory, look: Look) -> bool:
    """Whether the parent that is named, if one is, is surely no other account's: the token might be
    refused for such a one (question foreign-parent)."""
    names = [look.fields[key] for key in ("parent_hash", "parent_id") if key in look.fields]
    parent = memory.named(look.sent)
    if parent is None:
        return all(memory.impossible(name) for name in names)
    return parent.account == look.sent.sender and parent.operation != ""


#: The spellings of a refused login (questions.yaml, message-case).
_CASES = {"invalid login": "as-shown", "INVALID_LOGIN": "upper-table"}


def _without(memory: Memory, look: Look) -> Iterator[Shown | Fact]:
    """A request without a token: what its refusal reads, and whether a sender_id stands in."""
    answer, operation = look.answer, look.operation
    sender = text(look.sent.body or {}, "sender_id")
    if look.sent.sender != NOBODY:
        return
    if sender is not None:
        asked = memory.contract.questions["sender-id-without-token"].operations
        if operation not in asked or not memory.is_sender(sender):
            return
        if answer.errno == 430:
            yield Fact("sender-id-without-token", "430", answer.exchange, operation)
        elif answer.ok:
            yield Fact("sender-id-without-token", "identity", answer.exchange, operation)
        return
    if answer.errno != 430:
        return
    keys = [key for key in ("error", "errmsg") if text(answer.envelope, key)]
    if keys:
        key = "both" if len(keys) == 2 else keys[0]
        yield Fact("unauthenticated-key", key, answer.exchange, operation)
        said = answer.message or ""
        yield Fact("message-case", _CASES.get(said, said[:100]), answer.exchange, operation)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
