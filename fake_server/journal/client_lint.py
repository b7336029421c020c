"""What a client does that the fake forgives and the real service may not.

Everything is read off the journal, and nothing else is asked. A finding is for a person: it says
what was done and what would be right, and it is meant to be no false alarm, so single slips that
an honest client makes too are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from ..http.exchange import Exchange
from ..jobs.lifecycle import State
from .render import errno

#: A poll sooner than this after the same poll is too fast, in ms. A job takes about a minute.
_POLL_MS = 1000
_PICTURE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\w*\.(?:png|webp)$")
_JWT = re.compile(rb"(?<![\w-])eyJ[\w-]{4,2000}+\.eyJ[\w-]{4,2000}+\.[\w-]{4}")

Statuses = Mapping[State, int | None]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One habit of one account (an id; ``None``: of nobody's), and the requests that show it."""

    rule: str
    account: int | None
    message: str
    requests: tuple[int, ...]


class Seen:
    """An exchange as the rules look at it."""

    def __init__(self, exchange: Exchange) -> None:
        self.raw = exchange
        self.number = exchange.number
        self.operation = None if exchange.operation is None else exchange.operation.id
        self.submits = exchange.operation is not None and exchange.operation.submits

    @cached_property
    def body(self) -> Any:
        """The request's JSON; ``None`` if it is none."""
        return _parsed(self.raw.body)

    @cached_property
    def data(self) -> Any:
        """The ``data`` of a success; ``None`` without one."""
        answer = self.raw.answer
        if answer is None or self.raw.lost or errno(self.raw) != 0:
            return None
        document = _parsed(answer.body)
        return document.get("data") if isinstance(document, dict) else None

    @property
    def records(self) -> list[dict[str, Any]]:
        """What a find answered."""
        if self.operation != "findJobs" or not isinstance(self.data, dict):
            return []
        records: list[dict[str, Any]] = self.data["res"]
        return records

    def until(self, other: Seen) -> int:
        """How long before ``other`` it was asked, by whichever clock went farther (ms)."""
        spans = [other.raw.at - self.raw.at]
        if self.raw.now is not None and other.raw.now is not None:
            spans.append(other.raw.now - self.raw.now)
        return max(spans)


def findings(exchanges: Iterable[Exchange], statuses: Mapping[int, Statuses]) -> list[LintFinding]:
    """What is found in exchanges, oldest first. ``statuses``: what an account's records show."""
    by_account: dict[int | None, list[Seen]] = {}
    for exchange in exchanges:
        by_account.setdefault(exchange.account, []).append(Seen(exchange))
    found = []
    for account, seen in by_account.items():
        ended = _ended(statuses.get(account, {}) if account is not None else {})
        for rule, check in _RULES.items():
            for message, numbers in check(seen, ended):
                found.append(LintFinding(rule, account, message, tuple(numbers)))
    return found


Found = Iterator[tuple[str, Sequence[int]]]
Check = Callable[[Sequence[Seen], frozenset[int]], Found]


