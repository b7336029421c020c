"""The wheel: built, installed into an empty environment and run from there.

The environment is a fresh venv that gets the wheel and nothing else by pip. What the wheel depends
on is not fetched again: a ``.pth`` file lends it the packages of the environment that runs the
tests, from which the checkout itself is kept out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from email import message_from_string
from pathlib import Path

import httpx
import pytest

from tests.support.fakes import Served
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout by the backend that is installed."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel in it."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    inside = binaries / Path(sys.executable).name
    # The pip at hand installs into the other environment.
    pip = [sys.executable, "-m", "pip", "--python", str(inside), "--disable-pip-version-check"]
    install = ["install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True, timeout=120)
    told = subprocess.run(
        [inside, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    # A path in a .pth file is searched, but its own .pth files (the checkout's) are not read.
    (Path(told.stdout.strip()) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return inside


def test_the_wheel_holds_the_packages_and_the_contract_whole(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"sampan/{file.relative_to(ROOT).as_posix()}"
        for folder in ("fake_server", "conformance", "openapi")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    shipped |= {f"sampan/{file.name}" for file in (ROOT / "sampan").iterdir() if file.is_file()}
    assert {name for name in names if ".dist-info/" not in name} == shipped
    for name in ("openapi.yaml", "questions.yaml", "requirements.yaml", "admin.yaml"):
        assert f"sampan/openapi/{name}" in names
    assert {f"sampan/openapi/profiles/{name}.yaml" for name in ("documented", "mixed")} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"sampan"}


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("/METADATA"))
        metadata = message_from_string(file.read(name).decode())
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {re.split(r"[^\w-]", line)[0] for line in needed}
    assert {
        "uvicorn",
        "httptools",
        "orjson",
        "pyjwt",
        "pillow",
        "pyyaml",
        "click",
        "starlette",
    } <= names
    assert not names & {"schemathesis", "hypothesis", "pytest", "httpx", "rich"}
    extras = {"conformance", "dev", "photographs", "postgres"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras
    assert metadata["License-Expression"] == "MIT"


def test_the_wheel_serves_its_own_contract(
    serve: Callable[..., Served], python: Path, tmp_path: Path
) -> None:
    where = subprocess.run(
        [python, "-c", "from sampan.fake_server.contract import yaml_files as s;"
         " print(s.__file__); print(s.DIRECTORY)"],
        check=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    home = python.parent.parent.resolve()
    for line in where.stdout.splitlines():
        assert home in Path(line).resolve().parents, line

    served = serve("--job-seconds", "0", python=str(python), cwd=tmp_path)
    with httpx.Client(base_url=served.url) as client:
        contract = (ROOT / "openapi" / "openapi.yaml").read_bytes()
        assert client.get("/openapi.yaml").content == contract
        login = client.post("/auth/login", json={"username": "abc", "password": "abc-secret"})
        client.headers["Authorization"] = f"Bearer {login.json()['data']['token']}"
        hash = client.post("/jobs/create", json={"content": "a cat"}).json()["data"]
        (record,) = client.post("/jobs/find", json={}).json()["data"]["res"]
        assert (record["hash"], record["status"]) == (hash, 2000)
        picture = client.get(record["img_buffer"]).content
        assert len(picture) == record["img_length"]
    assert served.stop() == ""


def test_the_wheel_brings_the_command(python: Path, tmp_path: Path) -> None:
    script = python.with_name("sampan")
    told = subprocess.run(
        [script, "--version"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert told.stdout.startswith("sampan, version ")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project, with packages of its own that are called as the parts of ours are."""
    for name in ("fake_server", "conformance", "openapi"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("OURS = True\n")
    (tmp_path / "test_own.py").write_text(
        "import conformance, fake_server, openapi\n"
        "def test_own(): assert fake_server.OURS and conformance.OURS and openapi.OURS\n"
    )
    return tmp_path


def run_pytest(python: Path, folder: Path) -> str:
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_project_with_folders_of_the_same_names_is_left_alone(
    python: Path, project: Path
) -> None:
    assert "1 passed" in run_pytest(python, project)


def test_such_a_project_can_use_the_fixtures(python: Path, project: Path) -> None:
    (project / "test_fake.py").write_text(
        "import sys, sampan\n"
        "def test_fake(sampan_account):\n"
        "    assert sampan_account.create('a cat')\n"
        "    assert type(sampan_account).__module__ == 'sampan.fake_server.client.account'\n"
        "    files = [getattr(m, '__file__', None) for m in sys.modules.values()]\n"
        "    ours = [file for file in files if file and '/site-packages/sampan/' in file]\n"
        "    assert ours and len(ours) == len(set(ours))  # one name for each file\n"
    )
    assert "2 passed" in run_pytest(python, project)
