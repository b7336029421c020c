"""One exchange that passed between somebody's client and the server."""

from __future__ import annotations

from dataclasses import dataclass

from ..http.connection import Reply, Request


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """A request that a client sent, and what came back.

    ``at`` is when the request began, in seconds since the epoch by the observer's clock;
    ``reply.elapsed`` is how long the whole answer took. Header names are in lower case in the
    reply, as sent in the request; bodies are unpacked (no content coding). ``reply.failure`` is set
    where no whole answer came. Not redacted: it never leaves memory as it is.
    """

    request: Request
    reply: Reply
    at: float
