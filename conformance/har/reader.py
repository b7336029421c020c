"""A HAR file read as traffic: what any browser, proxy or program recorded of this API."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ..contract import shipped
from ..traffic.seen import Seen
from .document import MAX_BYTES, HarError, load
from .doubles import Doubles
from .entry import address, is_anonymous, is_ours, read, title
from .left_out import EntryError, Part, UnjudgedError

__all__ = ("HarError", "HarFile", "read_har")

_PORTS = {"http": 80, "https": 443}
#: A link in a body, whose slashes JSON may escape.
_LINK = re.compile(rb"https?:(?:\\?/){2}[^\s\"<>]{1,2000}")
#: What programs put in a token's place: a word for it, or signs only.
_REMOVED = re.compile(r"(?i)redact|removed|sanitiz|masked|hidden|filtered|\*{3}|x{6}|^\W*$")

#: Seconds by which the times of two entries may be rounded.
_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class HarFile:
    """What a file holds. ``seen`` is sorted by its start, but for ``disorder``, and has what a
    browser wrote twice once.

    ``target`` is the URL under which the API's operations lie, ``None`` if no request is one.
    ``passed_over`` counts the requests to other places; pictures that answers link to are not
    among them. ``broken`` are malformed entries and ``unjudged`` well-formed ones that say too
    little of what passed (no body, cached, aborted, a preflight), each a line that names the entry
    and the reason. ``tokens_removed``: the export left out what tells who asked, so each request
    has a placeholder of its own.
    """

    target: str | None
    seen: list[Seen]
    passed_over: int
    broken: list[str]
    unjudged: list[str]
    tokens_removed: bool
    #: Why the times in the file can't be believed; then ``seen`` is in the file's order.
    disorder: str = ""
    #: How many entries of the API, and how many of them the export has robbed of which part.
    entries: int = 0
    lacking: Counter[Part] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Entry:
    url: str
    seen: Seen | None
    broken: str = ""
    unjudged: str = ""
    anonymous: bool = False
    lacks: tuple[Part, ...] = ()
    #: Our own writer wrote it.
    ours: bool = False


def read_har(path: Path, target: str | None = None, limit: int = MAX_BYTES) -> HarFile:
    """The traffic of ``target``, by default of the API that most requests in the file call.

    Raises :class:`HarError` on a file that is no HAR or is larger than ``limit`` bytes. No single
    entry makes it fail.
    """
    document = load(path, _entry, limit)
    entries = document.entries
    target = _found_target(entries) if target is None else target.rstrip("/")
    kept = list(_kept(entries, target))
    doubles = Doubles()
    exchanges = [
        one.seen
        for one in kept
        if one.seen is not None and not doubles.again(one.seen, ours=one.ours)
    ]
    disorder = _disorder(exchanges)
    if not disorder:
        exchanges.sort(key=lambda one: one.at)
    paths = _paths(jobs_only=True)
    bare = [one for one in kept if one.anonymous and one.seen and _calls(one.seen, paths)]
    removed = _tokens_removed(exchanges) and not bare
    doubtful = [one for one in kept if _may_lack_token(one)]
    lacking = Counter(part for one in kept for part in one.lacks)
    if not removed:
        lacking[Part.TOKEN] = sum(Part.REQUEST_HEADERS not in one.lacks for one in doubtful)
    broken = [one.broken for one in kept if one.broken]
    return HarFile(
        target,
        _with_placeholders(exchanges, None if removed else {id(one.seen) for one in doubtful}),
        len(entries) - len(kept),
        broken + [document.problem] * bool(document.problem),
        [one.unjudged for one in kept if one.unjudged],
        removed,
        disorder,
        len(kept),
        lacking,
    )


def _disorder(exchanges: Sequence[Seen]) -> str:
    """How the order of the file contradicts its times, whether it is sorted by start or by end,
    forwards or backwards: a clock that was set back, or several files in one."""
    return _step_back(exchanges[::-1]) and _step_back(exchanges)


def _step_back(exchanges: Sequence[Seen]) -> str:
    latest = float("-inf")
    for one in exchanges:
        if one.at + one.reply.elapsed < latest - _ROUNDING:
            began = datetime.fromtimestamp(one.at, UTC)
            return (
                f"an exchange of {began:%Y-%m-%d %H:%M:%S} UTC comes after one that began"
                f" {latest - one.at:.1f} s later"
            )
        latest = max(latest, one.at)
    return ""


def _entry(number: int, entry: object) -> _Entry:
    url = address(entry)
    try:
        found = read(entry)
        anonymous, ours = is_anonymous(entry), is_ours(entry)
        return _Entry(url, found.seen, anonymous=anonymous, lacks=found.lacks, ours=ours)
    except EntryError as problem:
        return _Entry(url, None, broken=f"{title(number, entry)}: {problem}")
    except UnjudgedError as problem:
        lacks = () if problem.lacks is None else (problem.lacks,)
        return _Entry(url, None, unjudged=f"{title(number, entry)}: {problem}", lacks=lacks)


def _paths(*, jobs_only: bool = False) -> tuple[str, ...]:
    operations = shipped().operations.values()
    return tuple(one.path for one in operations if not (jobs_only and one.id == "login"))


def _calls(exchange: Seen, paths: tuple[str, ...]) -> bool:
    """Whether the request is one of an operation with one of these paths."""
    request = exchange.request
    return request.method.upper() == "POST" and request.target.partition("?")[0].endswith(paths)


def _found_target(entries: Iterable[_Entry]) -> str | None:
    """The base of most calls of this API's operations, whether they can be judged or not."""
    paths = _paths()
    bases: Counter[str] = Counter()
    for entry in entries:
        url = entry.url.partition("?")[0]
        bases.update(url.removesuffix(path) for path in paths if url.endswith(path))
    found = (base for base, _ in bases.most_common() if _origin(base) is not None)
    return next(found, None)


