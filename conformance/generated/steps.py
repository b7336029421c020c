"""The steps of a walk: what a client may do, with the values it may be drawn from.

A step neither knows nor decides which one follows: ``walks.py`` draws at random, and
``machine.py`` lets Hypothesis choose. What a step draws never depends on an answer: a number
selects one of the jobs that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from ..json_access import millis, object_at, text
from ..rules import drawn_bodies as drawn
from ..rules.bad_tokens import bad_tokens
from ..rules.malformed_bodies import SCRIPTS
from ..rules.refusals import SentRequest, unknown_parent
from .paging import page
from .player import Player

Values = Sequence[object]


@dataclass(frozen=True, slots=True)
class Subset:
    """Any of the values, in any number."""

    values: tuple[str, ...]


class Needs(Enum):
    """What a step puts at risk: nothing, a job if the server accepts what it must refuse, a job."""

    NOTHING = "nothing"
    REFUSAL = "refusal"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Step:
    """``draws``: by parameter, the values to choose one from, or a subset of. ``weight``: how often
    it is chosen, beside others. ``alone``: a single request, which relies on no other."""

    run: Callable[..., object]
    draws: Mapping[str, Values | Subset]
    weight: int
    needs: Needs
    alone: bool


STEPS: dict[str, Step] = {}

NUMBER: Values = range(1_000_000)
ACCOUNT: Values = ("first", "first", "first", "second")
_OPERATIONS: Values = ("createJob", "varyJob", "upscaleJob", "blendImages", "describeImage")
WORDS: Values = ("old boats", 'the "sea", calm', "boats --niji", *SCRIPTS.values())
CELLS: Values = (1, 2, 3, 4)
_FILTERS = Subset(("limit", "service", "job_type", "prompt", "cursor", "folders", "favourite"))


def step(
    weight: int,
    needs: Needs = Needs.NOTHING,
    *,
    alone: bool = False,
    **draws: Values | Subset,
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make the function a step."""

    def register(run: Callable[..., object]) -> Callable[..., object]:
        STEPS[run.__name__] = Step(run, draws, weight, needs, alone)
        return run

    return register


# Free


@step(weight=6, account=ACCOUNT, chosen=_FILTERS, which=NUMBER)
def find(player: Player, account: str, chosen: Collection[str], which: int) -> None:
    """Filters that match one of the known jobs, in any combination."""
    role = player.role(account)
    mine = [job for job in player.model.of(role) if job.last is not None]
    made: dict[str, object] = {}
    if "limit" in chosen:
        made["limit"] = which % 20 + 1
    if mine:
        made |= _like(player, mine[which % len(mine)].last or {}, chosen)
    player.ask(role, made)


def _like(
    player: Player, record: Mapping[str, object], chosen: Collection[str]
) -> dict[str, object]:
    made: dict[str, object] = {}
    for key in ("service", "job_type"):
        if key in chosen and (value := text(record, key)) is not None:
            made[key] = [value]
    if "prompt" in chosen and (prompt := text(record, "msg_display")) is not None:
        made["prompt"] = prompt
    if "cursor" in chosen and (time := millis(record)) is not None:
        made["timestamp_smaller_than"] = time // player.model.unit
    folders = record.get("folders")
    if "folders" in chosen and isinstance(folders, list) and folders:
        made["folders"] = [one for one in folders if isinstance(one, str)][:1]
    if "favourite" in chosen and record.get("is_favourite") is True:
        made["favourite"] = True
    return made


@step(weight=2, account=ACCOUNT)
def look(player: Player, account: str) -> None:
    """The newest records, which are remembered."""
    player.know(player.role(account))


@step(weight=2, account=ACCOUNT, size=range(2, 30))
def turn_pages(player: Player, account: str, size: int) -> None:
    """Back to the oldest known job."""
    page(player, player.role(account), size)


@step(weight=2, alone=True, seed=NUMBER)
def find_anything(player: Player, seed: int) -> None:
    """Filters that need not match anything, every other time with an odd value."""
    random = Random(seed)
    odd = seed % 2 == 0
    body = drawn.odd_filters(random, player.ctx.contract) if odd else drawn.filters(random)
    player.send("findJobs", body)


@step(weight=2, alone=True, words=(*SCRIPTS.values(), "x" * 300))
def find_any_script(player: Player, words: str) -> None:
    player.send("findJobs", {"prompt": words})


@step(weight=4, alone=True, wrong=drawn.WRONG_FILTERS, seed=NUMBER)
def find_wrongly(player: Player, wrong: tuple[str, object], seed: int) -> None:
    """One wrong filter, alone or beside right ones."""
    beside = drawn.filters(Random(seed)) if seed % 2 else {}
    player.send("findJobs", beside | dict([wrong]))


@step(weight=2, alone=True, seed=NUMBER)
def log_in_as_nobody(player: Player, seed: int) -> None:
    player.send("login", drawn.nobodys_login(Random(seed), player.laws.mark))


