"""Every variant of every open question is honoured: by itself, and all of ``mixed`` at once.

A question is observed through the API alone, and the table says what each variant looks like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from typing import Any
from unittest.mock import patch

import httpx
import jwt
import pytest
from conftest import MakeFake
from fakes import ADDRESS, Caller, Fake, envelope, refused, succeeded
from PIL import Image

from fake_server import spec
from fake_server.store import Store
from fake_server.world import NewAccount

ACCOUNTS = (
    NewAccount("abc", "abc-secret"),
    NewAccount("other", "other-secret"),
    NewAccount("limited", "limited-secret", "none"),
)
LINK = "http://pictures.test/1.png"
LINKS = f"{LINK} http://pictures.test/2.png"


def errno(response: httpx.Response) -> int:
    number: int = envelope(response)["errno"]
    return number


def text(response: httpx.Response) -> str:
    """A refusal's words, whatever the case."""
    body = envelope(response)
    return str(body.get("errmsg", body.get("error"))).upper().replace("_", " ")


def upscale(caller: Caller, parent: dict[str, Any], cell: object = 1) -> httpx.Response:
    return caller.post("/jobs/upscale", {"parent_hash": parent["hash"], "grid_num": cell})


def past_jobs(fake: Fake, number: int) -> Caller:
    """An account with so many finished jobs."""
    caller = fake.login()
    for _ in range(number):
        caller.create()
        fake.wall += 2000
    return caller


def cursor(fake: Fake, record: dict[str, Any]) -> int:
    """A timestamp_smaller_than that just keeps a record out, in the unit of the fake."""
    created = int(record["timestamp"])
    return created if fake.app.world.profile["find-timestamp-unit"] == "ms" else created // 1000


# One observer a question


def success_http_status(fake: Fake) -> object:
    login = fake.post("/auth/login", {"username": "abc", "password": "abc-secret"})
    caller = fake.login()
    find, create = caller.post("/jobs/find", {}), caller.post("/jobs/create", {"content": "a cat"})
    return {answer.status_code for answer in (login, find, create)}


def error_http_status(fake: Fake) -> object:
    caller = fake.login()
    single = caller.finished("/jobs/upscale", parent_hash=caller.picture()["hash"], grid_num=1)
    answers = (
        fake.post("/auth/login", {}),
        fake.login("limited").post("/jobs/create", {"content": "a cat"}),
        upscale(caller, {"hash": "none"}),
        upscale(caller, single),
        fake.post("/jobs/find", {}),
        caller.post("/jobs/create", {"content": "a cat --fake service-error"}),
    )
    return [answer.status_code for answer in answers]


def unauthenticated_key(fake: Fake) -> object:
    return set(envelope(fake.post("/jobs/find", {}))) - {"errno"}


def message_case(fake: Fake) -> object:
    body = envelope(fake.post("/jobs/find", {}))
    login = envelope(fake.post("/auth/login", {}))
    return login["errmsg"], body.get("error", body.get("errmsg"))


def wrong_credentials(fake: Fake) -> object:
    answers = [
        fake.post("/auth/login", {"username": name, "password": "wrong"}) for name in ("abc", "x")
    ]
    return {(errno(answer), text(answer)) for answer in answers}


def service_error_message(fake: Fake) -> object:
    caller = fake.login()
    marked = caller.post("/jobs/create", {"content": "a cat --fake service-error"})
    with patch.object(Store, "find", side_effect=RuntimeError):
        broken = caller.post("/jobs/find", {})
    with patch.object(Store, "submit", side_effect=RuntimeError):
        broken_submission = caller.post("/jobs/create", {"content": "a cat"})
    answers = (marked, broken_submission, broken)
    assert {errno(answer) for answer in answers} == {501}
    return [envelope(answer)["errmsg"] for answer in answers]


def submission_message(fake: Fake) -> object:
    caller = fake.login()
    create = caller.post("/jobs/create", {"content": "a cat"})
    blend = caller.post("/jobs/blend", {"content": LINKS})
    describe = caller.post("/jobs/describe", {"content": LINK})
    return {envelope(answer)["errmsg"] for answer in (create, blend, describe)}


