"""No right server is failed, and what is learnt of it is what was set.

A part of ``make legal``: the shipped profiles, and everything that wraps the first. Each question
turned by itself takes longer and is left to the command.
"""

from __future__ import annotations

import pytest

from tests.legal_servers import LEGAL, QUESTIONS, WRAPPINGS, outcome

CHOSEN = ["documented-1", "mixed-1", *(name for name in WRAPPINGS if name != "plain")]


def test_every_variant_of_every_question_has_a_server() -> None:
    turned = {(key, one.answers[key]) for one in LEGAL.values() for key in one.answers}
    for question in QUESTIONS:
        for variant in question["variants"]:
            answer = variant.get("example", variant["id"])
            assert answer == question["default"] or (question["id"], answer) in turned


@pytest.mark.parametrize("id", CHOSEN)
def test_a_right_server_is_not_failed(id: str) -> None:
    found = outcome(id)
    assert (found.failed, found.mistaken, found.trial.broken) == ((), (), None)
