"""What a connection to PostgreSQL is made with: bounds, and texts as the bytes of their UTF-8."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Format

from ...clock import real_time
from .database import PATIENCE

T = TypeVar("T")

#: How long (s) an answer is waited for. PostgreSQL gives a statement up before, unless paused.
SILENCE = PATIENCE + 1
#: How long (s) a process may say nothing in a transaction, and in a turn that others wait for: it
#: is paused then. In a turn it may be busy, as with the export of a million jobs.
IDLE, IDLE_IN_TURN = PATIENCE * 4, PATIENCE * 12

#: What the URL does not say otherwise.
CONNECTION: dict[str, Any] = {
    "fallback_application_name": "sampan",
    "connect_timeout": 3,
    # Bounds on what is waited for where the other host, or the network, is gone without a word.
    "tcp_user_timeout": round(PATIENCE * 2000),
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
#: PostgreSQL has the same bounds, since it keeps a host's locks until it notices that it is gone.
_TCP = "".join(
    f"SET tcp_{name.removeprefix('tcp_')} = {value};"
    for name, value in CONNECTION.items()
    if name.startswith(("tcp", "keepalives"))
)
SESSION = (
    f"SET statement_timeout = {round(PATIENCE * 1000)};"
    f"SET idle_in_transaction_session_timeout = {round(IDLE * 1000)};"
    "SET default_transaction_isolation = 'read committed';"
    # A transaction that must not be lost says so: see postgres_dialect.py.
    "SET synchronous_commit = off;"
    f"{_TCP}"
)

#: Ends the connection of who holds an advisory lock and has said nothing for so many seconds.
END_IDLE_HOLDER = """
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND mode = 'ExclusiveLock'
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = ?
    AND usename = current_user AND state = 'idle'
    AND state_change < clock_timestamp() - make_interval(secs => ?)
"""


class TextDumper(psycopg.adapt.Dumper):
    oid = psycopg.adapters.types["bytea"].oid
    format = Format.BINARY

    def dump(self, obj: str) -> bytes:
        return obj.encode()


class TextLoader(psycopg.adapt.Loader):
    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data).decode()


class NoAnswerError(psycopg.DatabaseError):
    """PostgreSQL is there and says nothing; the connection is closed."""


class Connection(psycopg.Connection[Any]):
    """A connection that does not wait for ever where PostgreSQL, or what is between, is paused."""

    @classmethod
    def to(cls, url: str) -> Connection:
        """A new one. Raises ``psycopg.Error``; ``ProgrammingError`` repeats a URL that is none."""
        given = conninfo_to_dict(url)
        ours = {name: value for name, value in CONNECTION.items() if name not in given}
        return cls.connect(url, autocommit=True, **{**ours, "client_encoding": "utf8"})

    def wait(self, gen: PQGen[T], *args: Any, **kwargs: Any) -> T:
        try:
            return super().wait(_in_time(gen), *args, **kwargs)
        except NoAnswerError:
            self.pgconn.finish()
            raise


def _in_time(steps: PQGen[T]) -> PQGen[T]:
    """The same steps; psycopg says every 0.1 s of silence that nothing has come."""
    end = real_time.seconds() + SILENCE
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if ready:
                end = real_time.seconds() + SILENCE
            elif real_time.seconds() > end:
                raise NoAnswerError(f"no answer for {SILENCE:g} s (it is paused, or cut off)")
            wanted = steps.send(ready)
    except StopIteration as ended:
        return cast(T, ended.value)
