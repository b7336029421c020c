"""The API reference as one HTML page, rendered from the contract.

Nothing of it comes from elsewhere, so it reads the same without a network, and nothing in it is
inline. Where a text names an open question, the name leads to the question and its answers.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ..contract.document import resolve
from .reference_words import Words

Document = Mapping[str, Any]

#: Stands in a page for the address of the fake, which each reader may have another of.
BASE = "{base}"

#: What in a link is taken from the response (OpenAPI 3.1, Runtime Expressions).
_EXPRESSION = re.compile(r"\{?\$response\.body#/([^}\s]*)\}?")


def page(document: Document, questions: Sequence[Document], words: Words) -> str:
    """The whole page, of ``openapi.yaml`` and the questions of ``questions.yaml``."""
    return "".join(_Reference(document, questions, words).whole())


class _Reference:
    """What is written of a document. Every method gives HTML."""

    def __init__(self, document: Document, questions: Sequence[Document], words: Words) -> None:
        from markdown_it import MarkdownIt  # only whoever reads the reference pays for it

        self._document = document
        self._questions = questions
        self._words = words
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        names = "|".join(re.escape(question["id"]) for question in questions)
        self._named = re.compile(f"<code>({names})</code>" if names else r"(?!)")

    def whole(self) -> Iterator[str]:
        info, words = self._document["info"], self._words
        title = escape(info["title"])
        yield (
            f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}: {words.title}</title>"
            '<link rel="stylesheet" href="reference.css">'
            '<script src="reference.js" defer></script></head><body>'
        )
        yield f'<header><p><a href="./">sampan</a> · <a href="{words.other_page}">{words.other}</a>'
        yield f"</p><h1>{title}</h1><p>{escape(info.get('summary', ''))}</p></header>"
        # Without a script there is nothing that could search.
        yield (
            f'<form role="search" hidden><input type="search" aria-label="{words.search}"'
            f' placeholder="{words.search}"><output data-found="{words.found}"'
            f' data-nothing="{words.nothing}"></output></form><nav><ul>'
        )
        for _, _, operation in self._operations():
            name, summary = escape(operation["operationId"]), escape(operation["summary"])
            yield f'<li><a href="#{name}"><code>{name}</code> {summary}</a></li>'
        yield f'<li><a href="#schemas">{words.schemas}</a></li>'
        yield f'<li><a href="#questions">{words.questions}</a></li></ul></nav>'
        yield f"<main><section>{self._prose(info['description'])}</section>"
        for path, method, operation in self._operations():
            yield from self._operation(path, method, operation)
        yield f'<h2 id="schemas">{words.schemas}</h2>'
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)
        yield f'<h2 id="questions">{words.questions}</h2>'
        for question in self._questions:
            yield from self._question(question)
        yield "</main></body></html>"

    def _prose(self, text: str) -> str:
        """Markdown, in which the names of questions lead to them."""
        html = self._markdown.render(text)
        # A head without a text is none, and what may scroll has to be within a keyboard's reach.
        html = html.replace("<th></th>", "<td></td>")
        return self._linked(re.sub("<(pre|table)>", r'<\1 tabindex="0">', html))

    def _linked(self, html: str) -> str:
        return self._named.sub(r'<a href="#question-\1"><code>\1</code></a>', html)

    def _operations(self) -> Iterator[tuple[str, str, Document]]:
        for path, item in self._document["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, Mapping) and "operationId" in operation:
                    yield path, method.upper(), operation

    def _operation(self, path: str, method: str, operation: Document) -> Iterator[str]:
        name = escape(operation["operationId"])
        words = self._words
        secured = operation.get("security", self._document.get("security"))
        needs = words.with_token if secured else words.without_token
        costs = words.costs if operation.get("x-cost") == "job" else words.free
        yield (
            f'<section class="operation"><h2 id="{name}">{escape(operation["summary"])}</h2>'
            f'<p class="route"><b>{method}</b> <code>{escape(path)}</code>'
            f" <i>{name} · {needs} · {costs}</i></p>"
        )
        yield self._prose(operation.get("description", ""))
        if "requestBody" in operation:
            yield f"<h3>{words.request}</h3>"
            yield from self._content(operation["requestBody"], shown=True)
            yield f"<h3>{words.in_shell}</h3>"
            yield f'<pre tabindex="0">{escape(self._curl(path, operation))}</pre>'
        for status, response in operation["responses"].items():
            response = resolve(self._document, response)
            label = words.any_status if status == "default" else f"HTTP {escape(status)}"
            yield f"<h3>{words.response} <small>{label}</small></h3>"
            yield self._prose(response.get("description", ""))
            yield from self._content(response)
            yield from self._links(response)
        yield "</section>"

    def _curl(self, path: str, operation: Document) -> str:
        """The operation's first example as a command; that of the login keeps the token."""
        (media,) = operation["requestBody"]["content"].values()
        example = resolve(self._document, next(iter(media["examples"].values())))["value"]
        call = f"{BASE}{path} -H 'Content-Type: application/json'"
        if operation["operationId"] == "login":
            body = _quoted({**example, "password": "abc-secret"})
            return f"TOKEN=$(curl -s {call} \\\n  -d {body} | {_TAKE_TOKEN})\necho $TOKEN"
        authorization = '-H "Authorization: Bearer $TOKEN"'
        return f"curl {call} \\\n  {authorization} \\\n  -d {_quoted(example)}"

    def _content(self, body: Document, *, shown: bool = False) -> Iterator[str]:
        """What a body is made of, and its examples, ``shown`` or to be opened."""
        for media in body.get("content", {}).values():
            schema = resolve(self._document, media.get("schema", {}))
            if "oneOf" in schema:
                choices = self._words.either.join(self._type(choice) for choice in schema["oneOf"])
                yield f"<p>{self._words.one_of} {choices}.</p>"
            else:
                yield from self._properties(schema)
            for example in media.get("examples", {}).values():
                example = resolve(self._document, example)
                text = json.dumps(example["value"], ensure_ascii=False, indent=2)
                yield (
                    f"<details{' open' if shown else ''}>"
                    f"<summary>{escape(example.get('summary', self._words.example))}</summary>"
                    f'<pre tabindex="0">{escape(text)}</pre></details>'
                )

    def _links(self, response: Document) -> Iterator[str]:
        """What an answer leads to, and what of it goes there."""
        links = [resolve(self._document, link) for link in response.get("links", {}).values()]
        if not links:
            return
        yield f"<h3>{self._words.then}</h3><ul>"
        for link in links:
            name = escape(link["operationId"])
            carried = {**link.get("parameters", {}), **link.get("requestBody", {})}
            description = self._markdown.renderInline(link.get("description", ""))
            yield (
                f'<li><a href="#{name}"><code>{name}</code></a>: {self._linked(description)}'
                f" {self._carried(carried)}</li>"
            )
        yield "</ul>"

    def _carried(self, carried: Document) -> str:
        """What of a response goes where: ``parent_hash = data``."""
        taken = [
            f"<code>{escape(name.removeprefix('header.'))} = {escape(_in_words(value))}</code>"
            for name, value in carried.items()
            if _EXPRESSION.search(str(value))
        ]
        return f"<small>({self._words.sent_as}: {', '.join(taken)})</small>" if taken else ""

    def _schema(self, name: str, schema: Document) -> Iterator[str]:
        yield f'<section><h3 id="schema-{escape(name)}">{escape(name)}</h3>'
        yield self._prose(schema.get("description", ""))
        if "properties" in schema:
            yield from self._properties(schema, described=False)
        else:
            yield f"<p>{self._type(schema)}</p>"
        yield "</section>"

    def _properties(self, schema: Document, *, described: bool = True) -> Iterator[str]:
        if described and "description" in schema:
            yield self._prose(schema["description"])
        if "properties" not in schema:
            return
        required = schema.get("required", ())
        words = self._words
        heads = f"<th>{words.key}</th><th>{words.kind}</th><th>{words.meaning}</th>"
        yield f"<div class='wide' tabindex='0'><table><tr>{heads}</tr>"
        for key, inner in schema["properties"].items():
            meaning = inner.get("description") or resolve(self._document, inner).get(
                "description", ""
            )
            mark = "" if key in required else f" <small>{words.optional}</small>"
            yield (
                f"<tr><td><code>{escape(key)}</code>{mark}</td><td>{self._type(inner)}</td>"
                f"<td>{self._prose(meaning)}</td></tr>"
            )
        yield "</table></div>"

    def _question(self, question: Document) -> Iterator[str]:
        name = escape(question["id"])
        yield f'<section><h3 id="question-{name}">{name}</h3><p>{escape(question["why"])}</p><ul>'
        for variant in question["variants"]:
            default = variant["id"] == question["default"]
            reason = f" <small>{self._words.default} {escape(question['reason'])}</small>"
            yield (
                f"<li><code>{escape(variant['id'])}</code>: {escape(variant['says'])}"
                f"{reason if default else ''}</li>"
            )
        yield "</ul></section>"

    def _type(self, schema: Document) -> str:
        """A schema in a few words, a named one as a link."""
        if "$ref" in schema:
            name = escape(schema["$ref"].rpartition("/")[2])
            return f'<a href="#schema-{name}">{name}</a>'
        if "const" in schema:
            return f"<code>{escape(json.dumps(schema['const']))}</code>"
        if "enum" in schema:
            return self._words.either.join(
                f"<code>{escape(str(value))}</code>" for value in schema["enum"]
            )
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                return self._words.either.join(self._type(choice) for choice in schema[keyword])
        if schema.get("type") == "array":
            return f"{self._words.array_of} {self._type(schema.get('items', {}))}"
        named = schema.get("type", "anything")
        text = self._words.either.join(named) if isinstance(named, list) else str(named)
        if "minimum" in schema and "maximum" in schema and schema["maximum"] < 100:
            text += f" {schema['minimum']} to {schema['maximum']}"
        return escape(text)


_TAKE_TOKEN = """sed 's/.*"token":"\\([^"]*\\)".*/\\1/'"""


def _quoted(body: object) -> str:
    return shlex.quote(json.dumps(body, ensure_ascii=False))


def _in_words(value: object) -> str:
    """An expression as a path: ``{$response.body#/data/res/0/hash}`` is ``data.res[0].hash``."""

    def path(found: re.Match[str]) -> str:
        steps = found[1].split("/")
        return "".join(f"[{s}]" if s.isdigit() else f".{s}" for s in steps).removeprefix(".")

    return _EXPRESSION.sub(path, str(value))
