"""Requests that no server may accept, whoever sends them and for what purpose. Pure.

A request is judged by what it says, not by the check that sent it, so that an acceptance is a
failure of the sentence that it breaks wherever it comes about.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..contract import Contract
from ..http.exchange import Answer
from ..json_access import brief
from ..settings import Credentials
from .parameters import tolerated, wrong_parameter

#: Requirement, fault, expected.
Breach = tuple[str, str, str]

#: Senders that are no account: without a token, with one that no login returned, and with a
#: header that is left open (question bearer-prefix).
NOBODY, FORGED, OPEN = "", "forged", "open"

#: The keys that the page shows and does not mark optional, and the requirement of each operation.
_REQUIRED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "login": ("LOGIN-3", ("username", "password")),
    "createJob": ("CREATE-3", ("content",)),
    "varyJob": ("VAR-2", ("parent_id", "grid_num")),
    "upscaleJob": ("UP-2", ("parent_hash", "grid_num")),
    "blendImages": ("BLEND-3", ("content",)),
    "describeImage": ("DESC-2", ("content",)),
}
#: The page names one key of the parent for each; whether the other will do is left open.
_OTHER_PARENT = {"varyJob": "parent_hash", "upscaleJob": "parent_id"}
_LINK = re.compile("https?://", re.IGNORECASE)
#: Refusals that leave open why a request without content was refused.
_OTHER_GROUNDS = (301, 411, 430, 501)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to an operation. ``body`` is ``None`` if ``content`` is not a JSON object.

    ``sender``: the role of the account whose token it carries, or ``NOBODY``, ``FORGED``, ``OPEN``.
    In traffic that was only seen, an account has a name of its own instead of a role.
    """

    operation: str
    sender: str
    body: Mapping[str, object] | None
    content: bytes

    @property
    def fields(self) -> Mapping[str, object]:
        return self.body or {}

    @property
    def by_account(self) -> bool:
        """Whether it carries the token of an account that may submit."""
        return self.sender not in (NOBODY, FORGED, OPEN, "limited")


#: No job's hash or id, and to a database perhaps a pattern that each of them fits.
PATTERN = "%"


def unknown_parent(mark: str) -> str:
    """A hash, or a job id, that no job has."""
    return hashlib.sha256(mark.encode()).hexdigest()


def wrongly_accepted(
    contract: Contract, accounts: Mapping[str, Credentials], mark: str, sent: SentRequest
) -> Breach | None:
    """The sentence that an acceptance (errno 0) of the request breaks, if it breaks one."""
    if sent.operation == "login":
        return _login(accounts, mark, sent) or _wrong_type(contract, sent)
    if sent.sender in (NOBODY, FORGED):
        # A sender_id may stand in for a token (question sender-id-without-token).
        if "sender_id" in sent.fields:
            return None
        what = "without a token" if sent.sender == NOBODY else "with a token that no login returned"
        id = "AUTH-2" if sent.sender == NOBODY else "AUTH-3"
        return id, f"{sent.operation} {what} is accepted", "errno 430"
    if sent.sender == OPEN:
        return None
    if sent.sender == "limited" and contract.operations[sent.operation].submits:
        what = f"{sent.operation} of an account without a plan is accepted"
        return "PLAN-1", what, "errno 411"
    return _missing(sent) or _value(mark, sent) or _wrong_type(contract, sent)


def excused(contract: Contract, sent: SentRequest, breach: Breach, answer: Answer) -> bool:
    """Whether the answer to a request with wrong parameters shows that it did no harm."""
    if breach[0] != "GEN-4":
        return False
    fields = sent.fields
    return bool(tolerated(contract, sent.operation, fields, answer.errno, answer.records))


def wrongly_refused(sent: SentRequest, errno: int) -> Breach | None:
    """The sentence that a refusal breaks by its errno: without content there is nothing else to
    look at, so that it can only be a missing parameter."""
    id, keys = _REQUIRED.get(sent.operation, ("", ()))
    if keys != ("content",) or not sent.by_account or sent.body is None:
        return None
    if "content" in sent.body or errno in _OTHER_GROUNDS:
        return None
    return id, f"{sent.operation} without content: errno {errno}", "errno 301"


def _login(accounts: Mapping[str, Credentials], mark: str, sent: SentRequest) -> Breach | None:
    missing = _missing(sent)
    if missing is not None:
        return missing
    name, password = sent.fields.get("username"), sent.fields.get("password")
    if not (isinstance(name, str) and isinstance(password, str)):
        return None
    known = [(one.username, one.password) for one in accounts.values()]
    ours = mark in name or name in {username for username, _ in known}
    if (name, password) in known or not ours:
        return None
    return "LOGIN-4", "a login with wrong credentials is accepted", "another errno than 0"


