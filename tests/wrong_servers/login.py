"""Wrong logins: LOGIN-1 to LOGIN-8 (page, Login)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import asking, failing, succeeding, without
from tests.support.tampering.server import ACCOUNTS
from tests.wrong_servers.wrong_server import wrong_server

_PASSWORDS = {account.username: account.password for account in ACCOUNTS.values()}


def _data(**keys: object) -> Tampering:
    """Give the ``data`` of every login these values."""
    return succeeding(lambda _, reply: reply.with_fields(data={**reply.data, **keys}), "login")


def _logging_in(request: Request) -> Request:
    """The same request with the right password."""
    name = request.fields["username"]
    return request.with_fields(password=_PASSWORDS.get(name, "") if isinstance(name, str) else "")


# LOGIN-1: a username and its password give errno 0 and a token.


@wrong_server(
    "LOGIN-1", "a second login of an account that is logged in is refused", touches="LOGIN-7"
)
def second_login_is_refused() -> Tampering:
    seen: set[str] = set()

    def change(_: Request, reply: Reply) -> Reply:
        name = reply.data["username"]
        if name in seen:
            return refusal(501, "GENERAL_ERROR")
        seen.add(name)
        return reply

    return succeeding(change, "login")


@wrong_server("LOGIN-1", "the token is null", touches="LOGIN-2 LOGIN-6")
def token_is_null() -> Tampering:
    return _data(token=None)


@wrong_server("LOGIN-1", "the token is called access_token", touches="LOGIN-2 LOGIN-6")
def token_by_another_name() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        data = without(reply.data, ["token"])
        return reply.with_fields(data={**data, "access_token": reply.data["token"]})

    return succeeding(change, "login")


# LOGIN-2: the twelve keys with their types, and the username sent.


@wrong_server("LOGIN-2", "keys that are null are left out")
def nulls_of_the_account_are_left_out() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(
            data={key: one for key, one in reply.data.items() if one is not None}
        )

    return succeeding(change, "login")


@wrong_server("LOGIN-2", "there is no account_status")
def account_status_is_missing() -> Tampering:
    return succeeding(
        lambda _, reply: reply.with_fields(data=without(reply.data, ["account_status"])), "login"
    )


@wrong_server("LOGIN-2", "the id is a number", touches="LOGIN-5 LOGIN-7")
def account_id_is_a_number() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(
            data={**reply.data, "id": int(reply.data["id"].replace("-", ""), 16)}
        )

    return succeeding(change, "login")


@wrong_server("LOGIN-2", "account_type is a number")
def account_type_is_a_number() -> Tampering:
    return _data(account_type=1)


@wrong_server("LOGIN-2", "the username comes back in capitals")
def username_in_capitals() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(data={**reply.data, "username": reply.data["username"].upper()})

    return succeeding(change, "login")


@wrong_server("LOGIN-2", "the email stands for the username")
def email_for_the_username() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(data={**reply.data, "username": reply.data["email"]})

    return succeeding(change, "login")


@wrong_server(
    "LOGIN-2", "the account stands under user, beside the token", touches="LOGIN-5 LOGIN-7"
)
def account_under_user() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        user = without(reply.data, ["token"])
        return reply.with_fields(data={"token": reply.data["token"], "user": user})

    return succeeding(change, "login")


# LOGIN-3: without username or password 301, and a text that says what is missing.


@wrong_server("LOGIN-3", "a missing password is a wrong one: 430")
def missing_password_is_430() -> Tampering:
    return failing(
        lambda request, reply: (
            refusal(430, "invalid login")
            if "password" not in request.fields and "username" in request.fields
            else reply
        ),
        "login",
        errno=301,
    )


@wrong_server("LOGIN-3", "a missing username is 501")
def missing_username_is_501() -> Tampering:
    return failing(
        lambda request, reply: (
            refusal(501, "GENERAL_ERROR") if "username" not in request.fields else reply
        ),
        "login",
        errno=301,
    )


@wrong_server("LOGIN-3", "without both it is 420, user not found")
def missing_both_is_420() -> Tampering:
    return failing(
        lambda request, reply: reply if request.fields else refusal(420, "USER NOT FOUND"),
        "login",
        errno=301,
    )


@wrong_server("LOGIN-3", "the text says nothing of what is missing")
def text_does_not_say_missing() -> Tampering:
    return failing(lambda _, reply: reply.with_fields(errmsg="bad request"), "login", errno=301)


@wrong_server("LOGIN-3", "without a password, none is asked for")
def no_password_is_asked_for() -> Tampering:
    return asking(
        lambda request: (
            _logging_in(request)
            if "username" in request.fields and "password" not in request.fields
            else request
        ),
        "login",
    )


# LOGIN-4: wrong credentials never give errno 0.


@wrong_server("LOGIN-4", "any password will do")
def any_password_will_do() -> Tampering:
    return _lenient(lambda sent, right: True)


@wrong_server("LOGIN-4", "only the first eight letters of a password count, as with DES crypt")
def eight_letters_of_a_password_count() -> Tampering:
    return _lenient(lambda sent, right: sent[:8] == right[:8])


@wrong_server("LOGIN-4", "the case of a password does not count")
def case_of_a_password_does_not_count() -> Tampering:
    return _lenient(lambda sent, right: sent.lower() == right.lower())


@wrong_server("LOGIN-4", "a password that ends in the right one will do")
def end_of_a_password_counts() -> Tampering:
    return _lenient(lambda sent, right: sent.endswith(right))


@wrong_server("LOGIN-4", "a username that nobody has is logged in as a guest")
def unknown_users_are_guests() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "login" or reply.envelope.get("errno") != 430:
            return reply
        name = request.fields["username"]
        if name in _PASSWORDS:
            return reply
        guest = await go(_logging_in(request.with_fields(username="second")))
        return guest.with_fields(data={**guest.data, "username": name})

    return tampering


@wrong_server("LOGIN-4", "any account's password will do for any username")
def password_of_another_account_will_do() -> Tampering:
    return _lenient(lambda sent, right: sent in _PASSWORDS.values())


@wrong_server(
    "LOGIN-4", "the database is asked with whatever was sent, operators too", touches="GEN-4"
)
def database_operators_log_in() -> Tampering:
    def change(request: Request) -> Request:
        name, password = request.fields.get("username"), request.fields.get("password")
        if isinstance(name, dict) and isinstance(password, str):
            found = next((one for one, right in _PASSWORDS.items() if right == password), None)
            return request.with_fields(username=found) if found else request
        asked = isinstance(password, dict) and isinstance(name, str)
        return _logging_in(request) if asked else request

    return asking(change, "login")


@wrong_server("LOGIN-4", "true is equal to every password", touches="GEN-4")
def true_is_equal_to_every_password() -> Tampering:
    return asking(
        lambda one: _logging_in(one) if one.fields.get("password") is True else one, "login"
    )


@wrong_server("LOGIN-4", "of a password in an array the first is taken", touches="GEN-4")
def password_in_an_array_is_right() -> Tampering:
    def change(request: Request) -> Request:
        given = request.fields.get("password")
        listed = isinstance(given, list) and given
        return request.with_fields(password=given[0]) if listed else request

    return asking(change, "login")


@wrong_server(
    "LOGIN-4", "the check is left out where the password is null or empty", touches="LOGIN-3 GEN-4"
)
def no_password_is_checked() -> Tampering:
    def change(request: Request) -> Request:
        empty = request.fields.get("password", "given") in (None, "")
        return _logging_in(request) if empty else request

    return asking(change, "login")


@wrong_server("LOGIN-4", "wrong credentials give errno 0 and data null")
def wrong_password_is_a_success() -> Tampering:
    return failing(
        lambda _, reply: reply.without("error").with_fields(errno=0, errmsg="SUCCESS", data=None),
        "login",
        errno=430,
    )


def _lenient(fits: Callable[[str, str], bool]) -> Tampering:
    """Log in with a wrong password that fits the right one."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        sent, name = request.fields.get("password"), request.fields.get("username")
        if request.operation != "login" or reply.ok or not isinstance(name, str):
            return reply
        right = _PASSWORDS.get(name)
        if right is None or not isinstance(sent, str) or not fits(sent, right):
            return reply
        return await go(_logging_in(request))

    return tampering


