"""What is wrong with a body or a parameter, said so that it can be put right.

The value is quoted unless it may be a secret, and whatever would be valid is listed. Where a
schema's keywords would say little to a person, such as a pattern, it has ``x-expects``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema_rs

from ..contract.document import Operation, Parameter, resolve
from ..contract.violations import violations
from ..suggestions import did_you_mean, shown, suggest

#: What stands under these is not repeated.
_SECRET = frozenset(("password", "token_key"))
_DURATION = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(?:(ms|milli\w*)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hours?|hrs?)"
    r"|(d|days?))\s*",
    re.IGNORECASE | re.ASCII,
)
#: An amount that a duration can have.
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,3})?", re.ASCII)
_UNITS = ("ms", "s", "m", "h", "d")

Error = jsonschema_rs.ValidationError
Kind = jsonschema_rs.ValidationErrorKind


def reason(
    document: Mapping[str, Any], operation: Operation, body: Mapping[str, Any]
) -> str | None:
    """Why ``operation`` does not take ``body``; ``None`` if it does."""
    if operation.body is None:
        return f"{operation.id} takes no body" if body else None
    errors = violations(operation.body, body)
    return _Explained(document, operation.id, body).best(errors) if errors else None


def parameter_reason(
    document: Mapping[str, Any], parameter: Parameter, value: object
) -> str | None:
    """Why a parameter in path or query can't have ``value``; ``None`` if it can."""
    errors = violations(parameter.check, value)
    return _Explained(document, parameter.name, value).best(errors) if errors else None


class _Explained:
    """The errors of one value, in words. ``name`` is the operation's, or the parameter's."""

    def __init__(self, document: Mapping[str, Any], name: str, whole: Any) -> None:
        self._document = document
        self._name = name
        self._whole = whole

    def best(self, errors: Sequence[Error]) -> str:
        """The error that says most: an unknown field is the likeliest typing error."""
        unknown = (each for each in errors if isinstance(each.kind, Kind.AdditionalProperties))
        return self._one(next(unknown, errors[0]))

    def _one(self, error: Error) -> str:
        branches: list[list[Error]] = getattr(error.kind, "context", [])
        if branches:
            return self._alternatives(error, branches)
        if isinstance(error.kind, Kind.AdditionalProperties):
            return self._unknown_field(error, error.kind.unexpected[0])
        options = _options(error)
        if options is not None:
            return self._not_among(error, options)
        expected = self._expected(error)
        if expected is not None:
            return self._unexpected(error, expected)
        if error.kind.name == "pattern":
            return f"{self._where(error)}: {self._value(error)} does not have the right form"
        return self._plain(error)

    def _plain(self, error: Error) -> str:
        text = error.message.replace("the value", self._value(error), 1)
        return f"{self._where(error)}: {text}"

    def _alternatives(self, error: Error, branches: list[list[Error]]) -> str:
        """Of an error that lists alternatives, the one that was most likely meant."""
        too_large = next((e for b in branches for e in b if e.kind.name == "maximum"), None)
        if too_large is not None:  # of the right form
            return self._plain(too_large)
        expected = self._expected(error)
        if expected is not None and not isinstance(error.instance, dict):
            return self._unexpected(error, expected)
        told = [_which(branch, len(error.instance_path)) for branch in branches]
        if not all(told):
            ours = (b for b, which in zip(branches, told, strict=True) if which is None)
            return self.best(min(ours, key=len))
        chosen = [each for each in told if each is not None]
        options = [option for each in chosen for option in _options(each) or ()]
        if options:  # of a field that says which alternative is meant
            return self._not_among(next(e for e in chosen if _options(e) is not None), options)
        return "; or ".join(dict.fromkeys(map(self._one, chosen)))

    def _unknown_field(self, error: Error, key: str) -> str:
        fields = list(self._holder(error.schema_path[:-1]).get("properties", ()))
        where = ".".join(map(str, error.instance_path)) or self._name
        kind = self._whole.get("type") if not error.instance_path else None
        which = f" ({shown(kind)})" if isinstance(kind, str) else ""
        hint = did_you_mean(key, fields)
        its = f"{'; its' if not hint else ' Its'} fields are {', '.join(fields) or 'none'}"
        return f"{key[:100]!r} is not a field of {where}{which}{hint}{its}"

    def _not_among(self, error: Error, options: Sequence[Any]) -> str:
        value, names = error.instance, [str(option) for option in options]
        rest = suggest(value, names)
        return f"{self._where(error)}: {self._value(error)} is not valid{rest}"

    def _unexpected(self, error: Error, expected: str) -> str:
        value = error.instance
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        hint = ""
        if found is not None and "duration" in expected:
            unit = next(u for u, text in zip(_UNITS, found.groups()[1:], strict=True) if text)
            meant = f"{found[1]}{unit}"
            hint = f" (did you mean {meant!r}?)" if _AMOUNT.fullmatch(found[1]) else ""
        return f"{self._where(error)}: {self._value(error)}{hint} is not {expected}"

    def _expected(self, error: Error) -> str | None:
        """The ``x-expects`` of the schema that the error is about, or of one that it lies in."""
        path = error.schema_path
        for length in range(len(path) - 1, 0, -1):
            found: str | None = self._holder(path[:length]).get("x-expects")
            if found is not None:
                return found
            if path[length - 1] in ("properties", "items", "schemas"):
                break  # what lies farther out speaks of the whole
        return None

    def _holder(self, path: Sequence[str | int]) -> Mapping[str, Any]:
        node: Any = self._document
        for step in path:
            if isinstance(node, Mapping):
                node = resolve(self._document, node)
            node = node[step]
        return resolve(self._document, node) if isinstance(node, Mapping) else {}

    def _where(self, error: Error) -> str:
        inner = ".".join(str(step) for step in error.instance_path)
        return inner or ("the body" if isinstance(self._whole, dict) else self._name)

    def _value(self, error: Error) -> str:
        secret = _SECRET.intersection(map(str, error.instance_path))
        return "the value" if secret else shown(error.instance)


def _options(error: Error) -> list[Any] | None:
    """What an ``enum`` or a ``const`` admits."""
    match error.kind:
        case Kind.Enum(options):
            return list(options) if isinstance(options, list) else [options]
        case Kind.Constant(expected):
            return [expected]
    return None


def _which(branch: list[Error], depth: int) -> Error | None:
    """The error that says that another alternative is meant, of a value ``depth`` steps within."""
    for error in branch:
        inner = error.instance_path[depth:]
        if inner in (["type"], ["distribution"]) or (error.kind.name == "type" and not inner):
            return error
    return None
