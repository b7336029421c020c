"""The keys and types of a record, as the page's example shows them (FIND-11). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..contract import Contract
from ..json_access import Record, brief, text, whole

#: By key: the type that the page shows, and whether null is allowed too.
Shown = Mapping[str, tuple[str, bool]]


def shown_types(contract: Contract) -> Shown:
    """The keys whose type the page shows.

    Of a key that is null in the example nothing is known, whatever openapi.yaml makes of it.
    """
    components = contract.document["components"]
    example = components["examples"]["FindJobsSuccess"]["value"]["data"]["res"][0]
    schemas = components["schemas"]["JobRecord"]["properties"]
    return {
        key: (_type(value), _nullable(schemas[key]))
        for key, value in example.items()
        if value is not None or key == "error"
    }


def record_faults(
    record: object, contract: Contract, shown: Shown
) -> Iterator[tuple[str, str, str]]:
    """What, expected, actual: for each key that is not as the page shows it."""
    if not isinstance(record, Mapping):
        yield "a record is not an object", "an object", brief(record)
        return
    lacking = [key for key in contract.record_keys if key not in record]
    if lacking:
        some = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
        yield f"records lack {some}", "58 keys", f"{len(record)} keys"
    for key, (kind, nullable) in shown.items():
        value = record.get(key)
        if key not in record or (value is None and nullable) or _is(kind, value):
            continue
        yield (
            f"{key} is not of type {kind}",
            f"{kind}{' or null' if nullable else ''}",
            brief(value),
        )


#: Where the prompts of a describe may stand (question describe-result).
_PROMPTS = ("description", "msg_content", "description_translation", "tmp_msg")


def described(record: Record, content: str) -> dict[str, str]:
    """The texts of a record that may be prompts of a describe: not the link that was sent."""
    sent = content.strip()
    texts = {key: text(record, key) for key in _PROMPTS}
    return {
        key: value
        for key, value in texts.items()
        if value is not None and value.strip() and sent not in value and value.strip() not in sent
    }


def _nullable(schema: Mapping[str, Any]) -> bool:
    return "null" in schema.get("type", ())


def _type(value: object) -> str:
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array"}
    return kinds[type(value)]


def _is(kind: str, value: object) -> bool:
    if kind == "integer":
        return whole(value) is not None
    return isinstance(value, {"boolean": bool, "string": str, "array": list}[kind])
