"""A record: the page's own example from its facts, and what the open questions change in it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.fake_server import pictures
from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from sampan.fake_server.contract.profile import Profile, questions
from sampan.fake_server.jobs.lifecycle import Job, Kind, Moment, Plan, State, end, observe
from sampan.fake_server.jobs.scenarios import SCENARIOS
from sampan.fake_server.records.describe_prompts import numbered, prompts
from sampan.fake_server.records.record import Owner, is_grid, picture, render, timestamp
from tests.support.examples import examples
from tests.support.samples.drawn import NOW, facts, instants, jobs, kinds
from tests.support.samples.page_examples import RECORD

_BASE = "https://mjeast.sfo3.digitaloceanspaces.com"
_OWNER = Owner("79f357ce-a641-4560-b2c9-14c089e8e4c5", None)
_CONTRACT = spec.compile(yaml_files.read("openapi.yaml"))
_DOCUMENT = yaml_files.read("questions.yaml")
_QUESTIONS = questions(_DOCUMENT)

#: The page's job: created at 06:48:35.164Z, finished at 06:49:30.370Z.
_PAGE = facts(Plan(queue_ms=8_281, run_ms=46_925), id=32)
_JOB_ID = _PAGE.job_id
_LINK = "https://example.com/picture.png"

Record = dict[str, Any]


#: The 58 keys, in the order of the page's example.
KEYS = tuple(RECORD)


def _profile(**answers: str) -> Profile:
    given = {key.replace("_", "-"): answer for key, answer in answers.items()}
    return Profile.of(_QUESTIONS, given, "test")


def _record(job: Job, now: int | None = None, **answers: str) -> Record:
    """The record at ``now``, or when the job has ended."""
    seen = observe(job, 10**15 if now is None else now)
    return render(job, seen, _OWNER, _BASE, _profile(**answers), KEYS)


def _plan(**changes: Any) -> Plan:
    return Plan(queue_ms=300, run_ms=1700, **changes)


# The example of the page (Job Find)


def test_the_pages_job_is_told_in_the_pages_words() -> None:
    record = _record(_PAGE)
    told = {key: value for key, value in record.items() if key != "img_length"}
    assert told == {key: value for key, value in RECORD.items() if key != "img_length"}


def test_the_keys_stand_in_the_pages_order() -> None:
    assert list(_record(_PAGE)) == list(RECORD)
    assert len(RECORD) == 58


def test_the_length_is_that_of_the_file() -> None:
    drawn = picture(_PAGE, _profile())
    assert drawn is not None
    assert _record(_PAGE)["img_length"] == len(pictures.png(drawn, "image"))


def test_a_record_is_rendered_without_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    job = _PAGE._replace(colours=None)
    expected = _record(job)
    monkeypatch.setattr(pictures, "palette", None)  # finding them takes a third of the time
    assert _record(job) == expected


def test_times_are_told_to_the_millisecond() -> None:
    assert timestamp(1712040515165) == "2024-04-02T06:48:35.165Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(999) == "1970-01-01T00:00:00.999Z"


# Any job, at any time, however the questions are answered


@st.composite
def _profiles(draw: st.DrawFn) -> Profile:
    answers = {}
    for entry in _DOCUMENT["questions"]:
        variant = draw(st.sampled_from(entry["variants"]))
        answers[entry["id"]] = variant.get("example", variant["id"])
    return Profile.of(_QUESTIONS, answers, "drawn")


@settings(max_examples=examples(40), deadline=None)
@given(jobs, kinds, instants, _profiles(), st.none() | st.text(), st.booleans())
def test_every_record_has_the_58_keys_and_is_of_the_contract(
    job: Job, kind: Kind, now: int, profile: Profile, name: str | None, child: bool
) -> None:
    parent = ("p" * 64, "q", 3) if child or kind == "upscale" else (None, None, None)
    given = dict(zip(("parent_hash", "parent_id", "grid_num"), parent, strict=True))
    job = facts(job.plan, kind=kind, prompt=_LINK, **given)
    record = render(job, observe(job, now), Owner("sender", name), "http://h", profile, KEYS)
    assert list(record) == list(RECORD)
    answer = orjson.loads(
        orjson.dumps({"errno": 0, "errmsg": "OK", "data": {"res": [record], "total": 1}})
    )
    (find,) = (o for o in _CONTRACT.operations if o.id == "findJobs")
    _CONTRACT.response_validator(find).validate(answer)


@given(jobs, instants)
def test_what_a_job_is_never_changes(job: Job, now: int) -> None:
    """LIFE-4: identity, prompt and creation are the same at every poll."""
    first, later = _record(job, NOW), _record(job, now)
    for key in ("id", "id_uuid", "hash", "job_id", "msg_display", "timestamp", "created_at"):
        assert first[key] == later[key]


@given(jobs, instants, instants)
def test_updated_at_goes_forward_from_created_at(job: Job, one: int, other: int) -> None:
    before, after = (_record(job, now) for now in sorted((one, other)))
    assert before["created_at"] <= before["updated_at"] <= after["updated_at"]


_OF_THE_PICTURE = (
    "img_buffer",
    "img_format",
    "img_length",
    "img_height",
    "img_width",
    "img_thumb",
    "original_url",
)


@given(jobs, instants)
def test_the_picture_is_told_when_the_job_has_finished(job: Job, now: int) -> None:
    record = _record(job, now)
    finished = observe(job, now).state is State.FINISHED
    assert {record[key] is not None for key in _OF_THE_PICTURE} == {finished}


# Kinds


@pytest.mark.parametrize(
    ("kind", "grid"),
    [
        ("main", True),
        ("variation", True),
        ("remix", True),
        ("blend", True),
        ("upscale", False),
    ],
)
def test_a_grids_original_ends_in_4(kind: Kind, grid: bool) -> None:
    job = facts(_plan(), kind=kind, grid_num=2 if kind == "upscale" else None)
    assert is_grid(job, _profile()) == grid
    assert _record(job)["original_url"] == f"{_BASE}/{_JOB_ID}{'_4' if grid else ''}.png"


def test_an_upscale_is_twice_its_grid_and_framed() -> None:
    record = _record(facts(_plan(), kind="upscale", grid_num=2))
    assert (record["img_width"], record["img_height"]) == (2 * 1024 + 64, 2 * 1024 + 128)


def test_a_child_names_its_parent_twice() -> None:
    record = _record(facts(_plan(), kind="upscale", parent_hash="h", parent_id="i", grid_num=2))
    assert (record["parent_hash"], record["parent_id"]) == ("h", "i")


def test_a_describe_has_no_picture() -> None:
    record = _record(facts(_plan(), kind="describe", prompt=_LINK))
    assert record["status"] == 2000
    assert {record[key] for key in _OF_THE_PICTURE} == {None}


@pytest.mark.parametrize("kind", ["blend", "describe"])
def test_links_are_not_normalised_like_words(kind: Kind) -> None:
    record = _record(facts(_plan(), kind=kind, prompt="HTTP://Host/a.png  http://h/B.png"))
    assert record["msg_content"] == record["msg_display"]
    assert record["error"] is None


def test_the_caption_bears_the_accounts_name() -> None:
    job = facts(_plan())
    record = render(job, observe(job, NOW), Owner("s", "小<明>&"), _BASE, _profile(), KEYS)
    assert ">@小&lt;明&gt;&amp; : 小船AI生成</text>" in record["svg_buffer"]


def test_a_late_timestamp_is_what_the_record_tells() -> None:
    """Jobs of one millisecond have timestamps one apart: find pages by them."""
    record = _record(facts(_plan(), late=7))
    assert record["timestamp"] == str(NOW + 7)
    assert record["created_at"] == timestamp(NOW + 8)
    assert record["updated_at"] == timestamp(NOW + 2000)


def test_favourites_and_folders() -> None:
    record = _record(facts(_plan(), favourite=True, folders=("x", "y")))
    assert (record["is_favourite"], record["favourite_count"]) == (True, 1)
    assert record["folders"] == ["x", "y"]


# The open questions that touch a record


def _running() -> tuple[Job, int]:
    job = facts(_plan())
    now = NOW + 300 + 1700 * 3 // 7
    assert observe(job, now) == Moment(now, State.RUNNING, 46)
    return job, now


@pytest.mark.parametrize(
    ("answer", "told"),
    [("int", 46), ("number-string", "46"), ("percent-string", "46%"), ("null", None)],
)
def test_progress_type(answer: str, told: object) -> None:
    job, now = _running()
    assert _record(job, now, progress_type=answer)["pct_prog"] == told
    assert _record(job, NOW, progress_type=answer)["pct_prog"] is None
    assert _record(job, progress_type=answer)["pct_prog"] is None


def test_progress_nought_is_told() -> None:
    job = facts(_plan())
    assert _record(job, NOW + 300)["pct_prog"] == 0
    assert _record(job, NOW + 300, progress_type="percent-string")["pct_prog"] == "0%"


@pytest.mark.parametrize(
    ("answer", "told"), [("url", f"{_BASE}/image/{_JOB_ID}_prog.png"), ("null", None)]
)
def test_preview_image(answer: str, told: str | None) -> None:
    job, now = _running()
    assert _record(job, now, preview_image=answer)["img_prog"] == told
    assert _record(job, NOW, preview_image=answer)["img_prog"] is None
    assert _record(job, preview_image=answer)["img_prog"] is None


def test_a_describe_has_no_preview() -> None:
    _, now = _running()
    assert _record(facts(_plan(), kind="describe"), now)["img_prog"] is None


@pytest.mark.parametrize(("answer", "told"), [("altered-prompt", "altered prompt"), ("null", None)])
def test_error_on_success(answer: str, told: str | None) -> None:
    same = facts(_plan(), prompt="shanghai at dawn")
    changed = facts(_plan(content="shanghai, tasteful"), prompt="shanghai")
    assert _record(_PAGE, error_on_success=answer)["error"] == told
    assert _record(_PAGE, NOW, error_on_success=answer)["error"] is None
    assert _record(same, error_on_success=answer)["error"] is None
    assert _record(changed, error_on_success=answer)["error"] == told
    assert _record(changed)["msg_content"] == "shanghai, tasteful"


@pytest.mark.parametrize("answer", ["altered-prompt", "null"])
def test_a_failure_tells_why_whatever_a_success_does(answer: str) -> None:
    change = SCENARIOS["banned"].change
    assert change is not None
    record = _record(facts(change(_plan(), 0)), error_on_success=answer)
    assert (record["status"], record["error"]) == (4000, "banned prompt")
    assert record["img_buffer"] is None


@pytest.mark.parametrize(
    ("answer", "content", "description"),
    [
        ("description-four", _LINK, numbered(_LINK)),
        ("description-one", _LINK, prompts(_LINK)[0]),
        ("msg-content", numbered(_LINK), None),
    ],
)
def test_describe_result(answer: str, content: str, description: str | None) -> None:
    job = facts(_plan(), kind="describe", prompt=_LINK)
    record = _record(job, describe_result=answer)
    assert (record["msg_content"], record["description"]) == (content, description)
    before = _record(job, NOW, describe_result=answer)
    assert (before["msg_content"], before["description"]) == (_LINK, None)


def test_a_marker_is_no_part_of_the_link_that_is_described() -> None:
    job = facts(_plan(), kind="describe", prompt=f"{_LINK} --fake slow=2")
    assert _record(job)["description"] == numbered(_LINK)


@pytest.mark.parametrize("webp", [False, True])
def test_image_md5(webp: bool) -> None:
    job = facts(_plan(picture="webp" if webp else None))
    drawn = picture(job, _profile())
    assert drawn is not None
    file = pictures.webp(drawn, "image") if webp else pictures.png(drawn, "image")
    assert _record(job, image_md5="null")["img_md5"] is None
    record = _record(job, image_md5="hex")
    assert record["img_md5"] == hashlib.md5(file, usedforsecurity=False).hexdigest()
    assert record["img_length"] == len(file)
    assert _record(job, NOW, image_md5="hex")["img_md5"] is None


def test_a_webp_is_called_so_in_every_link() -> None:
    record = _record(facts(_plan(picture="webp")))
    assert record["img_format"] == "webp"
    for key in ("img_buffer", "img_thumb", "original_url"):
        assert record[key].endswith(".webp")


@pytest.mark.parametrize(("answer", "told"), [("set", 3), ("null", None)])
def test_child_grid_num(answer: str, told: int | None) -> None:
    job = facts(_plan(), kind="variation", grid_num=3)
    assert _record(job, child_grid_num=answer)["grid_num"] == told
    assert _record(_PAGE, child_grid_num=answer)["grid_num"] is None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("0-1000-4000", (0, 1000, 2000, 4000)),
        ("5-6-7", (5, 6, 2000, 7)),
        ("?-6-?", (0, 6, 2000, 4000)),
        ("null", (None, None, 2000, None)),
    ],
)
def test_pending_statuses(answer: str, told: tuple[int | None, ...]) -> None:
    job, now = _running()
    failed = facts(_plan(fail_percent=46, error="job failed"))
    seen = (_record(job, NOW), _record(job, now), _record(job), _record(failed))
    assert [record["status"] for record in seen] == [0, 1000, 2000, 4000]
    polls = ((job, NOW), (job, now), (job, None), (failed, None))
    assert tuple(_record(*poll, pending_statuses=answer)["status"] for poll in polls) == told


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ("remix-is-variation", "remix", "variation"),
        ("remix-is-remix", "remix", "remix"),
        ("remix-is-remix", "variation", "variation"),
        ("m,v,u,b,d,r", "upscale", "u"),
        ("m,v,u,b,d,r", "remix", "r"),
    ],
)
def test_job_type_names(answer: str, kind: Kind, told: str) -> None:
    job = facts(_plan(), kind=kind, grid_num=1)
    assert _record(job, job_type_names=answer)["job_type"] == told


@pytest.mark.parametrize(
    ("answer", "kind", "size"),
    [
        ("framed", "main", (1088, 1152)),
        ("raw", "main", (1024, 1024)),
        ("framed", "upscale", (2112, 2176)),
        ("raw", "upscale", (2048, 2048)),
    ],
)
def test_image_frame(answer: str, kind: Kind, size: tuple[int, int]) -> None:
    job = facts(_plan(), kind=kind, grid_num=1 if kind == "upscale" else None)
    record = _record(job, image_frame=answer)
    assert (record["img_width"], record["img_height"]) == size


@pytest.mark.parametrize(("answer", "suffix"), [("grid", "_4"), ("single", "")])
def test_blend_result(answer: str, suffix: str) -> None:
    job = facts(_plan(), kind="blend", prompt=f"{_LINK} {_LINK}")
    assert _record(job, blend_result=answer)["original_url"] == f"{_BASE}/{_JOB_ID}{suffix}.png"


def test_the_pages_job_ends_when_it_does() -> None:
    assert end(_PAGE) == 1712040570370
