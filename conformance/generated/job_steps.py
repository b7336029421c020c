"""The steps of a walk that cost a job, and what must come of their jobs."""

from __future__ import annotations

from collections.abc import Mapping

from ..http.exchange import Answer
from ..json_access import integer, text
from ..rules.job_model import Job
from ..rules.refusals import SentRequest
from ..shared_jobs.bodies import whole_picture
from . import results
from .player import Player
from .steps import ACCOUNT, CELLS, NUMBER, WORDS, Needs, step

#: By operation and whether it has content: the requirement that it is accepted, and the one that
#: it is with a sender_id.
_ACCEPTED = {
    ("createJob", True): ("CREATE-1", "CREATE-1"),
    ("varyJob", False): ("VAR-1", "VAR-5"),
    ("varyJob", True): ("REMIX-1", "VAR-5"),
    ("upscaleJob", False): ("UP-1", "UP-5"),
    ("blendImages", True): ("BLEND-1", "BLEND-5"),
    ("describeImage", True): ("DESC-1", "DESC-3"),
}
_BOTH = (False, True)
#: How flags begin in a prompt (question niji-selection).
_FLAG = "--"
#: Refusals that leave open what is wrong with a submission.
_OTHER_GROUNDS = (0, 411, 430, None)


@step(weight=5, needs=Needs.JOB, account=ACCOUNT, words=WORDS)
def create(player: Player, account: str, words: str) -> None:
    """A picture from words of any script."""
    player.count += 1
    content = f"{words} {player.laws.mark} walk {player.count}"
    submit(player, "createJob", {"content": content}, player.role(account))


@step(weight=5, needs=Needs.JOB, which=NUMBER, cell=CELLS, sender=_BOTH)
def upscale(player: Player, which: int, cell: int, sender: bool) -> None:
    parent = player.pick(which, "createJob")
    hash = text(parent.last, "hash") if parent else None
    if parent is not None and hash is not None:
        body = {"parent_hash": hash, "grid_num": cell} | _sender(parent, sender)
        submit(player, "upscaleJob", body, parent.account, parent)


@step(weight=5, needs=Needs.JOB, which=NUMBER, cell=CELLS, sender=_BOTH, remix=_BOTH)
def vary(player: Player, which: int, cell: int, sender: bool, remix: bool) -> None:
    """A variation, or with content a remix."""
    parent = player.pick(which, "createJob")
    id = text(parent.last, "job_id") if parent else None
    if parent is None or id is None:
        return
    body: dict[str, object] = {"parent_id": id, "grid_num": cell} | _sender(parent, sender)
    if remix:
        player.count += 1
        body["content"] = f"in another light {player.laws.mark} remix {player.count}"
    submit(player, "varyJob", body, parent.account, parent)


@step(weight=3, needs=Needs.JOB, which=NUMBER, count=(2, 3, 4, 5), sender=_BOTH)
def blend(player: Player, which: int, count: int, sender: bool) -> None:
    """Two to five links, each to the whole picture of another job."""
    picked = [player.pick(which + n, "createJob", "varyJob") for n in range(count)]
    jobs = [job for job in picked if job is not None]
    pictures = dict.fromkeys(filter(None, (whole_picture(job.last or {}) for job in jobs)))
    if len(pictures) > 1:
        body: dict[str, object] = {"content": " ".join(pictures)}
        submit(player, "blendImages", body | _sender(jobs[0], sender), jobs[0].account)


@step(weight=1, needs=Needs.JOB)
def blend_words(player: Player) -> None:
    """What is no link may be refused, or accepted and fail (question blend-bad-link)."""
    body = {"content": "paper lantern"}
    answer = player.send("blendImages", body, planned=True)
    if answer.hash is not None:
        job = Job(answer.hash, "first", "blendImages", mine=True, submission=answer)
        job.links = body["content"]
        player.made(job, answer, SentRequest("blendImages", "first", body, b""))


@step(weight=3, needs=Needs.JOB, which=NUMBER, sender=_BOTH)
def describe(player: Player, which: int, sender: bool) -> None:
    """One link to the whole picture: the page does not say that a thumb is taken."""
    job = player.pick(which, "createJob")
    link = whole_picture(job.last or {}) if job else None
    if job is not None and link is not None:
        body: dict[str, object] = {"content": link}
        submit(player, "describeImage", body | _sender(job, sender), job.account)


@step(weight=3, needs=Needs.JOB)
def wait_for_jobs(player: Player) -> None:
    """Until every job has ended; then each is judged."""
    late = player.settle()
    for job in list(player.model.jobs.values()):
        if job.mine and job.hash not in player.looked_at and job not in late:
            player.looked_at.add(job.hash)
            results.judge(player, job)
    for job in late:
        player.looked_at.add(job.hash)
        results.judge_late(player, job)


def _sender(job: Job, given: bool) -> dict[str, object]:
    sender = text(job.last, "sender_id")
    return {"sender_id": sender} if given and sender is not None else {}


def submit(
    player: Player,
    operation: str,
    body: Mapping[str, object],
    account: str,
    parent: Job | None = None,
) -> Answer:
    """A submission that has to be accepted: its parent, if it has one, is a finished grid."""
    sent = SentRequest(operation, account, body, b"")
    answer = player.send(operation, body, account, planned=True)
    if answer.errno == 501 and player.running():
        # It may be too many jobs at once (question concurrency-limit).
        player.settle()
        answer = player.send(operation, body, account, planned=True)
    if answer.hash is not None:
        cell = integer(body, "grid_num")
        content = text(body, "content") if operation in ("createJob", "varyJob") else None
        if content is not None and _FLAG in content:
            content = None  # a server may take the flags out of the prompt
        parent_hash = parent.hash if parent else None
        job = Job(answer.hash, account, operation, content, parent_hash, cell, mine=True)
        job.submission = answer
        job.links = "" if content else text(body, "content") or ""
        player.made(job, answer, sent)
    elif answer.errno not in _OTHER_GROUNDS and not (answer.errno == 501 and player.running()):
        player.report(_refused(operation, body, answer), answer, sent)
    return answer


def _refused(operation: str, body: Mapping[str, object], answer: Answer) -> tuple[str, str, str]:
    plain, with_sender = _ACCEPTED[operation, "content" in body]
    what = f"{operation} with {', '.join(body)}: {answer.summary()}"
    return with_sender if "sender_id" in body else plain, what, "errno 0 and a hash"
