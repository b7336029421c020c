"""What becomes of one job, and what the API filters by but does not set."""

from __future__ import annotations

import pytest

from tests.support.controls import Control
from tests.support.fakes import START, Caller


@pytest.fixture
def job(control: Control, abc: Caller) -> str:
    """A job half-way through, under a clock that stands."""
    control.post("clock/freeze")
    hash = abc.create("Shanghai at dawn")
    control.advance(1000)
    return hash


def test_a_job_is_shown_as_it_stands(control: Control, abc: Caller, job: str) -> None:
    record = abc.record(job)
    assert control.get(f"jobs/{job}") == {
        "hash": job,
        "job_id": record["job_id"],
        "account": "abc",
        "kind": "main",
        "service": "main",
        "prompt": "Shanghai at dawn",
        "state": "running",
        "status": record["status"],
        "progress": record["pct_prog"],
        "stalled": False,
        "created_at": "2024-04-02T06:48:35.164Z",
        "ends_at": "2024-04-02T06:48:37.164Z",
        "visible_at": "2024-04-02T06:48:35.164Z",
        "parent_hash": None,
        "grid_num": None,
        "favourite": False,
        "folders": [],
    }


def test_a_job_is_its_accounts(control: Control, job: str) -> None:
    assert control.get(f"jobs/{job}", account="abc")["hash"] == job
    refusal = control.refusal("GET", f"jobs/{job}?account=limited")
    assert refusal.status == 404
    assert refusal.message == f"job {job!r} of account 'limited' does not exist"


def test_jobs_are_listed_newest_first(control: Control, abc: Caller, job: str) -> None:
    hidden = abc.create("x --fake find-lag=60000")
    failed = abc.create("x --fake banned")
    control.advance(500)
    listed = control.get("jobs")
    assert [each["hash"] for each in listed["jobs"]] == [failed, hidden, job]
    assert control.get("jobs", limit=1) == {"jobs": listed["jobs"][:1], "total": 3}
    assert [each["hash"] for each in control.get("jobs", state="failed")["jobs"]] == [failed]
    assert [each["hash"] for each in control.get("jobs", status=1000)["jobs"]] == [hidden, job]
    assert control.get("jobs", account="limited") == {"jobs": [], "total": 0}


def test_jobs_are_listed_by_kind_prompt_and_parent(control: Control, abc: Caller) -> None:
    cat = abc.picture("a CAT in Straße")
    dog = abc.create("a dog --fake find-lag=60000000")
    upscaled = abc.submit("/jobs/upscale", parent_hash=cat["hash"], grid_num=2)
    remixed = abc.submit(
        "/jobs/variation", parent_id=cat["job_id"], grid_num=1, content="a cat, remixed"
    )

    def listed(**query: object) -> list[str]:
        found = control.get("jobs", **query)
        hashes = [each["hash"] for each in found["jobs"]]
        assert found["total"] >= len(hashes)
        return hashes

    assert listed(kind="upscale") == [upscaled]
    assert listed(kind="blend") == []
    assert listed(prompt="cat") == [remixed, upscaled, cat["hash"]]
    assert listed(prompt="STRASSE") == [upscaled, cat["hash"]]
    assert listed(prompt="Cat", kind="main") == [cat["hash"]]
    assert listed(prompt="cat", state="queued") == [remixed, upscaled]
    assert listed(parent=cat["hash"]) == [remixed, upscaled]
    assert listed(parent=cat["hash"], kind="remix", account="abc") == [remixed]
    assert listed(parent=cat["hash"], account="limited") == []
    assert dog in listed()


def test_jobs_under_way_are_those_of_each_accounts_own_time(control: Control, abc: Caller) -> None:
    control.post("accounts", username="t1", password="p")
    control.post("clock/freeze")
    early, late = abc.create(), control.fake.login("t1", "p").create()
    stuck = abc.create("x --fake stuck=31")
    control.advance("1h")
    control.post("clock/set", account="t1", to=START + 1000)
    assert [each["hash"] for each in control.get("jobs", state="running")["jobs"]] == [stuck, late]
    assert control.get("jobs", state="running", account="abc")["total"] == 1
    control.post("clock/set", account="abc", to=START)
    queued = control.get("jobs", state="queued")["jobs"]
    assert {each["hash"] for each in queued} == {early, stuck}
    assert [each["hash"] for each in control.get("jobs", state="running")["jobs"]] == [late]


@pytest.mark.parametrize("conditions", [{}, {"state": "queued"}, {"kind": "main"}, {"prompt": "x"}])
def test_pages_of_jobs_are_the_whole_list(
    control: Control, abc: Caller, conditions: dict[str, str]
) -> None:
    for number in range(7):
        abc.create(f"x {number}")
    whole = control.get("jobs", **conditions)
    pages = [
        control.get("jobs", **conditions, offset=offset, limit=3) for offset in (0, 3, 6, 9, 5000)
    ]
    assert [job for page in pages for job in page["jobs"]] == whole["jobs"]
    assert [len(page["jobs"]) for page in pages] == [3, 3, 1, 0, 0]
    assert {page["total"] for page in pages} == {whole["total"]} == {7}


def test_a_record_is_what_a_find_returns_and_is_no_request(control: Control, abc: Caller) -> None:
    record = abc.picture()
    running = abc.create("a dog")
    control.patch("profile", answers={"pending-statuses": "1-2-3"}, account="abc")
    for hash in (record["hash"], running):
        before = len(control.requests())
        told = control.get(f"jobs/{hash}/record", account="abc")
        assert len(control.requests()) == before
        assert told == abc.record(hash)
    assert control.refusal("GET", f"jobs/{running}/record?account=limited").status == 404


