"""Mistakes that no check goes looking for: they show in what was sent for another purpose."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal, success
from tests.support.tampering.making import (
    Logins,
    all_records,
    asking,
    chain,
    is_finished,
    succeeding,
    without,
)
from tests.wrong_servers.wrong_server import wrong_server


@wrong_server(
    "AUTH-5",
    "a find by job_type returns the jobs of all accounts, which the whole listing does not",
    whole=True,
    touches="FIND-3 FIND-4 FIND-5 FIND-6 FIND-10 FIND-13",
)
def filter_leaks_other_accounts() -> Tampering:
    logins = Logins()

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if not reply.records or not isinstance(request.fields.get("job_type"), list):
            return reply
        there = {record["hash"] for record in reply.records}
        for token in logins.tokens.values():
            kinds = request.fields["job_type"]
            others = await all_records(request.with_token(token), go, job_type=kinds)
            more = [one for one in others if one["hash"] not in there]
            there |= {one["hash"] for one in more}
            total = reply.data["total"] + len(more)
            reply = reply.with_records([*reply.records, *more], total)
        return reply

    return chain(tampering, logins)


def _filtered(change: Callable[[JSON], JSON]) -> Tampering:
    """Change the records of a find by favourite or by prompt."""

    def told(request: Request, reply: Reply) -> Reply:
        if not request.fields.keys() & {"favourite", "prompt"}:
            return reply
        return reply.with_records([change(one) for one in reply.records])

    return succeeding(told, "findJobs")


@wrong_server("LIFE-2", "a find by prompt shows finished jobs as running", whole=True)
def prompt_index_has_old_statuses() -> Tampering:
    return _filtered(lambda one: {**one, "status": 1000} if is_finished(one) else one)


@wrong_server("FIND-11", "a find by prompt returns fewer keys", whole=True)
def prompt_index_has_fewer_keys() -> Tampering:
    return _filtered(lambda one: without(one, ("svg_buffer", "img_thumb")))


@wrong_server("LIFE-4", "a find by prompt returns other job ids", whole=True)
def prompt_index_has_other_ids() -> Tampering:
    return _filtered(lambda one: {**one, "job_id": one["job_id"][::-1]})


@wrong_server("CREATE-3", "an empty body is taken for an empty prompt", whole=True)
def empty_body_is_an_empty_prompt() -> Tampering:
    return asking(
        lambda request: request if request.body else request.with_body({"content": "art"}),
        "createJob",
    )


@wrong_server(
    "CREATE-3", "without content it is a success without a hash", touches="AUTH-2 CREATE-1"
)
def missing_content_is_a_hollow_success() -> Tampering:
    return asking(
        lambda request: request if "content" in request.fields else success(None), "createJob"
    )


@wrong_server(
    "GEN-5",
    "an emoji in a prompt is 501, and plain English is not",
    touches="CREATE-1 CREATE-5",
    whole=True,
)
def emoji_to_create_is_501() -> Tampering:
    return _refusing_prompts(lambda text: any(ord(one) > 0xFFFF for one in text), 501)


@wrong_server(
    "CREATE-5", "a Chinese prompt is 301, and plain English is not", touches="CREATE-1 GEN-5"
)
def chinese_to_create_is_301() -> Tampering:
    return _refusing_prompts(lambda text: any("\u4e00" <= one <= "\u9fff" for one in text), 301)


def _refusing_prompts(strange: Callable[[str], bool], errno: int) -> Tampering:
    def change(request: Request) -> Request | Reply:
        content = request.fields.get("content")
        if isinstance(content, str) and strange(content):
            return refusal(errno, "SERVICE_ERROR")
        return request

    return asking(change, "createJob")
