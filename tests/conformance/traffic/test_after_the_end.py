"""What a finished record may not change, and what is said of a digest beside the picture."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from sampan.conformance.checks.images import md5_of
from sampan.conformance.pictures.picture import inspected
from sampan.conformance.traffic.seen import Seen
from tests.support.examples import some
from tests.support.traffic.client import CREATE, FIND, UPSCALE, Client
from tests.support.traffic.made import failed, judged, made, records_changed
from tests.support.traffic.observed import Observed

TEXTS = ("msg_content", "msg_display")
#: What may become of a text, and what else a record may change.
OTHER = (lambda t: t + " --v 5", lambda t: t[:-1], lambda t: "other", lambda t: None)
FREE = ({"is_favourite": True}, {"folders": ["a"]}, {"favourite_count": 3}, {"deleted": True})


def _later(find: Seen, **keys: object) -> Seen:
    return replace(records_changed(find, **keys), at=find.at + 30)


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("other", range(len(OTHER)))
def test_a_prompt_stays_once_its_job_has_finished(wire: Observed, key: str, other: int) -> None:
    client = made(wire)
    first = next(iter(client.records.values()))
    changed = OTHER[other](first[key])
    assert "LIFE-4" in failed(judged([*wire.seen, _later(wire.seen[-1], **{key: changed})]))
    upscale = client.submit(UPSCALE, parent_hash=first["hash"], grid_num=1)
    client.await_(upscale)
    record = client.records[upscale]
    bent = _later(wire.seen[-1], **{key: f"{record[key]} and more"})
    assert "LIFE-4" in failed(judged([*wire.seen, bent]))


@pytest.mark.parametrize("keys", FREE)
def test_what_a_user_changes_may_change(wire: Observed, keys: dict[str, object]) -> None:
    made(wire)
    assert failed(judged([*wire.seen, _later(wire.seen[-1], **keys)])) == set()


def test_a_running_job_may_be_given_more_text(wire: Observed) -> None:
    client = Client(wire, "abc")
    client.login()
    client.submit(CREATE, content="a quiet harbour")
    client.find()
    running = wire.seen[-1]
    texts = {"msg_content": "a quiet harbour --v 5", "msg_display": "a quiet harbour"}
    assert failed(judged([*wire.seen, _later(running, **texts)])) == set()


def _answer(wire: Observed, seen: list[Seen]) -> str | None:
    report = judged(seen)
    return next(one.answer for one in report.observations if one.id == "image-md5")


@pytest.mark.parametrize("digest", some(["right", "RIGHT", "0" * 32, None, "abc"], 5))
def test_a_digest_is_compared_with_the_picture(wire: Observed, digest: str | None) -> None:
    client = made(wire)
    hash = next(iter(client.records))
    client.picture(hash, "img_buffer")
    body = wire.seen[-1].reply.body
    true = hashlib.md5(body, usedforsecurity=False).hexdigest()
    said = {"right": true, "RIGHT": true.upper()}.get(str(digest), digest)
    seen = [
        records_changed(one, img_md5=said) if one.request.target.endswith(FIND) else one
        for one in wire.seen
    ]
    expected = {
        None: "null",
        "abc": "'abc'",
        "0" * 32: f"{'0' * 32}, and the picture's MD5 is {true}",
    }
    assert _answer(wire, seen) == expected.get(digest, "hex")
    if digest not in (None, "abc"):
        assert _answer(wire, seen[:-1]) is None
    record = {"img_md5": said}
    picture = inspected("http://a.test/b.png", wire.seen[-1].reply, ())
    assert md5_of(record, picture) == expected.get(digest, "hex")
    assert json.dumps(md5_of(record, None)) != '"hex"'
