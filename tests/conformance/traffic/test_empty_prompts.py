"""Records without a text: nobody can tell by what a find has to find them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sampan.conformance.traffic.seen import Seen
from tests.support.examples import some
from tests.support.traffic.client import CREATE, DESCRIBE, FIND, Client
from tests.support.traffic.made import changed, failed, judged, records_changed
from tests.support.traffic.observed import Observed

PROMPT = "a quiet harbour"
#: What a record may have in place of a prompt.
EMPTY = (None, "", " ")
TEXTS = [pair for pair in product((*EMPTY, PROMPT), repeat=2) if pair != (PROMPT, PROMPT)]


def _finds(wire: Observed) -> list[Seen]:
    return [one for one in wire.seen if one.request.target.endswith(FIND)]


def _bare(wire: Observed, *, submitted: bool, **texts: object) -> list[Seen]:
    """The finds of a client, whose records have these texts; with the submission, or without."""
    seen = [
        records_changed(one, **texts) if one.request.target.endswith(FIND) else one
        for one in wire.seen
    ]
    return [one for one in seen if submitted or not one.request.target.endswith(CREATE)]


@pytest.mark.parametrize("texts", some(TEXTS, len(TEXTS)))
@pytest.mark.parametrize("prompt", [PROMPT, "", " ", "another text"])
@pytest.mark.parametrize("submitted", [True, False])
def test_a_record_whose_prompt_is_not_shown_need_not_be_found_by_one(
    wire: Observed, texts: tuple[object, object], prompt: str, submitted: bool
) -> None:
    client = Client(wire, "abc")
    client.login()
    client.await_(client.submit(CREATE, content=PROMPT))
    seen = _bare(wire, submitted=submitted, msg_content=texts[0], msg_display=texts[1])
    wire.wait(60)
    wire.seen.clear()
    client.find(prompt=prompt)
    nothing = changed(wire.seen[-1], data={"res": [], "total": 0})
    assert failed(judged([*seen, nothing])) <= {"CREATE-5"}


@pytest.mark.parametrize("path", [CREATE, DESCRIBE])
def test_a_record_without_any_text_may_be_found_by_a_prompt(wire: Observed, path: str) -> None:
    client = Client(wire, "abc")
    client.login()
    client.submit(path, content="http://pictures.test/one.png")
    client.find(prompt="harbour")
    found = _finds(wire)[-1]
    client.find()
    shown = replace(_finds(wire)[-1], request=found.request)
    texts = ("msg_content", "msg_display", "sender_msg", "description", "description_translation")
    for empty in EMPTY[:2]:
        bare = records_changed(shown, **dict.fromkeys(texts, empty))
        assert failed(judged([*wire.seen[:2], bare])) == set()
    strange = records_changed(shown, **dict.fromkeys(texts, "no word of it"))
    assert "FIND-7" in failed(judged([*wire.seen[:2], strange]))


def test_a_finished_job_is_found_by_its_whole_prompt(wire: Observed) -> None:
    client = Client(wire, "abc")
    client.login()
    client.await_(client.submit(CREATE, content=PROMPT))
    seen = _bare(wire, submitted=True, msg_content=PROMPT, msg_display=PROMPT)
    wire.wait(60)
    client.find(prompt=PROMPT)
    nothing = changed(wire.seen[-1], data={"res": [], "total": 0})
    assert failed(judged([*seen, nothing])) == {"FIND-7", "FIND-13"}
