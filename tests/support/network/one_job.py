"""A server of one kind of job, whose records a test makes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.network.scripted import ReceivedRequest, http


class Jobs:
    """A server of one kind of job, whose records a test makes: ``record(age in looks)``."""

    def __init__(self, record: Callable[[int], dict[str, Any] | None]) -> None:
        self._record = record
        self._looks = itertools.count()
        self._lock = threading.Lock()

    def __call__(self, asked: ReceivedRequest) -> Iterable[bytes]:
        if asked.path == "/auth/login":
            return http({"errno": 0, "errmsg": "SUCCESS", "data": {"token": "a-token-of-someone"}})
        if asked.path != "/jobs/find":
            return http({"errno": 0, "errmsg": "OK", "data": "the-hash"})
        with self._lock:
            made = self._record(next(self._looks))
        records = [] if made is None else [{"hash": "the-hash", "timestamp": "1"} | made]
        return http(
            {"errno": 0, "errmsg": "SUCCESS", "data": {"res": records, "total": len(records)}}
        )
