"""Which runs of COMMAND there are: in each, one thing differs from the documented fake.

A run is named ``find-order=oldest-first``, or ``answer-lost=createJob`` for a mishap;
``find-order`` and ``answer-lost`` alone name all of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..contract import yaml_files
from ..contract.document import Spec
from ..contract.profile import Question, questions
from ..suggestions import suggest
from .mishaps import MISHAPS

Kind = Literal["documented", "question", "mixed", "mishap"]


@dataclass(frozen=True)
class Trial:
    """One thing that is different. ``answers`` are those that the documented profile has not.

    ``subject`` is the question or the mishap, ``value`` the answer or the operation, ``says`` what
    it means.
    """

    kind: Kind
    subject: str
    value: str | None
    says: str
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What selects it, and it alone."""
        return self.subject if self.value is None else f"{self.subject}={self.value}"


DOCUMENTED = Trial("documented", "documented", None, "every question has its default")


class PlanError(ValueError):
    """A name that selects nothing, or a selection that leaves nothing: says what would be right."""


@dataclass(frozen=True)
class OpenQuestion:
    """A question as reports show it."""

    id: str
    section: str
    why: str
    default: str


def open_questions() -> tuple[OpenQuestion, ...]:
    """The questions of the contract, in its order."""
    return tuple(
        OpenQuestion(entry["id"], entry["section"], entry["why"], entry["default"])
        for entry in yaml_files.read("questions.yaml")["questions"]
    )


#: What the examples mean that stand for many answers, where the contract says what all of them do.
EXAMPLES: Mapping[str, str] = {
    "token-lifetime": "a token is valid for 90 minutes",
    "find-default-limit": "25 records",
    "find-max-limit": "at most 50 records, whatever the limit",
    "pending-statuses": "1 queued, 2 running, 3 failed",
    "job-type-names": "main, vary, upscale, mix, describe, and edit for a remix",
}


def trials(spec: Spec) -> tuple[Trial, ...]:
    """Every trial there is, in the order of the contract: questions, mixed, mishaps."""
    document = yaml_files.read("questions.yaml")
    known = questions(document)
    asked = [each for entry in document["questions"] for each in _answers(known, entry)]
    mixed: dict[str, str] = yaml_files.read("profiles/mixed.yaml")["answers"]
    says = "every question is answered otherwise than documented"
    return (*asked, Trial("mixed", "mixed", None, says, mixed), *_mishaps(spec))


def _answers(known: Mapping[str, Question], entry: Mapping[str, Any]) -> Iterator[Trial]:
    """Every answer to a question but its default; an example where a pattern has many."""
    question = known[entry["id"]]
    for variant in entry["variants"]:
        answer = variant.get("example", variant["id"])
        if answer != question.default:
            says = EXAMPLES[question.id] if "example" in variant else variant["says"]
            yield Trial("question", question.id, answer, says, {question.id: answer})


def _mishaps(spec: Spec) -> Iterator[Trial]:
    for name, mishap in MISHAPS.items():
        for operation in mishap.operations(spec):
            says = mishap.sentence(operation)
            yield Trial("mishap", name, operation or None, says)


def select(
    every: Iterable[Trial], only: Iterable[str], skip: Iterable[str], *, mishaps: bool
) -> tuple[Trial, ...]:
    """The trials that are wanted: mishaps if asked for as such, or by name.

    Raises :class:`PlanError`.
    """
    all_trials = tuple(every)
    wanted, unwanted = _named(all_trials, only, "--only"), _named(all_trials, skip, "--skip")
    chosen = tuple(
        trial
        for trial in all_trials
        if (trial in wanted if wanted else mishaps or trial.kind != "mishap")
        and trial not in unwanted
    )
    if not chosen:
        raise PlanError("--skip leaves nothing of what --only names" if wanted else _ALL_SKIPPED)
    return chosen


_ALL_SKIPPED = "--skip leaves nothing to run"


def _named(every: tuple[Trial, ...], names: Iterable[str], option: str) -> list[Trial]:
    """The trials that ``names`` select. Raises :class:`PlanError` on one that selects none."""
    found = []
    for name in _each(every, names):
        if not name:
            raise PlanError(f"{option}: an empty name; {_NAMES}")
        selected = [trial for trial in every if name in (trial.subject, trial.name)]
        if not selected:
            subject, equals, _ = name.partition("=")
            own = [trial.name for trial in every if equals and trial.subject == subject]
            known = own or dict.fromkeys(trial.subject for trial in every)
            raise PlanError(f"{option}: {name!r} is not the name of a run{suggest(name, known)}")
        found += selected
    return found


_NAMES = "name a question, an answer or a mishap, such as find-order"


def _each(every: tuple[Trial, ...], texts: Iterable[str]) -> Iterator[str]:
    """The names in lists that are separated by commas; an answer may have commas itself."""
    known = {trial.name for trial in every}
    for text in texts:
        parts = [part.strip() for part in text.split(",")]
        while parts:
            joined = (number for number in range(len(parts), 1, -1))
            taken = next((each for each in joined if ",".join(parts[:each]) in known), 1)
            yield ",".join(parts[:taken])
            parts = parts[taken:]
