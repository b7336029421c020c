"""The clock: frozen, moved, resumed. Moving it returns the jobs' transitions on the way.

Clocks are kept in the data file, an automatic one as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..clock.clock import ClockState
from ..clock.spans import to_ms
from ..jobs.lifecycle import LATEST, Moment, moments
from ..records.record import timestamp
from ..service import FakeService
from ..store.account import Account
from .call import ControlCall, ControlError


def clock_json(service: FakeService, account: Account | None) -> dict[str, Any]:
    """``Clock`` of ``admin.yaml``."""
    id = None if account is None else account.id
    state, now = service.clocks.state(id), service.clocks.now(id)
    return {
        "account": None if account is None else account.username,
        "own": account is None or service.clocks.own(id) is not None,
        "now": timestamp(now),
        "now_ms": now,
        "frozen": state.frozen is not None,
        "auto": state.auto,
    }


async def get_clock(call: ControlCall) -> Any:
    return clock_json(call.service, call.account)


async def list_clocks(call: ControlCall) -> Any:
    service = call.service
    return {"clocks": [clock_json(service, each) for each in (None, *service.store.accounts())]}


async def drop_clock(call: ControlCall) -> Any:
    call.service.set_clock(call.account, None)
    return clock_json(call.service, call.account)


async def freeze_clock(call: ControlCall) -> Any:
    return _change(call, _state(call).freeze(call.service.clocks.wall()))


async def advance_clock(call: ControlCall) -> Any:
    service, account = call.service, call.account
    id = None if account is None else account.id
    by = to_ms(call.body["by"])
    before = service.clocks.now(id)
    after = _in_range(before + by)
    ruled = service.ruled_by(account)
    service.set_clock(account, _state(call).set(service.clocks.wall(), after))
    return {
        "account": None if account is None else account.username,
        "now": timestamp(after),
        "now_ms": after,
        "transitions": _transitions(service, ruled, before, after),
    }


async def set_clock(call: ControlCall) -> Any:
    to = call.body["to"]
    if isinstance(to, str):
        try:
            to = round(datetime.fromisoformat(to).timestamp() * 1000)
        except ValueError as problem:
            raise ControlError("bad-request", f"to: not a valid time: {problem}") from problem
    return _change(call, _state(call).set(call.service.clocks.wall(), _in_range(int(to))))


async def resume_clock(call: ControlCall) -> Any:
    running = _state(call).resume(call.service.clocks.wall())
    return _change(call, running._replace(auto=False))


async def auto_clock(call: ControlCall) -> Any:
    return _change(call, _state(call)._replace(auto=True))


def _state(call: ControlCall) -> ClockState:
    return call.service.clocks.state(call.account_id)


def _change(call: ControlCall, state: ClockState) -> Any:
    call.service.set_clock(call.account, state)
    return clock_json(call.service, call.account)


def _in_range(ms: int) -> int:
    if not 0 <= ms <= LATEST:
        raise ControlError("bad-request", "the time must be between the years 1970 and 9999")
    return ms


def _transitions(
    service: FakeService, accounts: list[Account], before: int, after: int
) -> list[dict[str, Any]]:
    """What a poll would have seen change from ``before`` to ``after``, in order of time."""
    found: list[tuple[int, int, dict[str, Any]]] = []
    for account in accounts:
        statuses = service.rules_for(account.id).profile.statuses
        for job in service.store.unfinished(account.id, before):
            # Of several at one instant a poll sees the last.
            seen: dict[int, Moment] = {moment.at: moment for moment in moments(job)}
            for at, moment in seen.items():
                if before < at <= after:
                    transition = {
                        "hash": job.hash,
                        "account": account.username,
                        "at": timestamp(at),
                        "state": moment.state.value,
                        "status": statuses[moment.state],
                        "progress": moment.progress,
                    }
                    found.append((at, job.id, transition))
    found.sort(key=lambda each: each[:2])
    return [transition for _, _, transition in found]
