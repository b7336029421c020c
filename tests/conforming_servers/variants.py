"""The fake under its profiles, and under every variant of every question."""

from __future__ import annotations

from tests.conforming_servers.conforming_server import (
    DEFAULTS,
    MIXED,
    QUESTIONS,
    ConformingServer,
    add,
)
from tests.support.tampering.history import history
from tests.support.tampering.trial import quiet

SEEDS = (1, 2, 3)

_PARENT_FIRST_ORDERS = (
    "plan-parent-parameters",
    "parent-parameters-plan",
    "parent-plan-parameters",
)
_PARENT_FIRST = {"unknown-field": "a field beside an unknown parent is not read"}

for _seed in SEEDS:
    add(ConformingServer(f"documented-{_seed}", "the default of every question", seed=_seed))
    add(ConformingServer(f"mixed-{_seed}", "every question otherwise", answers=MIXED, seed=_seed))

for _question in QUESTIONS:
    for _variant in _question["variants"]:
        # A parametric variant stands for many: its example is tried.
        _answer = _variant.get("example", _variant["id"])
        if _answer != DEFAULTS[_question["id"]]:
            add(
                ConformingServer(
                    f"{_question['id']}={_answer}",
                    _variant["says"],
                    answers={_question["id"]: _answer},
                    # No request makes a favourite.
                    around=history if _question["id"] == "favourite-false" else quiet,
                    open=_PARENT_FIRST if _answer in _PARENT_FIRST_ORDERS else {},
                )
            )
    # Operation by operation: each of them in turn answers otherwise than all the others.
    _named = [one["id"] for one in _question["variants"] if "pattern" not in one]
    _other = next((one for one in _named if one != _question["default"]), "")
    for _odd in _question["operations"] if _question.get("each") else ():
        _each = {
            one: _other if one == _odd else _question["default"] for one in _question["operations"]
        }
        add(
            ConformingServer(
                f"{_question['id']}-of-{_odd}={_other}",
                f"{_question['id']} is {_other} for {_odd} alone",
                answers={_question["id"]: ", ".join(f"{key}: {one}" for key, one in _each.items())},
            )
        )
    # The other way round: one question at its default where all others are not.
    add(
        ConformingServer(
            f"mixed-but-{_question['id']}",
            f"every question otherwise but {_question['id']}",
            answers={key: one for key, one in MIXED.items() if key != _question["id"]},
        )
    )

# A cell is refused since it was upscaled before, and not for how it is written.
_ONCE = {"repeat-upscale": "refused", "unfinished-parent": "queued"}
_STRING = {"grid-num-string": "coerced", "check-order": "parent-parameters-plan"}
add(
    ConformingServer(
        "cells-are-upscaled-once",
        "no cell is upscaled twice, a parent need not be finished, and a cell may be a string",
        answers=_ONCE | _STRING,
        open=_PARENT_FIRST,
    )
)
