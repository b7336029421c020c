"""The names by which clients know the target: a server makes its links from the Host it is sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..http.connection import Request

#: So many are remembered: each is a URL by which somebody reaches the target.
_MOST = 32


class Aliases:
    """Learns them from requests to the target, such as those that came through a reverse proxy."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._home = f"{parts.scheme}://{parts.netloc}"
        self._names: set[str] = set()

    def learn(self, request: Request) -> bool:
        """``request`` went to the target; whether that has shown a new name."""
        hosts = (value for key, value in request.headers if key.lower() == "host")
        host = next(hosts, "").lower()
        new = bool(host) and host not in self._names and len(self._names) < _MOST
        if new:
            self._names.add(host)
        return new

    def home(self, url: str) -> str:
        """``url`` as a request to the target has it; the same where it leads elsewhere."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if parts.scheme not in ("http", "https") or parts.netloc.lower() not in self._names:
            return url
        return self._home + url[len(f"{parts.scheme}://{parts.netloc}") :]