def malformed_json(fake: Fake) -> object:
    headers = {"Authorization": f"Bearer {fake.login().token}"}
    answer = fake.send("POST", "/jobs/find", b"{", headers)
    return errno(answer), answer.status_code


def unknown_route(fake: Fake) -> object:
    answer = fake.post("/no/such/path", {})
    html = answer.headers["content-type"].startswith("text/html")
    return answer.status_code, "HTML" if html else errno(answer)


def bearer_prefix(fake: Fake) -> object:
    return errno(fake.send("POST", "/jobs/find", b"{}", {"Authorization": fake.login().token}))


def token_lifetime(fake: Fake) -> object:
    caller = fake.login()
    claims = jwt.decode(caller.token, options={"verify_signature": False})
    fake.wall = claims["exp"] * 1000 - 1
    assert errno(caller.post("/jobs/find", {})) == 0
    fake.wall += 1
    assert errno(caller.post("/jobs/find", {})) == 430
    return claims["exp"] - claims["iat"]


def sender_id_without_token(fake: Fake) -> object:
    caller = fake.login()
    record = caller.finished("/jobs/describe", content=LINK)
    for sender in (caller.data["id"], record["sender_id"]):
        answer = fake.post("/jobs/describe", {"content": LINK, "sender_id": sender})
        if errno(answer) != 0:
            return errno(answer)
        assert caller.record(succeeded(answer))["sender_id"] == record["sender_id"]
    assert errno(fake.post("/jobs/describe", {"content": LINK, "sender_id": "no one's"})) == 430
    return "acts for the account"


def unknown_parent(fake: Fake) -> object:
    caller = fake.login()
    vary = caller.post("/jobs/variation", {"parent_id": "none", "grid_num": 1})
    return {(errno(answer), text(answer)) for answer in (upscale(caller, {"hash": "none"}), vary)}


def unfinished_parent(fake: Fake) -> object:
    caller = fake.login()
    parent = caller.record(caller.create())
    answer = upscale(caller, parent)
    if errno(answer) == 0:
        fake.wall += 2000
        assert caller.record(parent["hash"])["status"] == 2000
        assert caller.record(succeeded(answer))["status"] != 2000
        fake.wall += 2000
        assert caller.record(succeeded(answer))["status"] == 2000
    return errno(answer)


def foreign_parent(fake: Fake) -> object:
    return errno(upscale(fake.login("other"), fake.login().picture()))


def find_scope(fake: Fake) -> object:
    hash = fake.login().create()
    found = fake.login("other").found()
    assert found["total"] == len(found["res"])
    return [record["hash"] == hash for record in found["res"]]