def test_a_deleted_job_is_gone_and_its_number_is_not_used_again(
    control: Control, abc: Caller
) -> None:
    kept = abc.picture()
    child = abc.submit("/jobs/upscale", parent_hash=kept["hash"], grid_num=1)
    last = abc.picture("the last")
    control.put(f"folders/one/jobs/{last['hash']}")
    assert control.delete(f"jobs/{last['hash']}") == {"deleted": 1}
    assert [each["hash"] for each in abc.find()] == [child, kept["hash"]]
    assert abc.found()["total"] == 2
    assert abc.find(folders=["one"]) == []
    assert control.get("accounts/abc")["jobs"] == 2
    assert control.refusal("GET", f"jobs/{last['hash']}").status == 404
    assert abc.fake.get(last["img_buffer"].removeprefix("http://fake.test")).status_code == 404
    control.put(f"favourites/{kept['hash']}")  # after which the jobs are counted again
    assert abc.record(abc.create("a new one"))["id"] == last["id"] + 1
    assert control.delete(f"jobs/{kept['hash']}") == {"deleted": 1}
    assert control.get(f"jobs/{child}")["parent_hash"] == kept["hash"]


def test_a_job_can_be_finished_now(control: Control, abc: Caller, job: str) -> None:
    assert control.post(f"jobs/{job}/complete")["state"] == "finished"
    record = abc.record(job)
    assert record["status"] == 2000
    assert control.fake.get(record["img_buffer"].removeprefix("http://fake.test")).is_success
    assert control.advance("1h") == []


@pytest.mark.parametrize(("body", "error"), [({}, "job failed"), ({"error": "no"}, "no")])
def test_a_job_can_be_failed_now(
    control: Control, abc: Caller, job: str, body: dict[str, str], error: str
) -> None:
    assert control.post(f"jobs/{job}/fail", **body)["state"] == "failed"
    assert (abc.record(job)["status"], abc.record(job)["error"]) == (4000, error)


def test_a_stalled_job_goes_on_when_it_is_resumed(control: Control, abc: Caller, job: str) -> None:
    stalled = control.post(f"jobs/{job}/stall")
    assert stalled["stalled"]
    assert stalled["ends_at"] is None
    before = abc.record(job)
    assert control.advance("1h") == []
    assert abc.record(job) == before
    assert control.post(f"jobs/{job}/resume")["stalled"] is False
    assert control.advance(999)[-1]["progress"] == 93
    assert [each["state"] for each in control.advance(1)] == ["finished"]


def test_a_stuck_job_can_be_freed(control: Control, abc: Caller) -> None:
    control.post("clock/freeze")
    hash = abc.create("x --fake stuck=50")
    assert control.get(f"jobs/{hash}")["stalled"] is False  # not yet
    control.advance("1h")
    assert control.get(f"jobs/{hash}")["stalled"]
    control.post(f"jobs/{hash}/resume")
    assert control.advance("2s")[-1]["state"] == "finished"


@pytest.mark.parametrize("verb", ["complete", "fail", "stall", "resume"])
def test_what_has_ended_stays(control: Control, abc: Caller, job: str, verb: str) -> None:
    control.advance("1h")
    before = abc.record(job)
    refusal = control.refusal("POST", f"jobs/{job}/{verb}")
    assert refusal.status == 409
    assert refusal.message == "the job has already finished"
    assert abc.record(job) == before


def test_a_job_that_goes_on_is_not_resumed(control: Control, job: str) -> None:
    assert control.refusal("POST", f"jobs/{job}/resume").status == 409


def test_favourites_are_found(control: Control, abc: Caller, job: str) -> None:
    abc.create()
    assert abc.find(favourite=True) == []
    for _ in range(2):
        assert control.put(f"favourites/{job}")["favourite"]
    (found,) = abc.find(favourite=True)
    assert (found["hash"], found["is_favourite"]) == (job, True)
    control.delete(f"favourites/{job}", account="abc")
    assert abc.find(favourite=True) == []


def test_folders_are_found(control: Control, abc: Caller, job: str) -> None:
    abc.create()
    for _ in range(2):
        assert control.put(f"folders/f%2F1%20%C3%A9/jobs/{job}")["folders"] == ["f/1 é"]
    (found,) = abc.find(folders=["f/1 é"])
    assert (found["hash"], found["folders"]) == (job, ["f/1 é"])
    control.put(f"folders/two/jobs/{job}", account="abc")
    assert control.delete(f"folders/f%2F1%20%C3%A9/jobs/{job}")["folders"] == ["two"]
    assert abc.find(folders=["f/1 é"]) == []


def test_times_are_the_accounts_own(control: Control, abc: Caller, job: str) -> None:
    control.advance("1h", "abc")
    assert control.get(f"jobs/{job}")["state"] == "finished"
    assert control.get("clock")["now_ms"] == START + 1000


def test_a_job_is_stalled_as_often_as_its_state_can_be_imported(
    control: Control, abc: Caller, job: str
) -> None:
    control.advance(5)
    state = control.get("state")
    state["jobs"][0]["plan"]["pauses"] = [[2, 2]] * 999
    control.call("PUT", "state", state)
    control.post(f"jobs/{job}/stall")
    control.post(f"jobs/{job}/resume")
    control.advance(5)
    refusal = control.refusal("POST", f"jobs/{job}/stall")
    assert refusal.message == "the job was stalled 1000 times; use another"
    control.call("PUT", "state", control.get("state"))
