"""One account that changes all that can be set about it, and looks whether it is still so."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from sampan import Account, Admin, ControlRefused, Refused
from tests.crash.facts import Facts, Key, KilledError

_PASSWORDS = ("first", "second", "third")
#: Armed for an operation that nobody calls, so that only arming and disarming change it.
_UNCALLED = "describeImage"


class Tenant:
    """A thread's own account: its jobs, folders, favourites, clock, faults and scenarios."""

    def __init__(self, name: str, facts: Facts, seed: int) -> None:
        self.name = name
        self._facts = facts
        self._drawn = random.Random(seed)
        self._jobs: list[str] = []
        self._faults: list[str] = []
        self._time = itertools.count(time.time_ns() // 1_000_000, 1000)
        self._made = False

    def work(self, url: str) -> None:
        """Change one thing after the other until the fake is killed, or the round is over."""
        with Admin(url) as admin:
            try:
                if not self._made:
                    self._make(admin)
                mine = admin.of(self.name)
                with admin.handle(self.name, self._password()) as account:
                    _acknowledged(account.login)
                    for change in self._changes(mine, account):
                        if self._facts.over.is_set():
                            break
                        change()
            except KilledError:
                pass

    def lost(self, url: str) -> list[str]:
        """What is not as it was acknowledged, after a new start."""
        with Admin(url) as admin:
            found = self._seen(admin)
        return [
            f"{key}: {found.get(key)!r}, not {possible}"
            for key, possible in list(self._facts.may_be.items())
            if key[1] == self.name or (isinstance(key[1], tuple) and key[1][0] == self.name)
            if not self._facts.settle(key, found.get(key))
        ]

    def _key(self, kind: str, *about: str) -> Key:
        return kind, (self.name, *about) if about else self.name

    def _password(self) -> str:
        return str(self._facts.may_be[self._key("password")][-1])

    def _make(self, admin: Admin) -> None:
        key = self._key("password")
        self._facts.change(
            key, _PASSWORDS[0], lambda: admin.account(self.name, password=_PASSWORDS[0])
        )
        self._made = True

    def _changes(self, mine: Admin, account: Account) -> Iterator[Callable[[], None]]:
        kinds = (
            lambda: self._submit(account),
            lambda: self._submit(account),
            lambda: self._favour(mine),
            lambda: self._file(mine),
            lambda: self._turn(mine),
            lambda: self._arm(mine),
            lambda: self._disarm(mine),
            lambda: self._schedule(mine),
            lambda: self._rename(mine),
            lambda: self._secure(mine),
        )
        while True:
            yield self._drawn.choice(kinds)

    def _submit(self, account: Account) -> None:
        prompt = f"第 {len(self._jobs)} 个 🚣 {self._drawn.random()}"
        hash = _acknowledged(lambda: account.create(prompt))
        self._facts.learn(self._key("job", hash), prompt)
        self._facts.learn(self._key("favourite", hash), False)
        self._facts.learn(self._key("folder", hash), ())
        self._jobs.append(hash)

    def _favour(self, mine: Admin) -> None:
        if self._jobs:
            hash = self._drawn.choice(self._jobs)
            self._facts.change(self._key("favourite", hash), True, lambda: mine.favourite(hash))

    def _file(self, mine: Admin) -> None:
        if self._jobs:
            hash = self._drawn.choice(self._jobs)
            self._facts.change(
                self._key("folder", hash), ("boats",), lambda: mine.put_in_folder("boats", hash)
            )

    def _turn(self, mine: Admin) -> None:
        to = next(self._time)
        if self._key("clock") not in self._facts.may_be:
            _acknowledged(mine.freeze)
            for clock in _acknowledged(mine.export_state)["clocks"]:
                self._facts.learn(self._key("clock"), clock["frozen"])
        self._facts.change(self._key("clock"), to, lambda: mine.set_time(to))

    def _arm(self, mine: Admin) -> None:
        fault = _acknowledged(
            lambda: mine.fault("DELAY", delay=0.005, operation=_UNCALLED, times=7)
        )
        self._facts.learn(self._key("fault", fault["id"]), True)
        self._faults.append(fault["id"])

    def _disarm(self, mine: Admin) -> None:
        if self._faults:
            id = self._faults.pop()
            self._facts.change(self._key("fault", id), None, lambda: mine.disarm(id))

    def _schedule(self, mine: Admin) -> None:
        number = self._drawn.randint(2, 9)
        self._facts.change(self._key("scenario"), None, mine.disarm_scenarios)
        self._facts.change(self._key("scenario"), number, lambda: mine.scenario("slow", number))

    def _rename(self, mine: Admin) -> None:
        name = self._drawn.choice(("Li", "Wang", "Zhang"))
        self._facts.change(
            self._key("name"), name, lambda: mine.change_account(self.name, name=name)
        )

    def _seen(self, admin: Admin) -> dict[Key, Any]:
        """All facts about the account, as the fake tells them now."""
        if self._key("password") not in self._facts.may_be:
            return {}
        mine = admin.of(self.name)
        try:
            state = mine.export_state()
        except ControlRefused:
            return {}  # not even the account is there
        found: dict[Key, Any] = {self._key("password"): self._fitting(admin)}
        found[self._key("name")] = state["accounts"][0]["name"]
        for clock in state["clocks"]:
            found[self._key("clock")] = clock["frozen"]
        for fault in mine.faults():
            found[self._key("fault", fault["id"])] = True
        for armed in state["scenarios"]:
            found[self._key("scenario")] = int(armed["argument"])
        for job in state["jobs"]:
            found[self._key("job", job["hash"])] = job["prompt"]
            found[self._key("favourite", job["hash"])] = job["favourite"]
            found[self._key("folder", job["hash"])] = tuple(job["folders"])
        return found

    def _secure(self, mine: Admin) -> None:
        password = self._drawn.choice(_PASSWORDS)
        self._facts.change(
            self._key("password"),
            password,
            lambda: mine.change_account(self.name, password=password),
        )

    def _fitting(self, admin: Admin) -> str | None:
        """The password that a login takes."""
        for password in _PASSWORDS:
            with admin.handle(self.name, password) as account, contextlib.suppress(Refused):
                account.login()
                return password
        return None


def _acknowledged(make: Callable[[], Any]) -> Any:
    """The answer to a change that no fact is known of before it. Raises :class:`KilledError`."""
    return Facts().change(("any", ""), None, make)
