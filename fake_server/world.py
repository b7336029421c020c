"""What the handlers work on: the store, the clocks, the contract and the answers to its questions.

One :class:`World` is one fake. Nothing here is needed twice that can't be derived again from the
store.
"""

from __future__ import annotations

import copy
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from . import spec as contract
from .auth import Tokens, new_key, password_digest
from .clock import Clocks, ClockState, Wall, wall
from .errors import Envelopes
from .faults import Faults
from .journal import MOST_BYTES, Journal
from .profile import Profile, ProfileError, Question, questions
from .record import Owner
from .redaction import Secrets
from .rendered import Rendered
from .scenarios import Scenario
from .spec import Operation, Spec
from .store import Account, AccountPlan, Store


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
    in memory. ``external_url`` is where clients reach the fake, if the request does not say.
    ``journal_bytes`` bounds the journal.
    """

    profile: str = "documented"
    accounts: tuple[NewAccount, ...] = DEFAULT_ACCOUNTS
    open_accounts: bool = False
    job_ms: int = 2000
    seed: int | None = None
    data: Path | None = None
    strict: bool = False
    external_url: str | None = None
    clock: Literal["real", "auto"] = "real"
    markers: bool = True
    admin_token: str | None = field(default=None, repr=False)
    journal_bytes: int = MOST_BYTES
    wall: Wall = wall


class World:
    """One fake's state and rules."""

    def __init__(self, settings: Settings, spec: Spec | None = None) -> None:
        """Raises ``SpecError``, ``ProfileError`` or ``StoreError`` on what can't be used."""
        self.settings = settings
        self.spec = contract.compile(contract.read("openapi.yaml")) if spec is None else spec
        self.questions = shipped_questions()
        self.first_profile = self.profile = load_profile(settings.profile, self.questions)
        self.envelopes = Envelopes(self.spec.errors, self.profile)
        self.store = Store(settings.data)
        if settings.seed is not None:
            self.store.keep("seed", str(settings.seed))
        self.clocks = Clocks({}, settings.wall)
        #: This world as the accounts see it that have a profile of their own, by account id.
        self.views: dict[int, World] = {}
        self.rendered = Rendered()
        self.recall()
        if settings.clock == "auto":
            self.clocks.put(None, replace(self.clocks.state(), auto=True))
        #: What the control API told to befall the next submissions: see scenarios.py.
        self.armed: list[ArmedScenario] = []
        self.faults = Faults()
        self.secrets = Secrets()
        self.journal = Journal(self.spec.operations, self.secrets, settings.journal_bytes)
        #: Who may use the control API: see admin/guard.py.
        self.admin_token = settings.admin_token
        self.exposed = False
        if self.admin_token is not None:
            self.secrets.remember(self.admin_token)
        for account in settings.accounts:
            self.put_account(account)

    def recall(self) -> None:
        """Know what the store knows, and nothing that was made of anything else."""
        self.seed = self.store.setting("seed", lambda: secrets.token_hex(8))
        key = self.store.setting("token-key", lambda: new_key(self.settings.seed).hex())
        self.key = bytes.fromhex(key)
        self.tokens = Tokens(self.key)
        self.recall_clocks()
        self.views.clear()
        self.forget_rendered()

    def recall_clocks(self) -> None:
        """Have the clocks that the store has."""
        first = self.first_clock()
        self.clocks.load({**({} if first is None else {None: first}), **self.store.clocks()})

    def forget_rendered(self) -> None:
        """Render every record anew."""
        for view in (self, *self.views.values()):
            view.rendered = Rendered()

    def expose(self) -> None:
        """Ask for the admin token from now on, a new one if none was given: see admin/guard.py."""
        self.exposed = True
        if not self.admin_token:
            self.admin_token = secrets.token_urlsafe(18)
            self.secrets.remember(self.admin_token)

    def close(self) -> None:
        """Let go of the data file."""
        self.store.close()

    # Profiles

    def seen_by(self, account: int | None) -> World:
        """This world under the account's own profile, if it has one."""
        return self.views.get(account, self) if account is not None else self

    def use_profile(self, profile: Profile, account: Account | None = None) -> None:
        """Answer the open questions otherwise from now on, for one account or for all others.

        It lasts as long as the process: the next start takes its ``--profile``.
        """
        if account is not None:
            self.views[account.id] = view = copy.copy(self)
            view._answer_by(profile)
            view.rendered = Rendered()
            account.epoch += 1
            return
        self._answer_by(profile)
        for other in self.store.accounts():
            other.epoch += 1

    def drop_profile(self, account: Account) -> None:
        """Let the account follow the shared profile again."""
        if self.views.pop(account.id, None) is not None:
            account.epoch += 1

    def _answer_by(self, profile: Profile) -> None:
        self.profile = profile
        self.envelopes = Envelopes(self.spec.errors, profile)

    # Clocks

    def set_clock(self, account: Account | None, state: ClockState | None) -> None:
        """Give an account, or all that share one, another clock; ``None``: take it away.

        It is kept in the store, so that a job which has ended stays so after a restart.
        """
        id = None if account is None else account.id
        before = self.clocks.now(id)
        if state is None:
            self.clocks.drop(id)
        else:
            self.clocks.put(id, state)
        self.store.keep_clock(id, state)
        if self.clocks.now(id) < before:
            for other in self.ruled_by(account):
                other.epoch += 1

    def first_clock(self) -> ClockState | None:
        """The shared clock to begin with; ``None`` for one that says the machine's time."""
        return ClockState(auto=True) if self.settings.clock == "auto" else None

    def ruled_by(self, account: Account | None) -> list[Account]:
        """The accounts whose time a clock tells: one, or all that have none of their own."""
        if account is not None:
            return [account]
        return [other for other in self.store.accounts() if self.clocks.own(other.id) is None]

    # Accounts

    def put_account(self, new: NewAccount) -> Account:
        """Make an account, or change the password and plan of the one of that name."""
        return self.store.put_account(
            new.username, self.digest(new.username, new.password), new.plan
        )

    def digest(self, username: str, password: str) -> str:
        """What is stored of a password, which the journal will leave out."""
        self.secrets.remember(password)
        return password_digest(self.key, username, password)

    def password_fits(self, account: Account, password: str) -> bool:
        """Whether this is the account's password."""
        return secrets.compare_digest(account.password, self.digest(account.username, password))

    def owner(self, account: Account) -> Owner:
        """What an account's records say of it."""
        return Owner(sender_id(self.seed, account.username), account.name)

    def ids(self, account: Account) -> tuple[str, str]:
        """By which ids the account may be meant in ``sender_id``."""
        return (
            sender_id(self.seed, account.username),
            login_id(self.seed, account.username),
        )

    def armed_for(self, account: int) -> ArmedScenario | None:
        """The first armed scenario that holds for the account's next submission."""
        for armed in self.armed:
            if armed.account in (None, account):
                return armed
        return None

    def spend(self, armed: ArmedScenario) -> None:
        """Count a submission that an armed scenario befell."""
        if armed.times is not None:
            armed.times -= 1
            if armed.times == 0:
                self.armed.remove(armed)


