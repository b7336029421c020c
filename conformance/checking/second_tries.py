"""What follows for other requirements where a job was refused and a stand-in was accepted."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..shared_jobs.catalogue import BEYOND_ASCII
from ..shared_jobs.evidence import Evidence
from ..verdict import Verdict


def refused_script(evidence: Evidence) -> Iterator[Finding]:
    """Text in any script is accepted (GEN-5), and is whole in the record (CREATE-5)."""
    if evidence.cause("grid") != BEYOND_ASCII:
        return
    job, other = evidence.original("grid"), evidence.trace("grid")
    message = f"createJob refuses {BEYOND_ASCII}; the same prompt in English alone is accepted"
    shown = (*job.exhibits(), *other.exhibits())
    for id, expected in (("GEN-5", "errno 0"), ("CREATE-5", "a record with the whole prompt")):
        yield Finding(id, Verdict.FAIL, message, expected, job.submission.summary(), shown)
