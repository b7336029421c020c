"""``docs/python.md`` from the signatures and docstrings of what ``sampan`` exports."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import sampan
from sampan.fake_server import pytest_plugin
from sampan.fake_server.client import account, admin, faults, requests
from sampan.fake_server.client.errors import SampanError
from sampan.fake_server.settings import Options

_HEAD = """# Python handles

Made from the sources by `make docs`; do not edit it here. Everything is imported from `sampan`. A
method of `Admin` is one call of the [control API](control-api.md), which says more.

A duration (`Duration`) is a number of seconds, a `timedelta`, or text such as `"30s"`, `"1.5m"` or
`"500ms"`. A `Document` is a `dict` as the control API describes it.
"""
#: Keywords of methods that are described once.
_KEYWORDS: tuple[tuple[str, type], ...] = (
    ("Options", Options),
    ("Filters", account.Filters),
    ("Match", requests.Match),
    ("Terms", faults.Terms),
    ("Changes", admin.Changes),
)
_FIXTURES = ("sampan_account", "sampan_server", "sampan_redirect")


def text() -> str:
    """The whole document."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_lines())).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from _pytest()
    for handle in (sampan.FakeServer, sampan.Account, sampan.Admin):
        yield from _class(handle)
    yield "## Functions\n"
    for function in (sampan.asgi_app, sampan.redirect):
        yield from _function(function.__name__, function)
    yield "## Keywords\n"
    for name, keywords in _KEYWORDS:
        yield from _keywords(name, keywords)
    yield "## Exceptions\n"
    yield "| exception | meaning |\n|---|---|"
    for name in sampan.__all__:
        error = getattr(sampan, name)
        if isinstance(error, type) and issubclass(error, SampanError):
            yield f"| `{name}` | {' '.join(_prose(error).split())} |"


def _pytest() -> Iterator[str]:
    yield "## pytest\n"
    yield "| fixture | what it gives |\n|---|---|"
    for name in _FIXTURES:
        fixture = getattr(pytest_plugin, name)
        yield f"| `{name}` | {' '.join(_prose(inspect.unwrap(fixture)).split())} |"
    yield ""
    yield "| option | ini setting | meaning |\n|---|---|---|"
    for option, meaning in pytest_plugin.options().items():
        yield f"| `--{option}` | `{option.replace('-', '_')}` | {meaning} |"
    marker = " ".join(pytest_plugin.MARKER.split())
    yield f"\nThe marker `@pytest.mark.{marker.replace('): ', ')`: ', 1)}.\n"


def _class(handle: type) -> Iterator[str]:
    yield f"## {handle.__name__}\n"
    yield f"{_prose(handle)}\n"
    made = vars(handle).get("__init__") or inspect.getattr_static(handle, "__init__")
    yield from _signature(handle.__name__, made)
    yield f"{_prose(made)}\n"
    for name, member in _members(handle):
        if isinstance(member, property):
            yield f"### {handle.__name__}.{name}\n"
            yield f"{_prose(member)}\n"
        else:
            yield from _function(f"{handle.__name__}.{name}", member)


def _members(handle: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties in the order of the source, the class's own first."""
    seen = set()
    for part in handle.__mro__[:-1]:
        for name, member in vars(part).items():
            is_member = isinstance(member, property) or inspect.isfunction(member)
            if is_member and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, member


def _function(title: str, function: Callable[..., Any]) -> Iterator[str]:
    yield f"### {title}\n"
    yield from _signature(title.rpartition(".")[2], function)
    yield f"{_prose(function)}\n"


def _signature(name: str, function: Callable[..., Any]) -> Iterator[str]:
    signature = inspect.signature(inspect.unwrap(function))
    given = [each for each in signature.parameters.values() if each.name != "self"]
    text = str(signature.replace(parameters=given)).replace(" -> 'None'", "")
    # Annotations are text, and only they have their quotes removed.
    text = re.sub(r"(: |-> )([\"'])(.*?)\2(?=,| =|\)|$)", r"\1\3", text)
    yield f"```text\n{name}{text}\n```\n"


def _keywords(name: str, keywords: type) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{_prose(keywords)}\n"
    yield "| keyword | type |\n|---|---|"
    for key, kind in keywords.__annotations__.items():
        told = getattr(kind, "__forward_arg__", str(kind)).replace("|", "&#124;")
        yield f"| `{key}` | <code>{told}</code> |"
    yield ""


def _prose(thing: object) -> str:
    """A docstring as Markdown: what it marks in the manner of Sphinx is code."""
    found = inspect.getdoc(thing) or ""
    found = re.sub(r":\w+:`([^`]*)`", r"`\1`", found)
    return found.replace("``", "`")
