"""The fake under its profiles, and under every variant of every question."""

from __future__ import annotations

from tests.conforming_servers.conforming_server import (
    DEFAULTS,
    MIXED,
    QUESTIONS,
    ConformingServer,
    add,
)

SEEDS = (1, 2, 3)

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
