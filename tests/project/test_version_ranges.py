"""Both ends of the ranges that the fake is installed in beside others' packages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sampan import FakeServer
from tests.support.examples import sampled
from tests.support.paths import ROOT

#: The whole flow, refusals by a schema, a fault of the connection, and bytes that are not HTTP, on
#: both protocols.
FLOW = """
import socket, sys
from importlib.metadata import version
import pytest
from sampan import FakeServer
from sampan.fake_server.client.errors import ControlRefused, Disconnected, Refused
from sampan.fake_server.server import protocols
from sampan.fake_server.server.fast_protocol import FastProtocol

print(version("uvicorn"), version("starlette"), version("jsonschema-rs"))
assert protocols.choose(fast=True) is FastProtocol, version("uvicorn")
for fast in (True, False):
    with FakeServer(job_seconds=60, fast=fast) as server:
        account = server.account()
        record = account.wait_finished(account.create("a cat"))
        assert account.download(record["img_buffer"]).startswith(b"\\x89PNG")
        account.upscale(record["hash"], 2)
        with pytest.raises(Refused, match="limit"):
            account.find(limit="ten")
        with pytest.raises(ControlRefused, match="'NOPE' is not valid; valid: ERRNO"):
            account.admin.fault("NOPE")
        account.admin.fault("CONNECTION_RESET_BY_PEER", operation="findJobs", times=1)
        with pytest.raises(Disconnected):
            account.find()
        assert account.find().total == 2
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"rubbish\\r\\n\\r\\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
"""


def _ends(name: str) -> list[str]:
    """The lowest version that pyproject.toml admits, and the newest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["conformance"]]
    (needed,) = (line for line in lines if re.match(rf"{name}\W", line))
    first, *last = re.findall(r"[\d.]+", needed)
    patch = "" if first.count(".") == 2 else ".0"
    return [f"{name}=={first}{patch}", *(f"{name}<{each}" for each in last)]


def _installed(folder: Path, packages: list[str]) -> dict[str, str]:
    """The environment of a process that takes ``packages`` from ``folder``."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input"]
    installed = subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", str(folder), *packages],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if installed.returncode:
        pytest.skip(f"pip can't install {packages}: {installed.stderr.strip()[-200:]}")
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize("end", sampled([0, 1], 2), ids=["lowest", "newest"])
def test_the_fake_runs_at_both_ends(end: int, tmp_path: Path) -> None:
    packages = [_ends(name)[end] for name in ("uvicorn", "starlette", "jsonschema-rs")]
    ran = subprocess.run(
        [sys.executable, "-c", FLOW],
        env=_installed(tmp_path, packages),
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    wanted = re.findall(r"==([\d.]+)", " ".join(packages))
    assert all(version in ran.stdout.split() for version in wanted), ran.stdout


@pytest.mark.whole
def test_the_kit_runs_at_its_lowest(tmp_path: Path) -> None:
    """Beside a project's own pytest and hypothesis; the newest are those of every other test."""
    packages = [_ends(name)[0] for name in ("hypothesis", "pytest", "rich")]
    environment = _installed(tmp_path / "packages", packages)
    with FakeServer() as server:
        kit = [sys.executable, "-m", "pytest", "--sampan-url", server.url, "-k", "LOGIN or GEN"]
        ran = subprocess.run(
            [*kit, "--sampan-generate", "3", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)],
            env={**environment, "SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"pytest-{packages[1].partition('==')[2]}" in ran.stdout
    assert " passed" in ran.stdout
