"""What JSON gets under another Content-Type than the page's (question other-content-type)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..http.exchange import Exchange
from ..json_access import text, whole
from ..rules.labels import is_labelled_json
from ..rules.parameters import sensible
from .facts import Fact
from .form import unlike_but_for_its_label
from .look import Look

_ID = "other-content-type"
#: Logins that are remembered, by a digest of what they say.
_LOGINS = 1_000
_UNSUPPORTED = 415


@dataclass(slots=True)
class Labels:
    """What came of logins and finds under other labels."""

    #: The HTTP status of a 301 under the page's label, by operation.
    _usual: dict[str, int] = field(default_factory=dict)
    #: Logins that were accepted, and those that were refused for their label or as wrong.
    _right: set[bytes] = field(default_factory=set)
    _doubtful: dict[bytes, tuple[int, Exchange]] = field(default_factory=dict)
    _refused: dict[str, tuple[int, Exchange]] = field(default_factory=dict)
    _taken: dict[str, tuple[str, Exchange]] = field(default_factory=dict)
    #: Limits that a find under another label has kept to, with records left.
    _limits: set[int] = field(default_factory=set)

    def seen(self, look: Look) -> None:
        """A POST to an operation."""
        errno, labelled = look.answer.errno, is_labelled_json(look.request)
        if look.operation not in ("login", "findJobs") or errno not in (0, 301):
            return
        if labelled and look.plain and errno == 301:
            self._usual[look.operation] = look.answer.status
        if not look.plain and unlike_but_for_its_label(look.request):
            return
        if look.operation == "login":
            self._login(look, labelled)
        elif not labelled:
            self._find(look)

    def _login(self, look: Look, labelled: bool) -> None:
        given = text(look.fields, "username"), text(look.fields, "password")
        if not all(given) or len(self._right) + len(self._doubtful) >= _LOGINS:
            return
        digest = hashlib.sha256(repr(given).encode("utf-8", "surrogatepass")).digest()
        if look.answer.ok:
            self._right.add(digest)
            if not labelled:
                self._taken["login"] = "as-json", look.answer.exchange
        elif not labelled:
            self._doubtful[digest] = look.answer.status, look.answer.exchange

    def _find(self, look: Look) -> None:
        answer, limit = look.answer, whole(look.fields.get("limit"))
        if not answer.ok:
            if sensible(look.fields):
                self._refused["findJobs"] = answer.status, answer.exchange
            return
        count = len(answer.records)
        if limit is None or limit < 1:
            return
        if count > limit:
            self._taken["findJobs"] = "as-empty", answer.exchange
        elif count == limit < (answer.total or 0):
            # One may be the default, which a find has whose body is not read.
            self._limits = {limit, *list(self._limits)[:1]}
            if len(self._limits) > 1:
                self._taken["findJobs"] = "as-json", answer.exchange

    def facts(self) -> Iterator[Fact]:
        """What they say together, at the end."""
        refused = dict(self._refused)
        for digest in self._doubtful.keys() & self._right:
            refused["login"] = self._doubtful[digest]
        for operation, (said, exchange) in self._taken.items():
            yield Fact(_ID, said, exchange, operation)
        for operation, (status, exchange) in refused.items():
            yield Fact(_ID, self._refusal(operation, status), exchange, operation)

    def _refusal(self, operation: str, status: int) -> str:
        if status == _UNSUPPORTED:
            return "http-415"
        if status != self._usual.get(operation, status):
            return f"301 with HTTP status {status}"
        # A login without parameters gets a 301, too.
        unread = operation == "login" and self._taken.get("findJobs", ("",))[0] == "as-empty"
        return "as-empty" if unread else "errno-301"
