"""No conforming server is failed, and what is learnt of it is what was set.

The whole kit runs on a few of the servers; where a single question is turned, its observer runs
alone. ``make conforming_server`` runs the whole kit on each of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conforming_servers import CONFORMING_SERVERS, ConformingServer
from tests.conforming_servers import __main__ as command
from tests.conforming_servers.conforming_server import DEFAULTS, MIXED, QUESTIONS, REGISTERED, add
from tests.conforming_servers.judging import (
    RIGHT,
    UNKNOWN,
    WRONG,
    Outcome,
    chosen,
    judged,
    table,
    tried,
)
from tests.support.examples import sampled, some
from tests.support.tampering.exchange import Go, Reply, Request, refusal

BY_ID = {one.id: one for one in CONFORMING_SERVERS}
CHOSEN = (
    *("mixed-1", "documented-1", "signed-links", "redirected-pictures", "nulls-are-filled"),
    *("every-job-fails", "results-come-late", "no-job-ends", "four-statuses-seen-late"),
)
TURNED = [one for one in CONFORMING_SERVERS if "=" in one.id]
SIDE_BY_SIDE = 4


def test_every_variant_of_every_question_has_a_server() -> None:
    turned = {(key, one.answers[key]) for one in TURNED for key in one.answers}
    for question in QUESTIONS:
        for variant in question["variants"]:
            answer = variant.get("example", variant["id"])
            assert answer == question["default"] or (question["id"], answer) in turned
        assert question["id"] not in BY_ID[f"mixed-but-{question['id']}"].answers


def test_the_mixed_profile_is_another_answer_to_each() -> None:
    assert MIXED.keys() == DEFAULTS.keys()
    assert [key for key in MIXED if MIXED[key] == DEFAULTS[key]] == []


@pytest.mark.parametrize("id", sampled(CHOSEN, 9))
def test_a_right_server_is_not_failed(id: str) -> None:
    outcome = judged(BY_ID[id], tried(BY_ID[id]))
    assert (outcome.falsely_failed, outcome.mistaken, outcome.broken) == ((), (), None)


#: Questions that the observer alone can't answer, for want of records or of requests.
ALONE = {"service-error-message", "find-max-limit", "find-default-limit", "concurrency-limit"}


@pytest.mark.parametrize("part", sampled(range(4), 4))
def test_a_question_that_is_turned_is_learnt(part: int) -> None:
    servers = some([one for one in TURNED if not ALONE.issuperset(one.answers)][part::4], 4)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = list(pool.map(lambda one: tried(one, tuple(one.answers)), servers))
    learnt = {one.id: trial.answers for one, trial in zip(servers, found, strict=True)}
    assert learnt == {one.id: {key: one.expected(key) for key in one.answers} for one in servers}


def test_no_two_servers_have_one_id() -> None:
    before = dict(REGISTERED)
    with pytest.raises(ValueError, match="two servers are called mixed-1"):
        add(ConformingServer("mixed-1", "once more"))
    assert before == REGISTERED


def test_a_server_that_is_wrong_is_falsely_failed() -> None:
    async def refusing(request: Request, go: Go) -> Reply:
        return refusal(430) if request.operation == "login" else await go(request)

    server = ConformingServer("wrong", "refuses every login", lambda: refusing)
    outcome = judged(server, tried(server, ("LOGIN-1",)))
    assert outcome.falsely_failed[0].startswith("LOGIN-1: ")
    assert not outcome.fine


def test_a_server_that_is_taken_for_another_is_told() -> None:
    server = ConformingServer(
        "turned", "finds oldest first", answers={"find-order": "oldest-first"}
    )
    other = ConformingServer("other", "is said to find newest first")
    outcome = judged(other, tried(server, ("find-order",)))
    assert "find-order is newest-first and was taken for oldest-first" in outcome.mistaken
    assert not outcome.falsely_failed


def test_one_that_is_falsely_failed_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (server,) = chosen(["documented-1"])
    falsely_failed = Outcome(server, ("FIND-3: too many",), (), ("IMG-1",), 60, 0.1, None)
    monkeypatch.setattr(command, "outcomes", lambda *_: iter([falsely_failed]))
    assert command.main(["documented-1"]) == 1
    told = capsys.readouterr().out
    assert "FALSELY FAILED" in told
    assert "    FIND-3: too many\n" in told
    assert "undecided IMG-1" in told


def test_what_is_fine_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--workers", "1", "documented-2"]) == 0
    told = capsys.readouterr().out
    assert "1 conforming servers, 0 falsely failed" in told
    # The kit comes to a verdict on everything there is.
    assert "undecided" not in told


def test_a_name_that_no_server_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["no such"])
    assert end.value.code == 2
    assert "names no server" in capsys.readouterr().err


def test_the_table_counts_how_each_question_came_out() -> None:
    (server,) = chosen(["documented-1"])
    results = (
        {"find-order": RIGHT, "find-scope": UNKNOWN},
        {"find-order": WRONG, "find-scope": UNKNOWN},
    )
    lines = table(Outcome(server, (), (), (), 0, 0.1, None, one) for one in results)
    assert "| find-order | 1 | 0 | 0 | 1 |" in lines
    assert "| find-scope | 0 | 2 | 0 | 0 |" in lines
    assert lines[-1] == "| all questions | 1 | 2 | 0 | 1 |"


def test_what_failed_in_the_queue_shows_no_null() -> None:
    """Jobs that never begin have neither progress nor preview, whatever those would be."""
    server = BY_ID["every-job-fails-in-the-queue"]
    found = tried(server, ("progress-type", "preview-image"))
    assert found.answers == {}
