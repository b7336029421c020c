"""The address of a PostgreSQL database, whose password is shown to nobody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*)://"
#: The start of every address of PostgreSQL, also of one that is misspelt.
_POSTGRES = r"(?i)\W*postgres[\w+.-]*:"
#: Settings of libpq (``host=h password=p``), or of other drivers (``Server=h;Pwd=p``).
_KEYWORDS = (
    r"(?i)(?:^|[\s;?&'\"])(?:user(?:name| id)?|uid|host(?:addr)?|server|port|db(?:name)?|database"
    r"|options|passfile|service|sslmode)\s*=|(?:password|passwd|passphrase|pwd)\s*="
)
#: ``name:password@`` before any folder, though not on a drive; and what any URL has.
_CREDENTIALS = r"(?s)(?![A-Za-z]:\\)[^/]*:.*@|[^/]*//[^/]*:.*@"
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^@:/?#,\[\]]*)(?::\d*)?"
_AUTHORITY = rf"(?:[^@]*@)?{_HOST}(?:,{_HOST})*"


class DatabaseUrl:
    """``postgresql://user@host:port/name``; ``secret`` is all of it, ``str()`` has no password.

    A query may have more of libpq's parameters, such as ``options=-csearch_path=team``.
    """

    def __init__(self, text: str) -> None:
        """Raises ``ValueError`` on what is not one; the message repeats nothing of it."""
        scheme, colon, rest = text.partition(":")
        self.secret = f"{scheme.lower()}{colon}{rest}"  # libpq knows no other
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
        if re.search(_KEYWORDS, self._shown):
            raise ValueError(_WRONG)

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


_UNKNOWN = (
    "data looks like the address of a database, but not like one that is supported; use one like"
    " postgresql://user@host:5432/name, or a file (./NAME, where its name has an = or an @)"
)


def database_url(text: str) -> DatabaseUrl | None:
    """The URL that ``text`` is; ``None`` for the path of a file.

    Raises ``ValueError``, which repeats nothing, on whatever else may hold a password.
    """
    scheme = re.match(_SCHEME, text)
    if scheme is not None and scheme[1].lower() in ("postgresql", "postgres"):
        return DatabaseUrl(text)
    if re.match(_POSTGRES, text):
        raise ValueError(_WRONG)
    if "://" in text or re.search(_KEYWORDS, text) or re.match(_CREDENTIALS, text):
        raise ValueError(_UNKNOWN)
    return None
