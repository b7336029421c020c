"""The files that a report can be written to: a module and a row of ``REPORTS`` each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..contract import Contract
    from ..report import Report


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """``--name FILE`` of ``sampan check``. The module ``name`` of this package has the function
    ``render(report, contract)`` and is imported when it is needed."""

    name: str
    help: str

    def render(self, report: Report, contract: Contract) -> str:
        """The text of the file."""
        text: str = import_module(f"{__name__}.{self.name}").render(report, contract)
        return text


REPORTS = (
    ReportFormat("json", "Write the report as JSON."),
    ReportFormat("junit", "Write the report as JUnit XML."),
    ReportFormat("html", "Write the report as one HTML page."),
    ReportFormat("learn", "Write the answers to open questions as a profile."),
)
