"""What the runs of COMMAND have shown, as values; how that is written is for others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .plan import OpenQuestion, Trial


class Word(Enum):
    """What became of a trial, or of a question with all of its answers; the worst is first."""

    FAILS = "fails"
    FLAKY = "flaky"
    NOT_RUN = "not run"
    TOLERATES = "tolerates"
    UNTOUCHED = "never touched"


_ORDER = tuple(Word)


@dataclass(frozen=True)
class Run:
    """One run of COMMAND: how it ended, the last lines that it wrote, and what its fake noted.

    ``code`` is the exit code, negative for a signal, ``None`` where its time was over. ``asked``
    and ``called`` are the questions and the operations that requests reached; ``touched``: whether
    what is different in this run made a difference to one. ``lint`` has findings as the control
    API has them.
    """

    code: int | None
    seconds: float
    lines: tuple[str, ...]
    requests: int
    asked: frozenset[str]
    called: frozenset[str]
    touched: bool
    lint: tuple[dict[str, Any], ...]
    profile_replaced: bool = False
    #: Of the answers that this run was compared with, those that would have changed a response.
    differing: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        return self.code == 0

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        if self.code is None:
            return f"not done after {self.seconds:.1f} s (--time-limit)"
        if self.code < 0:
            return f"ended by signal {-self.code} after {self.seconds:.1f} s"
        return f"exit {self.code} after {self.seconds:.1f} s"


@dataclass(frozen=True)
class Result:
    """The runs of a trial; none where it was not run.

    ``needless``: it was not run because nothing that is sent as documented could reach it.
    """

    trial: Trial
    runs: tuple[Run, ...] = ()
    #: Whether the answer would have changed a response of the documented runs.
    touched_before: bool = False
    #: Whether requests of the documented runs reached the question.
    reached_before: bool = False
    needless: bool = False

    @property
    def failed(self) -> Run | None:
        """The first run that failed."""
        return next((run for run in self.runs if not run.passed), None)

    @property
    def touched(self) -> bool:
        """Whether what is different has made a difference, here or as documented."""
        return self.touched_before or any(run.touched for run in self.runs)

    @property
    def reached(self) -> bool:
        """Whether a request has reached it, though it may have made no difference."""
        return self.reached_before or any(self.trial.subject in run.asked for run in self.runs)

    @property
    def word(self) -> Word:
        """A failure of what no request has reached has another cause."""
        if not self.runs:
            return Word.UNTOUCHED if self.needless else Word.NOT_RUN
        if self.failed is None:
            return Word.TOLERATES if self.touched else Word.UNTOUCHED
        always = not any(run.passed for run in self.runs)
        return Word.FAILS if always and self.touched else Word.FLAKY


@dataclass(frozen=True)
class Report:
    """Everything: ``command`` as a person types it, ``documented`` the runs as documented.

    ``signal`` is what ended it early.
    """

    command: str
    documented: tuple[Run, ...]
    results: tuple[Result, ...]
    questions: tuple[OpenQuestion, ...]
    seconds: float
    time_limit: float
    signal: int | None = None
    #: How many runs there were at once.
    jobs: int = 1

    @property
    def problem(self) -> str | None:
        """Why nothing can be said; ``None`` where COMMAND passes as documented."""
        passed = sum(run.passed for run in self.documented)
        of = len(self.documented)
        if not of:
            return "stopped before COMMAND had run as documented"
        if not passed:
            problem = f"COMMAND does not pass as documented: {self.documented[-1].ending}"
            return problem if self._requests else f"{problem}. It sent {_NO_REQUEST}"
        if passed < of:
            return f"COMMAND is flaky as documented: {passed} of {of} runs passed"
        return None if self._requests else f"COMMAND passed, and sent {_NO_REQUEST}"

    @property
    def _requests(self) -> int:
        """How many the fakes of the documented runs have got."""
        return sum(run.requests for run in self.documented)

    @property
    def exit_code(self) -> int:
        """0: nothing breaks it; 1: something does; 2: it does not pass as documented."""
        if self.signal is not None:
            return 128 + self.signal
        if self.problem is not None:
            return 2
        return 1 if any(self.of(Word.FAILS, Word.FLAKY)) else 0

    def of(self, *words: Word) -> list[Result]:
        """The results of these words."""
        return [result for result in self.results if result.word in words]

    def question_word(self, id: str) -> Word | None:
        """What holds for a question with all of its answers; ``None`` where none was wanted."""
        return worst(
            result.word
            for result in self.results
            if result.trial.kind == "question" and result.trial.subject == id
        )

    def questions_of(self, word: Word) -> list[OpenQuestion]:
        """The questions of a word."""
        return [question for question in self.questions if self.question_word(question.id) is word]

    @property
    def remarks(self) -> list[str]:
        """What limits the result, in sentences."""
        found = []
        done = [*self.documented, *(run for result in self.results for run in result.runs)]
        if any(run.profile_replaced for run in done):
            found.append(
                "COMMAND sets a profile by the control API; what it sets hides the answers of a run"
            )
        stray = [each for each in self.of(Word.FLAKY) if not each.touched]
        if stray:
            found.append(f"COMMAND fails where {_STRAY}, so it is flaky{self._beside_itself}")
        return found

    @property
    def _beside_itself(self) -> str:
        if self.jobs == 1:
            return ""
        return ", or disturbs itself where it runs several times at once (try --jobs 1)"

    @property
    def lint(self) -> list[dict[str, Any]]:
        """What lint finds in the runs as documented, each finding once."""
        found = [each for run in self.documented for each in run.lint]
        return list({_finding(each): each for each in found}.values())

    def lint_of(self, run: Run) -> list[dict[str, Any]]:
        """What lint finds in a run that it does not find in the runs as documented."""
        usual = {_finding(each) for each in self.lint}
        return [each for each in run.lint if _finding(each) not in usual]

    @property
    def reached_only(self) -> list[str]:
        """Of the questions that are never touched, those that a request has reached."""
        reached = {each.trial.subject for each in self.results if each.reached}
        untouched = self.questions_of(Word.UNTOUCHED)
        return [question.id for question in untouched if question.id in reached]

    @property
    def questions_run(self) -> int:
        """Of how many questions there is a result."""
        return sum(self.question_word(question.id) is not None for question in self.questions)


_NO_REQUEST = (
    "no request to the fake; it has to use the address in SAMPAN_URL, or with --as-proxy the proxy"
    " in http_proxy"
)
_STRAY = "nothing that is different could be noticed"


def _finding(finding: dict[str, Any]) -> tuple[str, str]:
    """What makes two findings the same, however many requests they are about."""
    return finding["rule"], re.sub(r"\d+", "N", finding["message"])


def worst(words: Iterable[Word]) -> Word | None:
    """The word that counts most."""
    return min(words, key=_ORDER.index, default=None)
