"""Fakes to test against: one in this process under a clock of its own, one behind a socket."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx

from sampan.fake_server.settings import Settings
from sampan.fake_server.store.database_url import DatabaseUrl
from sampan.fake_server.web.app import application
from tests.support.network.asgi import HEADERS, exchange
from tests.support.stores import postgres

#: When the page's example record was created (page, Job Find), in ms.
START = 1_712_040_515_164

#: Whether the tests run on uvicorn's stock protocol: `SAMPAN_TEST_PROTOCOL=stock make suite`.
STOCK = os.environ.get("SAMPAN_TEST_PROTOCOL") == "stock"

#: What fakes in this process keep their data in: memory, a shared file or PostgreSQL.
STORE = os.environ.get("SAMPAN_TEST_STORE", "memory")


def _database() -> tuple[Path | DatabaseUrl, Callable[[], None]]:
    """An empty one of the kind that the tests run with, and what gives it back."""
    if STORE == "postgres":
        name = postgres.take()
        return postgres.server().url(name), partial(postgres.give_back, name)
    assert STORE == "file", f"SAMPAN_TEST_STORE is memory, file or postgres, not {STORE}"
    folder = tempfile.TemporaryDirectory()
    return Path(folder.name) / "sampan.db", folder.cleanup


#: Where a client in this process finds its fake.
ADDRESS = "http://fake.test"

JSON = dict[str, Any]


class Fake:
    """A strict fake in this process. ``wall`` (ms) is its wall clock and stands until it is moved.

    Strict: an answer that breaks the contract has HTTP status 500 and is no JSON.
    """

    def __init__(self, wall_ms: int = START, **settings: Any) -> None:
        self.wall = wall_ms
        self._database = None
        if STORE != "memory" and "data" not in settings:
            self._database = _database()
            settings |= {"data": self._database[0], "shared": True}
        self.app = application(Settings(strict=True, wall=lambda: self.wall, **settings))
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.close()
        self.app.service.close()
        if self._database is not None:
            self._database[1]()

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request as it stands."""
        every = httpx.Headers(HEADERS)
        every.update(headers)
        request = httpx.Request(method, f"{ADDRESS}{path}", content=content, headers=every)
        return self._runner.run(exchange(self.app, request))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A GET; ``if_none_match="x"`` is the header ``If-None-Match: x``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("GET", path, headers=named)

    def post(self, path: str, body: object, token: str | None = None) -> httpx.Response:
        """A POST of ``body`` as JSON, with a token or without."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.send("POST", path, json.dumps(body).encode(), headers)

    def login(self, username: str = "abc", password: str | None = None) -> Caller:
        """Log in; the default accounts' passwords are known."""
        credentials = {"username": username, "password": password or f"{username}-secret"}
        data = succeeded(self.post("/auth/login", credentials))
        return Caller(self, data["token"], data)


@dataclass(frozen=True)
class Caller:
    """An account that has logged in. ``data`` is what its login answered."""

    fake: Fake
    token: str
    data: JSON

    def post(self, path: str, body: object) -> httpx.Response:
        """A POST with the token."""
        return self.fake.post(path, body, self.token)

    def submit(self, path: str, **body: object) -> str:
        """The hash of an accepted submission."""
        return cast(str, succeeded(self.post(path, body)))

    def create(self, prompt: str = "a cat") -> str:
        """The hash of a new job."""
        return self.submit("/jobs/create", content=prompt)

    def find(self, **conditions: object) -> list[JSON]:
        """The records that a find answers with."""
        return cast(list[JSON], self.found(**conditions)["res"])

    def found(self, **conditions: object) -> JSON:
        """The ``res`` and ``total`` of a find."""
        return cast(JSON, succeeded(self.post("/jobs/find", conditions)))

    def record(self, hash: str) -> JSON:
        """The record with this hash, among the last hundred."""
        (record,) = (found for found in self.find(limit=100) if found["hash"] == hash)
        return record

    def finished(self, path: str, **body: object) -> JSON:
        """The record of a new job, after the time that a job takes."""
        hash = self.submit(path, **body)
        self.fake.wall += self.fake.app.service.settings.job_ms
        return self.record(hash)

    def picture(self, prompt: str = "a cat") -> JSON:
        """The finished record of a new job made from text."""
        return self.finished("/jobs/create", content=prompt)


def envelope(response: httpx.Response) -> JSON:
    """The envelope in a response, which must hold one."""
    assert response.headers["content-type"] == "application/json", response.text
    body = response.json()
    assert isinstance(body, dict), body
    assert type(body["errno"]) is int, body
    if body["errno"] == 0:
        assert body["errmsg"] in ("OK", "SUCCESS"), body
    else:
        assert "data" not in body, body
        assert isinstance(body.get("errmsg", body.get("error")), str), body
    return body


def succeeded(response: httpx.Response) -> Any:
    """The ``data`` of a success."""
    body = envelope(response)
    assert body["errno"] == 0, (body, response.headers.get("x-fake-reason"))
    return body["data"]


def refused(response: httpx.Response) -> int:
    """The errno of a refusal."""
    body = envelope(response)
    assert body["errno"] != 0, body
    return cast(int, body["errno"])


class Served:
    """``sampan serve`` in a process of its own, on a free port, ready."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path | None = None,
        python: str = sys.executable,
        before: Callable[[], None] | None = None,
    ) -> None:
        command = [python, "-m", "sampan", "serve", "--port", "0", "--ready-json"]
        command += ["--no-fast"] if STOCK else []
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            preexec_fn=before,
        )
        self._errors = ""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the fake did not start: {self.stop()}")
        self.ready: JSON = json.loads(line)
        self.url: str = self.ready["url"]
        self.port: int = self.ready["port"]

    def stop(self) -> str:
        """End it, and say what it wrote to stderr."""
        if self.process.returncode is None:
            self.process.terminate()
            _, self._errors = self.process.communicate(timeout=60)
        return self._errors


#: Makes strict fakes in this process: see ``make_fake`` in ``conftest.py``.
MakeFake = Callable[..., Fake]
