"""What differs between SQLite and PostgreSQL.

SQL is written once, with question marks; the few conditions and statements that the two spell
differently are rows of a :class:`Dialect`. A database is used as Python's DB-API has it: both
drivers' connections name their exceptions as attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson

Match = Literal["substring-any-case", "substring", "exact", "words"]

#: A condition in SQL and the values for its question marks.
Condition = tuple[str, Sequence[Any]]


class Dialect(NamedTuple):
    """What is spelt differently.

    ``begin``, ``commit`` and ``rollback`` are the statements of a transaction. ``one_of`` and
    ``folders`` are conditions on any number of values, ``prompt`` one for each way to match.
    ``derived`` are the columns of a job beyond those of ``job_rows.py``, made from its prompt.
    ``lock`` makes a SELECT hold the rows that it has read until the transaction ends.
    ``last_fault`` selects the position of the last fault that there ever was; ``imported`` makes
    the next account's id follow those that were given, ``positioned`` remembers the position that a
    fault was given. ``new_job`` inserts a job's columns.
    """

    begin: str
    commit: str
    rollback: tuple[str, ...]
    one_of: Callable[[str, Sequence[str]], Condition]
    folders: Callable[[Sequence[str]], Condition]
    prompt: Mapping[Match, Callable[[str], Condition]]
    last_fault: str
    derived: Callable[[str], tuple[Any, ...]] = lambda prompt: ()
    lock: str = ""
    imported: tuple[str, ...] = ()
    positioned: tuple[str, ...] = ()
    new_job: str = f"INSERT INTO jobs VALUES ({', '.join('?' * 12)})"


def _one_of(column: str, given: Sequence[str]) -> Condition:
    few = tuple(dict.fromkeys(given))
    return f"{column} IN ({', '.join('?' * len(few))})", few


# One value however many folders: a client may name more than a statement takes values. In hex,
# since the texts that json_each makes end at U+0000.
def _folders(given: Sequence[str]) -> Condition:
    each = "SELECT of_hex(value) FROM json_each(?)"
    return (
        f"id IN (SELECT job FROM folders WHERE folder IN ({each}))",
        (orjson.dumps([folder.encode().hex() for folder in given]).decode(),),
    )


_PROMPT: Mapping[Match, Callable[[str], Condition]] = {
    "substring-any-case": lambda text: ("instr(casefold(prompt), ?)", (text.casefold(),)),
    "substring": lambda text: ("instr(prompt, ?)", (text,)),
    "exact": lambda text: ("prompt = ?", (text,)),
    "words": lambda text: ("has_words(casefold(prompt), ?)", (text.casefold(),)),
}

#: A file of one process.
FILE = Dialect(
    "SAVEPOINT work",
    "RELEASE work",
    ("ROLLBACK",),
    _one_of,
    _folders,
    _PROMPT,
    "SELECT seq FROM sqlite_sequence WHERE name = 'faults'",
)
#: In memory. It is one transaction that never ends: see ``database.py``.
MEMORY = FILE._replace(rollback=("ROLLBACK TO work", "RELEASE work"))
#: A file of several processes: who will write says so first, since no other's write may come
#: between what a transaction has read and what it writes.
SHARED_FILE = FILE._replace(begin="BEGIN IMMEDIATE", commit="COMMIT")
