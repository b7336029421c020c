"""Parents of the wrong kind that are taken, or refused otherwise: PAR-1 (page, table of errors)."""

from __future__ import annotations

from functools import partial

from tests.support.tampering.exchange import Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import all_records, failing
from tests.wrong_servers.wrong_server import add


def _any_kind(operation: str) -> Tampering:
    """A parent of the wrong kind is taken: the job is made of the newest grid instead."""

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != operation or reply.envelope.get("errno") != 421:
            return reply
        grids = [one for one in await all_records(request, go) if one["job_type"] == "main"]
        grid = grids[-1]
        return await go(request.with_fields(parent_hash=grid["hash"], parent_id=grid["job_id"]))

    return tampering


def _describes_too() -> Tampering:
    """An upscale of a describe is one of the newest grid."""
    anything = _any_kind("upscaleJob")

    async def tampering(request: Request, go: Go) -> Reply:
        described = await all_records(request, go, job_type=["describe"]) if request.submits else []
        if request.fields.get("parent_hash") in [one["hash"] for one in described]:
            return await anything(request, go)
        return await go(request)

    return tampering


def _as(errno: int, message: str, operation: str) -> Tampering:
    return failing(lambda *_: refusal(errno, message), operation, errno=421)


for _operation, _name in (("upscaleJob", "upscale"), ("varyJob", "variation")):
    add(
        f"{_name}-takes-any-kind",
        "PAR-1",
        f"{_operation} takes a parent that has no grid",
        partial(_any_kind, _operation),
    )
    for _errno, _message in ((301, "INVALID PARAMETER"), (420, "PARENT NOT FOUND")):
        add(
            f"{_name}-of-a-wrong-kind-is-{_errno}",
            "PAR-1",
            f"{_operation} of a parent that has no grid is {_errno}",
            partial(_as, _errno, _message, _operation),
        )

add("upscale-takes-a-describe", "PAR-1", "an upscale of a describe is taken", _describes_too)
