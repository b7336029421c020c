"""A stateful fake of the 小船AI image API, driven by the contract in ``openapi/``.

from fake_server import FakeServer
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .handles.account import Account
    from .handles.control import Admin
    from .inprocess import asgi_app
    from .server import FakeServer

__all__ = ["Account", "Admin", "FakeServer", "asgi_app"]

# Imported when they are asked for: who only wants to know a version must not wait for a server.
_HOME = {
    "Account": "handles.account",
    "Admin": "handles.control",
    "FakeServer": "server",
    "asgi_app": "inprocess",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
