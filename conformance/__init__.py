"""The conformance kit: which sentences of the API page does a server obey, which does it break?

``run(url, username=…, password=…)`` checks a server and returns a report; ``sampan check URL``
does the same from a shell. The kit shares ``openapi/`` with the fake and no code. See
``checks/__init__.py`` to write a check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if __name__ != "sampan.conformance":  # a second copy of every module would have its own registry
    raise ImportError("import sampan.conformance")

if TYPE_CHECKING:
    from .report import Report

__all__ = ["run"]


def run(
    url: str,
    *,
    username: str | None = None,
    password: str | None = None,
    second_username: str | None = None,
    second_password: str | None = None,
    limited_username: str | None = None,
    limited_password: str | None = None,
    budget_jobs: int | str | None = None,
    rate: float | None = None,
    timeout: float = 10.0,
    job_timeout: float | None = None,
    max_minutes: float | None = None,
    allow_plain_http: bool = False,
    only: tuple[str, ...] = (),
    exhaustive: bool = False,
    seed: int | None = None,
) -> Report:
    """Check the server at ``url``; parameters, environment and defaults are those of the flags.

    Raises ``ValueError`` (``SettingsError``, ``TargetError``, ``SelectionError``), with what is
    wrong in words, if it can't run; for what the server does there are verdicts.
    """
    from . import settings
    from .runner.run import run as run_checks

    asked = settings.Asked(
        url,
        {
            "first": (username, password),
            "second": (second_username, second_password),
            "limited": (limited_username, limited_password),
        },
        budget_jobs,
        rate,
        timeout,
        job_timeout,
        max_minutes,
        allow_plain_http,
        only,
        exhaustive,
        seed,
    )
    return run_checks(settings.options(asked))
