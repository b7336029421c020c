"""What is wrong with a body, said so that it can be put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from ..contract.document import Operation


def reason(operation: Operation, body: Mapping[str, Any]) -> str | None:
    """Why ``operation`` does not take ``body``; ``None`` if it does."""
    if operation.body is None:
        return f"{operation.id} takes no body" if body else None
    error = next(iter(operation.body.iter_errors(body)), None)
    if error is None:
        return None
    extra = [key for key in body if operation.properties and key not in operation.properties]
    if extra:  # the likeliest typing error
        fields = ", ".join(operation.properties)
        return f"{extra[0]!r} is not a field of {operation.id}; its fields are {fields}"
    return _explained(error)


def _explained(error: jsonschema_rs.ValidationError) -> str:
    """An error; of one that lists alternatives, the alternative that was most likely meant."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    if not branches:
        where = ".".join(str(step) for step in error.instance_path)
        return f"{where or 'the body'}: {error.message}"
    told = [_which(branch) for branch in branches]
    if all(told):  # it is not even said which of them is meant
        return "; or ".join(dict.fromkeys(_explained(one) for one in told if one is not None))
    meant = min((b for b, which in zip(branches, told, strict=True) if which is None), key=len)
    return _explained(meant[0])


def _which(branch: list[jsonschema_rs.ValidationError]) -> jsonschema_rs.ValidationError | None:
    """The error that says that another alternative is meant."""
    for error in branch:
        last = error.instance_path[-1] if error.instance_path else None
        if last in ("type", "distribution") or (error.kind.name == "type" and len(branch) == 1):
            return error
    return None
