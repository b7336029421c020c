"""Waiting across threads: no ring is lost, and nobody waits who need not."""

from __future__ import annotations

import asyncio
import threading

from sampan.fake_server.clock.notifier import Bell


def test_a_ring_between_looking_and_waiting_is_heard() -> None:
    bell = Bell()
    since = bell.rung
    bell.ring()
    assert asyncio.run(bell.heard(since))


def test_without_a_ring_time_runs_out() -> None:
    bell = Bell()
    assert not asyncio.run(bell.heard(bell.rung, 0.01))


def test_a_ring_from_another_thread_is_heard() -> None:
    bell = Bell()
    ringer = threading.Timer(0.02, bell.ring)
    ringer.start()
    assert asyncio.run(bell.heard(bell.rung, 30))
    ringer.join()


def test_one_ring_wakes_everybody() -> None:
    async def wait() -> list[bool]:
        bell = Bell()
        waits = [asyncio.create_task(bell.heard(bell.rung, 30)) for _ in range(5)]
        await asyncio.sleep(0)
        bell.ring()
        return await asyncio.gather(*waits)

    assert asyncio.run(wait()) == [True] * 5


def test_a_waiter_that_gave_up_with_its_loop_harms_no_one() -> None:
    bell = Bell()

    async def give_up() -> None:
        waiting = asyncio.create_task(bell.heard(bell.rung))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    bell.ring()


def test_no_ring_is_lost_between_two_threads() -> None:
    """Two threads take turns, each waiting for the other's step."""
    bells, steps = (Bell(), Bell()), [0, 0]

    async def take_turns(own: int) -> None:
        other = 1 - own
        for step in range(1, 1001):
            since = bells[other].rung
            while steps[other] < step - (own == 0):
                assert await bells[other].heard(since, 30)
                since = bells[other].rung
            steps[own] = step
            bells[own].ring()

    second = threading.Thread(target=lambda: asyncio.run(take_turns(1)))
    second.start()
    asyncio.run(take_turns(0))
    second.join()
    assert steps == [1000, 1000]
