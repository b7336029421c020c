"""Job Create, and a job's life as polls see it (page, Job Create and Job Find)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.fakes import START, Caller, Fake, MakeFake, envelope, refused


def test_a_submission_answers_ok_and_a_hash(abc: Caller) -> None:
    answer = abc.post("/jobs/create", {"content": "Shanghai cyberpunk"})
    body = envelope(answer)
    assert list(body) == ["errno", "errmsg", "data"]
    assert (answer.status_code, body["errno"], body["errmsg"]) == (200, 0, "OK")
    assert len(body["data"]) == 64
    assert int(body["data"], 16)


def test_one_submission_makes_one_record_and_no_two_share_a_hash(abc: Caller) -> None:
    hashes = [abc.create("the same words") for _ in range(20)]
    assert len(set(hashes)) == 20
    found = abc.found(limit=100)
    assert found["total"] == 20
    assert sorted(record["hash"] for record in found["res"]) == sorted(hashes)


def test_ids_are_unique_over_records(abc: Caller) -> None:
    for _ in range(20):
        abc.create()
    records = abc.find(limit=100)
    for key in ("id", "id_uuid", "hash", "job_id"):
        assert len({record[key] for record in records}) == 20, key


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": "a cat"},
        {"content": None},
        {"content": ""},
        {"content": " \t\n"},
        {"content": 5},
        {"content": ["a cat"]},
        {"content": {"text": "a cat"}},
        {"content": True},
    ],
)
def test_content_must_be_words(abc: Caller, body: object) -> None:
    assert refused(abc.post("/jobs/create", body)) == 301
    assert abc.found()["total"] == 0


def test_missing_content_is_told_apart_from_wrong_content(abc: Caller) -> None:
    missing = abc.post("/jobs/create", {})
    assert missing.json() == {"errno": 301, "errmsg": "MISSING PARAMETER"}
    assert "content" in missing.headers["x-fake-reason"]
    wrong = abc.post("/jobs/create", {"content": 5})
    assert wrong.json() == {"errno": 301, "errmsg": "INVALID PARAMETER"}
    assert "content" in wrong.headers["x-fake-reason"]


def test_an_account_without_a_plan_is_refused_every_submission(fake: Fake) -> None:
    limited = fake.login("limited")
    answer = limited.post("/jobs/create", {"content": "a cat"})
    assert answer.json() == {"errno": 411, "errmsg": "REQUIRES_SPECIFIC_PLAN"}
    two = "http://a.test/1.png http://a.test/2.png"
    assert refused(limited.post("/jobs/blend", {"content": two})) == 411
    assert refused(limited.post("/jobs/describe", {"content": "http://a.test/1.png"})) == 411
    assert limited.find() == []


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
PROMPTS = WORDS.filter(lambda text: bool(text.strip()) and "--fake" not in text)


def test_the_prompt_comes_back_whole_whatever_its_script(make_fake: MakeFake) -> None:
    abc = make_fake(job_ms=0).login()

    @given(PROMPTS)
    @settings(max_examples=examples(60), deadline=None)
    def law(prompt: str) -> None:
        hash = abc.create(prompt)
        (record,) = abc.find(limit=1)
        assert record["hash"] == hash
        assert record["msg_display"] == prompt

    law()
    for prompt in ("上海的黎明 🌅", "\0", "a\0b", "'; DROP TABLE jobs; --", '"\\', "x" * 200_000):
        abc.create(prompt)
        assert abc.find(limit=1)[0]["msg_display"] == prompt


# A job's life


def test_a_job_is_queued_runs_and_finishes(make_fake: MakeFake) -> None:
    fake = make_fake(job_ms=2000)
    abc = fake.login()
    hash = abc.create("Shanghai at dawn")
    seen = []
    for elapsed in range(0, 2101, 50):
        fake.wall = START + elapsed
        record = abc.record(hash)
        seen.append((record["status"], record["pct_prog"]))
    steps = list(dict.fromkeys(seen))
    running = [(1000, percent) for percent in (0, 15, 31, 46, 62, 78, 93)]
    assert steps == [(0, None), *running, (2000, None)]
    assert seen.index((1000, 0)) == 6  # queued for 15 % of the time
    assert seen.index((2000, None)) == 40


def test_what_identifies_a_job_never_changes(make_fake: MakeFake) -> None:
    fake = make_fake()
    abc = fake.login()
    hash = abc.create("A cat")
    kept = (
        "id",
        "id_uuid",
        "hash",
        "job_id",
        "msg_display",
        "timestamp",
        "created_at",
        "sender_id",
    )
    first = abc.record(hash)
    last = first
    for _ in range(12):
        fake.wall += 200
        record = abc.record(hash)
        assert {key: record[key] for key in kept} == {key: first[key] for key in kept}
        assert record["updated_at"] >= last["updated_at"] >= record["created_at"]
        last = record
    fake.wall += 10**9
    assert fake.login().record(hash) == last


def test_times_are_told_as_the_page_shows_them(fake: Fake) -> None:
    record = fake.login().picture("Shanghai at dawn")
    assert record["timestamp"] == "1712040515164"
    assert record["created_at"] == "2024-04-02T06:48:35.165Z"
    assert record["updated_at"] == "2024-04-02T06:48:37.164Z"


def test_pictures_are_told_of_when_the_job_is_finished(abc: Caller) -> None:
    about = ("img_buffer", "img_thumb", "original_url", "img_format", "img_length", "img_width")
    hash = abc.create()
    for _ in range(4):
        assert all(abc.record(hash)[key] is None for key in about)
        abc.fake.wall += 499
    abc.fake.wall += 4
    assert all(abc.record(hash)[key] is not None for key in about)


def test_an_altered_prompt_is_told_and_an_unaltered_one_is_not(abc: Caller) -> None:
    altered = abc.picture("Shanghai at dawn")
    assert (altered["msg_content"], altered["error"]) == ("shanghai at dawn", "altered prompt")
    unaltered = abc.picture("shanghai at dawn")
    assert (unaltered["msg_content"], unaltered["error"]) == ("shanghai at dawn", None)


def test_the_flag_for_niji_chooses_the_service(abc: Caller) -> None:
    assert abc.picture("a cat --niji")["service"] == "niji"
    assert abc.picture("a cat")["service"] == "main"
    assert abc.picture("a cat--niji")["service"] == "main"


def test_a_seed_repeats_everything_and_accounts_do_not_disturb_each_other(
    make_fake: MakeFake,
) -> None:
    alone = make_fake(seed=7, open_accounts=True).login("x", "y")
    first = [alone.picture(f"prompt {number}") for number in range(3)]
    fake = make_fake(seed=7, open_accounts=True)
    among, noise = fake.login("x", "y"), fake.login("noise", "y")
    second = []
    for number in range(3):
        noise.create()
        second.append(among.picture(f"prompt {number}"))
    ids = ("hash", "job_id", "id_uuid", "sender_id", "img_length")
    assert [[r[key] for key in ids] for r in first] == [[r[key] for key in ids] for r in second]
