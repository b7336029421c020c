"""What one answer shows by itself: the rules of the kit that need no memory. Pure.

schemathesis repeats a failing request to shrink it, so that the same answer to the same request
has to be judged the same each time, whatever was seen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..contract import Contract
from ..http.exchange import Answer
from ..json_access import Record, brief, millis, text
from ..pictures.picture import LINKS
from ..rules.answer_schemas import AnswerSchemas
from ..rules.envelopes import ENVELOPE_RULES, elsewhere
from ..rules.find_rules import CURSOR, NOTHING
from ..rules.job_model import Job, course
from ..rules.misbehaviour import misbehaviour
from ..rules.parameters import sensible, tolerated, wrong_parameter
from ..rules.refusals import (
    Breach,
    SentRequest,
    excused,
    without_hash,
    wrongly_accepted,
    wrongly_refused,
)
from ..rules.successes import find_faults, login_faults
from ..settings import ROLES, Credentials
from ..target import is_web
from .telling_cases import Telling

_Accounts = Mapping[str, Credentials]
#: A plan may end at any time, and may be looked at first (question check-order).
_NO_PLAN = 411


def faults(
    contract: Contract,
    schemas: AnswerSchemas,
    accounts: _Accounts,
    mark: str,
    sent: SentRequest,
    answer: Answer,
    telling: Telling | None,
) -> Iterator[Breach]:
    """Each breach that ``answer`` shows. ``sent.body`` is ``None`` for a malformed request;
    ``telling``: the example that it is, if it is one of ours."""
    if answer.failure is not None or elsewhere(answer):
        return
    if sent.body is not None:
        for id, rule in ENVELOPE_RULES.items():
            if complaint := rule(answer):
                yield id, complaint[0], complaint[1]
    elif fault := misbehaviour(answer):
        yield "GEN-5", fault, "a 4xx or an envelope"
    if answer.errno is not None and (sent.body is not None or answer.ok):
        # How a body that is no object is refused is left open (question malformed-json).
        yield from schemas.faults(sent.operation, answer.errno, answer.envelope)
    if telling is not None and answer.errno in telling.wrong:
        yield telling.id, f"{telling.name}: errno {answer.errno}", "another errno"
    if answer.ok:
        yield from _accepted(contract, accounts, mark, sent, answer)
    elif answer.errno is not None:
        yield from _refused(contract, sent, answer.errno)


def _accepted(
    contract: Contract, accounts: _Accounts, mark: str, sent: SentRequest, answer: Answer
) -> Iterator[Breach]:
    breach = wrongly_accepted(contract, accounts, mark, sent)
    if breach is not None and not excused(contract, sent, breach, answer):
        yield breach
    elif sent.operation == "login":
        yield from login_faults(answer)
    elif lacking := without_hash(sent, answer):
        yield lacking
    if sent.operation == "findJobs":
        yield from find_faults(sent.fields, answer)
        for record in answer.records:
            yield from _not_older(sent.fields.get(CURSOR), record)
            yield from course(Job("", sent.sender, ""), record)
            yield from _links(record)


def _not_older(cursor: object, record: Record) -> Iterator[Breach]:
    """FIND-4, in whichever unit the cursor is read (question find-timestamp-unit)."""
    time = millis(record)
    if not isinstance(cursor, int) or isinstance(cursor, bool) or time is None:
        return
    if time >= max(cursor, (cursor + 1) * 1000):
        yield "FIND-4", f"a cursor of {cursor} finds a timestamp of {time}", "smaller ones"


def _links(record: Record) -> Iterator[Breach]:
    for key in LINKS:
        link = text(record, key)
        if link is not None and not is_web(link):
            yield "IMG-1", f"{key} is {brief(link)}", "a link with a host"


def _refused(contract: Contract, sent: SentRequest, errno: int) -> Iterator[Breach]:
    breach = wrongly_refused(sent, errno)
    if breach is not None:
        yield breach
    if sent.body is None or (sent.operation != "login" and sent.sender not in ROLES):
        return
    wrong = wrong_parameter(contract, sent.operation, sent.fields)
    if wrong:
        # A parent that does not exist may be noticed before the rest is looked at.
        allowed = {301, 410, 420} if sent.operation in ("varyJob", "upscaleJob") else {301}
        if contract.operations[sent.operation].submits:
            allowed.add(_NO_PLAN)
        if errno not in allowed and not tolerated(contract, sent.operation, sent.fields, errno):
            yield "GEN-4", f"{wrong}: errno {errno}", "errno 301"
    elif sent.operation == "findJobs" and errno not in NOTHING and sensible(sent.fields):
        yield "FIND-1", f"find by {sorted(sent.fields) or 'nothing'}: errno {errno}", "errno 0"
