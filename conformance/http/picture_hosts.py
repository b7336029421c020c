"""Where a picture may be fetched from: a server does not look into the tester's network."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ..target import is_loopback
from .addresses import is_public


class PictureHosts:
    """``private``: the tester allows private networks. Safe to use from several threads."""

    def __init__(self, target: str, *, private: bool = False) -> None:
        self._host = urlsplit(target).hostname
        self._private = private or is_loopback(target)
        #: The addresses that answered as the API.
        self._peers: set[str] = set()

    def answered(self, peer: str) -> None:
        """The API answered from this address; empty: nobody did."""
        if peer:
            self._peers.add(peer)

    def admits(self, url: str) -> Callable[[str], bool]:
        """Whether an address may be connected to for ``url``."""
        if self._private:
            return anywhere
        # The own host is as private as the API, and where the API is: its name may lead elsewhere
        # for a picture.
        if urlsplit(url).hostname == self._host:
            return lambda ip: ip in self._peers or is_public(ip)
        return is_public


def anywhere(_: str) -> bool:
    """For what the tester has named."""
    return True
