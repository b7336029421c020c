"""``st`` again and again: one process that has imported schemathesis, and a fork for each run.

Importing takes longer than many a run. This module is also what that process runs
(``python -m tests.stock_tools.forked``): a line of JSON asks for a run, a line says how it ended.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from tests.support.paths import ROOT

#: Imported once; what a run imports besides is little.
_IMPORTED = (
    "schemathesis.cli.commands.run.executor",
    "schemathesis.engine.core",
    "schemathesis.engine.run.unit",
    "schemathesis.specs.openapi.checks",
    "schemathesis.transport.wsgi",
    "hypothesis.stateful",
    "sampan.conformance.schemathesis_gateway.running",
)


def st(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: Path,
    limit: float,
) -> int | None:
    """Run ``st`` in ``folder``; the exit code, or ``None`` if it was ended after ``limit`` s."""
    asked = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(folder),
        "output": str(output),
        "limit": limit,
    }
    process = _process()
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    code: int | None = json.loads(process.stdout.readline())
    return code


@cache
def _process() -> Any:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()  # closes its input, at which it ends


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when the one that asks does
    for name in _IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(asked)
        print(json.dumps(_ended(child, asked["limit"])), flush=True)


def _ended(child: int, limit: float) -> int | None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run(asked: Mapping[str, Any]) -> NoReturn:
    """In the child: become that run."""
    code = 1
    try:
        file = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(file, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        sys.argv = ["st", *asked["arguments"]]
        command = importlib.import_module("schemathesis.cli").schemathesis
        command(asked["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
