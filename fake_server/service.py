"""What the handlers work on: the store, the clocks, the contract and the answers to its questions.

One ``FakeService`` is one fake. Everything here can be derived again from the store.

"""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass, replace
from functools import cache

from .clock.clock import Clocks, ClockState
from .contract import document as contract
from .contract.document import Spec
from .contract.errors import Envelopes
from .contract.profile import Profile
from .contract.profile_files import load_profile, shipped_questions
from .faults.faults import Faults
from .jobs.scenarios import Scenario
from .journal.journal import Journal
from .journal.redaction import Secrets
from .records.record import Owner
from .records.record_cache import RecordCache
from .settings import NewAccount, Settings
from .store.ids import login_id, sender_id
from .store.store import Account, Store
from .store.tokens import Tokens, new_key, password_digest


class FakeService:
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
        self.views: dict[int, FakeService] = {}
        self.record_cache = RecordCache()
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
        self.clear_records()

    def recall_clocks(self) -> None:
        """Have the clocks that the store has."""
        first = self.first_clock()
        self.clocks.load({**({} if first is None else {None: first}), **self.store.clocks()})

    def clear_records(self) -> None:
        """Render every record anew."""
        for view in (self, *self.views.values()):
            view.record_cache = RecordCache()

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

    def for_account(self, account: int | None) -> FakeService:
        """This world under the account's own profile, if it has one."""
        return self.views.get(account, self) if account is not None else self

    def use_profile(self, profile: Profile, account: Account | None = None) -> None:
        """Answer the open questions otherwise from now on, for one account or for all others.

        It lasts as long as the process: the next start takes its ``--profile``.
        """
        if account is not None:
            self.views[account.id] = view = copy.copy(self)
            view._answer_by(profile)
            view.record_cache = RecordCache()
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


def new_service(settings: Settings) -> FakeService:
    """A new fake. What it reads of the contract is read once in a process.

    Raises ``SpecError``, ``ProfileError`` or ``StoreError`` on what can't be used.
    """
    return FakeService(settings, _contract())


@cache
def _contract() -> contract.Spec:
    return contract.compile(contract.read("openapi.yaml"))
