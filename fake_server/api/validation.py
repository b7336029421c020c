"""A request's body: bytes in, a checked object out, or the one error that says why not.

The body's schema is the contract's; what the page leaves open (may ``grid_num`` be a string?) is
settled by the profile before the schema has its say. A missing property is MISSING PARAMETER,
anything else INVALID PARAMETER (page, table of errors).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from ..contract.document import Operation
from ..contract.errors import ApiError
from ..contract.profile import Profile
from ..contract.violations import violations
from ..http import body_kinds
from ..http.types import RequestHeaders
from ..jobs.prompt import without_marker
from ..suggestions import shown

if TYPE_CHECKING:
    from .table import Row

#: Page, Job Find: niji 或者 main.
SERVICES = ("main", "niji")
#: Characters of a Content-Type in a refusal, and how many unknown parameters are named.
_SHOWN = 60
_NAMED = 3


def parse(
    operation: Operation, raw: bytes, profile: Profile, headers: RequestHeaders
) -> dict[str, Any]:
    """The JSON object in ``raw``; a refusal says what it is instead.

    Raises :class:`ApiError`.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        if not raw and operation.body is None:  # it takes none
            return {}
        # The page names no HTTP status for this: question malformed-json.
        answer = profile.of_operation("malformed-json", operation.id)
        status = 400 if answer == "http-400" else None
        reason = body_kinds.why_no_json(raw, headers, problem)
        raise ApiError("invalid-parameter", reason, http_status=status) from problem
    if not isinstance(body, dict):
        raise ApiError("invalid-parameter", body_kinds.why_no_object(body))
    label = headers.get(b"content-type", b"")
    return body if label == b"application/json" else _labelled(operation, label, body, profile)


def _labelled(
    operation: Operation, label: bytes, body: dict[str, Any], profile: Profile
) -> dict[str, Any]:
    """Question other-content-type: what JSON counts as under this label. Raises ``ApiError``."""
    kind = label.partition(b";")[0].strip().lower()
    if kind == b"application/json":
        return body
    answer = profile.of_operation("other-content-type", operation.id)
    if answer == "as-json":
        return body
    if answer == "as-empty":
        return {}
    told = repr(label.decode("latin-1")[:_SHOWN]) if label else "missing"
    reason = (
        f"the body must be sent with Content-Type: application/json; its Content-Type is {told}"
    )
    status = 415 if answer == "http-415" else None
    raise ApiError("invalid-parameter", reason, http_status=status)


def check(
    operation: Operation, row: Row, body: dict[str, Any], profile: Profile, markers: bool
) -> None:
    """Settle ``body`` as the profile says, in place, and apply the operation's schema.

    Raises ``ApiError``.
    """
    if row.settle is not None:
        row.settle(operation, body, profile)
    _refuse_unknown(operation, row, body, profile)
    judged = body
    if operation.id == "findJobs":
        judged = _with_known_services(body, profile)
    if markers and row.links and isinstance(body.get("content"), str):
        judged = {**body, "content": without_marker(body["content"])}
    try:
        if operation.body is not None and not operation.body.is_valid(judged):
            raise _refusal(operation, judged)
    except ValueError as problem:  # nested more deeply than the validator goes
        raise ApiError("invalid-parameter", f"the body: {problem}") from problem
    for key, value in body.items():
        if type(value) is float and value.is_integer():
            body[key] = int(value)  # JSON Schema takes 2.0 for an integer; slices don't


def _refusal(operation: Operation, body: dict[str, Any]) -> ApiError:
    assert operation.body is not None
    errors = violations(operation.body, body)
    for error in errors:
        if error.kind.name == "required":
            return ApiError(operation.missing, error.message + _instead(operation, body))
    return ApiError("invalid-parameter", _reason(operation, errors[0]))


def _instead(operation: Operation, body: dict[str, Any]) -> str:
    """What was sent that is no parameter, in the place of one that is missing perhaps.

    Names are shown as they are: journal and log take known secrets out of a reason, but none that
    is cut or spelt otherwise.
    """
    unknown = (key for key in body if key not in operation.properties)
    named = [key for key in unknown if shown(key) == f"'{key}'" and key.isascii()][:_NAMED]
    return f"; {operation.id} has no parameter {' or '.join(named)}" if named else ""


