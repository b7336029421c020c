"""Whether so many requests came as were to come; if not, the one that comes nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import NamedTuple

from ..http.exchange import Exchange
from ..http.matching import ABSENT, Body, Difference, path_pattern, quoted
from ..http.responses import as_json
from . import redaction
from .journal import RequestMatch
from .render import errno, status

#: Of so many requests that differ in as many places, the latest, texts are compared.
_COMPARED = 50
_WIDE = 200
#: Places in which a request is compared: a body may have thousands of fields that were not meant.
_MAX_DIFFERENCES = 50
#: Requests that are named in a message.
_NAMED = 10


class Times(NamedTuple):
    """How many requests are expected; ``None`` is no bound."""

    least: int = 1
    most: int | None = None

    def admits(self, count: int) -> bool:
        """Whether so many were expected."""
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        if self.least == self.most:
            return f"{self.least}" if self.most else "none"
        return f"{self.least} to {self.most}" if self.least else f"at most {self.most}"


class Nearest(NamedTuple):
    """The exchange that is most like what was expected, and where it is not."""

    exchange: Exchange
    differences: list[Difference]


def differences(match: RequestMatch, exchange: Exchange) -> Iterator[Difference]:
    """Where an exchange is not as it was to be, the likeliest to be seen at once first.

    With its secrets: see :func:`nearest`.
    """
    operation = None if exchange.operation is None else exchange.operation.id
    if match.operation not in (None, operation):
        yield Difference("operation", quoted(match.operation), operation or ABSENT)
    if match.path is not None and path_pattern(match.path).fullmatch(exchange.path) is None:
        yield Difference("path", quoted(match.path), exchange.path)
    if match.unmatched is not None and exchange.found is match.unmatched:
        yield Difference("unmatched", quoted(match.unmatched), not exchange.found)
    for name, wanted, actual in (
        ("status", match.status, status(exchange)),
        ("errno", match.errno, errno(exchange)),
    ):
        if wanted not in (None, actual):
            yield Difference(name, str(wanted), ABSENT if actual is None else actual)
    if match.headers is not None:
        yield from match.headers.differences(exchange.headers)
    if match.body is not None:
        yield from match.body.differences(Body(exchange.body))


def _without_secrets(difference: Difference) -> Difference:
    """What is wanted of a password or token, or came instead, is not shown."""
    where, expected, actual = difference
    if redaction.names_secret(where):
        return Difference(where, redaction.MARK, ABSENT if actual is ABSENT else redaction.MARK)
    if isinstance(actual, str):
        actual = redaction.redact_text(actual, ())
    elif actual is not ABSENT:
        actual = redaction.redact_body(as_json(actual).decode(), ())
    return Difference(where, redaction.redact_text(expected, ()), actual)


def nearest(match: RequestMatch, exchanges: Sequence[Exchange]) -> Nearest | None:
    """Of exchanges, oldest first, the one that differs least and latest; ``None`` without any.

    Only its own differences are searched for secrets, which takes longer than comparing it.
    """
    found = [
        Nearest(each, list(islice(differences(match, each), _MAX_DIFFERENCES)))
        for each in exchanges
    ]
    if not found:
        return None
    least = min(map(_distance, found))
    alike = [each for each in found if _distance(each) == least][-_COMPARED:]
    best = max(enumerate(alike), key=lambda each: (_likeness(each[1]), each[0]))[1]
    return Nearest(best.exchange, list(map(_without_secrets, best.differences)))


def _distance(near: Nearest) -> tuple[bool, bool, int]:
    """A request of another operation, or at another path, is hardly the one that was meant."""
    places = {difference.where for difference in near.differences}
    return "operation" in places, "path" in places, len(near.differences)


def _likeness(near: Nearest) -> float:
    return sum(
        SequenceMatcher(None, each.expected[:_WIDE], actual(each)[:_WIDE], autojunk=False).ratio()
        for each in near.differences
    )


def actual(difference: Difference) -> str:
    """What was there instead, as a message has it."""
    return "absent" if difference.actual is ABSENT else quoted(difference.actual)


def description(match: RequestMatch) -> str:
    """``createJob where content is "a cat"``: what is looked for."""
    conditions = [
        f"{name} is {value}"
        for name, value in (
            ("path", match.path),
            ("status", match.status),
            ("errno", match.errno),
            ("unmatched", None if match.unmatched is None else quoted(match.unmatched)),
        )
        if value is not None
    ]
    if match.headers is not None:
        conditions += [
            f"header {name} {'has the right value' if redaction.names_secret(name) else words}"
            for name, words in match.headers.conditions()
        ]
    if match.body is not None:
        conditions += [redaction.redact_text(words, ()) for words in match.body.words()]
    what = match.operation or "request"
    return f"{what} where {' and '.join(conditions)}" if conditions else what


def message(
    match: RequestMatch, times: Times, found: Sequence[Exchange], near: Nearest | None
) -> str:
    """Why a verification fails: what was expected, what came, and a diff with the nearest."""
    if found:
        numbers = ", ".join(f"#{each.number}" for each in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        came = f"{description(match)}: {len(found)} received ({numbers}{more}), {times} expected"
    else:
        came = f"no {description(match)} was received, {times} expected"
    if near is None:
        return came if found else f"{came}; the journal has no request to compare with"
    if not near.differences:
        return came
    lines = [
        f"{came}; nearest: #{near.exchange.number} {near.exchange.method} {near.exchange.path}"
    ]
    for each in near.differences:
        lines += [f"- {each.where}: {each.expected}", f"+ {each.where}: {actual(each)}"]
    return "\n".join(lines)
