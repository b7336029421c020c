"""The settings of ``sampan serve``, by keyword, for Python."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack, get_args

from .clock.clock import Wall, wall
from .http import urls
from .http.urls import Authority
from .journal.journal import MAX_BYTES
from .store.account import MAX_PASSWORD, AccountPlan, is_name
from .store.database_url import DatabaseUrl, database_url
from .suggestions import shown, suggest

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to begin with. ``plan`` ``none`` is refused submissions with 411."""

    username: str
    password: str = field(repr=False)
    plan: AccountPlan = "unlimited"


DEFAULT_ACCOUNTS = (
    NewAccount("abc", "abc-secret"),
    NewAccount("limited", "limited-secret", "none"),
)


@dataclass(frozen=True)
class Settings:
    """How a fake behaves. Times in ms.

    ``profile`` is the name of one that is shipped, or a file. ``data`` ``None`` keeps everything
    in memory; ``shared`` lets other processes use the file as well, as they may a database.
    ``external_url`` is where links start, whatever the request says of its host.
    ``journal_bytes`` bounds the journal. ``allow_hosts`` and ``allow_origins`` are whose requests
    the control API takes besides those of this machine's programs; ``cors`` are the pages that may
    use the API, ``*`` for any. ``from_har`` is a file of traffic whose accounts, jobs and failures
    the fake begins with; ``data`` must be a new file then.
    """

    profile: str = "documented"
    accounts: tuple[NewAccount, ...] = DEFAULT_ACCOUNTS
    open_accounts: bool = False
    job_ms: int = 2000
    seed: int | None = None
    data: Path | DatabaseUrl | None = None
    shared: bool = False
    strict: bool = False
    external_url: str | None = None
    clock: Literal["real", "auto"] = "real"
    markers: bool = True
    admin_token: str | None = field(default=None, repr=False)
    fast: bool = True
    journal_bytes: int = MAX_BYTES
    wall: Wall = wall
    allow_hosts: tuple[Authority, ...] = ()
    allow_origins: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    from_har: Path | None = None


class Options(TypedDict, total=False):
    """What ``sampan serve`` takes, by the same names: ``--job-seconds 2`` is ``job_seconds=2``.

    ``accounts`` is what ``--account`` is repeated for, each ``"name:password[:plan]"`` or a
    ``NewAccount``; ``markers=False`` is ``--no-markers``, ``fast=False`` ``--no-fast``. So are
    ``allow_hosts`` and ``allow_origins`` for their options; ``cors=True`` is ``--cors``, a list of
    origins is ``--cors ORIGIN`` repeated.
    """

    profile: str | os.PathLike[str]
    accounts: Iterable[str | NewAccount]
    open_accounts: bool
    job_seconds: float
    seed: int | None
    data: str | os.PathLike[str] | None
    shared: bool
    strict: bool
    external_url: str | None
    clock: Literal["real", "auto"]
    markers: bool
    admin_token: str | None
    fast: bool
    allow_hosts: Iterable[str]
    allow_origins: Iterable[str]
    cors: bool | Iterable[str]
    from_har: str | os.PathLike[str] | None


def settings(**options: Unpack[Options]) -> Settings:
    """The ``Settings`` that ``options`` mean.

    Raises ``TypeError`` on an unknown option, ``ValueError`` on an invalid value.
    """
    unknown = sorted(set(options) - Options.__annotations__.keys())
    if unknown:
        rest = suggest(unknown[0], Options.__annotations__, "valid options")
        raise TypeError(f"unknown option {unknown[0]!r}{rest}")
    given: dict[str, Any] = {"clock": "real", "job_seconds": 2.0, **options}
    job_seconds = given.pop("job_seconds")
    if not isinstance(job_seconds, int | float) or not 0 <= job_seconds <= 86_400:
        raise ValueError(f"job_seconds must be a number from 0 to 86400, not {job_seconds!r}")
    if given["clock"] not in ("real", "auto"):
        raise ValueError(f"clock must be 'real' or 'auto', not {given['clock']!r}")
    _check_kinds(given)
    for name, convert in _CONVERT.items():
        if given.get(name) is not None:
            given[name] = convert(given[name])
    return Settings(job_ms=round(job_seconds * 1000), **given)


#: Options that are on or off, and those that are text, or a path, or ``None``.
_SWITCHES = ("open_accounts", "shared", "strict", "markers", "fast")
_TEXTS = ("admin_token", "external_url")
_PATHS = ("profile", "data", "from_har")


