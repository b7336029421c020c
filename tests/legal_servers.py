"""Right servers: no check may fail one (``python -m tests.legal_servers``).

Each turns one open question to another variant, or wraps the fake in what any server may do: wait,
shuffle, add, compress, chunk, close. What the kit learns of a question is what was set.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from conformance.check import Verdict
from fake_server.world import Settings

from .twist.exchange import Go, Reply, Request, Twist, html
from .twist.server import settings, twisted
from .twist.trial import JOB_SECONDS, Trial, side_by_side, trial

OPENAPI = Path(__file__).resolve().parent.parent / "openapi"
QUESTIONS = yaml.safe_load((OPENAPI / "questions.yaml").read_text())["questions"]
DEFAULTS: Mapping[str, str] = {one["id"]: one["default"] for one in QUESTIONS}
MIXED: Mapping[str, str] = yaml.safe_load((OPENAPI / "profiles/mixed.yaml").read_text())["answers"]

#: Questions that a run on a fresh server can leave open, and why.
UNOBSERVABLE = {
    "service-error-message": "no request makes a healthy server fail",
    "find-max-limit": "the run makes fewer records than the maximum",
    "find-default-limit": "a default above the number of records looks like none",
    "malformed-json": "where every 301 has HTTP status 400 the variants are one",
}


@dataclass(frozen=True, slots=True)
class Legal:
    """A right server: the profile answers that differ, or a wrapping, and a seed."""

    id: str
    answers: Mapping[str, str]
    wrapping: str = "plain"
    seed: int = 1


async def plain(request: Request, go: Go) -> Reply:
    """As the fake is."""
    return await go(request)


async def slow(request: Request, go: Go) -> Reply:
    """Every answer takes its time, and not the same one."""
    await asyncio.sleep(random.Random(request.body).uniform(0.0, 0.03))
    return await go(request)


async def shuffled(request: Request, go: Go) -> Reply:
    """Keys come in another order."""
    reply = await go(request)
    return reply if reply.json is None else reply.saying(_shuffled(reply.json))


async def talkative(request: Request, go: Go) -> Reply:
    """There are fields that the page does not show."""
    reply = await go(request)
    if not reply.ok:
        return reply
    data = reply.data
    if isinstance(data, dict) and "res" in data:
        data = {**data, "res": [{**one, "region": "east", "tags": []} for one in data["res"]]}
    return reply.but(data=data, trace_id="7f3a", took_ms=3)


async def compressed(request: Request, go: Go) -> Reply:
    """Answers are compressed for whoever takes that."""
    reply = await go(request)
    if "gzip" not in (request.header("accept-encoding") or "") or not reply.body:
        return reply
    return replace(reply, body=gzip.compress(reply.body)).labelled("content-encoding", "gzip")


async def chunked(request: Request, go: Go) -> Reply:
    """Answers come in chunks, without a length."""
    reply = await go(request)
    return reply if request.method == "HEAD" else replace(reply, chunked=True)


async def closing(request: Request, go: Go) -> Reply:
    """Every connection is closed after its answer."""
    return (await go(request)).labelled("connection", "close")


async def signed(request: Request, go: Go) -> Reply:
    """Links to pictures bear a signature, without which there is none."""
    if request.method == "GET" and request.path.endswith(".png"):
        return await go(request) if b"sig=" in request.query else html(403, "Forbidden")
    return _with_links(await go(request), lambda link: f"{link}?sig=ab12&exp=99")


async def elsewhere(request: Request, go: Go) -> Reply:
    """Links to pictures redirect to where they are."""
    if request.method == "GET" and request.path.startswith("/cdn/"):
        path = request.path.removeprefix("/cdn")
        return Reply(302, ((b"content-type", b"text/plain"),)).labelled("location", path)
    if request.operation in ("blendImages", "describeImage"):
        request = replace(request, body=request.body.replace(b"/cdn/", b"/"))
    return _with_links(await go(request), _under_cdn)


async def suffixed(request: Request, go: Go) -> Reply:
    """Prompts are shown with what the service adds to them."""
    reply = await go(request)
    if not reply.records:
        return reply
    made = [
        {**one, "msg_content": f"{one['msg_content']} --v 6.0"} if one["msg_content"] else one
        for one in reply.records
    ]
    return reply.holding(made)


async def numbered(request: Request, go: Go) -> Reply:
    """An unknown path gets a framework's own page."""
    reply = await go(request)
    return html(404, "Not Found") if reply.status == 404 and not request.operation else reply


WRAPPINGS: Mapping[str, Twist] = {
    one.__name__: one
    for one in (
        *(plain, slow, shuffled, talkative, compressed, chunked, closing, signed, elsewhere),
        *(suffixed, numbered),
    )
}


