"""One fake: its store, clocks, rules and journal, as every handler is given them.

Everything here can be derived again from the store, except the journal. What changes something
stores it first, and raises ``NotStoredError`` where it can't: then nothing has changed.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from .armed.faults import Faults
from .armed.scenarios import ArmedScenarios
from .clock.clock import Clocks, ClockState
from .clock.notifier import Notifier
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
from .store import changes
from .store.account import Account
from .store.control_rows import ProfileRow
from .store.database import StoreError
from .store.database_url import DatabaseUrl
from .store.opening import open_store
from .store.tokens import Claims, Tokens, new_key, password_digest
from .store.transactions import NotStoredError
from .store.troubles import Troubles

if TYPE_CHECKING:
    from .log.request_log import RequestLog

log = logging.getLogger("sampan")


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
        self.secrets = Secrets()
        #: Tokens of another server's that are accepted too, and what to say of the beginning: see
        #: ``from_har/``.
        self._known_tokens: dict[str, Claims] = {}
        self.begun_with: tuple[str, ...] = ()
        #: Where requests are logged, if anywhere.
        self.log: RequestLog | None = None
        self.troubles = Troubles()
        #: Who may use the control API: see admin/guard.py.
        self.admin_token = settings.admin_token
        self.exposed = False
        if self.admin_token is not None:
            self.secrets.remember(self.admin_token)
        self.store = open_store(settings.data, shared=settings.shared)
        self.journal = self._journal()
        self._unreachable = False
        #: Notified of whatever the control API may have changed.
        self.control = Notifier()
        try:
            with self.store.turn():
                self._open()
        except (ValueError, TypeError, KeyError) as problem:
            self.store.close()
            raise StoreError(f"{self._data} can't be used: {problem!r}") from problem
        except BaseException:
            self.store.close()
            raise

    def _journal(self) -> Journal:
        most = self.settings.journal_bytes
        rows = self.store.journal_rows(most)
        if rows is None:
            return Journal(self.spec.operations, self.secrets, most)
        from .journal.shared_journal import SharedJournal

        return SharedJournal(self.spec.operations, self.secrets, most, rows)

    def _open(self) -> None:
        """Take everything from the store, and put into it what it does not have yet."""
        self._keep_start()
        last = self.store.file.last_time()
        wall = self.store.wall(self.settings.wall)
        self.clocks = Clocks({}, wall, last)
        if self.store.is_shared:
            from .clock.shared_notifier import Looks, SharedNotifier

            looks = Looks(self.look)
            self.clocks.changed, self.control = SharedNotifier(looks), SharedNotifier(looks)
        ahead = 0 if last is None else last - wall()
        if ahead > 1000:
            log.warning(
                "sampan: the time in %s is %d s ahead of the machine's; the fake's time"
                " goes on from there",
                self._data,
                ahead // 1000,
            )
        self.store.file.time = self.clocks.wall
        self.reload()
        if self.settings.clock == "auto":
            self.clocks.put(None, self.clocks.state()._replace(auto=True))
        self.faults = Faults(self.store.control)
        self.scenarios = ArmedScenarios(self.store.control)
        self._load_profiles()
        for account in self.settings.accounts:
            self._put_first(account)
        self.store.on_change(self._take)

    @property
    def _data(self) -> str:
        """What the settings keep the data in, for a person."""
        data = self.settings.data
        return f"database {data}" if isinstance(data, DatabaseUrl) else f"data file {data}"

    def _keep_start(self) -> None:
        """Keep the seed, and what all processes of a store must be started with."""
        if self.store.is_shared:
            self._agree(alone=self.store.alone)
        seed = None if self.settings.seed is None else str(self.settings.seed)
        if seed is not None and self.store.setting("seed", lambda: seed) != seed:
            self.store.keep("seed", seed)

    def _agree(self, *, alone: bool) -> None:
        from .store.shared.agreement import agree

        mine = {
            "--profile": self.first_profile.answers,
            "--job-seconds": self.settings.job_ms / 1000,
            "--seed": self.settings.seed,
            "--clock": self.settings.clock,
            "--markers": self.settings.markers,
            "--open-accounts": self.settings.open_accounts,
        }
        agree(self.store, self._data, mine, alone=alone)

    def _begin_anew(self) -> None:
        """Begin as at the start where the database has become a new one: somebody emptied it."""
        with self.store.turn():
            if self.store.is_new():
                log.warning("sampan: %s is empty; the fake begins anew", self._data)
                self._keep_start()
                self.reload()
                for account in self.settings.accounts:
                    self._put_first(account)

    def reload(self) -> None:
        """Take seed, key and clocks from the store; drop what was derived from others.

        Profiles are not taken: whoever replaces them does that.
        """
        self.seed = self.store.setting("seed", lambda: secrets.token_hex(8))
        key = self.store.setting("token-key", lambda: new_key(self.settings.seed).hex())
        self.key = bytes.fromhex(key)
        self.tokens = Tokens(self.key, known=self._known_tokens)
        self.reload_clocks()
        self._own_rules.clear()
        self.rules.records = RecordCache()

    def look(self) -> None:
        """Follow what other processes have changed; what keeps us from it is logged once."""
        try:
            self.store.follow()
            self._unreachable = False
        except NotStoredError as problem:
            if not self._unreachable:
                log.error("sampan: %s", problem)
            self._unreachable = True

    def _take(self, what: str, account: int | None) -> None:
        """Have memory as another process has made it: ``what`` is of ``store/changes.py``."""
        if what == changes.EVERYTHING:
            if self.store.is_new():
                self._begin_anew()
            self._agree(alone=False)  # others may have come while there was no connection
            self.reload()
        if what in (changes.EVERYTHING, changes.PROFILE):
            self.reload_profiles()
        if what in (changes.EVERYTHING, changes.FAULTS):
            self.faults.load()
        if what in (changes.EVERYTHING, changes.SCENARIOS):
            self.scenarios.load()
        if what == changes.CLOCK:
            owner = None if account is None else self.store.account_by_id(account)
            if (owner is None) == (account is None):
                self._follow(owner, self.store.clock(account))
        self.control.notify()

    def reload_clocks(self) -> None:
        """Take the clocks from the store."""
        first = self.first_clock()
        self.clocks.load({**({} if first is None else {None: first}), **self.store.clocks()})

    def accept_token(self, token: str, claims: Claims) -> None:
        """Accept a token that another server gave, for as long as this fake lives."""
        self._known_tokens[token] = claims
        self.tokens.verify.cache_clear()

    def expose(self) -> None:
        """Require the admin token from now on, a new one if none was given: admin/guard.py."""
        self.exposed = True
        if not self.admin_token:
            self.admin_token = self._new_admin_token()
            self.secrets.remember(self.admin_token)

    def _new_admin_token(self) -> str:
        token = secrets.token_urlsafe(18)
        if not self.store.is_shared:
            return token
        with self.store.turn():  # all processes require the same
            return self.store.setting("admin-token", lambda: token)

    def close(self) -> None:
        """Close the data file; the time is kept in it."""
        if self.store.close.alive:
            try:
                self.store.file.keep_time()
            except (sqlite3.Error, StoreError) as problem:
                log.warning("sampan: the time of the end is not kept: %s", problem)
        self.store.close()

    # Rules

    def rules_for(self, account: int | None) -> Rules:
        """The rules of an account: its own, or those that the others share."""
        return self.rules if account is None else self._own_rules.get(account, self.rules)

    def use_profile(self, profile: Profile, account: Account | None = None) -> None:
        """Answer the open questions by ``profile``, for one account or for all others."""
        id = None if account is None else account.id
        start = dict(self.first_profile.answers)
        with self.store.transaction():
            self.store.control.keep_profile(
                ProfileRow(id, profile.name, dict(profile.answers), start)
            )
            self.store.transaction.then(partial(self._use, id, self._rules(profile)))

    def _use(self, account: int | None, rules: Rules | None) -> None:
        """Have rules, or none of its own, for an account; for ``None`` those of all others."""
        if account is None:
            self.rules = self._rules(self.first_profile) if rules is None else rules
        elif rules is None:
            self._own_rules.pop(account, None)
        else:
            self._own_rules[account] = rules
        for each in self.store.accounts():
            if account in (None, each.id):
                each.outdate()

    def drop_profile(self, account: Account | None) -> None:
        """Let the account follow the shared profile again, and that the one of the start."""
        id = None if account is None else account.id
        with self.store.transaction():
            self.store.control.drop_profile(id)
            self.store.transaction.then(partial(self._use, id, None))

    def reload_profiles(self) -> None:
        """Have the profiles that another process has set."""
        self._own_rules.clear()
        self.rules = self._rules(self.first_profile)
        self._load_profiles()
        for each in self.store.accounts():
            each.outdate()

    def _load_profiles(self) -> None:
        """Have the profiles that the control API has set.

        The shared one was set over a start's ``--profile``; a start with another one goes before.
        """
        for account, name, answers, start in self.store.control.profiles():
            if account is None and start != self.first_profile.answers:
                log.warning(
                    "sampan: --profile replaces the shared profile that the control API has set"
                )
                self.store.control.drop_profile(None)
                continue
            self._use(account, self._rules(Profile.of(self.questions, answers, name)))

    def _rules(self, profile: Profile) -> Rules:
        return Rules(profile, Envelopes(self.spec.errors, profile))

    # Clocks

    def set_clock(self, account: Account | None, state: ClockState | None) -> None:
        """Give an account, or all that share one, another clock; ``None`` removes it.

        It is kept in the store, so that a job which has ended stays so after a restart.
        """
        id = None if account is None else account.id
        state = None if state is None else state.bounded()
        with self.store.transaction():
            self.store.keep_clock(id, state)
            self.store.transaction.then(partial(self._follow, account, state))

    def _follow(self, account: Account | None, state: ClockState | None) -> None:
        id = None if account is None else account.id
        before = self.clocks.now(id)
        if state is None:
            self.clocks.drop(id)
        else:
            self.clocks.put(id, state)
        if self.clocks.now(id) < before:
            for other in self.ruled_by(account):
                other.outdate()

    def first_clock(self) -> ClockState | None:
        """The shared clock to begin with; ``None`` for the machine's time."""
        return ClockState(auto=True) if self.settings.clock == "auto" else None

    def ruled_by(self, account: Account | None) -> list[Account]:
        """The accounts that follow a clock: one, or all that have none of their own."""
        if account is not None:
            return [account]
        return [other for other in self.store.accounts() if self.clocks.own(other.id) is None]

    # Accounts

    def _put_first(self, new: NewAccount) -> None:
        """Create an account of the start, unless the data file has ever had it."""
        self.secrets.remember(new.password)
        known = self.store.account(new.username)
        if known is not None:
            same = self.password_fits(known, new.password) and known.plan == new.plan
            kept = None if same else "keeps the password and the plan that it has there; change"
        elif self.store.has_had(new.username):
            kept = "was deleted and is not created again; create"
        else:
            self.put_account(new)
            return
        if kept is not None:
            where = f"sampan: account {new.username!r} of {self._data}"
            log.warning("%s %s it with the control API", where, kept)

    def put_account(self, new: NewAccount) -> Account:
        """Create an account, or change the password and plan of the one of that name."""
        digest = self.digest(new.username, new.password)
        return self.store.put_account(new.username, digest, new.plan)

    def forget(self, account: Account, *, journal: bool = True) -> None:
        """Delete all that belongs to an account but for itself and its tokens.

        Without ``journal`` its requests stay there.
        """
        with self.store.transaction():
            self.store.reset(account)
            self.drop_profile(account)
            self.faults.clear(account.username)
            self.scenarios.clear(account.id)
            self.store.transaction.then(partial(self.clocks.drop, account.id))
            if journal:
                self.store.transaction.then(partial(self.journal.clear, account.id))

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
