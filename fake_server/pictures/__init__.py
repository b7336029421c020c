"""The pictures of jobs: see ``picture.py``. Imported on first use: no start waits for a picture."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .colours import Colours, blend, palette
    from .picture import Picture, View, length, png, size, webp

__all__ = ["Colours", "Picture", "View", "blend", "length", "palette", "png", "size", "webp"]
_COLOURS = ("Colours", "blend", "palette")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(".colours" if name in _COLOURS else ".picture", __name__)
    globals()[name] = getattr(module, name)  # found at once from then on
    return globals()[name]
