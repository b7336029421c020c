"""Jobs of an earlier report that serve again (``--reuse``): a finished job costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..http.connection import Reply, Request
from ..http.exchange import Answer, redacted
from ..http.json_body import read
from ..http.redaction import Secrets
from ..report import SCHEMA


@dataclass(frozen=True, slots=True, repr=False)
class EarlierJob:
    """A finished job, and the recorded answer to its submission."""

    name: str
    operation: str
    account: str
    body: Mapping[str, object]
    hash: str
    submission: Answer


@dataclass(frozen=True, slots=True, repr=False)
class EarlierReport:
    """``seed`` makes the run use the prompts of the jobs; ``jobs`` are by name."""

    target: str
    seed: int
    jobs: Mapping[str, EarlierJob]


def read_earlier(path: str | Path) -> EarlierReport:
    """The jobs in a report of ``--json``. Raises ``ValueError`` with what the file must be."""
    try:
        tree = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if tree["schema"] != SCHEMA:
            raise ValueError("another schema")
        rows = [row for row in tree["jobs"] if row["finished"] and row["name"]]
        jobs = {str(row["name"]): _job(row) for row in rows}
        return EarlierReport(str(tree["target"]), int(tree["seed"]), jobs)
    except OSError as problem:
        raise ValueError(f"a readable file ({problem.strerror})") from problem
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as problem:
        raise ValueError("a report that sampan check --json wrote") from problem


def _job(row: Mapping[str, Any]) -> EarlierJob:
    sent, came = row["submission"]["request"], row["submission"]["answer"]
    request = Request(
        str(sent["method"]),
        str(sent["url"]),
        tuple((str(name), str(value)) for name, value in sent["headers"].items()),
        str(sent["body"]).encode(),
    )
    headers = tuple((str(name), str(value)) for name, value in came["headers"].items())
    reply = Reply(int(came["status"]), headers, str(came["body"]).encode(), sent=True)
    answered = read(reply)
    exchange = redacted(1, request, reply, answered, str(row["operation"]), True, Secrets())
    body = json.loads(row["prompt"])
    if not isinstance(body, dict) or not isinstance(row["hash"], str) or not row["hash"]:
        raise ValueError("a job without a body or a hash")
    answer = Answer(exchange, reply, answered.value, answered.problem)
    name, operation, account = (str(row[key]) for key in ("name", "operation", "account"))
    return EarlierJob(name, operation, account, body, row["hash"], answer)
