"""Waiting across threads: no ring is lost, and nobody waits who need not."""

from __future__ import annotations

import asyncio
import threading

from sampan.fake_server.clock.notifier import Notifier


def test_a_ring_between_looking_and_waiting_is_heard() -> None:
    notifier = Notifier()
    since = notifier.version
    notifier.notify()
    assert asyncio.run(notifier.wait(since))


def test_without_a_ring_time_runs_out() -> None:
    notifier = Notifier()
    assert not asyncio.run(notifier.wait(notifier.version, 0.01))


def test_a_ring_from_another_thread_is_heard() -> None:
    notifier = Notifier()
    timer = threading.Timer(0.02, notifier.notify)
    timer.start()
    assert asyncio.run(notifier.wait(notifier.version, 30))
    timer.join()


def test_one_ring_wakes_everybody() -> None:
    async def wait() -> list[bool]:
        notifier = Notifier()
        waits = [asyncio.create_task(notifier.wait(notifier.version, 30)) for _ in range(5)]
        await asyncio.sleep(0)
        notifier.notify()
        return await asyncio.gather(*waits)

    assert asyncio.run(wait()) == [True] * 5


def test_a_waiter_that_gave_up_with_its_loop_harms_no_one() -> None:
    notifier = Notifier()

    async def give_up() -> None:
        waiting = asyncio.create_task(notifier.wait(notifier.version))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    notifier.notify()


def test_no_ring_is_lost_between_two_threads() -> None:
    """Two threads take turns, each waiting for the other's step."""
    notifiers, steps = (Notifier(), Notifier()), [0, 0]

    async def take_turns(own: int) -> None:
        other = 1 - own
        for step in range(1, 1001):
            since = notifiers[other].version
            while steps[other] < step - (own == 0):
                assert await notifiers[other].wait(since, 30)
                since = notifiers[other].version
            steps[own] = step
            notifiers[own].notify()

    second = threading.Thread(target=lambda: asyncio.run(take_turns(1)))
    second.start()
    asyncio.run(take_turns(0))
    second.join()
    assert steps == [1000, 1000]
