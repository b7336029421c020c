"""Who waits for another process costs a look in an interval, however many they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from sampan.fake_server.clock import real_time, shared_notifier
from sampan.fake_server.clock.shared_notifier import SharedNotifier
from sampan.fake_server.journal.journal import RequestMatch
from sampan.fake_server.service import FakeService
from tests.support.stores.pairs import Pair

Wait = Callable[[FakeService], Awaitable[object]]
WAITERS = 40


def _delay(service: FakeService) -> Awaitable[object]:
    return service.clocks.reached(None, service.clocks.now() + 3_600_000)


def _request(service: FakeService) -> Awaitable[object]:
    return service.journal.wait(RequestMatch(operation="listJobs", since=10**6), 1, 60)


def _change(service: FakeService) -> Awaitable[object]:
    return service.control.wait(service.control.version, 60)


def _real(service: FakeService) -> Awaitable[object]:
    return real_time.reached(real_time.seconds() + 60)


async def _look_on(service: FakeService, wait: Wait, seconds: float) -> None:
    waits = [asyncio.ensure_future(wait(service)) for _ in range(WAITERS)]
    await asyncio.sleep(seconds)
    assert not any(each.done() for each in waits)
    for each in waits:
        each.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


@pytest.mark.parametrize("waits", [(_delay,), (_request,), (_change,), (_delay, _change), (_real,)])
def test_all_who_wait_have_one_look(
    pair: Pair, waits: tuple[Wait, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_notifier, "INTERVAL", 0.1)
    service = pair.one.app.service
    looked: list[float] = []

    def counted(look: Callable[[], object]) -> None:
        looked.append(real_time.seconds())
        look()

    for notifier in (service.clocks.changed, service.journal.changed):
        assert isinstance(notifier, SharedNotifier)
        looks = notifier._looks
        monkeypatch.setattr(looks, "_look", partial(counted, looks._look))

    async def all_wait() -> None:
        await asyncio.gather(*(_look_on(service, wait, 0.5) for wait in waits))

    asyncio.run(all_wait())
    assert len(looked) <= (0 if waits == (_real,) else 6)


def test_a_waiter_hears_of_what_another_reader_has_read(pair: Pair) -> None:
    """The journal was read to its end meanwhile: the look finds nothing new in it."""
    _, there = pair.abc()
    journal = pair.one.app.service.journal
    match = RequestMatch(operation="findJobs")

    async def wait() -> float:
        waiting = asyncio.ensure_future(journal.wait(match, 1, 20))
        await asyncio.sleep(0)
        await asyncio.to_thread(there.find)
        journal.find(match)
        began = real_time.seconds()
        assert len(await waiting) == 1
        return real_time.seconds() - began

    assert asyncio.run(wait()) < 10
