"""Blend (page, Job Blend): two to five links in one string, put together into one."""

from __future__ import annotations

from collections.abc import Iterator

from ..checking import Context, Finding, JobTrace, Observation, check, probe
from ..checking.child_jobs import accepted_both_ways, failed, not_taken, picture_of, pixels_of
from ..json_access import text
from ..pictures import compare as pixels
from ..pictures.seams import Seam
from ..shared_jobs.bodies import whole_picture
from ..shared_jobs.catalogue import THUMBS, apart

_JOB = "blendImages"


#: How many links a blend may have, as the page says.
_COUNTS = (2, 3, 4, 5)


@check("BLEND-1", needs=("blend", "blend_5"), wants=("blend_3", "blend_4"))
def two_to_five_links_give_a_picture(ctx: Context) -> Iterator[Finding]:
    names = ["blend", "blend_5"]
    names += [name for name in ("blend_3", "blend_4") if ctx.evidence.sent(name)]
    jobs = {name: ctx.evidence.trace(name) for name in names}
    tried = {len(str(job.body["content"]).split()): name for name, job in jobs.items()}
    for count, name in sorted(tried.items()):
        job = jobs[name]
        if not job.accepted:
            yield _refused(ctx, name, f"a blend of {count} links")
        elif job.finished and text(job.last, "img_buffer") is not None:
            yield from _one_colour(ctx, job)
            yield ctx.ok(f"{count} links gave a picture", job)
        elif job.finished:
            yield ctx.fail(f"{count} links gave no picture", job, expected="a picture")
        elif job.seems_failed and not job.gave_up:
            yield failed(ctx, name, f"a blend of {count} links", "a picture")
        else:
            yield ctx.inconclusive(f"a blend of {count} links: {job.summary()}", job)
    rest = " and ".join(str(count) for count in _COUNTS if count not in tried)
    counts = ", ".join(map(str, sorted(tried)))
    yield ctx.ok(f"{counts} links gave pictures", not_covered=f"{rest} links" if rest else "")


def _refused(ctx: Context, name: str, what: str) -> Finding:
    """A blend of thumbs, or of two links to one picture, may be refused for them: one of whole
    pictures decides."""
    job, others = ctx.evidence.trace(name), ctx.evidence.sent(*apart(name))
    if others or not job.refused or _is_apart(ctx, job):
        return not_taken(ctx, others[0] if others else job, what)
    why = f"it has {THUMBS}, and there were too few other pictures to try"
    return ctx.inconclusive(f"{what} is refused: {why}: {job.submission.summary()}", job)


def _is_apart(ctx: Context, job: JobTrace) -> bool:
    """Whether the links are to the whole pictures of different jobs; signatures may change."""
    parents = [whole_picture(parent.last or {}) for parent in ctx.evidence.sent("grid", "niji")]
    whole = {link.partition("?")[0] for link in parents if link is not None}
    links = [link.partition("?")[0] for link in str(job.body["content"]).split()]
    return len(set(links)) == len(links) and whole.issuperset(links)


def _one_colour(ctx: Context, job: JobTrace) -> Iterator[Finding]:
    """Pictures with something in them can't come to one colour."""
    picture, part = picture_of(ctx, job), picture_of(ctx, ctx.evidence.finished("grid"))
    if not (picture.unread or part.unread) and pixels.blank(picture):
        if pixels.shows_anything(part):
            what = f"the picture of “{job.name}”"
            expected = "the pictures linked, put together"
            yield ctx.fail(what, picture, part, expected=expected, actual="one colour")
        else:
            yield ctx.inconclusive(f"{job.name} and what it is made of show nothing", picture, part)


@check("BLEND-2", refusals=True)
def one_link_or_six_are_refused(ctx: Context) -> Iterator[Finding]:
    links = str(ctx.contract.example(_JOB)["content"]).split()
    six = (links * 3)[:6]
    for count, content in ((1, links[0]), (6, " ".join(six))):
        answer = ctx.call(_JOB, {"content": content})
        yield ctx.expect_errno(answer, 301, when=f"a blend of {count} links")


@check("BLEND-3", refusals=True)
def a_blend_needs_content(ctx: Context) -> Finding:
    return ctx.expect_errno(ctx.call(_JOB, {}), 301, when="a blend without content")


@check("BLEND-4", needs=("blend_words",))
def words_never_give_a_picture(ctx: Context) -> Finding:
    job = ctx.evidence.trace("blend_words")
    if not job.accepted:
        return ctx.ok(f"refused at once: {job.submission.summary()}", job)
    if job.finished and text(job.last, "img_buffer") is not None:
        return ctx.fail(
            "two words instead of links gave a picture",
            job,
            expected="a refusal, or a job that fails",
        )
    if job.gave_up:
        return ctx.inconclusive(f"the job has not ended: {job.summary()}", job)
    return ctx.ok(f"accepted without making a picture: {job.summary()}", job)


@check("BLEND-5", needs=("blend", "blend_5"))
def a_blend_takes_a_sender_or_none(ctx: Context) -> Iterator[Finding]:
    yield from accepted_both_ways(ctx, without="blend", given="blend_5")


@probe("blend-result", needs=("blend",))
def whether_a_blend_is_a_grid(ctx: Context) -> Observation:
    picture = pixels_of(ctx, ctx.evidence.finished("blend"))
    seam = pixels.seam(picture)
    if seam is Seam.CUT:
        return ctx.answer("grid", picture)
    if seam is Seam.CONTINUOUS:
        return ctx.answer("single", picture)
    return ctx.unobserved("no clear answer whether the picture has seams", picture)


@probe("blend-bad-link", needs=("blend_words",))
def what_comes_of_words(ctx: Context) -> Observation:
    job = ctx.evidence.trace("blend_words")
    if not job.accepted and job.submission.errno == 301:
        return ctx.answer("301", job)
    if job.accepted and job.seems_failed:
        return ctx.answer("job-fails", job)
    if job.gave_up:
        return ctx.unobserved(f"the job has not ended: {job.summary()}", job)
    return ctx.unknown(job.summary(), job)
