"""The kit's verdicts on conforming servers: which it failed falsely, and what it learnt wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sampan.conformance.verdict import Verdict
from tests.conforming_servers import CONFORMING_SERVERS
from tests.conforming_servers.conforming_server import DEFAULTS, ConformingServer
from tests.support.tampering.server import settings
from tests.support.tampering.trial import JOB_SECONDS, Trial, side_by_side, trial

#: Questions that no run, or not every run, can answer, and why.
KNOWN_UNOBSERVED = {
    "service-error-message": "no request makes a healthy server fail",
    "find-max-limit": "a run makes fewer records than the maximum",
    "find-default-limit": "a default above the number of records looks like none",
    "favourite-false": "no request makes a favourite",
}


#: Questions that are answered from looks at running jobs: unknown where the machine is too slow to
#: look often enough.
WATCHED = (
    *("pending-statuses", "progress-type", "preview-image", "concurrency-limit"),
    "unfinished-parent",
)
LONG_JOB_SECONDS = 1.5
#: What is added to a server's seed for each round, so that no two are tried with the same one.
ROUND = 1_000
#: How a question may come out. Another server's answer is the one that must not happen.
RIGHT, UNKNOWN, UNOBSERVED, WRONG = "named rightly", "unknown", "unobserved", "wrong"
RESULTS = (RIGHT, UNKNOWN, UNOBSERVED, WRONG)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``falsely_failed``: requirements that it was failed for, or that the kit broke on, with the
    message; ``mistaken``: questions with another server's answer, or without one although nothing
    keeps it from being observed; ``undecided``: requirements without a verdict; ``results``: how
    each question came out.
    """

    server: ConformingServer
    falsely_failed: tuple[str, ...]
    mistaken: tuple[str, ...]
    undecided: tuple[str, ...]
    passed: int
    seconds: float
    broken: str | None
    results: Mapping[str, str] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        return not (self.falsely_failed or self.mistaken or self.broken)


def chosen(only: Sequence[str]) -> list[ConformingServer]:
    """The servers whose ids contain one of these texts; of none: all."""
    return [one for one in CONFORMING_SERVERS if not only or any(text in one.id for text in only)]


def outcomes(
    servers: Sequence[ConformingServer], workers: int | None = None, rounds: int = 1
) -> Iterator[Outcome]:
    """Try each, in processes, in every round with another seed."""
    tries = [
        replace(one, seed=one.seed + ROUND * number) for number in range(rounds) for one in servers
    ]
    found = side_by_side(_tried, [(one.id, one.seed) for one in tries], workers)
    for server, result in zip(tries, found, strict=True):
        yield judged(server, result)


def tried(server: ConformingServer, only: Sequence[str] = ()) -> Trial:
    """Let the kit loose on a server: all of it, or the checks and observers of ``only``."""
    # Looks at short jobs leave out too much of their way where the machine is busy.
    seconds = LONG_JOB_SECONDS if only and set(only) <= set(WATCHED) else JOB_SECONDS
    app = server.build(settings(seconds))
    # Time enough, however busy this machine is: slowness is no breach.
    return trial(
        app,
        only=only,
        seed=server.seed,
        timeout=10.0,
        around=server.around,
        accounts=server.accounts,
    )


def generated(server: ConformingServer) -> Trial:
    """Let the kit loose with 200 generated requests and no job to spend."""
    app = server.build(settings(JOB_SECONDS))
    return trial(
        app,
        seed=server.seed,
        timeout=10.0,
        around=server.around,
        accounts=server.accounts,
        budget=0,
        generate=200,
    )


def free_outcomes(
    servers: Sequence[ConformingServer], workers: int | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Each server's id and what must not be: a failure, or a job that was spent."""
    found = side_by_side(_generated, [one.id for one in servers], workers)
    for server, result in zip(servers, found, strict=True):
        wrong = [*result.having(Verdict.FAIL), *result.having(Verdict.ERROR)]
        problems = [f"{id}: {result.messages[id]}" for id in wrong]
        problems += [f"{result.jobs} jobs were spent"] if result.jobs else []
        yield server.id, problems + [one for one in [result.broken] if one]


def _generated(id: str) -> Trial:
    return generated(next(one for one in CONFORMING_SERVERS if one.id == id))


def _tried(given: tuple[str, int]) -> Trial:
    id, seed = given
    return tried(replace(next(one for one in CONFORMING_SERVERS if one.id == id), seed=seed))


def judged(server: ConformingServer, found: Trial) -> Outcome:
    """The outcome of a trial."""
    wrong = [*found.having(Verdict.FAIL), *found.having(Verdict.ERROR)]
    undecided = [*found.having(Verdict.INCONCLUSIVE), *found.having(Verdict.UNTESTABLE)]
    return Outcome(
        server,
        tuple(f"{id}: {found.messages[id]}" for id in wrong),
        tuple(_mistaken(server, found)),
        tuple(undecided),
        len(found.having(Verdict.PASS)),
        found.seconds,
        found.broken,
        {question: _result(server, found, question) for question in DEFAULTS},
    )


def table(outcomes: Iterable[Outcome]) -> list[str]:
    """How often each question came out how, in Markdown; the last line adds them up."""
    counts = {question: Counter[str]() for question in DEFAULTS}
    for one in outcomes:
        for question, result in one.results.items():
            counts[question][result] += 1
    counts["all questions"] = sum(counts.values(), Counter())
    lines = [f"| question | {' | '.join(RESULTS)} |", "|---|--:|--:|--:|--:|"]
    return lines + [
        f"| {question} | {' | '.join(str(count[one]) for one in RESULTS)} |"
        for question, count in counts.items()
    ]


def _result(server: ConformingServer, found: Trial, question: str) -> str:
    learnt = found.answers.get(question)
    if learnt is not None:
        return RIGHT if _same(server, question, learnt) else WRONG
    return UNKNOWN if found.unanswered[question].startswith("unknown") else UNOBSERVED


def _mistaken(server: ConformingServer, found: Trial) -> Iterator[str]:
    for question in DEFAULTS:
        expected = server.expected(question)
        learnt = found.answers.get(question)
        if learnt is not None:
            if not _same(server, question, learnt):
                yield f"{question} is {expected} and was taken for {learnt}"
        elif question not in (*KNOWN_UNOBSERVED, *WATCHED) and not server.leaves_open(question):
            yield f"{question} is {expected}: {found.unanswered[question]}"


def _same(server: ConformingServer, question: str, learnt: str) -> bool:
    """Whether it is what was set; ``?`` stands for a status that was not seen."""
    expected = server.expected(question)
    if question == "malformed-json" and server.expected("error-http-status") != "always-200":
        # Every 301 has HTTP status 400 then: both variants are true, and mean the same.
        return learnt in (expected, "http-400", "errno-301")
    if question != "pending-statuses" or "?" not in learnt:
        return learnt == expected
    pairs = zip(learnt.split("-"), expected.split("-"), strict=False)
    return all(one in ("?", other) for one, other in pairs)
