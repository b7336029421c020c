"""Bodies made by schemathesis from ``openapi.yaml``, and the document as schemathesis can judge by.

schemathesis judges by HTTP status, and here every answer may have 200. So the document is split
when it is loaded: one response for each errno, under a status of its own, and an answer is given
to schemathesis under the status of its errno. ``openapi/`` itself stays truthful.

Nothing is sent from here: callers send the bodies through the gate. The kit judges the answers to
them by ``answer_schemas.py``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from ..contract import Contract

#: errno to the HTTP status that stands for it. 410 and 420 share one: both mean not found.
VIRTUAL = {0: 200, 301: 400, 410: 404, 411: 403, 420: 404, 421: 409, 430: 401, 501: 500}


class Generator:
    """``seed`` decides every body. Imports schemathesis (a third of a second)."""

    def __init__(self, contract: Contract, seed: int) -> None:
        import schemathesis

        self._contract = contract
        self._seed = seed
        self._schema = schemathesis.openapi.from_dict(virtual(contract.document))

    def bodies(
        self, operation: str, count: int, each: Callable[[object], None], *, good: bool
    ) -> None:
        """Call ``each`` with ``count`` bodies that the contract allows, or with ones it forbids.

        A body is a dict, any other JSON value, or bytes that are not JSON. ``each`` must not
        raise for its findings: nothing is shrunk or replayed, since every request counts.
        """
        from hypothesis import HealthCheck, Phase, given, seed, settings
        from schemathesis import GenerationMode

        mode = GenerationMode.POSITIVE if good else GenerationMode.NEGATIVE
        limits = settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )

        def example(case: Any) -> None:
            each(case.body)

        strategy = self._operation(operation).as_strategy(generation_mode=mode)
        seeded: Any = seed(self._seed)
        tried: Any = given(strategy)
        limits(seeded(tried(example)))()

    def _operation(self, operation: str) -> Any:
        item = self._contract.operations[operation]
        return self._schema[item.path][item.method]


def virtual(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a response for every errno instead of one ``oneOf`` under 200."""
    split = copy.deepcopy(dict(document))
    del split["security"]  # the gate sends the token
    for item in split["paths"].values():
        for operation in item.values():
            success = operation["responses"].pop("200")
            answers = success["content"]["application/json"]["schema"]
            by_status: dict[str, list[Any]] = {}
            for schema in answers["oneOf"]:
                by_status.setdefault(str(VIRTUAL[_errno(schema["$ref"])]), []).append(schema)
            for status, schemas in by_status.items():
                content = {"application/json": {"schema": _one_of(schemas)}}
                operation["responses"][status] = {"description": status, "content": content}
            operation["responses"]["200"]["links"] = success.get("links", {})
    return split


def _errno(reference: str) -> int:
    """The errno of a schema by its name: ``Error301`` and the like; a success has 0."""
    name = reference.rpartition("/")[2]
    return int(name.removeprefix("Error")) if name.startswith("Error") else 0


def _one_of(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
