"""An exchange as a curl line that a person can run again. The secrets are shell variables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from .exchange import CUT, Exchange
from .redaction import MASK
from .sent_token import FORGED, OWN, WRONG


def curl(exchange: Exchange) -> str:
    """One command. A redacted token is ``$SAMPAN_TOKEN``, another account's
    (``$SAMPAN_SECOND_TOKEN``), what bash makes of one, or ``$SAMPAN_FORGED_TOKEN``; a redacted
    password of a login is ``$SAMPAN_PASSWORD`` and so on. A mask anywhere else stays as it is,
    since a server may have caused it.

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
    used = ""
    for name, value in exchange.request_headers:
        if name == "content-type":
            words += ["-H", shlex.quote(f"{name}: {value}")]
        elif name == "authorization":
            used = exchange.secret if MASK in value else ""
            words += ["-H", _quoted(f"{name}: {value}", used)]
    if exchange.request_body:
        secret = _password(exchange) if exchange.operation == "login" else ""
        words += ["--data-raw", _quoted(exchange.request_body, secret)]
        used += secret if MASK in exchange.request_body else ""
    return " ".join(words) + "".join(_notes(used, exchange.request_body))


def _password(exchange: Exchange) -> str:
    """The password of a login, or the part of it that is masked."""
    own = '"$SAMPAN_PASSWORD"'
    try:
        whole = json.loads(exchange.request_body).get("password") == MASK
    except (ValueError, AttributeError, RecursionError):
        whole = False
    return exchange.secret if whole and exchange.secret != OWN else own


_MEANINGS = {
    FORGED: "one that the server did not issue, made of parts of one that it did",
    WRONG: "a wrong one, made of the account's",
    "SAMPAN_SECOND_TOKEN": "of the second account",
    "SAMPAN_LIMITED_TOKEN": "of the limited account",
}


def _notes(used: str, body: str) -> Iterator[str]:
    """What the variables mean that were ``used``: a body may hold the name of one."""
    for variable, meaning in _MEANINGS.items():
        if variable in used:
            name = variable.strip('"$')
            yield f"  # {name}: {meaning}"
    if CUT.search(body):
        yield "  # the body is cut here"


def _quoted(text: str, secret: str) -> str:
    """For a shell, with the mask as the expansion ``secret`` if there is one."""
    parts = text.split(MASK) if secret else [text]
    return secret.join(map(shlex.quote, parts))
