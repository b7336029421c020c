"""Paging back through an account's records, against what is known of them (FIND-14)."""

from __future__ import annotations

from ..http.exchange import Answer
from ..json_access import millis, text
from ..rules.refusals import SentRequest
from .player import Player

_PAGES = 8


def page(player: Player, role: str, size: int) -> None:
    """Back to the oldest own job that is known: each on the way is there once."""
    if player.model.unit != 1:
        return  # a cursor in seconds cuts through the jobs of a second
    seen: dict[str, int] = {}
    ends: set[int] = set()
    known = [one for one in player.model.of(role) if millis(one.last) is not None]
    answer = player.ask(role, {"limit": size})
    newest = max(_times(answer), default=None)
    for _ in range(_PAGES):
        times = _times(answer)
        if times != sorted(times, reverse=True) or not times:
            break
        for record in answer.records:
            hash = text(record, "hash") or ""
            seen[hash] = seen.get(hash, 0) + 1
        ends.add(times[-1])
        answer = player.ask(role, {"limit": size, "timestamp_smaller_than": times[-1]})
    sent = SentRequest("findJobs", role, {"limit": size}, b"")
    if any(count > 1 for count in seen.values()):
        what = "paging backwards shows a record twice"
        player.report(("FIND-14", what, "once"), answer, sent)
    if not ends or newest is None:
        return
    for job in known:
        time = millis(job.last) or 0
        # Jobs of the very millisecond at which a page ends may be cut off by it.
        if min(ends) < time <= newest and time not in ends and job.hash not in seen:
            what = "paging backwards passes over a record"
            player.report(("FIND-14", what, "each"), answer, sent)


def _times(answer: Answer) -> list[int]:
    return [time for one in answer.records if (time := millis(one)) is not None]
