"""What the methods of a handle take, and how the control API has it.

Durations are seconds, a ``timedelta``, or text such as ``"30s"``: one meaning everywhere in Python.
The control API counts in milliseconds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..clock.spans import to_ms
from ..http import urls
from ..http.urls import Url
from ..suggestions import shown, suggest
from .errors import is_for_the_caller

__tracebackhide__ = is_for_the_caller

#: Seconds, a ``timedelta``, or text such as ``"30s"``, ``"1.5m"`` and ``"500ms"``.
Duration = float | timedelta | str

#: What a request's body says: text that it contains, a pattern that is found in it, or a part of
#: its JSON.
BodyCondition = str | bytes | re.Pattern[str] | Mapping[str, Any] | Sequence[Any]

_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"))


def seconds(given: Duration, name: str) -> float:
    """A duration in seconds. Raises ``TypeError`` or ``ValueError``."""
    if isinstance(given, timedelta):
        found = given.total_seconds()
    elif isinstance(given, str):
        try:
            found = to_ms(given) / 1000
        except ValueError as problem:
            raise ValueError(f"{name}: {problem}") from None
    elif isinstance(given, int | float) and not isinstance(given, bool):
        found = float(given)
    else:
        raise TypeError(f"{name} takes seconds, a timedelta or text such as '30s', not {given!r}")
    if not (math.isfinite(found) and found >= 0):
        raise ValueError(f"{name} takes a duration of 0 or more, not {given!r}")
    return found


def span(given: Duration, name: str) -> int | str:
    """A duration as the control API has it; it looks at a text itself."""
    return given if isinstance(given, str) else round(seconds(given, name) * 1000)


def delay(given: Duration | Mapping[str, Any]) -> Any:
    """A fault's delay: a duration, or a distribution of durations."""
    if not isinstance(given, Mapping):
        return span(given, "delay")
    return {
        key: round(seconds(value, f"delay {key!r}") * 1000, 3)
        if key in ("lower", "upper", "median")
        else value
        for key, value in given.items()
    }


def moment(given: datetime | str | int) -> str | int:
    """A time: a ``datetime`` with a zone, ISO 8601, or milliseconds since 1970 UTC."""
    if not isinstance(given, datetime):
        return given
    if given.tzinfo is None:
        raise ValueError(f"set_time() takes a datetime with a zone, not {given!r}")
    return given.isoformat(timespec="microseconds")


def number(given: int | timedelta | str | None) -> int | str | None:
    """A scenario's number; a duration for one that takes milliseconds."""
    if isinstance(given, timedelta):
        return f"{round(seconds(given, 'scenario()') * 1000)}ms"
    return given


def body_match(
    body: BodyCondition | None,
    fields: Mapping[str, Any] | None,
    equals: Any = None,
) -> dict[str, Any] | None:
    """``BodyMatch`` of ``admin.yaml``; ``None`` without conditions."""
    terms: dict[str, Any] = {}
    if isinstance(body, bytes):
        body = body.decode()
    if isinstance(body, str):
        terms["contains"] = body
    elif isinstance(body, re.Pattern):
        terms["matches"] = _expression(body)
    elif body is not None:
        terms["json"] = body
    if fields is not None:
        terms["fields"] = field_matches(fields)
    if equals is not None:
        terms["equals"] = equals
    return terms or None


def field_matches(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What fields, or headers, are to be, by their paths or names."""
    return {path: _field(wanted) for path, wanted in fields.items()}


def _field(wanted: Any) -> Any:
    """What a field is to be: a value, a pattern, or operators of ``FieldMatch``."""
    if isinstance(wanted, re.Pattern):
        return {"matches": _expression(wanted)}
    if isinstance(wanted, Mapping):
        return {
            key: _expression(value) if isinstance(value, re.Pattern) else value
            for key, value in wanted.items()
        }
    return wanted


def without_secrets(terms: Mapping[str, Any]) -> Any:
    """Conditions as a message shows them: they may name a password or a token."""
    from ..journal import redaction  # which few tests need

    return redaction.redact_body(json.dumps(terms), ())


def _expression(pattern: re.Pattern[str]) -> str:
    flags = "".join(letter for flag, letter in _FLAGS if pattern.flags & flag)
    return f"(?{flags}){pattern.pattern}" if flags else pattern.pattern


def link(given: str) -> str:
    """A link to a picture. Raises ``TypeError`` on what is no text."""
    if not isinstance(given, str):
        raise TypeError(
            f"a link is text, not {given!r}; a record has links once its job is finished, and a"
            " describe job has none"
        )
    return given


def as_json(body: Mapping[str, Any]) -> bytes:
    """A request's body. Raises ``TypeError`` or ``ValueError`` that names what is no JSON."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        for name, value in body.items():
            _check_json(name, value, problem)
        raise


def _check_json(name: str, value: Any, problem: Exception) -> None:
    """Raise if ``value`` can't be sent, with its name; ``problem`` is what JSON says."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError(f"{name}: the text has half of a surrogate pair") from None
    except (TypeError, ValueError, RecursionError):
        told = "the value" if name == "password" else shown(value)
        raise TypeError(f"{name}: {told} is no JSON ({problem})") from None


def server_address(text: str) -> Url:
    """A fake's address, such as ``http://127.0.0.1:8091``, perhaps with a path before it.

    Raises ``ValueError`` on what is none.
    """
    if not isinstance(text, str):
        raise _no_address(text)
    try:
        found = urls.address(text)
    except ValueError as problem:
        raise _no_address(text) from problem
    if found.scheme != "http":
        raise _no_address(text)
    return found


def _no_address(text: object) -> ValueError:
    return ValueError(f"{text!r} is not a valid address; use one like http://127.0.0.1:8091")


def check_keywords(method: str, given: Mapping[str, Any], known: type) -> None:
    """Raise ``TypeError`` on an unknown keyword, as Python itself does."""
    names = list(known.__annotations__)
    for name in given:
        if name not in names:
            rest = suggest(name, names)
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}{rest}")
