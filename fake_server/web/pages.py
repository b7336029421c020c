"""What a browser sees: a plain front page, the contract, and a reference made from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape

import orjson

from ..contract import yaml_files
from ..http.responses import HTML, JSON, YAML, Response
from ..service import FakeService
from ..settings import DEFAULT_ACCOUNTS
from . import reference

#: A page of a fake that its reader reaches at a base address.
Page = Callable[[FakeService, str], Response]

#: As many accounts are named at most.
_NAMED = 5


@lru_cache(maxsize=1)
def _reference_page() -> bytes:
    questions = yaml_files.read("questions.yaml")["questions"]
    return reference.page(yaml_files.read("openapi.yaml"), questions).encode()


def _reference(_: FakeService, __: str) -> Response:
    return Response(200, _reference_page(), HTML)


def _document(service: FakeService, base: str) -> Response:
    """The contract of this fake alone: a client made from it must not reach a paid service."""
    servers = [{"url": base, "description": "This fake."}]
    return Response(200, orjson.dumps({**service.spec.document, "servers": servers}), JSON)


def _file(name: str) -> Page:
    return lambda service, base: Response(200, (yaml_files.DIRECTORY / name).read_bytes(), YAML)


def _front(service: FakeService, base: str) -> Response:
    return Response(200, _front_page(service, base).encode(), HTML)


def _front_page(service: FakeService, base: str) -> str:
    """What this is, what to read, and a first request to paste."""
    rows = "".join(
        f"<tr><td><code>{operation.method} {escape(operation.path)}</code></td>"
        f'<td><a href="reference#{operation.id}">{operation.id}</a></td></tr>'
        for operation in service.spec.operations
    )
    login, accounts = _first_request(service, base)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>sampan: a fake of the 小船AI image API</title>"
        f"<style>{reference.STYLE}</style></head><body>"
        "<header><h1>sampan</h1><p>A fake of the 小船AI image API. It costs nothing, keeps the"
        " jobs of each account separate, and draws its own pictures. It is not the real"
        " service.</p></header>"
        f"<h2>First request</h2><pre>{escape(login)}</pre>"
        f"<p>{accounts} Profile: <code>{escape(service.rules.profile.name)}</code>.</p>"
        f"<h2>Operations</h2><table>{rows}</table>"
        '<h2>Contract</h2><p><a href="reference">API reference</a> ·'
        ' <a href="openapi.yaml">openapi.yaml</a> · <a href="openapi.json">openapi.json</a> ·'
        ' <a href="requirements.yaml">requirements.yaml</a> ·'
        ' <a href="questions.yaml">questions.yaml</a>; control API:'
        ' <a href="__admin/openapi.json">/__admin/openapi.json</a></p>'
        "<p>The real service's page leaves much open. Where it does, this fake gives one of the"
        " answers listed in <code>questions.yaml</code>, which is not a fact. Of the numbers in"
        " <code>status</code>, only 2000 is documented.</p></body></html>"
    )


def _first_request(service: FakeService, base: str) -> tuple[str, str]:
    """A login to paste, and which accounts there are. A password that was given is not told."""
    given = service.settings.accounts
    name, password = "NAME", "PASSWORD"
    if given == DEFAULT_ACCOUNTS:
        name, password = given[0].username, given[0].password
    elif given:
        name = given[0].username
    body = json.dumps({"username": name, "password": password}, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    login = f"curl {base}/auth/login -H 'Content-Type: application/json' \\\n  -d '{quoted}'"
    names = ", ".join(f"<code>{escape(each.username)}</code>" for each in given[:_NAMED])
    more = f" and {len(given) - _NAMED} more" if len(given) > _NAMED else ""
    first = f"Accounts at startup: {names}{more}." if given else "No accounts at startup."
    if service.settings.open_accounts:
        first += " Logging in with any other name creates an account."
    return login, first


#: The pages by their paths.
PAGES: Mapping[str, Page] = {
    "/": _front,
    "/reference": _reference,
    "/openapi.json": _document,
    "/openapi.yaml": _file("openapi.yaml"),
    "/questions.yaml": _file("questions.yaml"),
    "/requirements.yaml": _file("requirements.yaml"),
}
