"""Bodies drawn at random from the contract, with nothing to import: of ordinary and odd values,
whole and incomplete, and bytes that are no JSON object. Pure; a ``Random`` decides every one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
#: What is no cell of a grid, whatever a question leaves open.
_NO_CELLS = (0, 5, -1, 1.5, 99, "1x", "first", "", None, [1], {"n": 1})
#: What is no text.
_NO_TEXTS: tuple[object, ...] = (None, 5, True, ["x"], {"text": "x"})

#: A filter of a find with a value that no question allows.
WRONG_FILTERS: tuple[tuple[str, object], ...] = tuple(
    (key, value)
    for keys, values in (
        (("prompt",), _NO_TEXTS[1:]),
        (("favourite",), ("perhaps", 5, [], {})),
        (("timestamp_smaller_than",), ("yesterday", True, [], {"ms": 1})),
        (("service", "job_type", "folders"), ({"a": 1}, [{}], 5)),
    )
    for key in keys
    for value in values
)


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


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that every server must refuse: ``change`` makes it in a right body."""

    operation: str
    change: Callable[[Body], Body]


def _without(*keys: str) -> Callable[[Body], Body]:
    return lambda body: {name: value for name, value in body.items() if name not in keys}


def _with(key: str, value: object) -> Callable[[Body], Body]:
    return lambda body: body | {key: value}


def _texts(operation: str, *keys: str) -> tuple[Fault, ...]:
    """Keys of a text that are missing or hold something else."""
    return (
        *(Fault(operation, _without(key)) for key in keys),
        *(Fault(operation, _with(key, value)) for key in keys for value in _NO_TEXTS),
    )


def _child(operation: str, parent: str) -> tuple[Fault, ...]:
    return (
        *_texts(operation, parent),
        Fault(operation, _without("grid_num")),
        Fault(operation, _without(parent, "grid_num")),
        *(Fault(operation, _with("grid_num", cell)) for cell in _NO_CELLS),
        Fault(operation, lambda body: body),  # of a parent that does not exist
    )


def _links(count: int) -> str:
    return " ".join(_LINK.format(number) for number in range(count))


FAULTS: tuple[Fault, ...] = (
    *_texts("createJob", "content"),
    *_texts("blendImages", "content"),
    *(Fault("blendImages", _with("content", _links(count))) for count in (1, 6, 7)),
    *_texts("describeImage", "content"),
    *(Fault("describeImage", _with("content", one)) for one in (_links(2), "lantern", "")),
    *_child("varyJob", "parent_id"),
    *_child("upscaleJob", "parent_hash"),
)


def no_object(random: Random, contract: Contract, operation: str) -> bytes:
    """Bytes that are no JSON object: a known breaker of readers, or a body that was damaged."""
    if random.random() < 0.5:
        known = [one.body for one in samples() if len(one.body) < _LONG and not is_object(one.body)]
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
    return damaged if not is_object(damaged) else whole[:place]


def is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
