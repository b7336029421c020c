"""From a request to its response: token, JSON, schema, handler, envelope.

A plain function of the request and the service: nothing here waits, so the quick path of
``server/fast_protocol.py`` calls it without an ASGI call.
"""

from __future__ import annotations

import logging
import sys
from functools import partial

import orjson

from ..contract.document import Operation
from ..contract.errors import ApiError
from ..http.exchange import Exchange, base
from ..http.responses import JSON, TEXT, Response, text_header
from ..http.types import RequestHeaders
from ..service import FakeService
from ..store.transactions import NotStoredError
from . import auto_advance, check_order, validation
from .authenticate import authenticate
from .call import Call
from .table import OPERATIONS

log = logging.getLogger("sampan")

_INVENTED = (
    *JSON,
    text_header(b"x-fake-invented", "contains a status other than 2000, which is not on the page"),
)


class BreachError(Exception):
    """``--strict``: the response would break the fake's own contract."""


def respond(service: FakeService, exchange: Exchange, headers: RequestHeaders) -> Response:
    """The response of ``exchange.operation``. Never raises."""
    try:
        return operate(service, exchange, headers)
    except ApiError as error:
        return refuse(service, exchange, error)
    except BreachError as breach:
        return report_breach(breach)
    except Exception:
        return report_unforeseen(service, exchange)


def operate(service: FakeService, exchange: Exchange, headers: RequestHeaders) -> Response:
    """The response of a success. Raises ``ApiError`` and, if strict, :class:`BreachError`."""
    operation = exchange.operation
    assert operation is not None
    row = OPERATIONS[operation.id]
    rules, account = service.rules, None
    if operation.secured:
        account, now = authenticate(service, operation, headers, exchange.body)
        exchange.account = account.id
        rules = service.rules_for(account.id)
        if row.polls and service.clocks.state(account.id).auto:
            auto_advance.poll(service, account)
            now = service.clocks.now(account.id)
    else:
        now = service.clocks.now()
    body = validation.parse(operation, exchange.body, rules.profile, headers)
    origin = partial(base, service.settings.external_url, exchange, headers)
    call = Call(operation, body, account, now, rules, origin)
    check_order.check(service, call, row)
    if row.account_key is not None:
        named = service.store.account(body[row.account_key])
        if named is not None:
            exchange.account = named.id
            rules = call.rules = service.rules_for(named.id)
    exchange.now = now
    data = row.handler(service, call)
    text = b'{"errno":0,"errmsg":"%b","data":%b}' % (_message(call), data)
    if service.settings.strict:
        _check(service, operation, text)
    status = int(rules.profile.of_operation("success-http-status", operation.id))
    return Response(status, text, _INVENTED if call.invented else JSON)


def _message(call: Call) -> bytes:
    """The page shows OK for submissions, SUCCESS for login and find."""
    if call.operation.submits and call.answer("submission-message") == "ok":
        return b"OK"
    return b"SUCCESS"


def refuse(service: FakeService, exchange: Exchange, error: ApiError) -> Response:
    """The envelope of an error, as the account's profile has it."""
    operation = None if exchange.operation is None else exchange.operation.id
    envelope = service.rules_for(exchange.account).envelopes.of(error, operation)
    if exchange.operation is not None and service.settings.strict:
        try:
            _check(service, exchange.operation, envelope.body)
        except BreachError as breach:
            return report_breach(breach)
    reason = error.reason
    if exchange.operation is not None and exchange.query:
        reason += "; the query is not read: the API takes its parameters in the JSON body"
    headers = (*JSON, text_header(b"x-fake-reason", reason))
    if error.closes:
        headers += ((b"connection", b"close"),)
    return Response(envelope.status, envelope.body, headers)


def report_breach(breach: BreachError) -> Response:
    """``--strict``: no envelope, and HTTP 500."""
    log.error("%s", breach)
    return Response(500, f"sampan --strict: {breach}\n".encode(), TEXT)


def report_unforeseen(service: FakeService, exchange: Exchange) -> Response:
    """Errno 501 for the exception being handled; the log gets its trace.

    A data file that can't be written is not the fake's fault: a line says so.
    """
    problem = sys.exc_info()[1]
    if isinstance(problem, NotStoredError):
        reason = str(problem)
        service.troubles.tell(f"{exchange.method} {exchange.path}", reason)
    else:
        reason = "internal error of the fake; see its log"
        log.exception("%s %s", exchange.method, exchange.path)
    operation = exchange.operation
    submission = operation is not None and operation.submits
    name = service.rules.envelopes.service_error(submission=submission)
    return refuse(service, exchange, ApiError(name, reason))


def _check(service: FakeService, operation: Operation, text: bytes) -> None:
    for error in service.spec.response_validator(operation).iter_errors(orjson.loads(text)):
        where = "/".join(str(step) for step in error.instance_path)
        raise BreachError(f"{operation.id} breaks the contract at {where or '/'}: {error.message}")
