"""Secrets, in whatever form they could turn up in an artefact, are cut out of it.

Known secrets (passwords, tokens) are found raw, escaped for JSON, HTML, URLs or as Python writes
them, in any mixture and one inside the other, and base64-encoded at any offset inside something
longer (as in Basic credentials). Anything that looks like a JWT is cut out, known or not.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import threading
from urllib.parse import quote, quote_plus

MASK = "‹redacted›"

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_=-]+(?:\.[A-Za-z0-9_=-]*)?")
#: Shorter than this, base64 at an offset leaves too few whole characters to rule out chance.
_ENCODABLE = 6
#: How many escapes inside one another are undone: JSON in JSON in HTML is three.
_DEPTH = 3
#: So much of a secret is a secret too.
_TELLING = 6
#: Before a word, in text that is escaped or not: not a letter or digit, or the end of an escape.
_BEFORE = (
    r"(?:(?<![A-Za-z0-9])|(?<=\\[a-z])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))"
)
_AFTER = r"(?![A-Za-z0-9])"
_LETTER = re.compile("[A-Za-z0-9]")

#: Looked up by so many characters at once.
_KEY = 8
_RUN = re.compile(rf"[A-Za-z0-9._~+/=-]{{{_KEY},}}")
#: What no escape changes.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


class Secrets:
    """A growing set of secrets; safe to use from several threads.

    There are few passwords, and each gets a pattern of its own; there are many tokens, which no
    escape changes, so they are looked up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._akin: set[str] = set()
        self._patterns: tuple[re.Pattern[str], ...] = ()
        self._literals: dict[str, tuple[str, ...]] = {}
        #: The length of the longest form that a secret can have.
        self.longest = 0

    def add(self, *secrets: str | None) -> None:
        """Mask these from now on; ``None`` and empty ones are ignored."""
        with self._lock:
            for secret in {one for one in secrets if one} - self._known:
                self._known.add(secret)
                self._mask(secret)

    def add_if_akin(self, text: str) -> None:
        """Know ``text`` too if it gives a known secret away in part: a password with one letter
        changed is told by neither.

        What is akin to a short password is short, and may be a part of any word: it is masked
        where it stands by itself. The password itself is masked wherever it stands.
        """
        with self._lock:
            if not text or text in self._known | self._akin:
                return
            if any(_share(text, secret, _TELLING) for secret in self._known):
                self._akin.add(text)
                self._mask(text)
            elif any(_nearly(text, one) for one in self._known):
                self._akin.add(text)
                self._add_pattern(_word(text), len(text))

    def _mask(self, secret: str) -> None:
        for form in _encoded(secret):
            self._add_literal(form)
        if len(secret) >= _KEY and _PLAIN.fullmatch(secret):
            self._add_literal(secret)
        else:
            self._add_pattern(_escaped(secret), len(secret))

    def _add_pattern(self, pattern: str, length: int) -> None:
        patterns = (*self._patterns, re.compile(pattern))
        # The longest first: a secret must not be cut short by one it contains.
        self._patterns = tuple(sorted(patterns, key=lambda one: -len(one.pattern)))
        self.longest = max(self.longest, 8 * length)

    def _add_literal(self, form: str) -> None:
        if len(form) >= _KEY:
            others = self._literals.get(form[:_KEY], ())
            ordered = sorted({*others, form}, key=lambda one: (-len(one), one))
            self._literals[form[:_KEY]] = tuple(ordered)
            self.longest = max(self.longest, len(form))

    def redact(self, text: str) -> str:
        """``text`` with every secret in it masked, and fit to be written as UTF-8."""
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        text = _RUN.sub(self._without_literals, text)
        # A server may send a lone surrogate, which no file takes.
        return _JWT.sub(MASK, text).encode("utf-8", "backslashreplace").decode()

    def _without_literals(self, run: re.Match[str]) -> str:
        text, kept, done = run[0], "", 0
        # Nearly every text of a run comes through here, and hardly any place begins a secret.
        keys = self._literals
        starts = [at for at in range(len(text) - _KEY + 1) if text[at : at + _KEY] in keys]
        for at in starts:
            forms = keys[text[at : at + _KEY]] if at >= done else ()
            found = next((one for one in forms if text.startswith(one, at)), None)
            if found is not None:
                kept += text[done:at] + MASK
                done = at + len(found)
        return kept + text[done:]


def _share(text: str, secret: str, length: int) -> bool:
    """Whether the two have a run of so many letters in common, in any case."""
    text, secret = text.casefold(), secret.casefold()
    return any(text[at : at + length] in secret for at in range(len(text) - length + 1))


def _nearly(text: str, secret: str) -> bool:
    """Whether ``text`` is a short secret but for a letter more or less, or for its case."""
    short = len(secret) <= _TELLING and abs(len(text) - len(secret)) <= 1
    return short and _share(text, secret, max(1, len(secret) - 1))


def _word(text: str) -> str:
    """A pattern for the text where it is a whole word."""
    before = _BEFORE if _LETTER.match(text[0]) else ""
    after = _AFTER if _LETTER.match(text[-1]) else ""
    return before + _escaped(text) + after


def _escaped(secret: str) -> str:
    """A pattern for the secret with each character escaped in any way, or not at all."""
    return "".join(_character(one) for one in secret)


@functools.cache
def _character(one: str) -> str:
    forms = {one}
    for _ in range(_DEPTH):
        forms |= {escaped for form in forms for escaped in _escapes(form)}
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return re.escape(one) if len(forms) == 1 else f"(?:{'|'.join(map(re.escape, ordered))})"


def _escapes(text: str) -> set[str]:
    raw = text.encode("utf-8", "surrogatepass")
    forms = {quote(raw, safe=""), quote(raw), quote_plus(raw), html.escape(text), repr(text)[1:-1]}
    # Python escapes an apostrophe only where there are quotes too.
    forms.add(text.replace("'", "\\'"))
    forms |= {re.sub("%[0-9A-F]{2}", lambda hit: hit[0].lower(), form) for form in forms}
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        # Some writers escape the slash too.
        forms |= {escaped, escaped.replace("/", "\\/")}
    return forms


def _encoded(secret: str) -> set[str]:
    """How the secret reads in base64, alone or inside something longer, in both alphabets."""
    forms = set()
    for text in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) >= _ENCODABLE:
            forms |= {_at_offset(raw, offset) for offset in range(3)}
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}


def _at_offset(raw: bytes, offset: int) -> str:
    encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
    # Characters that the neighbours share are not ours.
    last = len(encoded) - (1 if (offset + len(raw)) % 3 else 0)
    return encoded[(0, 2, 3)[offset] : last]
