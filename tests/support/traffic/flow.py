"""A whole client's flow: every operation, polls, finds with filters and pages, pictures, refusals.

``flow`` is what a busy client with three accounts does in a few minutes of its day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

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

#: No folder has this id: no request makes one.
_FOLDER = "6d1a4f4e-32a1-4a4e-8a3e-2b7c4a1f0e11"


def flow(wire: Observed, *, pictures: bool = False) -> None:
    """The whole of it; each part goes on whatever an earlier one came to."""
    with suppress(GoneError):
        _flow(wire, pictures)


def _flow(wire: Observed, pictures: bool) -> None:
    first, second = Client(wire, "abc"), Client(wire, "second")
    limited = Client(wire, "limited")
    _logins(first, second, limited)
    grid, niji = _create(first, second)
    children = _children(first, grid, niji)
    _repeats(first, second, grid, children)
    _finds(first, grid)
    _odd_finds(first)
    _whose(first, second)
    for _ in range(3):  # a client that tries again
        _refusals(first, limited, grid, children)
    _tokens(first, second)
    _bodies(first)
    if pictures:
        _pictures(first, grid, niji, children)
    wire.wait(40)
    for _ in range(3):
        first.find(limit=100)
        second.find(limit=100)
        wire.wait(1)


def _logins(first: Client, second: Client, limited: Client) -> None:
    wire = first.wire
    for one in (first, second, limited, first, second):
        one.login()
        one.find(limit=1)
    for body in (
        {"username": "abc", "password": "abc-secret-not"},
        {"username": "abc", "password": "abc-secre"},
        {"username": "abc", "password": "ABC-SECRET"},
        {"username": "abc"},
        {"password": "abc-secret"},
        {},
        {"username": "abc", "password": 5},
    ):
        wire.post(LOGIN, body)
        first.login()
    second.login()
    first.login(remember=True)
    first.find(limit=1)


def _create(first: Client, second: Client) -> tuple[str, str]:
    first.find()
    grid = first.submit(CREATE, content='Harbour at dawn, "old" boats, 上海的早晨 🚣')
    niji = first.submit(CREATE, content="a paper lantern on the quiet river --ar 3:2 --niji")
    neighbour = second.submit(CREATE, content="neighbour of somebody")
    first.wire.wait(5)
    first.find(limit=100)
    second.find(limit=100)
    early = [
        first.submit(UPSCALE, parent_hash=grid, grid_num=1),
        first.submit(VARY, parent_id=first.records.get(grid, {}).get("job_id"), grid_num=1),
    ]
    # More than a service may take at once, and again when others have ended.
    more = [first.submit(CREATE, content=f"kite number {n} over harbour") for n in range(3)]
    first.find(limit=100)
    first.await_(grid, niji, *early, *more)
    second.await_(neighbour)
    return grid, niji


def _children(first: Client, grid: str, niji: str) -> dict[str, str]:
    record = first.records.get(grid, {})
    job_id, sender = record.get("job_id"), record.get("sender_id")
    links = [
        str(one.get(key))
        for one in (record, first.records.get(niji, {}))
        for key in LINKS
        if one.get(key)
    ]
    made: dict[str, str] = {}
    batches: tuple[tuple[tuple[str, str, dict[str, Any]], ...], ...] = (
        (
            ("upscale", UPSCALE, {"parent_hash": grid, "grid_num": 2}),
            ("variation", VARY, {"parent_id": job_id, "grid_num": 3}),
            ("describe", DESCRIBE, {"content": links[0] if links else "http://a/b.png"}),
        ),
        (
            ("blend", BLEND, {"content": " ".join([*links[:1], *links[-1:]])}),
            ("upscale 4", UPSCALE, {"parent_hash": grid, "grid_num": 4}),
            (
                "remix",
                VARY,
                {"parent_id": job_id, "grid_num": 4, "content": "the same Harbour in winter"},
            ),
        ),
        (
            ("upscale 3", UPSCALE, {"parent_hash": grid, "grid_num": 3, "sender_id": sender}),
            ("variation 1", VARY, {"parent_id": job_id, "grid_num": 1}),
            ("variation 3", VARY, {"parent_id": job_id, "grid_num": 3, "sender_id": sender}),
        ),
        (
            ("blend sender", BLEND, {"content": " ".join(links[:2]), "sender_id": sender}),
            ("blend plain", BLEND, {"content": " ".join(links[:2])}),
            ("blend 5", BLEND, {"content": " ".join(links[:5])}),
        ),
        (
            ("describe sender", DESCRIBE, {"content": "".join(links[:1]), "sender_id": sender}),
            ("blend words", BLEND, {"content": "paper lantern"}),
            ("describe words", DESCRIBE, {"content": "lantern"}),
        ),
        (
            ("blend 3", BLEND, {"content": " ".join(links[:3])}),
            ("blend 4", BLEND, {"content": " ".join(links[:4])}),
            ("variation 2", VARY, {"parent_id": job_id, "grid_num": 2}),
            ("variation 4", VARY, {"parent_id": job_id, "grid_num": 4}),
        ),
    )
    for batch in batches:
        for name, path, body in batch:
            made[name] = first.submit(path, **body)
        first.await_(*(made[name] for name, _, _ in batch))
    return made


def _repeats(first: Client, second: Client, grid: str, made: Mapping[str, str]) -> None:
    """The same once more, of another's, of what is no grid, and of nothing."""
    job_id = first.records.get(grid, {}).get("job_id")
    upscale = first.records.get(made["upscale"], {})
    described = first.records.get(made["describe"], {})
    again = [
        first.submit(UPSCALE, parent_hash=grid, grid_num=2),
        first.submit(UPSCALE, parent_hash=grid, grid_num="1"),
        first.submit(VARY, parent_id=job_id, grid_num="1"),
        first.submit(VARY, parent_id=upscale.get("job_id"), grid_num=1),
    ]
    second.find(limit=100)
    foreign = [
        second.submit(UPSCALE, parent_hash=grid, grid_num=1),
        second.submit(VARY, parent_id=job_id, grid_num=1),
    ]
    first.submit(UPSCALE, parent_hash=made["upscale"], grid_num=1)
    first.submit(VARY, parent_id=described.get("job_id"), grid_num=1)
    first.submit(UPSCALE, parent_hash="no such job", grid_num=1)
    first.submit(VARY, parent_id="no such job", grid_num=1)
    first.await_(*again)
    second.await_(*foreign)


