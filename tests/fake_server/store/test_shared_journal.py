"""The journal of several processes, read while others write it, between any two statements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal.shared_journal import SharedJournal
from tests.support.stores.pairs import Data, Pair, between_reads

ANSWER = Response(200, b"{}", ((b"content-type", b"application/json"),))


def _requests(control: Any) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = control.get("requests")["requests"]
    return requests


def _taken(journal: SharedJournal, answer: Response | None = ANSWER) -> Exchange:
    """A request at another process, answered or not yet."""
    exchange = Exchange("GET", "/somewhere", [], account=1)
    if answer is None:
        journal.keep(exchange)
    else:
        journal.record(exchange, answer)
        journal.flush()
    return exchange


def _takes(journal: SharedJournal) -> Callable[[], object]:
    return partial(_taken, journal)


def _answers_later(journal: SharedJournal) -> Callable[[], object]:
    open_ones: list[Exchange] = []

    def act() -> None:
        if open_ones:
            journal.answered(open_ones.pop(), ANSWER)
        else:
            open_ones.append(_taken(journal, None))

    return act


def _clears(journal: SharedJournal) -> Callable[[], object]:
    """Delete all, or an account's, with every third request."""
    turns = count()

    def act() -> None:
        _taken(journal)
        if (turn := next(turns)) % 3 == 2:
            journal.clear(None if turn % 2 else 1)

    return act


@pytest.mark.parametrize("make", [_takes, _answers_later, _clears])
def test_each_request_is_read_once(
    pair: Pair, make: Callable[[SharedJournal], Callable[[], object]]
) -> None:
    pair.abc()
    journal = pair.other.app.service.journal
    assert isinstance(journal, SharedJournal)
    with between_reads(pair.one, make(journal)):
        for _ in range(6):
            ids = [each["id"] for each in _requests(pair.control)]
            assert ids == sorted(set(ids))
    assert _requests(pair.control) == _requests(pair.other_control)


def test_it_holds_as_much_as_it_should(data: Data) -> None:
    """What is too much is dropped when somebody reads, and once."""
    pair = Pair(data, journal_bytes=10_000)
    abc, there = pair.abc()
    for each in (abc, there) * 10:
        each.find()
    held = [
        [each["id"] for each in _requests(control)]
        for control in (pair.control, pair.other_control)
    ]
    assert held[0] == held[1] == list(range(22 - len(held[0]), 22))
    assert 0 < len(held[0]) < 7
    assert pair.control.get("requests")["lost"] == 21 - len(held[0])
    pair.close()


def test_an_answer_that_follows_counts_as_well(data: Data) -> None:
    pair = Pair(data, journal_bytes=10_000)
    pair.abc()
    journal = pair.other.app.service.journal
    assert isinstance(journal, SharedJournal)
    for _ in range(20):
        journal.answered(_taken(journal, None), Response(200, b"x" * 3000, ANSWER.headers))
    held = _requests(pair.control)
    assert [each["id"] for each in held] == [20, 21]
    assert held == _requests(pair.other_control)
    pair.close()
