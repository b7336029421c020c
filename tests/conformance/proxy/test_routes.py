"""Where requests go: to the target, elsewhere, or nowhere; and by what name of the host."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import requests

from sampan.conformance.proxy.routes import RefusedError, Routes, origin
from sampan.conformance.proxy.run import ProxyOptions, routes_of
from sampan.conformance.proxy.server import bind
from tests.support.network.proxies import OddServer, Proxied

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ROUTES = Routes("http://api.test:8091/v1", 8090, others=False)


@contextlib.contextmanager
def another(**options: bool) -> Iterator[tuple[OddServer, Proxied]]:
    """A server of its own, and a proxy that is set so."""
    server = OddServer()
    proxied = Proxied(server.url, **options)
    try:
        yield server, proxied
    finally:
        proxied.close()
        server.close()


@pytest.mark.parametrize(
    ("method", "target", "path", "host", "url"),
    [
        ("GET", "/a?b=%20&c", "/v1/a?b=%20&c", None, "http://api.test:8091/v1/a?b=%20&c"),
        ("GET", "//a", "/v1//a", None, "http://api.test:8091/v1//a"),
        ("OPTIONS", "*", "*", None, ""),
        ("GET", "http://api.test:8091/v1/a", "/v1/a", "api.test:8091", None),
        ("GET", "HTTP://API.test:8091/v1/a#x", "/v1/a#x", "api.test:8091", None),
        ("GET", "http://api.test:8091?q", "/?q", "api.test:8091", "http://api.test:8091/?q"),
        ("OPTIONS", "http://api.test:8091", "*", "api.test:8091", ""),
        # A client that is given the proxy's address both ways means the target.
        ("GET", "http://localhost:8090/a", "/v1/a", None, "http://api.test:8091/v1/a"),
        ("GET", "http://[::1]:8090/a", "/v1/a", None, "http://api.test:8091/v1/a"),
    ],
)
def test_requests_for_the_target(
    method: str, target: str, path: str, host: str | None, url: str | None
) -> None:
    found = ROUTES.route(method.encode(), target.encode())
    assert str(found.origin) == "http://api.test:8091"
    assert found.path.decode() == path
    assert found.host == (None if host is None else host.encode())
    assert found.url == (f"http://api.test:8091{path}" if url is None else url)


@pytest.mark.parametrize(
    ("url", "authority", "host"),
    [
        ("http://A.test", "a.test", "a.test"),
        ("https://a.test:443/x", "a.test", "a.test"),
        ("http://a.test:443", "a.test:443", "a.test"),
        ("http://[::1]:8091", "[::1]:8091", "::1"),
        ("http://bücher.test:81", "xn--bcher-kva.test:81", "xn--bcher-kva.test"),
    ],
)
def test_the_name_of_an_origin(url: str, authority: str, host: str) -> None:
    assert (origin(url).authority, origin(url).host) == (authority, host)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("CONNECT", "api.test:8091", 501),
        ("CONNECT", "other.test:443", 501),
        ("GET", "http://other.test/a", 403),
        ("GET", "http://api.test/v1/a", 403),  # another port
        ("GET", "https://api.test:8091/v1/a", 403),  # another scheme
        ("GET", "http://api.test:8091@other.test/a", 400),
        ("GET", "http:///a", 400),
        ("GET", "http://a.test:99999/a", 400),
        ("GET", "http://a.test:x/a", 400),
        ("GET", "http://[::1/a", 400),
        ("GET", "ftp://api.test:8091/a", 400),
        ("POST", "WS+x.y-z://api.test/a", 400),
    ],
)
def test_requests_that_are_refused(method: str, target: str, status: int) -> None:
    with pytest.raises(RefusedError) as refused:
        ROUTES.route(method.encode(), target.encode())
    assert refused.value.status == status


@pytest.mark.parametrize(("host", "passes"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_off_loopback_no_other_host_is_reached(host: str, passes: bool) -> None:
    with bind(host, 0) as listening:
        routes = routes_of(ProxyOptions("http://api.test:8091"), listening)
    assert routes.route(b"GET", b"http://api.test:8091/a").own
    if passes:
        assert not routes.route(b"GET", b"http://other.test/a").own
    else:
        with pytest.raises(RefusedError, match="this would be an open proxy"):
            routes.route(b"GET", b"http://other.test/a")


def test_a_refusal_says_why_and_keeps_the_connection(proxied: Proxied, server: OddServer) -> None:
    server.answers(OK)
    with proxied.client() as client:
        client.send(b"CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n")
        got = client.message()
        assert got is not None
        assert got.status == 501
        assert b"a tunnel to other.test:443 was asked for" in got.body
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        got = client.message()
        assert got is not None
        assert got.status == 200


def test_what_is_no_request_is_refused_with_the_reason(proxied: Proxied) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    odd = b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"
    h2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    versions = (h2, b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", b"GET / HTTP/3.1\r\nHost: a\r\n\r\n")
    secret = b"GET http://u:s3cret@h/ x\r\n\r\n"
    for nonsense in (secret, odd, b"\0" * 99, chunked + b"no\r\n", *versions):
        with proxied.client() as client:
            client.send(nonsense)
            got = client.message()
            assert got is not None
            assert got.status == 400
            assert b"not a valid HTTP/1.1 request" in got.body
            assert b"s3cret" not in got.body
            assert client.is_closed()


def test_requests_for_other_hosts_pass_and_are_shown_to_nobody(proxied: Proxied) -> None:
    with another() as (other, _):
        other.answers(OK)
        proxied.forget()
        before, pathless = proxied.proxy.elsewhere.total, proxied.proxy.pathless
        with proxied.client() as client:
            client.send(b"GET %b/y HTTP/1.1\r\nHost: wrong\r\n\r\n" % other.url.encode())
            got = client.message()
        assert got is not None
        assert got.body == b"ok"
        (heard,) = other.requests
        assert heard.start == b"GET /y HTTP/1.1"
        assert heard.values(b"host") == [other.url.removeprefix("http://").encode()]
        with proxied.client() as client:
            client.send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.message()
        proxied.forget()
        assert proxied.proxy.elsewhere.total == before + 1
        assert f"1 × {other.url}" in str(proxied.proxy.elsewhere)
        assert proxied.proxy.pathless == pathless + 1
    assert proxied.seen == []


@pytest.mark.parametrize("status", [b"302", b"308", b"404", b"410"])
def test_a_picture_elsewhere_may_have_moved_or_be_none(proxied: Proxied, status: bytes) -> None:
    with another() as (other, _):
        other.answers(OK.replace(b"200", status))
        proxied.forget()
        for method in (b"GET", b"POST"):
            with proxied.client() as client:
                client.send(b"%b %b/y HTTP/1.1\r\nHost: a\r\n\r\n" % (method, other.url.encode()))
                assert client.message()
        assert [one.request.method for one in proxied.shown(1)] == ["GET"]


def test_one_connection_goes_to_several_hosts(proxied: Proxied, server: OddServer) -> None:
    server.answers(OK)
    with another() as (other, _):
        other.answers(OK.replace(b"ok", b"no"))
        with proxied.client() as client:
            for url, body in ((server.url, b"ok"), (other.url, b"no"), (server.url, b"ok")):
                client.send(b"GET %b/y HTTP/1.1\r\nHost: a\r\n\r\n" % url.encode())
                got = client.message()
                assert got is not None
                assert got.body == body


def test_the_target_sees_the_host_that_the_client_named(
    proxied: Proxied, server: OddServer
) -> None:
    server.answers(OK)
    httpx.get(f"{proxied.url}/x")
    assert server.requests[0].values(b"host") == [proxied.url.removeprefix("http://").encode()]


def test_the_target_may_see_its_own_name() -> None:
    with another(rewrite_host=True) as (server, proxied):
        server.answers(OK)
        httpx.get(f"{proxied.url}/x")
        assert server.requests[0].values(b"host") == [server.url.removeprefix("http://").encode()]


def test_a_request_that_comes_back_is_refused(proxied: Proxied, server: OddServer) -> None:
    server.answers(OK)
    httpx.get(f"{proxied.url}/x")
    via = server.requests[0].values(b"via")[0].decode()
    assert httpx.get(f"{proxied.url}/x", headers={"Via": f"1.0 other, {via}"}).status_code == 508
    assert httpx.get(f"{proxied.url}/x", headers={"Via": "1.1 sampan-000000"}).status_code == 200


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_hops_are_counted(proxied: Proxied, server: OddServer, method: str) -> None:
    server.answers(OK)
    for hops, status in (("0", 501), ("1", 200)):
        answer = httpx.request(method, f"{proxied.url}/x", headers={"Max-Forwards": hops})
        assert answer.status_code == status
    assert [one.values(b"max-forwards") for one in server.requests] == [[b"0"]]


CLIENTS = {
    "httpx": "import httpx, sys; print(httpx.get(sys.argv[1]).text)",
    "requests": "import requests, sys; print(requests.get(sys.argv[1]).text)",
    "urllib": "import urllib.request as u, sys; print(u.urlopen(sys.argv[1]).read().decode())",
}


@pytest.mark.parametrize("client", ["curl", *CLIENTS])
def test_clients_that_are_set_to_a_proxy(proxied: Proxied, server: OddServer, client: str) -> None:
    server.answers(OK)
    command = ["curl", "-sS"] if client == "curl" else [sys.executable, "-c", CLIENTS[client]]
    proxied.forget()
    done = subprocess.run(
        [*command, f"{server.url}/x?y=1"],
        env={**os.environ, "http_proxy": proxied.url, "no_proxy": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "ok"
    (seen,) = proxied.shown(1)
    assert seen.request.target == f"{server.url}/x?y=1"


def test_a_client_that_is_given_the_proxys_address(proxied: Proxied, server: OddServer) -> None:
    server.answers(OK)
    with requests.Session() as session:
        answer = session.post(f"{proxied.url}/jobs/find", json={"limit": 1})
    assert answer.text == "ok"
    assert server.requests[0].body == b'{"limit": 1}'
