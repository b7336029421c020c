"""Clients with the live address wired in reach the fake, whatever they are made with."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import subprocess
import urllib.request
from asyncio import proactor_events
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any

import httpx
import pytest
import requests
import urllib3
import uvloop

from sampan import FakeServer
from sampan.fake_server.client.redirect import LIVE, redirect
from sampan.fake_server.contract.yaml_files import read

#: An address that nobody has (RFC 5737): a test that fails must not reach the service.
NOBODY = "http://192.0.2.1:8091"
HOST = NOBODY.removeprefix("http://")


class Echo(BaseHTTPRequestHandler):
    """Answers with the Host that was asked for."""

    def do_GET(self) -> None:
        body = self.headers["host"].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def by_requests() -> str:
    with requests.Session() as session:
        return session.get(NOBODY, timeout=20).text


def by_urllib3() -> str:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", NOBODY, timeout=20).data.decode()


def by_httpx() -> str:
    return httpx.get(NOBODY, timeout=20).text


def by_urllib() -> str:
    with urllib.request.urlopen(NOBODY, timeout=20) as answer:
        return str(answer.read().decode())


async def by_async_httpx() -> str:
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.get(NOBODY)).text


async def by_aiohttp() -> str:
    import aiohttp  # a fifth of a second, which other workers need not spend

    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as client, client.get(NOBODY) as answer:
        return await answer.text()


async def by_streams() -> str:
    reader, writer = await asyncio.open_connection(*HOST.split(":"))
    writer.write(f"GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.rpartition(b"\r\n")[2].decode()


@pytest.mark.parametrize("client", [by_requests, by_urllib3, by_httpx, by_urllib])
def test_a_client_reaches_the_fake(echo: str, client: Callable[[], str]) -> None:
    with redirect(echo, live=NOBODY):
        assert client() == HOST


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("client", [by_async_httpx, by_aiohttp, by_streams])
def test_an_asynchronous_client_reaches_the_fake(
    echo: str,
    client: Callable[[], Awaitable[str]],
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> str:
        return await client()

    with redirect(echo, live=NOBODY), asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(main()) == HOST


def test_a_socket_that_does_not_raise_reaches_the_fake(echo: str) -> None:
    with redirect(echo, live=NOBODY), socket.socket() as plain:
        plain.settimeout(5)
        assert plain.connect_ex(("192.0.2.1", 8091)) == 0
        assert f"http://127.0.0.1:{plain.getpeername()[1]}" == echo


def test_the_loop_of_windows_is_told(echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as that can be told elsewhere: it connects by a method of its own."""
    asked: list[object] = []

    async def connect(self: object, sock: object, address: object) -> None:
        asked.append(address)

    loop = proactor_events.BaseProactorEventLoop
    monkeypatch.setattr(loop, "sock_connect", connect)
    with redirect(echo, live=NOBODY), socket.socket() as plain:
        instance: Any = object()
        asyncio.run(loop.sock_connect(instance, plain, ("192.0.2.1", 8091)))
        asyncio.run(loop.sock_connect(instance, plain, ("192.0.2.1", 80)))
    assert asked == [("127.0.0.1", int(echo.rpartition(":")[2])), ("192.0.2.1", 80)]


def test_no_proxy_stands_between(echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "other.test")
        with redirect(echo, live=NOBODY):
            assert os.environ["no_proxy"] == "other.test,192.0.2.1"
            for client in (by_requests, by_httpx, by_urllib):
                assert client() == HOST
        assert os.environ["no_proxy"] == "other.test"
        assert "NO_PROXY" not in os.environ


#: What is set, and whether a client would go through the proxy to a host named in it.
NO_PROXIES: dict[str, dict[str, str]] = {
    "small letters": {"no_proxy": "127.0.0.1"},
    "capitals": {"NO_PROXY": "127.0.0.1"},
    "capitals beside an empty one": {"no_proxy": "", "NO_PROXY": "127.0.0.1"},
    "both": {"no_proxy": "127.0.0.1", "NO_PROXY": "other.test"},
    "every host": {"no_proxy": "*"},
    "every host, in capitals": {"NO_PROXY": "*"},
    "a list": {"NO_PROXY": "other.test, 127.0.0.1"},
}


def _set_proxies(monkeypatch: pytest.MonkeyPatch, proxy: str, given: dict[str, str]) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"http_proxy": proxy, "HTTP_PROXY": proxy, **given}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", NO_PROXIES)
def test_hosts_that_went_past_the_proxy_still_do(
    echo: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.01)
        _set_proxies(monkeypatch, f"http://127.0.0.1:{proxy.getsockname()[1]}", NO_PROXIES[name])
        before = dict(os.environ)
        with redirect(echo, live=NOBODY), requests.Session() as session:
            for url in (echo, NOBODY):
                assert session.get(url, timeout=20).text == url.removeprefix("http://")
                assert httpx.get(url, timeout=20).text == url.removeprefix("http://")
        assert dict(os.environ) == before
        with pytest.raises(TimeoutError):
            proxy.accept()


