"""From flags, environment and defaults to the options of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .http.gate import checked_target, is_loopback
from .http.session import Credentials, Options

#: Flag stem, environment stem.
ROLES = {"first": "", "second": "second", "limited": "limited"}


class SettingsError(ValueError):
    """The flags and the environment do not make a run: says what is missing."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What a person asked for; ``None`` where nothing was said.

    ``jobs``: a number, or ``"unlimited"``. ``credentials``: role (first, second, limited) to
    username and password, each perhaps ``None``.
    """

    target: str
    credentials: Mapping[str, tuple[str | None, str | None]]
    jobs: int | str | None = None
    rate: float | None = None
    timeout: float = 10.0
    job_timeout: float | None = None
    max_minutes: float | None = None
    allow_plain_http: bool = False
    only: tuple[str, ...] = ()
    exhaustive: bool = False
    seed: int | None = None


def options(asked: Asked, environment: Mapping[str, str] | None = None) -> Options:
    """Fill in environment and defaults. Raises ``SettingsError``, or ``TargetError``
    of the gate.

    On loopback jobs cost nothing: any number, as fast as it goes. Elsewhere none unless
    ``jobs`` says so, and five requests a second.
    """
    environment = os.environ if environment is None else environment
    target = checked_target(asked.target, allow_plain_http=asked.allow_plain_http)
    local = is_loopback(target)
    jobs = _jobs(asked.jobs, local)
    if asked.exhaustive and jobs is not None:
        raise SettingsError("--exhaustive sends more than can be counted: --budget-jobs unlimited")
    job_timeout = asked.job_timeout
    return Options(
        target,
        _accounts(asked.credentials, environment),
        jobs,
        asked.rate or (None if local else 5.0),
        asked.timeout,
        job_timeout if job_timeout is not None else (60.0 if local else 300.0),
        asked.max_minutes,
        asked.allow_plain_http,
        asked.only,
        asked.exhaustive,
        asked.seed if asked.seed is not None else int.from_bytes(os.urandom(4), "big"),
    )


def variables(role: str) -> tuple[str, str]:
    """``SAMPAN_SECOND_USERNAME`` and ``SAMPAN_SECOND_PASSWORD`` for the second account."""
    stem = f"{ROLES[role]}_".lstrip("_").upper()
    return f"SAMPAN_{stem}USERNAME", f"SAMPAN_{stem}PASSWORD"


def _jobs(asked: int | str | None, local: bool) -> int | None:
    if asked is None:
        return None if local else 0
    if asked == "unlimited":
        return None
    try:
        jobs = int(asked)
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise SettingsError(f"--budget-jobs is a number of jobs or “unlimited”, not {asked!r}")
    return jobs


def _accounts(
    given: Mapping[str, tuple[str | None, str | None]], environment: Mapping[str, str]
) -> dict[str, Credentials]:
    found: dict[str, Credentials] = {}
    for role in ROLES:
        username, password = given.get(role, (None, None))
        name_variable, password_variable = variables(role)
        username = username or environment.get(name_variable)
        password = password or environment.get(password_variable)
        if username and password:
            found[role] = Credentials(username, password)
        elif username or password:
            lacking = password_variable if username else name_variable
            raise SettingsError(f"the {role} account is half given: set {lacking}")
    if "first" not in found:
        raise SettingsError(
            "no account to log in with: set SAMPAN_USERNAME and SAMPAN_PASSWORD"
            " (sampan serve has abc and abc-secret, unless told otherwise)"
        )
    return found
