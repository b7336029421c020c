"""Calls and jobs that go wrong on demand."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack
from urllib.parse import quote

from .arguments import (
    BodyCondition,
    Duration,
    body_match,
    check_keywords,
    delay,
    field_matches,
    number,
    without_secrets,
)
from .control_call import Control, Document
from .errors import NotAsExpected, is_for_the_caller

if TYPE_CHECKING:
    from ..armed.fault import FaultType

__tracebackhide__ = is_for_the_caller


class Terms(TypedDict, total=False):
    """The requests that a fault acts on, when, and with what.

    ``operation``, ``path`` (``*`` for any characters), ``request_headers``, ``request_body`` and
    ``request_fields`` say which match, the latter three as ``headers``, ``body`` and ``fields`` of
    ``verify`` do. ``errno``, ``errmsg``,
    ``status``, ``headers`` and ``body`` (text, bytes, or anything else as JSON) are what is sent.
    ``delay`` is a duration, or a distribution of durations such as ``{"distribution": "uniform",
    "lower": 0.1, "upper": 0.5}``; ``clock="real"`` has it pass in real time although the account's
    clock is frozen. ``times``, ``skip``, ``probability`` and ``seed`` say which of the matching
    requests. ``optional=True``: the test does not fail if the fault was never applied.
    """

    operation: str
    path: str
    request_headers: Mapping[str, Any]
    request_body: BodyCondition
    request_fields: Mapping[str, Any]
    errno: int
    errmsg: str
    status: int
    headers: Mapping[str, str | int | list[str]]
    body: Any
    delay: Duration | Mapping[str, Any]
    clock: Literal["account", "real"]
    times: int
    skip: int
    probability: float
    seed: int
    optional: bool


class FaultControl(Control):
    """Faults act on requests, scenarios on jobs."""

    def fault(self, type: FaultType, **terms: Unpack[Terms]) -> Document:
        """Arm a fault: ``fault("ERRNO", errno=501, operation="createJob", times=1)``.

        Answers with it; its ``id`` disarms it, its ``applied`` counts.
        """
        check_keywords("fault", terms, Terms)
        rest: dict[str, Any] = dict(terms)
        match: Document = {key: rest.pop(key) for key in ("operation", "path") if key in rest}
        content = body_match(rest.pop("request_body", None), rest.pop("request_fields", None))
        if content is not None:
            match["body"] = content
        if "request_headers" in rest:
            match["headers"] = field_matches(rest.pop("request_headers"))
        if self.username is not None:
            match["account"] = self.username
        if "delay" in rest:
            rest["delay"] = delay(rest["delay"])
        if isinstance(rest.get("body"), bytes):
            rest["body_base64"] = b64encode(rest.pop("body")).decode()
        return self.call("POST", "/faults", {"type": type, "match": match, **rest})

    def faults(self) -> list[Document]:
        """The faults that were armed, oldest first."""
        found: list[Document] = self.scoped("GET", "/faults")["faults"]
        return found

    def armed_fault(self, id: str) -> Document:
        """One fault, and how often it matched and applied."""
        return self.call("GET", f"/faults/{quote(id, safe='')}")

    def disarm(self, id: str) -> None:
        """Disarm one fault."""
        self.call("DELETE", f"/faults/{quote(id, safe='')}")

    def disarm_faults(self) -> int:
        """Disarm all faults; how many there were."""
        return _deleted(self.scoped("DELETE", "/faults"))

    def scenario(
        self,
        scenario: str,
        argument: int | timedelta | str | None = None,
        *,
        times: int | None = None,
        optional: bool = False,
    ) -> Document:
        """Apply a scenario to the next ``times`` submissions, or to all from now on.

        ``argument`` is the number of its marker (``--fake find-lag=1000``: milliseconds); for one
        that takes milliseconds it may be a ``timedelta`` or text such as ``"2s"``.
        ``optional=True``: the test does not fail if the scenario was never applied.
        """
        given = {
            "scenario": scenario,
            "argument": number(argument),
            "times": times,
            "optional": optional or None,
        }
        return self.scoped("POST", "/scenarios", given)

    def scenarios(self) -> Document:
        """Every scenario with its marker (``scenarios``), and those that are ``armed``."""
        return self.scoped("GET", "/scenarios")

    def disarm_scenarios(self) -> int:
        """Disarm all scenarios; how many there were."""
        return _deleted(self.scoped("DELETE", "/scenarios"))

    def unused(self) -> list[str]:
        """The armed faults and scenarios that were never applied and are not optional, in words."""
        faults = [_fault_words(each) for each in self.faults() if _is_unused(each)]
        armed = self.scenarios()["armed"]
        return faults + [_scenario_words(each) for each in armed if _is_unused(each)]

    def assert_all_used(self) -> None:
        """Raise ``NotAsExpected``, an ``AssertionError``, if anything armed was never applied.

        The pytest plugin does this at the end of each test; see ``sampan_unused_faults``.
        """
        unused = self.unused()
        if unused:
            raise NotAsExpected(unused_text(unused))


def unused_text(unused: Iterable[str]) -> str:
    """A message of what :meth:`FaultControl.unused` returns; a summary has its first line alone."""
    first, *more = unused
    lines = [f"armed, and never applied: {first}", *(f"and {each}" for each in more)]
    return "\n".join([*lines, "Mark what may stay unused with optional=True."])


def _is_unused(armed: Document) -> bool:
    return armed["applied"] == 0 and not armed["optional"]


def _fault_words(fault: Document) -> str:
    match = {key: value for key, value in fault["match"].items() if key != "account"}
    shown = json.dumps(without_secrets(match), ensure_ascii=False)
    which = f" on {shown}" if match else ""
    matched = fault["matched"]
    requests = "1 request" if matched == 1 else f"{matched} requests"
    why = f"{requests} matched, skip is {fault['skip']}, probability {fault['probability']:g}"
    return f"fault {fault['type']}{which} ({fault['id']}): " + (
        why if matched else "no request matched"
    )


def _scenario_words(armed: Document) -> str:
    number = "" if armed["argument"] is None else f"={armed['argument']}"
    return f"scenario {armed['scenario']}{number}: no submission"


def _deleted(answer: Document) -> int:
    count: int = answer["deleted"]
    return count
