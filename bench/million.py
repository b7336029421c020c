"""A file and a database with 1,000 jobs in each of many accounts, filled by one statement each."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson
import psycopg

from sampan.fake_server.service import FakeService
from sampan.fake_server.settings import NewAccount, Settings
from sampan.fake_server.store.database_url import DatabaseUrl

EACH = 1000
_FACTS = orjson.dumps(
    {
        "id_uuid": "a4fc49fd-c303-4157-819c-be14d2098173",
        "late": 0,
        "colours": ["#aa0000", "#00aa00", "#0000aa", "#aaaa00"],
        "plan": {"queue_ms": 300, "run_ms": 1700},
    }
)
_PROMPT = "Shanghai cyberpunk"
_FIRST = 1_700_000_000_000


def fill_file(path: Path, accounts: int, *, upscales: bool = False) -> None:
    """Make a data file; with ``upscales`` every second job is one."""
    _accounts(path, accounts)
    db = sqlite3.connect(path)
    uuid = " || '-' || ".join(f"lower(hex(randomblob({size})))" for size in (4, 2, 2, 2, 6))
    db.execute(
        "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
        " INSERT INTO jobs SELECT (a.id - 1) * 1000000000 + n + 1, a.id,"
        f" lower(hex(randomblob(32))), {uuid}, ? + 1000 * n,"
        " ? + 1000 * n + 2000, NULL, iif(? AND n % 2, 'upscale', 'main'), 'main', ?, 0, ?"
        " FROM accounts AS a, n",
        (EACH - 1, _FIRST, _FIRST, upscales, _PROMPT, _FACTS),
    )
    db.commit()
    db.close()


def fill_database(url: DatabaseUrl, accounts: int) -> None:
    """Fill an empty database."""
    _accounts(url, accounts)
    text = _PROMPT.encode()
    words = f" {_PROMPT.casefold()} ".encode()
    with psycopg.connect(url.secret) as db:
        db.execute(
            "INSERT INTO jobs SELECT (a.id - 1) * 1000000000 + n + 1, a.id,"
            " encode(sha256(int8send((a.id - 1) * 1000000000 + n)), 'hex')::bytea,"
            " gen_random_uuid()::text::bytea, %s + 1000 * n, %s + 1000 * n + 2000, NULL,"
            " 'main', 'main', %s, false, %s, %s, %s"
            " FROM accounts AS a, generate_series(0, %s) AS n",
            (_FIRST, _FIRST, text, _FACTS, text.lower(), words, EACH - 1),
        )
        db.execute(
            "UPDATE counters SET stored = %s, ordinal = %s, created = %s, previous = %s",
            (EACH, EACH, _FIRST + 1000 * (EACH - 1), _FIRST + 1000 * (EACH - 2)),
        )
    with psycopg.connect(url.secret, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")


def _accounts(data: Path | DatabaseUrl, count: int) -> None:
    service = FakeService(Settings(accounts=(), data=data, journal_bytes=1 << 20))
    with service.store.turn(), service.store.transaction():
        for number in range(count):
            service.put_account(NewAccount(f"user{number}", "secret"))
    service.close()
