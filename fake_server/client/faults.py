"""Calls and jobs that go wrong on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import quote

from .control_call import Control, Document

if TYPE_CHECKING:
    from ..armed.faults import FaultType


class Terms(TypedDict, total=False):
    """The requests that a fault acts on, when, and with what.

    ``operation`` and ``path`` (``*`` for any characters) say which match; ``delay`` is in
    milliseconds, or a distribution as ``admin.yaml`` describes them.
    """

    operation: str
    path: str
    errno: int
    status: int
    delay: int | Mapping[str, Any]
    times: int
    skip: int
    probability: float
    seed: int


class FaultControl(Control):
    """Faults act on requests, scenarios on jobs."""

    def fault(self, type: FaultType, **terms: Unpack[Terms]) -> Document:
        """Arm a fault: ``fault("ERRNO", errno=501, operation="createJob", times=1)``.

        Answers with it; its ``id`` disarms it, its ``applied`` counts.
        """
        rest: dict[str, Any] = dict(terms)
        match: Document = {key: rest.pop(key) for key in ("operation", "path") if key in rest}
        if self.username is not None:
            match["account"] = self.username
        return self.call("POST", "/faults", {"type": type, "match": match, **rest})

    def faults(self) -> list[Document]:
        """The faults that were armed, oldest first."""
        found: list[Document] = self.scoped("GET", "/faults")["faults"]
        return found

    def armed_fault(self, id: str) -> Document:
        """One fault, and how often it matched and applied."""
        return self.call("GET", f"/faults/{quote(id, safe='')}")

    def disarm(self, id: str) -> None:
        """Disarm one fault."""
        self.call("DELETE", f"/faults/{quote(id, safe='')}")

    def disarm_faults(self) -> int:
        """Disarm all faults; how many there were."""
        return _deleted(self.scoped("DELETE", "/faults"))

    def scenario(
        self, scenario: str, argument: int | None = None, *, times: int | None = None
    ) -> Document:
        """Apply a scenario to the next ``times`` submissions, or to all from now on."""
        given = {"scenario": scenario, "argument": argument, "times": times}
        return self.scoped("POST", "/scenarios", given)

    def scenarios(self) -> Document:
        """Every scenario with its marker (``scenarios``), and those that are ``armed``."""
        return self.scoped("GET", "/scenarios")

    def disarm_scenarios(self) -> int:
        """Disarm all scenarios; how many there were."""
        return _deleted(self.scoped("DELETE", "/scenarios"))


def _deleted(answer: Document) -> int:
    count: int = answer["deleted"]
    return count
