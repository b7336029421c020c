"""A random client of several accounts, with odd wishes, at a server with random answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tests.conforming_servers.conforming_server import QUESTIONS
from tests.support.traffic.client import (
    BLEND,
    CREATE,
    DESCRIBE,
    FIND,
    LINKS,
    LOGIN,
    SUBMISSIONS,
    UPSCALE,
    VARY,
    Client,
)
from tests.support.traffic.observed import GoneError, Observed

_PROMPTS = (
    *("a boat", "Harbour at dawn", "上海的早晨 🚣", "a cat --ar 16:9", "x --niji", "a" * 300),
    *("tab\tand\nline", "UPPER lower", "a boat  twice  spaced", '"quoted" \\slash', "100% _under"),
    *("%", "boat", "ß straße", "İstanbul", "--ar 1:1"),
)
#: Not token-expires and queue-full: they look like another answer to a question.
_SCENARIOS = (
    *("", "", "", "", "slow=3", "fail=46", "banned", "altered-prompt", "find-lag=3000", "stuck=30"),
    *("no-progress", "service-error", "plan-required", "refused"),
)
_CELLS = (1, 2, 3, 4, 1, 2, 3, 4, 0, 5, "1", None, 1.0, True, -1)
_LOGINS: tuple[Mapping[str, object], ...] = (
    {"username": "abc"}, {"password": "abc-secret"}, {}, {"username": None, "password": None},
    {"username": None, "password": "abc-secret"}, {"username": "abc", "password": "not-it"},
    {"username": "ABC", "password": "abc-secret"}, {"username": "ghost", "password": "ghost"},
)  # fmt: skip
_BODIES = (b'{"limit": 1', b"[]", b"null", b'"x"', b"\xff", b'{"content": "a\\u0000b"}')
_WAITS = (0.0, 0.1, 1.0, 1.0, 3.0, 8.0, 20.0, 60.0, 400.0)


def answers(drawn: random.Random) -> dict[str, str]:
    """One of the possible answers to some of the questions, the others as documented."""
    share = drawn.choice((0.1, 0.5, 0.9))
    return {
        str(one["id"]): str(
            (variant := drawn.choice(one["variants"])).get("example", variant["id"])
        )
        for one in QUESTIONS
        if drawn.random() < share
    }


def walk(wire: Observed, drawn: random.Random, steps: int) -> None:
    """So many steps of three accounts, one of which may have two clients."""
    with suppress(GoneError):
        clients = [Client(wire, name) for name in ("abc", "second", "limited", "abc")]
        for one in clients:
            one.login()
        for _ in range(steps):
            _Step(drawn, clients).take()


class _Step:
    def __init__(self, drawn: random.Random, clients: list[Client]) -> None:
        self._drawn = drawn
        self._client = drawn.choice(clients)
        self._wire = self._client.wire
        self._own = list(self._client.records.values()) or [{}]
        self._all = [one for each in clients for one in each.records.values()] or [{}]

    def take(self) -> None:
        (step,) = self._drawn.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))
        step(self)

    def _chance(self, share: float) -> bool:
        return self._drawn.random() < share

    def _record(self) -> dict[str, Any]:
        return self._drawn.choice(self._own if self._chance(0.8) else self._all)

    def _link(self) -> str:
        links = [str(one[key]) for one in self._all for key in LINKS if one.get(key)]
        return self._drawn.choice(links or ["http://pictures.test/one.png"])

    def login(self) -> None:
        self._client.login()

    def odd_login(self) -> None:
        self._wire.post(LOGIN, self._drawn.choice(_LOGINS))

    def create(self) -> None:
        scenario = self._drawn.choice(_SCENARIOS)
        body: dict[str, object] = {"content": self._drawn.choice(_PROMPTS)}
        if scenario:
            body["content"] = f"{body['content']} --fake {scenario}"
        if self._chance(0.1):
            body["colour"] = 1
        if self._chance(0.1):
            body["sender_id"] = self._record().get("sender_id")
        self._client.submit(CREATE, **body)

    def upscale(self) -> None:
        cell = self._drawn.choice(_CELLS)
        name = self._record().get("hash", "no such job")
        self._client.submit(UPSCALE, parent_hash=name, grid_num=cell)

    def vary(self) -> None:
        more = {"content": self._drawn.choice(_PROMPTS)} if self._chance(0.5) else {}
        cell = self._drawn.choice(_CELLS)
        name = self._record().get("job_id", "no such job")
        self._client.submit(VARY, parent_id=name, grid_num=cell, **more)

    def blend(self) -> None:
        links = " ".join(self._link() for _ in range(self._drawn.choice((1, 2, 2, 3, 5, 6))))
        words = ("just words", "", "http://a.test/a.png words")
        self._client.submit(
            BLEND, content=links if self._chance(0.8) else self._drawn.choice(words)
        )

    def describe(self) -> None:
        contents = (self._link(), "words", f"{self._link()} {self._link()}")
        self._client.submit(DESCRIBE, content=self._drawn.choice(contents))

    def odd_token(self) -> None:
        token = self._client.token
        odd = (None, "", token[:-5], f"{token}x", token[:30], "garbage", token.upper())
        body = self._drawn.choice(({}, {"content": "x"}, {"limit": 1}))
        self._wire.post(self._drawn.choice((FIND, *SUBMISSIONS)), body, self._drawn.choice(odd))

    def odd_request(self) -> None:
        kind = self._drawn.choice(("application/json", "text/plain"))
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self._client.token}"}
        method = self._drawn.choice(("POST", "POST", "GET", "PUT"))
        path = self._drawn.choice((FIND, CREATE, LOGIN, "/no/such", "/jobs/find/"))
        self._wire.send(method, path, self._drawn.choice(_BODIES), headers)

    def picture(self) -> None:
        if self._own[0]:
            self._client.picture(str(self._record().get("hash")), self._drawn.choice(LINKS))

    def wait(self) -> None:
        self._wire.wait(self._drawn.choice(_WAITS))

    def find(self) -> None:
        record, drawn = self._record(), self._drawn
        stamp = str(record.get("timestamp"))
        time = int(stamp) if stamp.isdigit() else 1
        text = str(record.get("msg_content"))
        values: dict[str, tuple[object, ...]] = {
            "limit": (1, 2, 5, 10, 50, 100, 100, 500, 0, -1, "5", 1.5, None),
            "timestamp_smaller_than": (
                *(
                    time,
                    time + 1,
                    time + 1000,
                    time - 1,
                    time // 1000,
                    str(time),
                    0,
                    -5,
                    9e15,
                    None,
                ),
            ),
            "service": (["niji"], ["main"], ["niji", "main"], "main", [], ["zz"], None),
            "job_type": (
                *(["main"], ["upscale"], ["blend", "describe"], "main", [], ["zz"]),
                [record.get("job_type")],
            ),
            "prompt": (*_PROMPTS, text[:20], text, "", " ", "boat dawn", "OAT", None),
            "folders": (["none"], [], "none"),
            "favourite": (True, False, None, "true"),
            "hash": (record.get("hash"), None),
        }
        keys = drawn.sample(tuple(values), drawn.choice((0, 0, 1, 1, 2, 3)))
        self._client.find(**{key: drawn.choice(values[key]) for key in keys})


#: How often each kind of step is taken.
_WEIGHTS: Mapping[Callable[[_Step], None], int] = {
    _Step.login: 6, _Step.odd_login: 3, _Step.create: 11, _Step.upscale: 6, _Step.vary: 6,
    _Step.blend: 4, _Step.describe: 3, _Step.odd_token: 4, _Step.odd_request: 4,
    _Step.picture: 3, _Step.wait: 12, _Step.find: 38,
}  # fmt: skip
