"""An account's handle: the seven operations, and waiting, over both transports."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from sampan import Account, Admin, FakeServer
from sampan.fake_server.client.errors import JobFailed, NotInTime, PictureRefused, Refused
from sampan.fake_server.http.responses import Response

pytest_plugins = ["tests.support.handles"]


def test_login_answers_with_the_twelve_keys(account: Account) -> None:
    data = account.login()
    assert len(data) == 12
    assert data["username"] == account.username
    assert account.token == data["token"]


def test_a_token_is_fetched_when_it_is_needed(account: Account) -> None:
    assert account.admin.count() == 0
    account.find()
    account.find()
    assert account.admin.count(operation="login") == 1


def test_the_whole_flow(account: Account) -> None:
    parent = account.wait_finished(account.create("a cat in the rain"))
    assert parent["msg_display"] == "a cat in the rain"
    grid = Image.open(BytesIO(account.download(parent["img_buffer"])))
    upscale = account.wait_finished(account.upscale(parent["hash"], 4))
    single = Image.open(BytesIO(account.download(upscale["img_buffer"])))
    assert single.width > grid.width
    variation = account.wait_finished(account.vary(parent["job_id"], 1))
    assert variation["parent_hash"] == parent["hash"]
    remix = account.wait_finished(account.vary(parent["job_id"], 1, "a dog"))
    assert remix["msg_display"] == "a dog"
    links = [record["original_url"] for record in (parent, variation)]
    assert account.wait_finished(account.blend(*links))["img_buffer"]
    assert account.wait_finished(account.describe(links[0]))["description"].startswith("1")
    assert account.find().total == 6
    assert [r["job_type"] for r in account.find(job_type=["upscale"]).res] == ["upscale"]


def test_waiting_by_polling(account: Account) -> None:
    hash = account.create("a cat")
    with pytest.raises(NotInTime, match="did not finish in time: status 0"):
        account.wait_finished(hash, by="polling", timeout=0)
    account.admin.auto()
    record = account.wait_finished(hash, by="polling", interval=0)
    assert record["status"] == 2000


def test_waiting_by_the_clock_takes_no_time(account: Account) -> None:
    account.admin.freeze()
    before = account.admin.clock()["now_ms"]
    account.wait_finished(account.create("a cat"))
    assert account.admin.clock()["now_ms"] - before == 60_000
    account.wait_finished(account.find().res[0]["hash"])  # has finished: time stands
    assert account.admin.clock()["now_ms"] - before == 60_000


def test_a_failed_job_is_an_error_with_its_record(account: Account) -> None:
    with pytest.raises(JobFailed, match="failed: banned prompt") as caught:
        account.wait_finished(account.create("a cat --fake banned"))
    assert caught.value.record["msg_display"] == "a cat --fake banned"


def test_a_job_that_never_ends_is_not_waited_for(account: Account) -> None:
    hash = account.create("a cat --fake stuck=46")
    with pytest.raises(NotInTime, match=r"never ends"):
        account.wait_finished(hash)


def test_a_record_is_found_behind_other_pages(account: Account) -> None:
    account.admin.answer(find_max_limit="2")
    account.admin.freeze()
    hashes = []
    for _ in range(5):
        hashes.append(account.create("a cat"))
        account.admin.advance(0.001)
    for hash in hashes:
        record = account.record(hash)
        assert record is not None
        assert record["hash"] == hash
    assert account.record("no such hash") is None


def test_a_record_is_found_where_the_oldest_come_first(account: Account) -> None:
    account.admin.answer(find_order="oldest-first", find_max_limit="none")
    hashes = [account.create("a cat") for _ in range(103)]
    for hash in (hashes[0], hashes[99], hashes[-1]):
        record = account.record(hash)
        assert record is not None
        assert record["hash"] == hash
    assert account.record("no such hash") is None


@pytest.mark.parametrize("timestamps", [["7"], ["7", "7"], ["7", "9"]])
def test_a_server_that_ignores_the_cursor_is_not_asked_for_ever(timestamps: list[str]) -> None:
    asked = 0

    async def server(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        found = {"res": [{"hash": "a", "timestamp": each} for each in timestamps], "total": 1000}
        data = {"token": "x"} if scope["path"] == "/auth/login" else found
        envelope = {"errno": 0 if asked < 20 else 501, "errmsg": "OK", "data": data}
        await Response(200, json.dumps(envelope).encode())(scope, receive, send)

    with Account(server, "abc", "abc-secret") as account:
        assert account.record("b") is None
    assert asked == 3  # the login, a page, and the same again


def test_a_refusal_says_what_the_fake_says(account: Account) -> None:
    with pytest.raises(Refused, match=r"errno 301 MISSING PARAMETER \(.*content") as caught:
        account.call("/jobs/create", {})
    assert (caught.value.errno, caught.value.status) == (301, 200)
    wrong = Account(account._transport, account.username, "wrong")
    with pytest.raises(Refused) as caught:
        wrong.login()
    assert (caught.value.errno, caught.value.message) == (430, "invalid login")


def test_an_account_without_a_plan(admin: Admin) -> None:
    with pytest.raises(Refused, match="errno 411"):
        admin.account("poor", plan="none").create("a cat")
    admin.change_account("poor", plan="unlimited")
    assert admin.of("poor").jobs() == []
    admin.delete_account("poor")


def test_a_picture_that_is_withheld(account: Account) -> None:
    record = account.wait_finished(account.create("a cat --fake image-denied"))
    with pytest.raises(PictureRefused, match="HTTP 403") as caught:
        account.download(record["img_buffer"])
    assert caught.value.link == record["img_buffer"]


def test_a_picture_is_fetched_without_the_token(account: Account) -> None:
    record = account.wait_finished(account.create("a cat"))
    account.download(record["img_buffer"])
    (asked,) = [r for r in account.admin.requests() if r["path"].startswith("/image/")]
    assert "authorization" not in asked["request_headers"]
    assert "token-astray" not in {finding["rule"] for finding in account.admin.lint()}


@pytest.mark.parametrize(
    "link", ["https://a.example/b.png", "a.png", ""], ids=["https", "path", "empty"]
)
def test_what_can_not_be_fetched_is_named(account: Account, link: str) -> None:
    with pytest.raises(ValueError, match="link") as caught:
        account.download(link)
    assert repr(link) in str(caught.value)


def test_a_picture_on_another_host(server: FakeServer) -> None:
    with (
        FakeServer(job_seconds=0) as other,
        FakeServer(external_url=other.url, job_seconds=0) as here,
    ):
        theirs = other.account("t")
        link = theirs.wait_finished(theirs.create("a cat"))["img_buffer"]
        assert here.account("t").download(link).startswith(b"\x89PNG")


def test_an_account_is_found_by_address_and_password_alone(server: FakeServer) -> None:
    with Account(server.url + "/", "abc", "abc-secret") as plain:
        assert plain.url == server.url
        hash = plain.create("a cat")
        record = plain.record(hash)
        assert record is not None
        with pytest.raises(RuntimeError, match="no control API"):
            _ = plain.admin
        with pytest.raises(NotInTime):
            plain.wait_finished(hash, timeout=0)
    assert repr(plain) == f"Account('abc' at {server.url})"


def test_no_secret_is_in_what_is_printed(account: Account) -> None:
    account.login()
    for printed in (repr(account), repr(account.admin)):
        assert account.password not in printed
        assert account.token not in printed
