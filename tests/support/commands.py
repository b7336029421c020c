"""The command ``sampan`` in this process, where a process of its own would show nothing more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext

import pytest
from click.testing import CliRunner, Result

from sampan.fake_server import cli
from sampan.fake_server.server import limits, uvicorn_server


def run(*arguments: str, **environment: str) -> Result:
    """A command that ends by itself: its exit code, stdout and stderr.

    Of this process's environment it sees nothing that starts with SAMPAN_, but ``environment``.
    """
    hidden: Mapping[str, str | None] = {
        name: None for name in os.environ if name.startswith("SAMPAN_")
    }
    runner = CliRunner(env={**hidden, **environment})
    done = runner.invoke(cli.main, arguments, prog_name="sampan")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def refusal(*arguments: str) -> str:
    """The one line that says why a fake can't be started so; it has no port yet."""

    def bind(host: str, port: int) -> None:
        raise AssertionError(f"a fake with {arguments} would start at {host}:{port}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn_server, "bind", bind)
        # What is for a process that is the fake's alone.
        patch.setattr(limits, "allow_many_connections", lambda: None)
        patch.setattr(cli, "no_collections", nullcontext)
        done = run("serve", "--port", "0", *arguments)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
