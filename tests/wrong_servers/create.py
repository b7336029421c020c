"""Wrong submissions: CREATE-1 to CREATE-4 (page, Job Create)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import (
    all_records,
    asking,
    chain,
    each_record,
    failing,
    is_finished,
    succeeding,
)
from tests.wrong_servers.wrong_server import wrong_server

# CREATE-1: content gives errno 0 and a hash.


@wrong_server("CREATE-1", "the hash is null")
def hash_is_null() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=None), "createJob")


@wrong_server("CREATE-1", "the hash is empty")
def hash_is_empty() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=""), "createJob")


@wrong_server("CREATE-1", "the hash is inside an object")
def hash_is_in_an_object() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data={"hash": reply.data}), "createJob")


@wrong_server("CREATE-1", "there is no data")
def hash_is_missing() -> Tampering:
    return succeeding(lambda _, reply: reply.without("data"), "createJob")


@wrong_server("CREATE-1", "content that is not plain English is refused")
def only_english_is_accepted() -> Tampering:
    return asking(
        lambda request: (
            request if str(request.fields.get("content")).isascii() else request.made_invalid()
        ),
        "createJob",
    )


@wrong_server("CREATE-1", "content is refused unless a model is named too", touches="PLAN-1")
def model_is_required() -> Tampering:
    def change(request: Request) -> Request | Reply:
        return request if "model" in request.fields else request.made_invalid()

    return asking(change, "createJob")


# CREATE-2: the hash is that of exactly one record, and stays so.


@wrong_server("CREATE-2", "the hash of the answer is the job_id of the record")
def answer_has_the_job_id() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "createJob" or not reply.ok:
            return reply
        records = await all_records(request, go)
        return reply.with_fields(data=next(r["job_id"] for r in records if r["hash"] == reply.data))

    return tampering


@wrong_server("CREATE-2", "the hash of the answer is in capitals, that of the record is not")
def answer_has_the_hash_in_capitals() -> Tampering:
    return succeeding(lambda _, reply: reply.with_fields(data=reply.data.upper()), "createJob")


@wrong_server("CREATE-2", "the hash of the record is cut to 32 letters")
def hash_of_the_record_is_cut() -> Tampering:
    return each_record(lambda record: {**record, "hash": record["hash"][:32]})


@wrong_server("CREATE-2", "every submission makes two records")
def submission_makes_two_records() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation == "createJob":
            await go(request)
        return await go(request)

    return tampering


@wrong_server(
    "CREATE-2", "every record is in the listing twice", touches="FIND-3 FIND-10 FIND-12 FIND-14"
)
def record_is_listed_twice() -> Tampering:
    def change(_: Request, reply: Reply) -> Reply:
        twice = [one for record in reply.records for one in (record, record)]
        return reply.with_records(twice, 2 * reply.data["total"])

    return succeeding(change, "findJobs")


@wrong_server("CREATE-2", "a job that is finished is found no more", touches="LIFE-1")
def finished_jobs_vanish() -> Tampering:
    return _hiding(is_finished)


@wrong_server(
    "CREATE-2",
    "a job is found while it runs, and twice after its end",
    touches="FIND-10 FIND-13 FIND-14 UP-6",
)
def jobs_are_forgotten_after_two_looks() -> Tampering:
    looks: dict[str, int] = {}

    def forgotten(record: JSON) -> bool:
        if not is_finished(record):
            return False
        looks[record["hash"]] = looks.get(record["hash"], 0) + 1
        return looks[record["hash"]] > 2

    return _hiding(forgotten)


@wrong_server(
    "CREATE-2",
    "only the five newest jobs of an account are kept",
    whole=True,
    touches="FIND-13 UP-6",
)
def only_five_jobs_are_kept() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        kept = {record["hash"] for record in (await all_records(request, go))[:5]}
        records = [record for record in reply.records if record["hash"] in kept]
        return reply.with_records(records, len(records))

    return tampering


@wrong_server("CREATE-2", "a submission is never stored")
def submission_is_not_stored() -> Tampering:
    hashes: set[str] = set()

    def remember(_: Request, reply: Reply) -> Reply:
        hashes.add(reply.data)
        return reply

    lost = _hiding(lambda record: record["hash"] in hashes)
    return chain(succeeding(remember, "createJob"), lost)


def _hiding(hidden: Callable[[JSON], bool]) -> Tampering:
    """Leave out records of a find, and count those left."""

    def change(_: Request, reply: Reply) -> Reply:
        shown = [record for record in reply.records if not hidden(record)]
        return reply.with_records(shown, reply.data["total"] - len(reply.records) + len(shown))

    return succeeding(change, "findJobs")


# CREATE-3: without content 301.


@wrong_server("CREATE-3", "without content a picture of nothing is made")
def content_has_a_default() -> Tampering:
    return asking(
        lambda request: (
            request if "content" in request.fields else request.with_fields(content="art")
        ),
        "createJob",
    )


@wrong_server("CREATE-3", "without content it is 410")
def missing_content_is_410() -> Tampering:
    return _no_content(refusal(410, "NOT FOUND"))


@wrong_server("CREATE-3", "without content the server fails: 501")
def missing_content_is_501() -> Tampering:
    return _no_content(refusal(501, "SERVICE_ERROR"))


def _no_content(answer: Reply) -> Tampering:
    return failing(
        lambda request, reply: reply if "content" in request.fields else answer,
        "createJob",
        errno=301,
    )


# CREATE-4: no two submissions share a hash.


@wrong_server(
    "CREATE-4",
    "a hash is made of the account and the second",
    touches=(
        "CREATE-2 CREATE-5 FIND-12 FIND-14 LIFE-2 LIFE-3 LIFE-4 IMG-4 IMG-5 "
        "VAR-1 UP-1 UP-7 PAR-1 REMIX-1 BLEND-4"
    ),
)
def hash_of_the_second() -> Tampering:
    return _sharing(lambda record: (record["sender_id"], record["timestamp"][:-3]))


@wrong_server(
    "CREATE-4",
    "a hash is made of the prompt: a second job with it is answered with the first",
    touches="IMG-5",
)
def hash_of_the_prompt() -> Tampering:
    made: dict[object, Reply] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation != "createJob" or not isinstance(content, str):
            return await go(request)
        key = request.token, content
        if key in made:
            return made[key]
        reply = await go(request)
        return made.setdefault(key, reply) if reply.ok else reply

    return tampering


@wrong_server(
    "CREATE-4",
    "a hash is made of the kind of job",
    touches=(
        "CREATE-2 CREATE-5 FIND-10 FIND-12 FIND-14 LIFE-3 LIFE-4 IMG-5 VAR-1 "
        "VAR-4 UP-1 UP-4 UP-7 REMIX-1 BLEND-1"
    ),
)
def hash_of_the_kind() -> Tampering:
    return _sharing(lambda record: (record["sender_id"], record["job_type"]))


@wrong_server(
    "CREATE-4",
    "a second child of a parent is answered with the hash of the first",
    touches="IMG-5 VAR-4 UP-4 UP-7 REMIX-1",
)
def one_child_a_parent() -> Tampering:
    children: dict[object, Reply] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        parent = request.fields.get("parent_hash") or request.fields.get("parent_id")
        if not request.submits or parent is None or not reply.ok:
            return reply
        return children.setdefault(parent, reply)

    return tampering


def _sharing(kind: Callable[[JSON], object]) -> Tampering:
    """Jobs of one kind have one hash, that of the first, wherever it stands."""
    shared: dict[object, str] = {}
    named: dict[str, str] = {}

    async def learn(request: Request, go: Go) -> None:
        for record in reversed(await all_records(request, go)):
            named[record["hash"]] = shared.setdefault(kind(record), record["hash"])

    async def tampering(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if request.submits and reply.ok:
            await learn(request, go)
            return reply.with_fields(data=named[reply.data])
        return reply

    renamed = each_record(lambda one: {**one, "hash": named.get(one["hash"], one["hash"])})
    return chain(renamed, tampering)
