"""Third parties' generators make clients from ``openapi.yaml`` that run the whole flow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.support.paths import CLIENTS

UNAVAILABLE = 69  # EX_UNAVAILABLE: npm is missing, or can't install

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None, reason="the scripts of tests/clients are bash"
)


def run(*command: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """A script of ``tests/clients``, with this environment's interpreter."""
    environment = {**os.environ, "PYTHON": sys.executable, "PATH": path or os.environ["PATH"]}
    return subprocess.run(
        [str(shutil.which("bash")), *map(str, command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def pictures(folder: Path) -> dict[str, tuple[int, int]]:
    """The size of every PNG that a client saved, by its name."""
    sizes = {}
    for file in folder.iterdir():
        with Image.open(file) as picture:
            picture.load()
            assert picture.format == "PNG"
            sizes[file.stem] = picture.size
    return sizes


#: What the clients print under a profile, but for what was drawn or refused alike.
SAID = {
    "documented": {
        "grid.png: main, 1088x1152",  # as on the page's record
        "upscale.png: upscale, 2112x2176",
        "remix.png: variation, 1088x1152",
        "upscale of nothing: 420 PARENT NOT FOUND",
        "upscale of a fifth cell: 301 INVALID PARAMETER",
    },
    # Other HTTP statuses, keys, texts, orders and sizes: legal all the same.
    "mixed": {
        "grid.png: main, 1024x1024",
        "upscale.png: upscale, 2048x2048",
        "remix.png: remix, 1024x1024",
        "upscale of nothing: 410 NOT FOUND",
        "upscale of a fifth cell: 301 INVALID PARAMETER",
    },
}


def assert_whole_flow(profile: str, folder: Path, said: str) -> None:
    """The five pictures are on disk, and what was refused was refused as it should be."""
    lines = said.splitlines()
    assert SAID[profile] <= set(lines)
    sizes = pictures(folder)
    assert sorted(sizes) == ["blend", "grid", "remix", "upscale", "variation"]
    for name, (width, height) in sizes.items():
        assert any(
            line.startswith(f"{name}.png: ") and line.endswith(f", {width}x{height}")
            for line in lines
        )
    assert any(line.startswith("description: ") and "--ar 1:1" in line for line in lines)


def run_all(language: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The client of one language, generated once, at a fake of each profile."""
    profiles = [word for profile in SAID for word in ("--profile", profile)]
    return run(CLIENTS / "run.sh", f"--{language}", *profiles, "--folder", folder)


def told(done: subprocess.CompletedProcess[str], folder: Path) -> str:
    """What the flow said whose pictures went to ``folder``."""
    _, heading, said = done.stdout.partition(f"== {folder}\n")
    assert heading, done.stdout
    return said.partition("\n== ")[0]


@pytest.mark.whole
def test_a_generated_python_client_runs_the_whole_flow(tmp_path: Path) -> None:
    done = run_all("python", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for profile in SAID:
        said = told(done, tmp_path / profile / "python")
        assert "find with a wrong token: 430" in said
        assert_whole_flow(profile, tmp_path / profile / "python", said)


@pytest.mark.whole
def test_a_generated_typescript_client_runs_the_whole_flow(tmp_path: Path) -> None:
    done = run_all("typescript", tmp_path)
    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    for profile in SAID:
        said = told(done, tmp_path / profile / "typescript")
        assert "find without a token: 430 " in said
        assert_whole_flow(profile, tmp_path / profile / "typescript", said)


def test_a_missing_npm_is_said(tmp_path: Path) -> None:
    for tool in ("dirname", "mkdir"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    script = CLIENTS / "typescript" / "client.sh"
    done = run(script, "http://127.0.0.1:1", tmp_path / "pictures", path=str(tmp_path))
    assert done.returncode == UNAVAILABLE
    assert done.stderr == (
        "client.sh: npm is not installed; the TypeScript client needs Node.js 20 or later\n"
    )


def test_an_unknown_option_is_refused() -> None:
    done = run(CLIENTS / "run.sh", "--cobol")
    assert done.returncode == 2
    assert done.stderr == (
        "usage: run.sh [--python] [--typescript] [--profile NAME]... [--folder DIR]\n"
    )


def test_an_environment_without_sampan_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(shutil.which("bash")), str(CLIENTS / "run.sh")],
        env={**os.environ, "PYTHON": str(tmp_path / "python")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"{tmp_path}/sampan is not there" in done.stderr
