"""The fake as a whole: is it there, which one is it, and start it afresh."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from ..contract import document as spec
from ..service import World
from ..store.store import Account
from .call import ControlCall, ControlHandler


async def health(_: ControlCall) -> Any:
    """The process is alive."""
    return {"status": "ok"}


async def ready(_: ControlCall) -> Any:
    """The fake is usable: it listens only once everything is loaded."""
    return {"status": "ready"}


async def which(call: ControlCall) -> Any:
    """The versions, and the seed that everything is drawn from."""
    return {
        "version": version("sampan"),
        "contract": call.world.spec.document["info"]["version"],
        "seed": call.world.seed,
    }


async def document(_: ControlCall) -> Any:
    """The control API's own description."""
    return spec.read("admin.yaml")


async def reset(call: ControlCall) -> Any:
    """Forget what was done with an account, or with all and what they share."""
    world, account = call.world, call.account
    accounts = world.store.accounts() if account is None else [account]
    jobs = sum(each.tally.stored for each in accounts)
    if account is None:
        world.set_clock(None, world.first_clock())
        world.use_profile(world.first_profile)
        world.faults.clear(None)
        world.armed.clear()
        world.journal.clear()
    for each in accounts:
        forget(world, each)
    return {"accounts": [each.username for each in accounts], "jobs": jobs}


def forget(world: World, account: Account) -> None:
    """Forget all that belongs to an account but for itself and its tokens."""
    world.store.reset(account)
    world.clocks.drop(account.id)
    world.drop_profile(account)
    world.faults.clear(account.username)
    world.armed[:] = [armed for armed in world.armed if armed.account != account.id]
    world.journal.clear(account.id)


HANDLERS: Mapping[str, ControlHandler] = {
    "getHealth": health,
    "getReady": ready,
    "getVersion": which,
    "getControlDocument": document,
    "reset": reset,
}
