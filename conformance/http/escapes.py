"""How writers escape text, undone one layer at a time, with the way back to what was escaped.

A layer is JSON or a programming language (backslashes), LDAP or CSS (backslashes with two digits),
HTML (references), a URL (percent signs), mail (quoted-printable, encoded words in headers) or a
text broken into lines, as base64, headers and lists are. ``layers(text)`` gives every reading of a
text; each knows where its characters stand in the text itself, so that what is found in a reading
can be cut out of the text.
"""

from __future__ import annotations

import html
import quopri
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

#: So many layers inside one another are undone: JSON in JSON in HTML is three.
_DEPTH = 4

Span = tuple[int, int]

_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_BACKSLASH = re.compile(
    r"\\(?:[uU]([dD][89abAB][0-9a-fA-F]{2})\\[uU]([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u([0-9a-fA-F]{4})|[ux]\{([0-9a-fA-F]{1,6})\}|U(00[0-9a-fA-F]{6})|x([0-9a-fA-F]{2})"
    r"|([0-3][0-7]{2}|[0-7]{1,2})|([^uUx\n]))",
    re.DOTALL,
)
#: Windows' shells before a sign: PowerShell has the second.
_CARET, _BACKTICK = re.compile(r"\^([^\w\s])"), re.compile(r"`([^\w\s])")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,16}|#[xX][0-9a-fA-F]{1,16}|[A-Za-z][A-Za-z0-9]{1,31});?")
_HEX = "[0-9a-fA-F]"
_CONTINUED = f"%[89abAB]{_HEX}"
#: A character in UTF-8, or else a byte.
_BYTES = (
    f"%[cdCD]{_HEX}{_CONTINUED}|%[eE]{_HEX}(?:{_CONTINUED}){{2}}"
    f"|%[fF][0-4](?:{_CONTINUED}){{3}}|%{_HEX}{{2}}"
)
_PERCENT = re.compile(f"%u({_HEX}{{4}})|{_BYTES}")
#: Lines end anywhere, also in a character.
_SOFT_BREAK = r"=\r?\n"
_QUOTED = re.compile(
    f"{_SOFT_BREAK}|{_BYTES}".replace("%[89", f"(?:{_SOFT_BREAK})?%[89").replace("%", "=")
)
#: LDAP writes bytes of UTF-8 (RFC 4514 and 4515).
_PAIR = re.compile(_BYTES.replace("%", r"\\"))
#: CSS writes code points; a blank ends one with fewer than six digits.
_CSS = re.compile(rf"\\(?:(0{_HEX}{{5}}|10{_HEX}{{4}})|({_HEX}{{2}})) ?")
#: Words of a header, with what stands between them (RFC 2047); the last one may be cut short.
_WORD = r"=\?[\w-]++\?[qQ]\?([^?\s]*+)(?:\?=)?"
_WORDS = re.compile(rf"{_WORD}(?:\s*+{_WORD})*+")
#: Where something was broken in two; JSON, HTML and CSS break lines between things. Lists of bytes
#: and of characters may have one to a line.
_ITEM = r'-?[0-9]{1,3}\b|0x|"(?:[^"\\\n]|\\[^\n]{1,5})"'
#: Begins with its literals, which are searched for fast.
_LINE_BREAK = re.compile(
    "|".join(
        rf"{end}(?:(?<![\s>;{{}}\[\],]{end})[ \t]*+(?![\s<{{}}\[\]\".])"
        rf"|(?<=,{end})([ \t]*+)(?={_ITEM}))"
        for end in (r"\n", r"\r\n")
    )
)


def _backslash(hit: re.Match[str]) -> str:
    high, low, short, braces, long, byte, octal, other = hit.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if other:
        return _SHORT.get(other, other)
    code = int(octal, 8) if octal else int(short or braces or long or byte, 16)
    return chr(code) if code <= 0x10FFFF else hit[0]


