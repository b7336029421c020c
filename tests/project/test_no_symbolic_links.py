"""A checkout where Git makes no symbolic links, as on Windows: each link is a small text file. An
sdist has none at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.mark.parametrize("links", ["text files", "none"])
def test_the_package_is_found_beside_itself(tmp_path: Path, links: str) -> None:
    package = tmp_path / "sampan"
    package.mkdir()
    shutil.copy(ROOT / "sampan" / "__init__.py", package)
    for name in ("fake_server", "conformance", "openapi"):
        if links == "text files":
            (package / name).write_text(f"../{name}")
        (tmp_path / name).symlink_to(ROOT / name)
    told = subprocess.run(
        [sys.executable, "-c", "from sampan import FakeServer; print(FakeServer.__module__)"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout == "sampan.fake_server.server.threaded\n"
