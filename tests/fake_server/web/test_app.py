"""The fake is a Starlette application: mounted, driven by a test client, closed by its lifespan."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from sampan import Admin, asgi_app
from sampan.fake_server.service import FakeService
from sampan.fake_server.store.database import StoreError
from tests.support.examples import sampled

LOGIN = {"username": "abc", "password": "abc-secret"}


def flow(client: httpx.Client, prefix: str = "") -> str:
    """Log in, submit, find, fetch the picture. Returns the picture's link."""
    token = client.post(f"{prefix}/auth/login", json=LOGIN).json()["data"]["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    hash = client.post(f"{prefix}/jobs/create", json={"content": "a cat"}, headers=bearer).json()
    found = client.post(f"{prefix}/jobs/find", json={}, headers=bearer).json()
    (record,) = found["data"]["res"]
    assert record["hash"] == hash["data"]
    picture = client.get(record["img_buffer"])
    assert picture.content.startswith(b"\x89PNG")
    assert client.head(record["img_buffer"]).headers["content-length"] == str(len(picture.content))
    blended = client.post(
        f"{prefix}/jobs/blend",
        json={"content": f"{record['img_buffer']} {record['original_url']}"},
        headers=bearer,
    )
    assert blended.json()["errno"] == 0
    return str(record["img_buffer"])


def test_it_is_a_starlette_application_that_a_test_client_drives() -> None:
    app = asgi_app(job_seconds=0, strict=True)
    assert isinstance(app, Starlette)
    with TestClient(app, base_url="http://fake.test") as client:
        assert flow(client).startswith("http://fake.test/image/")
        assert client.get("/nowhere").json()["errno"] == 410
        assert client.get("/jobs/find").headers["x-fake-reason"] == "/jobs/find takes POST, not GET"
        reason = client.get("/__admin").headers["x-fake-reason"]
        assert reason == "the control API is below /__admin/; see /__admin/openapi.json"
        assert [request["path"] for request in Admin(app).requests()][:2] == [
            "/auth/login",
            "/jobs/create",
        ]


@pytest.mark.parametrize("prefix", ["/mj", "/a/b c"])
def test_it_can_be_mounted_under_a_prefix(prefix: str) -> None:
    """ASGI's ``root_path``: what is served is below it, and so are the links."""
    outer = Starlette(routes=[Mount(prefix, app=asgi_app(job_seconds=0, strict=True))])
    client = TestClient(outer, base_url="http://fake.test")
    link = flow(client, prefix)
    assert link.startswith(f"http://fake.test{prefix.replace(' ', '%20')}/image/")
    control = client.get(f"{prefix}/__admin/accounts/abc")
    assert control.json()["jobs"] == 2
    assert client.get(f"{prefix}/reference").status_code == 200
    assert client.get("/reference").status_code == 404
    servers = client.get(f"{prefix}/openapi.json").json()["servers"]
    assert link.startswith(f"{servers[0]['url']}/image/")
    named = client.put(f"{prefix}/__admin/folders/a%2Fb/jobs/none")
    assert "job 'none' does not exist" in named.json()["error"]["message"]


@pytest.mark.parametrize(
    ("root_path", "path"),
    sampled(
        [
            ("/mj", "/mj"),
            ("/mj/", "/mj/"),  # uvicorn puts it before the path as it is
            ("/mj/", "/mj"),
            ("mj", "mj"),
            ("mj/", "/mj"),
            ("/", "/"),
            ("/", ""),
            ("/m j/", "/m%20j/"),
            ("/mj", "/%6dj"),
            ("/mj", ""),  # a proxy has taken it away
            ("/job", ""),
            ("/__adm", ""),
        ],
        3,
    ),
)
def test_a_root_path_may_be_written_in_any_way(root_path: str, path: str) -> None:
    app = asgi_app(job_seconds=0, strict=True)

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        raw = path + scope["raw_path"].decode()
        changed = {"path": unquote(raw), "raw_path": raw.encode(), "root_path": root_path}
        await app({**scope, **changed}, receive, send)

    client = TestClient(mounted, base_url="http://fake.test")
    token = client.post("/auth/login", json=LOGIN).json()["data"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    client.post("/jobs/create", json={"content": "a cat"}, headers=headers)
    (record,) = client.post("/jobs/find", json={}, headers=headers).json()["data"]["res"]
    prefix = f"/{root_path.strip('/')}".rstrip("/").replace(" ", "%20")
    assert record["img_buffer"].startswith(f"http://fake.test{prefix}/image/")
    assert client.get("/__admin/accounts/abc").json()["jobs"] == 1
    named = client.put("/__admin/folders/a%2Fb/jobs/none").json()
    assert "job 'none' does not exist" in named["error"]["message"]
    assert client.get("/reference").status_code == 200
    seen = {request["path"] for request in Admin(app).requests()}
    assert seen == {"/auth/login", "/jobs/create", "/jobs/find", "/reference"}


def test_an_httpx_client_drives_it_without_a_socket() -> None:
    app = asgi_app(job_seconds=0, strict=True)

    async def login() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
            return await client.post("/auth/login", json=LOGIN)

    assert asyncio.run(login()).json()["errno"] == 0


def _create(client: TestClient) -> int:
    """Submit a job; how many there are."""
    token = client.post("/auth/login", json=LOGIN).json()["data"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.post("/jobs/create", json={"content": "a"}, headers=headers).json()["errno"] == 0
    found: int = client.post("/jobs/find", json={}, headers=headers).json()["data"]["total"]
    return found


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("mounted", [False, True])
def test_it_is_used_over_one_lifespan_and_another(
    tmp_path: Path, *, in_file: bool, mounted: bool
) -> None:
    """A test client has a lifespan for each block; what is mounted has none."""
    app = asgi_app(data=tmp_path / "data" if in_file else None)
    outer = Starlette(routes=[Mount("/", app)]) if mounted else app
    admin = Admin(app)
    for number in (1, 2, 3):
        with TestClient(outer, base_url="http://localhost") as client:
            assert _create(client) == number
            assert {each["username"]: each["jobs"] for each in admin.accounts()}["abc"] == number
    admin.close()


def test_its_lifespan_closes_its_data(tmp_path: Path) -> None:
    app = asgi_app(data=tmp_path / "data")
    with TestClient(app) as client:
        assert _create(client) == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        app.service.store.keep("key", "value")
    with TestClient(asgi_app(data=tmp_path / "data")) as client:
        assert _create(client) == 2
        with pytest.raises(StoreError, match="in use"), TestClient(app):
            pass


def test_an_exception_of_its_own_is_errno_501(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether a handler raises it or what is around the handlers."""
    app = asgi_app()
    client = TestClient(app)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(FakeService, "rules_for", broken)
    monkeypatch.setattr(FakeService, "password_fits", broken)
    with pytest.raises(ZeroDivisionError):  # there is no envelope without rules
        client.post("/auth/login", json=LOGIN)
    monkeypatch.undo()
    monkeypatch.setattr(FakeService, "password_fits", broken)
    answer = client.post("/auth/login", json=LOGIN)
    assert answer.json()["errno"] == 501
    assert "ZeroDivisionError" in caplog.text
