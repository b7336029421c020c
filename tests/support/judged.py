"""Part of the kit let loose on a fake in this process, honest or tampered, with any answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import Mapping
from pathlib import Path

import yaml

from sampan.conformance.findings import Finding, Observation
from sampan.conformance.report import Report
from sampan.conformance.runner.run import run
from sampan.conformance.settings import Credentials, RunOptions
from sampan.conformance.verdict import Verdict
from tests.support.paths import OPENAPI
from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.server import ACCOUNTS, running, settings, tampered

CREDENTIALS = {
    role: Credentials(known.username, known.password) for role, known in ACCOUNTS.items()
}
#: Answers of a profile that differ from the default, one question at a time.
QUESTIONS = yaml.load(
    (OPENAPI / "questions.yaml").read_bytes(),
    Loader=yaml.CSafeLoader,
)["questions"]
SINGLES = [
    (row["id"], one.get("example", one["id"]))
    for row in QUESTIONS
    for one in row["variants"]
    if one.get("example", one["id"]) != row["default"]
]


async def honest(request: Request, go: Go) -> Reply:
    return await go(request)


def judged(
    tampering: Tampering,
    *only: str,
    answers: Mapping[str, str] | str | None = None,
    folder: Path | None = None,
    generate: int = 0,
    sampled: bool = False,
    seed: int = 1,
    gentle: bool = False,
    jobs: int | None = None,
    timeout: float = 10.0,
    job_timeout: float = 60.0,
    job_seconds: float = 0.2,
) -> Report:
    """Run the checks ``only``. ``answers``: a profile's name, or answers (needs ``folder``).

    ``sampled``: the generated requests import nothing and start no job.
    ``job_seconds``: long enough where looks must leave out no part of a job.
    """
    profile = {}
    if isinstance(answers, str):
        profile["profile"] = answers
    elif answers is not None and folder is not None:
        file = folder / "profile.yaml"
        file.write_text(yaml.safe_dump({"name": "test", "answers": dict(answers)}))
        profile["profile"] = str(file)
    with running(tampered(tampering, settings(job_seconds, **profile))) as url:
        return run(
            RunOptions(
                url,
                CREDENTIALS,
                jobs=jobs,
                only=only,
                generate=generate,
                sampled=sampled,
                seed=seed,
                gentle=gentle,
                timeout=timeout,
                job_timeout=job_timeout,
            )
        )


def finding(report: Report, id: str) -> Finding:
    return next(one for one in report.findings if one.id == id)


def observation(report: Report, id: str) -> Observation:
    return next(one for one in report.observations if one.id == id)


def complaints(report: Report) -> list[str]:
    """Everything that a conforming server must not be told."""
    bad = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)
    return [f"{one.id}: {one.message}" for one in report.findings if one.verdict in bad]


async def embellished(request: Request, go: Go) -> Reply:
    """Legal all the same: late, packed, with keys of its own in an order of its own."""
    await asyncio.sleep(0.002)
    reply = await go(request)
    if not isinstance(reply.json, dict):
        return reply
    shuffled = list((reply.json | {"request_id": "r-1", "took": 3}).items())
    random.Random(5).shuffle(shuffled)
    body = gzip.compress(json.dumps(dict(shuffled)).encode())
    headers = (*reply.headers, (b"content-encoding", b"gzip"))
    return Reply(reply.status, headers, body)
