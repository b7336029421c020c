"""Which requests are meant, by their headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .matching import Difference, Field

#: A request's headers, as they came.
Headers = Sequence[tuple[bytes, bytes]]


class Condition(NamedTuple):
    """What a header is to be, in words."""

    name: str
    words: str


class HeaderMatch:
    """The conditions of ``HeaderMatch`` in ``admin.yaml``; all of them must hold.

    Names are compared without regard to case. The values of a header that came several times are
    one text, joined by commas (RFC 9110, 5.3).
    """

    def __init__(self, terms: Mapping[str, Any]) -> None:
        """Raises ``MatchError``."""
        self._fields = {
            name.lower(): Field(f"header {name}", f"headers.{name}", (name.lower(),), wanted)
            for name, wanted in terms.items()
        }

    def conditions(self) -> Iterator[Condition]:
        """The conditions as one would say them."""
        for name, field in self._fields.items():
            for words in field.conditions():
                yield Condition(name, words)

    def admits(self, headers: Headers) -> bool:
        """Whether a request's headers are as they were to be."""
        return next(self.differences(headers), None) is None

    def differences(self, headers: Headers) -> Iterator[Difference]:
        """Where they are not."""
        values = joined(headers)
        for field in self._fields.values():
            yield from field.differences(values)


def joined(headers: Headers) -> dict[str, str]:
    """Headers by name in lower case; values of a repeated one are joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(text(value))
    return {name: ", ".join(parts) for name, parts in values.items()}


def text(raw: bytes) -> str:
    """A header's value: UTF-8 as most clients write it, else the latin-1 of HTTP/1.1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
