"""The pictures of jobs: see ``picture.py``."""

from __future__ import annotations

from .colours import Colours, blend, palette
from .picture import Picture, View, length, png, size, webp

__all__ = ["Colours", "Picture", "View", "blend", "length", "palette", "png", "size", "webp"]
