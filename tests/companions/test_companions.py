"""Beside other tools of a test suite: each example is run as its user would run it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.examples import sampled

EXAMPLES = Path(__file__).parent / "examples"

#: How many tests each example has.
NUMBERS = {
    "asyncio": 2,
    "freezegun": 4,
    "time_machine": 2,
    "socket": 3,
    "vcr": 2,
    "responses": 1,
    "respx": 1,
}

#: What is run at once, with the options that it needs: those that need none in one process.
RUNS = {
    ("asyncio",): ["-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=strict"],
    ("socket",): ["-p", "pytest_socket", "--allow-hosts=127.0.0.1"],
    ("freezegun", "time_machine", "vcr", "responses", "respx"): [],
}


@pytest.mark.parametrize("names", RUNS, ids=" ".join)
def test_the_examples_pass(names: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npython_files = *_example.py\nfilterwarnings = error\n"
        + ("asyncio_default_fixture_loop_scope = function\n" if "asyncio" in names else "")
    )
    for name in names:
        example = tmp_path / f"{name}_example.py"
        example.write_bytes((EXAMPLES / example.name).read_bytes())
    # Only the plugins that an example is about: a reader has no other.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--disable-plugin-autoload", "-p", "sampan.fake_server.pytest_plugin", *RUNS[names]),
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    number = sum(NUMBERS[name] for name in names)
    assert re.search(rf"^{number} passed in ", done.stdout, re.MULTILINE), done.stdout


def test_every_example_is_run() -> None:
    examples = {path.stem.removesuffix("_example") for path in EXAMPLES.glob("*_example.py")}
    assert examples == {*NUMBERS, "gevent"} == {*sum(RUNS, ()), "gevent"}


def test_what_the_recipes_say_of_a_tool_is_in_its_example() -> None:
    recipes = (Path(__file__).parents[2] / "docs/recipes.md").read_text(encoding="utf-8")
    _, _, rest = recipes.partition("## Beside other test tools\n")
    rows = re.findall(r"^\| ([a-z-]+) \| (.*) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    rows = [row for row in rows if row[0] != "tool"]
    names = {"pytest-asyncio": "asyncio", "pytest-socket": "socket", "vcrpy": "vcr"}
    files = {tool: names.get(tool, tool.replace("-", "_")) for tool, _ in rows}
    assert sorted(files.values()) == sorted({*NUMBERS, "gevent"})
    for tool, text in rows:
        example = (EXAMPLES / f"{files[tool]}_example.py").read_text(encoding="utf-8")
        for quoted in re.findall(r"`([^`]+)`", text):
            assert quoted in example or f" {quoted} " in f" {_said_of(tool)} ", (tool, quoted)


def _said_of(tool: str) -> str:
    """What a row names that its example does not use: others of these tests do."""
    return "FakeServer Admin asgi_app" if tool == "gevent" else ""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=50, check=False
    )


def test_the_example_of_gevent_runs() -> None:
    done = python("-m", "gevent.monkey", str(EXAMPLES / "gevent_example.py"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "4 pictures\n", "")


@pytest.mark.parametrize(
    ("patch", "start"),
    sampled(
        [
            ("gevent.monkey.patch_all()", "FakeServer().start()"),
            ("gevent.monkey.patch_thread()", "FakeServer().start()"),
            ("gevent.monkey.patch_all()", "Admin(asgi_app())"),
            ("gevent.monkey.patch_all(thread=False)", "Admin(asgi_app())"),
        ],
        2,
    ),
)
def test_a_fake_that_would_hang_names_the_cause_instead(patch: str, start: str) -> None:
    began = time.perf_counter()
    done = python(
        "-c",
        f"import gevent.monkey; {patch}\nfrom sampan import Admin, FakeServer, asgi_app\n{start}",
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("RuntimeError: gevent has monkey-patched ")
    assert "sampan serve" in last
    assert time.perf_counter() - began < 30


def test_a_fake_runs_beside_patches_that_leave_threads_alone() -> None:
    """One more at each turn."""
    done = python(
        "-c",
        "import gevent.monkey as patch\nfrom sampan import FakeServer\n"
        "for more in (\n"
        "    patch.patch_socket, patch.patch_select, patch.patch_time,\n"
        "    lambda: patch.patch_all(thread=False),\n"
        "):\n"
        "    more()\n"
        "    for fast in (True, False):\n"
        "        with FakeServer(fast=fast) as server:\n"
        "            account = server.account()\n"
        "            account.wait_finished(account.create('a cat'))\n"
        "print('done')",
    )
    assert done.stdout == "done\n", done.stderr


def test_a_fake_that_was_started_before_the_patch_goes_on() -> None:
    done = python(
        "-c",
        "from sampan import FakeServer\nserver = FakeServer().start()\n"
        "import gevent.monkey; gevent.monkey.patch_all()\n"
        "account = server.account()\naccount.wait_finished(account.create('a cat'))\n"
        "print('done', flush=True)\nimport os; os._exit(0)",
    )
    assert done.stdout == "done\n", done.stderr


def test_eventlet_is_asked_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a stand-in: eventlet itself is not among this project's tools."""
    from types import ModuleType

    from sampan import Admin, FakeServer, asgi_app

    before = Admin(asgi_app())
    patcher = ModuleType("eventlet.patcher")
    vars(patcher)["is_monkey_patched"] = lambda module: module == "thread"
    monkeypatch.setitem(sys.modules, "eventlet.patcher", patcher)
    for hangs in (FakeServer().start, lambda: Admin(asgi_app()), before.accounts):
        with pytest.raises(RuntimeError, match="eventlet has monkey-patched 'threading'"):
            hangs()


def test_the_tools_are_there() -> None:
    """An example that its tool is missing for would tell nothing."""
    tools = ("freezegun", "gevent", "pytest_asyncio", "pytest_socket", "responses", "respx")
    for name in (*tools, "time_machine", "vcr"):
        assert importlib.util.find_spec(name) is not None, name
