"""Which requests are meant, by their path and by what their body says.

A condition that does not hold is a :class:`Difference`, which names what was expected and what was
there: faults ask only whether there is none, and the journal's ``verify`` shows them.

Regular expressions are those of Rust's ``regex``, which jsonschema-rs has anyway: they have no
lookaround and no backreferences, and so can't be made to run for longer than their text.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

import jsonschema_rs
import orjson

from ..suggestions import shown
from .responses import as_json

#: The size of a compiled expression, and how much of a body one looks at, both in bytes.
_MAX_COMPILED = 1 << 18
_MAX_SEARCHED = 64 << 10
#: How deep a path may lead; each step is a call within the last one's.
_MAX_STEPS = 100
_STEP = re.compile(r"\.?([^.\[\]'\"$*]+)|\[(\d{1,9})\]|\[(\*)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")


class MatchError(ValueError):
    """A condition that can't be: says which and why."""


class _Absent:
    """There is no value at a place."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()

#: Keys and indices that lead to a place in a document; ``None`` is ``[*]``, every element.
Steps = tuple[str | int | None, ...]


class Difference(NamedTuple):
    """Where a request is not as it was to be.

    ``expected`` is JSON or in words, ``actual`` a value or :data:`ABSENT`.
    """

    where: str
    expected: str
    actual: Any


@lru_cache(maxsize=256)
def path_pattern(path: str) -> re.Pattern[str]:
    """A path in which ``*`` stands for any characters."""
    # Of fnmatch's signs the star alone is ours.
    return re.compile(fnmatch.translate(path.replace("[", "[[]").replace("?", "[?]")))


class Body:
    """A request's body, read as text or as JSON when a condition first asks for it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @cached_property
    def document(self) -> Any:
        """The body as JSON; :data:`ABSENT` for anything else."""
        try:
            return orjson.loads(self._raw)
        except orjson.JSONDecodeError:
            return ABSENT

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The body as it came, and JSON without its escapes and spaces as well."""
        text = self._raw.decode("utf-8", "replace")
        if self.document is ABSENT:
            return (text,)
        return text, _text(self.document)


NO_BODY = Body(b"")


class BodyMatch:
    """The conditions of ``BodyMatch`` in ``admin.yaml``; all of them must hold."""

    def __init__(self, terms: Mapping[str, Any]) -> None:
        """Raises :class:`MatchError`."""
        self._contains: str | None = terms.get("contains")
        self._matches = _Expression.of(terms.get("matches"), "body.matches")
        self._equals = terms.get("equals", ABSENT)
        self._json = terms.get("json", ABSENT)
        self._fields = [
            Field(path, f"body.fields.{path}", _steps(path), wanted)
            for path, wanted in terms.get("fields", {}).items()
        ]

    def words(self) -> Iterator[str]:
        """The conditions as one would say them."""
        if self._contains is not None:
            yield f"the body contains {shown(self._contains)}"
        if self._matches is not None:
            yield f"the body matches {self._matches}"
        if self._equals is not ABSENT:
            yield f"the body is {quoted(self._equals)}"
        if self._json is not ABSENT:
            yield f"the body has {quoted(self._json)}"
        for field in self._fields:
            for words in field.conditions():
                yield f"{field.where} {words}"

    def admits(self, body: Body) -> bool:
        """Whether a body is as it was to be."""
        return next(self.differences(body), None) is None

    def differences(self, body: Body) -> Iterator[Difference]:
        """Where it is not."""
        whole = "the body"
        seen = body.texts[0] if body.document is ABSENT else body.document
        if self._contains is not None and not any(self._contains in text for text in body.texts):
            yield Difference(whole, f"contains {shown(self._contains)}", seen)
        if self._matches is not None and not any(map(self._matches.is_in, body.texts)):
            yield Difference(whole, f"matches {self._matches}", seen)
        if body.document is ABSENT:
            if not (self._equals is ABSENT and self._json is ABSENT and not self._fields):
                yield Difference(whole, "JSON", seen)
            return
        if self._equals is not ABSENT:
            yield from _unequal(self._equals, body.document, "", partial=False)
        if self._json is not ABSENT:
            yield from _unequal(self._json, body.document, "", partial=True)
        for field in self._fields:
            yield from field.differences(body.document)


class _Expression:
    """A regular expression that is looked for anywhere in a text."""

    def __init__(self, pattern: str, where: str) -> None:
        self.pattern = pattern
        options = jsonschema_rs.RegexOptions(size_limit=_MAX_COMPILED)
        try:
            self._check = jsonschema_rs.Draft202012Validator(
                {"pattern": pattern}, pattern_options=options
            )
        except jsonschema_rs.ValidationError as problem:
            raise MatchError(
                f"{where}: {shown(pattern)} is not a regular expression that the fake takes: it has"
                " a mistake, is too large, or uses lookaround or a backreference"
            ) from problem

    @classmethod
    def of(cls, pattern: str | None, where: str) -> _Expression | None:
        """The expression, if one is given."""
        return None if pattern is None else cls(pattern, where)

    def is_in(self, text: str) -> bool:
        """Whether it is found in the beginning of a text."""
        return self._check.is_valid(text[:_MAX_SEARCHED])

    def __str__(self) -> str:
        return f"/{self.pattern}/"


class Field:
    """A place in a document, and what is to be there.

    ``steps`` lead there; ``where`` names it for a person, and ``member`` the condition itself.
    """

    def __init__(self, where: str, member: str, steps: Steps, wanted: Any) -> None:
        """Raises :class:`MatchError`."""
        self.where = where
        self._steps = steps
        operators = wanted if isinstance(wanted, dict) else {"equals": wanted}
        self._present: bool | None = operators.get("present")
        self._equals = operators.get("equals", ABSENT)
        self._contains = operators.get("contains")
        self._matches = _Expression.of(operators.get("matches"), f"{member}.matches")

    def conditions(self) -> Iterator[str]:
        """The conditions as one would say them, without the place."""
        if self._present is False:
            yield "is absent"
        for wanted in self._wanted():
            is_value = wanted.words[:9] not in ("contains ", "matches /")
            yield f"{'is ' if is_value else ''}{wanted.words}"

    def differences(self, document: Any) -> Iterator[Difference]:
        """What is not there. Of several places, such as ``service[*]``, one is enough."""
        values = list(_values(document, self._steps))
        if self._present is False:
            if values:
                yield Difference(self.where, "absent", values[0])
            return
        for wanted in self._wanted():
            if not any(wanted.holds(value) for value in values):
                actual = values[0] if values else ABSENT
                yield Difference(self.where, wanted.words, actual)

    def _wanted(self) -> Iterator[_Wanted]:
        if self._present:
            yield _Wanted("present", lambda value: True)
        if self._equals is not ABSENT:
            yield _Wanted(quoted(self._equals), lambda value: _same(value, self._equals))
        if self._contains is not None:
            words = f"contains {shown(self._contains)}"
            yield _Wanted(words, lambda value: _contains(value, self._contains))
        if (expression := self._matches) is not None:
            yield _Wanted(f"matches {expression}", lambda v: expression.is_in(_text(v)))


class _Wanted(NamedTuple):
    words: str
    holds: Any


def _steps(path: str) -> Steps:
    """``$.service[0]`` as its steps. Raises ``MatchError``."""
    rest = path.removeprefix("$")
    steps: list[str | int | None] = []
    while rest:
        found = _STEP.match(rest)
        if found is None or (rest.startswith(".") and not path.startswith("$") and not steps):
            raise MatchError(
                f"body.fields: {shown(path)} is not a path that the fake takes: write one like"
                " content, $.content, service[0], service[*] or ['any name']"
            )
        name, index, every, single, double = found.groups()
        quoted = single if single is not None else double
        key = name if name is not None else quoted
        steps.append(None if every else int(index) if index else key)
        rest = rest[found.end() :]
    if len(steps) > _MAX_STEPS:
        raise MatchError(f"body.fields: {shown(path)} has more than {_MAX_STEPS} steps")
    return tuple(steps)


def _values(value: Any, steps: Steps) -> Iterator[Any]:
    """The values at a path; none where there is no such place."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        inner = value.values() if isinstance(value, dict) else value
        for each in inner if isinstance(value, dict | list) else ():
            yield from _values(each, rest)
        return
    is_index = isinstance(value, list) and isinstance(step, int) and step < len(value)
    if is_index or (isinstance(value, dict) and step in value):
        yield from _values(value[step], rest)


