"""``sampan serve`` as a process: how it says that it is ready, what it refuses."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from sampan.fake_server.cli import main
from tests.support.commands import refusal, run
from tests.support.examples import sampled
from tests.support.fakes import Served
from tests.support.paths import ROOT

Serve = Callable[..., Served]
SAMPAN = [sys.executable, "-m", "sampan"]


def test_the_ready_line_can_be_read_by_a_person_and_by_grep() -> None:
    command = [*SAMPAN, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(
            r"sampan ready on (http://127\.0\.0\.1:\d+) \(profile documented\)\n", line
        )
        assert found is not None, line
        assert httpx.get(f"{found[1]}/openapi.json").json()["openapi"] == "3.1.0"
        process.terminate()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_the_ready_line_can_be_json_and_the_port_be_in_a_file(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "port"
    served = serve("--port-file", str(file))
    assert served.ready == {
        "event": "ready",
        "url": f"http://127.0.0.1:{served.port}",
        "port": served.port,
        "pid": served.process.pid,
        "profile": "documented",
    }
    assert file.read_text() == f"{served.port}\n"
    assert list(tmp_path.iterdir()) == [file]


def test_an_old_port_file_is_replaced(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("99999\n" * 100)
    assert file.read_text() != f"{serve('--port-file', str(file)).port}\n" * 2
    assert len(file.read_text().split()) == 1


def test_the_port_file_goes_with_the_fake(serve: Serve, tmp_path: Path) -> None:
    """A later start must not be looked for at the port of an earlier one."""
    served = serve("--port-file", str(tmp_path / "port"))
    served.stop()
    assert list(tmp_path.iterdir()) == []


def test_the_port_file_of_a_later_fake_stays(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "port"
    earlier, later = (serve("--port-file", str(file)) for _ in range(2))
    earlier.stop()
    assert file.read_text() == f"{later.port}\n"


def test_it_listens_on_loopback_alone(serve: Serve) -> None:
    served = serve()
    hosts = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for host in hosts - {"127.0.0.1"}:
        with socket.socket() as reaching:
            reaching.settimeout(5)
            assert reaching.connect_ex((host, served.port)) != 0
    assert httpx.get(served.url).status_code == 200


def test_its_options_reach_it(serve: Serve, tmp_path: Path) -> None:
    served = serve(
        *("--account", "小船:密码", "--account", "poor:p:none", "--job-seconds", "0"),
        *("--seed", "5", "--no-markers", "--external-url", "https://fake.example/x/"),
        *("--profile", "mixed", "--data", str(tmp_path / "data"), "--strict", "--clock", "auto"),
    )
    assert served.ready["profile"] == "mixed"
    with httpx.Client(base_url=served.url) as client:
        refused = client.post("/auth/login", json={"username": "abc", "password": "abc-secret"})
        assert refused.json()["errno"] == 420
        poor = client.post("/auth/login", json={"username": "poor", "password": "p"}).json()
        assert poor["data"]["account_status"] == "limited"
        login = client.post("/auth/login", json={"username": "小船", "password": "密码"})
        assert login.status_code == 201
        client.headers["Authorization"] = login.json()["data"]["token"]
        prompt = "a cat --fake service-error"
        assert client.post("/jobs/create", json={"content": prompt}).json()["errno"] == 0
        (record,) = client.post("/jobs/find", json={}).json()["data"]["res"]
    assert record["msg_display"] == prompt
    assert record["img_buffer"].startswith("https://fake.example/x/image/")


# What is refused: one line, exit code 2


def refusal_of_a_process(*arguments: str) -> str:
    """The one line that says why a fake can't be started so, where it has a port by then."""
    command = [*SAMPAN, "serve", "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("Error: ")
    return done.stderr


@pytest.mark.whole
def test_a_busy_port_is_told(serve: Serve) -> None:
    port = serve().port
    assert f"127.0.0.1:{port}" in refusal_of_a_process("--port", str(port))


@pytest.mark.parametrize(
    "host", sampled(["203.0.113.7", "no host at all", "x" * 300, "nowhere.invalid"], 3)
)
def test_an_address_that_is_not_ones_own_is_told(host: str) -> None:
    assert host in refusal_of_a_process("--host", host)


@pytest.mark.parametrize(
    "account", ["abc", "abc:", ":secret", "abc:secret:gold", "abc:secret:none:x", "", "a\nb:secret"]
)
def test_a_bad_account_is_told_and_its_password_is_not(account: str) -> None:
    told = refusal("--account", account)
    assert "NAME:PASSWORD" in told or "name and password" in told
    assert "secret" not in told


def test_an_account_that_is_no_text_is_told() -> None:
    command: list[str | bytes] = [*SAMPAN, "serve", "--port", "0", "--account", b"\xff:secret"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "UTF-8" in done.stderr


@pytest.mark.parametrize(
    "url", ["fake.test", "ftp://fake.test", "http://", "http://a b", "http://x?y"]
)
def test_a_bad_external_url_is_told(url: str) -> None:
    assert url in refusal("--external-url", url)


@pytest.mark.parametrize("seconds", ["nan", "inf"])
def test_a_time_that_is_none_is_told(seconds: str) -> None:
    done = run("serve", "--port", "0", "--job-seconds", seconds)
    assert done.exit_code == 2
    assert "seconds" in done.stderr
    assert seconds in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.whole
@pytest.mark.parametrize("file", [".", "no/such/directory/port"])
def test_a_port_file_that_cannot_be_is_told(tmp_path: Path, file: str) -> None:
    assert "--port-file" in refusal_of_a_process("--port-file", str(tmp_path / file))


#: Profiles that can't be used, and a word of what is said.
PROFILES = {
    "no YAML": ("answers: [", "not YAML"),
    "no mapping": ("- answers", "answers"),
    "no answers": ("name: mine\n", "answers"),
    "answers that are a list": ("answers: [find-order]\n", "answers"),
    "another key": ("answers: {}\nanswer: {}\n", "answers"),
    "an unknown question": ("answers: {find-ordr: newest-first}\n", "find-order"),
    "an unknown answer": ("answers: {find-order: sideways}\n", "newest-first"),
    "a wrong number": ("answers: {find-default-limit: 0}\n", "find-default-limit"),
    "empty": ("", "answers"),
    "binary": ("\x00\x01", "not YAML"),
    "tags": ("answers: !!python/object/apply:os.system [true]\n", "not YAML"),
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_bad_profile_is_told(tmp_path: Path, name: str) -> None:
    text, word = PROFILES[name]
    file = tmp_path / "profile.yaml"
    file.write_text(text)
    told = refusal("--profile", str(file))
    assert str(file) in told or "profile" in told
    assert word in told


@pytest.mark.parametrize("name", ["no-such-profile", "/no/such/file.yaml", "."])
def test_a_profile_that_is_not_there_is_told(name: str) -> None:
    told = refusal("--profile", name)
    assert name in told
    assert "documented, mixed" in told


def test_a_profile_that_is_not_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_bytes(b"answers: \xff\xfe")
    assert str(file) in refusal("--profile", str(file))


def test_a_data_file_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"no database at all" * 1000)
    assert str(file) in refusal("--data", str(file))
    assert str(tmp_path) in refusal("--data", str(tmp_path))
    assert "missing" in refusal("--data", str(tmp_path / "missing" / "data"))


@pytest.mark.whole
def test_a_data_file_in_use_is_told(serve: Serve, tmp_path: Path) -> None:
    file = str(tmp_path / "data")
    serve("--data", file)
    assert "in use" in refusal_of_a_process("--data", file)


def test_a_damaged_data_file_is_told_or_still_good(serve: Serve, tmp_path: Path) -> None:
    """Wherever a file is damaged, the fake starts or says in one line why not."""
    whole = tmp_path / "data"
    served = serve("--data", str(whole), "--job-seconds", "0")
    with httpx.Client(base_url=served.url) as client:
        login = client.post("/auth/login", json={"username": "abc", "password": "abc-secret"})
        client.headers["Authorization"] = f"Bearer {login.json()['data']['token']}"
        for number in range(30):
            client.post("/jobs/create", json={"content": f"job {number} " + "x" * 200})
    served.stop()
    data = whole.read_bytes()
    drawn = random.Random(4)
    told = 0
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from sampan.fake_server.store.database import StoreError\n"
        "from sampan.fake_server.settings import Settings\n"
        "from sampan.fake_server.service import FakeService\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        FakeService(Settings(data=Path(name))).close()\n"
        "        print('good')\n"
        "    except StoreError as problem:\n"
        "        assert name in str(problem) and '\\n' not in str(problem), problem\n"
        "        print('told')\n"
    )
    files = []
    for number in range(40):
        start = 0 if number < 4 else drawn.randrange(len(data) - 64)
        damaged = data[:start] + drawn.randbytes(64) + data[start + 64 :]
        if number % 10 == 9:
            damaged = data[: drawn.randrange(100, len(data))]
        file = tmp_path / f"damaged-{number}"
        file.write_bytes(damaged)
        files.append(str(file))
    done = subprocess.run(
        [sys.executable, "-c", code, *files], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.split().count("told")
    assert len(done.stdout.split()) == 40
    assert told >= 8


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "65536"), "'65536' is not an integer from 0 to 65535"),
        (("--port", "x"), "'x' is not an integer from 0 to 65535"),
        (("--workers", "2.5"), "'2.5' is not an integer from 1 to 64"),
        (("--job-seconds", "-1"), "'-1' is not a number from 0 to 86400"),
        (("--job-seconds", "soon"), "'soon' is not a number from 0 to 86400"),
        (("--job-seconds", "nan"), "'nan' is not a number from 0 to 86400"),
        (("--clock", "sundial"), "'sundial' is not one of 'real', 'auto'"),
        (("--seed", "x"), "'x' is not a valid integer"),
        (("--no-such-option",), "No such option"),
        (("surplus",), "unexpected extra argument"),
    ],
)
def test_a_wrong_option_is_told(arguments: tuple[str, ...], says: str) -> None:
    done = run("serve", *arguments)
    assert done.exit_code == 2
    assert arguments[0] in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


