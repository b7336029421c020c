"""The options of a run: one table, and what a run makes of it, the environment and the defaults."""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, get_type_hints

from .target import TargetError, checked_target, is_loopback

if TYPE_CHECKING:
    from .shared_jobs.earlier import EarlierReport

#: Generated requests of every whole run on this machine, and of ``--exhaustive``.
GENERATED, EXHAUSTIVE = 30, 2000
#: Bounds of every number.
_LEAST, _MOST = 1e-6, 1e6

ROLES = ("first", "second", "limited")


class SettingsError(ValueError):
    """An option is invalid or missing; the text names it."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text that is not empty")
    return value


def _positive(value: object) -> float:
    number = math.nan
    # Python reads more than a number: 1_0, and the digits of every script.
    odd = isinstance(value, str) and (not value.isascii() or "_" in value)
    if isinstance(value, int | float | str) and not isinstance(value, bool) and not odd:
        with contextlib.suppress(ValueError, OverflowError):
            number = float(value)
    # nan and infinity are no limits; within these bounds no sum and no wait overflows.
    if not _LEAST <= number <= _MOST:
        raise ValueError("a number above 0 (0.000001 to 1000000)")
    return number


def _integer(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,30}", value.strip()):
        return int(value)
    # Python writes no number of thousands of digits, and a report has to.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return value
    raise ValueError("an integer of at most 30 digits")


def _count(value: object) -> int:
    count = _integer(value)
    if not 0 <= count <= _MOST:
        raise ValueError("a number of requests, 0 to 1000000")
    return count


def _jobs(value: object) -> int | None:
    if value == "unlimited":
        return None
    try:
        jobs = _integer(value)
    except ValueError:
        jobs = -1
    if jobs < 0:
        raise ValueError("a number of jobs or “unlimited”")
    return jobs


def _ids(value: object) -> tuple[str, ...]:
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, tuple | list) or not all(isinstance(one, str) for one in several):
        raise ValueError("an id or several")
    return tuple(several)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


#: The parsers behind the types that stand for a kind of option.
_STRICT: Mapping[object, Callable[[object], object]] = {str: _text, bool: _switch, tuple: _ids}


@dataclass(frozen=True, slots=True)
class Option:
    """How an option is documented and validated.

    ``parse`` takes the text of a command line or a value from Python, and raises ``ValueError``
    with what the value must be; ``bool`` makes a flag, ``tuple`` an option that may be repeated.
    ``pytest`` is its name after ``--sampan-``; pytest lacks those without.
    """

    help: str
    parse: Callable[[Any], object] = str
    metavar: str = "TEXT"
    pytest: str = ""

    def value(self, given: object) -> object:
        """What is given, validated. Raises ``ValueError``."""
        parse: Callable[[object], object] = _STRICT.get(self.parse, self.parse)
        return parse(given)


def _earlier(value: object) -> EarlierReport:
    from .shared_jobs.earlier import read_earlier

    return read_earlier(str(value))


_HIDDEN = "which other users of this machine can't see."

_Text = str | None
_Number = float | None


class RunRequest(TypedDict, total=False):
    """What a caller may ask of a run. A key is a parameter of ``run()`` and a flag of
    ``sampan check``; ``None`` stands for an option that was not given."""

    username: Annotated[_Text, Option("The account, or SAMPAN_USERNAME.")]
    password: Annotated[_Text, Option(f"Or SAMPAN_PASSWORD, {_HIDDEN}")]
    second_username: Annotated[_Text, Option("Another account, or SAMPAN_SECOND_USERNAME.")]
    second_password: Annotated[_Text, Option(f"Or SAMPAN_SECOND_PASSWORD, {_HIDDEN}")]
    limited_username: Annotated[
        _Text, Option("An account without a plan, or SAMPAN_LIMITED_USERNAME.")
    ]
    limited_password: Annotated[_Text, Option(f"Or SAMPAN_LIMITED_PASSWORD, {_HIDDEN}")]
    budget_jobs: Annotated[
        int | str | None,
        Option(
            "Jobs that may be spent; by default 0, or unlimited if the server is on this machine.",
            _jobs,
            "N|unlimited",
            "budget-jobs",
        ),
    ]
    rate: Annotated[
        _Number,
        Option(
            "Requests a second; by default 5, or no limit on this machine.", _positive, "N", "rate"
        ),
    ]
    timeout: Annotated[
        _Number,
        Option(
            "Limit for one request and its whole answer; by default 10.",
            _positive,
            "SECONDS",
            "timeout",
        ),
    ]
    job_timeout: Annotated[
        _Number,
        Option(
            "Limit for one job; by default 300, or 60 on this machine.",
            _positive,
            "SECONDS",
            "job-timeout",
        ),
    ]
    max_minutes: Annotated[
        _Number,
        Option("Limit for the whole run; by default none.", _positive, "MINUTES", "max-minutes"),
    ]
    only: Annotated[
        tuple[str, ...],
        Option(
            "Run a section (FIND), a requirement (UP-1) or a question; repeatable.", tuple, "ID"
        ),
    ]
    skip: Annotated[
        tuple[str, ...],
        Option("Leave out a section, a requirement or a question; repeatable.", tuple, "ID"),
    ]
    gentle: Annotated[
        bool,
        Option(
            "Send nothing that could alarm an operator: no wrong login, forged token, malformed"
            " request or large body.",
            bool,
            "",
            "gentle",
        ),
    ]
    reuse: Annotated[
        str | None,
        Option(
            "Use the finished jobs of an earlier --json report again; they cost nothing.",
            _earlier,
            "REPORT",
        ),
    ]
    generate: Annotated[
        int | None,
        Option(
            f"Send N generated requests too; by default {GENERATED}, or 0 off this machine.",
            _count,
            "N",
            "generate",
        ),
    ]
    exhaustive: Annotated[bool, Option(f"The same as --generate {EXHAUSTIVE}.", bool)]
    seed: Annotated[
        int | None, Option("Repeat the random choices of a run.", _integer, "N", "check-seed")
    ]
    allow_plain_http: Annotated[
        bool,
        Option("Send credentials without TLS to other machines.", bool, "", "allow-plain-http"),
    ]
    allow_private_links: Annotated[
        bool,
        Option(
            "Fetch pictures that another machine links to in private networks.",
            bool,
            "",
            "allow-private-links",
        ),
    ]


OPTIONS: Mapping[str, Option] = {
    name: hint.__metadata__[0]
    for name, hint in get_type_hints(RunRequest, include_extras=True).items()
}


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run, complete and valid.

    ``jobs``: how many may be spent, ``None`` for any number. ``timeout`` (one request) and
    ``job_timeout`` (one job) in seconds, ``rate`` in requests a second. ``generate``: how many
    requests are generated; ``sampled``: by default, so that they start no job and import nothing.
    """

    target: str
    accounts: Mapping[str, Credentials] = field(default_factory=dict)
    jobs: int | None = 0
    rate: float | None = None
    timeout: float = 10.0
    job_timeout: float = 300.0
    max_minutes: float | None = None
    allow_plain_http: bool = False
    allow_private_links: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    gentle: bool = False
    reuse: EarlierReport | None = None
    generate: int = 0
    sampled: bool = False
    seed: int = 0

    @property
    def asked_for(self) -> int:
        """How many generated requests were asked for; 0 where they are sent by default."""
        return 0 if self.sampled else self.generate


