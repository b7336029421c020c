"""Removes secrets from text that the journal is about to show.

A secret is found in one of three ways: by the name that it stands under (``password``, ``token``,
``Authorization`` …), by its form (a JWT, a URL's user), or because it is known (:class:`Secrets`).
Known secrets are found as they are, escaped for JSON or HTML, URL-encoded, and in base64, alone or
inside something longer as in Basic credentials.

Clients choose the texts, so everything here takes time linear in their length. They choose secrets
too, by logins that fail, so what each of them costs is bounded by how many there may be.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

MARK = "(redacted)"

#: Of a text that holds more known secrets than these, nothing is shown.
_MAX_IN_TEXT = 16
#: Of a query's parameters, so many are looked at one by one.
_MAX_PARAMETERS = 1000
_MAX_DEPTH = 50
_TOO_DEEP = "(nested too deeply to show)"
#: In lower case: matching case by case takes four times as long.
_SECRET_NAME = re.compile(
    r"passw|pwd|passphrase|token|secret|authori[sz]ation|credential|jwt|cookie|session[-_]?id"
    r"|(?:api|access|private|auth)[-_]?key|密码|密碼|口令",
    re.ASCII,
)
_NAME_OR_MARK = re.compile(f"{re.escape(MARK)}|{_SECRET_NAME.pattern}", re.ASCII)
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
#: Whatever a JWT may be part of, percent-encoded neighbours included; only the whole run is tried,
#: since starting anew at each "eyJ" takes quadratic time.
_JWT_RUN = re.compile(r"[\w.%-]+", re.ASCII)
#: How "eyJ" reads in base64, at each of three places; and what base64 may be part of in a URL.
_JWT_ENCODED = ("ZXlK", "leUp", "V5S")
_BASE64_RUN = re.compile(r"[\w+/=%-]{40,}", re.ASCII)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_SECOND_PART = re.compile(r"(?:\.|%2e)eyJ", re.IGNORECASE)
#: What stands before a URL's host, a password perhaps.
_USER = re.compile(r"://[^\s/?#@\"'<>]+@")
#: Begins with a literal, which is searched for fast: with a group it takes fifty times as long.
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*")
_UTF16 = re.compile(r"\\u([0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*)")
#: Half a surrogate pair: nothing that could be decoded.
_BACKSLASH = "\ud800"
#: What a text that could be decoded has in it.
_ENCODED = re.compile(r"[%+&\\]")
_URL_SAFE, _STANDARD = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")
#: ``\\x`` is how X-Fake-Reason spells what is not ASCII.
_ESCAPES = {
    '\\"': '"', "\\/": "/", "\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t",
    "\\x": "\\u00",
}  # fmt: skip


class Secrets:
    """The secrets known by their text: the first :attr:`FIRST` and the latest, :attr:`MAX` in all.

    The first are the admin token and the passwords of the settings, which live as long as the
    fake. ``version`` grows with each new one. Secrets shorter than ``MIN_LENGTH`` are parts of
    other words, and longer ones than ``MAX_LENGTH`` take memory; both are removed only by name.
    """

    FIRST = 16
    MAX = 64
    MIN_LENGTH = 6
    MAX_LENGTH = 1000

    def __init__(self) -> None:
        self.version = 0
        #: With how each is spelt.
        self._known: dict[str, tuple[str, ...]] = {}

    def remember(self, secret: str) -> None:
        """Remove ``secret`` from everything that is rendered from now on."""
        if secret in self._known or not self.MIN_LENGTH <= len(secret) <= self.MAX_LENGTH:
            return
        self._known[secret] = (secret, *_in_base64(secret))
        self.version += 1
        if len(self._known) > self.MAX:
            del self._known[next(islice(self._known, self.FIRST, None))]

    def found_in(self, text: str) -> list[str]:
        """The known secrets in ``text``, and those that are there in base64 so spelt; longest
        first, since they may overlap."""
        known = tuple(self._known.values())  # another thread may remember one meanwhile
        if not known:
            return []
        spelt = [one for spellings in known for one in spellings]
        found = {one for plain in _decodings(text) for one in spelt if one in plain}
        return sorted(found, key=len, reverse=True)


# Below, `secrets` is what Secrets.found_in returned for a text that contains the argument.


def redact(text: str, secrets: Sequence[str]) -> str:
    """``text`` without JWTs, users of URLs and known secrets; the mark alone if it holds an
    encoded one, or too many."""
    if len(secrets) > _MAX_IN_TEXT:
        return MARK
    if "eyJ" in text:
        text = _JWT_RUN.sub(_without_jwt, text)
    if any(begun in text for begun in _JWT_ENCODED):
        text = _BASE64_RUN.sub(_without_encoded_jwt, text)
    if "@" in text:
        text = _USER.sub(f"://{MARK}@", text)
    for secret in secrets:
        text = text.replace(secret, MARK)
    if not secrets or _ENCODED.search(text) is None:
        return text
    hides = any(secret in plain for plain in _decodings(text) for secret in secrets)
    return MARK if hides else text


def redact_text(text: str, secrets: Sequence[str]) -> str:
    """Text of any format: after the first name of a secret, nothing."""
    clean = redact(text, secrets)
    if not names_secret(text):
        return clean
    # The name itself may have been a known secret: then its mark is the first.
    first = _NAME_OR_MARK.search(clean.translate(_LOWER))
    return clean[: first.end() if first else 0].removesuffix(MARK) + MARK


def redact_query(query: str, secrets: Sequence[str]) -> str:
    """A query string; parameters named like a secret keep their name."""
    if len(secrets) > _MAX_IN_TEXT or not names_secret(query):
        return redact(query, secrets)
    parameters = query.split("&", _MAX_PARAMETERS)  # the last is all the rest
    return "&".join(_redact_parameter(parameter, secrets) for parameter in parameters)


def _redact_parameter(text: str, secrets: Sequence[str]) -> str:
    name, equals, value = text.partition("=")
    if equals and names_secret(name):
        return f"{redact(name, secrets)}={MARK}"
    return redact_text(name, secrets) + equals + redact_text(value, secrets)


def redact_header(name: str, value: str, secrets: Sequence[str]) -> str:
    """A header's value; the scheme of ``Authorization`` stays."""
    if not names_secret(name):
        return redact_text(value, secrets)
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MARK}" if space and scheme.lower() in ("bearer", "basic") else MARK


