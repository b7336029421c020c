"""Laws of the judge of traffic: it fails no right server and mistakes none for another; a wrong
server whose mistake the flow shows is failed for it."""

from __future__ import annotations

import re

import pytest

from sampan.conformance.contract import shipped
from sampan.conformance.verdict import Verdict
from tests.conforming_servers import CONFORMING_SERVERS
from tests.conforming_servers.conforming_server import ConformingServer
from tests.support.examples import sampled, some
from tests.support.paths import ROOT
from tests.support.traffic.flow_judged import Traffic, contradicts, traffic
from tests.support.traffic.observed import Clock
from tests.wrong_servers.trying.matrix import chosen
from tests.wrong_servers.trying.traffic import tried

BY_ID = {one.id: one for one in CONFORMING_SERVERS}

#: What no traffic of this flow shows, and why.
UNSEEN_QUESTIONS = {
    "service-error-message": "no request makes a healthy server fail",
    "find-max-limit": "a flow makes fewer records than the maximum",
    "favourite-false": "no request makes a favourite",
}
#: Wrong servers of several rooms, whose mistakes the flow shows without pictures.
SHOWN = (
    *("limit-is-ignored", "token-is-null", "cursor-is-ignored", "record-is-listed-twice"),
    *("total-is-missing", "upscale-unknown-parent-is-taken", "answer-has-the-hash-in-capitals"),
)


def _served(server: ConformingServer, *, pictures: bool = False) -> Traffic:
    clock = Clock()
    return traffic(server.build(clock.settings()), clock, pictures=pictures)


def _problems(server: ConformingServer, found: Traffic) -> list[str]:
    wrong = [
        f"{id} is {server.expected(id)} and was taken for {answer}"
        for id, answer in found.answers.items()
        if contradicts(answer, server.expected(id))
    ]
    failed = [f"{id}: {message}" for id, message in found.failed.items()]
    return failed + wrong + ([found.broken] if found.broken else [])


def test_a_whole_flow_shows_every_requirement_and_all_questions_but_three() -> None:
    found = _served(BY_ID["documented-1"], pictures=True)
    assert _problems(BY_ID["documented-1"], found) == []
    assert found.having(Verdict.UNSEEN) == []
    assert shipped().questions.keys() - found.answers.keys() == UNSEEN_QUESTIONS.keys()
    assert all(one.held for one in found.report.findings)


def test_the_table_in_the_docs_names_all_that_traffic_shows() -> None:
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    rows = [one.split("|") for one in text.splitlines() if re.match(r"\|.*\b[A-Z]+-\d", one)]
    rows = [row for row in rows if len(row) == 5]
    requirements = [one.strip() for row in rows for one in row[2].split(",")]
    questions = [one.strip() for row in rows for one in row[3].split(",")]
    contract = shipped()
    assert sorted(requirements) == sorted(contract.requirements)
    assert sorted(questions) == sorted(contract.questions.keys() - UNSEEN_QUESTIONS.keys())


@pytest.mark.whole
def test_every_question_answered_otherwise_is_learnt_as_such() -> None:
    found = _served(BY_ID["mixed-1"], pictures=True)
    assert _problems(BY_ID["mixed-1"], found) == []
    assert len(found.answers) > 40


@pytest.mark.parametrize("id", sampled(some([one for one in BY_ID if "-1" not in one], 350), 2))
def test_no_right_server_is_failed_or_taken_for_another(id: str) -> None:
    assert _problems(BY_ID[id], _served(BY_ID[id])) == []


@pytest.mark.whole
@pytest.mark.parametrize("id", some(SHOWN, len(SHOWN)))
def test_a_wrong_server_is_failed_for_what_it_breaks(id: str) -> None:
    (server,) = chosen([id])
    row = tried(server)
    assert row.named, row.failed
