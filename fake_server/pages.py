"""What a browser sees: a plain front page, the contract, and a reference made from it."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import orjson

from . import reference, spec
from .answer import HTML, JSON, YAML, Answer
from .style import STYLE
from .world import World

_YAML = ("openapi.yaml", "questions.yaml", "requirements.yaml")


def get(world: World, path: str, base: str) -> Answer | None:
    """The page at ``path``, or ``None``. ``base`` is where this fake is, as its reader sees it."""
    if path == "/":
        return Answer(200, _front(world, base).encode(), HTML)
    if path == "/reference":
        return Answer(200, _reference(), HTML)
    if path == "/openapi.json":
        return Answer(200, orjson.dumps(world.spec.document), JSON)
    if path[1:] in _YAML:
        return Answer(200, (spec.DIRECTORY / path[1:]).read_bytes(), YAML)
    return None


@lru_cache(maxsize=1)
def _reference() -> bytes:
    return reference.page(spec.read("openapi.yaml")).encode()


def _front(world: World, base: str) -> str:
    """What this is, what to read, and a first request to paste."""
    rows = "".join(
        f"<tr><td><code>{operation.method} {escape(operation.path)}</code></td>"
        f'<td><a href="/reference#{operation.id}">{operation.id}</a></td></tr>'
        for operation in world.spec.operations
    )
    login = (
        f"curl {escape(base)}/auth/login -H 'Content-Type: application/json' \\\n"
        f'  -d \'{{"username": "abc", "password": "abc-secret"}}\''
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>sampan: a fake of the 小船AI image API</title><style>{STYLE}</style></head><body>"
        "<header><h1>sampan</h1><p>A fake of the 小船AI image API. It costs nothing, keeps its"
        " jobs apart by account, and draws its own pictures. Nothing here is the real"
        " service.</p></header>"
        f"<h2>First request</h2><pre>{login}</pre>"
        f"<p>The accounts <code>abc</code> and <code>limited</code> are there at start, unless"
        f" others were given. Profile: <code>{escape(world.profile.name)}</code>.</p>"
        f"<h2>Operations</h2><table>{rows}</table>"
        '<h2>Contract</h2><p><a href="/reference">API reference</a> ·'
        ' <a href="/openapi.yaml">openapi.yaml</a> · <a href="/openapi.json">openapi.json</a> ·'
        ' <a href="/requirements.yaml">requirements.yaml</a> ·'
        ' <a href="/questions.yaml">questions.yaml</a></p>'
        "<p>The page of the real service leaves much open. What this fake does there is one of the"
        " answers listed in <code>questions.yaml</code>, not a fact; of the numbers in"
        " <code>status</code>, only 2000 is documented.</p></body></html>"
    )