def _finds(first: Client, grid: str) -> None:
    records = first.find(limit=100)
    first.wire.wait(12)
    first.find()
    for limit in (1, 2, 5, 10):
        first.find(limit=limit)
    kinds = sorted({str(one.get("job_type")) for one in records})
    for kind in (*kinds, "main", "upscale"):
        first.find(job_type=[kind], limit=100)
    first.find(job_type=kinds[:2], limit=100)
    for services in (["niji"], ["main"], ["main", "niji"]):
        first.find(service=services, limit=100)
    for prompt in (
        "quiet", "QUIET", "uie", "lantern paper", "the same Harbour in winter", "zzqxv no match",
        "a paper lantern on the quiet river --ar 3:2 --niji", "上海的早晨", "winter",
    ):  # fmt: skip
        first.find(prompt=prompt, limit=100)
    first.find(service=["niji"], job_type=["main"], limit=100)
    first.find(service=["main"], job_type=["upscale"], limit=100)
    first.find(service=["niji"], job_type=["upscale"], limit=100)
    first.find(service=["niji"], limit=1)
    first.find(job_type=["upscale"], prompt="Harbour", limit=100)
    first.find(job_type=["upscale"], prompt="lantern", limit=100)
    for alone in (
        {"favourite": True}, {"prompt": "Harbour"}, {"service": ["main"]}, {"job_type": ["main"]},
        {"timestamp_smaller_than": 9_999_999_999_999}, {"folders": [_FOLDER]}, {"limit": 3},
    ):  # fmt: skip
        first.find(**alone)
    first.find(service=["main"], folders=[_FOLDER], limit=100)
    first.find(service=["main"], favourite=True, limit=100)
    first.find(favourite=True, limit=100)
    for _ in range(3):
        first.find(folders=[_FOLDER])
        first.find(prompt="🚣")
        first.find(limit=2)
    first.find(folders=[_FOLDER], limit=100)
    _pages(first)


