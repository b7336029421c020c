"""sampan: a stateful fake of the 小船AI image API, and a conformance kit for it.

    from sampan import FakeServer, Account, Admin, asgi_app, redirect

In a checkout the fake, the kit and the contract are linked into this folder from beside it; in an
installed wheel they are inside it. Either way they are imported under this name alone.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fake_server.client.account import Account
    from .fake_server.client.admin import Admin
    from .fake_server.client.errors import (
        ControlRefused,
        Disconnected,
        JobFailed,
        NotAnEnvelope,
        NotAsExpected,
        NotInTime,
        PictureRefused,
        Refused,
        SampanError,
        Unreachable,
    )
    from .fake_server.client.redirect import redirect
    from .fake_server.server.asgi import asgi_app
    from .fake_server.server.threaded import FakeServer

    __version__: str

__all__ = [
    "Account",
    "Admin",
    "ControlRefused",
    "Disconnected",
    "FakeServer",
    "JobFailed",
    "NotAnEnvelope",
    "NotAsExpected",
    "NotInTime",
    "PictureRefused",
    "Refused",
    "SampanError",
    "Unreachable",
    "asgi_app",
    "redirect",
]

if not Path(__file__).with_name("fake_server").is_dir():
    # A checkout without symbolic links, where Git writes each link as a text file, or the files of
    # an sdist, which has no links.
    __path__.append(str(Path(__file__).resolve().parents[1]))

# Imported on first use: a program that only wants a version must not wait for a server.
_MODULES = {
    **{name: "client.errors" for name in __all__ if name[0].isupper()},
    "Account": "client.account",
    "Admin": "client.admin",
    "FakeServer": "server.threaded",
    "asgi_app": "server.asgi",
    "redirect": "client.redirect",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".fake_server.{module}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