def _unequal(expected: Any, actual: Any, where: str, *, partial: bool) -> Iterator[Difference]:
    """Where JSON differs; ``partial``: objects may have more than is expected of them."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, inner in expected.items():
            place = f"{where}.{key}" if where else key
            if key in actual:
                yield from _unequal(inner, actual[key], place, partial=partial)
            else:
                yield Difference(place, quoted(inner), ABSENT)
        if not partial:
            for key in actual.keys() - expected.keys():
                yield Difference(f"{where}.{key}" if where else key, "absent", actual[key])
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (inner, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _unequal(inner, other, f"{where}[{index}]", partial=partial)
    elif not _same(expected, actual):
        yield Difference(where or "the body", quoted(expected), actual)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0 and not true."""
    return next(_pairs(one, other), None) is None


def _pairs(one: Any, other: Any) -> Iterator[object]:
    """Something for every difference."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key, inner in one.items():
            yield from _pairs(inner, other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for inner, opposite in zip(one, other, strict=True):
            yield from _pairs(inner, opposite)
    elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
        yield one


def _contains(value: Any, part: Any) -> bool:
    """Whether an array has an element, or a text a part."""
    if isinstance(value, list):
        return any(_same(each, part) for each in value)
    return isinstance(part, str) and isinstance(value, str) and part in value


def _text(value: Any) -> str:
    """A string itself, or JSON without spaces; of what is nested too deeply nothing."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return ""


def quoted(value: Any) -> str:
    """JSON as a message quotes it."""
    text = as_json(value).decode()
    return text if len(text) <= 200 else f"{text[:200]}…"
