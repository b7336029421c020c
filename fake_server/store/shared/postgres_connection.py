"""What a connection to PostgreSQL is made with: bounds, and texts as the bytes of their UTF-8."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import Format

from .database import PATIENCE

#: Bounds on what is waited for. The last three are the client's, where the network is gone.
SESSION = (
    f"SET statement_timeout = {round(PATIENCE * 1000)};"
    f"SET idle_in_transaction_session_timeout = {round(PATIENCE * 4000)};"
    "SET default_transaction_isolation = 'read committed';"
    # A transaction that must not be lost says so: see postgres_dialect.py.
    "SET synchronous_commit = off;"
    "SET application_name = 'sampan'"
)
CONNECTION: dict[str, Any] = {
    "connect_timeout": 3,
    "client_encoding": "utf8",
    "tcp_user_timeout": round(PATIENCE * 2000),
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class TextDumper(psycopg.adapt.Dumper):
    oid = psycopg.adapters.types["bytea"].oid
    format = Format.BINARY

    def dump(self, obj: str) -> bytes:
        return obj.encode()


class TextLoader(psycopg.adapt.Loader):
    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data).decode()