# What it costs to ask


def imported(code: str, *arguments: str) -> set[str]:
    """The top-level modules that a program has imported at its end."""
    program = (
        "import atexit, sys\n"
        "def tell():\n"
        "    sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))\n"
        f"atexit.register(tell)\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


HEAVY = {"PIL", "yaml", "schemathesis", "hypothesis", "pytest", "httpx", "rich", "conformance"}


def test_importing_the_package_imports_nothing_heavy() -> None:
    servers = {"uvicorn", "jwt", "jsonschema_rs", "click", "asyncio", "sqlite3"}
    assert not imported("import sampan") & (HEAVY | servers)


def test_help_imports_nothing_heavy() -> None:
    found = imported("from sampan.fake_server.cli import main\nmain()", "serve", "--help")
    assert not found & (HEAVY | {"uvicorn", "jwt", "jsonschema_rs"})


def test_serving_needs_no_pillow_until_a_picture_is_asked_for() -> None:
    assert not imported("import sampan.fake_server.web.app") & (HEAVY - {"yaml"})


def test_help_tells_every_option() -> None:
    done = run("serve", "--help")
    assert done.exit_code == 0
    for option in (
        *("--host", "--port", "--port-file", "--ready-json", "--data", "--profile", "--account"),
        *("--open-accounts", "--job-seconds", "--seed", "--strict", "--external-url", "--clock"),
        *("--no-markers", "--admin-token", "--no-log", "--log-format", "--log-control"),
    ):
        assert option in done.stdout
    profiles = [file.stem for file in (ROOT / "openapi" / "profiles").glob("*.yaml")]
    for profile in profiles:
        assert re.search(rf"\b{profile}\b", done.stdout.partition("--profile")[2][:200])
    assert run("--help").exit_code == run("--version").exit_code == 0


def test_the_script_and_the_module_are_the_same_command() -> None:
    script = Path(sys.executable).with_name("sampan" + (".exe" if os.name == "nt" else ""))
    told = [
        subprocess.run(
            [*command, "serve", "--help"], capture_output=True, text=True, timeout=30
        ).stdout.partition("[OPTIONS]")[1:]
        for command in ([script], SAMPAN)
    ]
    assert told[0] == told[1]
    assert told[0][1]


def test_the_contract_is_served_as_it_is_shipped(serve: Serve) -> None:
    served = serve()
    shipped = (ROOT / "openapi" / "openapi.yaml").read_bytes()
    assert httpx.get(f"{served.url}/openapi.yaml").content == shipped
    assert json.loads(httpx.get(f"{served.url}/openapi.json").content)["paths"]


def test_ctrl_c_before_a_command_has_begun_is_no_failed_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where 1 would mean that a requirement failed, or that something breaks a client."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(main), "get_command", interrupted)
    assert CliRunner().invoke(main, ["check", "http://127.0.0.1:1"]).exit_code == 130
