"""The store against a plain dict: hypothesis walks through both, in memory, in a file, shared."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis.stateful import (
    rule,
)

from sampan.fake_server.store.database_url import DatabaseUrl
from sampan.fake_server.store.opening import open_store
from sampan.fake_server.store.store import Store
from tests.support.examples import examples
from tests.support.stores import postgres
from tests.support.stores.model import StoreMachine


class FileMachine(StoreMachine):
    """A store in a file, which is closed and opened again now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.store.close()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "sampan.db")

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "sampan.db")


class SharedMachine(StoreMachine):
    """A store of two processes; each step is another one's than the step before.

    A process makes its steps with what it remembers, once it has followed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store.close()
        self.stack = ExitStack()
        self.data = self._data()
        self.store = open_store(self.data, shared=True)
        self.other = open_store(self.data, shared=True)

    def _submit(self, number: int, given: dict[str, Any]) -> None:
        """At any instant: the clock has been turned to it."""
        self.store.keep_clock(None, self.clocks.get(None))
        super()._submit(number, given)

    def _data(self) -> Path | DatabaseUrl:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        return Path(folder) / "sampan.db"

    def teardown(self) -> None:
        super().teardown()
        self.other.close()
        self.stack.close()

    def check_invariants(self, *given: Any, **named: Any) -> None:
        """After each step: by the process that made it, and by the other one."""
        self.store.follow()
        super().check_invariants(*given, **named)
        self.store, self.other = self.other, self.store
        self.store.follow()
        super().check_invariants(*given, **named)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.data, shared=True)


class PostgresMachine(SharedMachine):
    """The same in PostgreSQL."""

    def _data(self) -> Path | DatabaseUrl:
        return self.stack.enter_context(postgres.database())


TestInMemory = StoreMachine.TestCase
TestInMemory.settings = settings(max_examples=examples(30), stateful_step_count=30, deadline=None)
TestInFile = FileMachine.TestCase
TestInFile.settings = settings(max_examples=examples(10), stateful_step_count=25, deadline=None)
TestShared = SharedMachine.TestCase
TestShared.settings = settings(max_examples=examples(5), stateful_step_count=25, deadline=None)
_InPostgres = PostgresMachine.TestCase
_InPostgres.settings = settings(max_examples=examples(3), stateful_step_count=25, deadline=None)
TestInPostgres = postgres.needs_postgres(_InPostgres)
