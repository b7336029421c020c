"""Bodies made by schemathesis from ``openapi.yaml``: those it allows, and those it forbids."""

from __future__ import annotations

import json

from ..http.request_kinds import Kind
from ..rules.generated_bodies import Generator
from ..rules.refusals import SentRequest
from ..rules.scratch import hypothesis_elsewhere
from .player import Player
from .shares import UsedUpError

#: One body of schemathesis's in so many requests, and at most so many of a kind and operation.
_ONE_IN, _MOST = 4, 60


def send_foreign(player: Player) -> None:
    """Some for each operation, within the shares."""
    operations = player.ctx.contract.operations
    share = player.quota.sent.total() + player.quota.total_left
    count = min(_MOST, -(-share // (_ONE_IN * 2 * len(operations))))
    with hypothesis_elsewhere():
        generator = Generator(player.ctx.contract, player.ctx.options.seed)
        for operation in operations:
            for good in (True, False):
                made: list[object] = []
                generator.bodies(operation, count, made.append, good=good)
                for body in made:
                    player.step(_send, operation=operation, body=body)


def _send(player: Player, operation: str, body: object) -> None:
    if not isinstance(body, dict):
        content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        player.send_raw(operation, content)
    elif operation == "login":
        player.send(operation, _of_nobody(body, player.laws.mark))
    elif not player.ctx.contract.operations[operation].submits:
        player.send(operation, body)
    elif player.laws.forbidden(SentRequest(operation, "first", body, b"")):
        if not player.affords(operation):
            raise UsedUpError(Kind.SUBMISSION.value)
        player.send(operation, body)
    elif player.quota.jobs * 2 > player.quota.jobs_at_first and player.ctx.affords_job():
        # Nothing is promised of words that are no links, of parents that do not exist.
        player.send(operation, body, planned=True)


def _of_nobody(body: dict[str, object], mark: str) -> dict[str, object]:
    """No login is tried on a name that may exist: some servers lock after a few."""
    return {
        key: f"{mark}-{value}" if isinstance(value, str) and value else value
        for key, value in body.items()
    }
