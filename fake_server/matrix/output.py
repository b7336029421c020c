"""What a child process wrote, made fit for a report: its last lines, bounded and harmless."""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Sequence

from ..journal.redaction import names_secret
from ..settings import DEFAULT_ACCOUNTS

#: As much of the end of what a child writes is kept, in bytes.
KEPT_BYTES = 64 << 10
#: As many lines of that are shown, each cut after so many characters.
SHOWN_LINES = 20
SHOWN_WIDTH = 400

#: What terminals take for commands: CSI, then OSC and the other strings, then short ones.
_TERMINAL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
)


class Tail:
    """The end of a stream of bytes."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._size = 0

    def add(self, part: bytes) -> None:
        """Keep more, and let go of what is too long ago."""
        self._parts.append(part)
        self._size += len(part)
        while self._size - len(self._parts[0]) >= KEPT_BYTES:
            self._size -= len(self._parts.popleft())

    def text(self) -> str:
        """The last :data:`KEPT_BYTES`, as text."""
        return b"".join(self._parts)[-KEPT_BYTES:].decode("utf-8", "replace")


def last_lines(text: str) -> tuple[str, ...]:
    """The last lines of ``text`` that have a letter or a digit, each in printable characters."""
    plain = _TERMINAL.sub("", text).replace("\r\n", "\n")
    lines = [_last_written(line).rstrip() for line in plain.split("\n")]
    said = [harmless(line) for line in lines if any(sign.isalnum() for sign in line)]
    return tuple(said[-SHOWN_LINES:])


def _last_written(line: str) -> str:
    """What a terminal shows of a line that was written over itself, as progress is."""
    parts = [part for part in line.split("\r") if part]
    return parts[-1] if parts else ""


def harmless(line: str) -> str:
    """One line that changes nothing where it is shown: what can't be printed is spelt, and cut."""
    if len(line) > SHOWN_WIDTH:
        line = f"{line[: SHOWN_WIDTH - 1]}…"
    line = line.expandtabs()
    if line.isprintable():
        return line
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line
    )


def shown_command(command: Sequence[str]) -> str:
    """A command as a person types it, without the values of what is named like a secret."""
    shown, hidden = list[str](), False
    for argument in command:
        name, equals, _ = argument.partition("=")
        named = names_secret(name) and (name.startswith("-") or name.isidentifier())
        if named and equals:
            argument = f"{name}=(redacted)"
        elif hidden:
            argument = "(redacted)"
        hidden = named and not equals and name.startswith("-")
        shown.append(_within(argument))
    return harmless(shlex.join(shown))


def _within(argument: str) -> str:
    """An argument that may be a URL, a header or a whole line of a shell, without what is secret in
    it."""
    argument = _USERINFO.sub("(redacted)@", argument)
    argument = _CREDENTIALS.sub(r"\1(redacted)", argument)
    argument = _SETTING.sub(_setting, argument) if _BLANK.search(argument) else argument
    for account in DEFAULT_ACCOUNTS:
        argument = argument.replace(account.password, "(redacted)")
    return argument


def _setting(hit: re.Match[str]) -> str:
    return f"{hit[1]}(redacted)" if names_secret(hit[1].rstrip("= \t\n")) else hit[0]


#: In a URL, the name and the password before its host.
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
#: In a header, what follows the scheme.
_CREDENTIALS = re.compile(r"(?i)(authorization\s*:\s*(?:[a-z]+\s+)?)[^\s\"']+")
#: In a line of a shell, a variable or an option with its value.
_SETTING = re.compile(r"""(?<![\w-])(--?\w[\w-]*(?:=|\s+)|\w+=)("[^"]*"|'[^']*'|[^\s"';|&)]+)""")
_BLANK = re.compile(r"\s")
