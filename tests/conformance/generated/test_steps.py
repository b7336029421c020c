"""The steps that requests are drawn from, and what of a body is wrong beyond any question."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import cast

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.generated import job_steps
from sampan.conformance.generated.player import Player
from sampan.conformance.generated.steps import STEPS, Needs
from sampan.conformance.json_access import Record
from sampan.conformance.rules.job_model import Job
from sampan.conformance.rules.parameters import sensible, tolerated, wrong_parameter

CONTRACT = shipped()


def test_every_step_says_what_it_needs() -> None:
    assert job_steps.create.__name__ in STEPS  # they register when they are imported
    needs = Counter(step.needs for step in STEPS.values())
    assert needs[Needs.NOTHING] >= 6
    assert needs[Needs.REFUSAL] >= 3
    assert needs[Needs.JOB] >= 5


@pytest.mark.parametrize(
    ("operation", "body", "wrong"),
    [
        ("findJobs", {"prompt": 5}, "prompt is a number"),
        ("findJobs", {"favourite": "x"}, "favourite is a string"),
        ("findJobs", {"timestamp_smaller_than": True}, "timestamp_smaller_than is a boolean"),
        ("findJobs", {"timestamp_smaller_than": "1712040515164"}, ""),
        ("findJobs", {"limit": "10", "service": "main", "folders": [], "x": 1}, ""),
        ("findJobs", {"job_type": [{}]}, "job_type contains an object"),
        ("login", {"username": "a"}, "no password"),
        ("createJob", {"content": None}, "no content"),
        ("varyJob", {"parent_id": "a", "grid_num": "1", "sender_id": 5}, ""),
    ],
)
def test_what_is_wrong_beyond_any_question(
    operation: str, body: dict[str, object], wrong: str
) -> None:
    assert wrong_parameter(CONTRACT, operation, body) == wrong


_FIVE, _BOAT = {"msg_display": "Five 5 boats"}, {"msg_display": "boat"}


@pytest.mark.parametrize(
    ("operation", "body", "errno", "records", "fine"),
    [
        ("findJobs", {"job_type": [5]}, 0, [], True),
        ("findJobs", {"service": [{}], "limit": 3}, 0, [], True),
        ("findJobs", {"job_type": [5]}, 0, [_BOAT], False),
        ("findJobs", {"job_type": [5]}, 501, [], False),
        ("findJobs", {"service": {"name": "main"}}, 0, [], False),
        ("findJobs", {"prompt": 5}, 0, [_FIVE], True),
        ("findJobs", {"prompt": 5.0}, 0, [_FIVE], True),
        ("findJobs", {"prompt": 5}, 0, [_FIVE, _BOAT], False),
        ("findJobs", {"prompt": ["boat"]}, 0, [_BOAT], False),
        ("findJobs", {"prompt": 5, "favourite": "perhaps"}, 0, [], False),
        ("login", {"username": "x", "password": {"text": "x"}}, 430, [], True),
        ("login", {"username": ["x"], "password": "x"}, 420, [], True),
        ("login", {"username": "x", "password": 5}, 0, [], False),
        ("login", {"username": "x", "password": 5}, 501, [], False),
        ("login", {"username": "x"}, 430, [], False),
        ("createJob", {"content": 5}, 0, [], False),
    ],
)
def test_what_a_lenient_reader_may_do_with_it(
    operation: str, body: dict[str, object], errno: int, records: list[Record], fine: bool
) -> None:
    assert bool(tolerated(CONTRACT, operation, body, errno, records)) is fine


def test_a_walk_describes_no_thumb(monkeypatch: pytest.MonkeyPatch) -> None:
    links = {key: f"http://x/{key}" for key in ("original_url", "img_buffer", "img_thumb")}
    job = Job("a" * 64, "first", "createJob", None, None, None, [links])
    described: list[object] = []
    monkeypatch.setattr(job_steps, "submit", lambda _, __, body, ___: described.append(body))
    for which in range(3):
        player = SimpleNamespace(pick=lambda *_: job)
        job_steps.describe(cast(Player, player), which, False)
    assert described == [{"content": links["original_url"]}] * 3


def test_strange_filters_may_be_refused() -> None:
    assert sensible({"limit": 5, "service": ["main"], "prompt": "boat", "favourite": True})
    assert not sensible({"favourite": False})  # question favourite-false
    for strange in ({"prompt": "\x00"}, {"limit": 10**9}, {"job_type": ["?"]}, {"hash": "x"}):
        assert not sensible(strange)