def _polls_too_fast(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    quick: list[int] = []
    last: dict[bytes, Seen] = {}
    for each in seen:
        if each.operation == "findJobs":
            before = last.get(each.raw.body)
            if before is not None and before.until(each) < _POLL_MS:
                quick.append(each.number)
            last[each.raw.body] = each
    if len(quick) > 1:
        yield (
            f"findJobs was asked the same {len(quick)} times within a second of the time before;"
            " a job takes about a minute: ask every few seconds",
            quick,
        )


def _polls_after_end(seen: Sequence[Seen], ended: frozenset[int]) -> Found:
    waiting: set[str] = set()
    jobs, last, extra = 0, b"", list[int]()
    for each in seen:
        if each.submits and isinstance(each.data, str):
            waiting.add(each.data)
            jobs, extra = jobs + 1, []
        elif each.operation == "findJobs" and jobs:
            if not waiting and each.raw.body == last:
                extra.append(each.number)
            waiting -= {record["hash"] for record in each.records if record["status"] in ended}
            last = each.raw.body
    # One look too many for each job is what comes of waiting for several in turn.
    if len(extra) > jobs:
        yield (
            f"findJobs was asked {len(extra)} more times after every job had been seen to end;"
            " stop at status 2000, or at a failure",
            extra,
        )


def _resubmits(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    unanswered: dict[tuple[str | None, bytes], Seen] = {}
    for each in seen:
        if each.operation == "findJobs" and each.data is not None:
            unanswered.clear()  # it has looked for the job before it submits again
        if not each.submits:
            continue
        key = (each.operation, each.raw.body)
        before = unanswered.pop(key, None)
        if before is not None and _unknown(before, each):
            yield (
                f"{each.operation} was sent again after its answer had been lost, though the first"
                " job may exist: ask findJobs for it before submitting again",
                (before.number, each.number),
            )
        unanswered[key] = each


def _unknown(before: Seen, after: Seen) -> bool:
    """Whether ``after`` was sent without knowing what had become of ``before``."""
    raw = before.raw
    if raw.lost or raw.answer is None or raw.answer.status >= 500 or errno(raw) == 501:
        return True
    return raw.at + raw.took // 1_000_000 > after.raw.at


def _never_fetches(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    fetched = {
        found[1]
        for each in seen
        if each.raw.method in ("GET", "HEAD") and (found := _PICTURE.search(each.raw.path))
    }
    own = {each.data for each in seen if each.submits and isinstance(each.data, str)}
    left: dict[str, int] = {}
    for each in seen:
        for record in each.records:
            if record["hash"] in own and record["img_buffer"] and record["job_id"] not in fetched:
                left.setdefault(record["hash"], each.number)
    if left:
        yield (
            f"{len(left)} finished job(s) were seen and their pictures never fetched; links may"
            " not last: get img_buffer when status is 2000",
            sorted(set(left.values())),
        )


def _ignores_total(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    own = {each.data for each in seen if each.submits and isinstance(each.data, str)}
    met: set[str] = set()
    short: list[int] = []
    for each in seen:
        if each.operation != "findJobs" or not isinstance(each.data, dict):
            continue
        met |= {record["hash"] for record in each.records}
        paged = isinstance(each.body, dict) and "timestamp_smaller_than" in each.body
        if each.data["total"] > len(each.records) and not paged:
            short.append(each.number)
        else:
            short = []
    if short and (not own or own - met):
        yield (
            "findJobs said that there are more records than it answered with, and the rest was"
            " never asked for: page back with timestamp_smaller_than, or raise limit",
            short,
        )


def _unknown_field(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    found: dict[tuple[str, str], list[int]] = {}
    for each in seen:
        operation = each.raw.operation
        if operation is not None and isinstance(each.body, dict):
            for key in each.body.keys() - operation.properties.keys():
                found.setdefault((operation.id, key), []).append(each.number)
    for (name, key), numbers in found.items():
        yield f"{name} was sent the field {key[:80]!r}, which the API does not list", numbers


def _token_astray(seen: Sequence[Seen], _: frozenset[int]) -> Found:
    pictures, queries, bodies = list[int](), list[int](), list[int]()
    for each in seen:
        raw = each.raw
        if _PICTURE.search(raw.path) and any(name == b"authorization" for name, _ in raw.headers):
            pictures.append(each.number)
        if _JWT.search(raw.query) or _JWT.search(raw.path.encode("utf-8", "replace")):
            queries.append(each.number)
        if _JWT.search(raw.body):
            bodies.append(each.number)
    if pictures:
        yield "the token was sent to a picture's link, which may be on another host", pictures
    if queries:
        yield "the token was sent in a URL, which ends in logs; it belongs in a header", queries
    if bodies:
        yield "the token was sent in a body; it belongs in the Authorization header", bodies


_RULES: Mapping[str, Check] = {
    "polls-too-fast": _polls_too_fast,
    "polls-after-end": _polls_after_end,
    "resubmits-after-timeout": _resubmits,
    "never-fetches-picture": _never_fetches,
    "ignores-total": _ignores_total,
    "unknown-field": _unknown_field,
    "token-astray": _token_astray,
}


def _ended(statuses: Statuses) -> frozenset[int]:
    """Which statuses mean that a job has ended; one that others share tells nothing."""
    final = {statuses.get(State.FINISHED, 2000), statuses.get(State.FAILED)}
    pending = {statuses.get(State.QUEUED), statuses.get(State.RUNNING)}
    return frozenset(status for status in final - pending if status is not None)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
