"""A store beside the plain model of what it should hold, as a hypothesis state machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from sampan.fake_server.clock.clock import ClockState
from sampan.fake_server.jobs.lifecycle import Job, Plan, end
from sampan.fake_server.store.account import Account, AccountPlan
from sampan.fake_server.store.dialect import Match
from sampan.fake_server.store.job_query import Find
from sampan.fake_server.store.store import Store
from tests.support.samples.drawn import NOW, facts, names, plans

_prompts = st.lists(
    st.sampled_from(["Shanghai", "shanghai", "dawn", "Straße", "上海", "🚣", "a\0b", "%", "_"]),
    min_size=1,
    max_size=4,
).flatmap(lambda words: st.sampled_from([" ", "\t", "\n "]).map(lambda gap: gap.join(words)))
_searches = _prompts | st.sampled_from(["", "HAI", "an", "STRASSE", "at dawn", "dawn Shanghai"])
_folders = st.lists(
    st.sampled_from(["x", "y", "ü", "x\0y", "x\0", "\0"]), max_size=2, unique=True
).map(tuple)
#: Few instants, so that jobs meet in one and cursors meet jobs.
_instants = st.integers(0, 6).map(lambda ms: NOW + ms)


def _some(choices: list[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(choices), max_size=3).map(tuple)


_finds = st.builds(
    Find,
    account=st.integers(0, 2),  # which of the accounts there are; replaced by its id, or None
    now=st.integers(-1, 8).map(lambda ms: NOW + ms),
    before=st.none() | _instants,
    kinds=_some(["main", "upscale", "describe"]),
    services=_some(["main", "niji"]),
    prompt=st.none() | _searches,
    match=st.sampled_from(get_args(Match)),
    folders=_some(["x", "y", "ü", "z", "x\0y", "x\0", "\0"]),
    favourite=st.none() | st.booleans(),
    hash=st.none() | st.integers(0, 5).map(lambda number: names(number)[0]),
    ends_after=st.none(),  # the control API's own, tested there
    limit=st.none() | st.integers(1, 4),
    oldest_first=st.booleans(),
    total_before=st.booleans(),
)
_FILTERS = ("kinds", "services", "prompt", "folders", "favourite", "hash")


def _with(find: Find, kept: set[str]) -> Find:
    dropped: dict[str, Any] = {name: None for name in _FILTERS if name not in kept}
    return find._replace(**dropped)


#: Most of the time few of a find's filters are given, since all together find nothing.
_asked = st.lists(
    st.one_of(
        _finds,
        st.builds(_with, _finds, st.sets(st.sampled_from(_FILTERS), max_size=1)),
        st.builds(_with, _finds, st.just(set())),
    ),
    min_size=3,
    max_size=8,
)


@dataclass
class Known:
    """What the model knows of an account."""

    id: int
    password: str
    plan: AccountPlan
    jobs: list[Job] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)


_submissions = st.fixed_dictionaries(
    {
        "plan": plans(),
        "created": _instants,
        "kind": st.sampled_from(["main", "upscale", "describe"]),
        "service": st.sampled_from(["main", "niji"]),
        "prompt": _prompts,
        "visible": st.none() | _instants,
        "ratio": st.sampled_from([(1, 1), (16, 9)]),
    },
    optional={
        "parent_hash": st.just("p"),
        "parent_id": st.just("q"),
        "grid_num": st.integers(1, 4),
        "colours": st.none(),
    },
)


class StoreMachine(RuleBasedStateMachine):
    """A store in memory and what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Known] = {}
        self.settings: dict[str, str] = {}
        self.clocks: dict[int | None, ClockState] = {}
        self.submitted = 0
        self.ids: set[int] = set()
        self.store = Store()

    def teardown(self) -> None:
        self.store.close()

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Two accounts with some jobs: from nothing a walk gets to little."""
        for number, name in enumerate(("abc", "limited")):
            self.put_account(name, "digest", "unlimited")
            for _ in range(4):
                self._submit(number, data.draw(_submissions))

    def _all(self) -> list[Job]:
        return [job for known in self.model.values() for job in known.jobs]

    def _account(self, number: int) -> tuple[Account, Known]:
        name = sorted(self.model)[number % len(self.model)]
        account = self.store.account(name)
        assert account is not None
        return account, self.model[name]

    # What belongs to the whole fake

    @rule(key=st.sampled_from(["seed", "token-key"]), value=st.text(), keep=st.booleans())
    def set(self, key: str, value: str, keep: bool) -> None:
        if keep:
            self.store.keep(key, value)
            self.settings[key] = value
        expected = self.settings.setdefault(key, value)
        assert self.store.setting(key, lambda: value) == expected

    @rule(
        number=st.none() | st.integers(0, 2),
        clock=st.none()
        | st.builds(ClockState, st.integers(-9, 9), st.none() | _instants, st.booleans()),
    )
    def keep_clock(self, number: int | None, clock: ClockState | None) -> None:
        account = None
        if number is not None and self.model:
            account = self._account(number)[0].id
        self.store.keep_clock(account, clock)
        self.clocks.pop(account, None)
        if clock is not None:
            self.clocks[account] = clock

    # Accounts

    @rule(
        name=st.sampled_from(["abc", "limited", "上海 '\""]),
        password=st.sampled_from(["digest", "other"]),
        plan=st.sampled_from(get_args(AccountPlan)),
    )
    def put_account(self, name: str, password: str, plan: AccountPlan) -> None:
        known = self.model.get(name)
        before = self.store.account(name)
        epoch = before.epoch if before is not None else -1
        account = self.store.put_account(name, password, plan)
        if known is None:
            assert account.id not in self.ids, "the id of an account is never used again"
            self.ids.add(account.id)
            self.model[name] = Known(account.id, password, plan)
        else:
            known.password, known.plan = password, plan
            assert account.epoch > epoch

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2))
    def drop(self, number: int) -> None:
        account, _ = self._account(number)
        self.store.drop_account(account)
        del self.model[account.username]
        self.clocks.pop(account.id, None)

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2))
    def reset(self, number: int) -> None:
        account, known = self._account(number)
        epoch = account.epoch
        self.store.reset(account)
        assert account.epoch > epoch
        known.jobs, known.revoked = [], set()
        self.clocks.pop(account.id, None)

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2), at=_instants)
    def revoke(self, number: int, at: int) -> None:
        account, known = self._account(number)
        self.store.revoke_tokens(account, at)
        known.revoked.add(at)

    # Jobs

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2), given=_submissions)
    def submit(self, number: int, given: dict[str, Any]) -> None:
        self._submit(number, given)

    def _submit(self, number: int, given: dict[str, Any]) -> None:
        account, known = self._account(number)
        hash, job_id, id_uuid = names(self.submitted)
        self.submitted += 1
        told: list[int] = []

        def make(ordinal: int, id: int, late: int) -> Job:
            told.append(ordinal)
            ids = {"id": id, "hash": hash, "job_id": job_id, "id_uuid": id_uuid}
            return facts(account=account.id, late=late, **ids, **given)

        job = self.store.submit(account, given.get("created", NOW), make)
        assert told == [len(known.jobs) + 1]
        taken = {other.timestamp for other in known.jobs}
        free = next(ms for ms in range(job.created, job.created + 1000) if ms not in taken)
        assert job == make(0, job.id, free - job.created)
        assert job.id not in {other.id for other in self._all()}
        assert all(other.id < job.id for other in known.jobs)
        known.jobs.append(job)

    @precondition(lambda self: self._all())
    @rule(
        number=st.integers(0, 100),
        favourite=st.booleans(),
        folders=_folders,
        plan=plans(),
        visible=st.none() | _instants,
    )
    def put(
        self,
        number: int,
        favourite: bool,
        folders: tuple[str, ...],
        plan: Plan,
        visible: int | None,
    ) -> None:
        before = self._all()[number % len(self._all())]
        job = before._replace(favourite=favourite, folders=folders, plan=plan, visible=visible)
        account = self.store.account_by_id(job.account)
        assert account is not None
        epoch = account.epoch
        self.store.put([job])
        assert account.epoch > epoch
        known = self.model[account.username]
        known.jobs = [job if other.id == job.id else other for other in known.jobs]

    @precondition(lambda self: self._all())
    @rule(number=st.integers(0, 100))
    def look_up(self, number: int) -> None:
        job = self._all()[number % len(self._all())]
        assert self.store.by_id(job.id) == job
        assert self.store.by_hash(job.hash) == job
        assert self.store.by_job_id(job.job_id) == job

    @rule()
    def look_up_nothing(self) -> None:
        assert self.store.by_id(-1) is None
        assert self.store.by_hash("") is None
        assert self.store.by_job_id("nobody's") is None

    @precondition(lambda self: self._all())
    @rule(number=st.integers(0, 100), early=st.integers(-1, 1), now=_instants)
    def unfinished(self, number: int, early: int, now: int) -> None:
        """Asked at the end of a job, a little before or after."""
        job = self._all()[number % len(self._all())]
        account = self.store.account_by_id(job.account)
        assert account is not None
        known = self.model[account.username]
        now = (end(job) or now) - early
        running = [job for job in known.jobs if (at := end(job)) is None or at > now]
        assert self.store.unfinished(account.id, now) == running

    @precondition(lambda self: self.model)
    @rule(finds=_asked, everybody=st.booleans())
    def find(self, finds: list[Find], everybody: bool) -> None:
        for find in finds:
            account, _ = self._account(find.account or 0)
            self._find(find._replace(account=None if everybody else account.id))

    def _find(self, find: Find) -> None:
        matching = [job for job in self._all() if _matches(job, find)]
        counted = len(matching)
        if find.before is not None:
            matching = [job for job in matching if job.timestamp < find.before]
        if find.total_before:
            counted = len(matching)
        matching.sort(key=lambda job: (job.timestamp, job.id), reverse=not find.oldest_first)
        ids = [job.id for job in matching[: find.limit]]
        assert self.store.find(find) == (ids, counted)

    @invariant()
    def it_holds_what_it_should(self) -> None:
        assert {
            account.username: (account.id, account.password, account.plan, account.revoked)
            for account in self.store.accounts()
        } == {
            name: (known.id, known.password, known.plan, sorted(known.revoked))
            for name, known in self.model.items()
        }
        assert self.store.clocks() == self.clocks
        assert list(self.store.jobs()) == sorted(self._all(), key=lambda job: job.id)
        for known in self.model.values():
            assert list(self.store.jobs(known.id)) == known.jobs
            assert self.store.account_by_id(known.id) is not None


def _matches(job: Job, find: Find) -> bool:
    """Whether a job meets every condition but the cursor."""
    return all(
        (
            find.account in (None, job.account),
            find.kinds is None or job.kind in find.kinds,
            find.services is None or job.service in find.services,
            find.favourite in (None, job.favourite),
            find.hash in (None, job.hash),
            find.folders is None or bool({*find.folders} & {*job.folders}),
            find.prompt is None or _fits(job.prompt, find.prompt, find.match),
            job.visible is None or job.visible <= find.now,
        )
    )


def _fits(prompt: str, text: str, match: Match) -> bool:
    if match == "exact":
        return prompt == text
    if match == "substring":
        return text in prompt
    if match == "words":
        return all(word in prompt.casefold().split() for word in text.casefold().split())
    return text.casefold() in prompt.casefold()
