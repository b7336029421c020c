"""The README is held to the code: its commands run, its tables are complete, its links lead."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from bench.processes import free_port
from sampan.fake_server.armed.fault import FaultType
from sampan.fake_server.jobs.scenarios import SCENARIOS
from tests.support.fakes import Served
from tests.support.inner_pytest import in_process
from tests.support.paths import ROOT

pytest_plugins = ("pytester",)

README = (ROOT / "README.md").read_text()
SHELL = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8091"


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A script in bash, with the commands of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_shell_blocks_run_in_order(served: Served, tmp_path: Path) -> None:
    assert SHELL[0].strip() == "make serve"
    script = "\n".join(SHELL[1:]).replace(ADDRESS, served.url)
    for port in ("8090", "8092"):
        script = script.replace(port, str(free_port()))
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.size == (1088, 1152)
    (quoted,) = re.findall(
        r"^```text\n(requests: at most .*?)^```", README, re.MULTILINE | re.DOTALL
    )
    assert quoted in done.stdout
    assert '"verdict": "pass"' in (tmp_path / "report.json").read_text()
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_every_make_target_named_is_there() -> None:
    targets = sorted(set(re.findall(r"`make ([a-z]+)`", README)) | {"serve", "test"})
    done = subprocess.run(
        ["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    (example,) = (block for block in PYTHON if "with FakeServer" in block)
    script = tmp_path / "example.py"
    script.write_text(example + "    assert picture.startswith(b'\\x89PNG')\n")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_test_in_python_passes_with_a_careful_client(pytester: pytest.Pytester) -> None:
    (example,) = (block for block in PYTHON if "def test_" in block)
    client = """
        import sys
        sys.path.insert(0, {examples!r})
        from test_resubmit import CarefulClient as MyClient
    """
    examples = str(ROOT / "examples" / "python")
    pytester.makepyfile(textwrap.dedent(client).format(examples=examples) + example)
    in_process(pytester, "-q").assert_outcomes(passed=1)


def test_every_scenario_and_fault_has_its_row() -> None:
    table = README.partition("<!-- scenarios -->")[2].partition("<!-- /scenarios -->")[0]
    assert re.findall(r"`--fake ([a-z-]+)", table) == list(SCENARIOS)
    for line, scenario in zip(table.strip().splitlines()[2:], SCENARIOS.values(), strict=True):
        assert scenario.says in line
    table = README.partition("<!-- faults -->")[2].partition("<!-- /faults -->")[0]
    assert re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE) == list(get_args(FaultType))


@pytest.mark.parametrize("document", ["README.md", "docs/check.md"])
def test_links_within_the_project_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert links
    for link in links:
        assert (path.parent / link).exists(), link
