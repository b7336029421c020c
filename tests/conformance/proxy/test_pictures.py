"""``--fetch-pictures`` GETs each picture that an answer links to once, and sends nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from sampan.conformance.http import connection
from sampan.conformance.http.addresses import resolved
from sampan.conformance.http.connection import Failure, Reply, Request
from sampan.conformance.proxy.pictures import PictureFetcher
from sampan.conformance.proxy.routes import Routes
from sampan.conformance.traffic.seen import Seen
from tests.support.network.proxies import HANG, OddServer

PNG = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\npng"
PORT = 8090


class Fetched:
    """A fetcher for ``target``, and what it has brought."""

    def __init__(self, target: str) -> None:
        self.seen: list[Seen] = []
        self.fetcher = PictureFetcher(target, Routes(target, PORT, others=True))
        self.fetcher.start(self.seen.append)
        self.target = target

    def found(self, *links: object, token: str = "t", peer: str = "") -> None:
        """A find was answered, from the address ``peer``, with records that link to these."""
        records = [{"img_buffer": link, "img_thumb": None} for link in links]
        body = json.dumps({"errno": 0, "data": {"res": records}}).encode()
        headers = (("Authorization", f"Bearer {token}"),)
        request = Request("POST", f"{self.target}/jobs/find", headers, b"{}")
        self.fetcher.observe(Seen(request, Reply(200, (), body, peer=peer), time.time()))

    def wait(self, number: int) -> list[Seen]:
        end = time.monotonic() + HANG
        while len(self.seen) < number:
            assert time.monotonic() < end
            time.sleep(0.01)
        return self.seen


@pytest.fixture
def fetched(server: OddServer) -> Iterator[Fetched]:
    found = Fetched(server.url)
    yield found
    found.fetcher.close()


def test_each_link_is_fetched_once(server: OddServer, fetched: Fetched) -> None:
    server.answers(PNG, close=True)
    for _ in range(2):
        fetched.found(f"{server.url}/a.png", f"{server.url}/b.png", f"{server.url}/a.png")
    seen = fetched.wait(2)
    fetched.fetcher.close()
    assert [one.request.target for one in seen] == [f"{server.url}/a.png", f"{server.url}/b.png"]
    assert [one.reply.body for one in seen] == [b"png", b"png"]
    assert [one.start for one in server.requests] == [
        b"GET /a.png HTTP/1.1",
        b"GET /b.png HTTP/1.1",
    ]
    assert server.requests[0].values(b"authorization") == [b"Bearer t"]
    assert fetched.fetcher.remarks() == ["2 pictures were fetched (--fetch-pictures)"]


def test_a_link_to_the_proxy_is_one_to_the_target(server: OddServer, fetched: Fetched) -> None:
    server.answers(PNG, close=True)
    fetched.found(f"http://127.0.0.1:{PORT}/a.png", f"{server.url}/a.png")
    (seen,) = fetched.wait(1)
    assert seen.request.target == f"{server.url}/a.png"


def test_a_token_is_for_the_target_alone(server: OddServer, fetched: Fetched) -> None:
    other = OddServer()
    other.answers(PNG, close=True)
    server.answers(
        b"HTTP/1.1 302 Found\r\nLocation: %b/moved.png\r\nContent-Length: 0\r\n\r\n"
        % other.url.encode(),
        close=True,
    )
    fetched.found(f"{other.url}/x.png", f"{server.url}/a.png")
    seen = fetched.wait(2)
    other.close()
    assert [one.start for one in other.requests] == [
        b"GET /x.png HTTP/1.1",
        b"GET /moved.png HTTP/1.1",
    ]
    assert not any(one.values(b"authorization") for one in other.requests)
    assert seen[1].request.target == f"{server.url}/a.png"
    assert (seen[1].reply.status, seen[1].reply.body) == (200, b"png")


def test_a_server_elsewhere_leads_nobody_into_a_private_network(server: OddServer) -> None:
    server.answers(PNG, close=True)
    fetched = Fetched("http://api.test")
    fetched.found(f"{server.url}/a.png")
    (seen,) = fetched.wait(1)
    fetched.fetcher.close()
    assert seen.reply.failure is Failure.PRIVATE
    assert server.requests == []


@pytest.mark.parametrize(
    ("peer", "fetched"),
    [("8.8.8.8", False), ("10.1.2.3", False), ("127.0.0.1", True), ("", False)],
)
def test_the_own_host_is_as_private_as_the_api(
    server: OddServer, peer: str, fetched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns a name may let it lead elsewhere between two requests."""
    server.answers(PNG, close=True)
    port = int(server.url.rpartition(":")[2])
    monkeypatch.setattr(connection, "resolved", lambda *_: resolved("127.0.0.1", port, 5.0))
    found = Fetched("http://api.test:8091")
    found.found(f"http://api.test:{port}/a.png", peer=peer)
    (seen,) = found.wait(1)
    found.fetcher.close()
    assert seen.reply.failure is (None if fetched else Failure.PRIVATE)
    assert len(server.requests) == fetched


@pytest.mark.parametrize(
    "link", ["", "x", "ftp://a/b", "/a.png", 5, None, ["http://a"], "https:///x"]
)
def test_what_is_no_link_is_not_followed(fetched: Fetched, link: object) -> None:
    fetched.found(link)
    fetched.fetcher.close()
    assert fetched.seen == []
    assert fetched.fetcher.remarks() == []


@pytest.mark.parametrize("location", ["http://[x", "//[", "ftp://a/b", "http://a:b/c"])
def test_a_redirect_that_leads_nowhere_ends_with_its_own_picture(
    server: OddServer, fetched: Fetched, location: str
) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    server.answers(head.encode(), close=True)
    fetched.found(f"{server.url}/a.png", f"{server.url}/b.png")
    assert [one.reply.status for one in fetched.wait(2)] == [302, 302]
