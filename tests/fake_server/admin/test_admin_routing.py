"""The control API's way in: who may call, what is refused, and in which words."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import pytest
import yaml

from sampan.fake_server.admin import routing
from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
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
        for name, function in vars(module).items()
        if not name.startswith("_")
        and inspect.iscoroutinefunction(function)
        and function.__module__ == module.__name__
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
        ("POST", "verify", {}, 404, "did you mean /__admin/requests/verify?"),
        ("POST", "advance", {"by": 1}, 404, "did you mean /__admin/clock/advance?"),
        ("POST", "resume", {}, 404, "did you mean /__admin/clock/resume or /__admin/jobs/"),
        ("GET", "xyzzy", None, 404, "see /__admin/openapi.json"),
        ("POST", "health", None, 405, "takes GET, not POST"),
        ("GET", "clock?acount=abc", None, 400, "'acount' is not a parameter of getClock"),
        ("GET", "requests?limit=0", None, 400, "limit: 0 is less than the minimum of 1"),
        ("GET", "requests?limit=ten", None, 400, "limit: 'ten' is not of type \"integer\""),
        ("GET", "requests?unmatched=yes", None, 400, "unmatched: 'yes' is not of type"),
        ("POST", "clock/advance", None, 400, "advanceClock requires a JSON object as its body"),
        ("POST", "clock/advance", [], 400, "the body must be a JSON object"),
        ("POST", "clock/advance", {}, 400, '"by" is a required property'),
        ("POST", "clock/advance", {"by": "3x"}, 400, "by: '3x' is not a duration"),
        ("POST", "clock/advance", {"by": 1, "acount": "abc"}, 400, "Its fields are by, account"),
        ("POST", "clock/freeze", {"account": "abd"}, 404, "not exist; did you mean 'abc'?"),
        ("GET", "clock?account=nobody", None, 404, "account 'nobody' does not exist"),
        ("GET", "health?x=1", None, 400, "valid: none"),
        ("GET", "clock", {"account": "abc"}, 400, "getClock takes no body"),
        ("GET", "jobs/beef", None, 404, "job 'beef' does not exist"),
        ("POST", "faults", {"type": "ERRNO", "errno": "no"}, 400, "errno: 'no' is not of type"),
        ("POST", "faults", {"type": "ERNO"}, 400, "did you mean 'ERRNO'? Valid: ERRNO, HTTP_"),
        ("POST", "faults", {"type": "DELAY", "delay": -1}, 400, "delay: -1 is not a delay"),
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
    json = {"Content-Type": "application/json"}
    response = control.fake.send("POST", "/__admin/reset", b"{", json)
    assert response.status_code == 400
    assert "not valid JSON" in response.json()["error"]["message"]


def test_an_optional_body_may_be_left_out(control: Control) -> None:
    assert control.call("POST", "clock/freeze")["frozen"]


def test_the_control_api_is_not_in_the_journal(control: Control) -> None:
    control.get("accounts")
    assert control.requests() == []


def test_a_large_number_or_a_surrogate_of_a_client_can_be_shown(control: Control) -> None:
    body = b'{"content": ' + b"9" * 40 + b', "x": "\\ud800"}'
    control.fake.send("POST", "/jobs/create", body)
    (request,) = json.loads(control.send("GET", "requests").content)["requests"]
    assert request["request_body"]["content"] == int("9" * 40)
