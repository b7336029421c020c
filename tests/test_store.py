"""The store against a plain dict, and the files that it refuses."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import pytest
from drawn import NOW, facts, kinds, plans
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from fake_server.clock import ClockState
from fake_server.conditions import Find, Match
from fake_server.datafile import StoreError
from fake_server.lifecycle import JobFacts, Kind, Plan, end
from fake_server.store import Account, AccountPlan, Store

_PLAN = Plan(300, 1700)
_prompts = st.lists(
    st.sampled_from(["Shanghai", "shanghai", "dawn", "Straße", "上海", "🚣", "a\0b", "%", "_"]),
    min_size=1,
    max_size=4,
).flatmap(lambda words: st.sampled_from([" ", "\t", "\n "]).map(lambda gap: gap.join(words)))
_searches = _prompts | st.sampled_from(["", "HAI", "an", "STRASSE", "at dawn", "dawn Shanghai"])
_folders = st.lists(st.sampled_from(["x", "y", "ü"]), max_size=2, unique=True).map(tuple)
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
    folders=_some(["x", "y", "ü", "z"]),
    favourite=st.none() | st.booleans(),
    hash=st.none() | st.integers(0, 5).map(lambda number: _drawn(number)[0]),
    limit=st.none() | st.integers(1, 4),
    oldest_first=st.booleans(),
    total_before=st.booleans(),
)
_FILTERS = ("kinds", "services", "prompt", "folders", "favourite", "hash")
#: Of a find's filters few are given, most of the time.
_few = st.builds(
    lambda find, kept: replace(find, **{name: None for name in _FILTERS if name not in kept}),
    _finds,
    st.sets(st.sampled_from(_FILTERS[:-1]), max_size=2),
)


def _drawn(number: int) -> tuple[str, str, str]:
    """The hash, job id and uuid of the so many'th job."""
    digest = hashlib.sha512(b"%d" % number).hexdigest()
    return digest[:64], digest[64:96], digest[96:]


@dataclass
class Known:
    """What the model knows of an account."""

    id: int
    password: str
    plan: AccountPlan
    jobs: list[JobFacts] = field(default_factory=list)
    revoked: int | None = None


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

    @initialize()
    def begin(self) -> None:
        self.put_account("abc", "digest", "unlimited")

    def _all(self) -> list[JobFacts]:
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
        account = self.store.put_account(name, password, plan)
        known = self.model.get(name)
        if known is None:
            assert account.id not in self.ids, "the id of an account is never used again"
            self.ids.add(account.id)
            self.model[name] = Known(account.id, password, plan)
        else:
            known.password, known.plan = password, plan

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
        known.jobs, known.revoked = [], None
        self.clocks.pop(account.id, None)

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2), at=st.none() | _instants)
    def revoke(self, number: int, at: int | None) -> None:
        account, known = self._account(number)
        self.store.revoke_tokens(account, at)
        known.revoked = at

    # Jobs

    @precondition(lambda self: self.model)
    @rule(
        number=st.integers(0, 2),
        created=_instants,
        plan=plans(),
        kind=kinds,
        service=st.sampled_from(["main", "niji"]),
        prompt=_prompts,
        visible=st.none() | _instants,
        parent=st.booleans(),
        ratio=st.sampled_from([(1, 1), (16, 9)]),
    )
    def submit(
        self,
        number: int,
        created: int,
        plan: Plan,
        kind: Kind,
        service: str,
        prompt: str,
        visible: int | None,
        parent: bool,
        ratio: tuple[int, int],
    ) -> None:
        account, known = self._account(number)
        hash, job_id, id_uuid = _drawn(self.submitted)
        self.submitted += 1
        told: list[int] = []

        def make(ordinal: int, id: int) -> JobFacts:
            told.append(ordinal)
            return facts(
                plan,
                id=id,
                account=account.id,
                hash=hash,
                job_id=job_id,
                id_uuid=id_uuid,
                created=created,
                kind=kind,
                service=service,
                prompt=prompt,
                visible=visible,
                ratio=ratio,
                parent_hash="p" if parent else None,
                parent_id="q" if parent else None,
                grid_num=3 if parent else None,
            )

        job = self.store.submit(account, make)
        assert told == [len(known.jobs) + 1]
        taken = {other.timestamp for other in known.jobs}
        free = next(ms for ms in range(created, created + 1000) if ms not in taken)
        assert job == replace(make(0, job.id), late=free - created)
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
        job = replace(before, favourite=favourite, folders=folders, plan=plan, visible=visible)
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

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 2), now=st.integers(0, 300_000).map(lambda ms: NOW + ms))
    def unfinished(self, number: int, now: int) -> None:
        account, known = self._account(number)
        running = [job for job in known.jobs if (at := end(job)) is None or at > now]
        assert self.store.unfinished(account.id, now) == running

    @precondition(lambda self: self.model)
    @rule(find=_finds | _few, everybody=st.booleans())
    def find(self, find: Find, everybody: bool) -> None:
        account, _ = self._account(find.account or 0)
        find = replace(find, account=None if everybody else account.id)
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
            name: (known.id, known.password, known.plan, known.revoked)
            for name, known in self.model.items()
        }
        assert self.store.clocks() == self.clocks
        assert list(self.store.jobs()) == sorted(self._all(), key=lambda job: job.id)
        for known in self.model.values():
            assert list(self.store.jobs(known.id)) == known.jobs
            assert self.store.account_by_id(known.id) is not None


