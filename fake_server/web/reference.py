"""The API reference as one self-contained HTML page, rendered from the contract.

No script, no font, no style comes from elsewhere: it reads the same without a network. Where a text
names an open question, the name leads to the question and its possible answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..contract.document import resolve

Document = Mapping[str, Any]

STYLE = (Path(__file__).parent / "style.css").read_text()


def page(document: Document, questions: Sequence[Document]) -> str:
    """The whole page, of ``openapi.yaml`` and the questions of ``questions.yaml``."""
    return "".join(_Reference(document, questions).whole())


class _Reference:
    """What is written of a document. Every method gives HTML."""

    def __init__(self, document: Document, questions: Sequence[Document]) -> None:
        from markdown_it import MarkdownIt  # only whoever reads the reference pays for it

        self._document = document
        self._questions = questions
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        names = "|".join(re.escape(question["id"]) for question in questions)
        self._named = re.compile(f"<code>({names})</code>" if names else r"(?!)")

    def whole(self) -> Iterator[str]:
        info = self._document["info"]
        title = escape(info["title"])
        yield (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}: reference</title><style>{STYLE}</style></head><body>"
        )
        yield f"<header><p><a href='./'>sampan</a></p><h1>{title}</h1>"
        yield f"<p>{escape(info.get('summary', ''))}</p></header><nav><ul>"
        for _, _, operation in self._operations():
            name, summary = escape(operation["operationId"]), escape(operation["summary"])
            yield f'<li><a href="#{name}"><code>{name}</code> {summary}</a></li>'
        yield '<li><a href="#schemas">Schemas</a></li>'
        yield '<li><a href="#questions">Open questions</a></li></ul></nav>'
        yield f"<main><section>{self._prose(info['description'])}</section>"
        for path, method, operation in self._operations():
            yield from self._operation(path, method, operation)
        yield "<h2 id='schemas'>Schemas</h2>"
        for name, schema in self._document["components"]["schemas"].items():
            yield from self._schema(name, schema)
        yield "<h2 id='questions'>Open questions</h2>"
        for question in self._questions:
            yield from self._question(question)
        yield "</main></body></html>"

    def _prose(self, text: str) -> str:
        """Markdown, in which the names of questions lead to them."""
        return self._linked(self._markdown.render(text))

    def _linked(self, record_cache: str) -> str:
        return self._named.sub(r'<a href="#question-\1"><code>\1</code></a>', record_cache)

    def _operations(self) -> Iterator[tuple[str, str, Document]]:
        for path, item in self._document["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, Mapping) and "operationId" in operation:
                    yield path, method.upper(), operation

    def _operation(self, path: str, method: str, operation: Document) -> Iterator[str]:
        name = escape(operation["operationId"])
        needs = "with" if operation.get("security", self._document.get("security")) else "without"
        costs = "costs a job" if operation.get("x-cost") == "job" else "costs no job"
        yield (
            f'<section class="operation"><h2 id="{name}">{escape(operation["summary"])}</h2>'
            f'<p class="route"><b>{method}</b> <code>{escape(path)}</code>'
            f" <i>{name} · {needs} a token · {costs}</i></p>"
        )
        yield self._prose(operation.get("description", ""))
        if "requestBody" in operation:
            yield "<h3>Request</h3>"
            yield from self._content(operation["requestBody"], shown=True)
        for status, response in operation["responses"].items():
            response = resolve(self._document, response)
            label = "any other HTTP status" if status == "default" else f"HTTP {escape(status)}"
            yield f"<h3>Response <small>{label}</small></h3>"
            yield self._prose(response.get("description", ""))
            yield from self._content(response)
            yield from self._links(response)
        yield "</section>"

    def _content(self, body: Document, *, shown: bool = False) -> Iterator[str]:
        """What a body is made of, and its examples, ``shown`` or to be opened."""
        for media in body.get("content", {}).values():
            schema = resolve(self._document, media.get("schema", {}))
            if "oneOf" in schema:
                choices = " or ".join(self._type(choice) for choice in schema["oneOf"])
                yield f"<p>One of: {choices}.</p>"
            else:
                yield from self._properties(schema)
            for example in media.get("examples", {}).values():
                example = resolve(self._document, example)
                text = json.dumps(example["value"], ensure_ascii=False, indent=2)
                yield (
                    f"<details{' open' if shown else ''}>"
                    f"<summary>{escape(example.get('summary', 'Example'))}</summary>"
                    f"<pre>{escape(text)}</pre></details>"
                )

    def _links(self, response: Document) -> Iterator[str]:
        """What an answer leads to, and what of it goes there."""
        links = [resolve(self._document, link) for link in response.get("links", {}).values()]
        if not links:
            return
        yield "<h3>Then</h3><ul>"
        for link in links:
            name = escape(link["operationId"])
            carried = {**link.get("parameters", {}), **link.get("requestBody", {})}
            text = json.dumps(carried, ensure_ascii=False)
            description = self._markdown.renderInline(link.get("description", ""))
            yield (
                f'<li><a href="#{name}"><code>{name}</code></a>: {self._linked(description)}'
                f" <code>{escape(text)}</code></li>"
            )
        yield "</ul>"

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
        yield "<div class='wide'><table><tr><th>key</th><th>type</th><th>meaning</th></tr>"
        for key, inner in schema["properties"].items():
            meaning = inner.get("description") or resolve(self._document, inner).get(
                "description", ""
            )
            mark = "" if key in required else " <small>optional</small>"
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
            reason = f" <small>The fake's default. {escape(question['reason'])}</small>"
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
            return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                return " or ".join(self._type(choice) for choice in schema[keyword])
        if schema.get("type") == "array":
            return f"array of {self._type(schema.get('items', {}))}"
        named = schema.get("type", "anything")
        text = " or ".join(named) if isinstance(named, list) else str(named)
        if "minimum" in schema and "maximum" in schema and schema["maximum"] < 100:
            text += f" {schema['minimum']} to {schema['maximum']}"
        return escape(text)
