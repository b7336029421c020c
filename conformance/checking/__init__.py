"""What a module of ``checks/`` is written with."""

from __future__ import annotations

from ..findings import Finding, Observation
from ..http.exchange import Answer
from ..shared_jobs.trace import JobTrace
from ..verdict import UnavailableError, Verdict
from .context import Context
from .registry import Phase, check, probe

__all__ = [
    "Answer",
    "Context",
    "Finding",
    "JobTrace",
    "Observation",
    "Phase",
    "UnavailableError",
    "Verdict",
    "check",
    "probe",
]
