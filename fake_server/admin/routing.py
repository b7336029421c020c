"""The control API's way: guard → route → query and body by ``admin.yaml`` → handler."""

from __future__ import annotations

import logging
import re
from contextlib import nullcontext
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

import orjson

from ..contract import document as spec
from ..contract import yaml_files
from ..contract.document import Operation, Parameter
from ..contract.errors import ApiError
from ..http import body_kinds
from ..http import exchange as request
from ..http.exchange import route_path
from ..http.responses import JSON, YAML, Response, as_json
from ..http.types import Receive, RequestHeaders, Scope
from ..service import FakeService
from ..store.transactions import NotStoredError
from ..suggestions import nearest, suggest
from . import accounts, clock, faults, guard, jobs, profile, requests, scenarios, state, system
from .call import ControlCall, ControlError, ControlHandler, refused
from .events import Events, EventStream
from .reasons import parameter_reason, reason


class Bound(NamedTuple):
    """Bytes and values of a body, by what parts values: each takes two hundred bytes of memory
    while it is checked."""

    size: int
    values: int


#: A state document can be large; others hold at most what a fault sends, escaped.
MAX_STATE, MAX_BODY = Bound(256 << 20, 16_000_000), Bound(8 << 20, 1_000_000)
_JSON = b"application/json"
_PREFIX = "/__admin/"
_SOURCE = f"{_PREFIX}openapi.yaml"
_EVENTS = f"{_PREFIX}events"
#: Operations that need nothing of the store, and those that wait for something.
_FREE = ("getHealth", "getReady", "getControlDocument")
_WAITS = ("waitForRequests",)
#: Members whose value is JSON of the client's own, which is sent or compared as it came.
_OWN_JSON = ("body", "recorded")
#: Calls that change nothing.
_READS = ("GET", "HEAD")

_MODULES = (system, accounts, clock, jobs, faults, scenarios, requests, profile, state)


def handler(operation: Operation) -> ControlHandler:
    """The function that is named by the operationId, in snake case. Raises ``SpecError``."""
    name = re.sub("(?=[A-Z])", "_", operation.id).lower()
    for module in _MODULES:
        if hasattr(module, name):
            found: ControlHandler = getattr(module, name)
            return found
    raise yaml_files.SpecError(f"admin.yaml's {operation.id} has no handler")


log = logging.getLogger("sampan")


@cache
def _contract() -> spec.Spec:
    """What ``admin.yaml`` says, read once in a process: a test may start a fake for each case."""
    return spec.compile(yaml_files.read("admin.yaml"))


class ControlApi:
    """The control API of one fake."""

    def __init__(self, service: FakeService) -> None:
        """Raises ``SpecError`` on an operation that has no handler."""
        self.service = service
        self.events = Events(service)
        self._routes: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        self._handlers: dict[str, ControlHandler] = {}
        #: Paths that anybody may ask for.
        self._open: set[str] = set()
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in _contract().operations:
            self._handlers[operation.id] = handler(operation)
            if not operation.secured:
                self._open.add(operation.path)
            by_path.setdefault(operation.path, {})[operation.method] = operation
        for path, methods in by_path.items():
            self._routes.append((_pattern(path), methods))

    async def answer(self, scope: Scope, receive: Receive) -> Response | EventStream:
        """The answer to one request. Raises ``Disconnected``."""
        headers = dict(scope["headers"])
        try:
            if _raw_path(scope) not in self._open:
                guard.check(self.service, scope)
            reads = scope["method"] in _READS
            if route_path(scope) == _SOURCE and reads:
                return Response(200, (yaml_files.DIRECTORY / "admin.yaml").read_bytes(), YAML)
            if route_path(scope) == _EVENTS and reads:
                return self.events.stream(scope["query_string"])
            operation, path = self._route(scope)
            limit = MAX_STATE if operation.id == "importState" else MAX_BODY
            raw = await _read(receive, headers, limit)
            if raw:
                _check_media_type(scope)
            call = ControlCall(
                self.service,
                _body(operation, raw),
                _query(operation, scope["query_string"]),
                _path(operation, path),
                receive,
                request.base(self.service.settings.external_url, request.of_scope(scope), headers),
            )
            answer = await self._handle(operation, call, reads=reads)
            if not reads:
                self.service.control.notify()
            return Response(200, as_json(answer), JSON)
        except ControlError as error:
            return refused(error)
        except NotStoredError as problem:
            self.service.troubles.tell(f"{scope['method']} {scope['path']}", str(problem))
            return refused(ControlError("not-stored", str(problem)))
        except request.Disconnected:
            raise
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            return refused(ControlError("internal", "internal error of the fake; see its log"))

    async def _handle(self, operation: Operation, call: ControlCall, *, reads: bool) -> Any:
        """Call the handler, with what other processes have changed, and without their changes."""
        handle, service = self._handlers[operation.id], self.service
        if operation.id in _FREE:
            return await handle(call)
        # Only these take time, so that nobody waits for a turn that is held by a handler.
        free = reads or operation.id in _WAITS
        with nullcontext() if free else service.store.turn():
            if free:
                service.store.follow()
            service.faults.refresh()
            return await handle(call)

    def _route(self, scope: Scope) -> tuple[Operation, dict[str, str]]:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        text = _raw_path(scope)
        for pattern, methods in self._routes:
            found = pattern.fullmatch(text)
            if found is None:
                continue
            if method not in methods:
                allowed = ", ".join(methods)
                raise ControlError(
                    "method-not-allowed",
                    f"{text} takes {allowed}, not {method}",
                    ((b"allow", allowed.encode()),),
                )
            return methods[method], {
                name: unquote(value) for name, value in found.groupdict().items()
            }
        known = [next(iter(methods.values())).path[len(_PREFIX) :] for _, methods in self._routes]
        given = text[len(_PREFIX) :]
        # The last word of a path is what is remembered of it: verify, advance.
        near = [path for path in known if path.rpartition("/")[2] == given.strip("/")]
        near = near or [each for each in (nearest(given, known),) if each]
        meant = " or ".join(f"{_PREFIX}{each}" for each in near)
        hint = f"did you mean {meant}?" if meant else f"see {_PREFIX}openapi.json"
        raise ControlError("not-found", f"no route at {text}; {hint}")


