"""Taking secrets out of what is shown: passwords and tokens, however they are written.

Known secrets are found raw, JSON-escaped, URL-encoded and in base64 at any alignment, so also
inside ``Authorization: Basic``; JWTs are found by their form, and some keys and headers hold
secrets by their name, whatever stands there.
"""

from __future__ import annotations

import base64
import json
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "(redacted)"

#: Shorter ones are only taken out where they stand by name: they are parts of other words.
_SHORTEST = 6
_DEEPEST = 50
#: To look for one in a text is cheap; for more than these, looking for all at once is cheaper.
_LATEST = 16
_KEY = re.compile(r"passw|token|secret|authori[sz]ation|credential|api[-_]?key|jwt|cookie", re.I)
# No run without an end: clients choose these texts, and a pattern must not take its time on them.
_JWT = re.compile(
    r"eyJ[\w-]{4,2000}+(?:\.|%2[eE])[\w-]{4,2000}+(?:\.|%2[eE])[\w-]{0,2000}+", re.ASCII
)
_BETWEEN = re.compile(r"([&?;\s]+)")
#: In what is no JSON, though it may have been meant to be.
_MEMBER = re.compile(
    rf'("[^"]*(?:{_KEY.pattern})[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}}\s]+)', re.I
)
_AROUND = "[A-Za-z0-9+/_-]"


class Secrets:
    """The secrets that are known, the latest ones of them.

    There may be thousands, and hardly ever more than two in one exchange: each form of a secret is
    found by its end (those of tokens all begin alike). Forms are only looked into when they are
    needed: logging in must not cost more for it.
    """

    MAX = 4096

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()
        self._fresh: list[str] = []
        self._latest: deque[set[str]] = deque(maxlen=_LATEST)
        self._learnt = 0
        self._by_end: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def remember(self, secret: str) -> None:
        """Take ``secret`` out of whatever is shown from now on."""
        if secret in self._known:
            self._known.move_to_end(secret)
        elif len(secret) >= _SHORTEST:
            self._known[secret] = None
            self._fresh.append(secret)
            if len(self._known) > self.MAX:
                self._forget(self._known.popitem(last=False)[0])

    def _forget(self, secret: str) -> None:
        self._learn()
        for end in _ends(secret):
            self._by_end[end].discard(secret)
            if not self._by_end[end]:
                del self._by_end[end]

    def _learn(self) -> None:
        for secret in self._fresh:
            ends = _ends(secret)
            for end in ends:
                self._by_end.setdefault(end, set()).add(secret)
            self._latest.append(ends)
        self._learnt += len(self._fresh)
        self._fresh.clear()

    @property
    def learnt(self) -> int:
        """How many there have ever been, those that were forgotten as well."""
        self._learn()
        return self._learnt

    def found_in(self, text: str) -> set[str]:
        """The secrets that may stand in the text, in any form."""
        self._learn()
        ends = {text[at : at + _SHORTEST] for at in range(len(text) - _SHORTEST + 1)}
        return {secret for end in self._by_end.keys() & ends for secret in self._by_end[end]}

    def may_hold(self, text: str, learnt: int) -> bool:
        """Whether one that came after the first ``learnt`` may stand in the text, in any form.

        Where too many have come to look for each, ``True``.
        """
        fresh = self.learnt - learnt
        if fresh > len(self._latest):
            return True
        return any(end in text for ends in islice(reversed(self._latest), fresh) for end in ends)


def _ends(secret: str) -> set[str]:
    return {form[-_SHORTEST:] for form in (*_plain(secret), *_base64(secret))}


def as_looked_at(text: str) -> str:
    """JSON as :func:`in_body` writes it to look for secrets in it; nothing for another text."""
    try:
        return _plainly(json.loads(text))
    except (ValueError, RecursionError):
        return ""


def _plainly(value: Any) -> str:
    # As the fake itself writes JSON: most of what is looked at is in this form already.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def in_text(text: str, secrets: Iterable[str]) -> str:
    """``text`` without secrets."""
    text = _JWT.sub(MARK, text)
    for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
        if len(secret) >= _SHORTEST:
            for plain in _plain(secret):
                text = text.replace(plain, MARK)
            for core in _base64(secret):
                if core in text:
                    text = re.sub(
                        f"{_AROUND}{{0,3}}{re.escape(core)}{_AROUND}{{0,2}}=*", MARK, text
                    )
    return text


def in_query(text: str, secrets: Iterable[str]) -> str:
    """A query string, or a form, without secrets."""
    return in_text("".join(map(_pair, _BETWEEN.split(text))), secrets)


def _pair(text: str) -> str:
    key, equals, _ = text.partition("=")
    return f"{key}={MARK}" if equals and _KEY.search(key) else text


def in_header(name: str, value: str, secrets: Iterable[str]) -> str:
    """A header's value without secrets; the scheme of an ``Authorization`` may stay."""
    if not _KEY.search(name):
        return in_query(value, secrets)
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MARK}" if space and scheme.lower() in ("bearer", "basic") else MARK


def in_body(text: str, secrets: Iterable[str]) -> Any:
    """A body without secrets: JSON as it is, anything else as a string."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return in_query(_MEMBER.sub(rf'\1"{MARK}"', text), secrets)
    clean = in_text(_plainly(_by_name(value, 0)), secrets)
    try:
        return json.loads(clean)
    except ValueError:  # a secret reached across the JSON's own signs
        return clean


def named(text: str) -> Iterator[str]:
    """The strings that stand under the name of a secret in a JSON text; none in another."""
    if _KEY.search(text) is None and "\\u" not in text:
        return
    try:
        left = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if isinstance(v, str) and _KEY.search(k))
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)


def _by_name(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return "(nested too deep to be shown)"
    if isinstance(value, dict):
        return {
            key: MARK if inner is not None and _KEY.search(key) else _by_name(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_by_name(inner, depth + 1) for inner in value]
    return value


@lru_cache(maxsize=2048)
def _plain(secret: str) -> tuple[str, ...]:
    """How a secret may be written, the longest first."""
    quoted = (quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"))
    forms = {
        secret,
        secret.encode("utf-8", "replace").decode("latin-1"),  # UTF-8 in a header
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        quote(secret, errors="replace"),
        *quoted,
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in quoted),
    }
    return tuple(sorted(forms, key=len, reverse=True))


@lru_cache(maxsize=2048)
def _base64(secret: str) -> tuple[str, ...]:
    """What is sure to stand in the base64 of any text that holds the secret."""
    raw = secret.encode("utf-8", "replace")
    cores = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        first = (0, 2, 3)[before]
        core = text[first : len(text) - (1 if (before + len(raw)) % 3 else 0)]
        cores |= {core, core.replace("+", "-").replace("/", "_"), quote(core, safe="")}
    return tuple(cores)
