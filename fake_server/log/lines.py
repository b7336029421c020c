"""One request as one line: for a person in 80 columns, or for a program as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from ..http.responses import as_json as to_json
from ..records.record import timestamp

#: What a client chose is cut after so many characters in the text: an account's name, an address,
#: a reason. JSON has all of it.
_ACCOUNT, _ADDRESS, _REASON = 12, 60, 300


class Entry(NamedTuple):
    """What is logged of a request, secrets removed. ``at`` is in ms, ``took`` in ns.

    ``status`` is ``None`` where no response was sent; ``fault`` is the type of the one that acted;
    ``address`` is path and query.
    """

    at: int
    method: str
    address: str
    account: str | None = None
    operation: str | None = None
    status: int | None = None
    errno: int | None = None
    reason: str | None = None
    fault: str | None = None
    took: int = 0


#: A format: the line of an entry, without its end.
Line = Callable[[Entry], str]


def as_json(entry: Entry) -> str:
    """An object in ASCII, so that no character in it can end or disguise the line."""
    document = {
        "at": timestamp(entry.at),
        "account": entry.account,
        "operation": entry.operation,
        "method": entry.method,
        "path": entry.address,
        "status": entry.status,
        "errno": entry.errno,
        "reason": entry.reason,
        "fault": entry.fault,
        "took_ms": entry.took / 1e6,
    }
    text = to_json(document).decode()  # a quarter of the time, for nearly every line
    return text if text.isascii() and text.isprintable() else json.dumps(document)


def as_text(entry: Entry) -> str:
    """Time, duration, outcome, account, request; then a fault and a reason, if there are any."""
    return _text(entry, _outcome(entry))


def as_coloured_text(entry: Entry) -> str:
    """The same on a terminal: refusals in red, faults in yellow, successes in green."""
    colour = _GREEN
    if entry.fault is not None:
        colour = _YELLOW
    elif entry.errno or (entry.status or 0) >= 400:
        colour = _RED
    return _text(entry, f"{colour}{_outcome(entry)}{_PLAIN}")


_RED, _GREEN, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"


def _text(entry: Entry, outcome: str) -> str:
    account = _short(entry.account or "-", _ACCOUNT)
    request = entry.operation or f"{_short(entry.method, 10)} {_short(entry.address, _ADDRESS)}"
    line = f"{_clock(entry.at // 1000)} {_duration(entry.took)} {outcome} {account:<12} {request}"
    if entry.fault is not None:
        line += f"  fault {entry.fault}"
    if entry.reason is not None:
        line += f"  {_short(entry.reason, _REASON)}"
    return line


@lru_cache(maxsize=1)
def _clock(seconds: int) -> str:
    """The time of day here."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _duration(ns: int) -> str:
    ms = ns / 1e6
    return f"{ms:6.1f} ms" if ms < 1000 else f"{ms / 1000:6.1f} s "


def _outcome(entry: Entry) -> str:
    """The errno, which says more than the HTTP status; nine columns."""
    if entry.status is None:
        return "no answer"
    if entry.errno is None:
        return f"HTTP {entry.status:<4}"
    return f"errno {entry.errno:<3}" if entry.errno else "ok       "


def _short(text: str, longest: int) -> str:
    """``text`` in one line that is not too long; what can't be printed is spelt."""
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
