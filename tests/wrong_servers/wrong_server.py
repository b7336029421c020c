"""A wrong server: the fake with one deliberate breach of one requirement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sampan.fake_server.settings import Settings
from tests.support.tampering.exchange import Tampering
from tests.support.tampering.server import TamperedFake, tampered
from tests.support.tampering.trial import Around, quiet

#: Makes a fresh tampering, since many remember something of the server they stand before.
Make = Callable[[], Tampering]


@dataclass(frozen=True, slots=True)
class WrongServer:
    """``mistake`` is the mistake in one sentence.

    ``touches`` names other requirements that the mistake inevitably breaks, or may. ``whole``: it
    shows only in a run of the whole kit, since the check judges what others have sent or made.
    ``around`` is what must have gone on at the server for it to show.
    """

    id: str
    requirement: str
    mistake: str
    make: Make
    touches: tuple[str, ...] = ()
    whole: bool = False
    around: Around = quiet

    def build(self, settings: Settings) -> TamperedFake:
        """A new server that makes this mistake."""
        return tampered(self.make(), settings)


REGISTERED: dict[str, WrongServer] = {}


def wrong_server(
    requirement: str,
    mistake: str,
    *,
    touches: str = "",
    whole: bool = False,
    around: Around = quiet,
) -> Callable[[Make], Make]:
    """Register a function that makes a tampering; its name, with dashes, is the wrong server's id.

    ``touches``: ids of requirements with blanks between.
    """

    def register(make: Make) -> Make:
        id = make.__name__.replace("_", "-")
        add(id, requirement, mistake, make, touches=touches, whole=whole, around=around)
        return make

    return register


def add(
    id: str,
    requirement: str,
    mistake: str,
    make: Make,
    *,
    touches: str = "",
    whole: bool = False,
    around: Around = quiet,
) -> None:
    """Register one of a family of wrong servers."""
    if id in REGISTERED:
        raise ValueError(f"two wrong servers are called {id}")
    REGISTERED[id] = WrongServer(
        id, requirement, mistake, make, tuple(touches.split()), whole, around
    )
