"""What traffic has shown of the open questions, until the report asks for their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..contract import Contract
from ..findings import EvidenceItem, Observation, Seen, grouped

#: Different answers to one question that are kept: two are a contradiction already.
_ANSWERS = 8
#: Pieces of evidence that an observation shows.
_EVIDENCE = 4


class Fact(NamedTuple):
    """An exchange answered a question so; ``key``: the operation, or what it was tried with."""

    id: str
    answer: str
    evidence: EvidenceItem
    key: str = ""


@dataclass(slots=True)
class Facts:
    """By question and key: each answer with the first exchange that showed it."""

    _seen: dict[str, dict[str, dict[str, EvidenceItem]]] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        answers = self._seen.setdefault(fact.id, {}).setdefault(fact.key, {})
        if len(answers) < _ANSWERS:
            answers.setdefault(fact.answer, fact.evidence)

    def answers(self, id: str) -> Mapping[str, Mapping[str, EvidenceItem]]:
        """By key the answers that were seen, each with its evidence."""
        return self._seen.get(id, {})

    def copy(self) -> Facts:
        """The same, to be added to without a trace."""
        seen = {
            id: {key: dict(answers) for key, answers in keys.items()}
            for id, keys in self._seen.items()
        }
        return Facts(seen)

    def observation(self, contract: Contract, id: str) -> Observation:
        """The one answer that was seen; where operations may differ, that of each of them."""
        question = contract.questions[id]
        seen = self.answers(id)
        if not seen:
            return Observation(id, Seen.UNOBSERVED, None, "not seen in this traffic")
        evidence = tuple(
            dict.fromkeys(item for answers in seen.values() for item in answers.values())
        )[:_EVIDENCE]
        texts = {key: " and ".join(answers) for key, answers in seen.items()}
        if not question.each:
            distinct = list(dict.fromkeys(texts.values()))
            return observed(contract, id, " and ".join(distinct), evidence)
        missing = [one for one in question.operations if one not in texts]
        if missing:
            answer = f"{grouped(texts)}; not seen: {', '.join(missing)}"
            return Observation(id, Seen.UNKNOWN, answer, "", evidence)
        distinct = list(dict.fromkeys(texts.values()))
        named = ", ".join(f"{one}: {texts[one]}" for one in question.operations)
        return observed(contract, id, distinct[0] if len(distinct) == 1 else named, evidence)


def observed(
    contract: Contract, id: str, answer: str, evidence: tuple[EvidenceItem, ...]
) -> Observation:
    """The observation of an answer, which may be one that no variant describes."""
    known = contract.questions[id].variant(answer) is not None
    return Observation(id, Seen.ANSWERED if known else Seen.UNKNOWN, answer, "", evidence)