def _reference(hit: re.Match[str]) -> str:
    digits = hit[0].strip("&#;")
    # Browsers drop what is no character; a writer may write it nevertheless.
    return html.unescape(hit[0]) or chr(int(f"0{digits}", 16 if digits[0] in "xX" else 10))


def _percent(hit: re.Match[str]) -> str:
    if hit[1]:
        return chr(int(hit[1], 16))
    return _character(hit[0].replace("%", ""))


def _quoted(hit: re.Match[str]) -> str:
    return _character(re.sub(r"[=\s]", "", hit[0]))


def _pair(hit: re.Match[str]) -> str:
    return _character(hit[0].replace("\\", ""))


def _css(hit: re.Match[str]) -> str:
    return chr(int(hit[1] or hit[2], 16))


def _words(hit: re.Match[str]) -> str:
    payload = "".join(word[1] for word in re.finditer(_WORD, hit[0]))
    return _character(
        quopri.decodestring(payload.encode("utf-8", "surrogatepass"), header=True).hex()
    )


def _character(digits: str) -> str:
    raw = bytes.fromhex(digits)
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class _Escape:
    """``sign`` is in every text that has such an escape."""

    sign: str
    pattern: re.Pattern[str]
    undo: Callable[[re.Match[str]], str]


_ESCAPES = (
    _Escape("\\", _BACKSLASH, _backslash),
    _Escape("\\", _PAIR, _pair),
    _Escape("\\", _CSS, _css),
    _Escape("^", _CARET, lambda hit: hit[1]),
    _Escape("`", _BACKTICK, lambda hit: hit[1]),
    _Escape("&", _REFERENCE, _reference),
    _Escape("%", _PERCENT, _percent),
    _Escape("=", _QUOTED, _quoted),
    _Escape("=?", _WORDS, _words),
    _Escape("\n", _LINE_BREAK, lambda hit: " " if hit.lastindex else ""),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One reading of a text, and the reading it was made from (``None``: the text itself)."""

    text: str
    outer: Layer | None = None
    escape: _Escape | None = None

    def spans(self, found: Iterable[Span]) -> list[Span]:
        """Where in the text itself that stands which stands here."""
        spans, layer = joined(found), self
        while layer.outer is not None and layer.escape is not None:
            spans = _outer_spans(layer.outer.text, layer.escape, spans)
            layer = layer.outer
        return spans


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same in order, with those that overlap or touch each other as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def layers(text: str) -> Iterator[Layer]:
    """The text, and every other reading of it, each once. Linear in the text's length."""
    known = {text}
    level = [Layer(text)]
    yield level[0]
    for _ in range(_DEPTH):
        level = [inner for layer in level for inner in _inner(layer, known)]
        yield from level


def _inner(layer: Layer, known: set[str]) -> Iterator[Layer]:
    for escape in _ESCAPES:
        if escape.sign not in layer.text:
            continue
        text = escape.pattern.sub(escape.undo, layer.text)
        if text not in known:
            known.add(text)
            yield Layer(text, layer, escape)


def _outer_spans(outer: str, escape: _Escape, found: list[Span]) -> list[Span]:
    """The spans of what the spans were made from; an escape belongs to a span as a whole."""
    pieces = _pieces(outer, escape)
    at, start, wide, length = 0, 0, 0, 0
    spans = []
    for first, last in found:
        while first >= at + length:
            at += length
            start, wide, length = next(pieces)
        text_start = start if wide != length else start + first - at
        while last > at + length:
            at += length
            start, wide, length = next(pieces)
        spans.append((text_start, start + wide if wide != length else start + last - at))
    return spans


def _pieces(outer: str, escape: _Escape) -> Iterator[tuple[int, int, int]]:
    """Where a piece starts, its width, and how many characters it is read as."""
    done = 0
    for hit in escape.pattern.finditer(outer):
        if hit.start() > done:
            yield done, hit.start() - done, hit.start() - done
        yield hit.start(), hit.end() - hit.start(), len(escape.undo(hit))
        done = hit.end()
    yield done, len(outer) - done, len(outer) - done
