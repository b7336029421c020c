"""A conforming server: the fake with some answers to the questions, harmlessly tampered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import yaml

from sampan.fake_server.contract.profile import Profile
from sampan.fake_server.settings import NewAccount, Settings
from tests.support.paths import OPENAPI
from tests.support.tampering.exchange import Go, Reply, Request, Tampering
from tests.support.tampering.server import ACCOUNTS, TamperedFake, tampered
from tests.support.tampering.trial import Around, quiet

Make = Callable[[], Tampering]

QUESTIONS = yaml.load((OPENAPI / "questions.yaml").read_bytes(), yaml.CSafeLoader)["questions"]
DEFAULTS: Mapping[str, str] = {one["id"]: one["default"] for one in QUESTIONS}
#: Questions that are answered without a job and without records.
FREE = {one["id"] for one in QUESTIONS if one["cost"] in ("free", "free-if-refused")}
MIXED: Mapping[str, str] = {
    question: str(answer)
    for question, answer in yaml.safe_load(
        (OPENAPI / "profiles" / "mixed.yaml").read_text("utf-8")
    )["answers"].items()
}


async def plain(request: Request, go: Go) -> Reply:
    """As the fake is."""
    return await go(request)


def untampered() -> Tampering:
    """No tampering at all."""
    return plain


@dataclass(frozen=True, slots=True)
class ConformingServer:
    """``answers`` are those that differ from the defaults.

    ``open`` names questions that such a server leaves unanswered, and why (``*``: all that cost
    a job or need records); ``learnt`` those that are answered otherwise than the fake was told,
    because the tampering changes just that.
    """

    id: str
    description: str
    make: Make = untampered
    answers: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)
    learnt: Mapping[str, str] = field(default_factory=dict)
    around: Around = quiet
    seed: int = 1
    accounts: Mapping[str, NewAccount] = field(default_factory=lambda: ACCOUNTS)

    def build(self, settings: Settings) -> TamperedFake:
        """A new server of this kind."""
        accounts = tuple(self.accounts.values())
        app = tampered(self.make(), replace(settings, seed=self.seed, accounts=accounts))
        service = app.service
        service.use_profile(Profile.of(service.questions, self.answers, self.id))
        return app

    def expected(self, question: str) -> str:
        """The answer that the kit should come to."""
        return self.learnt.get(question) or self.answers.get(question, DEFAULTS[question])

    def leaves_open(self, question: str) -> bool:
        """Whether there is a reason for the question to stay unanswered here."""
        return question in self.open or ("*" in self.open and question not in FREE)


REGISTERED: dict[str, ConformingServer] = {}


def add(conforming_server: ConformingServer) -> None:
    """Register a server."""
    if conforming_server.id in REGISTERED:
        raise ValueError(f"two servers are called {conforming_server.id}")
    REGISTERED[conforming_server.id] = conforming_server


def conforming_server(
    description: str,
    *,
    open: Mapping[str, str] | None = None,
    learnt: Mapping[str, str] | None = None,
    around: Around = quiet,
    mixed: bool = True,
) -> Callable[[Make], Make]:
    """Register a function that makes a tampering; its name, with dashes, is the server's id.

    ``mixed``: once more over the profile that answers every question otherwise.
    """

    def register(make: Make) -> Make:
        name = make.__name__.replace("_", "-")
        one = ConformingServer(name, description, make, {}, open or {}, learnt or {}, around)
        add(one)
        if mixed:
            add(
                replace(
                    one, id=f"{name}-mixed", description=f"{description} (mixed)", answers=MIXED
                )
            )
        return make

    return register
