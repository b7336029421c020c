"""The Content-Type of a request (question other-content-type). Pure."""

from __future__ import annotations

from ..http.connection import Request

_JSON = "application/json"


def label(request: Request) -> str | None:
    """The Content-Type as it was sent."""
    return next((one for key, one in request.headers if key.lower() == "content-type"), None)


def is_labelled_json(request: Request) -> bool:
    """Whether every server reads the body as JSON."""
    return (label(request) or "").partition(";")[0].strip().lower() == _JSON
