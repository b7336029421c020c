"""An answer against ``openapi.yaml``: the schema for its errno and operation, and the requirement
that a breach belongs to, which the document names beside the schema (``x-requirement``). Pure.

The page has no HTTP status (question error-http-status), so the errno selects the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..contract import Contract
from ..json_access import array_at, object_at
from .refusals import Breach

if TYPE_CHECKING:
    import jsonschema_rs

#: What a client can't rely on: no requirement is broken.
_OPEN = "open"
#: So many violations of one answer are looked at.
_ENOUGH = 20
#: Stands for the value in what the validator says; it may be of any length.
_MASK = "(the value)"

_Schema = Mapping[str, Any]


class AnswerSchemas:
    """The compiled schemas of the answers: each takes a fraction of a millisecond, once."""

    def __init__(self, contract: Contract) -> None:
        import jsonschema_rs  # a plan needs no validator

        self._document = contract.document
        self._registry = jsonschema_rs.Registry([("urn:contract", self._document)])
        self._names = {
            one.id: self._answers(one.path, one.method.lower())
            for one in contract.operations.values()
        }
        #: The keys that a schema says something of.
        self._keys = frozenset(_named(contract.document["components"]["schemas"]))
        failures = (names.items() for names in self._names.values())
        #: An errno that an operation does not list has the envelope that it has elsewhere.
        self._elsewhere = {errno: name for row in failures for errno, name in row if errno}
        self._compiled = cache(self._compile)

    def faults(self, operation: str, errno: int, answer: object) -> Iterator[Breach]:
        """The breaches of an answer with this errno; none if the document has no schema for it."""
        name = self._names[operation].get(errno) or self._elsewhere.get(errno)
        if name is None:
            return
        valid = self._compiled(name)
        # Most answers are valid: the place of a fault is looked for in the others only.
        try:
            if valid.is_valid(answer):
                return
        except UnicodeEncodeError:
            pass  # what follows says whether it is valid without them
        for error in islice(valid.iter_errors(self._shortened(answer)), _ENOUGH):
            keyword = error.kind.name
            id = self._requirement(operation, name, error.evaluation_path, keyword)
            if id != _OPEN:
                place = _place(error.instance_path)
                said = error.message.replace(_MASK, "", 1).strip()
                yield id, f"{operation}: {place}: {said}", "as in openapi.yaml"

    def _shortened(self, answer: Any) -> Any:
        """A short answer with the same faults. Of a find's records those that are valid are left
        out, and those after ``_ENOUGH`` that are not: the validator makes all of its errors before
        it returns the first."""
        data = object_at(answer, "data")
        records = array_at(data, "res")
        if data is None or records is None:
            return self._short(answer)
        valid = self._compiled("JobRecord").is_valid
        invalid = (one for one in map(self._short, records) if not valid(one))
        rest = self._short({**answer, "data": {**data, "res": []}})
        return {**rest, "data": {**rest["data"], "res": list(islice(invalid, _ENOUGH))}}

    def _short(self, value: Any) -> Any:
        """With as few items and unknown keys as tell the schemas the same: they look into no array
        but that of the records. The validator takes no lone surrogates, which JSON can escape:
        ``?`` stands for them."""
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, list):
            return [self._short(one) for one in value[:1]]
        if isinstance(value, dict):
            unknown = islice((key for key in value if key not in self._keys), 1)
            kept = [*(key for key in value if key in self._keys), *unknown]
            return {self._short(key): self._short(value[key]) for key in kept}
        return value

    def _answers(self, path: str, method: str) -> dict[int, str]:
        """By errno the name of the schema."""
        response = self._document["paths"][path][method]["responses"]["200"]
        schemas = response["content"]["application/json"]["schema"]["oneOf"]
        return {self._errno(one): one["$ref"].rpartition("/")[2] for one in schemas}

    def _errno(self, schema: _Schema) -> int:
        found = self._resolved(schema)
        if "anyOf" in found:
            return self._errno(found["anyOf"][0])
        errno: int = found["properties"]["errno"]["const"]
        return errno

    def _compile(self, name: str) -> jsonschema_rs.Draft202012Validator:
        import jsonschema_rs

        reference = {"$ref": f"urn:contract#/components/schemas/{name}"}
        return jsonschema_rs.Draft202012Validator(reference, registry=self._registry, mask=_MASK)

    def _requirement(
        self, operation: str, name: str, path: Sequence[str | int], keyword: str
    ) -> str:
        """The innermost ``x-requirement`` on the way to the keyword that failed."""
        node: Any = {"$ref": f"#/components/schemas/{name}"}
        found: Any = _OPEN
        for step in path:
            node = self._resolved(node) if step == "$ref" else node[step]
            if isinstance(node, Mapping) and "x-requirement" in node:
                found = node["x-requirement"]
        if isinstance(found, Mapping):
            found = found.get(operation) or found.get(keyword, _OPEN)
        return str(found)

    def _resolved(self, schema: _Schema) -> Any:
        node: Any = self._document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        return node


def _place(path: Sequence[str | int]) -> str:
    """``data.res[].id``: the same fault in several records is one."""
    place = "".join("[]" if isinstance(step, int) else f".{step}" for step in path)
    return place.removeprefix(".") or "the answer"


def _named(schema: object) -> Iterator[str]:
    """The names of all properties in a schema, and in those within it."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", ())
        schema = list(schema.values())
    for one in schema if isinstance(schema, list) else ():
        yield from _named(one)