def legal_servers() -> Iterator[Legal]:
    """All of them."""
    for seed in (1, 2, 3):
        yield Legal(f"documented-{seed}", {}, seed=seed)
        yield Legal(f"mixed-{seed}", MIXED, seed=seed)
    for question in QUESTIONS:
        for variant in question["variants"]:
            answer = variant.get("example", variant["id"])
            if answer != question["default"]:
                yield Legal(f"{question['id']}={answer}", {question["id"]: answer})
    for name in WRAPPINGS:
        if name != "plain":
            yield Legal(name, {}, name)
            yield Legal(f"{name}-mixed", MIXED, name)


LEGAL: Mapping[str, Legal] = {one.id: one for one in legal_servers()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: the requirements that did not pass, and what was learnt wrongly."""

    legal: Legal
    failed: tuple[str, ...]
    undecided: tuple[str, ...]
    mistaken: tuple[str, ...]
    trial: Trial

    @property
    def fine(self) -> bool:
        return not (self.failed or self.mistaken or self.trial.broken)


def outcomes(servers: list[Legal], workers: int | None = None) -> Iterator[Outcome]:
    """Try each."""
    yield from side_by_side(outcome, [one.id for one in servers], workers)


def outcome(id: str) -> Outcome:
    """Try one."""
    legal, found = LEGAL[id], _tried(LEGAL[id])
    failed = [*found.having(Verdict.FAIL), *found.having(Verdict.ERROR)]
    undecided = [*found.having(Verdict.INCONCLUSIVE), *found.having(Verdict.UNTESTABLE)]
    mistaken = tuple(_mistaken(legal, found))
    return Outcome(legal, tuple(failed), tuple(undecided), mistaken, found)


def _mistaken(legal: Legal, found: Trial) -> Iterator[str]:
    """Questions whose answer is not the one that was set."""
    for question, answer in {**DEFAULTS, **legal.answers}.items():
        if legal.wrapping == "numbered" and question == "unknown-route":
            continue
        learnt = found.answers.get(question)
        if learnt is None:
            if question not in UNOBSERVABLE:
                yield f"{question} {found.unanswered.get(question)}"
        elif not _same(learnt, answer) and question not in ("malformed-json",):
            yield f"{question} is {answer} and was taken for {learnt}"


def _same(learnt: str, answer: str) -> bool:
    """``?`` in what was learnt stands for a status that nobody saw."""
    parts, wanted = learnt.split("-"), answer.split("-")
    if "?" not in parts:
        return learnt == answer
    return len(parts) == len(wanted) and all(
        one in ("?", other) for one, other in zip(parts, wanted, strict=True)
    )


def _tried(legal: Legal) -> Trial:
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile.yaml")
        profile.write_text(yaml.safe_dump({"name": "legal", "answers": dict(legal.answers)}))
        given: Settings = settings(JOB_SECONDS, profile=str(profile), seed=legal.seed)
        app = twisted(WRAPPINGS[legal.wrapping], given)
    return trial(app, seed=legal.seed, timeout=5.0)


def _shuffled(value: Any) -> Any:
    if isinstance(value, list):
        return [_shuffled(one) for one in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: hash((key, len(value))))
    return {key: _shuffled(value[key]) for key in reversed(keys)}


def _with_links(reply: Reply, change: Any) -> Reply:
    """The same answer with other links to pictures."""
    if not reply.records:
        return reply
    keys = ("img_buffer", "img_thumb", "original_url", "img_prog")
    made = [{**one, **{key: change(one[key]) for key in keys if one[key]}} for one in reply.records]
    return reply.holding(made)


def _under_cdn(link: str) -> str:
    scheme, _, rest = link.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}/cdn/{path}"


def main() -> int:
    """Print a line for each; a failure or a mistake is exit 1."""
    wanted = sys.argv[1:]
    servers = [one for one in LEGAL.values() if not wanted or any(w in one.id for w in wanted)]
    started, wrong = time.monotonic(), 0
    for one in outcomes(servers):
        wrong += not one.fine
        told = {"failed": one.failed, "mistaken": one.mistaken, "undecided": one.undecided}
        shown = {key: value for key, value in told.items() if value}
        broken = f" BROKEN {one.trial.broken}" if one.trial.broken else ""
        print(
            f"{one.legal.id:44}{'ok' if one.fine else 'WRONG':6}{_line(shown)}{broken}", flush=True
        )
    print(f"\n{len(servers)} right servers, {wrong} wronged, {time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


def _line(shown: Mapping[str, tuple[str, ...]]) -> str:
    return json.dumps(shown, ensure_ascii=False) if shown else ""


if __name__ == "__main__":
    sys.exit(main())
