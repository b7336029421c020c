"""Data files: what is put in one is in it, and what is none is refused in one line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sampan.fake_server.clock.clock import ClockState
from sampan.fake_server.store.control_rows import FaultRow, ScenarioRow
from sampan.fake_server.store.database import StoreError
from sampan.fake_server.store.job_query import Find
from sampan.fake_server.store.store import Store
from tests.support.samples.drawn import NOW, submitted


def _refusal(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        Store(path)
    return str(refused.value)


def test_a_file_holds_what_was_put_in_it(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        account = store.put_account("abc", "digest", "none", "小明")
        job = submitted(store, account, 1)
    with closing(Store(path)) as store:
        again = store.account("abc")
        assert again is not None
        assert (again.id, again.name, again.plan) == (account.id, "小明", "none")
        assert store.by_hash(job.hash) == job
        assert submitted(store, again, 2).id == job.id + 1


def test_a_reset_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        account = store.put_account("abc", "digest", "unlimited")
        submitted(store, account, 1)
        store.revoke_tokens(account, NOW)
        store.keep_clock(account.id, ClockState(5))
        store.reset(account)
    with closing(Store(path)) as store:
        again = store.account("abc")
        assert again is not None
        assert again.revoked == []
        assert store.clocks() == {}
        assert store.find(Find(again.id, NOW)) == ([], 0)


def test_a_file_in_use_has_a_log_that_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        store.put_account("abc", "digest", "unlimited")
        assert (tmp_path / "sampan.db-wal").stat().st_size > 0
    assert [file.name for file in tmp_path.iterdir()] == ["sampan.db"]


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
            submitted(store, account, number)
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
    assert _refusal(path) == f"data file {path} can't be used: it belongs to another program"
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["music.db"]


@pytest.mark.parametrize("mark", ["application_id", "user_version"])
def test_an_empty_database_that_bears_anothers_mark_is_refused(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA {mark} = 77")
    assert "it belongs to another program" in _refusal(path)


@pytest.mark.parametrize(("version", "todo"), [(2, "get /__admin/state"), (99, "newer sampan")])
def test_another_format_is_refused(tmp_path: Path, version: int, todo: str) -> None:
    path = tmp_path / "sampan.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    told = _refusal(path)
    reads = f"it has format {version}, but this sampan reads format 4; "
    assert told.startswith(f"data file {path} can't be used: {reads}")
    assert todo in told


#: The table that format 4 has changed, as format 3 had it.
_SCENARIOS_3 = (
    "CREATE TABLE scenarios (position INTEGER PRIMARY KEY, scenario TEXT NOT NULL,"
    " number INTEGER NOT NULL, account INTEGER, times INTEGER)"
)


def test_a_file_of_format_3_is_upgraded_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    with closing(Store(path)) as store:
        account = store.put_account("abc", "digest", "none", "小明")
        job = submitted(store, account, 1)
        store.control.add_fault(FaultRow("f1", None, {"type": "ERRNO", "errno": 501}, 3, 2), 1)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"DROP TABLE scenarios; {_SCENARIOS_3}; PRAGMA user_version = 3;")
        db.execute("INSERT INTO scenarios VALUES (4, 'fail', 46, NULL, 2)")
        db.commit()
    for _ in range(2):  # upgraded, and read as it is from then on
        with closing(Store(path)) as store:
            assert store.by_hash(job.hash) == job
            assert [row.applied for row in store.control.faults()] == [2]
            assert store.control.scenarios() == [ScenarioRow(4, "fail", 46, None, 2, 0, False)]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (4,)


def test_a_damaged_file_of_format_3_is_not_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "sampan.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE scenarios; PRAGMA user_version = 3;")
    before = path.read_bytes()
    assert "can't be used" in _refusal(path)
    assert path.read_bytes() == before


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path) == f"data file {tmp_path} is a directory"


def test_a_file_in_no_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "sampan.db"
    assert _refusal(path) == (
        f"data file {path} can't be created: the directory {path.parent} does not exist"
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
from sampan.fake_server.store.store import Store
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
        refusal = _refusal(path)
        assert refusal.startswith(f"data file {path} is in use by another process")
        assert "--shared" in refusal
        holder.kill()
    Store(path).close()


def test_a_refused_file_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
        assert _refusal(path)
        db.execute("INSERT INTO songs VALUES ('Sampan song')")
