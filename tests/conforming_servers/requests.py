"""Requests that are read leniently, or refused for another of their faults."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import all_records, asking, chain


def _read(
    *names: str, kinds: type | tuple[type, ...], how: Callable[[object], object]
) -> Tampering:
    """Read fields that hold one of ``kinds`` as ``how`` turns them."""

    def change(request: Request) -> Request:
        held = {name: request.fields.get(name) for name in names}
        odd = {name: how(one) for name, one in held.items() if isinstance(one, kinds)}
        return request.with_fields(**odd) if odd else request

    return asking(change, "login", "findJobs")


@conforming_server(
    "a credential that is no text is a wrong one: 430, or what the server has for it"
)
def credentials_of_another_type_are_wrong_ones() -> Tampering:
    return _read("username", "password", kinds=(dict, list, int), how=str)


@conforming_server("a number as prompt to find is its digits")
def numbers_are_read_as_text() -> Tampering:
    return _read("prompt", kinds=(int, float), how=str)


@conforming_server("a service, type or folder that is no text is one that no job has")
def choices_that_are_none_match_nothing() -> Tampering:
    def names(held: object) -> list[str]:
        return [str(one) for one in held] if isinstance(held, list) else [str(held)]

    choices = ("service", "job_type", "folders")
    return chain(*(_read(one, kinds=(list, int), how=names) for one in choices))


@conforming_server("a describe of a word is accepted, and its job fails")
def a_described_word_fails() -> Tampering:
    words: set[str] = set()

    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        word = isinstance(content, str) and re.fullmatch(r"\w+", content) is not None
        if request.operation == "describeImage" and word:
            reply = await go(request.with_fields(content="https://example.com/none.png"))
            words.update([reply.data] if reply.ok else [])
            return reply
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        failed = {"status": 4000, "error": "no picture", "description": None}
        shown = [
            {**one, **failed} if one["hash"] in words and one["status"] == 2000 else one
            for one in reply.records
        ]
        return reply.with_records(shown)

    return tampering


_NO_PLAN = "the account's plan ends in mid-run"


@conforming_server(
    "the plan ends after three jobs, and is looked at before the parameters",
    open={"*": _NO_PLAN, "grid-num-string": _NO_PLAN},
    mixed=False,
)
def plan_that_ends() -> Tampering:
    jobs = 0

    async def tampering(request: Request, go: Go) -> Reply:
        nonlocal jobs
        if request.submits and jobs >= 3:
            reply = await go(request.made_invalid())
            return reply if reply.envelope["errno"] == 430 else refusal(411)
        reply = await go(request)
        jobs += request.submits and reply.ok
        return reply

    return tampering


@conforming_server(
    "a limit above 50 is refused: it is a wrong parameter",
    open={"find-max-limit": "none of its variants refuses a limit"},
    mixed=False,
)
def high_limits_are_refused() -> Tampering:
    def change(request: Request) -> Request:
        limit = request.fields.get("limit")
        return request.made_invalid() if type(limit) is int and limit > 50 else request

    return asking(change, "findJobs")


@conforming_server("a sender_id is looked up, and is none of the server's: SENDER NOT FOUND")
def senders_are_looked_up() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        listed = request.submits and request.operation != "createJob"
        if not (listed and request.token and "sender_id" in request.fields):
            return await go(request)
        # Who may submit nothing is refused for that.
        reply = await go(request.made_invalid())
        early = reply.envelope["errno"] in (411, 430)
        return reply if early else refusal(420, "SENDER NOT FOUND")

    return tampering


@conforming_server(
    "a blend takes whole pictures of different jobs: no thumbs, and none of one job twice",
)
def blends_take_different_pictures() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation != "blendImages" or not isinstance(content, str):
            return await go(request)
        shown = [
            (one["hash"], key, one[key])
            for one in await all_records(request, go)
            for key in ("original_url", "img_buffer", "img_thumb")
        ]
        named = [(job, key) for word in content.split() for job, key, link in shown if link == word]
        jobs = [job for job, _ in named]
        odd = len(set(jobs)) < len(jobs) or "img_thumb" in {key for _, key in named}
        return await go(request.made_invalid() if odd else request)

    return tampering


@conforming_server("a blend is of pictures of one service: one of both is accepted, and fails")
def blends_are_of_one_service() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation != "blendImages" or not isinstance(content, str):
            return await go(request)
        links = content.split()
        services = {
            one["service"]
            for one in await all_records(request, go)
            if {*links} & {one[key] for key in ("original_url", "img_buffer", "img_thumb")}
        }
        if len(services) > 1:
            request = request.with_fields(content=" ".join(f"{link}-nowhere" for link in links))
        return await go(request)

    return tampering
