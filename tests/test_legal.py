"""No right server is failed, and what is learnt of it is what was set: a part of ``make legal``."""

from __future__ import annotations

import pytest

from tests.legal import LEGAL
from tests.legal.judging import judged, tried
from tests.legal.legal import QUESTIONS

BY_ID = {one.id: one for one in LEGAL}
CHOSEN = ("documented-1", "mixed-1", "signed-links", "redirected-pictures", "nulls-are-filled")


def test_every_variant_of_every_question_has_a_server() -> None:
    turned = {(key, one.answers[key]) for one in LEGAL for key in one.answers}
    for question in QUESTIONS:
        for variant in question["variants"]:
            answer = variant.get("example", variant["id"])
            assert answer == question["default"] or (question["id"], answer) in turned


@pytest.mark.parametrize("id", CHOSEN)
def test_a_right_server_is_not_failed(id: str) -> None:
    outcome = judged(BY_ID[id], tried(BY_ID[id]))
    assert (outcome.wronged, outcome.mistaken, outcome.broken) == ((), (), None)
