"""Wrong descriptions: DESC-1 and DESC-2 (page, Job Describe)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Reply, Request, Tampering, refusal, success
from tests.support.tampering.making import asking, each_finished, each_record, failing, succeeding
from tests.wrong_servers.wrong_server import wrong_server


def _described(change: Callable[[JSON], JSON]) -> Tampering:
    return each_finished(
        lambda one: {**one, **change(one)} if one["job_type"] == "describe" else one
    )


# DESC-1: one link gives a hash whose finished record holds the prompts.


@wrong_server("DESC-1", "a finished describe holds no prompt")
def description_is_null() -> Tampering:
    return _described(lambda one: {"description": None})


@wrong_server("DESC-1", "the description is empty")
def description_is_empty() -> Tampering:
    return _described(lambda one: {"description": ""})


@wrong_server("DESC-1", "the description is the link that was sent")
def description_is_the_link() -> Tampering:
    return _described(lambda one: {"description": one["msg_display"]})


@wrong_server("DESC-1", "every describe fails")
def every_describe_fails() -> Tampering:
    def change(one: JSON) -> JSON:
        if one["job_type"] != "describe":
            return one
        return {**one, "status": 4000, "error": "no model", "description": None}

    return each_record(lambda one: change(one) if one["status"] == 2000 else one)


@wrong_server("DESC-1", "a describe answers with no hash")
def describe_has_no_hash() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=None), "describeImage")


@wrong_server("DESC-1", "one link is refused: 301", touches="PAR-1")
def one_link_is_refused() -> Tampering:
    return succeeding(lambda *_: refusal(301), "describeImage")


# DESC-2: no link, or two, 301.


@wrong_server("DESC-1", "only the account's first describe is given its prompts")
def first_describe_alone_has_prompts() -> Tampering:
    described: list[str] = []

    def change(one: JSON) -> JSON:
        if one["job_type"] != "describe":
            return one
        if one["hash"] not in described:
            described.append(one["hash"])
        texts = ("description", "msg_content", "msg_display")
        return one if one["hash"] == described[0] else one | dict.fromkeys(texts)

    return each_finished(change)


@wrong_server("DESC-2", "of two links the first is described")
def first_of_two_links_is_described() -> Tampering:
    return asking(_joined(lambda links: links[:1]), "describeImage")


@wrong_server("DESC-2", "two links are taken for one")
def two_links_are_one() -> Tampering:
    return asking(_joined(lambda links: ["%20".join(links)]), "describeImage")


def _joined(change: Callable[[list[str]], list[str]]) -> Callable[[Request], Request]:
    def asked(request: Request) -> Request:
        content = request.fields.get("content")
        if not isinstance(content, str) or not content.split():
            return request
        return request.with_fields(content=" ".join(change(content.split())))

    return asked


@wrong_server("DESC-2", "without content a describe breaks the server: 501")
def describe_without_content_is_501() -> Tampering:
    return _no_content(refusal(501, "SERVICE_ERROR"))


@wrong_server("DESC-2", "without content a describe is not found: 410")
def describe_without_content_is_410() -> Tampering:
    return _no_content(refusal(410, "NOT FOUND"))


@wrong_server("DESC-2", "without content a describe is a success")
def describe_without_content_is_a_success() -> Tampering:
    return _no_content(success("0" * 64))


def _no_content(answer: Reply) -> Tampering:
    return failing(
        lambda request, reply: reply if "content" in request.fields else answer,
        "describeImage",
        errno=301,
    )


@wrong_server("DESC-2", "a word that is no link is described", touches="GEN-4")
def word_is_described() -> Tampering:
    def change(request: Request) -> Request:
        content = str(request.fields.get("content", "http"))
        if content.startswith("http") or len(content.split()) != 1:
            return request
        return request.with_fields(content=f"https://example.com/{content}")

    return asking(change, "describeImage")
