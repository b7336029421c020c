"""What goes on at a server besides the kit: jobs from earlier on, and other users."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sampan.fake_server.client.account import Account
from sampan.fake_server.client.admin import Admin
from sampan.fake_server.client.errors import Refused
from tests.support.tampering.server import ACCOUNTS, TamperedFake

_FIRST = ACCOUNTS["first"]
_PROMPTS = (
    "a lighthouse above the sea, oil on canvas",
    "Old town at night, rain, neon",
    "上海的早晨, ink",
    "a fox, flat colours --niji",
    "one hundred % cotton _ and \\ slashes",
)


@contextmanager
def history(app: TamperedFake, url: str) -> Iterator[None]:
    """Thirty jobs of every kind, finished or failed, some of them favourites and in folders."""
    with Account(url, _FIRST.username, _FIRST.password) as account, Admin(url) as admin:
        texts = [f"{_PROMPTS[n % 5]} {n}" for n in range(22)]
        made = [_taken(account.create, text) for text in (*texts, "it failed --fake fail")]
        one, two = (account.wait_finished(hash) for hash in made[20:22])
        made += [_taken(account.upscale, one["hash"], cell) for cell in (1, 3)]
        made.append(_taken(account.vary, one["job_id"], 2))
        made.append(_taken(account.vary, one["job_id"], 2, "another light"))
        made.append(_taken(account.blend, one["original_url"], two["original_url"]))
        made += [_taken(account.describe, one["original_url"]) for _ in range(3)]
        account.wait_finished(made[-1])
        control = admin.of(_FIRST.username)
        for hash in made[::7]:
            control.favourite(hash)
        for number, hash in enumerate(made[:6]):
            control.put_in_folder(f"folder-{number % 2}", hash)
        yield


def _taken(submit: Callable[..., str], *given: object) -> str:
    """The hash of a job, submitted anew while there are too many of them (concurrency-limit)."""
    while True:
        try:
            return submit(*given)
        except Refused as refusal:
            if refusal.errno != 501:
                raise
            time.sleep(0.05)


@contextmanager
def busy(app: TamperedFake, url: str) -> Iterator[None]:
    """Somebody else submits jobs to the first account all the time."""
    over = threading.Event()
    problem: list[BaseException] = []

    def work() -> None:
        try:
            with Account(url, _FIRST.username, _FIRST.password) as account:
                number = 0
                while not over.wait(0.06):
                    number += 1
                    account.create(f"somebody else's prompt {number}")
        except BaseException as broken:
            problem.append(broken)

    other = threading.Thread(target=work, daemon=True)
    other.start()
    try:
        yield
    finally:
        over.set()
        other.join()
    if problem:
        raise problem[0]
