"""A fake with a trace of every kind, and its state document with another value somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support.controls import Control
from tests.support.fakes import JSON, Fake

MakeFake = Callable[..., Fake]


def lived_in(control: Control) -> None:
    """Leave a trace of every kind."""
    abc = control.fake.login()
    parent = abc.picture("Shanghai at dawn --ar 16:9 --niji")
    abc.submit("/jobs/upscale", parent_hash=parent["hash"], grid_num=3)
    abc.submit("/jobs/variation", parent_id=parent["job_id"], grid_num=1, content="猫 🐈")
    link = parent["original_url"]
    abc.submit("/jobs/blend", content=f"{link} {link}")
    abc.submit("/jobs/describe", content=link)
    for marker in ("stuck=50", "fail", "find-lag=5000", "image-late=9000", "out-of-order", "webp"):
        abc.create(f"x --fake {marker}")
    stalled = abc.create()
    control.post(f"jobs/{stalled}/stall")
    control.put(f"favourites/{parent['hash']}")
    control.put(f"folders/one/jobs/{parent['hash']}")
    control.post("clock/freeze", account="abc")
    control.advance("1s", "abc")
    control.advance("1h", "limited")
    control.advance("1m")
    control.post("accounts", username="t1", password="p", plan="none", name="Tee")
    control.post("faults", type="ERRNO", errno=501, times=3, match={"account": "abc", "path": "/x"})
    delay = {"distribution": "uniform", "lower": 0.5, "upper": 2}
    control.post("faults", type="DELAY", delay=delay, skip=10, probability=0.5, seed=4)
    control.post("scenarios", scenario="fail", argument=12, account="abc", times=2)
    control.post("scenarios", scenario="slow")
    control.patch("profile", answers={"find-order": "oldest-first"}, account="abc")
    control.put("profile", profile="mixed", answers={"success-http-status": "200"})
    control.fake.get("/")


def broken(document: JSON, path: list[Any], value: object) -> JSON:
    """The document with another value somewhere."""
    copy: JSON = json.loads(json.dumps(document))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy
