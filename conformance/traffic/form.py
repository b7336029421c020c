"""Whether a request has the form of all on the page. How a server answers any other is left open,
so that little more than GEN-5 is judged of it. Pure."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from ..http.connection import Request
from ..json_access import brief
from ..rules.labels import is_labelled_json, label

#: Larger or deeper requests than any honest one are not well-formed ones here.
_LARGE, _DEEP = 64 << 10, 20
#: Characters of a header's value in a report.
_VALUE = 60


def unlike_the_page(request: Request) -> str:
    """What is unlike a request of the page, in a few words; empty where the server has nothing to
    complain of but parameters."""
    if not is_labelled_json(request):
        kind = label(request)
        return "no Content-Type" if kind is None else f"Content-Type {brief(kind, _VALUE)}"
    return unlike_but_for_its_label(request)


def unlike_but_for_its_label(request: Request) -> str:
    """The same, whatever the Content-Type."""
    headers = {key.lower(): value for key, value in request.headers}
    if "content-encoding" in headers:
        return f"Content-Encoding {brief(headers['content-encoding'], _VALUE)}"
    if urlsplit(request.target).query:
        return "a query string"
    if len(request.body) > _LARGE:
        return f"a body of more than {_LARGE} bytes"
    return "" if _is_usual_object(request.body) else "a body that is no well-formed JSON object"


def _is_usual_object(body: bytes) -> bool:
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and _usual(found, _DEEP)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _refuse(name: str) -> object:
    raise ValueError(name)


def _usual(value: object, depth: int) -> bool:
    """No NUL, no lone surrogate, no number beyond a double, not too deep (GEN-5)."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, int | float):
        return abs(value) < 2**63
    if isinstance(value, dict):
        return depth > 0 and all(_usual(one, depth - 1) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return depth > 0 and all(_usual(one, depth - 1) for one in value)
    return True
