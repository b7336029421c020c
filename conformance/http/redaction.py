"""Secrets, in whatever form they could turn up in an artefact, are cut out of it.

Known secrets (passwords, tokens) are found raw or escaped for JSON, HTML, URLs, shells, LDAP, mail
or as programming languages write them, one inside the other and in any order, as a list of their
bytes or characters, and in base64 or base32 at any offset inside something longer (as in Basic
credentials). Anything that looks like a JWT is cut out,
known or not.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

from .escapes import Layer, Span, joined, layers
from .fragments import TELLING, Beginnings
from .secret_forms import encoded, spellings

MASK = "‹redacted›"
#: Stands for a mask that a server wrote itself, which must not pass for one of ours.
_FORGED = "<redacted>"

#: A JWT begins with the first and goes on with the second; apart, to stay linear.
_JWT_HEAD = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{7,}+(?=\.)")
_JWT_REST = re.compile(r"\.[A-Za-z0-9_=-]++(?:\.[A-Za-z0-9_=-]*+)?")
#: An unknown token may be cut off within this many characters of the end of an excerpt.
_RAGGED = 2_000
#: The length of a token from which on it is recognised by its beginning. What a server calls a
#: token may be as long as it likes, and each character has to be looked for in every escape.
_TOKEN, _ODD_TOKEN = 2_048, 256
#: A part of a token (a JWT's claims or its signature) that is as long is a secret too.
_PART = 16
_LETTER = re.compile("[A-Za-z0-9]")
#: A word that stands by itself.
_BEFORE, _AFTER = "(?<![A-Za-z0-9])", "(?![A-Za-z0-9])"
#: The longest escape of one character: ``&amp;#x1f6a3;`` in JSON in a URL.
_LONGEST_ESCAPE = 24

#: Patterns are tried where so many characters are right.
_BEGUN = 4
#: Looked up by so many characters at once.
_KEY = 8
#: So many characters of texts are kept with their masked forms.
_KEPT = 1_000_000
#: Where a text was cut short, perhaps in the middle of an escape.
_DOTS = re.compile(r"…|\.{3}")
_CUT = re.compile(
    rf"(?:&[#\w]{{0,8}}|\\[ux]?[0-9a-fA-F]{{0,7}}|[%=][0-9a-fA-F]?)?(?:{_DOTS.pattern})"
)
#: A blank between words, where writers break lines and indent the next.
_BLANK = re.compile(r"(?<=\S) (?=\S)")
#: How SQL, CSV and shells write a quote inside quotes.
_QUOTES = (("'", "''"), ('"', '""'), ("'", r"'\''"), ("'", "'\"'\"'"))
#: What no escape changes.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


class Secrets:
    """A growing set of secrets; safe to use from several threads.

    There are few passwords, and one pattern finds them all; there are many tokens, which no
    escape changes, so they are looked up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._akin: set[str] = set()
        #: By pattern, what it is a pattern of.
        self._patterns: dict[str, str] = {}
        #: Where one may begin, and the whole; ``None``: not compiled since one was added.
        self._pattern: tuple[re.Pattern[str], re.Pattern[str]] | None = None
        #: By their first characters, and the lengths of those from the longest on: tokens, which
        #: there are many of, begin alike and are about as long as each other.
        self._literals: dict[str, set[str]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._spellings: set[str] = set()
        #: Both ways; ``None``: not sorted since one was added.
        self._cut: tuple[Beginnings, Beginnings] | None = None
        #: By the beginning of very long tokens, what follows it in each.
        self._rests: dict[str, set[str]] = {}
        #: Where a literal may begin; ``None``: not compiled since one was added.
        self._starts: re.Pattern[str] | None = None
        #: Counts what was added. Headers, or the records of a job, come again and again: each text
        #: is kept with its masked form for as long as nothing is added.
        self._version = 0
        self._kept: dict[tuple[int, str], str] = {}
        self._size = 0  # of the texts that are kept
        #: The length of the longest form that a secret can have.
        self.longest = 0

    def add(self, *secrets: str | None) -> None:
        """Mask these from now on; ``None`` and empty ones are ignored."""
        with self._lock:
            for secret in {one for one in secrets if one} - self._known:
                self._known.add(secret)
                self._mask(secret)
                for part in secret.split(".") if secret.count(".") == 2 else ():
                    if len(part) >= _PART:
                        self._add_literal(part)
                self._version += 1

    def add_token(self, token: str | None) -> None:
        """Mask a token that the server gave, or the beginning of a very long one."""
        if token:
            length = _TOKEN if _PLAIN.fullmatch(token[:_TOKEN]) else _ODD_TOKEN
            self.add(token[:length])
            if len(token) > length:
                self._add_rest(token[:length], token[length:])

    def _add_rest(self, beginning: str, rest: str) -> None:
        with self._lock:
            known = self._rests.setdefault(beginning, set())
            if rest not in known:
                known.add(rest)
                self._cut = None
                self._version += 1

    def add_if_akin(self, text: str) -> None:
        """Know ``text`` too if it gives a known secret away in part: a password with one letter
        changed is told by neither.

        What is akin to a short password is short, and may be a part of any word: it is masked
        where it stands by itself. The password itself is masked wherever it stands.
        """
        with self._lock:
            if not text or text in self._known | self._akin:
                return
            if any(_share(text, secret, TELLING) for secret in self._known):
                self._akin.add(text)
                self._mask(text)
            elif any(_nearly(text, one) for one in self._known):
                self._akin.add(text)
                self._add_pattern(_word(text), text)
            self._version += 1

    def redact(self, text: str) -> str:
        """``text`` with every secret in it masked, and fit to be written as UTF-8."""
        # The version is read first: what is added meanwhile makes the entry useless, not wrong.
        key = self._version, text
        kept = self._kept.get(key)
        if kept is None:
            kept = self._redacted(text)
            self._keep(key, kept)
        return kept

    def _keep(self, key: tuple[int, str], masked: str) -> None:
        with self._lock:
            self._size += len(masked)
            if self._size > _KEPT:
                self._kept, self._size = {}, len(masked)
            self._kept[key] = masked

    def _redacted(self, text: str, mask: str = MASK) -> str:
        found: list[Span] = []
        for layer in layers(text):
            found += layer.spans(self._in(layer))
        # A server may send a lone surrogate, which no file takes.
        return _masked(text, found, mask).encode("utf-8", "backslashreplace").decode()

    def redact_foreign(self, text: str) -> str:
        """The same for what a server sent: a mask that it wrote itself is told from ours."""
        return self._redacted(text, _FORGED) if MASK in text else self.redact(text)

    def _mask(self, secret: str) -> None:
        found = spellings(secret)
        for spelling in found:
            for form in encoded(spelling):
                self._add_literal(form)
        for spelling in found | {one.replace(*sign) for one in found for sign in _QUOTES}:
            self._add_spelling(spelling)
        # Some writers change the case: of headers, of hexadecimal digits.
        cases = {secret.upper(), secret.lower(), secret.title(), secret.capitalize()}
        for spelling in cases if len(secret) >= TELLING else ():
            self._add_spelling(spelling)

    def _add_spelling(self, spelling: str) -> None:
        if len(spelling) >= _KEY and _PLAIN.fullmatch(spelling):
            self._add_literal(spelling)
        else:
            self._add_pattern(_wrapped(spelling), spelling)
        self._spellings.add(spelling)
        self._cut = None

    def _add_pattern(self, pattern: str, text: str) -> None:
        self._patterns[pattern] = text
        self._pattern = None
        self.longest = max(self.longest, _LONGEST_ESCAPE * len(text))

    def _add_literal(self, form: str) -> None:
        if len(form) >= _KEY:
            key = form[:_KEY]
            self._starts = self._starts if key in self._literals else None
            lengths = {*self._lengths.get(key, ()), len(form)}
            self._lengths[key] = tuple(sorted(lengths, reverse=True))
            # Last: others look for its lengths once its key is there.
            self._literals.setdefault(key, set()).add(form)
            self.longest = max(self.longest, len(form))

    def excerpt(self, text: str, length: int = 8_000, *, foreign: bool = False) -> str:
        """The beginning of ``text``, redacted; what is cut off is said."""
        redact = self.redact_foreign if foreign else self.redact
        if len(text) <= length:
            return redact(text)
        # A secret that lies across the cut is not recognised: its first part must go too.
        ragged = max(_RAGGED, self.longest)
        shown = redact(text[: length + ragged])
        shown = shown[: max(0, min(length, len(shown) - ragged))]
        return f"{shown}… ({len(text)} characters in all)"

    def _in(self, layer: Layer) -> list[Span]:
        found = list(_jwts(layer.text))
        found += self._patterns_in(layer.text)
        found += self._literals_in(layer.text)
        found += self._rests_in(layer.text, found) if self._rests else []
        if "…" in layer.text or "..." in layer.text:
            found += self._begun(layer.text)
            found += self._ended(layer.text)
        return found

    def _rests_in(self, text: str, found: list[Span]) -> list[Span]:
        """What follows the known beginnings of very long tokens, as far as it is theirs."""
        # A copy: other threads add some.
        rests = ((end, tuple(self._rests.get(text[start:end], ()))) for start, end in found)
        return [(end, end + max(_alike(text, end, one) for one in of)) for end, of in rests if of]

    def _begun(self, text: str) -> Iterator[Span]:
        """What a message that was cut short shows of a secret: its beginning."""
        beginnings, _ = self._fragments()
        firsts = beginnings.firsts(text)
        for cut in _CUT.finditer(text) if firsts else ():
            before = text[max(0, cut.start() - self.longest) : cut.start()]
            # Half an escape may be read as characters of its own.
            for end in range(len(before), max(0, len(before) - 5), -1):
                length = beginnings.overlap(before[:end], firsts)
                if length:
                    yield cut.start() - len(before) + end - length, cut.start()
                    break

    def _ended(self, text: str) -> Iterator[Span]:
        """What a message that was cut short in its middle shows of a secret: its end."""
        _, ends = self._fragments()
        lasts = ends.firsts(text[::-1])
        for cut in _DOTS.finditer(text) if lasts else ():
            after = text[cut.end() : cut.end() + self.longest]
            length = ends.overlap(after[::-1], lasts)
            if length:
                yield cut.end(), cut.end() + length

    def _fragments(self) -> tuple[Beginnings, Beginnings]:
        """The secrets by their beginnings, and turned round by their ends."""
        with self._lock:
            if self._cut is None:
                ends = {*self._spellings}.union(*self._rests.values())
                turned = Beginnings(one[::-1] for one in ends)
                self._cut = Beginnings(self._spellings), turned
            return self._cut

    def _patterns_in(self, text: str) -> Iterator[Span]:
        if self._patterns:
            starts, pattern = self._compiled()
            # Also within the last one: secrets may overlap.
            for start in starts.finditer(text):
                hit = pattern.match(text, start.start())
                if hit is not None:
                    yield hit.span()

    def _compiled(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """A pattern of the few ways in which the secrets begin, and one of all that they may be:
        only where the first matches is the second tried."""
        with self._lock:
            if self._pattern is None:
                begun = {text[:_BEGUN].split(" ")[0] or text[0] for text in self._patterns.values()}
                starts = (f"{re.escape(one[0])}(?={re.escape(one[1:])})" for one in sorted(begun))
                # The longest first: a secret must not be cut short by one it contains.
                longest = sorted(self._patterns, key=lambda one: -len(self._patterns[one]))
                self._pattern = re.compile("|".join(starts)), re.compile("|".join(longest))
            return self._pattern

    def _literals_in(self, text: str) -> Iterator[Span]:
        for hit in self._literal_starts().finditer(text):
            at = hit.start()
            # With many literals it matches often where none is.
            known = text[at : at + _KEY] in self._literals
            if known and (end := self._end(text, at)) > at:
                yield at, end

    def _end(self, text: str, at: int) -> int:
        """Where a literal ends that begins at ``at``, or its beginning if the text was cut short
        there; ``at`` if neither is there."""
        key = text[at : at + _KEY]
        forms, lengths = self._literals[key], self._lengths[key]
        whole = next((part for size in lengths if (part := text[at : at + size]) in forms), "")
        end = at + len(whole)
        cut = _DOTS.search(text, at, at + lengths[0] + 2)
        # A copy: other threads add some.
        if cut and any(form.startswith(text[at : cut.start()]) for form in tuple(forms)):
            return max(end, cut.start())
        return end

    def _literal_starts(self) -> re.Pattern[str]:
        """Matches wherever a literal begins and hardly anywhere else: nearly every text of a run
        comes through here."""
        with self._lock:
            if self._starts is None:
                columns = [set(column) for column in zip(*self._literals, strict=True)]
                signs = [f"[{''.join(map(re.escape, column))}]" for column in columns] or ["(?!)"]
                self._starts = re.compile(f"{signs[0]}(?={''.join(signs[1:])})")
            return self._starts


def _alike(text: str, at: int, rest: str) -> int:
    """How many characters of ``rest`` the text has at ``at``."""
    pairs = enumerate(zip(text[at : at + len(rest)], rest, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(text) - at, len(rest)))


def _jwts(text: str) -> Iterator[Span]:
    for head in _JWT_HEAD.finditer(text) if "eyJ" in text else ():
        start = head[0].find("eyJ", 0, len(head[0]) - 4)
        rest = _JWT_REST.match(text, head.end())
        if start >= 0 and rest is not None:
            yield head.start() + start, rest.end()


def _masked(text: str, found: list[Span], mask: str) -> str:
    """One mask for spans that touch or overlap each other; ``mask`` stands for one that was there
    before, where no secret is."""
    kept, done = [], 0
    for start, end in joined(found):
        kept += [text[done:start].replace(MASK, mask), MASK]
        done = end
    return "".join((*kept, text[done:].replace(MASK, mask)))


def _share(text: str, secret: str, length: int) -> bool:
    """Whether the two have a run of so many letters in common, in any case."""
    text, secret = text.casefold(), secret.casefold()
    return any(text[at : at + length] in secret for at in range(len(text) - length + 1))


def _nearly(text: str, secret: str) -> bool:
    """Whether ``text`` is a short secret but for a letter more or less, or for its case."""
    short = len(secret) <= TELLING and abs(len(text) - len(secret)) <= 1
    return short and _share(text, secret, max(1, len(secret) - 1))


def _word(text: str) -> str:
    """A pattern for the text where it is a whole word."""
    before = _BEFORE if _LETTER.match(text[0]) else ""
    after = _AFTER if _LETTER.match(text[-1]) else ""
    return before + re.escape(text) + after


def _wrapped(text: str) -> str:
    """A pattern for the text, or for the text wrapped at its blanks."""
    return r"\s++".join(map(re.escape, _BLANK.split(text)))
