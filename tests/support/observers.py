"""How each open question is observed, through the API alone: one function a question.

What they answer is compared with the table in ``test_questions.py``; they hold under any profile.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any
from unittest.mock import patch

import httpx
import jwt
from PIL import Image

from sampan.fake_server.settings import NewAccount
from tests.support.fakes import ADDRESS, Caller, Fake, envelope, refused, succeeded

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
    store = type(fake.app.service.store)
    with patch.object(store, "find", side_effect=RuntimeError):
        broken = caller.post("/jobs/find", {})
    with patch.object(store, "submit", side_effect=RuntimeError):
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


def other_content_type(fake: Fake) -> object:
    """Under text/plain as without a label; of a find, whether its limit is read."""
    past_jobs(fake, 2)
    seen = set()
    for label in ({"Content-Type": "text/plain"}, {}):
        body = b'{"username": "abc", "password": "abc-secret"}'
        login = fake.send("POST", "/auth/login", body, label)
        headers = {"Authorization": f"Bearer {fake.login().token}", **label}
        find = fake.send("POST", "/jobs/find", b'{"limit": 1}', headers)
        data = envelope(find).get("data")
        seen.add((errno(login), find.status_code, len(data["res"]) if data else errno(find)))
    return seen


def unknown_route(fake: Fake) -> object:
    answer = fake.post("/no/such/path", {})
    html = answer.headers["content-type"].startswith("text/html")
    return answer.status_code, "HTML" if html else errno(answer)


def bearer_prefix(fake: Fake) -> object:
    headers = {"Authorization": fake.login().token, "Content-Type": "application/json"}
    return errno(fake.send("POST", "/jobs/find", b"{}", headers))


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


def second_login(fake: Fake) -> object:
    first = fake.login()
    fake.wall += 1
    second = fake.login()
    fake.wall += 1
    return [errno(caller.post("/jobs/find", {})) for caller in (first, second)]


def other_method(fake: Fake) -> object:
    seen = set()
    for path in ("/auth/login", "/jobs/create", "/jobs/find", "/jobs/upscale"):
        response = fake.get(path)
        html = response.headers["content-type"].startswith("text/html")
        seen.add((response.status_code, "HTML" if html else errno(response)))
    return seen


def check_order(fake: Fake) -> object:
    limited, caller = fake.login("limited"), fake.login()
    nobody = {"parent_hash": "nobody", "grid_num": 1}
    answers = [
        errno(limited.post("/jobs/create", {})),
        errno(limited.post("/jobs/upscale", nobody)),
        errno(caller.post("/jobs/upscale", {**nobody, "grid_num": 9})),
        errno(limited.post("/jobs/create", {"content": "a cat"})),
    ]
    return [420 if answer == 410 else answer for answer in answers]


def child_parent(fake: Fake) -> object:
    caller = fake.login()
    parent = caller.picture()
    children = (
        caller.finished("/jobs/upscale", parent_hash=parent["hash"], grid_num=1),
        caller.finished("/jobs/variation", parent_id=parent["job_id"], grid_num=1),
    )
    return {
        (one["parent_id"] == parent["job_id"], one["parent_hash"] == parent["hash"])
        for one in children
    }


def upscale_variation(fake: Fake) -> object:
    caller = fake.login()
    single = caller.finished("/jobs/upscale", parent_hash=caller.picture()["hash"], grid_num=2)
    varied = errno(caller.post("/jobs/variation", {"parent_id": single["job_id"], "grid_num": 1}))
    return varied, errno(upscale(caller, single))


def aspect_flag(fake: Fake) -> object:
    record = fake.login().picture("a cat --ar 3:2")
    return record["img_width"] > record["img_height"]
