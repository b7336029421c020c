"""Fixtures: handles of a fake behind a socket, and of one that is called as an application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sampan import Account, Admin, FakeServer, asgi_app


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=60, strict=True) as running:
        yield running


@pytest.fixture(scope="module")
def application() -> Iterator[Admin]:
    app = asgi_app(job_seconds=60, strict=True)
    yield Admin(app)
    app.service.close()


@pytest.fixture(params=["socket", "application"])
def admin(request: pytest.FixtureRequest) -> Admin:
    """The control of a fake behind a socket, and of one that is called as an application."""
    if request.param == "socket":
        running: FakeServer = request.getfixturevalue("server")
        return running.admin
    control: Admin = request.getfixturevalue("application")
    return control


@pytest.fixture
def account(admin: Admin, request: pytest.FixtureRequest) -> Iterator[Account]:
    made = admin.account(request.node.name)
    yield made
    admin.delete_account(made.username)
