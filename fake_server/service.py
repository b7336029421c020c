"""One fake: its store, clocks, rules and journal, as every handler is given them.

Everything here can be derived again from the store, except what the control API armed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cache

from .armed.faults import Faults
from .armed.scenarios import ArmedScenarios
from .clock.clock import Clocks, ClockState
from .contract import document as contract
from .contract import yaml_files
from .contract.document import Spec
from .contract.errors import Envelopes
from .contract.profile import Profile
from .contract.profile_files import load_profile, shipped_questions
from .journal.journal import Journal
from .journal.redaction import Secrets
from .records.record_cache import RecordCache
from .settings import NewAccount, Settings
from .store.store import Account, Store
from .store.tokens import Tokens, new_key, password_digest


@dataclass(slots=True)
class Rules:
    """One answer to every open question, and what is rendered by it."""

    profile: Profile
    envelopes: Envelopes
    records: RecordCache = field(default_factory=RecordCache)


class FakeService:
    """One fake's state and rules."""

    def __init__(self, settings: Settings, spec: Spec | None = None) -> None:
        """Raises ``SpecError``, ``ProfileError`` or ``StoreError``."""
        self.settings = settings
        self.spec = _contract() if spec is None else spec
        #: The keys of a record, in the page's order.
        self.record_keys = tuple(self.spec.schema("JobRecord")["properties"])
        self.questions = shipped_questions()
        self.first_profile = load_profile(settings.profile, self.questions)
        #: The rules of every account that has none of its own.
        self.rules = self._rules(self.first_profile)
        self._own_rules: dict[int, Rules] = {}
        self.store = Store(settings.data)
        if settings.seed is not None:
            self.store.keep("seed", str(settings.seed))
        self.clocks = Clocks({}, settings.wall)
        self.reload()
        if settings.clock == "auto":
            self.clocks.put(None, self.clocks.state()._replace(auto=True))
        self.faults = Faults()
        self.scenarios = ArmedScenarios()
        self.secrets = Secrets()
        self.journal = Journal(self.spec.operations, self.secrets, settings.journal_bytes)
        #: Who may use the control API: see admin/guard.py.
        self.admin_token = settings.admin_token
        self.exposed = False
        if self.admin_token is not None:
            self.secrets.remember(self.admin_token)
        for account in settings.accounts:
            self.put_account(account)

    def reload(self) -> None:
        """Take seed, key and clocks from the store; drop what was derived from others."""
        self.seed = self.store.setting("seed", lambda: secrets.token_hex(8))
        key = self.store.setting("token-key", lambda: new_key(self.settings.seed).hex())
        self.key = bytes.fromhex(key)
        self.tokens = Tokens(self.key)
        self.reload_clocks()
        self._own_rules.clear()
        self.rules.records = RecordCache()

    def reload_clocks(self) -> None:
        """Take the clocks from the store."""
        first = self.first_clock()
        self.clocks.load({**({} if first is None else {None: first}), **self.store.clocks()})

    def expose(self) -> None:
        """Require the admin token from now on, a new one if none was given: admin/guard.py."""
        self.exposed = True
        if not self.admin_token:
            self.admin_token = secrets.token_urlsafe(18)
            self.secrets.remember(self.admin_token)

    def close(self) -> None:
        """Close the data file."""
        self.store.close()

    # Rules

    def rules_for(self, account: int | None) -> Rules:
        """The rules of an account: its own, or those that the others share."""
        return self.rules if account is None else self._own_rules.get(account, self.rules)

    def use_profile(self, profile: Profile, account: Account | None = None) -> None:
        """Answer the open questions by ``profile``, for one account or for all others.

        It lasts as long as the process: the next start takes its ``--profile``.
        """
        if account is not None:
            self._own_rules[account.id] = self._rules(profile)
            account.epoch += 1
            return
        self.rules = self._rules(profile)
        for other in self.store.accounts():
            other.epoch += 1

    def drop_profile(self, account: Account) -> None:
        """Let the account follow the shared profile again."""
        if self._own_rules.pop(account.id, None) is not None:
            account.epoch += 1

    def _rules(self, profile: Profile) -> Rules:
        return Rules(profile, Envelopes(self.spec.errors, profile))

    # Clocks

    def set_clock(self, account: Account | None, state: ClockState | None) -> None:
        """Give an account, or all that share one, another clock; ``None`` removes it.

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
        """The shared clock to begin with; ``None`` for the machine's time."""
        return ClockState(auto=True) if self.settings.clock == "auto" else None

    def ruled_by(self, account: Account | None) -> list[Account]:
        """The accounts that follow a clock: one, or all that have none of their own."""
        if account is not None:
            return [account]
        return [other for other in self.store.accounts() if self.clocks.own(other.id) is None]

    # Accounts

    def put_account(self, new: NewAccount) -> Account:
        """Create an account, or change the password and plan of the one of that name."""
        digest = self.digest(new.username, new.password)
        return self.store.put_account(new.username, digest, new.plan)

    def digest(self, username: str, password: str) -> str:
        """The stored form of a password, which the journal masks from now on."""
        self.secrets.remember(password)
        return password_digest(self.key, username, password)

    def password_fits(self, account: Account, password: str) -> bool:
        """Whether this is the account's password."""
        digest = password_digest(self.key, account.username, password)
        return secrets.compare_digest(account.password, digest)


@cache  # in a process that makes a fake for each test
def _contract() -> Spec:
    return contract.compile(yaml_files.read("openapi.yaml"))