@dataclass(slots=True)
class ArmedScenario:
    """A scenario for the next ``times`` submissions (``None``: all) of an account, or of all."""

    scenario: Scenario
    number: int
    account: int | None = None
    times: int | None = None


@dataclass(slots=True)
class Call:
    """One request of one operation, authenticated and checked.

    ``account`` is ``None`` for login alone; ``now`` is that account's time in ms, ``origin`` tells
    where links to this fake start. A handler sets ``invented`` when it answers a ``status`` that
    the page does not show (question pending-statuses).
    """

    operation: Operation
    body: dict[str, Any]
    account: Account | None
    now: int
    origin: Callable[[], str]
    invented: bool = False

    @property
    def base(self) -> str:
        """Where links to this fake start, as the call's client sees it."""
        return self.origin()

    @property
    def caller(self) -> Account:
        """The account whose token the call bears."""
        assert self.account is not None, f"{self.operation.id} is not secured"
        return self.account


@cache
def shipped_questions() -> Mapping[str, Question]:
    """The questions of the contract, read once in a process."""
    return questions(contract.read("questions.yaml"))


def sender_id(seed: str, username: str) -> str:
    """The id that an account's records carry: a UUID, the same at every start with the seed."""
    drawn = hashlib.blake2b(f"{seed}\0{username}\0sender".encode(), digest_size=16).hexdigest()
    return as_uuid(drawn)


def login_id(seed: str, username: str) -> str:
    """The account's id that login answers with, of the odd form shown (page, Login)."""
    drawn = hashlib.blake2b(f"{seed}\0{username}\0login".encode(), digest_size=17).hexdigest()
    return "-".join((drawn[:6], drawn[6:12], drawn[12:17], drawn[17:25], drawn[25:33]))


def as_uuid(drawn: str) -> str:
    """32 hex digits as a version 4 UUID."""
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:32]}"


def load_profile(name: str, questions: Mapping[str, Question]) -> Profile:
    """A shipped profile by its name, or one in a file. Raises ``ProfileError``."""
    shipped = {file.stem: file for file in (contract.DIRECTORY / "profiles").glob("*.yaml")}
    path = shipped.get(name, Path(name))
    if not path.is_file():
        known = ", ".join(sorted(shipped))
        raise ProfileError(f"profile {name!r} is neither a file nor one of {known}")
    try:
        document = contract.read_file(path)
    except contract.SpecError as problem:
        raise ProfileError(f"profile {problem}") from problem
    if not isinstance(document, dict) or not isinstance(document.get("answers", {}), dict):
        raise ProfileError(f"profile {path}: a profile is a mapping with the key 'answers'")
    unknown = set(document) - {"name", "description", "answers"}
    if unknown or "answers" not in document:
        raise ProfileError(
            f"profile {path}: a profile has the keys name, description and answers,"
            f" and this one has {', '.join(sorted(map(str, document))) or 'none'}"
        )
    return Profile.of(questions, document["answers"], str(document.get("name", path.stem)))
