"""What all processes of a store are started with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..store import Store
from ..transactions import NotStoredError


def agree(store: Store, where: str, mine: Mapping[str, Any], *, alone: bool) -> None:
    """Keep how this process is started, or see that the others are started alike.

    ``mine`` are options and their values; ``where`` names the store for a person. Raises
    ``NotStoredError``.
    """
    text = orjson.dumps(mine, option=orjson.OPT_SORT_KEYS).decode()
    if alone:
        store.keep("settings", text)
        return
    theirs = orjson.loads(store.setting("settings", lambda: text))
    other = [name for name, value in mine.items() if theirs.get(name) != value]
    if other:
        raise NotStoredError(
            f"{where} is in use by processes with another {other[0]}: all must be started with the"
            " same one"
        )