def _check_kinds(given: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` on a value of another kind: ``markers="no"`` would be on."""
    for name, value in given.items():
        kind = type(value).__name__  # a text may hold a password
        if name in _SWITCHES and not isinstance(value, bool):
            raise ValueError(f"{name} must be True or False, not {shown(value)}")
        if value is None:
            continue
        if name == "seed" and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"seed must be a whole number, not {shown(value)}")
        if name in _TEXTS and not isinstance(value, str):
            raise ValueError(f"{name} must be text, not {kind}")
        if name in _PATHS and not isinstance(value, str | os.PathLike):
            raise ValueError(f"{name} must be text or a path, not {kind}")


def account(text: str) -> NewAccount:
    """``name:password`` or ``name:password:plan``. Raises ``ValueError``."""
    name, _, rest = text.partition(":")
    password, colon, plan = rest.partition(":")
    if not text.isprintable():
        raise ValueError("an account's name and password must be printable text in UTF-8")
    if not (name and password) or (colon and plan not in ("unlimited", "none")):
        # The text may hold a password, or be one: only what stands for a name is repeated.
        which = f"account {name!r}: " if name and ":" in text else ""
        raise ValueError(
            f"{which}an account has the form NAME:PASSWORD or NAME:PASSWORD:PLAN; PLAN is unlimited"
            " or none, and NAME and PASSWORD contain no colon"
        )
    return NewAccount(name, password, "none" if plan == "none" else "unlimited")


def _check_account(new: NewAccount) -> None:
    """Raise ``ValueError`` on an account that the control API would not create."""
    if not isinstance(new, NewAccount):
        kind = type(new).__name__  # the value may hold a password
        raise ValueError(
            f"an account is text such as 'abc:abc-secret' or a NewAccount, not a {kind}"
        )
    if not isinstance(new.username, str) or not is_name(new.username):
        raise ValueError(
            f"account {shown(new.username)}: a name has 1 to 200 characters, none of them a slash"
            " or a control character, and is not . or .., which clients take out of a path"
        )
    if not isinstance(new.password, str) or not 0 < len(new.password) <= MAX_PASSWORD:
        raise ValueError(
            f"account {new.username!r}: a password is text of 1 to {MAX_PASSWORD} characters"
        )
    if new.plan not in get_args(AccountPlan):
        raise ValueError(
            f"account {new.username!r}: a plan is unlimited or none, not {shown(new.plan)}"
        )


def _accounts(given: Iterable[str | NewAccount]) -> tuple[NewAccount, ...]:
    made: dict[str, NewAccount] = {}
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"accounts must be a list such as ['abc:abc-secret'], not {given!r}")
    for each in given:
        new = account(each) if isinstance(each, str) else each
        _check_account(new)
        if new.username in made:
            raise ValueError(f"account {new.username!r} is given twice")
        made[new.username] = new
    return tuple(made.values())


def external_url(text: str) -> str:
    """A URL without a slash at its end. Raises ``ValueError`` on what is none."""
    try:
        urls.address(text)
    except ValueError as problem:
        raise ValueError(
            f"external_url: {_without_user(text)!r} is not a valid URL; use one like http://sampan.test:8091"
        ) from problem
    return text.rstrip("/")


def _admin_token(text: str) -> str:
    """A token that a client can send in a header. Raises ``ValueError`` without repeating it."""
    if not text.strip():
        # An unset variable in a script: it would open the control API to whoever sends none.
        raise ValueError(
            "--admin-token must not be empty. Omit it to have one generated and printed."
        )
    if not text.isprintable() or text != text.strip():
        raise ValueError(
            "--admin-token must be printable text without blanks around it: it is sent in a header"
        )
    return text


def _without_user(url: str) -> str:
    """A URL as a message repeats it: what stands before its host may be a password."""
    return re.sub("//[^/]*@", "//…@", url)


def _data(given: str | os.PathLike[str]) -> Path | DatabaseUrl:
    """A database's URL, or the path of a file. Raises ``ValueError`` on what is neither."""
    if not os.fspath(given):  # a variable that is not set
        raise ValueError("--data must not be empty. Omit it to keep everything in memory.")
    url = database_url(os.fspath(given))
    if url is None and ":memory:" in str(Path(given)).lower():
        raise ValueError(
            f"data: {os.fspath(given)!r} is SQLite's name for memory, and data is a file or a"
            " PostgreSQL database such as postgresql://user@host/name; leave it out to keep"
            " everything in memory, which one process can"
        )
    return Path(given) if url is None else url


def _hosts(given: Iterable[str]) -> tuple[Authority, ...]:
    return tuple(_each("allow_hosts", given, urls.authority, "images.test or images.test:8091"))


def _origins(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(_each("allow_origins", given, urls.origin, "http://localhost:3000"))


def _cors(given: bool | Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, bool):
        return ("*",) if given else ()

    def origin(text: str) -> str:
        return text if text == "*" else urls.origin(text)

    return tuple(_each("cors", given, origin, "http://localhost:3000"))


def _each(
    option: str, given: Iterable[str], read: Callable[[str], _Value], right: str
) -> Iterator[_Value]:
    """Each value of an option that is repeated. Raises ``ValueError`` on one that can't be."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"{option} must be a list such as [{right!r}], not {given!r}")
    for text in given:
        try:
            yield read(text)
        except ValueError as problem:
            quoted = repr(_without_user(text))
            raise ValueError(f"{option}: {quoted} is not valid; use one like {right}") from problem


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "profile": os.fspath,
    "admin_token": _admin_token,
    "data": _data,
    "from_har": Path,
    "accounts": _accounts,
    "external_url": external_url,
    "allow_hosts": _hosts,
    "allow_origins": _origins,
    "cors": _cors,
}