@step(weight=1, account=ACCOUNT)
def log_in(player: Player, account: str) -> None:
    """A login changes neither the id nor what any account finds, and its token is good."""
    role = player.role(account)
    given = player.ctx.account(role)
    before = {one: _hashes(player, one) for one in ("first", "second") if player.ctx.has(one)}
    body = {"username": given.username, "password": given.password}
    answer = player.send("login", body)
    sent = SentRequest("login", "", body, b"")
    data = object_at(answer.envelope, "data")
    token = text(data, "token")
    if token is None:
        if answer.failure is None:
            what = f"a login with the right password: {answer.summary()}"
            player.report(("LOGIN-1", what, "a token"), answer, sent)
        return
    for breach in _of_login(player, role, data or {}, token):
        player.report(breach, answer, sent)
    found = player.send("findJobs", {"limit": 1}, role)
    given.token = token
    fresh = player.send("findJobs", {"limit": 1}, role)
    if fresh.errno == 430 and found.ok:
        player.report(("LOGIN-6", "the token of a login is not taken", "errno 0"), fresh, sent)
    for other, hashes in before.items():
        after = _hashes(player, other)
        if hashes and after and not hashes & after:
            what = "a login changed whose jobs are found"
            player.report(("AUTH-5", what, "its own"), answer, sent)


def _of_login(
    player: Player, role: str, data: Mapping[str, object], token: str
) -> list[tuple[str, str, str]]:
    known, other = player.ctx.account(role), "second" if role == "first" else "first"
    found = []
    id = text(data, "id")
    if known.id is not None and id is not None and id != known.id:
        found.append(("LOGIN-7", "the id changed from one login to the next", "the same"))
    if text(data, "username") != known.username:
        found.append(("LOGIN-2", f"username is {text(data, 'username')!r}", "the one sent"))
    if player.ctx.has(other):
        stranger = player.ctx.account(other)
        if id is not None and id == stranger.id:
            found.append(("LOGIN-5", "two accounts have one id", "an id of its own"))
        if token == stranger.token:
            found.append(("LOGIN-8", "two accounts have one token", "a token of its own"))
    return found


def _hashes(player: Player, role: str) -> set[str]:
    answer = player.send("findJobs", {"limit": 20}, role)
    return {hash for record in answer.records if (hash := text(record, "hash")) is not None}


@step(weight=2, alone=True, operation=("findJobs", *_OPERATIONS))
def send_no_token(player: Player, operation: str) -> None:
    player.send(operation, _whole(player, operation), token=None)


@step(weight=3, alone=True, operation=("findJobs", *_OPERATIONS), which=NUMBER)
def forge_a_token(player: Player, operation: str, which: int) -> None:
    forged = [token for _, token in bad_tokens(player.ctx.account().token)]
    player.send(operation, _whole(player, operation), token=forged[which % len(forged)])


def _whole(player: Player, operation: str) -> dict[str, object]:
    """The page's example, with nothing in it that could stand in for a token."""
    if operation == "findJobs":
        return {"limit": 1}
    body = player.ctx.contract.example(operation)
    body.pop("sender_id", None)
    return body


@step(weight=2, alone=True, operation=("login", "findJobs", *_OPERATIONS), seed=NUMBER)
def send_no_object(player: Player, operation: str, seed: int) -> None:
    """Bytes that are no JSON object."""
    player.send_raw(operation, drawn.no_object(Random(seed), player.ctx.contract, operation))


# What the server must refuse


@step(weight=8, needs=Needs.REFUSAL, alone=True, fault=drawn.FAULTS, which=NUMBER)
def submit_something_wrong(player: Player, fault: drawn.Fault, which: int) -> None:
    """A fault in the body; the parent is one of the account's own grids, or nobody's."""
    operation = fault.operation
    job = player.pick(which, "createJob")
    own = text(job.last, "job_id" if operation == "varyJob" else "hash") if job else None
    key = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}.get(operation)
    body = _whole(player, operation)
    own = own if which % 3 else None
    if key is not None:
        body[key] = own or unknown_parent(player.laws.mark)
    body = fault.change(body)
    sender = job.account if job is not None and own else "first"
    if player.laws.forbidden(SentRequest(operation, sender, body, b"")):
        player.send(operation, body, sender, own_parent=own is not None)


@step(weight=2, needs=Needs.REFUSAL, alone=True, operation=_OPERATIONS)
def submit_without_a_plan(player: Player, operation: str) -> None:
    player.ctx.account("limited")
    player.send(operation, _whole(player, operation), "limited")


@step(weight=3, needs=Needs.REFUSAL, operation=("upscaleJob", "varyJob"), which=NUMBER, cell=CELLS)
def derive_from_no_grid(player: Player, operation: str, which: int, cell: int) -> None:
    """A child of what has no grid, an upscale or a describe (PAR-1)."""
    made_by = "upscaleJob" if operation == "upscaleJob" else "describeImage"
    parent = player.pick(which, made_by)
    name = text(parent.last, "hash" if operation == "upscaleJob" else "job_id") if parent else None
    if parent is None or name is None:
        return
    body = {"parent_hash" if operation == "upscaleJob" else "parent_id": name, "grid_num": cell}
    answer = player.send(operation, body, parent.account)
    due = player.model.must_refuse(operation, parent, cell)
    if due is not None and answer.failure is None and answer.errno not in (due[1], 430):
        what = f"{operation} of a finished {parent.made_by}: {answer.summary()}"
        sent = SentRequest(operation, parent.account, body, b"")
        player.report((due[0], what, f"errno {due[1]}"), answer, sent)
