"""Whose turn it is: what many clients want at once is done little by little, in turns.

A client may send thousands of requests without waiting for an answer, and thousands of clients may
leave at once. A round of the event loop does a little for a few of them, and is over in
milliseconds; so whoever sends one request and waits for its answer has it after a few rounds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import uvicorn

#: After how long (s) a turn ends in which something is parsed.
TURN = 0.001
#: How many connections have such a turn in a round of the loop, and how many are ended.
_PARSED, _ENDED = 2, 32


class Turns:
    """Those that wait for their turn, so many of whom have it in a round."""

    def __init__(self, per_round: int) -> None:
        self._per_round = per_round
        self._waiting: deque[Callable[[], object]] = deque()
        self._scheduled = False

    def wait(self, loop: asyncio.AbstractEventLoop, turn: Callable[[], object]) -> None:
        """Have ``turn`` called, after those that wait already."""
        self._waiting.append(turn)
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._round, loop)

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(self._per_round, len(self._waiting))):
            # What one of them raises is the loop's to report, and ends nobody else's turn.
            loop.call_soon(self._waiting.popleft())
        self._scheduled = len(self._waiting) > 0
        if self._scheduled:
            loop.call_soon(self._round, loop)


class Config(uvicorn.Config):
    """uvicorn's, with what the fake needs and nothing else, and what all its connections share."""

    def __init__(self, app: Any, **more: Any) -> None:
        super().__init__(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            **more,
        )
        self.parsing, self.ending = Turns(_PARSED), Turns(_ENDED)
