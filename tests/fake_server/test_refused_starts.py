"""What a start is refused for, beyond a wrong option: one line that says what would be right."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from sampan.fake_server.settings import NewAccount, settings
from sampan.fake_server.store.store import Store
from tests.support.commands import refusal
from tests.support.examples import sampled, some
from tests.support.fakes import Served

Serve = Callable[..., Served]


def refusal_of_a_process(*arguments: str, before: Callable[[], None] | None = None) -> str:
    """The same of a process: what has a port by then, or what a process may do or have."""
    command = [sys.executable, "-m", "sampan", "serve", "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, preexec_fn=before)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# The data file


def _text(path: Path) -> None:
    path.write_text("Buy milk.\n" * 1000)


def _header_alone(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0and nothing more")


def _sampans(path: Path) -> None:
    Store(path).close()


def _half(path: Path) -> None:
    _sampans(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _of_format(version: int, path: Path) -> None:
    _sampans(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")


def _anothers(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (title TEXT)")


def _with_a_time_that_is_none(path: Path) -> None:
    with closing(Store(path)) as store:
        store.keep("time", "noon")


def _with_a_key_that_is_none(path: Path) -> None:
    with closing(Store(path)) as store:
        store.keep("token-key", "zz")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (Path.mkdir, "is a directory"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/full"), "is not a regular file"),
        (lambda path: path.symlink_to("/proc/sampan"), "unable to open"),
        (lambda path: path.symlink_to("/nowhere/x"), "the directory /nowhere does not exist"),
        (lambda path: path.symlink_to(path), "can't be opened: Too many levels of symbolic links"),
        (_text, "file is not a database"),
        (_header_alone, "file is not a database"),
        (_half, "malformed"),
        (_anothers, "belongs to another program"),
        (partial(_of_format, 1), "get /__admin/state from the sampan that wrote it"),
        (partial(_of_format, 2), "get /__admin/state from the sampan that wrote it"),
        (partial(_of_format, 5), "start it with the newer sampan"),
        (_with_a_time_that_is_none, "can't be used"),
        (_with_a_key_that_is_none, "can't be used"),
    ],
)
def test_a_data_file_that_cannot_be_one_is_told(
    tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    path = tmp_path / "data"
    make(path)
    reason = refusal("--data", str(path))
    assert f"data file {path} " in reason
    assert told in reason


@pytest.mark.parametrize("path", ["nowhere/data", "/dev/null/data", "x" * 300, "x/" * 3000 + "y"])
def test_a_data_file_that_cannot_be_there_is_told(path: str) -> None:
    assert f"data file {path} can't be " in refusal("--data", path)


def test_a_data_file_in_use_is_told(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "data"
    served = serve("--data", str(path))
    told = refusal_of_a_process("--data", str(path))
    assert f"data file {path} is in use by another process" in told
    assert "--shared" in told
    assert served.process.poll() is None


@pytest.mark.parametrize(
    ("kib", "old"), sampled([(0, 0), (0, 1), (4, 1), (4, 0), (40, 0), (40, 1)], 6)
)
def test_a_full_disk_is_told(tmp_path: Path, kib: int, old: int) -> None:
    path = tmp_path / "data"
    if old:
        _sampans(path)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kib << 10, kib << 10))

    assert f"data file {path} can't be " in refusal_of_a_process("--data", str(path), before=full)


def test_one_file_is_not_for_port_and_data(tmp_path: Path) -> None:
    """The port would replace what is in the data file."""
    path = tmp_path / "data"
    _sampans(path)
    before = path.read_bytes()
    (tmp_path / "link").symlink_to(path)
    for name in ("data", "link"):
        arguments = ("--data", str(path), "--port-file", str(tmp_path / name))
        assert "must be different files" in refusal(*arguments)
    assert path.read_bytes() == before


# The profile


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"answers: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"answers: " + b"[" * 3000, "is not YAML"),
        (b"", "must be a mapping"),
        (b"answers: [1]", "must be a mapping"),
        (b"name: x\nanswers: {find-ordr: x}", "find-ordr"),
        (b"name: x\nanswers: {find-order: x}", "not a variant of find-order"),
    ],
)
def test_a_profile_that_cannot_be_one_is_told(tmp_path: Path, text: bytes, told: str) -> None:
    file = tmp_path / "profile.yaml"
    file.write_bytes(text)
    assert told in refusal("--profile", str(file))


@pytest.mark.parametrize("profile", ["documentd", "", "/dev/null", "/", "x" * 300])
def test_what_is_no_profile_is_told(profile: str) -> None:
    assert "is neither a file nor one of documented, mixed" in refusal("--profile", profile)


# The port and its file


def test_whoever_finds_the_port_busy_is_told_how_to_get_a_free_one(serve: Serve) -> None:
    assert "--port 0" in refusal_of_a_process("--port", str(serve().port))
    assert "--port 0" not in refusal_of_a_process("--host", "203.0.113.7")


def test_no_host_is_not_every_host() -> None:
    told = refusal_of_a_process("--host", "")
    assert "127.0.0.1" in told
    assert "0.0.0.0" in told


def test_a_port_file_that_cannot_be_written_is_told() -> None:
    # Nobody can make a file there, not even root.
    for path in ("/proc/port", "nowhere/port", "/", "x" * 300):
        assert f"--port-file {path} " in refusal_of_a_process("--port-file", path)


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert f"--port-file {pipe} must be a file" in refusal_of_a_process("--port-file", str(pipe))
    assert pipe.is_fifo()


def test_a_refused_start_leaves_the_port_file_of_the_fake_that_runs(
    serve: Serve, tmp_path: Path
) -> None:
    file = tmp_path / "port"
    port = serve("--port-file", str(file)).port
    refusal_of_a_process("--port", str(port), "--port-file", str(file))
    assert file.read_text() == f"{port}\n"
    assert list(tmp_path.iterdir()) == [file]


def test_an_old_port_is_not_told_while_the_new_one_is_not_ready(tmp_path: Path) -> None:
    """A script that waits for the file would go to a port that nobody has, or somebody else."""
    file = tmp_path / "port"
    file.write_text("1\n")
    code = (
        "import sys\nfrom pathlib import Path\nfrom sampan.fake_server import cli\n"
        "from sampan.fake_server.server import uvicorn_server\n"
        "class Dies(uvicorn_server.Server):\n"
        "    def run(self, sockets): print(Path(sys.argv[1]).exists())\n"
        "uvicorn_server.Server = Dies\n"
        "cli.main(['serve', '--port', '0', '--port-file', sys.argv[1]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
    assert list(tmp_path.iterdir()) == []  # and nothing half-written is left


# Accounts and the admin token


def test_of_several_accounts_the_bad_one_is_named() -> None:
    told = refusal("--account", "anna:secret", "--account", "bob:secret:gold")
    assert "'bob'" in told
    assert "secret" not in told


@pytest.mark.parametrize("name", ["a/b", ".", "..", "x" * 201])
def test_an_account_has_a_name_that_the_control_api_would_take(name: str) -> None:
    told = refusal("--account", f"{name}:secret")
    assert "a name has 1 to 200 characters, none of them a slash" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    "account",
    [
        NewAccount("a/b", "pass7"),
        NewAccount("", "pass7"),
        NewAccount("a", ""),
        NewAccount("a", "pass7" * 201),
        NewAccount("a", "pass7", cast(Any, "gold")),
        NewAccount(cast(Any, None), "pass7"),
        cast(Any, ("a", "pass7")),
    ],
)
def test_an_account_as_a_value_is_checked_as_its_text_is(account: NewAccount) -> None:
    with pytest.raises(ValueError, match="account") as refused:
        settings(accounts=[account])
    assert "pass7" not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1:99", "http://127.0.0.1", "[::1]"])
def test_a_host_with_more_than_a_name_is_told_what_to_leave_out(host: str) -> None:
    told = refusal("--host", host)
    assert f"--host {host!r} is more than an address; use one like 127.0.0.1 or ::1, and" in told


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"markers": "no"}, "markers must be True or False, not 'no'"),
        ({"strict": 1}, "strict must be True or False, not 1"),
        ({"fast": None}, "fast must be True or False, not None"),
        ({"seed": "7"}, "seed must be a whole number, not '7'"),
        ({"seed": True}, "seed must be a whole number, not True"),
        ({"data": 5}, "data must be text or a path, not int"),
        ({"profile": b"mixed"}, "profile must be text or a path, not bytes"),
        ({"admin_token": b"secret"}, "admin_token must be text, not bytes"),
        ({"external_url": 5}, "external_url must be text, not int"),
    ],
)
def test_a_setting_of_another_kind_is_named(options: Any, says: str) -> None:
    with pytest.raises(ValueError, match="must be") as refused:
        settings(**options)
    assert str(refused.value) == says


@pytest.mark.parametrize("text", ["secret", ":secret"])
def test_what_may_be_a_password_is_not_repeated(text: str) -> None:
    assert "secret" not in refusal("--account", text)


def test_a_password_with_a_colon_is_told_to_be_none() -> None:
    told = refusal("--account", "bob:half:other")
    assert "colon" in told
    assert "half" not in told
    assert "other" not in told


def test_an_account_is_given_once() -> None:
    assert "'bob' is given twice" in refusal("--account", "bob:a", "--account", "bob:b")
    with pytest.raises(ValueError, match="'bob' is given twice"):
        settings(accounts=["bob:a", NewAccount("bob", "b")])


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_admin_token_is_refused(token: str) -> None:
    """``--admin-token "$TOKEN"`` with no ``TOKEN`` set would let everybody in."""
    assert "--admin-token must not be empty" in refusal("--host", "0.0.0.0", "--admin-token", token)


@pytest.mark.parametrize("token", ["secret\nmore", "secret\0", " secret", "secret\t", "\x1bsecret"])
def test_an_admin_token_that_no_header_can_have_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="--admin-token must be printable text") as refused:
        settings(admin_token=token)
    assert "secret" not in str(refused.value)


def test_a_variable_that_is_not_set_names_no_data_file() -> None:
    assert "--data must not be empty" in refusal("--data", "")
    with pytest.raises(ValueError, match="--data must not be empty"):
        settings(data="")


@pytest.mark.parametrize("option", ["--external-url", "--allow-origin", "--allow-host", "--cors"])
def test_no_password_of_an_address_is_repeated(option: str) -> None:
    assert "secret" not in refusal(option, "http://me:secret@fake.test:8091/")


# What the machine allows


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, most))


@pytest.mark.parametrize("count", sampled([6, 8, 12, 16, 20, 24, 28, 32, 40, 64], 6))
def test_too_few_descriptors_are_told(count: int) -> None:
    told = refusal_of_a_process(before=partial(_limit, resource.RLIMIT_NOFILE, count))
    assert told.startswith("Error: the fake can't start: Too many open files: it needs ")


def test_descriptors_that_are_open_already_count(tmp_path: Path) -> None:
    def inherited() -> None:
        _limit(resource.RLIMIT_NOFILE, 120)
        for number in range(20, 100):
            os.dup2(0, number)

    command = [sys.executable, "-m", "sampan", "serve", "--port", "0"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, preexec_fn=inherited, close_fds=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@pytest.mark.parametrize("megabytes", some([24, 30, 40, 48, 52, 56, 60], 3))
def test_too_little_memory_is_told(megabytes: int) -> None:
    told = refusal_of_a_process(before=partial(_limit, resource.RLIMIT_AS, megabytes << 20))
    assert told.startswith("Error: the fake can't start: Cannot allocate memory: it needs ")
