"""``openapi/`` as the kit reads it: requirements, questions and operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

#: Beside this package, both in a checkout and in an installed wheel.
FOLDER = Path(__file__).resolve().parent.parent / "openapi"


class ContractError(Exception):
    """``openapi/`` can't be read, or does not hold what the kit relies on."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the page; the fields are explained at the top of requirements.yaml."""

    id: str
    level: str
    section: str
    page: str
    sentence: str
    operations: tuple[str, ...]
    cost: str
    accounts: str
    breach: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One answer to a question; with ``pattern``, every answer that it matches whole."""

    id: str
    meaning: str
    pattern: str | None = None

    def covers(self, answer: str) -> bool:
        if self.pattern is None:
            return answer == self.id
        return re.fullmatch(self.pattern, answer) is not None


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that the page leaves open; the fields are explained in questions.yaml."""

    id: str
    section: str
    operations: tuple[str, ...]
    why: str
    default: str
    cost: str
    accounts: str
    variants: tuple[Variant, ...]
    each: bool = False

    def variant(self, answer: str) -> Variant | None:
        """The variant that ``answer`` belongs to; ``None`` if it belongs to none.

        ``varyJob: 301, upscaleJob: coerced`` is one too where operations may differ.
        """
        found = next((variant for variant in self.variants if variant.covers(answer)), None)
        parts = [part.partition(": ") for part in answer.split(", ")]
        if found is not None or tuple(name for name, _, _ in parts) != self.operations:
            return found
        own = [self.variant(one) for _, _, one in parts]
        if not self.each or None in own:
            return None
        return Variant(answer, "each operation has an answer of its own")


@dataclass(frozen=True, slots=True)
class Operation:
    """``submits``: an accepted request costs a job."""

    id: str
    method: str
    path: str
    submits: bool


class Contract:
    """The three files, read from ``folder``."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        rows = _rows(self.folder / "requirements.yaml", "requirements")
        return {row["id"]: _requirement(row) for row in rows}

    @cached_property
    def questions(self) -> dict[str, Question]:
        rows = _rows(self.folder / "questions.yaml", "questions")
        return {row["id"]: _question(row) for row in rows}

    @cached_property
    def document(self) -> dict[str, Any]:
        """``openapi.yaml``, with nothing resolved."""
        return _load(self.folder / "openapi.yaml")

    @cached_property
    def operations(self) -> dict[str, Operation]:
        return {
            row["operationId"]: Operation(
                row["operationId"], method.upper(), path, row.get("x-cost") == "job"
            )
            for path, item in self.document["paths"].items()
            for method, row in item.items()
            if isinstance(row, dict) and "operationId" in row
        }

    @property
    def job_operations(self) -> list[str]:
        """Every operation but the login: those that need a token."""
        return [operation for operation in self.operations if operation != "login"]

    @cached_property
    def record_keys(self) -> tuple[str, ...]:
        """The 58 keys of a record, in the page's order."""
        return tuple(self.document["components"]["schemas"]["JobRecord"]["properties"])

    def request_schema(self, operation: str) -> dict[str, Any]:
        """The schema of an operation's request body."""
        item = self.operations[operation]
        body = self.document["paths"][item.path][item.method.lower()]["requestBody"]
        return self._resolved(body["content"]["application/json"]["schema"])

    def example(self, operation: str) -> dict[str, Any]:
        """The page's request body of an operation: well-formed, though its ids mean nothing.

        Without sender_id, which may stand in for a token, or be looked up and not found.
        """
        item = self.operations[operation]
        body = self.document["paths"][item.path][item.method.lower()]["requestBody"]
        examples = body["content"]["application/json"]["examples"]
        found = self._resolved(next(iter(examples.values())))["value"]
        return {key: value for key, value in found.items() if key != "sender_id"}

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node


@cache
def shipped() -> Contract:
    """The contract that comes with the kit, read once however often a process runs it."""
    return Contract()


def selected(id: str, section: str, only: Iterable[str]) -> bool:
    """Whether ``--only`` names it: an id, the part of an id before its number, or a section."""
    asked = {name.casefold() for name in only}
    if not asked:
        return True
    names = {id.casefold(), re.sub(r"-\d+$", "", id).casefold(), section.casefold()}
    return bool(asked & names)


def _load(path: Path) -> dict[str, Any]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, yaml.YAMLError) as problem:
        raise ContractError(f"{path} can't be read: {problem}") from problem
    if not isinstance(loaded, dict):
        raise ContractError(f"{path} is not a mapping")
    return loaded


def _rows(path: Path, key: str) -> list[Mapping[str, Any]]:
    rows = _load(path).get(key)
    if not isinstance(rows, list):
        raise ContractError(f"{path} has no list {key!r}")
    return rows


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(**_fields(Requirement, row))


def _question(row: Mapping[str, Any]) -> Question:
    variants = tuple(Variant(one["id"], one["says"], one.get("pattern")) for one in row["variants"])
    return Question(**_fields(Question, row) | {"variants": variants})


def _fields(kind: type[Requirement | Question], row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {field.name: row[field.name] for field in fields(kind) if field.name in row}
    return kept | {"operations": tuple(row["operations"]), "accounts": str(row["accounts"])}
