"""Why an entry can't be judged, and what exports leave out of entries that can be, in part."""

from __future__ import annotations

from collections import Counter
from enum import Enum


class Part(Enum):
    """A part of an exchange that a file may lack: its name, and what is not judged for that."""

    REQUEST_BODY = "the request's body", "nothing of these is judged"
    ANSWER_BODY = "the answer's body", "nothing of these is judged"
    DURATION = "how long it took", "nothing of these is judged, for their place is not known"
    REQUEST_HEADERS = "the request's headers", "whose they are is not judged"
    ANSWER_HEADERS = (
        "the answer's headers",
        "content.mimeType stands for Content-Type; without it, nothing of these is judged",
    )
    TOKEN = "Authorization", "if they had one; whose they are is not judged"


class EntryError(ValueError):
    """The entry is malformed."""


class UnjudgedError(Exception):
    """The entry is well-formed, but says too little of what passed, or it never reached the
    server. ``lacks``: what the file has not kept of it."""

    def __init__(self, reason: str, lacks: Part | None = None) -> None:
        super().__init__(reason)
        self.lacks = lacks


def sentence(lacking: Counter[Part], entries: int) -> str:
    """What ``entries`` of the API lack, each part with its consequence; empty if nothing."""
    parts = (
        f"{part.value[0]} in {lacking[part]} ({part.value[1]})" for part in Part if lacking[part]
    )
    said = "; ".join(parts)
    return f"of {entries} entries with the API, the file lacks {said}" if said else ""
