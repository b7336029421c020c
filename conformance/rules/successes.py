"""What a success must hold, whatever it was requested for: logins and finds. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TypeGuard

from ..http.exchange import Answer
from ..json_access import Record, array_at, brief, object_at, text, whole
from .find_rules import in_folder, is_favourite, one_of, shared_ids
from .refusals import Breach

#: The twelve keys of the example. Keys that are null there may have any value (LOGIN-2).
LOGIN_TEXTS = ("id", "username", "email", "account_type", "account_status", "token")
LOGIN_KEYS = (*LOGIN_TEXTS, "name", "phone", "last_paid", "plan_start", "plan_end", "last_plan")

#: The keys that identify a record.
IDS = ("id", "id_uuid", "hash", "job_id")
_SERVICES = ("main", "niji")


def login_faults(answer: Answer) -> Iterator[Breach]:
    """A login that was accepted with the right credentials."""
    data = object_at(answer.envelope, "data") or {}
    if text(data, "token") is None:
        yield "LOGIN-1", f"a login returns the token {brief(data.get('token'))}", "a token"
    missing = [key for key in LOGIN_KEYS if key not in data]
    if missing:
        yield "LOGIN-2", f"data lacks {', '.join(missing)}", "twelve keys"
    for key in LOGIN_TEXTS:
        if key in data and text(data, key) is None:
            yield "LOGIN-2", f"data.{key} is {brief(data.get(key))}", "a string"


#: The filters that each record has to satisfy by itself.
_JUDGED = frozenset({"service", "folders", "favourite"})


def find_faults(filters: Mapping[str, object], answer: Answer) -> Iterator[Breach]:
    """A find that was accepted: its counts, and each filter by itself."""
    data = object_at(answer.envelope, "data") or {}
    found, total = array_at(data, "res"), whole(data.get("total"))
    if found is None:
        yield "FIND-2", f"data.res is {brief(data.get('res', 'missing'))}", "an array"
        return
    if total is None or total < len(found):
        actual = brief(data.get("total", "missing"))
        yield "FIND-2", f"total is {actual} with {len(found)} records", "an integer not less"
    limit = filters.get("limit")
    if isinstance(limit, int) and not isinstance(limit, bool) and 0 < limit < len(found):
        yield "FIND-3", f"{len(found)} records for a limit of {limit}", f"at most {limit}"
    for key in IDS:
        if again := shared_ids(answer.records, key):
            yield "FIND-12", f"two records of a find have the {key} {brief(again[0])}", "unique"
    if filters.keys() & _JUDGED:
        for record in answer.records:
            yield from _unfit(filters, record)


def _unfit(filters: Mapping[str, object], record: Record) -> Iterator[Breach]:
    """Values that the page names, and those of which the kit knows that nobody has them."""
    services = filters.get("service")
    if _all_of(services, _SERVICES) and not one_of("service", services)(record):
        yield _unlike("FIND-5", "service", services, record.get("service"))
    folders = filters.get("folders")
    if _texts(folders) and not any(in_folder(folder)(record) for folder in folders):
        yield _unlike("FIND-8", "folders", folders, record.get("folders"))
    if filters.get("favourite") is True and not is_favourite(record):
        yield _unlike("FIND-9", "favourite", True, record.get("is_favourite"))


def unfit_type(
    filters: Mapping[str, object], record: Record, known: frozenset[str]
) -> Breach | None:
    """FIND-6, for types that are ``known`` to exist on this server: what an unknown name gets is
    left open."""
    types = filters.get("job_type")
    if not _all_of(types, known) or one_of("job_type", types)(record):
        return None
    return _unlike("FIND-6", "job_type", types, record.get("job_type"))


def _texts(values: object) -> TypeGuard[list[str]]:
    """Whether it is an array of texts, and not empty."""
    return isinstance(values, list) and bool(values) and all(isinstance(v, str) for v in values)


def _all_of(values: object, known: Container[str]) -> TypeGuard[list[str]]:
    return _texts(values) and all(value in known for value in values)


def _unlike(id: str, key: str, wanted: object, actual: object) -> Breach:
    what = f"a find by {key} {wanted} returned a record with {brief(actual)}"
    return id, what, f"only records that satisfy {key} {wanted}"