def _kept(entries: list[_Entry], target: str | None) -> Iterator[_Entry]:
    """The entries of the target's host, pictures that its answers link to or redirect to, and those
    that can't be told from them."""
    home = None if target is None else _origin(target)
    ours = [home is not None and _origin(entry.url) == home for entry in entries]
    links = _links(entry.seen for entry, own in zip(entries, ours, strict=True) if own)
    for entry, own in zip(entries, ours, strict=True):
        picture = entry.seen is not None and entry.seen.request.method.upper() == "GET"
        kept = own or (picture and entry.url in links) or not entry.url
        if kept:
            yield entry
        if kept and entry.seen is not None and picture:
            links.add(entry.seen.reply.redirect(entry.url).partition("#")[0])


def _links(exchanges: Iterable[Seen | None]) -> set[str]:
    """The URLs in the answers."""
    return {
        hit[0].replace(b"\\/", b"/").partition(b"#")[0].decode("utf-8", "replace")
        for exchange in exchanges
        if exchange is not None
        for hit in _LINK.finditer(exchange.reply.body)
    }


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an http URL; ``None`` of any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _token(exchange: Seen) -> str | None:
    """What the request sends in Authorization, without the scheme; ``None`` without the header."""
    for name, value in exchange.request.headers:
        if name.lower() == "authorization":
            return value.strip().partition(" ")[2] or value.strip()
    return None


def _tokens_removed(exchanges: list[Seen]) -> bool:
    """Whether no request for jobs tells who asked: Chrome's "sanitized" export leaves out
    Authorization and cookies, other programs write something in its place."""
    paths = _paths(jobs_only=True)
    tokens = [_token(one) for one in exchanges if _calls(one, paths)]
    return bool(tokens) and all(token is None or _REMOVED.search(token) for token in tokens)


def _may_lack_token(entry: _Entry) -> bool:
    """Whether a request for jobs has no token here, and may have had one: a part of the file may
    come from an export that leaves tokens out. One that was refused for it had none."""
    if entry.seen is None or entry.anonymous or not _calls(entry.seen, _paths(jobs_only=True)):
        return False
    if Part.REQUEST_HEADERS in entry.lacks:
        return True
    return _token(entry.seen) is None and not _refused(entry.seen)


def _with_placeholders(exchanges: list[Seen], doubtful: set[int] | None) -> list[Seen]:
    """Each request for jobs with a token that no other has: a request that had one must not pass
    for one without, and two must not pass for the same account's.

    ``doubtful``: those alone, by identity. ``None``: all.
    """
    paths = _paths(jobs_only=True)
    return [
        _with_token(one, f"removed-{number}")
        if (id(one) in doubtful if doubtful is not None else _calls(one, paths))
        else one
        for number, one in enumerate(exchanges, 1)
    ]


def _refused(exchange: Seen) -> bool:
    """Whether the answer says that there was no token."""
    return re.search(rb'"errno"\s*:\s*430\b', exchange.reply.body) is not None


def _with_token(exchange: Seen, token: str) -> Seen:
    others = (pair for pair in exchange.request.headers if pair[0].lower() != "authorization")
    headers = (*others, ("Authorization", f"Bearer {token}"))
    return replace(exchange, request=replace(exchange.request, headers=headers))
