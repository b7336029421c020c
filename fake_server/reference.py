"""The API reference as one self-contained HTML page, rendered from the contract.

No script, no font, no style comes from elsewhere: it reads the same without a network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from .spec import resolve
from .style import STYLE

Document = Mapping[str, Any]


def page(document: Document) -> str:
    """The whole page."""
    from markdown_it import MarkdownIt  # only whoever reads the reference pays for it

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return "".join(_page(document, markdown.render))


def _page(document: Document, prose: Any) -> Iterator[str]:
    info = document["info"]
    title = escape(info["title"])
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: reference</title><style>{STYLE}</style></head><body>"
    )
    yield f"<header><p><a href='/'>sampan</a></p><h1>{title}</h1>"
    yield f"<p>{escape(info.get('summary', ''))}</p></header><nav><ul>"
    for _, _, operation in _operations(document):
        name = escape(operation["operationId"])
        yield f'<li><a href="#{name}"><code>{name}</code> {escape(operation["summary"])}</a></li>'
    yield f"</ul></nav><main><section>{prose(info['description'])}</section>"
    for path, method, operation in _operations(document):
        yield from _operation(document, path, method, operation, prose)
    yield "<h2 id='schemas'>Schemas</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(document, name, schema, prose)
    yield "</main></body></html>"


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, Mapping) and "operationId" in operation:
                yield path, method.upper(), operation


def _operation(
    document: Document, path: str, method: str, operation: Document, prose: Any
) -> Iterator[str]:
    name = escape(operation["operationId"])
    yield (
        f'<section class="operation"><h2 id="{name}">{escape(operation["summary"])}</h2>'
        f'<p class="route"><b>{method}</b> <code>{escape(path)}</code> <i>{name}</i></p>'
    )
    yield prose(operation.get("description", ""))
    if "requestBody" in operation:
        yield "<h3>Request</h3>"
        yield from _content(document, operation["requestBody"], prose)
    for status, response in operation["responses"].items():
        response = resolve(document, response)
        label = "any other HTTP status" if status == "default" else f"HTTP {escape(status)}"
        yield f"<h3>Answer <small>{label}</small></h3>{prose(response.get('description', ''))}"
        yield from _content(document, response, prose)
    yield "</section>"


def _content(document: Document, body: Document, prose: Any) -> Iterator[str]:
    for media in body.get("content", {}).values():
        schema = media.get("schema", {})
        if "$ref" in schema:
            yield from _properties(document, resolve(document, schema), prose)
        elif "oneOf" in schema:
            choices = " or ".join(_type(document, choice) for choice in schema["oneOf"])
            yield f"<p>One of: {choices}.</p>"
        for example in media.get("examples", {}).values():
            example = resolve(document, example)
            text = json.dumps(example["value"], ensure_ascii=False, indent=2)
            yield (
                f"<details><summary>{escape(example.get('summary', 'Example'))}</summary>"
                f"<pre>{escape(text)}</pre></details>"
            )


def _schema(document: Document, name: str, schema: Document, prose: Any) -> Iterator[str]:
    yield f'<section><h3 id="schema-{escape(name)}">{escape(name)}</h3>'
    yield prose(schema.get("description", ""))
    if "properties" in schema:
        yield from _properties(document, schema, prose, described=False)
    else:
        yield f"<p>{_type(document, schema)}</p>"
    yield "</section>"


def _properties(
    document: Document, schema: Document, prose: Any, *, described: bool = True
) -> Iterator[str]:
    if described and "description" in schema:
        yield prose(schema["description"])
    if "properties" not in schema:
        return
    required = schema.get("required", ())
    yield "<div class='wide'><table><tr><th>key</th><th>type</th><th>meaning</th></tr>"
    for key, inner in schema["properties"].items():
        meaning = inner.get("description") or resolve(document, inner).get("description", "")
        mark = "" if key in required else " <small>optional</small>"
        yield (
            f"<tr><td><code>{escape(key)}</code>{mark}</td><td>{_type(document, inner)}</td>"
            f"<td>{prose(meaning)}</td></tr>"
        )
    yield "</table></div>"


def _type(document: Document, schema: Document) -> str:
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
            return " or ".join(_type(document, choice) for choice in schema[keyword])
    if schema.get("type") == "array":
        return f"array of {_type(document, schema.get('items', {}))}"
    named = schema.get("type", "anything")
    text = " or ".join(named) if isinstance(named, list) else str(named)
    if "minimum" in schema and "maximum" in schema and schema["maximum"] < 100:
        text += f" {schema['minimum']} to {schema['maximum']}"
    return escape(text)
