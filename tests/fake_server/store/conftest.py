"""Stores that processes share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.stores import postgres
from tests.support.stores.pairs import Data, Pair


@pytest.fixture(params=["file", pytest.param("postgres", marks=postgres.needs_postgres)])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Data]:
    """A store of each kind that processes share."""
    if request.param == "file":
        yield tmp_path / "data"
    else:
        with postgres.database() as url:
            yield url


@pytest.fixture
def pair(data: Data) -> Iterator[Pair]:
    with ExitStack() as stack:
        made = Pair(data)
        stack.callback(made.close)
        yield made