def _reason(operation: Operation, error: jsonschema_rs.ValidationError) -> str:
    """What is wrong with a value, which is shown where it is too plain to be a secret."""
    where = ".".join(str(step) for step in error.instance_path)
    key = str(error.instance_path[0]) if error.instance_path else ""
    is_plain = operation.secured and isinstance(error.instance, int | float | None)
    value = json.dumps(error.instance) if is_plain else "the value"
    expected = operation.properties.get(key, {}).get("x-expects")
    if error.kind.name == "pattern" and expected is not None:
        return f"{where}: {value} is not {expected}"
    return f"{where or 'the body'}: {error.message.replace('the value', value, 1)}"


def _with_known_services(body: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """Question find-unknown-service: any name is taken, and find knows what it is worth."""
    names = body.get("service")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return body
    if all(name in SERVICES for name in names) or profile["find-unknown-service"] == "301":
        return body
    return {**body, "service": []}


def coerce_grid_num(operation: Operation, body: dict[str, Any], profile: Profile) -> None:
    """Question grid-num-string: ``"1"`` may stand for 1."""
    grid = body.get("grid_num")
    if (
        isinstance(grid, str)
        and grid.isascii()
        and grid.isdigit()
        and len(grid) < 4
        and profile.of_operation("grid-num-string", operation.id) == "coerced"
    ):
        body["grid_num"] = int(grid)


def settle_find(operation: Operation, body: dict[str, Any], profile: Profile) -> None:
    """Questions about the form of a condition: what another form counts as."""
    nulls = [key for key, value in body.items() if value is None and key in operation.properties]
    if nulls and profile["null-parameter"] == "omitted":
        for key in nulls:
            del body[key]
    _settle_cursor(body, profile)
    scalars = [key for key in ("service", "job_type", "folders") if isinstance(body.get(key), str)]
    if scalars and profile["find-scalar-for-array"] == "accepted":
        for key in scalars:
            body[key] = [body[key]]
    if "limit" in body:
        _settle_limit(body, operation.properties["limit"]["maximum"], profile)


def _settle_limit(body: dict[str, Any], maximum: int, profile: Profile) -> None:
    """Question find-bad-limit."""
    limit = body["limit"]
    if isinstance(limit, float) and limit.is_integer():
        limit = int(limit)  # as JSON Schema counts
    whole = isinstance(limit, int) and not isinstance(limit, bool)
    if whole and 1 <= limit <= maximum:
        return
    answer = profile["find-bad-limit"]
    if whole and answer == "clamped":
        body["limit"] = min(max(limit, 1), maximum)
    elif answer != "301":
        del body["limit"]


def _settle_cursor(body: dict[str, Any], profile: Profile) -> None:
    """Question find-cursor-string."""
    cursor = body.get("timestamp_smaller_than")
    if not (isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        return
    answer = profile["find-cursor-string"]
    if answer == "301":
        return
    if answer == "coerced":
        body["timestamp_smaller_than"] = int(cursor)
    else:
        del body["timestamp_smaller_than"]


def _refuse_unknown(operation: Operation, row: Row, body: dict[str, Any], profile: Profile) -> None:
    """Question unknown-field."""
    if body.keys() <= operation.properties.keys():
        return
    unknown = [
        key for key in body if key not in operation.properties and not _is_listed(row, key, profile)
    ]
    if unknown and profile.of_operation("unknown-field", operation.id) == "301":
        listed = [key for key in row.unlisted if _is_listed(row, key, profile)]
        known = ", ".join(sorted((*operation.properties, *listed)))
        reason = f"{unknown[0]!r} is not a parameter of {operation.id}; its parameters: {known}"
        raise ApiError("invalid-parameter", reason)


def _is_listed(row: Row, key: str, profile: Profile) -> bool:
    """Whether a key that the page does not list is a parameter all the same."""
    question, answer = row.unlisted.get(key, (None, None))
    return question is not None and profile[question] == answer
