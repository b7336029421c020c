"""The address of a PostgreSQL database, whose password is shown to nobody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*)://"
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^@:/?#,\[\]]*)(?::\d*)?"
_AUTHORITY = rf"(?:[^@]*@)?{_HOST}(?:,{_HOST})*"


class DatabaseUrl:
    """``postgresql://user@host:port/name``; ``secret`` is all of it, ``str()`` has no password.

    A query may have more of libpq's parameters, such as ``options=-csearch_path=team``.
    """

    def __init__(self, text: str) -> None:
        """Raises ``ValueError`` on what is not one; the message repeats nothing of it."""
        self.secret = text
        try:
            parts = urlsplit(text)
        except ValueError:
            raise ValueError(_WRONG) from None
        # Of a password that is not encoded, the rest would be taken for the host and be shown.
        whole = re.fullmatch(_AUTHORITY, parts.netloc) is not None and "@" not in parts.path
        if not whole or parts.fragment:
            raise ValueError(_WRONG)
        credentials, at, hosts = parts.netloc.rpartition("@")
        self._shown = f"postgresql://{credentials.partition(':')[0]}{at}{hosts}{parts.path}"

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"DatabaseUrl({self._shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseUrl) and other.secret == self.secret

    def __hash__(self) -> int:
        return hash(self.secret)


_WRONG = (
    "data is not a valid PostgreSQL URL; use one like postgresql://user@host:5432/name, with"
    " %-encoding in the password, or without a password and with PGPASSWORD or ~/.pgpass"
)


def database_url(text: str) -> DatabaseUrl | None:
    """The URL that ``text`` is; ``None`` for the path of a file. Raises ``ValueError``."""
    scheme = re.match(_SCHEME, text)
    if scheme is None:
        return None
    if scheme[1].lower() not in ("postgresql", "postgres"):
        raise ValueError(
            f"data: {scheme[1]}:// is not supported; use a file, or a database such as"
            " postgresql://user@host/name"
        )
    return DatabaseUrl(text)