def _missing(sent: SentRequest) -> Breach | None:
    id, keys = _REQUIRED.get(sent.operation, ("", ()))
    if sent.body is None:
        # Not a JSON object. Something may be read in it only if a key is named.
        lacking = [] if any(key.encode() in sent.content for key in keys) else [*keys]
    else:
        lacking = [key for key in keys if sent.body.get(key) is None]
        if _OTHER_PARENT.get(sent.operation) in sent.body:
            lacking = [key for key in lacking if key == "grid_num"]
    if not lacking:
        return None
    if lacking == ["grid_num"] and "grid_num" in sent.fields:
        id = "GRID-2"
    return id, f"{sent.operation} without {' and '.join(lacking)} is accepted", "errno 301"


def _value(mark: str, sent: SentRequest) -> Breach | None:
    """Values that the page rules out: cells, parents and numbers of links."""
    if sent.operation in ("varyJob", "upscaleJob"):
        return _child(mark, sent)
    content = sent.fields.get("content")
    if not isinstance(content, str):
        return None
    words = content.split()
    links = [word for word in words if _LINK.match(word)]
    count = len(links)
    if sent.operation == "blendImages" and count == len(words) and count and not 2 <= count <= 5:
        what = f"a blend of {count} link{'s' if count > 1 else ''} is accepted"
        return "BLEND-2", what, "errno 301"
    # A word may be found to be no link later, when its job fails (DESC-2 waits for its end).
    linkless = not content.strip() or (count == len(words) and count > 1)
    if sent.operation == "describeImage" and linkless:
        what = f"a describe of {f'{count} links' if count else 'no link'} is accepted"
        return "DESC-2", what, "errno 301"
    return None


def _child(mark: str, sent: SentRequest) -> Breach | None:
    cell = sent.fields.get("grid_num")
    if _no_cell(cell):
        return "GRID-2", f"{sent.operation} of cell {brief(cell)} is accepted", "errno 301"
    parents = {str(sent.fields.get(key)) for key in ("parent_hash", "parent_id")}
    if parents & {unknown_parent(mark), PATTERN}:
        id = "UP-3" if sent.operation == "upscaleJob" else "VAR-3"
        return id, f"{sent.operation} of a nonexistent job is accepted", "errno 410 or 420"
    return None


def _no_cell(cell: object) -> bool:
    """Whether it names none, even where digits in a string do (question grid-num-string)."""
    if isinstance(cell, str):
        return re.fullmatch(r"\s*\d+(\.0*)?\s*", cell) is None
    return isinstance(cell, int | float) and not isinstance(cell, bool) and cell not in (1, 2, 3, 4)


def same_upscale(one: SentRequest, other: SentRequest) -> bool:
    """Whether both ask for the same cell of the same parent (question repeat-upscale)."""
    if not one.operation == other.operation == "upscaleJob":
        return False
    return _cell(one) == _cell(other) and one.fields.get("parent_hash") == other.fields.get(
        "parent_hash"
    )


def _cell(sent: SentRequest) -> object:
    """As a server may read it: 4.0 as 4, and a numeric string too (question grid-num-string)."""
    cell = sent.fields.get("grid_num")
    try:
        return float(cell) if isinstance(cell, str | int | float) else cell
    except (ValueError, OverflowError):
        return cell


def _wrong_type(contract: Contract, sent: SentRequest) -> Breach | None:
    wrong = wrong_parameter(contract, sent.operation, sent.fields)
    # What is missing has been judged, or is left open.
    if not wrong or wrong.startswith("no "):
        return None
    return "GEN-4", f"{sent.operation} is accepted although {wrong}", "errno 301"


#: The requirement that an accepted submission without a hash breaks.
_HASH = {
    "createJob": "CREATE-1",
    "varyJob": "VAR-1",
    "upscaleJob": "UP-1",
    "blendImages": "BLEND-1",
    "describeImage": "DESC-1",
}


def without_hash(sent: SentRequest, answer: Answer) -> Breach | None:
    """An accepted submission returns a hash, a text that is not empty (page, Job Create)."""
    if sent.operation not in _HASH or answer.hash is not None:
        return None
    id = _HASH[sent.operation]
    return id, f"{sent.operation}: errno 0 without a hash", "data: a string that is not empty"