def _raw_path(scope: Scope) -> str:
    """The path as it was sent, since names in it may hold a slash, below the mount's."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    text, mounted = raw.decode("ascii", "replace"), scope.get("root_path", "")
    # By segments, since any character of the mount's may have been percent-encoded.
    *before, rest = text.split("/", mounted.count("/") + 1)
    return f"/{rest}" if mounted and unquote("/".join(before)) == mounted else text


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    text = "".join(
        f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
    return re.compile(text)


async def _read(receive: Receive, headers: RequestHeaders, limit: Bound) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and len(declared) < 19 and int(declared) <= limit.size:
        try:
            raw = await request.read(receive, limit.size)
        except ApiError:  # it said less than it sent
            pass
        else:
            if sum(map(raw.count, (b",", b"[", b"{"))) <= limit.values:
                return raw
            raise ControlError("too-large", f"the body has more than {limit.values} values")
    raise ControlError("too-large", f"the body is larger than {limit.size} bytes")


def _check_media_type(scope: Scope) -> None:
    """Raise unless the body is said to be JSON.

    A web page may send text, forms and what has no type anywhere, without asking first (Fetch,
    CORS-safelisted request-header); what says that it is JSON it may not.
    """
    given = [value for name, value in scope["headers"] if name == b"content-type"]
    if given and all(value.partition(b";")[0].strip().lower() == _JSON for value in given):
        return
    told = ", ".join(value.decode("latin-1")[:100] for value in given) or "none"
    raise ControlError(
        "unsupported-media-type",
        "the body must be sent with Content-Type: application/json (curl: -H 'Content-Type:"
        f" application/json', or --json instead of -d); its Content-Type is {told}",
    )


def _body(operation: Operation, raw: bytes) -> dict[str, Any]:
    if not raw:
        if operation.body_required:
            raise ControlError("bad-request", f"{operation.id} requires a JSON object as its body")
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        raise ControlError("bad-request", body_kinds.why_no_json(raw, {}, problem)) from problem
    if not isinstance(body, dict):
        raise ControlError("bad-request", body_kinds.why_no_object(body))
    try:
        wrong = reason(_contract().document, operation, body)
    except ValueError:  # the validator goes no deeper
        wrong = f"the body is nested too deeply: {operation.id} takes at most 250 levels of JSON"
    if wrong is not None:
        raise ControlError("bad-request", wrong)
    whole: dict[str, Any] = _with_integers(body)
    return whole


def _with_integers(value: Any) -> Any:
    """JSON Schema takes 2.0 for an integer; Python's slices and SQLite's columns don't."""
    if isinstance(value, dict):
        return {
            key: inner if key in _OWN_JSON else _with_integers(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_integers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _query(operation: Operation, raw: bytes) -> dict[str, Any]:
    known = {each.name: each for each in operation.parameters if each.place == "query"}
    found = {name: each.default for name, each in known.items() if each.default is not None}
    for name, text in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            rest = suggest(name, known)
            raise ControlError(
                "bad-request", f"{name[:100]!r} is not a parameter of {operation.id}{rest}"
            )
        found[name] = _read_as(known[name], text)
    return found


def _path(operation: Operation, found: dict[str, str]) -> dict[str, str]:
    for each in operation.parameters:
        if each.place == "path":
            _read_as(each, found[each.name])
    return found


def _read_as(parameter: Parameter, text: str) -> Any:
    """A parameter's text as the value that it stands for."""
    value: Any = text
    if parameter.type == "integer" and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        value = int(text)
    elif parameter.type == "boolean" and text in ("true", "false"):
        value = text == "true"
    wrong = parameter_reason(_contract().document, parameter, value)
    if wrong is not None:
        raise ControlError("bad-request", wrong)
    return value
