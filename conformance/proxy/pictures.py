"""``--fetch-pictures``: GETs of the pictures that answers link to, each once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..http.connection import Reply, Request, transmit
from ..http.gate import PICTURE_CAP
from ..http.json_body import read
from ..http.picture_hosts import PictureHosts
from ..json_access import object_at, objects_at, text
from ..target import is_web
from ..traffic.seen import Seen
from .passing import steady_clock
from .routes import RefusedError, Routes

_LINKS = ("img_buffer", "img_thumb", "original_url")
#: The most links that are remembered, and that wait.
_KNOWN, _WAITING = 100_000, 1_000
#: In seconds, for one picture.
_TIMEOUT = 30.0
_REDIRECTS = 5


class PictureFetcher:
    """Fetches on a thread of its own what the answers that it observes link to."""

    def __init__(self, target: str, routes: Routes) -> None:
        self._hosts = PictureHosts(target)
        self._routes = routes
        self._known: set[str] = set()
        self._waiting: queue.Queue[Request] = queue.Queue(_WAITING)
        self._stopping = threading.Event()
        self._now = steady_clock()
        self._left_out = 0
        self.fetched = 0

    def start(self, add: Callable[[Seen], None]) -> None:
        """``add`` is given each exchange."""
        self._thread = threading.Thread(target=self._run, args=(add,), daemon=True)
        self._thread.start()

    def observe(self, seen: Seen) -> None:
        """Remember the links in the answer to a find; those that a client fetches itself, too."""
        if seen.request.method == "GET" and len(self._known) < _KNOWN:
            self._known.add(seen.request.target)
        token = _authorization(seen.request)
        if seen.request.method == "POST":  # a GET may be of a picture from anywhere
            self._hosts.answered(seen.reply.peer)
        for link in _links(seen.reply):
            request = self._request(link, token)
            if request is None or request.target in self._known or len(self._known) >= _KNOWN:
                continue
            self._known.add(request.target)
            try:
                self._waiting.put_nowait(request)
            except queue.Full:
                self._left_out += 1

    def _request(self, link: str, token: str) -> Request | None:
        """``None`` for what is no link; one to the proxy is one to the target."""
        try:
            route = self._routes.route(b"GET", link.encode("ascii")) if is_web(link) else None
        except (RefusedError, UnicodeError):
            route = None
        if route is None or not route.url:
            return None
        return Request("GET", route.url, (("Authorization", token),) if token and route.own else ())

    def close(self) -> None:
        """End with the picture that is under way."""
        self._stopping.set()
        self._thread.join()

    def remarks(self) -> list[str]:
        """One sentence each."""
        said = [f"{_pictures(self.fetched)} fetched (--fetch-pictures)"] if self.fetched else []
        if left := self._left_out + self._waiting.qsize():
            said.append(f"{_pictures(left)} not fetched any more")
        return said

    def _run(self, add: Callable[[Seen], None]) -> None:
        while not self._stopping.is_set():
            try:
                request = self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            add(self._fetched(request))
            self.fetched += 1

    def _fetched(self, request: Request) -> Seen:
        began = self._now()
        reply = self._reply(request)
        return Seen(request, replace(reply, elapsed=self._now() - began), began)

    def _reply(self, request: Request) -> Reply:
        """That of the place to which redirects lead."""
        reply = Reply()
        for _ in range(_REDIRECTS + 1):
            reply = transmit(request, _TIMEOUT, PICTURE_CAP, self._hosts.admits(request.target))
            there = reply.redirect(request.target)
            if not is_web(there):
                break
            request = Request("GET", there)  # the token is for the first place alone
        return reply


def _pictures(number: int) -> str:
    return f"{number} picture was" if number == 1 else f"{number} pictures were"


def _authorization(request: Request) -> str:
    found = (value for key, value in request.headers if key.lower() == "authorization")
    return next(found, "")


def _links(reply: Reply) -> Iterator[str]:
    if reply.failure is not None or b"img_" not in reply.body:
        return
    for record in objects_at(object_at(read(reply).value, "data"), "res"):
        yield from (link for key in _LINKS if (link := text(record, key)))
