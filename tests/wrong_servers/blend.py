"""Wrong blends: BLEND-1 to BLEND-4 (page, Job Blend)."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal, success
from tests.support.tampering.making import (
    MEASURES,
    PICTURES,
    all_records,
    asking,
    each_finished,
    failing,
    succeeding,
)
from tests.support.tampering.repainting import Picture, Repainted
from tests.wrong_servers.wrong_server import wrong_server


def _links(request: Request) -> list[str]:
    content = request.fields.get("content")
    return content.split() if isinstance(content, str) else []


def _blending(change: Callable[[list[str]], list[str] | Reply]) -> Tampering:
    """Change the links of a blend, or answer them at once."""

    def asked(request: Request) -> Request | Reply:
        links = _links(request)
        if not links:
            return request
        found = change(links)
        return found if isinstance(found, Reply) else request.with_fields(content=" ".join(found))

    return asking(asked, "blendImages")


# BLEND-1: two to five links give a hash, and a picture in the end.


@wrong_server("BLEND-1", "five links are refused: fewer than five are taken")
def five_links_are_refused() -> Tampering:
    return _blending(lambda links: [] if len(links) == 5 else links)


@wrong_server("BLEND-1", "two links are refused: more than two are taken")
def two_links_are_refused() -> Tampering:
    return _blending(lambda links: [] if len(links) == 2 else links)


@wrong_server("BLEND-1", "three links are refused: two or five are taken, or four")
def three_links_are_refused() -> Tampering:
    return _blending(lambda links: [] if len(links) == 3 else links)


@wrong_server("BLEND-1", "four links are refused: two or five are taken, or three")
def four_links_are_refused() -> Tampering:
    return _blending(lambda links: [] if len(links) == 4 else links)


@wrong_server("BLEND-1", "a blend of three links fails")
def blend_of_three_fails() -> Tampering:
    return _blending(
        lambda links: [f"{link}-nowhere" for link in links] if len(links) == 3 else links
    )


@wrong_server("BLEND-1", "links are to be separated by commas")
def links_are_separated_by_commas() -> Tampering:
    return _blending(lambda links: links if "," in links[0] else [])


@wrong_server("BLEND-1", "a blend has no picture in the end", touches="IMG-1")
def blend_has_no_picture() -> Tampering:
    blank = dict.fromkeys((*PICTURES, *MEASURES))
    return each_finished(lambda one: {**one, **blank} if one["job_type"] == "blend" else one)


@wrong_server("BLEND-1", "an accepted blend has no hash")
def blend_has_no_hash() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=None), "blendImages")


@wrong_server("BLEND-1", "every blend fails")
def every_blend_fails() -> Tampering:
    return _blending(lambda links: [f"{link}-nowhere" for link in links])


@wrong_server("BLEND-1", "a blend is a single colour: nothing is put together")
def blend_is_blank() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        mine = record["job_type"] == "blend" and key != "img_thumb"
        return Image.new("RGB", image.size, "#7f7f7f") if mine else image

    return Repainted(paint)


@wrong_server("IMG-5", "a blend is the first of its pictures again")
def blend_is_its_first_picture() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        shown = [one for one in await all_records(request, go) if one["img_buffer"]]
        first = [one for one in shown if one["job_type"] == "main"][-1:]

        def change(one: JSON) -> JSON:
            if one["job_type"] != "blend" or not one["img_buffer"] or not first:
                return one
            return {**one, **{key: first[0][key] for key in (*PICTURES, *MEASURES)}}

        return reply.with_records([change(one) for one in reply.records])

    return tampering


# BLEND-2: one link, or six, 301.


@wrong_server("BLEND-2", "one link is blended with itself")
def one_link_is_taken() -> Tampering:
    return _blending(lambda links: links * 2 if len(links) == 1 else links)


@wrong_server("BLEND-2", "of six links the first five are taken")
def six_links_are_taken() -> Tampering:
    return _blending(lambda links: links[:5])


@wrong_server("BLEND-2", "one link is not found: 410")
def one_link_is_410() -> Tampering:
    return _blending(lambda links: refusal(410, "NOT FOUND") if len(links) == 1 else links)


@wrong_server("BLEND-2", "six links break the server: 501")
def six_links_are_501() -> Tampering:
    return _blending(lambda links: refusal(501, "SERVICE_ERROR") if len(links) > 5 else links)


# BLEND-3: without content 301.


@wrong_server("BLEND-3", "without content a blend breaks the server: 501")
def blend_without_content_is_501() -> Tampering:
    return _no_content(refusal(501, "SERVICE_ERROR"))


@wrong_server("BLEND-3", "without content a blend is not found: 410")
def blend_without_content_is_410() -> Tampering:
    return _no_content(refusal(410, "NOT FOUND"))


@wrong_server("BLEND-3", "without content a blend is a success that made nothing")
def blend_without_content_is_a_success() -> Tampering:
    return _no_content(success(""))


def _no_content(answer: Reply) -> Tampering:
    return failing(
        lambda request, reply: reply if "content" in request.fields else answer,
        "blendImages",
        errno=301,
    )


# BLEND-4: words are no links, and no picture comes of them.


@wrong_server(
    "BLEND-4", "what is no link is left out, and a picture is made of the rest or of nothing"
)
def words_are_blended() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        links = _links(request)
        words = len(links) > 1 and not any(link.startswith("http") for link in links)
        if request.operation != "blendImages" or not words:
            return await go(request)
        pictures = [one["original_url"] for one in await all_records(request, go)]
        found = [link for link in pictures if link][:1] * 2
        return await go(
            request.with_fields(content=" ".join(found)) if len(found) == 2 else request
        )

    return tampering


@wrong_server(
    "BLEND-4", "a blend that failed is shown as finished, with the picture of another job"
)
def failed_blend_is_finished() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        done = [one for one in await all_records(request, go) if one["img_buffer"]]

        def change(one: JSON) -> JSON:
            if one["job_type"] != "blend" or one["status"] != 4000 or not done:
                return one
            shown = {key: done[-1][key] for key in (*PICTURES, *MEASURES, "img_format")}
            return {**one, **shown, "status": 2000, "error": None}

        return reply.with_records([change(one) for one in reply.records])

    return tampering
