"""An exchange as a curl line that a person can run again. The secrets are shell variables."""

from __future__ import annotations

import shlex

from .exchange import CUT, Exchange
from .redaction import MASK
from .sent_token import FORGED


def curl(exchange: Exchange) -> str:
    """One command. A redacted token is ``$SAMPAN_TOKEN``, what bash makes of that, or
    ``$SAMPAN_FORGED_TOKEN``; a redacted password of a login is ``$SAMPAN_PASSWORD``. A mask
    anywhere else stays as it is, since a server may have caused it.

    The gate sends an Authorization header to the API's own origin only.
    """
    # -g: a server's link may have brackets and braces, which curl would expand.
    words = ["curl", "-g", "-sS", "-i"]
    if exchange.operation == "picture":
        # Not into the terminal.
        words = ["curl", "-g", "-sS", "-D", "-", "-o", "picture"]
    elif exchange.method != "POST" or not exchange.request_body:
        words += ["-X", shlex.quote(exchange.method)]
    words.append(shlex.quote(exchange.url))
    for name, value in exchange.request_headers:
        if name == "content-type":
            words += ["-H", shlex.quote(f"{name}: {value}")]
        elif name == "authorization":
            words += ["-H", _quoted(f"{name}: {value}", exchange.token)]
    if exchange.request_body:
        secret = '"$SAMPAN_PASSWORD"' if exchange.operation == "login" else ""
        words += ["--data-raw", _quoted(exchange.request_body, secret)]
    line = " ".join(words)
    notes = [f"  # {_FORGED}"] if FORGED in line else []
    notes += ["  # the body is cut here"] if CUT.search(exchange.request_body) else []
    return line + "".join(notes)


_FORGED = "SAMPAN_FORGED_TOKEN: one that the server did not issue, made of parts of one that it did"


def _quoted(text: str, secret: str) -> str:
    """For a shell, with the mask as the expansion ``secret`` if there is one."""
    parts = text.split(MASK) if secret else [text]
    return secret.join(map(shlex.quote, parts))