def flag(name: str) -> str:
    """``--budget-jobs`` for ``budget_jobs``."""
    return f"--{name.replace('_', '-')}"


def run_options(
    target: str,
    request: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    spelling: Callable[[str], str] = flag,
    *,
    dry_run: bool = False,
) -> RunOptions:
    """Validate a request and fill in the environment and the defaults.

    On loopback, jobs and rate are unlimited. Elsewhere the defaults spend no job and send five
    requests a second. ``spelling`` is the name of an option in an error message. A
    ``dry_run`` sends nothing, and needs neither an account nor TLS. Raises
    ``SettingsError``, or ``TargetError`` for the URL.
    """
    environment = os.environ if environment is None else environment
    if not isinstance(target, str):
        raise TargetError("the URL of an API is a text")
    given = _parsed(request, spelling)
    plain_http = given.get("allow_plain_http", False)
    target = checked_target(target, allow_plain_http=plain_http or dry_run)
    local = is_loopback(target)
    jobs = given.pop("budget_jobs", None if local else 0)
    if given.pop("exhaustive", False):
        given.setdefault("generate", EXHAUSTIVE)
    if "generate" not in given and local and not given.get("only"):
        given |= {"generate": GENERATED, "sampled": True}
    accounts = _accounts(given, environment)
    if "first" not in accounts:
        if not dry_run:
            raise SettingsError(
                "no account to log in with: set SAMPAN_USERNAME and SAMPAN_PASSWORD"
                " (sampan serve has the account abc with the password abc-secret by default)"
            )
        accounts["first"] = Credentials("", "")
    defaults = {
        "rate": None if local else 5.0,
        "job_timeout": 60.0 if local else 300.0,
        "seed": int.from_bytes(os.urandom(4), "big"),
    }
    earlier: EarlierReport | None = given.get("reuse")
    if earlier is not None:
        if earlier.target != target:
            raise SettingsError(f"{spelling('reuse')}: the report is of {earlier.target}")
        # The prompts of its jobs hold a word that is made from the seed.
        given["seed"] = earlier.seed
    return RunOptions(target, accounts, jobs, **(defaults | given))


def _parsed(request: Mapping[str, object], spelling: Callable[[str], str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in request.items():
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}")
        if value is None:
            continue
        try:
            given[name] = OPTIONS[name].value(value)
        except ValueError as problem:
            number = isinstance(value, int) and abs(value) >= 10**30
            shown = "a longer one" if number else f"{value!r:.60}"
            shown = "***" if name.endswith("password") else shown
            raise SettingsError(f"{spelling(name)} must be {problem}, not {shown}") from None
    return given


def variables(role: str) -> tuple[str, str]:
    """``SAMPAN_SECOND_USERNAME`` and ``SAMPAN_SECOND_PASSWORD`` for the second account."""
    username, password = _parameters(role)
    return f"SAMPAN_{username.upper()}", f"SAMPAN_{password.upper()}"


def token_variable(role: str) -> str:
    """``SAMPAN_SECOND_TOKEN`` for the second account, which a person sets to repeat a request."""
    return variables(role)[1].replace("PASSWORD", "TOKEN")


def _parameters(role: str) -> tuple[str, str]:
    stem = "" if role == "first" else f"{role}_"
    return f"{stem}username", f"{stem}password"


def _accounts(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Credentials]:
    """Take the credentials out of ``given``, or from the environment."""
    found: dict[str, Credentials] = {}
    for role in ROLES:
        names = zip(_parameters(role), variables(role), strict=True)
        username, password = (given.pop(name, None) or environment.get(var) for name, var in names)
        if username and password:
            found[role] = Credentials(username, password)
        elif username or password:
            lacking = variables(role)[1 if username else 0]
            raise SettingsError(f"the {role} account is incomplete: set {lacking}")
    known: dict[str, str] = {}
    for role, one in found.items():
        name = one.username.strip().casefold()
        if other := known.get(name):
            raise SettingsError(
                f"the {role} account must differ from the {other} account, {one.username!r}"
            )
        known[name] = role
    return found
