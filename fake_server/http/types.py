"""ASGI's types, as the fake uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
#: A request's headers by their names in lower case.
RequestHeaders = Mapping[bytes, bytes]
#: A server's name and port.
Address = tuple[str, int | None]
