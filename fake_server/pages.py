"""What a browser sees: a plain front page, the contract, and a reference made from it."""

from __future__ import annotations

import orjson

from . import spec
from .answer import HTML, JSON, YAML, Answer
from .world import World


def get(world: World, path: str, base: str) -> Answer | None:
    """The page at ``path``, or ``None``."""
    if path == "/":
        return Answer(200, _front(base).encode(), HTML)
    if path == "/openapi.json":
        return Answer(200, orjson.dumps(world.spec.document), JSON)
    if path == "/openapi.yaml":
        return Answer(200, (spec.DIRECTORY / "openapi.yaml").read_bytes(), YAML)
    return None


def _front(base: str) -> str:
    return f"<!doctype html><title>sampan</title><h1>sampan</h1><p>{base}</p>"
