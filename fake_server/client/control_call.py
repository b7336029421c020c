"""One call of the control API, scoped to an account or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from .arguments import as_json
from .errors import ControlRefused, NotAnEnvelope, is_for_the_caller
from .transport import PATIENCE, Reply, Sent, Target, connect

__tracebackhide__ = is_for_the_caller

Document = dict[str, Any]

#: The largest limit of the control API's lists; its default is 100.
ALL = 100_000


class Control:
    """A way to the control API of a fake, with the account that calls are about, if any.

    Every call raises ``ControlRefused`` where the control API says no, ``NotAnEnvelope`` where
    what answers is none, ``Unreachable`` and ``Disconnected``.
    """

    def __init__(
        self, target: Target, *, token: str | None = None, account: str | None = None
    ) -> None:
        """``target`` is an address or an ASGI application; ``token`` is needed off loopback.

        Raises ``ValueError`` on a bad address.
        """
        self.transport = connect(target)
        self.token = token
        #: The username that every call is about; ``None`` for all accounts, or what they share.
        self.username = account

    def __repr__(self) -> str:
        of = "" if self.username is None else f" of {self.username!r}"
        return f"{type(self).__name__}({self.transport.base}{of})"

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        patience: float = PATIENCE,
    ) -> Document:
        """One call as it is: ``path`` is what follows ``/__admin``.

        ``None`` is null in the body, and left out of the query, which has no null.
        """
        path = f"/__admin{path}"
        given = {key: _text(value) for key, value in (query or {}).items() if value is not None}
        if given:
            path = f"{path}?{urlencode(given)}"
        headers = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        text = None
        if body is not None:
            headers["content-type"] = "application/json"
            text = as_json(body)
        reply = self.transport.send(Sent(method, path, headers, text, patience))
        try:
            answer = json.loads(reply.body)
        except ValueError:
            raise self._not_a_fake(reply) from None
        if reply.status == 200 and isinstance(answer, dict):
            return answer
        error = answer.get("error") if isinstance(answer, dict) else None
        if not isinstance(error, dict) or not {"code", "message"} <= error.keys():
            raise self._not_a_fake(reply)
        raise ControlRefused(reply.status, error["code"], error["message"])

    def _not_a_fake(self, reply: Reply) -> NotAnEnvelope:
        where = f"{self.transport.base} is not a fake's control API (is the address right?): it"
        return NotAnEnvelope(reply.status, reply.body, where)

    def scoped(
        self,
        method: str,
        path: str,
        given: Mapping[str, Any] | None = None,
        patience: float = PATIENCE,
    ) -> Document:
        """A call about this control's account: ``given`` goes where the method has it.

        ``None`` is left out.
        """
        about = {**(given or {}), "account": self.username}
        if method in ("GET", "DELETE"):
            return self.call(method, path, query=about, patience=patience)
        body = {key: value for key, value in about.items() if value is not None}
        return self.call(method, path, body, patience=patience)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