@pytest.mark.parametrize("given", [{}, {"no_proxy": "other.test"}, {"NO_PROXY": "other.test"}])
def test_hosts_that_went_through_the_proxy_still_do(
    echo: str, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    _set_proxies(monkeypatch, echo, given)
    with redirect("http://127.0.0.1:9", live=NOBODY), requests.Session() as session:
        assert session.get("http://third.test/", timeout=20).text == "third.test"


def test_what_a_test_sets_inside_the_block_stays(
    echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMPAN_TEST", raising=False)
    monkeypatch.setenv("no_proxy", "a.test")
    with redirect(echo, live=NOBODY):
        os.environ["SAMPAN_TEST"] = "kept"
        os.environ["no_proxy"] = "changed.test"
    assert os.environ["SAMPAN_TEST"] == "kept"
    assert os.environ["no_proxy"] == "changed.test"
    del os.environ["SAMPAN_TEST"]


def test_redirects_in_redirects_leave_the_environment_as_it_was(
    echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "a.test")
    with redirect(echo, live=NOBODY), redirect(echo, live="http://192.0.2.2:80"):
        assert os.environ["no_proxy"] == "a.test,192.0.2.1,192.0.2.2"
    assert (os.environ.get("no_proxy"), os.environ["NO_PROXY"]) == (None, "a.test")


def test_other_addresses_are_left_alone(echo: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        redirect(echo, live=NOBODY),
        socket.create_connection(other.getsockname()) as connection,
    ):
        accepted, address = other.accept()
        accepted.close()
        assert address == connection.getsockname()


def test_it_ends_with_its_block(echo: str) -> None:
    before = [vars(socket.socket).get(name) for name in ("connect", "connect_ex")]
    with pytest.raises(ZeroDivisionError), redirect(echo, live=NOBODY):
        _ = 1 / 0
    assert [vars(socket.socket).get(name) for name in ("connect", "connect_ex")] == before
    assert "create_connection" not in vars(uvloop.Loop)


def test_another_address_can_be_redirected(echo: str) -> None:
    with redirect(echo, live="http://192.0.2.2"):
        assert httpx.get("http://192.0.2.2/", timeout=20).text == "192.0.2.2"
        connection = http.client.HTTPConnection("192.0.2.2", timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"192.0.2.2"
        connection.close()


@pytest.mark.parametrize(
    "address",
    [
        *("164.90.147.104:8091", "https://x.test", "http://", "http://:80", "http://a:99999", ""),
        *("http://a:b", "http://u@a", "http://a/path", "http://a?x", "http://a#x", "http://[::1"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with (
        pytest.raises(ValueError, match=r"is not a valid address; use one like http://"),
        redirect(address),
    ):
        raise AssertionError


def test_a_name_in_place_of_the_live_address_is_refused(echo: str) -> None:
    # Sockets connect to what it was resolved to: nothing would be redirected.
    with (
        pytest.raises(ValueError, match="has a name, and connections are redirected by their IP"),
        redirect(echo, "http://localhost:8091"),
    ):
        raise AssertionError


def test_the_live_address_is_the_contracts() -> None:
    servers = [server["url"] for server in read("openapi.yaml")["servers"]]
    assert LIVE in servers


# As an HTTP proxy, for clients in any language: the request's target is the whole URL.


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=0, strict=True) as running:
        yield running


def test_the_fake_is_an_http_proxy_for_the_live_address(server: FakeServer) -> None:
    with httpx.Client(proxy=server.url, base_url=LIVE) as client:
        body = {"username": "abc", "password": "abc-secret"}
        token = client.post("/auth/login", json=body).json()["data"]["token"]
        client.headers["authorization"] = f"Bearer {token}"
        hash = client.post("/jobs/create", json={"content": "through a proxy"}).json()["data"]
        (record,) = client.post("/jobs/find", json={"limit": 1}).json()["data"]["res"]
        assert record["hash"] == hash
        assert record["img_buffer"].startswith(f"{LIVE}/image/")
        assert client.get(record["img_buffer"]).content.startswith(b"\x89PNG")


def test_other_libraries_go_through_the_proxy(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("http_proxy", server.url), ("no_proxy", ""), ("NO_PROXY", "")):
        monkeypatch.setenv(name, value)
    body = b'{"username":"abc","password":"abc-secret"}'
    with requests.Session() as session:
        assert session.post(f"{LIVE}/auth/login", body, timeout=20).json()["errno"] == 0
    # An opener of its own: the shared one keeps the proxies of whoever used it first.
    opener = urllib.request.build_opener()
    with opener.open(f"{LIVE}/auth/login", body, timeout=20) as answer:
        assert answer.read().startswith(b'{"errno":0,')


def test_a_proxy_for_nothing_else(server: FakeServer) -> None:
    with httpx.Client(proxy=server.url) as client:
        assert client.get("http://example.test/elsewhere").json()["errno"] == 410
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_curl_goes_through_the_proxy_by_the_environment(server: FakeServer, tmp_path: Path) -> None:
    done = subprocess.run(
        ["curl", "-sS", "-d", '{"username":"abc","password":"abc-secret"}', f"{LIVE}/auth/login"],
        env={**os.environ, "http_proxy": server.url, "no_proxy": "", "NO_PROXY": ""},
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
    )
    assert done.stdout.startswith('{"errno":0,'), done.stderr


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
@pytest.mark.parametrize(
    ("host", "live"),
    [
        ("::ffff:192.0.2.1", NOBODY),
        ("::FFFF:192.0.2.1", NOBODY),
        ("2001:db8::1", "http://[2001:db8:0::1]:8091"),
    ],
)
def test_a_socket_of_ipv6_is_redirected_as_well(echo: str, host: str, live: str) -> None:
    with redirect(echo, live), socket.socket(socket.AF_INET6) as client:
        client.connect((host, 8091))
        assert client.getpeername()[:2] == ("::ffff:127.0.0.1", int(echo.rpartition(":")[2]))
        client.close()
    with redirect(echo, NOBODY), socket.socket(socket.AF_INET6) as client:
        assert client.connect_ex(("::1", 1)) != 0  # another address is left alone
