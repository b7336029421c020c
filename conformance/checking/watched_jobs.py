"""What the looks at running jobs can show, and what they may have missed.

A poll shows a job at an instant. What lasted for less than the time between two looks may never
have been seen, so nothing is concluded from looks that leave out much of a job's time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from ..json_access import Record, brief, text
from ..shared_jobs.trace import FINISHED, JobTrace, Sighting
from .context import Context

#: How much of a job's time the looks at all jobs together may leave out at one place.
_MOST_UNSEEN = 0.2


def accepted_jobs(ctx: Context) -> list[JobTrace]:
    """The jobs that a find has returned; ends the check if the first grid was not accepted."""
    ctx.evidence.accepted("grid")
    return [one for one in ctx.evidence.traces() if one.accepted and one.last is not None]


def under_way(job: JobTrace) -> list[Record]:
    """The records seen of a job before its end; of one that failed, those before it did."""
    if not job.seems_failed:
        return job.pending
    return [one for one in job.pending if text(one, "error") is None]


def went_through(jobs: Iterable[JobTrace]) -> bool:
    """Whether any of them finished: one that failed may have done so in the queue, before it had
    what others have while they run."""
    return any(job.finished for job in jobs)


def not_whole(jobs: Iterable[JobTrace], key: str) -> str:
    """What the looks may have missed of ``key`` before the end; empty if nothing that lasted.

    Jobs are taken to go alike, so that a look at one fills a gap between two looks at another.
    """
    jobs = list(jobs)
    phases = sorted({0.0, 1.0, *(phase for job in jobs for phase in _phases(job))})
    unseen = max(after - before for before, after in pairwise(phases))
    if unseen > _MOST_UNSEEN:
        return f"no look fell into {unseen:.0%} of a job's time"
    values = Counter(brief(record.get(key)) for job in jobs for record in under_way(job))
    once = [value for value, count in values.items() if count == 1]
    if key == "status" and once:
        return f"status {', '.join(once)} was seen in one look only, and others may be as short"
    return ""


def _phases(job: JobTrace) -> Iterator[float]:
    """Where in the job's time, from 0 to 1, a look fell that shows its state there."""
    end = next((one for one in job.sightings if _is_last(job, one)), None)
    if end is None:
        return
    length = _instant(end)
    for one in job.sightings:
        # A slow answer leaves open when the server looked.
        if one.record is not None and one.answer.exchange.elapsed < _MOST_UNSEEN * length:
            yield min(_instant(one) / length, 1.0)


def _instant(look: Sighting) -> float:
    return look.at + look.answer.exchange.elapsed / 2


def _is_last(job: JobTrace, look: Sighting) -> bool:
    if look.record is None:
        return False
    failed = job.seems_failed and text(look.record, "error") is not None
    return failed or look.record.get("status") == FINISHED


def orders(jobs: Iterable[JobTrace], value: Callable[[Record], object]) -> list[list[object]]:
    """The distinct values of each job in the order in which they were seen, repeats included."""
    found = []
    for job in jobs:
        values = [value(record) for record in under_way(job)]
        found.append(values[:1] + [b for a, b in pairwise(values) if a != b])
    return found
