"""Bodies drawn at random from the contract, with nothing to import: of ordinary and odd values,
whole and incomplete, and bytes that are no JSON object. Pure; a ``Random`` decides every one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random

from ..contract import Contract
from .malformed_bodies import SCRIPTS, samples

Body = dict[str, object]

#: Longer bodies are a kind of request of their own.
_LONG = 60_000
_LINK = "https://example.com/{}.png"
#: Text that readers and stores stumble over.
_ODD = ("", " ", "\x00", "\ud800", "a\nb\t\r", "%s%n{}", "../..", "null", "x" * 5_000, "0", "[]")
#: One value of each type, and what lies at the edge of it.
_NUMBERS = (0, -1, 1, 5, 9, 1.5, -0.0, 1e300, 2**31, 2**53 + 1, 10**30)
_OTHERS: tuple[object, ...] = (True, False, None, [], {}, ["x"], [5], [{}], [[]], {"text": "boat"})
#: A grid has four cells.
_CELLS = (1, 2, 3, 4, 0, 5, -1, 1.5, 99, "1x", "", "first", None, True, [1])


def any_value(random: Random) -> object:
    """A value of any type."""
    pools: tuple[tuple[object, ...], ...] = (_ODD, tuple(SCRIPTS.values()), _NUMBERS, _OTHERS)
    return random.choice(random.choice(pools))


def filters(random: Random) -> Body:
    """Filters of a find that no server has a ground to refuse."""
    good: Mapping[str, Callable[[], object]] = {
        "limit": lambda: random.randint(1, 100),
        "timestamp_smaller_than": lambda: random.choice((10**13 - 1, 1, 1_712_040_515_164)),
        "service": lambda: random.choice((["main"], ["niji"], ["niji", "main"])),
        "job_type": lambda: random.choice((["main"], ["upscale"], ["upscale", "main"])),
        "prompt": lambda: random.choice((*SCRIPTS.values(), "boat", "x" * 300)),
        "favourite": lambda: True,
    }
    chosen = random.sample(sorted(good), random.choice((0, 1, 1, 2, 2, 3, 6)))
    return {key: good[key]() for key in chosen}


def odd_filters(random: Random, contract: Contract) -> Body:
    """The same with one value of any kind."""
    known = contract.request_schema("findJobs")["properties"]
    return filters(random) | {random.choice(sorted(known)): any_value(random)}


def nobodys_login(random: Random, mark: str) -> Body:
    """A login whose name nobody has, or which lacks something."""
    words = (*SCRIPTS.values(), "nobody", "x" * 300, "a b", '"', "' or 1=1 --", "*", "\x00")
    name, password = f"{mark}-{random.choice(words)}", f"{mark}-{random.choice(words)}"
    body: Body = {"username": name, "password": password}
    key = random.choice(sorted(body))
    change = random.randrange(4)
    if change == 1:
        del body[key]
    elif change == 2:
        body[key] = random.choice((5, True, {"x": name}, [name], None))
    return body


def refusable(random: Random, contract: Contract, operation: str, parent: str) -> Body:
    """A submission with a fault, as a rule one that every server must refuse. ``parent`` is the
    hash or the job id that a child names."""
    body = contract.example(operation)
    body.pop("sender_id", None)
    if operation in ("varyJob", "upscaleJob"):
        body["parent_id" if operation == "varyJob" else "parent_hash"] = parent
    required = contract.request_schema(operation)["required"]
    changes: list[Callable[[], Body]] = [
        lambda: _without(body, random.choice(required)),
        lambda: body | {random.choice(required): random.choice((5, True, ["x"], {"a": 1}, None))},
        dict,
    ]
    if "grid_num" in required:
        changes += [lambda: body | {"grid_num": random.choice(_CELLS)}] * 3 + [lambda: body]
    if operation == "blendImages":
        changes += [lambda: {"content": _links(random.choice((1, 6, 7)))}] * 3
    if operation == "describeImage":
        changes += [lambda: {"content": random.choice((_links(2), "lantern", ""))}] * 3
    return random.choice(changes)()


def no_object(random: Random, contract: Contract, operation: str) -> bytes:
    """Bytes that are no JSON object: a known breaker of readers, or a body that was damaged."""
    if random.random() < 0.5:
        known = [one.body for one in samples() if len(one.body) < _LONG and not _object(one.body)]
        return random.choice(known)
    whole = json.dumps(contract.example(operation), ensure_ascii=False).encode()
    place = random.randrange(len(whole))
    damaged = random.choice(
        (
            whole[:place],
            whole[:place] + random.choice((b"\xff", b"\x00", b'"', b"}", b",")) + whole[place:],
            b"[" + whole + b"]",
            whole + whole,
            whole.replace(b'"', b"'"),
            whole.decode().encode("utf-16"),
            b'{"limit": ' + random.choice((b"NaN", b"1e400", b"01", b"9" * 5_000)) + b",}",
            b"[" * random.choice((200, 1_100, 20_000)),
        )
    )
    return damaged if not _object(damaged) else whole[:place]


def _without(body: Body, key: str) -> Body:
    return {name: value for name, value in body.items() if name != key}


def _links(count: int) -> str:
    return " ".join(_LINK.format(number) for number in range(count))


def _object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
