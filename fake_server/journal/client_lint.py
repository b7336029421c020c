"""Finds client behaviour that the fake tolerates and the real service may not.

The only input is the journal. A finding is for a person: its message describes what the client did
and what it should do instead. Rules ignore single slips of a correct client, to avoid false alarms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import orjson

from ..http.exchange import Exchange
from ..jobs.lifecycle import State
from ..suggestions import suggest
from .redaction import holds_jwt
from .render import errno, reason

#: Polls closer together than this are too fast, in ms. A job takes about a minute.
_MIN_POLL_MS = 1000
#: More unknown fields than these are not reported; a body can have thousands.
_MAX_FIELDS = 100
_PICTURE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\w*\.(?:png|webp)$")

Statuses = Mapping[State, int | None]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A rule that an account broke (its id; ``None``: of no account), and the requests' numbers."""

    rule: str
    account: int | None
    message: str
    requests: tuple[int, ...]


class Call:
    """An exchange with what the rules need parsed."""

    def __init__(self, exchange: Exchange) -> None:
        self.raw = exchange
        self.number = exchange.number
        self.operation = None if exchange.operation is None else exchange.operation.id
        self.submits = exchange.operation is not None and exchange.operation.submits

    @cached_property
    def body(self) -> Any:
        """The request's JSON; ``None`` for anything else."""
        return _parsed(self.raw.body)

    @cached_property
    def data(self) -> Any:
        """The response's ``data``; ``None`` unless the call succeeded.

        A fault may send any body in place of a response, and says so as a refusal does.
        """
        answer = self.raw.answer
        if answer is None or self.raw.lost or errno(self.raw) != 0 or reason(self.raw) is not None:
            return None
        document = _parsed(answer.body)
        return document.get("data") if isinstance(document, dict) else None

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records that findJobs returned; empty for other operations."""
        if self.operation != "findJobs" or not isinstance(self.data, dict):
            return []
        records: list[dict[str, Any]] = self.data["res"]
        return records

    def until(self, other: Call) -> int:
        """The time from this call to ``other`` (ms), by whichever clock moved farther."""
        spans = [other.raw.at - self.raw.at]
        if self.raw.now is not None and other.raw.now is not None:
            spans.append(other.raw.now - self.raw.now)
        return max(spans)


def findings(
    exchanges: Iterable[Exchange],
    statuses: Mapping[int, Statuses],
    ignored: Container[str] = (),
) -> list[LintFinding]:
    """The findings in exchanges, which are given oldest first, by all rules but those ignored.

    ``statuses`` has what a job's states are reported as, by account id.
    """
    by_account: dict[int | None, list[Call]] = {}
    for exchange in exchanges:
        by_account.setdefault(exchange.account, []).append(Call(exchange))
    found = []
    for account, calls in by_account.items():
        ended = _ended(statuses.get(account, {}) if account is not None else {})
        for rule, check in RULES.items():
            if rule in ignored:
                continue
            for message, numbers in check(calls, ended):
                found.append(LintFinding(rule, account, message, tuple(numbers)))
    return found


Found = Iterator[tuple[str, Sequence[int]]]
Check = Callable[[Sequence[Call], frozenset[int]], Found]


def _polls_too_fast(calls: Sequence[Call], _: frozenset[int]) -> Found:
    repeated: list[int] = []
    last: dict[bytes, Call] = {}
    for call in calls:
        if call.operation == "findJobs":
            before = last.get(call.raw.body)
            if before is not None and before.until(call) < _MIN_POLL_MS:
                repeated.append(call.number)
            last[call.raw.body] = call
    if len(repeated) > 1:
        yield (
            f"the same findJobs request was repeated {len(repeated)} times within one second of the"
            " previous one; a job takes about a minute, so poll every few seconds",
            repeated,
        )


def _polls_after_end(calls: Sequence[Call], ended: frozenset[int]) -> Found:
    waiting: set[str] = set()
    jobs, last, extra = 0, b"", list[int]()
    for call in calls:
        if call.submits and isinstance(call.data, str):
            waiting.add(call.data)
            jobs, extra = jobs + 1, []
        elif call.operation == "findJobs" and jobs:
            if not waiting and call.raw.body == last:
                extra.append(call.number)
            waiting -= {record["hash"] for record in call.records if record["status"] in ended}
            last = call.raw.body
    # Waiting for several jobs one after the other takes one extra poll per job.
    if len(extra) > jobs:
        yield (
            f"findJobs was called {len(extra)} more times after every job had ended;"
            " stop polling at status 2000 or at a failure",
            extra,
        )


def _resubmits(calls: Sequence[Call], _: frozenset[int]) -> Found:
    unanswered: dict[tuple[str | None, bytes], Call] = {}
    for call in calls:
        if call.operation == "findJobs" and call.data is not None:
            unanswered.clear()  # the client has looked for the job
        if not call.submits:
            continue
        key = (call.operation, call.raw.body)
        before = unanswered.pop(key, None)
        if before is not None and _unknown(before, call):
            yield (
                f"{call.operation} was sent again after its response was lost, although the first"
                " job may exist; look for it with findJobs before submitting again",
                (before.number, call.number),
            )
        unanswered[key] = call


def _unknown(before: Call, after: Call) -> bool:
    """Whether the client sent ``after`` without knowing the outcome of ``before``."""
    raw = before.raw
    if raw.lost or raw.answer is None or raw.answer.status >= 500 or errno(raw) == 501:
        return True
    return raw.at + raw.took // 1_000_000 > after.raw.at


def _never_fetches(calls: Sequence[Call], _: frozenset[int]) -> Found:
    fetched = {
        found[1]
        for call in calls
        if call.raw.method in ("GET", "HEAD") and (found := _PICTURE.search(call.raw.path))
    }
    own = {call.data for call in calls if call.submits and isinstance(call.data, str)}
    unfetched: dict[str, int] = {}
    for call in calls:
        for record in call.records:
            if record["hash"] in own and record["img_buffer"] and record["job_id"] not in fetched:
                unfetched.setdefault(record["hash"], call.number)
    if unfetched:
        yield (
            f"the pictures of {len(unfetched)} finished job{'s' * (len(unfetched) != 1)} were never"
            " fetched; links may"
            " expire, so download img_buffer as soon as status is 2000",
            sorted(set(unfetched.values())),
        )


def _ignores_total(calls: Sequence[Call], _: frozenset[int]) -> Found:
    own = {call.data for call in calls if call.submits and isinstance(call.data, str)}
    seen: set[str] = set()
    short: list[int] = []
    for call in calls:
        if call.operation != "findJobs" or not isinstance(call.data, dict):
            continue
        seen |= {record["hash"] for record in call.records}
        paged = isinstance(call.body, dict) and "timestamp_smaller_than" in call.body
        if call.data["total"] > len(call.records) and not paged:
            short.append(call.number)
        else:
            short = []
    if short and (not own or own - seen):
        yield (
            "findJobs reported a total larger than the page it returned, and the remaining records"
            " were never requested; page back with timestamp_smaller_than or raise limit",
            short,
        )


def _unknown_field(calls: Sequence[Call], _: frozenset[int]) -> Found:
    found: dict[tuple[str, str], list[int]] = {}
    for call in calls:
        operation = call.raw.operation
        if operation is not None and isinstance(call.body, dict):
            for key in call.body.keys() - operation.properties.keys():
                found.setdefault((operation.id, key), []).append(call.number)
    for (name, key), numbers in islice(found.items(), _MAX_FIELDS):
        yield f"{name} was sent the unknown field {key[:80]!r}", numbers


def _token_astray(calls: Sequence[Call], _: frozenset[int]) -> Found:
    pictures, urls, bodies = list[int](), list[int](), list[int]()
    for call in calls:
        raw = call.raw
        if _PICTURE.search(raw.path) and any(name == b"authorization" for name, _ in raw.headers):
            pictures.append(call.number)
        if holds_jwt(f"{raw.path}?{raw.query.decode('latin-1')}"):
            urls.append(call.number)
        if holds_jwt(raw.body.decode("latin-1")):
            bodies.append(call.number)
    if pictures:
        yield "the token was sent with a picture link, which may point to another host", pictures
    if urls:
        yield "the token was sent in a URL, and URLs are logged; send it in a header", urls
    if bodies:
        yield "the token was sent in a body; send it in the Authorization header", bodies


RULES: Mapping[str, Check] = {
    "polls-too-fast": _polls_too_fast,
    "polls-after-end": _polls_after_end,
    "resubmits-after-timeout": _resubmits,
    "never-fetches-picture": _never_fetches,
    "ignores-total": _ignores_total,
    "unknown-field": _unknown_field,
    "token-astray": _token_astray,
}


def named(text: str) -> frozenset[str]:
    """The rules named in ``text``, separated by commas. Raises ``ValueError`` on an unknown one."""
    rules = [rule.strip() for rule in text.split(",") if rule.strip()]
    for rule in rules:
        if rule not in RULES:
            raise ValueError(f"{rule[:100]!r} is not a rule{suggest(rule, RULES)}")
    return frozenset(rules)


def _ended(statuses: Statuses) -> frozenset[int]:
    """The statuses that only ended jobs have."""
    final = {statuses.get(State.FINISHED, 2000), statuses.get(State.FAILED)}
    pending = {statuses.get(State.QUEUED), statuses.get(State.RUNNING)}
    return frozenset(status for status in final - pending if status is not None)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
