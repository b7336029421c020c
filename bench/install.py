"""What an installation of the fake without the kit brings: packages and megabytes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def measure() -> dict[str, float]:
    """Installs the project into an empty environment. Needs the package index."""
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder, "bin", "python"))
        site = next(Path(folder, "lib").glob("python*/site-packages"))
        before = {path.name for path in site.iterdir()}
        start = _size(site)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(root)],
            check=True,
        )
        added = {path for path in site.glob("*.dist-info") if path.name not in before}
        return {"packages": float(len(added)), "megabytes": (_size(site) - start) / 1e6}


def _size(folder: Path) -> int:
    """Bytes, less the bytecode that any first import writes."""
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )
