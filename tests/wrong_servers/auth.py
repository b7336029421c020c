"""Wrong treatment of tokens: AUTH-1 to AUTH-5 (page, Login and Job Create)."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from functools import partial

from tests.support.tampering.exchange import (
    JOB_OPERATIONS,
    SUBMISSIONS,
    Go,
    Reply,
    Request,
    Tampering,
    claims,
    refusal,
)
from tests.support.tampering.making import Logins, asking, chain, failing
from tests.wrong_servers.wrong_server import add, wrong_server

_INVALID = refusal(430, "invalid login")


def _acting(choose: Callable[[Request, Logins], str | None], *operations: str) -> Tampering:
    """Requests of these operations bear the token chosen; ``None`` leaves them as they are."""
    logins = Logins()

    def change(request: Request) -> Request:
        token = choose(request, logins)
        return request if token is None else request.with_token(token)

    return chain(asking(change, *operations), logins)


# AUTH-1: Bearer with the token is accepted on every job operation.


def _refuse_tokens(operation: str) -> Tampering:
    return asking(lambda request: _INVALID, operation)


# AUTH-2: no token, 430.


def _ask_for_no_token(operation: str) -> Tampering:
    return _acting(
        lambda request, logins: logins.first if request.header("authorization") is None else None,
        operation,
    )


# AUTH-3: a token that is not good, 430.


def _ask_for_no_good_token(operation: str) -> Tampering:
    return _acting(_whatever_it_is, operation)


def _whatever_it_is(request: Request, logins: Logins) -> str | None:
    return logins.first if request.token and request.token not in logins.issued else None


#: What else can't be had where an operation refuses tokens.
_LOST = {
    "findJobs": "GEN-4 LOGIN-6 FIND-1",
    "createJob": "GEN-4 CREATE-1 CREATE-3 PLAN-1",
    "varyJob": "GEN-4 VAR-2 VAR-3 VAR-5 GRID-2 PAR-1",
    "upscaleJob": "GEN-4 GRID-2 UP-2 UP-3 UP-5",
    "blendImages": "GEN-4 BLEND-2 BLEND-3",
    "describeImage": "GEN-4 DESC-2",
}

for _operation in JOB_OPERATIONS:
    for _requirement, _id, _says, _make in (
        ("AUTH-1", "refuses-tokens", "does not take the token", _refuse_tokens),
        ("AUTH-2", "asks-for-no-token", "asks for no token", _ask_for_no_token),
        ("AUTH-3", "asks-for-no-good-token", "takes any token", _ask_for_no_good_token),
    ):
        add(
            f"{_operation}-{_id}",
            _requirement,
            f"{_operation} {_says}",
            partial(_make, _operation),
            touches=_LOST[_operation] if _requirement == "AUTH-1" else "",
        )


@wrong_server("AUTH-1", "a token is good for ten requests", touches="GEN-5")
def token_is_good_for_ten_requests() -> Tampering:
    used: dict[str, int] = {}

    def change(request: Request) -> Request | Reply:
        token = request.token or ""
        used[token] = used.get(token, 0) + 1
        return request if used[token] <= 10 else _INVALID

    return asking(change, *JOB_OPERATIONS)


@wrong_server("AUTH-2", "a request without a token lacks a parameter: 301")
def missing_token_is_301() -> Tampering:
    return _without_token(refusal(301, "MISSING PARAMETER"))


@wrong_server("AUTH-2", "a request without a token finds nothing: 410")
def missing_token_is_410() -> Tampering:
    return _without_token(refusal(410, "NOT FOUND"))


@wrong_server("AUTH-2", "a find without a token is a success that found nothing")
def missing_token_finds_nothing() -> Tampering:
    nothing = Reply().with_body({"errno": 0, "errmsg": "SUCCESS", "data": {"res": [], "total": 0}})
    return _without_token(nothing, "findJobs")


def _without_token(answer: Reply, *operations: str) -> Tampering:
    return asking(
        lambda request: answer if request.header("authorization") is None else request,
        *(operations or JOB_OPERATIONS),
    )


@wrong_server("AUTH-3", "the signature of a token is not looked at")
def signature_is_not_looked_at() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        return logins.subjects.get(_subject(request.token))

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "a token that says alg none needs no signature")
def unsigned_token_is_taken() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        token = request.token or ""
        unsigned = token.count(".") == 2 and token.endswith(".")
        return logins.subjects.get(_subject(token)) if unsigned else None

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "only the signature of a token is looked at, not what was signed")
def claims_are_not_signed() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        signature = (request.token or "").rpartition(".")[2]
        return next((one for one in logins.issued if one.endswith(f".{signature}")), None)

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "a token that is no JWT breaks the server: 501")
def garbled_token_is_501() -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        garbled = request.token is not None and not claims(request.token)
        return refusal(501, "GENERAL_ERROR") if garbled else reply

    return failing(change, *JOB_OPERATIONS, errno=430)


@wrong_server("AUTH-3", "the beginning of a token is enough")
def beginning_of_a_token_is_enough() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        token = request.token or ""
        issued = [one for one in logins.issued if len(token) > 20 and one.startswith(token)]
        return issued[0] if issued else None

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "what follows a token is not looked at")
def end_of_a_token_is_not_looked_at() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        token = request.token or ""
        return next((one for one in logins.issued if token != one and token.startswith(one)), None)

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "an algorithm of a token that reads none in capitals needs no signature")
def none_in_capitals_is_taken() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        header = request.token or ""
        named = any(header.startswith(_unpadded_header(one)) for one in ("None", "NONE"))
        return logins.subjects.get(_subject(request.token)) if named else None

    return _acting(choose, *JOB_OPERATIONS)


def _unpadded_header(algorithm: str) -> str:
    header = json.dumps({"alg": algorithm, "typ": "JWT"}, separators=(",", ":"))
    return base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")


@wrong_server("AUTH-3", "tokens are signed with an empty key too: it is not configured")
def empty_key_is_taken() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        signed, _, signature = (request.token or "").rpartition(".")
        right = hmac.new(b"", signed.encode(), "sha256").digest()
        mine = signature == base64.urlsafe_b64encode(right).decode().rstrip("=")
        return logins.subjects.get(_subject(request.token)) if mine else None

    return _acting(choose, *JOB_OPERATIONS)


@wrong_server("AUTH-3", "the word null for a token is a guest's, as a script sends it")
def null_is_a_guest() -> Tampering:
    return _acting(
        lambda request, logins: logins.first if request.token in ("null", "undefined") else None,
        *JOB_OPERATIONS,
    )


@wrong_server("AUTH-3", "only credentials that begin with Bearer are looked at")
def other_schemes_are_not_looked_at() -> Tampering:
    def choose(request: Request, logins: Logins) -> str | None:
        header = request.header("authorization") or "Bearer"
        return None if header.startswith("Bearer") or "." in header else logins.first

    return _acting(choose, *JOB_OPERATIONS)


# AUTH-4: the shape of the answer to a request without a token.


@wrong_server("GEN-3", "who sends no token gets data that could be a result")
def answer_without_a_token_has_data() -> Tampering:
    return _unauthenticated(lambda reply: reply.with_fields(data={"res": [], "total": 0}))


@wrong_server("AUTH-4", "who sends no token is asked in other words")
def answer_without_a_token_in_other_words() -> Tampering:
    return _unauthenticated(lambda reply: reply.with_fields(error="please log in first"))


@wrong_server("AUTH-4", "the answer without a token has no text", touches="GEN-3")
def answer_without_a_token_has_no_text() -> Tampering:
    return _unauthenticated(lambda reply: reply.without("error"))


@wrong_server("AUTH-4", "the answer of describe without a token is of another shape")
def answer_of_describe_without_a_token() -> Tampering:
    return _unauthenticated(
        lambda reply: reply.with_fields(error="no auth", code="E430"), "describeImage"
    )


def _unauthenticated(change: Callable[[Reply], Reply], *operations: str) -> Tampering:
    return failing(
        lambda request, reply: change(reply) if request.token is None else reply,
        *(operations or JOB_OPERATIONS),
        errno=430,
    )


# AUTH-5: a call acts for the account whose token it bears.


def _for_another(another: Callable[[Logins], str | None], *operations: str) -> Tampering:
    """Act for another account; only where the token is a good one."""

    def choose(request: Request, logins: Logins) -> str | None:
        return another(logins) if request.token in logins.issued else None

    return _acting(choose, *operations)


@wrong_server("AUTH-5", "find acts for whoever logged in last", touches="CREATE-2")
def find_acts_for_the_last_login() -> Tampering:
    return _for_another(lambda logins: logins.last, "findJobs")


@wrong_server("AUTH-5", "every call acts for whoever logged in last", touches="CREATE-2 PLAN-1")
def all_act_for_the_last_login() -> Tampering:
    return _for_another(lambda logins: logins.last, *JOB_OPERATIONS)


@wrong_server("AUTH-5", "find acts for whoever logged in first", touches="CREATE-2")
def find_acts_for_the_first_login() -> Tampering:
    return _for_another(lambda logins: logins.first, "findJobs")


@wrong_server("AUTH-5", "submissions act for whoever logged in last", touches="CREATE-2 PLAN-1")
def submissions_act_for_the_last_login() -> Tampering:
    return _for_another(lambda logins: logins.last, *SUBMISSIONS)


@wrong_server("AUTH-5", "a login ends the session of every other account", touches="CREATE-2")
def login_ends_other_sessions() -> Tampering:
    last = ""

    async def tampering(request: Request, go: Go) -> Reply:
        nonlocal last
        reply = await go(request)
        if not reply.ok:
            return reply
        if request.operation == "login":
            last = _subject(reply.data["token"])
        elif request.operation in JOB_OPERATIONS and _subject(request.token) != last:
            return _INVALID
        return reply

    return tampering


def _subject(token: str | None) -> str:
    return str(claims(token or "").get("sub"))
