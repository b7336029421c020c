"""A profile answers the questions that the page leaves open.

The questions, their variants and defaults are data (``openapi/questions.yaml``). A profile file
holds ``answers``, question id to variant; whatever it leaves out takes its default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ..jobs.lifecycle import Kind, State
from ..suggestions import suggest

KINDS: tuple[Kind, ...] = ("main", "variation", "upscale", "blend", "describe", "remix")
_SECONDS = {"h": 3600, "m": 60, "s": 1}


class ProfileError(ValueError):
    """A profile that names an unknown question, or a variant that the question does not have."""


class Question(NamedTuple):
    """An open question: its default, its named variants and the patterns of parametric ones.

    ``each`` names the operations that may have an answer of their own; ``forms`` say what the
    patterns stand for, with an example.
    """

    id: str
    default: str
    variants: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()

    def admits(self, answer: str) -> bool:
        """Whether ``answer`` is one of the variants, or one for each operation."""
        if answer in self.variants:
            return True
        if any(re.fullmatch(pattern, answer) for pattern in self.patterns):
            return True
        own = by_operation(answer)
        return tuple(own) == self.each != () and all(one in self.variants for one in own.values())


def by_operation(answer: str) -> dict[str, str]:
    """``varyJob: 301, upscaleJob: coerced`` as a mapping; empty for an answer to all of them."""
    parts = [part.partition(": ") for part in answer.split(", ")]
    return {name: own for name, colon, own in parts if colon}


def questions(document: Mapping[str, Any]) -> dict[str, Question]:
    """The questions of a parsed ``questions.yaml``, by id."""
    found = {}
    for entry in document["questions"]:
        named = [variant for variant in entry["variants"] if "pattern" not in variant]
        parametric = [variant for variant in entry["variants"] if "pattern" in variant]
        found[entry["id"]] = Question(
            entry["id"],
            entry["default"],
            tuple(v["id"] for v in named),
            tuple(v["pattern"] for v in parametric),
            tuple(entry["operations"]) if entry.get("each") else (),
            tuple(f"{v['id']} such as {v['example']}" for v in parametric),
        )
    return found


def _text(answer: object) -> str:
    """YAML reads ``200`` as a number, ``null`` as nothing and ``no`` as false; answers are text."""
    if answer is None:
        return "null"
    return str(answer)


@dataclass(frozen=True)
class Profile:
    """One answer to every question: ``profile["find-order"] == "newest-first"``."""

    name: str
    answers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(
        cls, questions: Mapping[str, Question], answers: Mapping[str, object], name: str
    ) -> Profile:
        """A profile of the defaults and ``answers``.

        Raises :class:`ProfileError` naming what is wrong and what would be right.
        """
        complete = {question.id: question.default for question in questions.values()}
        for key, value in answers.items():
            question = questions.get(key)
            if question is None:
                rest = suggest(key, questions, "questions")
                raise ProfileError(f"profile {name}: unknown question {key!r}{rest}")
            answer = _text(value)
            if not question.admits(answer):
                rest = suggest(answer, (*question.variants, *question.forms), "its variants")
                raise ProfileError(f"profile {name}: {answer!r} is not a variant of {key}{rest}")
            complete[key] = answer
        return cls(name, complete)

    def to_json(self, account: str | None) -> dict[str, Any]:
        """``Profile`` of ``admin.yaml``, as the profile of that account or of all."""
        return {"account": account, "name": self.name, "answers": dict(self.answers)}

    def __getitem__(self, question: str) -> str:
        return self.answers[question]

    def of_operation(self, question: str, operation: str | None) -> str:
        """The answer for one operation: most answers hold for all of them.

        What the question does not speak of (``None``: no operation) is answered as the first.
        """
        own = self._own.get(question)
        if own is None:
            return self.answers[question]
        return own.get(operation or "", next(iter(own.values())))

    @cached_property
    def _own(self) -> Mapping[str, Mapping[str, str]]:
        """The answers that differ from one operation to the next."""
        found = {question: by_operation(answer) for question, answer in self.answers.items()}
        return {question: own for question, own in found.items() if own}

    @cached_property
    def token_seconds(self) -> int:
        """``token-lifetime`` in seconds."""
        answer = self["token-lifetime"]
        return int(answer[:-1]) * _SECONDS[answer[-1]]

    @cached_property
    def default_limit(self) -> int | None:
        """``find-default-limit``; ``None`` for no limit."""
        return _limit(self["find-default-limit"])

    @cached_property
    def max_limit(self) -> int | None:
        """``find-max-limit``; ``None`` for no limit."""
        return _limit(self["find-max-limit"])

    @cached_property
    def statuses(self) -> Mapping[State, int | None]:
        """The ``status`` of a record in each state. Only 2000 is on the page (Job Find)."""
        finished: dict[State, int | None] = {State.FINISHED: 2000}
        answer = self["pending-statuses"]
        if answer == "null":
            return {state: finished.get(state) for state in State}
        invented = (State.QUEUED, State.RUNNING, State.FAILED)
        # "?" stands for a status that nobody has seen: the default's then.
        parts = re.fullmatch(r"(-?\d+|\?)-(-?\d+|\?)-(-?\d+|\?)", answer)
        assert parts is not None, answer
        for state, part, fallback in zip(invented, parts.groups(), (0, 1000, 4000), strict=True):
            finished[state] = fallback if part == "?" else int(part)
        return finished

    @cached_property
    def job_types(self) -> Mapping[Kind, str]:
        """The ``job_type`` of each kind of job. The page shows ``main`` and ``upscale``."""
        answer = self["job-type-names"]
        if answer == "remix-is-variation":
            return {kind: "variation" if kind == "remix" else kind for kind in KINDS}
        if answer == "remix-is-remix":
            return {kind: kind for kind in KINDS}
        return dict(zip(KINDS, answer.split(","), strict=True))


def _limit(answer: str) -> int | None:
    return None if answer == "none" else int(answer)
