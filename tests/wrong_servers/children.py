"""What variation and upscale share: VAR-2, VAR-3, VAR-5, UP-2, UP-3, UP-5, GRID-1 and GRID-2 (page,
Job Variation and Job Upscale); and the sender_id of a blend and a describe, BLEND-5 and DESC-3.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tests.support.tampering.exchange import PATHS, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import all_records, asking, failing
from tests.wrong_servers.wrong_server import add, wrong_server

_CHILDREN = ("varyJob", "upscaleJob")
PARENTS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}
_SECTION = {"varyJob": "VAR", "upscaleJob": "UP"}
_NAME = {"varyJob": "variation", "upscaleJob": "upscale"}

# VAR-2, UP-2: without parent or grid_num 301. VAR-3, UP-3: an unknown parent is not found.
# VAR-5, UP-5: sender_id may be given or left out.


def _grid_has_a_default(operation: str) -> Tampering:
    def change(request: Request) -> Request:
        parent = PARENTS[operation] in request.fields
        return (
            request.with_fields(grid_num=request.fields.get("grid_num", 1)) if parent else request
        )

    return asking(change, operation)


def _missing_is(operation: str, name: str, answer: Reply) -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        return reply if name in request.fields else answer

    return failing(change, operation, errno=301)


def _parent_is_not_asked_for(operation: str, errno: int) -> Tampering:
    """Instead of a child of no parent (301), or of one that is not there (420), a job is made."""
    field = PARENTS[operation]

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != operation or reply.envelope.get("errno") != errno:
            return reply
        if "grid_num" not in request.fields or (errno == 301 and field in request.fields):
            return reply
        orphan = replace(request, path=PATHS["createJob"])
        return await go(orphan.with_body({"content": "untitled"}))

    return tampering


def _unknown_is(operation: str, answer: Reply) -> Tampering:
    return failing(lambda *_: answer, operation, errno=420)


def _asked_as_sent(operation: str, odd: type) -> Tampering:
    """The database is asked for the parent with what was sent: an operator that all jobs satisfy,
    or a pattern that all fit."""
    field = PARENTS[operation]
    key = "job_id" if field == "parent_id" else "hash"

    async def tampering(request: Request, go: Go) -> Reply:
        given = request.fields.get(field)
        if request.operation != operation or not (
            isinstance(given, odd) and ("$ne" in given or given == "%")
        ):
            return await go(request)
        grids = await all_records(request, go, job_type=["main"])
        found = [one[key] for one in grids if one["img_buffer"]]
        return await go(request.with_fields(**{field: found[0]}) if found else request)

    return tampering


def _looked_up_by_its_beginning(operation: str) -> Tampering:
    """A parent is any job whose hash or id begins with what was sent."""
    field = PARENTS[operation]
    key = "job_id" if field == "parent_id" else "hash"

    async def tampering(request: Request, go: Go) -> Reply:
        given = request.fields.get(field)
        if request.operation != operation or not isinstance(given, str) or not given.strip("%"):
            return await go(request)
        known = [one[key] for one in await all_records(request, go) if one[key]]
        found = [one for one in known if one.startswith(given)]
        return await go(request.with_fields(**{field: found[0]}) if found else request)

    return tampering


def _sender_is_required(operation: str) -> Tampering:
    return asking(
        lambda request: request if "sender_id" in request.fields else request.made_invalid(),
        operation,
    )


def _sender_is_refused(operation: str) -> Tampering:
    return asking(
        lambda request: request.made_invalid() if "sender_id" in request.fields else request,
        operation,
    )


def _sender_is_430(operation: str) -> Tampering:
    foreign = refusal(430, "invalid login")
    return asking(lambda request: foreign if "sender_id" in request.fields else request, operation)


for _operation in _CHILDREN:
    _field = PARENTS[_operation]
    for _number, _id, _says, _make, _touches in (
        (2, "grid-has-a-default", "without grid_num takes cell 1",
         partial(_grid_has_a_default, _operation), ""),
        (2, "parent-is-not-asked-for", f"without {_field} is a job without a parent",
         partial(_parent_is_not_asked_for, _operation, 301), ""),
        (2, "missing-parent-is-420", f"without {_field} is 420",
         partial(_missing_is, _operation, _field, refusal(420, "PARENT NOT FOUND")), ""),
        (2, "missing-grid-is-501", "without grid_num is 501",
         partial(_missing_is, _operation, "grid_num", refusal(501, "SERVICE_ERROR")), ""),
        (3, "unknown-parent-is-301", "of a parent that does not exist is 301",
         partial(_unknown_is, _operation, refusal(301)), ""),
        (3, "unknown-parent-is-501", "of a parent that does not exist is 501",
         partial(_unknown_is, _operation, refusal(501, "SERVICE_ERROR")), ""),
        (3, "unknown-parent-is-taken", "of a parent that does not exist is a job without one",
         partial(_parent_is_not_asked_for, _operation, 420), ""),
        (3, "parent-is-a-pattern", "of the job % is one of any job",
         partial(_asked_as_sent, _operation, str), ""),
        (3, "parent-is-a-beginning", f"looks a {_field} up by what it begins with",
         partial(_looked_up_by_its_beginning, _operation), ""),
        (5, "sender-is-required", "needs a sender_id beside the token",
         partial(_sender_is_required, _operation),
         f"{_SECTION[_operation]}-1 {_SECTION[_operation]}-3 GRID-1 PAR-1"),
        (5, "sender-is-refused", "is refused with a sender_id: 301",
         partial(_sender_is_refused, _operation), "GRID-1 REMIX-1"),
        (5, "sender-is-430", "is refused with a sender_id that is not the token: 430",
         partial(_sender_is_430, _operation), "GRID-1 GEN-4"),
    ):  # fmt: skip
        add(
            f"{_NAME[_operation]}-{_id}",
            f"{_SECTION[_operation]}-{_number}",
            f"{'an' if _operation == 'upscaleJob' else 'a'} {_NAME[_operation]} {_says}",
            _make,
            touches=_touches,
        )


# BLEND-5, DESC-3: sender_id may be given or left out.

for _operation, _requirement, _kind, _first in (
    ("blendImages", "BLEND-5", "blend", "BLEND-1"),
    ("describeImage", "DESC-3", "describe", "DESC-1"),
):
    for _id, _says, _mistake, _touches in (
        ("sender-is-required", "needs a sender_id beside the token", _sender_is_required, _first),
        ("sender-is-refused", "is refused with a sender_id: 301", _sender_is_refused,
         "BLEND-1" if _kind == "blend" else ""),
        ("sender-is-430", "is refused with a sender_id that is not the token: 430",
         _sender_is_430, "GEN-4"),
    ):  # fmt: skip
        add(
            f"{_kind}-{_id}",
            _requirement,
            f"a {_kind} {_says}",
            partial(_mistake, _operation),
            touches=_touches,
        )


# GRID-1: 1 to 4 are taken. GRID-2: nothing else.


@wrong_server(
    "GRID-1",
    "cells are counted from 0, and 4 is out of range",
    touches="VAR-4 VAR-5 GRID-2 UP-5 UP-7 REMIX-1",
)
def cells_are_counted_from_0() -> Tampering:
    def change(request: Request) -> Request:
        number = request.fields.get("grid_num")
        good = isinstance(number, int) and not isinstance(number, bool)
        return request.with_fields(grid_num=number + 1) if good and number is not None else request

    return asking(change, *_CHILDREN)


def _refuse_cell(cell: int, operation: str) -> Tampering:
    return asking(
        lambda request: (
            request.made_invalid() if request.fields.get("grid_num") == cell else request
        ),
        operation,
    )


for _operation in _CHILDREN:
    for _cell in (1, 4):
        add(
            f"{_NAME[_operation]}-refuses-cell-{_cell}",
            "GRID-1",
            f"cell {_cell} is refused by {_operation}",
            partial(_refuse_cell, _cell, _operation),
            touches="VAR-3 VAR-5 REMIX-1 PAR-1" if _operation == "varyJob" else "UP-3 UP-5 PAR-1",
        )


def _taken_for(given: tuple[object, ...], cell: int, *operations: str) -> Tampering:
    """Take what is no cell for one."""

    def change(request: Request) -> Request:
        number = request.fields.get("grid_num")
        strange = any(number == one and type(number) is type(one) for one in given)
        return request.with_fields(grid_num=cell) if strange else request

    return asking(change, *operations)


for _operation in _CHILDREN:
    add(
        f"{_NAME[_operation]}-parent-is-an-operator",
        "GEN-4",
        f"the database is asked for the parent of a {_NAME[_operation]} with whatever was sent",
        partial(_asked_as_sent, _operation, dict),
        whole=True,
    )


for _id, _says, _given, _cell, _operations in (
    ("cell-0-is-taken", "0 is taken for cell 1", (0,), 1, _CHILDREN),
    ("cell-5-is-taken", "5 is taken for cell 4", (5,), 4, _CHILDREN),
    ("cell-5-is-taken-by-vary", "5 is taken for cell 4 by varyJob", (5,), 4, ("varyJob",)),
    ("cell-minus-1-is-taken", "-1 is taken for the last cell", (-1,), 4, _CHILDREN),
    ("cell-1x-is-taken-by-vary", "1x is taken for cell 1 by varyJob", ("1x",), 1, ("varyJob",)),
    ("cell-1x-is-taken-by-upscale", "1x is cell 1 to upscaleJob", ("1x",), 1, ("upscaleJob",)),
    ("cell-1.5-is-taken", "1.5 is taken for cell 1", (1.5,), 1, _CHILDREN),
    ("cell-true-is-taken", "true is taken for cell 1", (True,), 1, _CHILDREN),
    ("cell-true-is-taken-by-vary", "true is cell 1 to varyJob", (True,), 1, ("varyJob",)),
    ("cell-in-an-array-is-taken", "an array of one number is taken for it", ([2],), 2, _CHILDREN),
    ("cell-257-is-taken", "a number is cut to 8 bits: 257 is cell 1", (257,), 1, _CHILDREN),
    ("cell-is-cut-to-32-bits", "a number is cut to 32 bits", (4294967297,), 1, ("varyJob",)),
    ("cell-beyond-4-is-taken", "what is beyond 4 is taken for 4", (5, 6, 99, 100), 4, _CHILDREN),
):
    add(_id, "GRID-2", _says, partial(_taken_for, _given, _cell, *_operations))


@wrong_server("GRID-2", "a cell beyond the grid breaks the server: 501")
def cell_5_is_501() -> Tampering:
    return _beyond(refusal(501, "SERVICE_ERROR"))


@wrong_server("GRID-2", "a cell beyond the grid needs a plan: 411")
def cell_5_is_411() -> Tampering:
    return _beyond(refusal(411))


@wrong_server("GRID-2", "a cell beyond the grid is not found: 410")
def cell_5_is_410() -> Tampering:
    return _beyond(refusal(410, "NOT FOUND"))


def _beyond(answer: Reply) -> Tampering:
    def change(request: Request, reply: Reply) -> Reply:
        number = request.fields.get("grid_num")
        return answer if isinstance(number, int) and number > 4 else reply

    return failing(change, *_CHILDREN, errno=301)