def find_hash_filter(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    hash = caller.find()[1]["hash"]
    return [record["hash"] == hash for record in caller.find(hash=hash)]


def find_order(fake: Fake) -> object:
    times = [int(record["timestamp"]) for record in past_jobs(fake, 3).find()]
    return "falls" if times == sorted(times, reverse=True) else ("rises", times == sorted(times))


def find_default_limit(fake: Fake) -> object:
    return len(past_jobs(fake, 30).find())


def find_max_limit(fake: Fake) -> object:
    return len(past_jobs(fake, 105).find(limit=10**6))


def find_bad_limit(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    seen = []
    for limit in (0, -1, "10", 2.5, None):
        body = envelope(caller.post("/jobs/find", {"limit": limit}))
        seen.append(len(body["data"]["res"]) if body["errno"] == 0 else body["errno"])
    return seen


def find_timestamp_unit(fake: Fake) -> object:
    (record,) = past_jobs(fake, 1).find()
    created = int(record["timestamp"])
    values = (created // 1000 + 1, created, created + 1)
    return [len(fake.login().find(timestamp_smaller_than=value)) for value in values]


def find_total_scope(fake: Fake) -> object:
    caller = past_jobs(fake, 3)
    newest = max(caller.find(), key=lambda record: int(record["timestamp"]))
    found = caller.found(timestamp_smaller_than=cursor(fake, newest))
    assert len(found["res"]) == 2
    few = caller.found(timestamp_smaller_than=cursor(fake, newest), limit=1)
    assert (len(few["res"]), few["total"]) == (1, found["total"])
    return found["total"]


def find_prompt_match(fake: Fake) -> object:
    caller = fake.login()
    caller.picture("Shanghai at  dawn\nin May")
    asked = ("HAI AT", "hai at", "MAY dawn", "Shanghai at  dawn\nin May", "daw")
    return [len(caller.find(prompt=prompt)) for prompt in asked]


def find_scalar_for_array(fake: Fake) -> object:
    caller = past_jobs(fake, 1)
    conditions: tuple[dict[str, str], ...] = (
        {"service": "main"},
        {"job_type": "main"},
        {"service": "niji"},
        {"folders": "some_folder_id"},
    )
    answers = [envelope(caller.post("/jobs/find", body)) for body in conditions]
    return [body["errno"] or body["data"]["total"] for body in answers]


def find_empty_array(fake: Fake) -> object:
    caller = past_jobs(fake, 1)
    return [caller.found(**{key: []})["total"] for key in ("service", "job_type", "folders")]


def pending_statuses(fake: Fake) -> object:
    caller = fake.login()
    hash = caller.create()
    queued = caller.record(hash)["status"]
    fake.wall += 1000
    running = caller.record(hash)["status"]
    fake.wall += 1000
    assert caller.record(hash)["status"] == 2000
    return queued, running, caller.picture("a cat --fake fail")["status"]


def progress_type(fake: Fake) -> object:
    caller = fake.login()
    hash = caller.create()
    fake.wall += 300 + 1700 * 3 // 7
    seen = caller.record(hash)["pct_prog"]
    fake.wall += 2000
    assert caller.record(hash)["pct_prog"] is None
    return seen


def preview_image(fake: Fake) -> object:
    caller = fake.login()
    hash = caller.create()
    assert caller.record(hash)["img_prog"] is None
    fake.wall += 1000
    preview = caller.record(hash)["img_prog"]
    if preview is not None:
        Image.open(BytesIO(fake.get(preview.removeprefix(ADDRESS)).content)).load()
    fake.wall += 1000
    assert caller.record(hash)["img_prog"] is None
    return preview is not None


def error_on_success(fake: Fake) -> object:
    return fake.login().picture("Shanghai at dawn")["error"]


def job_type_names(fake: Fake) -> object:
    caller = fake.login()
    main = caller.picture()
    cell = {"parent_id": main["job_id"], "grid_num": 1}
    records = [
        main,
        caller.finished("/jobs/variation", **cell),
        caller.finished("/jobs/upscale", parent_hash=main["hash"], grid_num=1),
        caller.finished("/jobs/blend", content=LINKS),
        caller.finished("/jobs/describe", content=LINK),
        caller.finished("/jobs/variation", **cell, content="new words"),
    ]
    names = [record["job_type"] for record in records]
    for name in names:
        found = caller.find(job_type=[name])
        assert sorted(record["hash"] for record in found) == sorted(
            record["hash"] for record in records if record["job_type"] == name
        )
    return names


def niji_selection(fake: Fake) -> object:
    caller = fake.login()
    services = [caller.picture(prompt)["service"] for prompt in ("a cat --niji", "a cat")]
    assert caller.found(service=["niji"])["total"] == services.count("niji")
    return services


def blend_result(fake: Fake) -> object:
    caller = fake.login()
    blend = caller.finished("/jobs/blend", content=LINKS)
    return blend["original_url"].endswith("_4.png"), errno(upscale(caller, blend))


def blend_bad_link(fake: Fake) -> object:
    caller = fake.login()
    seen: list[object] = []
    for content in ("two words", f"{LINK} {ADDRESS}/image/none.png"):
        answer = caller.post("/jobs/blend", {"content": content})
        fake.wall += 2000
        if errno(answer) == 0:
            record = caller.record(succeeded(answer))
            seen.append((record["img_buffer"], record["status"] == 2000))
        else:
            seen.append(errno(answer))
    return seen


def describe_result(fake: Fake) -> object:
    record = fake.login().finished("/jobs/describe", content=LINK)
    return [
        None if value is None else ("link" if value == LINK else len(value.split("\n\n")))
        for value in (record["msg_content"], record["description"])
    ]


def image_frame(fake: Fake) -> object:
    record = fake.login().picture()
    image = Image.open(BytesIO(fake.get(record["img_buffer"].removeprefix(ADDRESS)).content))
    assert image.size == (record["img_width"], record["img_height"])
    original = fake.get(record["original_url"].removeprefix(ADDRESS))
    assert Image.open(BytesIO(original.content)).size == (1024, 1024)
    return image.size


def image_md5(fake: Fake) -> object:
    caller = fake.login()
    seen = []
    for record in (caller.picture(), caller.finished("/jobs/describe", content=LINK)):
        digest = record["img_md5"]
        if digest is not None:
            data = fake.get(record["img_buffer"].removeprefix(ADDRESS)).content
            assert digest == hashlib.md5(data, usedforsecurity=False).hexdigest()
        seen.append(digest is not None)
    return seen


def child_grid_num(fake: Fake) -> object:
    caller = fake.login()
    parent = caller.picture()
    assert parent["grid_num"] is None
    child = caller.finished("/jobs/upscale", parent_hash=parent["hash"], grid_num=2)
    vary = caller.finished("/jobs/variation", parent_id=parent["job_id"], grid_num=3)
    return child["grid_num"], vary["grid_num"]


def repeat_upscale(fake: Fake) -> object:
    caller = fake.login()
    parent = caller.picture()
    first, again, other = (upscale(caller, parent, cell) for cell in (2, 2, 3))
    assert succeeded(first) != succeeded(other)
    return errno(again) or ("same" if succeeded(again) == succeeded(first) else "new")


def grid_num_string(fake: Fake) -> object:
    caller = fake.login()
    parent = caller.picture()
    assert [refused(upscale(caller, parent, cell)) for cell in ("0", "5", "x", "²")] == [301] * 4
    vary = {"parent_id": parent["job_id"], "grid_num": "3"}
    return errno(upscale(caller, parent, "2")), errno(caller.post("/jobs/variation", vary))


def concurrency_limit(fake: Fake) -> object:
    caller = fake.login()
    seen = [errno(caller.post("/jobs/create", {"content": "a cat"})) for _ in range(5)]
    assert errno(fake.login("other").post("/jobs/create", {"content": "a cat"})) == 0
    fake.wall += 2000
    assert errno(caller.post("/jobs/create", {"content": "a cat"})) == 0
    return seen


def unknown_field(fake: Fake) -> object:
    caller = fake.login()
    credentials = {"username": "abc", "password": "abc-secret"}
    return [
        errno(fake.post("/auth/login", {**credentials, "remember": True})),
        errno(caller.post("/jobs/find", {"no_such_field": 1})),
        errno(caller.post("/jobs/create", {"content": "a cat", "no_such_field": None})),
    ]


#: Of each question: how it is observed, and what is seen under each variant.
SEEN: dict[str, tuple[Callable[[Fake], object], dict[str, object]]] = {
    "success-http-status": (success_http_status, {"200": {200}, "201": {201}}),
    "error-http-status": (
        error_http_status,
        {
            "always-200": [200] * 6,
            "always-400": [400] * 6,
            "by-errno": [400, 403, 404, 409, 401, 500],
        },
    ),
    "unauthenticated-key": (
        unauthenticated_key,
        {"error": {"error"}, "errmsg": {"errmsg"}, "both": {"error", "errmsg"}},
    ),
    "message-case": (
        message_case,
        {
            "as-shown": ("missing username or password", "invalid login"),
            "upper-table": ("MISSING PARAMETER", "INVALID_LOGIN"),
        },
    ),
    "wrong-credentials": (
        wrong_credentials,
        {
            "430": {(430, "INVALID LOGIN")},
            "301": {(301, "INVALID PARAMETER")},
            "420": {(420, "USER NOT FOUND")},
            "410": {(410, "NOT FOUND")},
        },
    ),
    "service-error-message": (
        service_error_message,
        {
            "by-operation": ["SERVICE_ERROR", "SERVICE_ERROR", "GENERAL_ERROR"],
            "service-error": ["SERVICE_ERROR"] * 3,
            "general-error": ["GENERAL_ERROR"] * 3,
        },
    ),
    "submission-message": (submission_message, {"ok": {"OK"}, "success": {"SUCCESS"}}),
    "malformed-json": (malformed_json, {"errno-301": (301, 200), "http-400": (301, 400)}),
    "unknown-route": (unknown_route, {"http-404-410": (404, 410), "http-404-html": (404, "HTML")}),
    "bearer-prefix": (bearer_prefix, {"required": 430, "optional": 0}),
    "token-lifetime": (token_lifetime, {"24h": 86_400, "<duration>": 5400}),
    "sender-id-without-token": (
        sender_id_without_token,
        {"430": 430, "identity": "acts for the account"},
    ),
    "unknown-parent": (
        unknown_parent,
        {"420": {(420, "PARENT NOT FOUND")}, "410": {(410, "NOT FOUND")}},
    ),
    "unfinished-parent": (unfinished_parent, {"301": 301, "420": 420, "421": 421, "queued": 0}),
    "foreign-parent": (foreign_parent, {"420": 420, "410": 410, "430": 430, "allowed": 0}),
    "find-scope": (find_scope, {"own": [], "all": [True]}),
    "find-hash-filter": (
        find_hash_filter,
        {"ignored": [False, True, False], "honoured": [True]},
    ),
    "find-order": (find_order, {"newest-first": "falls", "oldest-first": ("rises", True)}),
    "find-default-limit": (find_default_limit, {"10": 10, "<n>": 25, "none": 30}),
    "find-max-limit": (find_max_limit, {"100": 100, "<n>": 50, "none": 105}),
    "find-bad-limit": (
        find_bad_limit,
        {"301": [301] * 5, "clamped": [1, 1, 3, 3, 3], "ignored": [3] * 5},
    ),
    "find-timestamp-unit": (find_timestamp_unit, {"ms": [0, 0, 1], "s": [1, 1, 1]}),
    "find-total-scope": (
        find_total_scope,
        {"filters-with-cursor": 2, "filters-without-cursor": 3},
    ),
    "find-prompt-match": (
        find_prompt_match,
        {
            "substring-any-case": [1, 1, 0, 1, 1],
            "substring": [0, 1, 0, 1, 1],
            "exact": [0, 0, 0, 1, 0],
            "words": [0, 0, 1, 1, 0],
        },
    ),
    "find-scalar-for-array": (
        find_scalar_for_array,
        {"301": [301] * 4, "accepted": [1, 1, 0, 0]},
    ),
    "find-empty-array": (find_empty_array, {"no-restriction": [1] * 3, "nothing": [0] * 3}),
    "pending-statuses": (
        pending_statuses,
        {
            "0-1000-4000": (0, 1000, 4000),
            "<queued>-<running>-<failed>": (1, 2, 3),
            "null": (None, None, None),
        },
    ),
    "progress-type": (
        progress_type,
        {"int": 46, "number-string": "46", "percent-string": "46%", "null": None},
    ),
    "preview-image": (preview_image, {"url": True, "null": False}),
    "error-on-success": (error_on_success, {"altered-prompt": "altered prompt", "null": None}),
    "job-type-names": (
        job_type_names,
        {
            "remix-is-variation": [
                *("main", "variation", "upscale", "blend", "describe", "variation"),
            ],
            "remix-is-remix": ["main", "variation", "upscale", "blend", "describe", "remix"],
            "<main>,<variation>,<upscale>,<blend>,<describe>,<remix>": [
                *("main", "vary", "upscale", "mix", "describe", "edit"),
            ],
        },
    ),
    "niji-selection": (niji_selection, {"flag": ["niji", "main"], "never": ["main", "main"]}),
    "blend-result": (blend_result, {"grid": (True, 0), "single": (False, 421)}),
    "blend-bad-link": (blend_bad_link, {"job-fails": [(None, False)] * 2, "301": [301] * 2}),
    "describe-result": (
        describe_result,
        {
            "description-four": ["link", 4],
            "description-one": ["link", 1],
            "msg-content": [4, None],
        },
    ),
    "image-frame": (image_frame, {"framed": (1088, 1152), "raw": (1024, 1024)}),
    "image-md5": (image_md5, {"null": [False, False], "hex": [True, False]}),
    "child-grid-num": (child_grid_num, {"set": (2, 3), "null": (None, None)}),
    "repeat-upscale": (repeat_upscale, {"new-job": "new", "same-hash": "same", "refused": 301}),
    "grid-num-string": (grid_num_string, {"301": (301, 301), "coerced": (0, 0)}),
    "concurrency-limit": (
        concurrency_limit,
        {"queued-silently": [0] * 5, "refused": [0, 0, 0, 501, 501]},
    ),
    "unknown-field": (unknown_field, {"ignored": [0] * 3, "301": [301] * 3}),
}


QUESTIONS = spec.read("questions.yaml")["questions"]
VARIANTS = [(entry["id"], variant) for entry in QUESTIONS for variant in entry["variants"]]
MIXED: dict[str, str] = spec.read("profiles/mixed.yaml")["answers"]


@pytest.mark.parametrize(
    ("question", "variant"), VARIANTS, ids=[f"{question}={v['id']}" for question, v in VARIANTS]
)
def test_a_variant_is_honoured(make_fake: MakeFake, question: str, variant: dict[str, str]) -> None:
    assert question in SEEN, f"no test observes {question}"
    observe, seen = SEEN[question]
    assert variant["id"] in seen, f"no test knows how {question} looks as {variant['id']}"
    fake = make_fake({question: variant.get("example", variant["id"])}, accounts=ACCOUNTS)
    assert observe(fake) == seen[variant["id"]]


@pytest.mark.parametrize("entry", QUESTIONS, ids=[entry["id"] for entry in QUESTIONS])
def test_the_default_is_what_a_fake_does_unasked(
    make_fake: MakeFake, entry: dict[str, Any]
) -> None:
    observe, seen = SEEN[entry["id"]]
    assert observe(make_fake(accounts=ACCOUNTS)) == seen[entry["default"]]


@pytest.mark.parametrize("question", SEEN)
def test_mixed_is_honoured_whole(make_fake: MakeFake, question: str) -> None:
    observe, seen = SEEN[question]
    (entry,) = (entry for entry in QUESTIONS if entry["id"] == question)
    answer = MIXED[question]
    (name,) = (v["id"] for v in entry["variants"] if answer in (v["id"], v.get("example")))
    assert observe(make_fake(profile="mixed", accounts=ACCOUNTS)) == seen[name]


def test_no_two_variants_look_alike() -> None:
    for question, (_, seen) in SEEN.items():
        looks = [repr(look) for look in seen.values()]
        assert len(set(looks)) == len(looks), question
    assert set(SEEN) == {entry["id"] for entry in QUESTIONS}


def test_a_status_that_was_not_observed_is_the_defaults(make_fake: MakeFake) -> None:
    assert pending_statuses(make_fake({"pending-statuses": "?-7-?"})) == (0, 7, 4000)


def test_seconds_page_back_too(make_fake: MakeFake) -> None:
    caller = past_jobs(make_fake({"find-timestamp-unit": "s"}), 12)
    seen: list[str] = []
    asked: dict[str, int] = {"limit": 5}
    while page := caller.find(**asked):
        seen += [record["hash"] for record in page]
        asked["timestamp_smaller_than"] = cursor(caller.fake, page[-1])
    assert len(seen) == len(set(seen)) == 12