def _matches(job: JobFacts, find: Find) -> bool:
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


class FileMachine(StoreMachine):
    """A store in a file, which is closed and opened again now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.store.close()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "sampan.db")

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "sampan.db")


TestInMemory = StoreMachine.TestCase
TestInMemory.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestInFile = FileMachine.TestCase
TestInFile.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


# A few things too large for the model


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store()) as store:
        yield store


def _submit(store: Store, account: Account, number: int, **given: object) -> JobFacts:
    hash, job_id, id_uuid = _drawn(number)
    drawn = {"account": account.id, "hash": hash, "job_id": job_id, "id_uuid": id_uuid, **given}
    return store.submit(account, lambda _, id: facts(_PLAN, id=id, **drawn))


def test_any_number_of_values_may_be_asked_for(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = _submit(store, account, 1)
    many = tuple(str(number) for number in range(100_000))
    store.put([replace(job, folders=("99999",))])
    assert store.find(Find(account.id, NOW, folders=many)) == ([job.id], 1)
    assert store.find(Find(account.id, NOW, services=("main",) * 100_000)) == ([job.id], 1)
    words = " ".join(["shanghai"] * 100_000)
    assert store.find(Find(account.id, NOW, prompt=words, match="words")) == ([job.id], 1)


def test_a_submission_that_can_not_be_made_leaves_no_trace(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    first = _submit(store, account, 1)
    with pytest.raises(sqlite3.IntegrityError):
        _submit(store, account, 1)
    second = _submit(store, account, 2)
    assert list(store.jobs()) == [first, second]
    assert second.id == first.id + 1


def test_jobs_of_an_unknown_account_are_not_taken(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    job = _submit(store, account, 1)
    with pytest.raises(KeyError):
        store.put([replace(job, favourite=True), replace(job, account=99)])
    assert list(store.jobs()) == [job]


def test_after_an_import_the_next_job_is_behind_what_was_imported(store: Store) -> None:
    account = store.put_account("abc", "digest", "unlimited")
    store.put([facts(_PLAN, id=7, account=account.id)])
    assert _submit(store, account, 1).id == 8
    assert store.find(Find(account.id, NOW + 1, limit=1)) == ([8], 2)


# Files


def _refusal(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        Store(path)
    return str(refused.value)


def test_a_file_holds_what_was_put_in_it(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        account = store.put_account("abc", "digest", "none", "小明")
        job = _submit(store, account, 1)
    with closing(Store(path)) as store:
        again = store.account("abc")
        assert again is not None
        assert (again.id, again.name, again.plan) == (account.id, "小明", "none")
        assert store.by_hash(job.hash) == job
        assert _submit(store, again, 2).id == job.id + 1


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    path.touch()
    with closing(Store(path)) as store:
        assert store.accounts() == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Buy milk.\n" * 1000)
    assert _refusal(path) == f"data file {path} can't be used: file is not a database"
    assert path.read_text() == "Buy milk.\n" * 1000


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        account = store.put_account("abc", "digest", "unlimited")
        for number in range(200):
            _submit(store, account, number)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert _refusal(path).startswith(f"data file {path} can't be used: ")
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(8192) + whole[middle + 8192 :])
    assert _refusal(path).startswith(f"data file {path} can't be used: ")


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    assert _refusal(path) == f"data file {path} can't be used: it is a database of another program"
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["music.db"]


@pytest.mark.parametrize("mark", ["application_id", "user_version"])
def test_an_empty_database_that_bears_anothers_mark_is_refused(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA {mark} = 77")
    assert "it is a database of another program" in _refusal(path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    assert _refusal(path) == (
        f"data file {path} can't be used: it has format 99, this sampan reads format 1"
    )


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path) == f"data file {tmp_path} is a directory"


def test_a_file_in_no_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "sampan.db"
    assert _refusal(path) == (
        f"data file {path} can't be made: there is no directory {path.parent}"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where it likes")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    Store(path).close()
    path.chmod(0o400)
    assert _refusal(path).startswith(f"data file {path} can't be ")


_HOLDER = """
import sys
from pathlib import Path
from fake_server.store import Store
store = Store(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_in_use_by_another_process_is_refused_until_that_ends(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert _refusal(path) == f"data file {path} is in use by another process"
        holder.kill()
    Store(path).close()


def test_a_refused_file_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
        assert _refusal(path)
        db.execute("INSERT INTO songs VALUES ('Sampan song')")
