"""Which jobs are planned for which budget."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.conformance.json_access import Record
from sampan.conformance.shared_jobs.bodies import grid_prompt, links
from sampan.conformance.shared_jobs.catalogue import BY_NAME, SHARED_JOBS, select_jobs
from sampan.conformance.shared_jobs.trace import JobTrace
from sampan.conformance.verdict import UnavailableError

NAMES = [one.name for one in SHARED_JOBS]
BOTH = ("first", "second")


@settings(deadline=None)
@given(
    wanted=st.sets(st.sampled_from(NAMES)),
    jobs=st.none() | st.integers(0, 25),
    spare=st.booleans(),
    accounts=st.sets(st.sampled_from(BOTH)),
)
def test_a_plan_keeps_to_its_budget_and_knows_parents(
    wanted: set[str], jobs: int | None, spare: bool, accounts: set[str]
) -> None:
    made = select_jobs(wanted, jobs=jobs, spare=spare, accounts=accounts)
    chosen = [one.name for one in made.jobs]
    assert jobs is None or len(chosen) <= jobs - (spare and jobs > 1)
    assert set(wanted) <= set(chosen) | set(made.missing)
    assert not set(chosen) & set(made.missing)
    for index, one in enumerate(made.jobs):
        assert set(one.after + one.beside) <= set(chosen[:index])
        assert one.account in accounts
        assert jobs is None or not one.extra


def test_with_eleven_jobs_every_requirement_has_its_evidence() -> None:
    needed = list(NAMES[:10])
    made = select_jobs(NAMES, jobs=11, spare=True, accounts=BOTH)
    assert [one.name for one in made.jobs] == needed


def test_without_a_limit_all_are_made() -> None:
    made = select_jobs(NAMES, jobs=None, spare=True, accounts=BOTH)
    assert [one.name for one in made.jobs] == NAMES
    assert made.missing == {}


def test_who_is_left_out_is_told_why() -> None:
    made = select_jobs(["upscale", "foreign"], jobs=1, spare=True, accounts=["first"])
    assert [one.name for one in made.jobs] == ["grid"]
    assert made.missing == {
        "upscale": "does not fit into a budget of 1 job",
        "foreign": "needs a second account",
    }
    none = select_jobs(["upscale"], jobs=0, spare=False, accounts=BOTH)
    assert none.missing["upscale"] == "needs a job budget (--budget-jobs)"


def test_two_waves_are_enough() -> None:
    for one in SHARED_JOBS:
        assert all(BY_NAME[parent].batch == 1 for parent in one.after)


class Finished:
    """Material with two finished parents."""

    mark = "mark"

    def __init__(self, **record: object) -> None:
        self._record = record

    def record(self, name: str) -> Record:
        known = {
            key: f"http://x/{name}/{key}" for key in ("original_url", "img_buffer", "img_thumb")
        }
        return {"hash": f"hash-{name}", "job_id": f"id-{name}"} | known | self._record

    def sender(self, account: str) -> str:
        return f"sender-{account}"

    def sent(self, *names: str) -> list[JobTrace]:
        return []


def test_the_bodies_are_those_of_the_page() -> None:
    bodies = {one.name: one.body(Finished()) for one in SHARED_JOBS}
    assert bodies["grid"] == {"content": grid_prompt("mark")}
    assert bodies["upscale"] == {"parent_hash": "hash-grid", "grid_num": 2}
    assert bodies["upscale_again"] == bodies["upscale"]
    assert bodies["upscale_4"]["sender_id"] == "sender-first"
    assert bodies["variation"] == {"parent_id": "id-grid", "grid_num": 3}
    assert bodies["remix"]["content"]
    assert bodies["describe"] == {"content": "http://x/grid/original_url"}
    assert bodies["describe_sender"] == bodies["describe"] | {"sender_id": "sender-first"}
    assert "sender_id" not in bodies["blend"]
    assert bodies["blend_5"]["sender_id"] == "sender-first"
    for name, count in (("blend", 2), ("blend_5", 5)):
        sent = str(bodies[name]["content"]).split(" ")
        assert len(set(sent)) == len(sent) == count
        assert {one.split("/")[3] for one in sent} == {"grid", "niji"}


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("upscale", {"hash": None}),
        ("variation", {"job_id": 7}),
        ("describe", {"original_url": None, "img_buffer": 5, "img_thumb": ""}),
        ("blend_5", {"original_url": None, "img_buffer": 5, "img_thumb": ""}),
    ],
)
def test_a_parent_that_lacks_what_is_needed_is_no_crash(
    name: str, lacking: dict[str, object]
) -> None:
    with pytest.raises(UnavailableError):
        BY_NAME[name].body(Finished(**lacking))


def test_a_blend_of_five_takes_the_links_there_are() -> None:
    body = BY_NAME["blend_5"].body(Finished(original_url=None))
    assert len(str(body["content"]).split()) == 4


def test_a_link_is_not_taken_twice() -> None:
    assert links({"original_url": "a", "img_buffer": "a", "img_thumb": "b"}) == ["a", "b"]
