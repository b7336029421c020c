"""The requests in ``examples/requests``: made from the contract, and each of them works."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from tests.support.fakes import Fake
from tests.support.paths import EXAMPLES

FOLDER = EXAMPLES / "requests"
MADE: dict[str, str] = runpy.run_path(str(FOLDER / "make.py"))["files"]()
HTTP = "sampan.http"
POSTMAN = "sampan.postman_collection.json"

#: What of Postman's schema of collections, version 2.1.0, is used here; nothing else may be.
_OBJECT = {"type": "object", "additionalProperties": False}
_STRING = {"type": "string"}
_PAIRS = {
    "type": "array",
    "items": {
        **_OBJECT,
        "required": ["key", "value"],
        "properties": {"key": _STRING, "value": _STRING},
    },
}
_REQUEST = {
    **_OBJECT,
    "required": ["method", "url", "header"],
    "properties": {
        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
        "url": {"type": "string", "pattern": r"^\{\{base\}\}/"},
        "header": _PAIRS,
        "description": _STRING,
        "auth": {
            **_OBJECT,
            "properties": {"type": {"const": "bearer"}, "bearer": _PAIRS},
        },
        "body": {
            **_OBJECT,
            "required": ["mode", "raw"],
            "properties": {"mode": {"const": "raw"}, "raw": _STRING, "options": {"type": "object"}},
        },
    },
}
_EVENT = {
    **_OBJECT,
    "required": ["listen", "script"],
    "properties": {
        "listen": {"enum": ["test", "prerequest"]},
        "script": {
            **_OBJECT,
            "properties": {
                "type": {"const": "text/javascript"},
                "exec": {"type": "array", "items": _STRING},
            },
        },
    },
}
_ITEM = {
    **_OBJECT,
    "required": ["name", "request"],
    "properties": {
        "name": _STRING,
        "request": _REQUEST,
        "event": {"type": "array", "items": _EVENT},
    },
}
_FOLDERS = {
    **_OBJECT,
    "required": ["name", "item"],
    "properties": {"name": _STRING, "item": {"type": "array", "items": _ITEM}},
}
COLLECTION = {
    **_OBJECT,
    "required": ["info", "item"],
    "properties": {
        "info": {
            **_OBJECT,
            "required": ["name", "schema"],
            "properties": {
                "name": _STRING,
                "description": _STRING,
                "schema": {
                    "const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
                },
            },
        },
        "variable": _PAIRS,
        "item": {"type": "array", "items": _FOLDERS},
    },
}


@pytest.mark.parametrize("name", [HTTP, POSTMAN])
def test_the_files_are_what_the_contract_makes(name: str) -> None:
    """Red? Run: make docs"""
    assert (FOLDER / name).read_text(encoding="utf-8") == MADE[name]


def test_the_collection_has_the_structure_that_postman_reads() -> None:
    jsonschema_rs.Draft202012Validator(COLLECTION).validate(json.loads(MADE[POSTMAN]))


class Sent(NamedTuple):
    """A request before its variables are filled in."""

    name: str
    method: str
    path: str
    headers: dict[str, str]
    body: str


def of_http() -> Iterator[Sent]:
    for block in MADE[HTTP].split("###\n")[1:]:
        head, _, body = block.strip().partition("\n\n")
        lines = [line for line in head.splitlines() if not re.match(r"# (?!@)", line)]
        name = lines[0].removeprefix("# @name ")
        method, _, path = lines[1].partition(" ")
        headers = dict(line.split(": ", 1) for line in lines[2:])
        yield Sent(name, method, path.removeprefix("{{base}}"), headers, body)


def of_postman() -> Iterator[Sent]:
    for folder in json.loads(MADE[POSTMAN])["item"]:
        for item in folder["item"]:
            asked = item["request"]
            headers = {pair["key"]: pair["value"] for pair in asked["header"]}
            if "auth" in asked:
                headers["Authorization"] = f"Bearer {asked['auth']['bearer'][0]['value']}"
            path = asked["url"].removeprefix("{{base}}")
            body = asked.get("body", {}).get("raw", "")
            yield Sent(item["name"], asked["method"], path, headers, body)


class Player:
    """Sends requests as the two programs do: variables come from earlier responses."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.answers: dict[str, Any] = {}
        collection = json.loads(MADE[POSTMAN])
        self.variables = {pair["key"]: pair["value"] for pair in collection["variable"]}
        self.scripts = {
            item["name"]: item["event"][0]["script"]["exec"]
            for folder in collection["item"]
            for item in folder["item"]
            if "event" in item
        }

    def send(self, sent: Sent) -> Any:
        path, body = self._filled(sent.path), self._filled(sent.body)
        headers = {name: self._filled(value) for name, value in sent.headers.items()}
        response = self.fake.send(sent.method, path, body.encode(), headers)
        answer = {**response.json(), "http": response.status_code}
        self.answers[sent.name] = answer
        for line in self.scripts.get(sent.name, ()):
            name, at = re.findall(r'set\("(\w+)", pm\.response\.json\(\)\.(.*?)(?: \?\?|\))', line)[
                0
            ]
            self.variables[name] = str(
                self._at(sent.name, at.replace("?.[", "[").replace("?.", "."))
            )
        return answer

    def _filled(self, text: str) -> str:
        def value(found: re.Match[str]) -> str:
            name, _, path = found[1].partition(".response.body.$.")
            return str(self._at(name, path)) if path else self.variables[name]

        return re.sub(r"\{\{(.*?)\}\}", value, text)

    def _at(self, name: str, path: str) -> Any:
        value = self.answers[name]
        for step in re.findall(r"\w+", path):
            value = value[int(step)] if step.isdigit() else value[step]
        return value


@pytest.mark.parametrize("requests", [of_http, of_postman])
def test_each_request_works(fake: Fake, requests: Any) -> None:
    player = Player(fake)
    for sent in requests():
        control = sent.path.startswith("/__admin/")
        if sent.name == "createJob":
            player.send(sent)
        if sent.name == "findJobs":
            fake.wall += 10_000
        answer = player.send(sent)
        if control:
            # A fault that an earlier one has cleared, an account that there is already.
            assert answer["http"] in (200, 404, 409), (sent, answer)
        else:
            assert answer["errno"] == 0, (sent, answer)
