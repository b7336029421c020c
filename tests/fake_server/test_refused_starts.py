"""What a start is refused for, beyond a wrong option: one line that says what would be right."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sampan.fake_server.settings import NewAccount, settings
from tests.support.fakes import Served

Serve = Callable[..., Served]


def refusal(*arguments: str) -> str:
    """The one line that says why a fake can't be started so."""
    command = [sys.executable, "-m", "sampan", "serve", "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


# The port and its file


def test_whoever_finds_the_port_busy_is_told_how_to_get_a_free_one(serve: Serve) -> None:
    assert "--port 0" in refusal("--port", str(serve().port))
    assert "--port 0" not in refusal("--host", "203.0.113.7")


def test_no_host_is_not_every_host() -> None:
    told = refusal("--host", "")
    assert "127.0.0.1" in told
    assert "0.0.0.0" in told


def test_a_port_file_that_cannot_be_written_is_told() -> None:
    # Nobody can make a file there, not even root.
    assert "--port-file /proc/port" in refusal("--port-file", "/proc/port")


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert f"--port-file {pipe} must be a file" in refusal("--port-file", str(pipe))
    assert pipe.is_fifo()


def test_a_refused_start_leaves_the_port_file_of_the_fake_that_runs(
    serve: Serve, tmp_path: Path
) -> None:
    file = tmp_path / "port"
    port = serve("--port-file", str(file)).port
    refusal("--port", str(port), "--port-file", str(file))
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
