"""The control API's way in: who may call, what is refused, and in which words."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest
import yaml

from sampan.fake_server.admin import routing
from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from sampan.fake_server.http.loopback import is_loopback
from tests.support.controls import Control
from tests.support.fakes import Fake, Served

MakeFake = Callable[..., Fake]
Serve = Callable[..., Served]


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    operations = spec.compile(yaml_files.read("admin.yaml")).operations
    handlers = {routing.handler(operation) for operation in operations}
    assert len(handlers) == len(operations)
    assert handlers == {
        function
        for module in routing._MODULES
        for function in vars(module).values()
        if inspect.iscoroutinefunction(function) and function.__module__ == module.__name__
    }


def test_it_says_that_it_is_there(control: Control) -> None:
    assert control.get("health") == {"status": "ok"}
    assert control.get("ready") == {"status": "ready"}
    assert control.send("HEAD", "health").text == ""


def test_it_tells_its_seed(make_fake: MakeFake) -> None:
    told = Control(make_fake(seed=7)).get("version")
    assert told["seed"] == "7"
    assert told["contract"] == yaml_files.read("openapi.yaml")["info"]["version"]


def test_it_serves_its_own_document(control: Control) -> None:
    source = control.send("GET", "openapi.yaml")
    assert source.headers["content-type"] == "application/yaml"
    assert yaml.load(source.text, Loader=yaml.CSafeLoader) == control.get("openapi.json")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "helth", None, 404, "did you mean /__admin/health?"),
        ("GET", "xyzzy", None, 404, "see /__admin/openapi.json"),
        ("POST", "health", None, 405, "takes GET, not POST"),
        ("GET", "clock?acount=abc", None, 400, "'acount' is not a parameter of getClock"),
        ("GET", "requests?limit=0", None, 400, "limit: the value is less than the minimum of 1"),
        ("GET", "requests?limit=ten", None, 400, 'limit: the value is not of type "integer"'),
        ("GET", "requests?unmatched=yes", None, 400, "unmatched: the value is not of type"),
        ("POST", "clock/advance", None, 400, "advanceClock requires a JSON object as its body"),
        ("POST", "clock/advance", [], 400, "the body must be a JSON object"),
        ("POST", "clock/advance", {}, 400, '"by" is a required property'),
        ("POST", "clock/advance", {"by": "3x"}, 400, "by: the value does not match"),
        ("POST", "clock/advance", {"by": 1, "acount": "abc"}, 400, "its fields are by, account"),
        ("POST", "clock/freeze", {"account": "abd"}, 404, "not exist; did you mean 'abc'?"),
        ("GET", "clock?account=nobody", None, 404, "account 'nobody' does not exist"),
        ("GET", "health?x=1", None, 400, "valid: none"),
        ("GET", "clock", {"account": "abc"}, 400, "getClock takes no body"),
        ("GET", "jobs/beef", None, 404, "job 'beef' does not exist"),
        ("POST", "faults", {"type": "ERRNO", "errno": 500}, 400, "errno: the value is not one of"),
        ("POST", "faults", {"type": "ERNO"}, 400, '"HTTP_STATUS" was expected'),
        ("POST", "faults", {"type": "DELAY", "delay": -1}, 400, "less than the minimum of 0"),
        (
            "POST",
            "faults",
            {"type": "DELAY", "delay": {"distribution": "uniform", "lower": 2, "upper": 1}},
            400,
            "lower must not be greater than upper",
        ),
        ("POST", "scenarios", {"scenario": "fail", "argument": 101}, 400, "0 to 100"),
        ("POST", "scenarios", {"scenario": "refused", "argument": 1}, 400, "takes no number"),
        ("PATCH", "profile", {"answers": {"find-ordr": "x"}}, 400, "did you mean 'find-order'?"),
        ("POST", "requests/wait", {"timeout": "1h"}, 400, "must be at most 10m"),
    ],
)
def test_a_refusal_says_what_would_be_right(
    control: Control, method: str, path: str, body: object, status: int, message: str
) -> None:
    refusal = control.refusal(method, path, body)
    assert refusal.status == status
    assert message in refusal.message


def test_a_body_that_is_no_json_is_refused(control: Control) -> None:
    response = control.fake.send("POST", "/__admin/reset", b"{")
    assert response.status_code == 400
    assert "not valid JSON" in response.json()["error"]["message"]


def test_an_optional_body_may_be_left_out(control: Control) -> None:
    assert control.call("POST", "clock/freeze")["frozen"]


# Who may call


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("172.17.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("testclient", False),
    ],
)
def test_which_addresses_are_loopback(address: str, near: bool) -> None:
    assert is_loopback(address) is near


async def _from(fake: Fake, peer: str, headers: dict[str, str], path: str) -> httpx.Response:
    transport = httpx.ASGITransport(fake.app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
        return await client.get(path, headers=headers)


def _status(fake: Fake, peer: str, path: str = "/__admin/accounts", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fake._runner.run(_from(fake, peer, named, path)).status_code


def test_from_elsewhere_it_asks_for_the_token(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="let-me-in")
    assert _status(fake, "127.0.0.1") == 200
    assert _status(fake, "10.0.0.1") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer let-me-i") == 401
    assert _status(fake, "10.0.0.1", authorization="let-me-in") == 401
    assert _status(fake, "10.0.0.1", authorization=f"Bearer {fake.login().token}") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer let-me-in") == 200
    assert _status(fake, "10.0.0.1", "/__admin/health") == 200
    assert _status(fake, "10.0.0.1", "/__admin/ready") == 200
    assert _status(fake, "10.0.0.1", "/__admin/openapi.yaml") == 401


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via", "x_real_ip"])
def test_who_forwards_for_others_is_not_near(fake: Fake, header: str) -> None:
    assert _status(fake, "127.0.0.1", **{header: "10.0.0.1"}) == 401


def test_without_a_token_nobody_elsewhere_gets_in(fake: Fake) -> None:
    assert _status(fake, "10.0.0.1", authorization="Bearer None") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer ") == 401


def test_an_empty_token_is_none(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="")
    assert _status(fake, "10.0.0.1", authorization="Bearer ") == 401
    fake.app.service.expose()
    assert fake.app.service.admin_token
    assert _status(fake, "127.0.0.1", authorization="Bearer ") == 401


def test_a_fake_that_listens_beyond_loopback_prints_a_token_and_asks_everybody() -> None:
    command = [sys.executable, "-m", "sampan", "serve", "--host", "0.0.0.0", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        token = re.search(r"admin token: (\S+)", process.stderr.readline())
        url = re.search(r"http://\S+", process.stdout.readline())
        assert token is not None
        assert url is not None
        address = f"{url[0]}/__admin/accounts"
        assert httpx.get(address).status_code == 401
        right = {"authorization": f"Bearer {token[1]}"}
        assert httpx.get(address, headers=right).status_code == 200
        assert httpx.get(f"{url[0]}/__admin/health").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_on_loopback_no_token_is_printed_or_asked_for(serve: Serve) -> None:
    served = serve()
    assert httpx.get(f"{served.url}/__admin/accounts").status_code == 200
    assert served.stop() == ""


def test_the_control_api_is_not_in_the_journal(control: Control) -> None:
    control.get("accounts")
    assert control.requests() == []


def test_a_large_number_or_a_surrogate_of_a_client_can_be_shown(control: Control) -> None:
    body = b'{"content": ' + b"9" * 40 + b', "x": "\\ud800"}'
    control.fake.send("POST", "/jobs/create", body)
    (request,) = json.loads(control.send("GET", "requests").content)["requests"]
    assert request["request_body"]["content"] == int("9" * 40)
