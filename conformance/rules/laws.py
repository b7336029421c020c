"""What an answer to a generated request may be, beyond what holds for every answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..contract import Contract
from ..http.exchange import Answer
from ..json_access import text, whole
from ..settings import Credentials
from .find_rules import NOTHING
from .misbehaviour import misbehaviour
from .parameters import sensible
from .refusals import NOBODY, Breach, SentRequest, excused, wrongly_accepted

_CHILDREN = ("varyJob", "upscaleJob")
_CELLS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Laws:
    """``mark``: the word of the run that is in every made-up name."""

    contract: Contract
    accounts: Mapping[str, Credentials]
    mark: str

    def forbidden(self, sent: SentRequest) -> Breach | None:
        """The sentence that an acceptance would break; ``None`` if it may be accepted."""
        return wrongly_accepted(self.contract, self.accounts, self.mark, sent)

    def breaches(
        self, sent: SentRequest, answer: Answer, *, own_parent: bool = False, busy: bool = False
    ) -> Iterator[Breach]:
        """``own_parent``: the parent is a finished grid of the account. ``busy``: jobs are running,
        so that a server may refuse another one (question concurrency-limit)."""
        ruled = self.forbidden(sent)
        if sent.body is None or (answer.errno is None and not ruled):
            if complaint := misbehaviour(answer):
                yield "GEN-5", f"{sent.operation}: {complaint}", "a 4xx or an envelope"
        elif ruled is not None and excused(self.contract, sent, ruled, answer):
            return
        elif ruled is not None:
            yield from self._refused(sent, answer, ruled, own_parent, busy)
        elif sent.operation == "findJobs" and sensible(sent.fields):
            if answer.ok or answer.errno in NOTHING:
                return  # there may be no record
            shown = ", ".join(sorted(sent.fields)) or "nothing"
            yield "FIND-1", f"find by {shown}: {answer.summary()}", "errno 0"

    def _refused(
        self, sent: SentRequest, answer: Answer, ruled: Breach, own_parent: bool, busy: bool
    ) -> Iterator[Breach]:
        id, what, expected = ruled
        allowed = {int(errno) for errno in re.findall(r"\b[1-9]\d\d\b", expected)}
        if 301 in allowed and sent.operation in _CHILDREN and not own_parent:
            # A parent that does not exist may be noticed before the rest is looked at.
            allowed |= {*NOTHING}
        if id in ("UP-3", "VAR-3") and whole(sent.fields.get("grid_num")) not in _CELLS:
            allowed.add(301)
        if busy and allowed:
            allowed.add(501)
        if id == "PLAN-1" and sent.operation != "createJob":
            return  # links and parents that do not exist may be noticed before the plan
        if answer.errno == 430 and sent.operation != "login" and 430 not in allowed:
            yield "AUTH-1", f"{sent.operation} does not take the token", "any errno but 430"
        elif (answer.ok or allowed) and answer.errno not in allowed:
            fault = what.removesuffix(" is accepted").replace(" is accepted although", ":")
            yield id, f"{fault}: {answer.summary()}", expected
        elif sent.sender == NOBODY and not _asks_to_log_in(answer):
            yield "AUTH-4", f"{sent.operation}: {answer.summary()}", "invalid login"


def _asks_to_log_in(answer: Answer) -> bool:
    said = [text(answer.envelope, key) or "" for key in ("error", "errmsg")]
    return any(one.casefold().replace("_", " ") == "invalid login" for one in said)
