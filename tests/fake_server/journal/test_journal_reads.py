"""Looking at the journal again and again: as cheap as it should be, and never a secret more."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan import FakeServer
from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal import redaction
from sampan.fake_server.journal.journal import Journal, RequestMatch
from sampan.fake_server.journal.redaction import MARK, Secrets
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake

ANSWER = Response(200, b'{"errno":0}')
MEANT = Response(200, b'{"errno":7}')


@cache
def _one() -> Exchange:
    fake = Fake()
    fake.get("/x")
    (exchange,) = fake.app.service.journal.find(RequestMatch())
    fake.close()
    return exchange


def exchange(body: str = "", account: int | None = None) -> Exchange:
    """A request for a journal of its own."""
    made = copy.copy(_one())
    made.body, made.account, made.found = body.encode(), account, True
    return made


def seen(journal: Journal, names: Mapping[int, str] = {}) -> list[dict[str, Any]]:
    """All that the journal shows, but for how long it took."""
    shown = list(journal.show(journal.find(RequestMatch()), names.get))
    return [
        {key: value for key, value in each.items() if key != "took_ms"}
        for each in orjson.loads(orjson.dumps(shown))
    ]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bodies that were rendered, from now on."""
    texts: list[str] = []
    redact_body = redaction.redact_body

    def noted(text: str, secrets: Sequence[str]) -> Any:
        texts.append(text)
        return redact_body(text, secrets)

    monkeypatch.setattr(redaction, "redact_body", noted)
    return texts


# What it costs


def test_what_was_shown_is_not_rendered_again(
    control: Control, abc: Caller, rendered: list[str]
) -> None:
    abc.create("a cat")
    first = control.get("requests")
    assert len(rendered) == 4
    assert control.get("requests") == first
    assert len(rendered) == 4
    abc.find()
    assert control.get("requests")["requests"][:2] == first["requests"]
    assert len(rendered) == 6


def test_a_new_secret_is_left_out_and_renders_everything_once_more(
    control: Control, abc: Caller, rendered: list[str]
) -> None:
    for animal in ("a cat", "a heron", "a dog"):
        abc.create(animal)
    control.get("requests")
    del rendered[:]
    control.post("accounts", username="t1", password="a heron")
    assert control.requests()[2]["request_body"] == {"content": MARK}
    assert len(rendered) == 8
    control.post("accounts", username="t2", password="a heron")  # which is known already
    control.get("requests")
    assert len(rendered) == 8


def test_a_wait_looks_at_each_request_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    admits = RequestMatch.admits
    asked = [exchange() for _ in range(150)]

    def counted(match: RequestMatch, each: Exchange) -> bool:
        looks.append(each.number)
        return admits(match, each)

    async def wait() -> list[Exchange]:
        journal = Journal((), Secrets())
        for each in asked[:100]:
            journal.record(each, ANSWER)
        monkeypatch.setattr(RequestMatch, "admits", counted)
        waiting = asyncio.create_task(journal.wait(RequestMatch(errno=7), 2, 60))
        for number, each in enumerate(asked[100:], 101):
            journal.record(each, MEANT if number in (104, 150) else ANSWER)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return await waiting

    assert [each.number for each in asyncio.run(wait())] == [104, 150]
    # Each once while it waits, and all once more to answer.
    assert len(looks) == 300


def test_no_more_is_kept_rendered_than_is_in_the_journal() -> None:
    journal = Journal((), Secrets(), 20_000)
    for _ in range(50):
        journal.record(exchange(), ANSWER)
        seen(journal)
    assert 0 < len(journal.renderer) == len(seen(journal)) < 20
    journal.clear()
    assert len(journal.renderer) == 0


# What it shows


def test_a_secret_learnt_later_is_left_out_of_what_was_shown_before(
    control: Control, abc: Caller
) -> None:
    texts = ["five-herons", 'five-herons "quoted"', "six herons"]
    for text in texts:
        abc.create(text)
    before = [each["request_body"]["content"] for each in control.requests(operation="createJob")]
    assert before == texts
    control.fake.post("/auth/login", {"username": "abc", "password": "five-herons"})
    after = [each["request_body"]["content"] for each in control.requests(operation="createJob")]
    assert after == [MARK, f'{MARK} "quoted"', "six herons"]


@pytest.mark.parametrize(("count", "shown"), [(15, " ".join([MARK] * 15)), (50, None)])
def test_many_secrets_learnt_later_are_left_out(
    control: Control, abc: Caller, count: int, shown: str | None
) -> None:
    """Of a text that holds more than anybody's does nothing is shown."""
    names = [f"heron-{number:03d}" for number in range(count)]
    abc.create(" ".join(names))
    control.requests()
    for name in names:
        control.post("accounts", username=name, password=name)
    (request,) = control.requests(operation="createJob")
    assert request["request_body"] == (MARK if shown is None else {"content": shown})


def test_a_secret_is_learnt_from_what_came_after_a_look(control: Control, abc: Caller) -> None:
    abc.create("seven-herons")
    control.requests()
    control.fake.post("/auth/login", {"username": "nobody", "password": "seven-herons"})
    assert "seven-herons" not in json.dumps(control.requests())


def test_who_is_looked_at_while_it_waits_is_shown_with_its_answer_later() -> None:
    with FakeServer() as server:
        account = server.account()
        server.admin.freeze()
        account.admin.fault("DELAY", delay=5, operation="findJobs")
        asking = threading.Thread(target=account.find)
        asking.start()
        (waiting,) = account.admin.wait_for(operation="findJobs", timeout=30)
        server.admin.advance(5)
        asking.join()
        (over,) = account.admin.requests(operation="findJobs")
    assert (waiting["status"], over["status"]) == (None, 200)


def test_an_account_that_is_gone_has_no_name_any_more() -> None:
    journal = Journal((), Secrets())
    journal.record(exchange(account=1), ANSWER)
    assert [seen(journal, names)[0]["account"] for names in ({1: "abc"}, {})] == ["abc", None]


#: They overlap, and one is a part of another.
SECRETS = st.sampled_from(["abcabc", "bcabca", 'abcabc"é', '"é"é"é', "éabcab"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.lists(SECRETS, max_size=3).map(" ".join)),
        st.tuples(st.just("learn"), SECRETS),
        st.tuples(st.just("look"), st.just("")),
    ),
    max_size=40,
)


@given(STEPS, st.integers(2_000, 40_000))
def test_having_looked_changes_nothing_of_what_is_shown(
    steps: list[tuple[str, str]], limit: int
) -> None:
    kept = [(Journal((), secrets, limit), secrets) for secrets in (Secrets(), Secrets())]
    (often, _), (once, _) = kept
    for what, text in steps:
        for journal, secrets in kept:
            if what == "learn":
                secrets.remember(text)
            elif what == "ask":
                journal.record(exchange(json.dumps({"content": text})), ANSWER)
        if what == "look":
            seen(often)
    assert seen(often) == seen(once)


def test_others_are_served_while_a_full_journal_is_read(fake: Fake) -> None:
    body = json.dumps({f"k{number}": 1 for number in range(5_000)}).encode()
    for _ in range(40):
        fake.send("POST", "/jobs/create", body)

    async def rounds() -> int:
        call = httpx.AsyncClient(
            transport=httpx.ASGITransport(fake.app), base_url="http://fake.test"
        )
        async with call:
            reading = asyncio.ensure_future(call.get("/__admin/requests"))
            count = 0
            while not reading.done():
                await asyncio.sleep(0)
                count += 1
        assert len(reading.result().json()["requests"]) == 40
        return count

    assert asyncio.run(rounds()) > 40
