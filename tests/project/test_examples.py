"""The examples are run as a reader would run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from sampan import FakeServer
from sampan.fake_server.armed.fault import FaultType
from sampan.fake_server.contract import yaml_files
from tests.project.test_matrix_examples import FIVE, MATRIX, SHORT, ran
from tests.support.openapi_document import OPERATIONS
from tests.support.paths import EXAMPLES

#: Other plugins of this environment, which a reader need not have.
_OTHERS = ("sampan-conformance", "schemathesis", "hypothesispytest", "asyncio")
WITHOUT = [f"-pno:{name}" for name in _OTHERS]
#: Needs the plugin of schemathesis.
SCHEMATHESIS = EXAMPLES / "python" / "test_schemathesis.py"
#: The schemas of what arms a fault, in openapi/admin.yaml.
_FAULTS = ("ErrnoFault", "StatusFault", "DelayFault", "ConnectionFault")
PYTHON = sorted({*(EXAMPLES / "python").glob("test_*.py")} - {SCHEMATHESIS})


def test_there_is_an_example_for_each_library() -> None:
    assert [file.stem for file in PYTHON] == [
        "test_aiohttp",
        "test_httpx",
        "test_httpx_async",
        "test_requests",
        "test_resubmit",
        "test_state_machine",
    ]


def test_the_python_examples_pass(tmp_path: Path) -> None:
    for file in PYTHON:  # out of this project, whose settings they must not need
        shutil.copy(file, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *WITHOUT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^9 passed in ", done.stdout, re.MULTILINE), done.stdout


def test_the_example_of_schemathesis_passes(tmp_path: Path) -> None:
    shutil.copy(SCHEMATHESIS, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    # The quickest of its phases.
    (tmp_path / "schemathesis.toml").write_text("[phases.coverage]\nenabled = false\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-pno:asyncio"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^sampan: \d+ jobs spent at http://127.0.0.1:", done.stdout, re.MULTILINE)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(clock="auto", strict=True) as running:
        yield running


def draw(server: FakeServer, prompt: str, file: Path, password: str = "abc-secret") -> list[str]:
    """What the curl example says, its exit code first."""
    for tool in ("bash", "curl", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    given = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": password, "INTERVAL": "0"}
    done = subprocess.run(
        ["bash", str(EXAMPLES / "curl" / "draw.sh"), server.url, prompt, str(file)],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [str(done.returncode), *(done.stdout + done.stderr).splitlines()]


def test_the_curl_example_draws_a_picture(server: FakeServer, tmp_path: Path) -> None:
    file = tmp_path / "fog.png"
    assert draw(server, 'fog, "thick" & 雾', file) == ["0", f"{file}: 1088x1152"]
    assert file.read_bytes().startswith(b"\x89PNG")


def test_the_curl_example_says_what_went_wrong(server: FakeServer, tmp_path: Path) -> None:
    file = tmp_path / "none.png"
    assert draw(server, "fog --fake fail", file) == ["1", "draw.sh: the job failed: job failed"]
    said = draw(server, "fog", file, password="wrong")
    assert said == ["1", "draw.sh: /auth/login: errno 430 invalid login"]
    assert not file.exists()


def _typescript(work: Path) -> Path:
    """The example in TypeScript, with what it needs."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    shutil.copytree(EXAMPLES / "typescript", work, ignore=shutil.ignore_patterns("node_modules"))
    options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    options += ["--prefer-offline"]
    installed = subprocess.run(
        [npm, "install", *options], cwd=work, capture_output=True, text=True, timeout=240
    )
    if installed.returncode != 0:
        pytest.skip(f"npm can't install here: {installed.stderr.strip()[-300:]}")
    return work


@pytest.mark.whole
def test_the_typescript_example_passes(tmp_path: Path) -> None:
    work = _typescript(tmp_path / "typescript")
    sampan = Path(sys.executable).with_name("sampan")
    for command in (["npx", "--no", "tsc"], ["npx", "--no", "vitest", "run"]):
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "SAMPAN": str(sampan), "CI": "1", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tests +5 passed", done.stdout), done.stdout


@pytest.mark.whole
def test_the_matrix_of_the_clients_in_typescript_finds_the_five_readings(tmp_path: Path) -> None:
    work, installed = tmp_path / "matrix", _typescript(tmp_path / "typescript")
    shutil.copytree(MATRIX, work, ignore=shutil.ignore_patterns("node_modules", "build"))
    (work / "node_modules").symlink_to(installed / "node_modules")
    compiled = subprocess.run(
        ["npx", "--no", "tsc"], cwd=work, capture_output=True, text=True, timeout=120
    )
    assert compiled.returncode == 0, compiled.stdout
    node = ["node", "build/suite.js"]
    assert ran(work, [*node, "hasty"], SHORT) == (1, FIVE)
    assert ran(work, [*node, "careful"], ["mixed", "answer-lost=createJob"]) == (0, set())


def test_the_matrix_example_in_typescript_is_pinned_as_the_other() -> None:
    other, ours = (
        json.loads((folder / "package.json").read_text())["devDependencies"]
        for folder in (EXAMPLES / "typescript", MATRIX)
    )
    assert ours.items() <= other.items()


def test_the_typescript_example_is_pinned_and_names_no_registry() -> None:
    package = json.loads((EXAMPLES / "typescript" / "package.json").read_text())
    for version in package["devDependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert not list(EXAMPLES.rglob("package-lock.json"))


def test_the_typescript_helper_knows_every_fault_and_operation() -> None:
    text = (EXAMPLES / "typescript" / "sampan.ts").read_text()

    def named(type: str) -> list[str]:
        (union,) = re.findall(rf"export type {type} =\n(.*?);", text, re.DOTALL)
        return re.findall(r'"(\w+)"', union)

    assert named("FaultType") == list(get_args(FaultType))
    assert set(named("Operation")) == set(OPERATIONS)

    schemas = yaml_files.read("admin.yaml")["components"]["schemas"]
    terms = {key for name in _FAULTS for key in schemas[name]["properties"]} - {"type", "match"}
    (interface,) = re.findall(r"export interface FaultTerms \{\n(.*?)\n\}", text, re.DOTALL)
    keys = set(re.findall(r"^  (\w+)\?:", interface, re.MULTILINE))
    assert keys == terms | {"operation", "path", "bodyMatch"}
