"""What a browser sees: a plain front page, the contract, and a reference made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

import orjson

from ..contract import yaml_files
from ..http.responses import HTML, JSON, YAML, Response
from ..service import FakeService
from ..settings import DEFAULT_ACCOUNTS
from . import dashboard_files

#: A page of a fake that its reader reaches at a base address.
Page = Callable[[FakeService, str], Response]

#: As many accounts are named at most.
_NAMED = 5


@lru_cache(maxsize=2)
def _reference_page(language: str) -> str:
    from . import reference, reference_words  # no start waits for them

    questions = yaml_files.read("questions.yaml")["questions"]
    return reference.page(yaml_files.read("openapi.yaml"), questions, reference_words.OF[language])


def _reference(language: str) -> Page:
    def answer(_: FakeService, base: str) -> Response:
        from .reference import BASE

        page = _reference_page(language).replace(BASE, escape(base))
        return Response(200, page.encode(), (*HTML, *dashboard_files.POLICY))

    return answer


def _beside(name: str, media_type: bytes) -> Page:
    """A file that a page loads."""
    path = Path(__file__).parent / name
    headers = ((b"content-type", media_type), *dashboard_files.POLICY)
    return lambda service, base: Response(200, path.read_bytes(), headers)


def _document(service: FakeService, base: str) -> Response:
    """The contract of this fake alone: a client made from it must not reach a paid service."""
    servers = [{"url": base, "description": "This fake."}]
    return Response(200, orjson.dumps({**service.spec.document, "servers": servers}), JSON)


def _file(name: str) -> Page:
    return lambda service, base: Response(200, (yaml_files.DIRECTORY / name).read_bytes(), YAML)


def _front(service: FakeService, base: str) -> Response:
    """The dashboard; what it says without JavaScript is how to begin and what to read."""
    rows = "".join(
        f"<tr><td><code>{operation.method} {escape(operation.path)}</code></td>"
        f'<td><a href="reference#{operation.id}">{operation.id}</a></td></tr>'
        for operation in service.spec.operations
    )
    login, accounts = _first_request(service, base)
    filled = {
        "login": escape(login),
        "accounts": accounts,
        "profile": escape(service.rules.profile.name),
        "operations": rows,
    }
    page = _FILLED.sub(lambda found: filled[found[1]], dashboard_files.text("index.html"))
    return Response(200, page.encode(), (*HTML, *dashboard_files.POLICY))


_FILLED = re.compile(r"<!-- (\w+) -->")


def _first_request(service: FakeService, base: str) -> tuple[str, str]:
    """A login to paste, and which accounts there are. No password that was given is shown."""
    given = service.settings.accounts
    name, password = "NAME", "PASSWORD"
    if given == DEFAULT_ACCOUNTS:
        name, password = given[0].username, given[0].password
    elif given:
        name = given[0].username
    body = json.dumps({"username": name, "password": password}, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    login = f"curl {base}/auth/login -H 'Content-Type: application/json' \\\n  -d '{quoted}'"
    # Nothing is written between the texts that only one language would write.
    names = [f"<code>{escape(each.username)}</code>" for each in given[:_NAMED]]
    names += [f"+{len(given) - _NAMED}"] if len(given) > _NAMED else []
    first = f"{_text('accounts')} {' · '.join(names)}" if given else _text("no-accounts")
    if service.settings.open_accounts:
        first += f"<br />{_text('open-accounts')}"
    return login, first


def _text(key: str) -> str:
    """A text of the front page, which the dashboard replaces by that of its language."""
    return f'<span data-text="start.{key}">{_TEXTS[key]}</span>'


_TEXTS = {
    "accounts": "Accounts at startup:",
    "no-accounts": "No accounts at startup.",
    "open-accounts": "Logging in with any other name creates an account.",
}


#: The pages by their paths.
PAGES: Mapping[str, Page] = {
    "/": _front,
    "/reference": _reference("en"),
    "/reference-zh": _reference("zh"),
    "/reference.css": _beside("style.css", b"text/css; charset=utf-8"),
    "/reference.js": _beside("reference.js", b"text/javascript; charset=utf-8"),
    "/openapi.json": _document,
    "/openapi.yaml": _file("openapi.yaml"),
    "/questions.yaml": _file("questions.yaml"),
    "/requirements.yaml": _file("requirements.yaml"),
}
