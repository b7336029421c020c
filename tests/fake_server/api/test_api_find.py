"""Job Find: seven conditions, each optional, together and apart (page, Job Find)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.fakes import Caller, Fake, MakeFake, envelope, refused, succeeded

Record = dict[str, Any]


def mark(fake: Fake, hash: str, favourite: bool, *folders: str) -> None:
    """Make a job a favourite or lay it in folders; no operation of the API does."""
    facts = fake.app.service.store.by_hash(hash)
    assert facts is not None
    fake.app.service.store.put([facts._replace(favourite=favourite, folders=folders)])


@pytest.fixture(scope="module")
def history() -> Iterator[Caller]:
    """Eighteen finished jobs of many kinds, ten seconds apart; they are only looked at."""
    fake = Fake(job_ms=1000)
    abc = fake.login()
    words = ("Sampan at dawn", "sampan at DUSK", "a heron", "黎明的小船", "a  heron  twice")
    for number, prompt in enumerate(words * 2):
        record = abc.picture(prompt + (" --niji" if number % 3 == 0 else ""))
        mark(fake, record["hash"], number % 2 == 0, *("odd", "all")[number % 2 == 0 :])
        fake.wall += 9000
    parent = abc.find(limit=1)[0]
    for cell in (1, 2, 3, 4):
        child = {"parent_hash": parent["hash"], "grid_num": cell}
        mark(fake, abc.finished("/jobs/upscale", **child)["hash"], cell == 4, "all")
        fake.wall += 9000
    for content in (None, "rewritten"):
        body = {"parent_id": parent["job_id"], "grid_num": 1}
        abc.finished("/jobs/variation", **body, **({"content": content} if content else {}))
        fake.wall += 9000
    link = parent["original_url"]
    abc.finished("/jobs/describe", content=link)
    fake.wall += 9000
    abc.finished("/jobs/blend", content=f"{link} {link}")
    yield abc
    fake.close()


def test_nothing_is_asked_and_everything_is_found(abc: Caller) -> None:
    body = envelope(abc.post("/jobs/find", {}))
    assert list(body) == ["errno", "errmsg", "data"]
    assert body["errmsg"] == "SUCCESS"
    assert body["data"] == {"res": [], "total": 0}
    hash = abc.create()
    assert [record["hash"] for record in abc.find()] == [hash]


#: A condition, and what it means of a record.
CONDITIONS: list[tuple[str, Any, Callable[[Record, Any], bool]]] = [
    ("service", ["main"], lambda record, value: record["service"] in value),
    ("service", ["niji"], lambda record, value: record["service"] in value),
    ("service", ["niji", "main"], lambda record, value: record["service"] in value),
    ("job_type", ["main"], lambda record, value: record["job_type"] in value),
    ("job_type", ["upscale"], lambda record, value: record["job_type"] in value),
    ("job_type", ["variation"], lambda record, value: record["job_type"] in value),
    ("job_type", ["blend", "describe"], lambda record, value: record["job_type"] in value),
    ("job_type", ["nothing"], lambda record, value: record["job_type"] in value),
    ("prompt", "sampan", lambda record, value: value in record["msg_display"].casefold()),
    (
        "prompt",
        "AMPAN AT",
        lambda record, value: value.casefold() in record["msg_display"].casefold(),
    ),
    ("prompt", "小船", lambda record, value: value in record["msg_display"]),
    ("prompt", "", lambda record, value: True),
    ("prompt", "100%_", lambda record, value: value in record["msg_display"]),
    ("folders", ["odd"], lambda record, value: bool(set(value) & set(record["folders"]))),
    ("folders", ["all", "odd"], lambda record, value: bool(set(value) & set(record["folders"]))),
    ("folders", ["some_folder_id"], lambda record, value: False),
    ("favourite", True, lambda record, value: record["is_favourite"]),
    ("favourite", False, lambda record, value: not record["is_favourite"]),
    (
        "timestamp_smaller_than",
        1712040600000,
        lambda record, value: int(record["timestamp"]) < value,
    ),
    ("timestamp_smaller_than", 0, lambda record, value: int(record["timestamp"]) < value),
    ("timestamp_smaller_than", 12353533231, lambda record, value: int(record["timestamp"]) < value),
]


@pytest.mark.parametrize(("key", "value", "holds"), CONDITIONS)
def test_a_condition_restricts_to_what_it_says(
    history: Caller, key: str, value: Any, holds: Callable[[Record, Any], bool]
) -> None:
    everything = history.find(limit=100)
    assert len(everything) == 18
    found = history.found(**{"limit": 100, key: value})
    assert found["res"] == [record for record in everything if holds(record, value)]
    assert found["total"] == len(found["res"])


def test_conditions_combine(history: Caller) -> None:
    everything = history.find(limit=100)

    @given(st.lists(st.sampled_from(CONDITIONS), max_size=7, unique_by=lambda c: c[0]))
    @settings(max_examples=examples(60), deadline=None)
    def law(chosen: list[tuple[str, Any, Callable[[Record, Any], bool]]]) -> None:
        asked = {key: value for key, value, _ in chosen}
        expected = [r for r in everything if all(holds(r, value) for _, value, holds in chosen)]
        found = history.found(**asked, limit=100)
        assert found == {"res": expected, "total": len(expected)}
        few = history.found(**asked, limit=2)
        assert few == {"res": expected[:2], "total": len(expected)}

    law()


def test_all_seven_at_once_as_the_page_writes_them(history: Caller) -> None:
    target = history.find(job_type=["upscale"], favourite=True)[0]
    asked = {
        "limit": 10,
        "timestamp_smaller_than": int(target["timestamp"]) + 1,
        "service": ["niji", "main"],
        "job_type": ["upscale"],
        "prompt": "HERON",
        "folders": ["all"],
        "favourite": True,
    }
    assert history.found(**asked) == {"res": [target], "total": 1}
    assert history.found(**{**asked, "timestamp_smaller_than": int(target["timestamp"])}) == {
        "res": [],
        "total": 0,
    }


def test_newest_come_first_ten_of_them(history: Caller) -> None:
    found = history.found()
    times = [int(record["timestamp"]) for record in found["res"]]
    assert times == sorted(times, reverse=True)
    assert (len(times), found["total"]) == (10, 18)


@pytest.mark.parametrize("limit", [1, 2, 17, 18, 19, 100, 2**53 - 1, 5.0])
def test_no_more_than_limit_come(history: Caller, limit: int) -> None:
    found = history.found(limit=limit)
    assert len(found["res"]) == min(limit, 18)
    assert found["total"] == 18


def test_a_hundred_is_the_most(make_fake: MakeFake) -> None:
    abc = make_fake(job_ms=0).login()
    for _ in range(101):
        abc.create()
    found = abc.found(limit=1000)
    assert (len(found["res"]), found["total"]) == (100, 101)


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_paging_back_reaches_every_record_once(make_fake: MakeFake, limit: int) -> None:
    abc = make_fake(job_ms=0).login()  # the clock stands: all were created at once
    hashes = [abc.create() for _ in range(20)]
    assert [record["hash"] for record in page_through(abc, limit)] == hashes[::-1]


def page_through(caller: Caller, limit: int) -> list[Record]:
    """All records, by the cursor alone."""
    records: list[Record] = []
    asked: dict[str, Any] = {"limit": limit}
    while page := caller.find(**asked):
        records += page
        asked["timestamp_smaller_than"] = int(page[-1]["timestamp"])
    return records


def test_a_job_at_the_same_time_is_later_even_if_the_clock_goes_back(fake: Fake) -> None:
    abc = fake.login()
    start = fake.wall
    for moment in (0, 0, 5, 0, 3, 3, 4):
        fake.wall = start + moment
        abc.create()
    fake.wall = start + 10
    times = sorted(int(record["timestamp"]) - start for record in abc.find())
    assert len(set(times)) == 7
    assert times[:2] == [0, 1]
    assert times[2] == 5


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": "10"},
        {"limit": 1.5},
        {"limit": None},
        {"limit": True},
        {"limit": [10]},
        {"limit": 2**53},
        {"timestamp_smaller_than": "1712040515164"},
        {"timestamp_smaller_than": None},
        {"timestamp_smaller_than": 1.5},
        {"timestamp_smaller_than": 2**80},
        {"timestamp_smaller_than": False},
        {"service": "main"},
        {"service": ["midjourney"]},
        {"service": [1]},
        {"service": {"0": "main"}},
        {"service": None},
        {"job_type": "upscale"},
        {"job_type": [None]},
        {"prompt": 5},
        {"prompt": ["a cat"]},
        {"prompt": None},
        {"folders": "some_folder_id"},
        {"folders": [[]]},
        {"favourite": "true"},
        {"favourite": 1},
        {"favourite": None},
    ],
)
def test_a_condition_of_another_type_is_a_wrong_parameter(abc: Caller, body: Record) -> None:
    answer = abc.post("/jobs/find", body)
    assert refused(answer) == 301
    assert answer.json()["errmsg"] == "INVALID PARAMETER"
    assert next(iter(body)) in answer.headers["x-fake-reason"]


def test_conditions_may_be_long(abc: Caller) -> None:
    mark(abc.fake, abc.create("every word counts"), True, "last")
    many = [f"folder {number}" for number in range(40_000)]
    assert len(abc.find(folders=[*many, "last"])) == 1
    assert abc.find(folders=many) == []
    assert len(abc.find(service=["main"] * 50_000)) == 1
    assert abc.find(job_type=["none"] * 50_000) == []
    assert abc.find(prompt="word " * 100_000) == []


def test_a_record_has_the_keys_of_the_page_in_its_order(history: Caller) -> None:
    example = history.fake.app.service.spec.document["components"]["examples"]["FindJobsSuccess"]
    (shown,) = example["value"]["data"]["res"]
    assert len(shown) == 58
    for record in history.find(limit=100):
        assert list(record) == list(shown)


def test_finding_changes_nothing(history: Caller) -> None:
    first = history.post("/jobs/find", {"limit": 100}).content
    for body in ({}, {"limit": 3}, {"favourite": True}, {"prompt": "x"}):
        succeeded(history.post("/jobs/find", body))
    assert history.post("/jobs/find", {"limit": 100}).content == first


def test_accounts_see_their_own_alone(make_fake: MakeFake) -> None:
    fake = make_fake(open_accounts=True)
    first, second = fake.login("first", "p"), fake.login("second", "p")
    mine, other = first.create("a cat"), second.create("a cat")
    for conditions in ({}, {"prompt": "a cat"}, {"job_type": ["main"]}, {"limit": 100}):
        assert [record["hash"] for record in first.find(**conditions)] == [mine]
        assert [record["hash"] for record in second.find(**conditions)] == [other]


def test_a_status_that_the_page_does_not_show_is_marked_as_invented(
    fake: Fake, abc: Caller
) -> None:
    abc.create("a lighthouse")
    assert "2000" in abc.post("/jobs/find", {}).headers["x-fake-invented"]
    fake.wall += 60_000
    assert "x-fake-invented" not in abc.post("/jobs/find", {}).headers