def _pages(first: Client) -> None:
    """Backwards by the cursor, in milliseconds and in seconds."""
    every = first.find(limit=100)
    times = sorted({int(one["timestamp"]) for one in every if _is_number(one.get("timestamp"))})
    if not times:
        return
    middle = times[len(times) // 2]
    for limit in (4, 100):
        cursor = times[-1] + 1
        for _ in range(5):
            page = first.find(limit=limit, timestamp_smaller_than=cursor)
            left = [int(one["timestamp"]) for one in page if _is_number(one.get("timestamp"))]
            if not left or min(left) >= cursor:
                break
            cursor = min(left)
    for body in (
        {"timestamp_smaller_than": middle},
        {"timestamp_smaller_than": middle, "job_type": ["upscale"]},
        {"timestamp_smaller_than": middle, "service": ["main"], "limit": 3},
        {"timestamp_smaller_than": middle, "prompt": "Harbour"},
        {"timestamp_smaller_than": times[-1]},
        {"timestamp_smaller_than": times[-1] // 1000 + 1},
        {"timestamp_smaller_than": middle // 1000},
        {"timestamp_smaller_than": 1},
        {"timestamp_smaller_than": str(middle)},
    ):
        first.find(**{"limit": 100, **body})


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isdigit()


def _odd_finds(first: Client) -> None:
    for body in (
        {"limit": 0}, {"limit": -1}, {"limit": "10"}, {"limit": 500}, {"limit": 900},
        {"service": "niji"}, {"job_type": "upscale"}, {"folders": "none-such"},
        {"service": []}, {"job_type": []}, {"folders": []}, {"prompt": ""},
        {"service": ["midjourney"]}, {"job_type": ["no-such-type"]}, {"favourite": False},
        {"prompt": None}, {"favourite": None}, {"service": None}, {"colour": "red", "limit": 3},
        {"timestamp_smaller_than": "yesterday"}, {"prompt": 5}, {"favourite": "yes"},
        {"service": {"main": True}}, {"prompt": {"a": 1}}, {"prompt": ["Harbour"]},
    ):  # fmt: skip
        first.find(**body)
    some = [one for one in first.records if one]
    if len(some) > 2:
        first.find(hash=some[1], limit=100)


def _whose(first: Client, second: Client) -> None:
    """Two accounts by turns, the one that logged in first as well."""
    for one in (first, second):
        one.login()
    mine = first.submit(CREATE, content="a boat of the first")
    theirs = second.submit(CREATE, content="a boat of the second")
    first.await_(mine)
    second.await_(theirs)
    for one in (first, second):
        one.find(prompt="boat of the", limit=100)
        one.find(limit=100)


def _refusals(first: Client, limited: Client, grid: str, made: Mapping[str, str]) -> None:
    job_id = first.records.get(grid, {}).get("job_id")
    link = "http://pictures.test/one.png"
    for path in SUBMISSIONS:
        first.submit(path)
    for cell in (0, 5, -1, None, 1.5, "1x", True, [2]):
        first.submit(UPSCALE, parent_hash=grid, grid_num=cell)
        first.submit(VARY, parent_id=job_id, grid_num=cell)
    for login in (
        {"username": "abc"},
        {"password": "abc-secret"},
        {"username": "abc", "password": 5},
    ):
        first.wire.post(LOGIN, login)
        first.login()
    bodies: tuple[tuple[str, dict[str, object]], ...] = (
        (CREATE, {"content": 5}), (CREATE, {"prompt": "x"}), (UPSCALE, {"parent_hash": grid}),
        (UPSCALE, {"grid_num": 1}), (UPSCALE, {"parent_hash": 5, "grid_num": 1}),
        (VARY, {"parent_id": job_id}), (VARY, {"grid_num": 1}), (BLEND, {"content": link}),
        (BLEND, {"content": " ".join([link] * 6)}), (BLEND, {"content": [link, link]}),
        (DESCRIBE, {"content": f"{link} {link}"}), (DESCRIBE, {"content": ""}),
        (UPSCALE, {"parent_hash": "no such job", "grid_num": 9}),
        (VARY, {"parent_id": "no such job", "grid_num": 9}),
    )  # fmt: skip
    for path, body in bodies:
        first.submit(path, **body)
    for path, body in (
        (CREATE, {"content": "a boat"}),
        (UPSCALE, {"parent_hash": "no such job", "grid_num": 1}),
        (VARY, {"parent_id": "no such job", "grid_num": 1}),
    ):
        limited.submit(path, **body)
    for path in SUBMISSIONS:
        limited.submit(path)


def _valid(path: str) -> dict[str, object]:
    """A body to which there is nothing to say but that its sender is nobody."""
    bodies: dict[str, dict[str, object]] = {
        FIND: {"limit": 1},
        CREATE: {"content": "a boat"},
        VARY: {"parent_id": "f052f826-0568-45a1-8797-0a120c92aa42", "grid_num": 1},
        UPSCALE: {"parent_hash": "89ee3ce8bb4d2a056e38d6bd4a0ab5f2" * 2, "grid_num": 1},
        BLEND: {"content": "http://pictures.test/one.png http://pictures.test/two.png"},
        DESCRIBE: {"content": "http://pictures.test/one.png"},
    }
    return bodies[path]


def _tokens(first: Client, second: Client) -> None:
    wire = first.wire
    for path in (FIND, *SUBMISSIONS):
        body = _valid(path)
        wire.post(path, body)
        head, claims, *_ = [*first.token.split("."), "", ""]
        bent = (f"{head}.{claims}.", f"{head}.{claims}.{'A' * 43}")
        for token in ("", *bent, *(first.token[:length] for length in (60, 50, 40))):
            wire.post(path, body, token)
            wire.post(path, body)
        first.find(limit=1)
        wire.post(path, {} if path != FIND else body, Authorization=first.token)
        sender = {"sender_id": first.id}
        wire.post(path, body | sender if path != FIND else body)
        first.find(limit=1)
    before = second.token
    second.login()
    wire.post(FIND, {"limit": 1}, before)
    second.find(limit=1)
    first.login()
    first.find(limit=1)


def _bodies(first: Client) -> None:
    """What a broken client sends, and what a curious one asks."""
    wire = first.wire
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {first.token}"}
    for path in (LOGIN, FIND, *SUBMISSIONS):
        own = headers if path != LOGIN else {"Content-Type": "application/json"}
        for body in (b"{", b"[1]", b'{"content": "\xff"}', b"null", b"[" * 3000):
            wire.send("POST", path, body, own)
        for method in ("GET", "PUT"):
            wire.send(method, path, b"", headers if method == "GET" else {})
    for method in ("POST", "GET", "PUT"):
        wire.send(method, "/no/such/path", b"{}" if method == "POST" else b"", headers)
    plain = {"Content-Type": "text/plain"}
    right = {"username": "abc", "password": "abc-secret"}
    wire.send("POST", LOGIN, json.dumps(right).encode(), plain)
    first.login()
    headers["Authorization"] = f"Bearer {first.token}"
    for limit in (b'{"limit": 1}', b'{"limit": 2}'):
        wire.send("POST", FIND, limit, headers | plain)
    nul = json.dumps({"prompt": "a\0b"}).encode()
    wire.send("POST", FIND, nul, headers)
    link = next(
        (str(one["img_buffer"]) for one in first.records.values() if one.get("img_buffer")), ""
    )
    first.await_(
        first.submit(CREATE, content="a kite with a field"),
        first.submit(BLEND, content=f"{link} {link}"),
        first.submit(DESCRIBE, content=link),
    )
    first.await_(
        first.submit(CREATE, content="a kite with a field", colour="red"),
        first.submit(BLEND, content=f"{link} {link}", colour="red"),
        first.submit(DESCRIBE, content=link, colour="red"),
        first.submit(UPSCALE, parent_hash="no such job", grid_num=1, colour="red"),
        first.submit(VARY, parent_id="no such job", grid_num=1, colour="red"),
    )


def _pictures(first: Client, grid: str, niji: str, made: Mapping[str, str]) -> None:
    for hash in (grid, made["upscale"], made["variation"], niji):
        first.find(limit=100)
        first.picture(hash)
    for name in ("upscale 4", "variation 1", "remix", "blend"):
        first.find(limit=100)
        first.picture(made[name], "img_buffer")
