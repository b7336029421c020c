"""``sampan check --har FILE``: traffic that somebody recorded, judged. Nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..contract import Contract
from ..report import Report
from ..target import checked_target
from ..traffic.judge import TrafficJudge, passed_over
from ..traffic.seen import Seen
from .document import HarError
from .left_out import sentence
from .reader import HarFile, read_har

#: Entries that a report names one by one.
_NAMED = 5


def check_har(path: Path, contract: Contract, target: str | None = None) -> Report:
    """The report on the traffic in a HAR file.

    ``target``: the URL of the API, by default the one that most requests in the file call. Raises
    ``HarError`` if the file can't be read or holds no request to the API, ``TargetError`` if
    ``target`` is no URL.
    """
    wanted = None if target is None else checked_target(target, allow_plain_http=True)
    har = read_har(path, wanted)
    if har.target is None:
        operations = ", ".join(one.path for one in contract.operations.values())
        raise HarError(
            f"{path} has no request to this API (a POST to {operations}); --target names its URL"
        )
    judge = TrafficJudge(har.target, contract=contract, without_tokens=har.tokens_removed)
    for seen in _in_order(har):
        judge.observe(seen)
    if not judge.exchanges:
        raise HarError(f"{path} has no whole exchange with {har.target}{_why(har)}")
    remarks = _remarks(har)
    if har.passed_over and wanted is None:
        remarks.insert(1, f"the API is taken to be {har.target}; --target names another")
    return judge.report(remarks=tuple(remarks))


def _in_order(har: HarFile) -> list[Seen]:
    """As the exchanges ended. Where nobody can tell when that was, they all overlap: then nothing
    is concluded from one being earlier than another."""
    if not har.disorder:
        return sorted(har.seen, key=lambda one: one.at + one.reply.elapsed)
    began = min(one.at for one in har.seen)
    took = max(one.at + one.reply.elapsed for one in har.seen) - began
    return [replace(one, at=began, reply=replace(one.reply, elapsed=took)) for one in har.seen]


def _why(har: HarFile) -> str:
    """What the file has instead."""
    reasons = [*har.broken, *har.unjudged]
    others = "1 request goes" if har.passed_over == 1 else f"{har.passed_over} requests go"
    return f": {reasons[0]}" if reasons else f"; {others} to other addresses"


def _remarks(har: HarFile) -> list[str]:
    found = []
    if har.passed_over:
        found.append(passed_over(har.passed_over))
    if har.disorder:
        found.append(
            f"the order of the file contradicts its times ({har.disorder}), as when a clock is set"
            " back or files are put together: nothing is judged that needs to know what came first"
        )
    if har.tokens_removed:
        found.append(
            "the tokens were cut out of the file, so nothing is said of whose requests they are:"
            " export it with sensitive data to have that judged too"
        )
    if lacking := sentence(har.lacking, har.entries):
        found.append(lacking)
    for what, lines in (("broken", har.broken), ("not judged", har.unjudged)):
        if lines:
            more = f" (and {len(lines) - _NAMED} more)" if len(lines) > _NAMED else ""
            found.append(f"{what}: {'; '.join(lines[:_NAMED])}{more}")
    return found
