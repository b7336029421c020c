"""What schemathesis takes for the server: a WSGI application in its own process.

It is given ``schema.app``, so that nothing that schemathesis sends about an operation goes by it:
checks that send again neither. Answers come back under the HTTP status that stands for their
errno, with every secret masked, and with what the kit found in headers of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ..json_access import printable
from ..rules.envelopes import is_object
from ..rules.generated_bodies import VIRTUAL
from ..verdict import UnavailableError
from .running import Judged, Run, Wish, run_at

#: On a request: whose token it carries, and which example of ours it is.
ACCOUNT, CASE = "X-Sampan-Account", "X-Sampan-Case"
#: On an answer: the HTTP status that the server sent, breaches as JSON, why it was not sent or is
#: not judged, and a curl line.
STATUS, FAULTS, NO_ANSWER, AGAIN = (
    "X-Sampan-Status",
    "X-Sampan-Faults",
    "X-Sampan-No-Answer",
    "X-Sampan-Curl",
)
#: What werkzeug names the server if schemathesis gives it no URL.
_NO_HOST = "localhost"
#: These are not the request's own.
_OMITTED = ("host", "content-length", "connection", "accept-encoding", "authorization", "cookie")
#: These were true of the answer as it was packed.
_PACKED = ("content-length", "content-encoding", "transfer-encoding", "connection", "content-type")

_Start = Callable[[str, list[tuple[str, str]]], Any]


class Gateway:
    """``base_url`` gives the URL of the server where schemathesis names none."""

    def __init__(self, base_url: Callable[[], str]) -> None:
        self._base_url = base_url

    def __call__(self, environ: Mapping[str, Any], start: _Start) -> Iterable[bytes]:
        target = self._target(environ)
        run = run_at(target)
        wish = _wish(environ, urlsplit(target).path)
        try:
            judged = run.send(wish)
        except UnavailableError as problem:
            reason = printable(run.secrets.redact(problem.reason))
            return _empty(start, f"not sent: {reason}")
        if judged.answer.failure is not None and not judged.breaches:
            return _empty(start, judged.answer.problem)
        return _passed_on(run, judged, start)

    def _target(self, environ: Mapping[str, Any]) -> str:
        host = environ["HTTP_HOST"]
        if host == _NO_HOST:
            return self._base_url().rstrip("/")
        own = urlsplit(self._base_url())
        path = own.path.rstrip("/") if own.netloc == host else ""
        return f"{environ['wsgi.url_scheme']}://{host}{path}"


def _wish(environ: Mapping[str, Any], prefix: str) -> Wish:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    account, case = headers.pop(ACCOUNT, "first"), headers.pop(CASE, "")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    kept = {name: value for name, value in headers.items() if name.lower() not in _OMITTED}
    path = str(environ["PATH_INFO"]).removeprefix(prefix)
    return Wish(environ["REQUEST_METHOD"], path, kept, body, account, case)


def _passed_on(run: Run, judged: Judged, start: _Start) -> Iterable[bytes]:
    answer = judged.answer
    status = answer.status or 502
    headers = [
        (name.title(), _latin(run.secrets.redact_foreign(value)))
        for name, value in answer.reply.headers
        if name.lower() not in _PACKED and name.lower() != "set-cookie"
    ]
    content = answer.reply.body
    text = content.decode("utf-8", "backslashreplace")
    if (redacted := run.secrets.redact_foreign(text)) != text:
        content = redacted.encode()
    if is_object(answer):
        # GEN-6 judges the type that it came with.
        headers.append(("Content-Type", "application/json"))
        if answer.errno in VIRTUAL:
            headers.append((STATUS, str(answer.status)))
            status = VIRTUAL[answer.errno]
    elif kind := answer.header("content-type"):
        headers.append(("Content-Type", _latin(kind)))
    if judged.elsewhere:
        headers.append((NO_ANSWER, "the answer is not this API's"))
    if judged.breaches:
        found = [[id, *(run.secrets.redact(one) for one in rest)] for id, *rest in judged.breaches]
        headers += [(FAULTS, json.dumps(found)), (AGAIN, _latin(judged.again))]
    start(_line(status), headers)
    return [content]


def _empty(start: _Start, reason: str) -> Iterable[bytes]:
    """No answer of the server: schemathesis has to be given something that it can go on with."""
    start(_line(HTTPStatus.SERVICE_UNAVAILABLE), [(NO_ANSWER, _latin(reason))])
    return [b""]


def _line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _latin(text: str) -> str:
    """As headers may have it."""
    return printable(text).encode("ascii", "backslashreplace").decode()
