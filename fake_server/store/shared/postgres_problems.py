"""What PostgreSQL and libpq say when something is wrong, and what would be right."""

from __future__ import annotations

import psycopg

from .database import PATIENCE

#: What libpq says of a URL that it can't read, before it repeats it (its function
#: conninfo_uri_parse_options).
UNREADABLE = (
    "invalid percent-encoded token",
    "forbidden value %00 in percent-encoded value",
    "invalid URI query parameter",
    'missing key/value separator "=" in URI query parameter',
    'extra key/value separator "=" in URI query parameter',
    "IPv6 host address may not be empty",
    'matching "]" in IPv6 host address',
    'expected ":" or "/"',
)
SAID = dict.fromkeys(
    ("too many clients", "too many connections", "remaining connection slots"), "53300"
)
#: What to do, by the SQLSTATE of PostgreSQL (its manual, appendix A).
HINTS = {
    "53300": " (raise the limit of the server, user or database, or run fewer processes)",
    "53100": " (its disk is full)",
    "57014": f" (a statement may take {PATIENCE:g} s)",
    "25006": " (default_transaction_read_only, or a standby: use a database that can be written)",
    "42501": " (grant its user USAGE and CREATE on the schema, and its tables)",
    "42P01": " (a table is gone: restore it, or use an empty database)",
    "42703": " (a table is another than sampan has made: restore it, or use an empty database)",
}


def is_ours(problem: psycopg.Error) -> bool:
    """Whether a statement or its values are wrong, and not the database."""
    if isinstance(problem, psycopg.ProgrammingError):
        return problem.sqlstate in (None, "42601")  # a syntax error
    return isinstance(problem, (psycopg.IntegrityError, psycopg.DataError))