def redact_body(text: str, secrets: Sequence[str]) -> Any:
    """A body: its JSON value, or a string if it is not JSON."""
    if len(secrets) > _MAX_IN_TEXT:
        return MARK
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return redact_text(text, secrets)
    return _redact_json(value, secrets, _Names(secrets), _MAX_DEPTH)


class _Names(dict[str, tuple[str, bool]]):
    """By each name in a body, how to show it and whether it names a secret.

    A find returns the same 58 names with every record, so each is looked at once.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def __missing__(self, name: str) -> tuple[str, bool]:
        self[name] = shown = redact(name, self._secrets), names_secret(name)
        return shown


def _redact_json(value: Any, secrets: Sequence[str], names: _Names, depth: int) -> Any:
    if isinstance(value, str):
        return redact(value, secrets)
    if not isinstance(value, (dict, list)):
        return MARK if secrets and redact(str(value), secrets) != str(value) else value
    if depth == 0:
        return _TOO_DEEP
    if isinstance(value, list):
        return [_redact_json(inner, secrets, names, depth - 1) for inner in value]
    shown: dict[str, Any] = {}
    for name, inner in value.items():
        clean, is_secret = names[name]
        if inner is None:  # half of a record
            shown[clean] = None
        else:
            shown[clean] = MARK if is_secret else _redact_json(inner, secrets, names, depth - 1)
    return shown


def passwords_in(text: str) -> list[str]:
    """The strings that a JSON object holds under the name of a secret; none in other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    members = value.items() if isinstance(value, dict) else ()
    return [inner for name, inner in members if isinstance(inner, str) and names_secret(name)]


def holds_jwt(text: str) -> bool:
    """Whether a JWT stands in ``text``."""
    return "eyJ" in text and _JWT_RUN.sub(_without_jwt, text) != text


def names_secret(text: str) -> bool:
    """Whether ``text`` is, or holds, the name of something secret."""
    return _SECRET_NAME.search(text.translate(_LOWER)) is not None


def _without_jwt(run: re.Match[str]) -> str:
    before, _, token = run[0].partition("eyJ")
    return before + MARK if _SECOND_PART.search(token) else run[0]


def _without_encoded_jwt(run: re.Match[str]) -> str:
    """The run, or the mark if it is base64 that holds a JWT, such as Basic credentials."""
    encoded = _NOT_BASE64.sub("", _from_url(run[0]).translate(_STANDARD))
    for start in range(4):  # what stands before it may be of the same characters
        size = (len(encoded) - start) // 4 * 4
        decoded = base64.b64decode(encoded[start : start + size])
        if holds_jwt(decoded.decode("latin-1")):
            return MARK
    return run[0]


def _in_base64(secret: str) -> set[str]:
    """What base64 makes of it, in either alphabet, wherever it stands in what is encoded; without
    the characters that its neighbours have a part in."""
    raw = secret.encode("utf-8", "replace")
    spellings = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        spellings.add(encoded[-(-8 * before // 6) : 8 * (before + len(raw)) // 6])
    return spellings | {one.translate(_URL_SAFE) for one in spellings}


def _decodings(text: str) -> Iterator[str]:
    """``text`` as a reader decodes it: from a URL or a form, then from HTML, then from JSON, three
    times over."""
    plain = {text, _from_url(text), _from_url(text.replace("+", " "))}
    plain |= {html.unescape(escaped) for escaped in plain if "&" in escaped}
    yield from plain
    for _ in range(3):
        plain = {_from_json(escaped) for escaped in plain if "\\" in escaped}
        yield from plain


def _from_url(text: str) -> str:
    return _PERCENT.sub(
        lambda run: bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace"), text
    )


def _from_json(text: str) -> str:
    text = text.replace("\\\\", _BACKSLASH)  # first, since it may stand before the others
    for escape, sign in _ESCAPES.items():
        text = text.replace(escape, sign)
    text = _UTF16.sub(
        lambda run: bytes.fromhex(run[1].replace("\\u", "")).decode("utf-16-be", "replace"), text
    )
    return text.replace(_BACKSLASH, "\\")
