"""A PostgreSQL of a test's own, to which something happens, and what is said of it."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest

from sampan.fake_server.store.database_url import DatabaseUrl
from tests.support.fakes import Caller
from tests.support.stores.postgres import Server


def as_admin(server: Server, *statements: str) -> None:
    """Execute statements as the owner of the server."""
    with psycopg.connect(server.url().secret, autocommit=True) as admin:
        for sql in statements:
            admin.execute(sql.encode())


def in_database(url: DatabaseUrl, *statements: str) -> None:
    """Execute statements beside the fakes."""
    with psycopg.connect(url.secret, autocommit=True) as db:
        for sql in statements:
            db.execute(sql.encode())


def logged(caplog: pytest.LogCaptureFixture, *parts: str) -> None:
    """See that each part is in a line of the log, and that none has a trace."""
    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    for part in parts:
        assert any(part in line for line in lines), (part, lines)
    assert not any(each.exc_info for each in caplog.records), lines


def submit(caller: Caller) -> Any:
    """Submit a job; the answer."""
    return caller.fake.post("/jobs/create", {"content": "a boat"}, caller.token)


FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$
"""


def told(caplog: pytest.LogCaptureFixture, part: str) -> int:
    """How many lines of the log have this in them."""
    return sum(part in each.getMessage() for each in caplog.records)
