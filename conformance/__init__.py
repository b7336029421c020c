"""The conformance kit: which sentences of the API page does a server obey, which does it break?

``run(url, username=…, password=…)`` checks a server and returns a report; ``sampan check URL``
does the same from a shell. The kit shares ``openapi/`` with the fake and no code. See
``checks/__init__.py`` to write a check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

if __name__ != "sampan.conformance":  # a second copy of every module would have its own registry
    raise ImportError("import sampan.conformance")

if TYPE_CHECKING:
    from .generated.machine import ApiMachine
    from .report import Report
    from .settings import RunRequest

__all__ = ["ApiMachine", "run"]


def run(url: str, **options: Unpack[RunRequest]) -> Report:
    """Check the server at ``url``. The options are the flags of ``sampan check`` with underscores:
    ``budget_jobs``, ``only``; ``settings.RunRequest`` lists them all.

    Raises ``ValueError`` (``SettingsError``, ``TargetError``, ``SelectionError``) if the run can't
    start. What the server does wrong is in the report.
    """
    from .runner.run import run as run_checks
    from .settings import run_options

    return run_checks(run_options(url, options))


def __getattr__(name: str) -> Any:
    """``ApiMachine`` imports Hypothesis, which nothing else needs."""
    if name != "ApiMachine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .generated.machine import ApiMachine

    return ApiMachine