# LOGIN-5, LOGIN-7, LOGIN-8: ids and tokens are each account's own; LOGIN-6: the token works.


@wrong_server("LOGIN-5", "every account has the id of its tenant")
def one_id_for_all() -> Tampering:
    return _data(id="64179e-af357c-18960-4c08b2c9-19e4c58e")


@wrong_server(
    "LOGIN-6",
    "the token is cut to what a column of 100 letters takes",
    touches=(
        "GEN-4 AUTH-1 CREATE-1 CREATE-3 FIND-1 VAR-2 VAR-3 UP-2 UP-3 BLEND-2 BLEND-3 DESC-2 PLAN-1"
    ),
)
def token_is_cut() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(data={**reply.data, "token": reply.data["token"][:100]})

    return succeeding(change, "login")


@wrong_server(
    "LOGIN-6", "of all the tokens of an account only the first is valid", touches="AUTH-1"
)
def only_the_first_token_is_valid() -> Tampering:
    firsts: dict[str, str] = {}
    void: set[str] = set()

    async def tampering(request: Request, go: Go) -> Reply:
        if request.token in void:
            return refusal(430, "invalid login")
        reply = await go(request)
        if request.operation == "login" and reply.ok:
            token = reply.data["token"]
            if firsts.setdefault(reply.data["username"], token) != token:
                void.add(token)
        return reply

    return tampering


@wrong_server("LOGIN-7", "the id is that of the session: another one at every login")
def id_of_the_session() -> Tampering:
    numbers = itertools.count(1)

    def change(_: Request, reply: Reply) -> Reply:
        return reply.with_fields(data={**reply.data, "id": f"session-{next(numbers)}"})

    return succeeding(change, "login")


@wrong_server("LOGIN-8", "all accounts of a plan share one token", touches="AUTH-5")
def one_token_for_all() -> Tampering:
    shared: dict[str, str] = {}

    def change(_: Request, reply: Reply) -> Reply:
        data: JSON = reply.data
        token = shared.setdefault(data["account_status"], data["token"])
        return reply.with_fields(data={**data, "token": token})

    return succeeding(change, "login")
