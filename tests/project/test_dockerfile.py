"""The Dockerfile, read and tried as far as that goes without an engine."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

from sampan import FakeServer
from sampan.fake_server.cli import main
from tests.support.paths import ROOT


def instructions() -> list[tuple[str, str]]:
    """Each instruction and its arguments, lines put together."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def test_the_image_is_slim_and_its_user_has_no_rights() -> None:
    told = instructions()
    assert all("-slim" in value for name, value in told if name == "FROM")
    last = max(number for number, (name, _) in enumerate(told) if name == "FROM")
    final = dict(told[last:])
    assert final["USER"] == "sampan"
    assert "useradd" in final["RUN"]
    assert "sampan" in final["RUN"]


def test_the_image_is_made_of_what_the_wheel_needs() -> None:
    copied = {
        source
        for name, value in instructions()
        if name == "COPY" and not value.startswith("--from")
        for source in value.split()[:-1]
    }
    assert all((ROOT / source).exists() for source in copied)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    links = {link.resolve().name for link in (ROOT / "sampan").iterdir() if link.is_symlink()}
    assert {*wheel, *links, "pyproject.toml"} <= copied
    assert {project["project"]["readme"], *project["project"]["license-files"]} <= copied


def test_the_images_command_is_one_that_serve_takes() -> None:
    told = dict(instructions())
    command, *arguments = json.loads(told["ENTRYPOINT"])
    assert command == "sampan"
    options = main.commands["serve"].make_context("serve", arguments[1:]).params
    assert (options["host"], options["port"]) == ("0.0.0.0", int(told["EXPOSE"]))


def test_the_images_health_is_the_fakes() -> None:
    command = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    assert command[0] == "python"

    def check(port: int) -> int:
        script = command[2].replace(":8091/", f":{port}/")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=30)
        return done.returncode

    with FakeServer(host="0.0.0.0") as server:  # as in the container, no admin token at hand
        port = server.port
        assert check(port) == 0
    assert check(port) != 0
