"""An exchange as a curl line that a person can run again. The secrets are shell variables."""

from __future__ import annotations

import shlex

from ..http.exchange import CUT, Exchange
from ..http.redaction import MASK

_OWN_HEADERS = ("content-type", "authorization")


def curl(exchange: Exchange) -> str:
    """One line. A redacted token is ``$SAMPAN_TOKEN``, a redacted password ``$SAMPAN_PASSWORD``."""
    words = ["curl", "-sS", "-i"]
    if exchange.operation == "picture":
        # Not into the terminal.
        words = ["curl", "-sS", "-D", "-", "-o", "picture"]
    elif exchange.method != "POST" or not exchange.request_body:
        words += ["-X", exchange.method]
    words.append(_quoted(exchange.url, "SAMPAN_TOKEN"))
    for name, value in exchange.request_headers:
        if name in _OWN_HEADERS:
            words += ["-H", _quoted(f"{name}: {value}", "SAMPAN_TOKEN")]
    if exchange.request_body:
        words += ["--data-raw", _quoted(exchange.request_body, "SAMPAN_PASSWORD")]
    line = " ".join(words)
    return f"{line}  # the body is cut here" if CUT.search(exchange.request_body) else line


def _quoted(text: str, secret: str) -> str:
    """In single quotes, with the mask as a variable between them."""
    if MASK not in text:
        return shlex.quote(text)
    parts = ["'" + part.replace("'", "'\"'\"'") + "'" for part in text.split(MASK)]
    return f'"${secret}"'.join(parts)
