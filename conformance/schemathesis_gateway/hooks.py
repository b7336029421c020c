"""sampan's hooks: ``SCHEMATHESIS_HOOKS=sampan.conformance.schemathesis_gateway.hooks``.

    st run openapi/openapi.yaml --url http://127.0.0.1:8091

Every request goes through the kit's gate: it has the token, the budget of jobs (the environment's
``SAMPAN_BUDGET_JOBS``, by default as ``sampan check``) and the redaction. Importing this registers
the hooks for every document that is loaded in the process; documents that are not sampan's are
left alone. The accounts are those of the environment (``SAMPAN_USERNAME`` and so on).
"""

from __future__ import annotations

import importlib
import json
import sys
import zlib
from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure, FailureGroup, Severity

from ..contract import shipped
from ..rules.generated_bodies import virtual
from .gateway import ACCOUNT, AGAIN, CASE, FAULTS, NO_ANSWER, STATUS, Gateway
from .running import run_at, runs
from .telling_cases import telling_cases

#: In the document, so that it is known again.
_MARK = "x-sampan-virtual"
#: The key of the parent's name, and what stands for a finished grid.
_PARENTS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
_GRID = {"parent_id": "{grid.job_id}", "parent_hash": "{grid.hash}"}
#: The checks of schemathesis: they go by the HTTP status as HTTP means it, or send again on their
#: own, or would judge a mask. The gateway has judged the answer as it came.
_OFF = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "positive_data_acceptance",
    "negative_data_rejection",
    "use_after_free",
    "ensure_resource_availability",
    "missing_required_header",
    "ignored_auth",
    "object_level_authorization",
    "unsupported_method",
    "allow_header_conformance",
)


class Breach(Failure):
    """A requirement of the contract that an answer breaks."""

    __slots__ = ("requirement",)

    def __init__(self, operation: str | None, requirement: str, message: str) -> None:
        sentence = shipped().requirements[requirement].sentence
        super().__init__(
            operation=operation,
            title=f"{requirement}: {sentence}",
            message=message,
            severity=Severity.HIGH,
        )
        self.requirement = requirement

    @property
    def _unique_key(self) -> str:
        return self.requirement


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Give each errno a response of its own."""
    # The kit loads the document too, as it has split it itself: without its security.
    if "x-errors" in raw_schema and "security" in raw_schema:
        split = virtual(raw_schema)
        raw_schema.clear()
        raw_schema.update(split)
        raw_schema[_MARK] = True


@schemathesis.hook
def after_load_schema(context: Any, schema: Any) -> None:
    """Put the gateway in the place of the server, and leave out what can't judge it."""
    if is_ours(schema.raw_schema):
        schema.app = Gateway(schema.get_base_url)
        schema.config.checks.update(excluded_check_names=list(_OFF))
        # Else texts of this package would be sent, as those of an application under test.
        schema.config.analysis.constants.enabled = False


@schemathesis.auth(refresh_interval=None)
class SampanAuth:
    """Names the account; the token stays in the gate, which has logged it in."""

    def get(self, case: Any, context: Any) -> str | None:
        return "first" if _ours(case) else None

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers.setdefault(ACCOUNT, data)


@schemathesis.hook
def before_add_examples(context: Any, examples: list[Any]) -> None:
    """Add what no schema describes."""
    operation = context.operation
    if not is_ours(operation.schema.raw_schema):
        return
    for one in telling_cases(shipped()).get(_operation_id(operation), ()):
        body = dict(one.body) if not isinstance(one.body, bytes) else one.body
        headers = {ACCOUNT: one.account, CASE: one.name, **one.headers}
        examples.append(operation.Case(body=body, headers=headers, media_type="application/json"))


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Let half of the children have a parent: without one they end at the first rule."""
    key = _PARENTS.get(_operation_id(case.operation)) if _ours(case) else None
    fields = case.body if isinstance(case.body, dict) else {}
    if key and isinstance(fields.get(key), str) and zlib.crc32(repr(fields).encode()) % 2:
        case.body = {**fields, key: _GRID[key]}
        case.headers[CASE] = "generated"
    return case


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """No login is tried on a name that may exist: some servers lock after a few."""
    if not _ours(case) or _operation_id(case.operation) != "login" or CASE in case.headers:
        return
    if isinstance(case.body, dict):
        mark = f"{run_at(case.operation.schema.get_base_url()).mark}-"
        for key, value in case.body.items():
            if isinstance(value, str) and value and not value.startswith(mark):
                case.body[key] = mark + value


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """What was not sent, or not answered by the API, is no failure of it."""
    return not (_ours(case) and _header(response, NO_ANSWER))


@schemathesis.check
def sampan_requirements(ctx: Any, response: Any, case: Any) -> bool | None:
    """The requirements of the contract, as far as one answer shows them."""
    found = json.loads(_header(response, FAULTS) or "[]") if _ours(case) else []
    failures = [
        Breach(case.operation.label, id, f"{actual}; expected {expected}\n\n{_told(response)}")
        for id, actual, expected in found
    ]
    if failures:
        raise FailureGroup(failures)
    return None


@schemathesis.check
class SampanRun:
    """The requirements that several answers show together."""

    def after_run(self, ctx: Any) -> None:
        found = [one for run in runs() for one in run.later_findings()]
        if found:
            raise FailureGroup(
                [Breach(None, one.id, f"{one.message}; expected {one.expected}") for one in found]
            )


def remarks() -> list[str]:
    """What the runs of this process cost and left out; a sentence each."""
    return [line for run in runs() for line in run.remarks()]


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether it is sampan's document, as the hooks have split it."""
    return _MARK in document


def _told(response: Any) -> str:
    status = _header(response, STATUS) or str(response.status_code)
    return f"HTTP status {status}. {_header(response, AGAIN)}"


def _header(response: Any, name: str) -> str:
    return str((response.headers.get(name.lower()) or [""])[0])


def _ours(case: Any) -> bool:
    return is_ours(case.operation.schema.raw_schema)


def _operation_id(operation: Any) -> str:
    operations = shipped().operations.values()
    return next((one.id for one in operations if one.path == operation.path), "")


if "schemathesis.cli" in sys.modules:
    importlib.import_module(f"{__package__}.command_line")
