"""A data file while the fake runs: its time is kept in it, and that it is gone is noticed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.controls import Control
from tests.support.fakes import START, Fake, MakeFake

_HOUR = 3_600_000


def _hurried(fake: Fake) -> Fake:
    """The fake, which looks after its file with every change."""
    fake.app.service.store.file.every = 0
    return fake


# Time


def _end(fake: Fake, *, orderly: bool) -> None:
    if not orderly:
        fake.app.service.store.close()  # as a kill leaves it: nothing more is written
    fake.app.service.close()


@pytest.mark.parametrize("orderly", [True, False])
@pytest.mark.parametrize("back", [1, 5000, _HOUR])
def test_a_job_that_was_seen_finished_stays_so_over_a_restart(
    make_fake: MakeFake, tmp_path: Path, caplog: pytest.LogCaptureFixture, orderly: bool, back: int
) -> None:
    first = _hurried(make_fake(data=tmp_path / "data"))
    abc = first.login()
    seen = abc.picture()
    if not orderly:
        abc.create("a change with which the time is kept")
    _end(first, orderly=orderly)
    again = make_fake(data=tmp_path / "data", wall_ms=first.wall - back)
    assert again.app.service.clocks.now() == first.wall
    record = again.login().record(seen["hash"])
    assert (record["status"], record["img_buffer"]) == (2000, seen["img_buffer"])
    assert again.get(seen["img_buffer"].removeprefix("http://fake.test")).status_code == 200
    assert ("ahead of the machine's" in caplog.text) == (back > 1000)
    again.wall += 700  # and runs on
    assert again.app.service.clocks.now() == first.wall + 700


@pytest.mark.parametrize("change", ["submit", "clock", "account", "fault"])
def test_the_time_is_kept_with_whatever_is_stored(
    make_fake: MakeFake, tmp_path: Path, change: str
) -> None:
    fake = _hurried(make_fake(data=tmp_path / "data"))
    control, abc = Control(fake), fake.login()
    fake.wall += _HOUR
    changes: dict[str, Callable[[], object]] = {
        "submit": abc.create,
        "clock": lambda: control.post("clock/freeze", account="abc"),
        "account": lambda: control.post("accounts", username="t1", password="p"),
        "fault": lambda: control.post("faults", type="DELAY", delay=0),
    }
    changes[change]()
    _end(fake, orderly=False)
    assert make_fake(data=tmp_path / "data").app.service.clocks.now() == START + _HOUR


def test_the_machines_time_counts_where_it_is_later(make_fake: MakeFake, tmp_path: Path) -> None:
    make_fake(data=tmp_path / "data").close()
    later = make_fake(data=tmp_path / "data", wall_ms=START + 5)
    assert later.app.service.clocks.now() == START + 5


def test_time_that_was_turned_back_stays_so(make_fake: MakeFake, tmp_path: Path) -> None:
    """Only the control API turns it back, and that is kept as well."""
    first = make_fake(data=tmp_path / "data")
    Control(first).post("clock/set", to=START - _HOUR)
    first.app.service.close()
    again = make_fake(data=tmp_path / "data", wall_ms=START - 5000)
    assert again.app.service.clocks.now() == START - _HOUR


def test_a_find_writes_nothing(make_fake: MakeFake, tmp_path: Path) -> None:
    fake = _hurried(make_fake(data=tmp_path / "data"))
    abc = fake.login()
    before = (tmp_path / "data-wal").stat()
    fake.wall += _HOUR
    abc.find()
    after = (tmp_path / "data-wal").stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_an_end_on_a_full_disk_is_an_end(
    make_fake: MakeFake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = make_fake(data=tmp_path / "data")
    fake.app.service.store._db.execute("PRAGMA query_only = 1")
    fake.app.service.close()
    assert "the time of the end is not kept" in caplog.text


# A file that is gone


def _delete(path: Path) -> None:
    path.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def _replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    os.replace(path.with_name("copy"), path)


def _delete_its(end: str) -> Callable[[Path], None]:
    return lambda path: path.with_name(f"{path.name}-{end}").unlink()


def _cut(end: str, size: int = 0) -> Callable[[Path], None]:
    return lambda path: os.truncate(f"{path}{end}", size)


def _overwrite(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])  # by another, shorter one, as cp does


@pytest.mark.parametrize(
    ("loss", "told", "shared"),
    [
        (_cut(""), "data was cut short or overwritten", False),
        (_cut("", 100), "data was cut short or overwritten", True),
        (_overwrite, "data was cut short or overwritten", False),
        (_cut("-wal"), "data (its data-wal) was cut short or overwritten", False),
        (_cut("-wal", 100), "data (its data-wal) was cut short or overwritten", True),
        (_delete, "data was deleted or moved away", False),
        (_move, "data was deleted or moved away", False),
        (_replace, "data was replaced by another file", False),
        (_delete_its("wal"), "data (its data-wal) was deleted or moved away", False),
        (_delete_its("turn"), "data (its data-turn) was deleted or moved away", True),
        (_delete_its("use"), "data (its data-use) was deleted or moved away", True),
    ],
)
def test_a_file_that_is_gone_is_told(
    make_fake: MakeFake,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    loss: Callable[[Path], None],
    told: str,
    *,
    shared: bool,
) -> None:
    fake = _hurried(make_fake(data=tmp_path / "data", shared=shared))
    control, abc = Control(fake), fake.login()
    abc.create()
    assert control.get("ready") == {"status": "ready"}
    assert caplog.text == ""
    loss(tmp_path / "data")
    response = control.send("GET", "ready")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (503, "not-ready")
    assert told in error["message"]
    abc.create()
    control.post("accounts", username="t1", password="p")
    assert [record.getMessage() for record in caplog.records] == [f"sampan: {error['message']}"]
    assert len(abc.find()) == 2  # it goes on as long as it runs


def test_a_log_that_has_grown_again_behind_a_gap_is_told(
    make_fake: MakeFake, tmp_path: Path
) -> None:
    fake = make_fake(data=tmp_path / "data")  # which has just looked
    control, abc = Control(fake), fake.login()
    abc.create()
    _cut("-wal")(tmp_path / "data")
    abc.create("a dog " * 1000)
    for _ in range(2):
        assert "cut short" in control.send("GET", "ready").json()["error"]["message"]


def test_a_fake_that_changes_its_directory_keeps_its_file(
    make_fake: MakeFake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    control = Control(make_fake(data=Path("data")))
    monkeypatch.chdir("/")
    assert control.get("ready") == {"status": "ready"}


def test_a_fake_in_memory_has_no_file_to_lose(control: Control) -> None:
    _hurried(control.fake).login().create()
    assert control.get("ready") == {"status": "ready"}
