"""A request's body: bytes in, a checked object out, or the one error that says why not.

The body's schema is the contract's; what the page leaves open (may ``grid_num`` be a string?) is
settled by the profile before the schema has its say. A missing property is MISSING PARAMETER,
anything else INVALID PARAMETER (page, table of errors).
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson

from ..contract.document import Operation
from ..contract.errors import ApiError
from ..contract.profile import Profile
from ..jobs.prompt import without_marker

#: Operations whose ``content`` is a list of links, where a marker is not one of them.
_LINKS = ("blendImages", "describeImage")


def parse(raw: bytes, profile: Profile) -> dict[str, Any]:
    """The JSON object in ``raw``. Raises :class:`ApiError`."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        # The page names no HTTP status for this: question malformed-json.
        status = 400 if profile["malformed-json"] == "http-400" else None
        reason = f"the body is not JSON: {problem}"
        raise ApiError("invalid-parameter", reason, http_status=status) from problem
    if not isinstance(body, dict):
        raise ApiError("invalid-parameter", "the body is not a JSON object")
    return body


def check(operation: Operation, body: dict[str, Any], profile: Profile, markers: bool) -> None:
    """Settle ``body`` as the profile says, in place, and hold it against the operation's schema.

    Raises :class:`ApiError`.
    """
    _settle(operation, body, profile)
    judged = body
    if markers and operation.id in _LINKS and isinstance(body.get("content"), str):
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
    errors = list(operation.body.iter_errors(body))
    for error in errors:
        if error.kind.name == "required":
            return ApiError(operation.missing, error.message)
    return ApiError("invalid-parameter", _reason(errors[0]))


def _reason(error: jsonschema_rs.ValidationError) -> str:
    where = ".".join(str(step) for step in error.instance_path)
    return f"{where or 'the body'}: {error.message}"


def _settle(operation: Operation, body: dict[str, Any], profile: Profile) -> None:
    if operation.id == "findJobs":
        _settle_find(body, operation, profile)
    elif profile["grid-num-string"] == "coerced":
        grid = body.get("grid_num")
        if isinstance(grid, str) and grid.isascii() and grid.isdigit() and len(grid) < 4:
            body["grid_num"] = int(grid)
    if profile["unknown-field"] == "301":
        extra = [key for key in body if key not in operation.properties]
        if operation.id == "findJobs" and profile["find-hash-filter"] == "honoured":
            extra = [key for key in extra if key != "hash"]
        if extra:
            raise ApiError("invalid-parameter", f"{extra[0]!r} is not a parameter of this call")


def _settle_find(body: dict[str, Any], operation: Operation, profile: Profile) -> None:
    if profile["find-scalar-for-array"] == "accepted":
        for key in ("service", "job_type", "folders"):
            if isinstance(body.get(key), str):
                body[key] = [body[key]]
    if profile["find-bad-limit"] == "301" or "limit" not in body:
        return
    limit = body["limit"]
    if isinstance(limit, float) and limit.is_integer():
        limit = int(limit)  # as JSON Schema counts
    good = isinstance(limit, int) and not isinstance(limit, bool)
    most = operation.properties["limit"]["maximum"]
    if good and profile["find-bad-limit"] == "clamped":
        body["limit"] = min(max(limit, 1), most)
    elif not good or not 1 <= limit <= most:
        del body["limit"]
