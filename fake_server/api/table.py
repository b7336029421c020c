"""The operations: one row each, beside what ``openapi.yaml`` already says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..contract.document import Operation, Spec
from ..contract.profile import Profile
from ..contract.yaml_files import SpecError
from . import find, operations
from .call import Handler
from .validation import coerce_grid_num, settle_find

#: Settles, in place, what the profile decides about a body before its schema is applied.
Settle = Callable[[Operation, dict[str, Any], Profile], None]


class Row(NamedTuple):
    """How one operation is answered.

    ``account_key`` is the key of the body that names the account where there is no token.
    ``links`` marks a ``content`` that is a list of links, in which a marker is not counted.
    ``polls`` marks an operation that moves an automatic clock. ``unlisted`` are keys that are
    parameters under one answer to a question: key, question, answer.
    """

    handler: Handler
    settle: Settle | None = None
    account_key: str | None = None
    links: bool = False
    polls: bool = False
    unlisted: Mapping[str, tuple[str, str]] = MappingProxyType({})


OPERATIONS: Mapping[str, Row] = {
    "login": Row(operations.login, account_key="username"),
    "createJob": Row(operations.create_job),
    "findJobs": Row(
        find.find_jobs,
        settle=settle_find,
        polls=True,
        unlisted={"hash": ("find-hash-filter", "honoured")},
    ),
    "varyJob": Row(operations.vary_job, settle=coerce_grid_num),
    "upscaleJob": Row(operations.upscale_job, settle=coerce_grid_num),
    "blendImages": Row(operations.blend_images, links=True),
    "describeImage": Row(operations.describe_image, links=True),
}


def by_path(spec: Spec) -> dict[str, Operation]:
    """The contract's operations by their paths. Raises ``SpecError`` on one without a row, and on
    what is not implemented: other methods, and parameters outside the body."""
    for operation in spec.operations:
        what = f"the contract's {operation.id} ({operation.method} {operation.path})"
        if operation.method != "POST":
            raise SpecError(f"{what} is not implemented: operations are called by POST")
        if operation.parameters or "{" in operation.path:
            raise SpecError(f"{what} is not implemented: parameters are keys of the JSON body")
        if operation.id not in OPERATIONS:
            raise SpecError(f"{what} has no handler")
    return {operation.path: operation for operation in spec.operations}
