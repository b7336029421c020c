"""ASGI's types, as Starlette has them, and two more."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Message as Message
from starlette.types import Receive as Receive
from starlette.types import Scope as Scope
from starlette.types import Send as Send

#: A request's headers by their names in lower case.
RequestHeaders = Mapping[bytes, bytes]
#: A server's name and port.
Address = tuple[str, int | None]
