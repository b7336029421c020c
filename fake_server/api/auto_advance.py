"""``--clock auto``: a poll moves time, so that a polling client waits for nothing.

Each poll takes the account's clock half-way to its next transition, or from there on to it: every
state is seen at least once, and the end is reached in a few polls.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..jobs.lifecycle import Job, moments
from ..service import FakeService
from ..store.account import Account


def poll(service: FakeService, account: Account) -> None:
    """Move the account's time on, if its clock is an automatic one.

    A clock that is moved so becomes the account's own: no other account's poll moves it.
    """
    with service.store.turn():
        state = service.clocks.state(account.id)
        now = service.clocks.now(account.id)
        following = _next(service, account, now)
        if not state.auto or following is None:
            return
        before, after = following
        middle = before + (after - before) // 2
        to = middle if now < middle else after
        service.set_clock(account, state.set(service.clocks.wall(), to))


def wait_for(service: FakeService, account: Account, at: int) -> None:
    """Move an automatic clock half-way to ``at`` (ms), when a picture will be ready.

    Used when a client requests one that is not ready yet.
    """
    if not service.clocks.state(account.id).auto:
        return
    with service.store.turn():
        state = service.clocks.state(account.id)
        now = service.clocks.now(account.id)
        if state.auto and now < at:
            service.set_clock(
                account, state.set(service.clocks.wall(), now + max((at - now) // 2, 1000))
            )


def _next(service: FakeService, account: Account, now: int) -> tuple[int, int] | None:
    """The last instant at or before ``now``, and the next one, at which something happens."""
    before = after = None
    jobs = service.store.unfinished(account.id, now)
    if service.store.counts(account.id).visible > now:  # a job may have ended before it is found
        jobs += [job for job in service.store.jobs(account.id) if (job.visible or 0) > now]
    for job in jobs:
        for at in _instants(job):
            if at <= now:
                before = at if before is None else max(before, at)
            else:
                after = at if after is None else min(after, at)
    if after is None:
        return None
    return (now if before is None else before), after


def _instants(job: Job) -> Iterator[int]:
    yield from (moment.at for moment in moments(job))
    if job.visible is not None:
        yield job.visible
