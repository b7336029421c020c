"""The journal: read, counted, waited for, emptied, and read for bad habits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ..clock.spans import to_ms
from ..http.exchange import Exchange, unless_left
from ..http.header_matching import HeaderMatch
from ..http.matching import BodyMatch, MatchError
from ..journal import client_lint as lint
from ..journal import verification
from ..journal.journal import RequestMatch
from ..journal.verification import Nearest, Times
from .call import ControlCall, ControlError

_PATIENCE_MS = 5_000
_MAX_PATIENCE_MS = 600_000
#: How many clients may wait at once: each request is compared with what every one waits for.
MAX_WAITING = 100
#: How long (s) requests are rendered before others have a turn.
_TURN = 0.005
#: Requests that a verification names.
_MAX_LISTED = 100
_CONDITIONS = ("operation", "status", "errno", "since", "unmatched", "path")
#: Parameters of a query that are conditions on the body.
_OF_BODY = {"body_contains": "contains", "body_matches": "matches"}


def _match(call: ControlCall, given: Mapping[str, Any]) -> RequestMatch:
    """What is asked for. Raises :class:`ControlError` on what can't be."""
    username = given.get("account")
    account = None if username is None else call.named(username).id
    terms = given.get("body") or {
        term: given[name] for name, term in _OF_BODY.items() if name in given
    }
    try:
        body = BodyMatch(terms) if terms else None
        headers = HeaderMatch(given["headers"]) if given.get("headers") else None
    except MatchError as problem:
        raise ControlError("bad-request", str(problem)) from problem
    plain = {key: given[key] for key in _CONDITIONS if key in given}
    return RequestMatch(account, **plain, headers=headers, body=body)


async def _shown(call: ControlCall, found: Sequence[Exchange]) -> list[orjson.Fragment]:
    """Exchanges as ``Request``; others are served meanwhile: a full journal may take a second."""
    shown: list[orjson.Fragment] = []
    end = time.perf_counter() + _TURN
    for fragment in call.service.journal.show(found, call.username):
        shown.append(fragment)
        if time.perf_counter() > end:
            await asyncio.sleep(0)
            end = time.perf_counter() + _TURN
    return shown


async def list_requests(call: ControlCall) -> Any:
    journal = call.service.journal
    found = journal.find(_match(call, call.query))
    if "before" in call.query:
        found = [each for each in found if each.number < call.query["before"]]
    if "job" in call.query:
        found = _about(call, found)
    if call.query["order"] == "newest-first":
        found.reverse()
    shown = await _shown(call, found[: call.query["limit"]])
    return {"requests": shown, "total": len(found), "lost": journal.lost}


async def find_requests(call: ControlCall) -> Any:
    journal = call.service.journal
    found = journal.find(_match(call, call.body.get("match", {})))
    shown = await _shown(call, found[: call.body.get("limit", 100)])
    return {"requests": shown, "total": len(found), "lost": journal.lost}


async def verify_requests(call: ControlCall) -> Any:
    journal = call.service.journal
    match = _match(call, call.body.get("match", {}))
    times = _times(call.body.get("times", {"at_least": 1}))
    found = journal.find(match)
    verified = times.admits(len(found))
    near = None
    if not verified and len(found) < times.least:
        numbers = {each.number for each in found}
        others = journal.find(RequestMatch(match.account, since=match.since))
        others = [each for each in others if each.number not in numbers]
        near = verification.nearest(match, others)
    text = verification.message(match, times, found, near)
    return {
        "verified": verified,
        "count": len(found),
        "message": None if verified else journal.redact(text),
        "requests": [each.number for each in found[:_MAX_LISTED]],
        "nearest": None if near is None else _nearest(call, near),
    }


def _times(given: int | Mapping[str, int]) -> Times:
    """How many are expected. Raises :class:`ControlError` on what nothing can meet."""
    if isinstance(given, int):
        return Times(given, given)
    times = Times(given.get("at_least", 0), given.get("at_most"))
    if times.most is not None and times.most < times.least:
        raise ControlError("bad-request", "times: at_least must not be greater than at_most")
    return times


def _nearest(call: ControlCall, near: Nearest) -> dict[str, Any]:
    journal = call.service.journal
    (request,) = journal.show([near.exchange], call.username)
    return {
        "request": request,
        "differences": [
            {
                "where": journal.redact(each.where),
                "expected": journal.redact(each.expected),
                "actual": journal.redact(verification.actual(each)),
            }
            for each in near.differences
        ],
    }


def _about(call: ControlCall, found: list[Exchange]) -> list[Exchange]:
    """Those that name a job, in what was sent or in what came back. Raises :class:`ControlError`.

    A picture's address has the job's id, a submission's answer and a record its hash.
    """
    hash = call.query["job"]
    job = call.service.store.by_hash(hash)
    if job is None:
        raise ControlError("not-found", f"job {hash!r} does not exist")
    names = (job.hash.encode(), job.job_id.encode())

    def about(exchange: Exchange) -> bool:
        answer = b"" if exchange.answer is None else exchange.answer.body
        texts = (exchange.path.encode("utf-8", "replace"), exchange.body, answer)
        return any(name in text for name in names for text in texts)

    return [exchange for exchange in found if about(exchange)]


async def count_requests(call: ControlCall) -> Any:
    return {"count": len(call.service.journal.find(_match(call, call.query)))}


async def wait_for_requests(call: ControlCall) -> Any:
    journal = call.service.journal
    match = _match(call, call.body.get("match", {}))
    patience = to_ms(call.body.get("timeout", _PATIENCE_MS))
    if patience > _MAX_PATIENCE_MS:
        raise ControlError("bad-request", "timeout: must be at most 10m")
    wanted = int(call.body.get("count", 1))
    if journal.waiting >= MAX_WAITING:
        raise ControlError("too-many", f"{MAX_WAITING} clients wait for requests; end one")
    journal.waiting += 1
    try:
        found = await unless_left(journal.wait(match, wanted, patience / 1000), call.receive)
    finally:
        journal.waiting -= 1
    return {
        "reached": len(found) >= wanted,
        "count": len(found),
        "requests": await _shown(call, found),
    }


async def clear_requests(call: ControlCall) -> Any:
    return {"deleted": call.service.journal.clear(call.account_id)}


async def lint_client(call: ControlCall) -> Any:
    service = call.service
    try:
        ignored = lint.named(call.query.get("ignore", ""))
    except ValueError as problem:
        raise ControlError("bad-request", f"ignore: {problem}") from problem
    found = service.journal.find(_match(call, call.query))
    statuses = {
        account.id: service.rules_for(account.id).profile.statuses
        for account in service.store.accounts()
    }
    findings = lint.findings(found, statuses, ignored)
    return {
        "findings": [
            {
                "rule": finding.rule,
                "account": None if finding.account is None else call.username(finding.account),
                "message": service.journal.redact(finding.message),
                "requests": list(finding.requests[: call.query["evidence"]]),
                "count": len(finding.requests),
            }
            for finding in findings
        ]
    }
