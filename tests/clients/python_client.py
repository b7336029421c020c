"""Generate a Python client from ``openapi/openapi.yaml`` and run the whole flow with it.

    python python_client.py BASE_URL FOLDER [BASE_URL FOLDER]...

The account is the fake's own, or SAMPAN_USERNAME and SAMPAN_PASSWORD. The client is made by
openapi-python-client in a temporary folder, ``python_flow.py`` is checked against its types by
mypy, and then run for each address. The pictures of each flow end up in its FOLDER.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONTRACT = HERE.parent.parent / "openapi" / "openapi.yaml"

#: No formatter after generating: the package is thrown away.
CONFIG = "post_hooks: []\n"


def generate(folder: Path) -> None:
    """The package ``image_api`` in ``folder``; a warning of the generator is an error."""
    config = folder / "config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    options = ["--meta", "none", "--fail-on-warning", "--config", str(config)]
    files = ["--path", str(CONTRACT), "--output-path", str(folder / "image_api")]
    run("openapi_python_client", "generate", *options, *files, folder=folder)


def check_types(folder: Path) -> None:
    """The flow uses the generated types as they are declared."""
    cache = ["--cache-dir", str(folder / "mypy")]
    strict = ["--strict", "--follow-imports", "silent"]
    run("mypy", *cache, *strict, str(HERE / "python_flow.py"), folder=folder)


def run(module: str, *arguments: str, folder: Path) -> None:
    """``python -m module``, quiet unless it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{module} failed:\n{done.stdout}")


def run_flow(folder: Path, base_url: str, pictures: Path) -> int:
    """The flow, with the generated package on its path."""
    command = [sys.executable, str(HERE / "python_flow.py"), base_url, str(pictures)]
    account = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"}
    path = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**account, **os.environ, **path}
    return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    if not arguments or len(arguments) % 2:
        print("usage: python_client.py BASE_URL FOLDER [BASE_URL FOLDER]...", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="sampan-client-") as name:
        folder = Path(name)
        generate(folder)
        check_types(folder)
        for base_url, place in zip(arguments[::2], arguments[1::2], strict=True):
            pictures = Path(place).resolve()
            pictures.mkdir(parents=True, exist_ok=True)
            print(f"== {pictures}", flush=True)
            if code := run_flow(folder, base_url, pictures):
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
