"""The fake that ``sampan matrix`` has started, for tests that would start one themselves."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from typing import Self

from ..client.admin import Admin
from ..http import urls
from .threaded import FakeServer

#: Names the run of the matrix that this process is part of; its fake is at ``SAMPAN_URL``.
RUN = "SAMPAN_MATRIX"


class AttachedServer(FakeServer):
    """A fake that runs elsewhere, with the settings that it has there; stopping it leaves it."""

    def __init__(self, address: str) -> None:
        """Raises ``ValueError`` on what is no address."""
        super().__init__()
        self._address = urls.address(address)
        self._admin = Admin(address)
        # Several processes may share it, each of which makes up names.
        self._names = itertools.count(os.getpid() * 1_000_000)

    def start(self) -> Self:
        return self

    def stop(self) -> None:
        """Let go of connections."""
        self.admin.close()

    def _has(self, username: str) -> bool:
        return False  # it begins empty, and a name has this process's number in it

    @property
    def port(self) -> int:
        return self._address.port

    @property
    def url(self) -> str:
        return self.admin.transport.base

    @property
    def admin(self) -> Admin:
        assert self._admin is not None
        return self._admin


def of_matrix(environment: Mapping[str, str]) -> FakeServer | None:
    """The fake of the run that ``environment`` belongs to; ``None`` where there is no matrix."""
    return AttachedServer(environment["SAMPAN_URL"]) if environment.get(RUN) else None
