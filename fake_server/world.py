"""What the handlers work on: the store, the clocks, the contract and the answers to its questions.

One :class:`World` is one fake. Nothing here is needed twice that can't be derived again from the
store.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import spec as contract
from .auth import Tokens, new_key, password_digest
from .clock import Clocks, ClockState, Wall, wall
from .errors import Envelopes
from .profile import Profile, ProfileError, Question, questions
from .record import Owner
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
    wall: Wall = wall


class Rendered:
    """Records that will not change any more, as JSON text: the last ones that were asked for.

    A key is (record id, epoch of its account, base of its links).
    """

    MOST = 1024

    def __init__(self) -> None:
        self._texts: dict[tuple[int, int, str], bytes] = {}

    def get(self, key: tuple[int, int, str]) -> bytes | None:
        """The text kept under ``key``."""
        return self._texts.get(key)

    def keep(self, key: tuple[int, int, str], text: bytes) -> None:
        """Keep a text; the oldest goes when there are too many."""
        if len(self._texts) >= self.MOST:
            del self._texts[next(iter(self._texts))]
        self._texts[key] = text


class World:
    """One fake's state and rules."""

    def __init__(self, settings: Settings, spec: Spec | None = None) -> None:
        """Raises ``SpecError``, ``ProfileError`` or ``StoreError`` on what can't be used."""
        self.settings = settings
        self.spec = contract.compile(contract.read("openapi.yaml")) if spec is None else spec
        self.questions: Mapping[str, Question] = questions(contract.read("questions.yaml"))
        self.profile = load_profile(settings.profile, self.questions)
        self.envelopes = Envelopes(self.spec.errors, self.profile)
        self.store = Store(settings.data)
        self.seed = self._seed()
        self.key = bytes.fromhex(
            self.store.setting("token-key", lambda: new_key(settings.seed).hex())
        )
        self.tokens = Tokens(self.key)
        self.clocks = Clocks(self.store.clocks(), settings.wall)
        if settings.clock == "auto":
            self.clocks.put(None, ClockState(auto=True))
        self.rendered = Rendered()
        #: What the control API told to befall the next submissions: see scenarios.py.
        self.armed: list[ArmedScenario] = []
        for account in settings.accounts:
            self.put_account(account)

    def _seed(self) -> str:
        if self.settings.seed is not None:
            self.store.keep("seed", str(self.settings.seed))
        return self.store.setting("seed", lambda: secrets.token_hex(8))

    def close(self) -> None:
        """Let go of the data file."""
        self.store.close()

    def use_profile(self, profile: Profile) -> None:
        """Answer the open questions otherwise from now on."""
        self.profile = profile
        self.envelopes = Envelopes(self.spec.errors, profile)
        for account in self.store.accounts():
            account.epoch += 1

    def put_account(self, new: NewAccount) -> Account:
        """Make an account, or change the password and plan of the one of that name."""
        digest = password_digest(self.key, new.username, new.password)
        return self.store.put_account(new.username, digest, new.plan)

    def password_fits(self, account: Account, password: str) -> bool:
        """Whether this is the account's password."""
        digest = password_digest(self.key, account.username, password)
        return secrets.compare_digest(account.password, digest)

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

    ``account`` is ``None`` for login alone; ``now`` is that account's time in ms, ``base`` where
    links to this fake start, as its client sees it.
    """

    operation: Operation
    body: dict[str, Any]
    account: Account | None
    now: int
    base: str

    @property
    def caller(self) -> Account:
        """The account whose token the call bears."""
        assert self.account is not None, f"{self.operation.id} is not secured"
        return self.account


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
    shipped = contract.DIRECTORY / "profiles" / f"{name}.yaml"
    path = shipped if "/" not in name and shipped.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in shipped.parent.glob("*.yaml")))
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
