"""Secrets, in whatever form they could turn up in an artefact, are cut out of it.

Known secrets (passwords, tokens) are found raw, JSON-escaped, HTML-escaped, URL-encoded, as
Python writes them, and base64-encoded at any offset inside something longer (as in Basic
credentials). Anything that looks like a JWT is cut out whether it is known or not.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from urllib.parse import quote, quote_plus

MASK = "‹redacted›"

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_=-]+(?:\.[A-Za-z0-9_=-]*)?")
#: Shorter than this, base64 at an offset leaves too few whole characters to be told from chance.
_ENCODABLE = 6


class Secrets:
    """A growing set of secrets; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, *secrets: str | None) -> None:
        """Know these from now on; ``None`` and empty ones are nothing to hide."""
        new = {one for one in secrets if one} - self._known
        if not new:
            return
        with self._lock:
            self._known |= new
            forms = {form for secret in self._known for form in _forms(secret)}
            # The longest first: a form must not be cut short by one that it contains.
            ordered = sorted(forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(re.escape(form) for form in ordered))

    def redact(self, text: str) -> str:
        """``text`` with every secret in it masked, and fit to be written as UTF-8."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        # A server may send a lone surrogate, which no file takes.
        return _JWT.sub(MASK, text).encode("utf-8", "backslashreplace").decode()


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, quote(raw, safe=""), quote_plus(raw), html.escape(secret), repr(secret)[1:-1]}
    forms |= {re.sub("%[0-9A-F]{2}", lambda hit: hit[0].lower(), form) for form in forms}
    for escaped in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        forms |= {escaped[1:-1], json.dumps(escaped[1:-1])[1:-1], html.escape(escaped[1:-1])}
        # Some writers escape the slash too.
        forms.add(escaped[1:-1].replace("/", "\\/"))
    if len(raw) >= _ENCODABLE:
        forms |= _base64(raw)
    return forms


def _base64(raw: bytes) -> set[str]:
    """How ``raw`` reads in base64, alone or inside something longer, in both alphabets."""
    forms = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        # Characters that the neighbours share are not ours.
        first = (0, 2, 3)[offset]
        last = len(encoded) - (1 if (offset + len(raw)) % 3 else 0)
        forms.add(encoded[first:last])
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}
