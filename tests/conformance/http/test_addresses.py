"""A server does not look into the tester's network: which addresses its links may lead to."""

from __future__ import annotations

import socket
from contextlib import nullcontext
from typing import Any

import pytest

from sampan.conformance.http import connection
from sampan.conformance.http import gate as gate_module
from sampan.conformance.http.addresses import Address, is_public, resolved
from sampan.conformance.http.connection import Failure, Reply, Request, transmit
from sampan.conformance.http.picture_hosts import PictureHosts
from sampan.conformance.verdict import UnavailableError, Verdict
from tests.support.network.gates import a_gate, always
from tests.support.network.scripted import Scripted, http

FAR = "http://198.51.100.7:8091"


@pytest.mark.parametrize("ip", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_internet_is_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%lo", "fc00::1", "ff02::1", "::127.0.0.1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
        *("::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "2606:4700::5efe:7f00:1", "fec0::1"),
        *("100.127.255.254", "192.0.0.8", "3fff::1", "5f00::1", "4000::1", "2001:db8::1"),
    ],
)
def test_what_is_somebodys_own_is_not(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "0", "[::1]"],
)
@pytest.mark.parametrize("redirected", [False, True])
def test_a_link_into_the_testers_network_is_not_fetched(
    host: str, redirected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scripted(always(*http("secret page", kind="text/html"))) as inside:
        port = inside.url.rpartition(":")[2]
        url = f"http://{host}:{port}/admin"

        def send(request: Request, *given: Any) -> Reply:
            if request.target.startswith(FAR):
                return Reply(302, (("location", url),), sent=True)
            return transmit(request, *given)

        monkeypatch.setattr(gate_module, "transmit", send)
        gate = a_gate(FAR, allow_plain_http=True)
        with pytest.raises(UnavailableError, match="private network") as refusal:
            gate.picture(f"{FAR}/a.png" if redirected else url, None)
        assert inside.asked == []
    assert refusal.value.verdict is Verdict.INCONCLUSIVE
    assert any("were not fetched" in one for one in gate.remarks())


@pytest.mark.parametrize(
    ("peer", "fetched"),
    [("8.8.8.8", False), ("10.1.2.3", False), ("127.0.0.1", True), ("", False)],
)
def test_the_own_host_is_as_private_as_the_api(
    peer: str, fetched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns a name may let it lead elsewhere between two requests."""
    with Scripted(always(*http("picture", kind="image/png"))) as inside:
        port = int(inside.url.rpartition(":")[2])

        def send(request: Request, *given: Any) -> Reply:
            if request.method == "POST":
                return Reply(200, body=b"{}", sent=True, peer=peer)
            return transmit(request, *given)

        monkeypatch.setattr(gate_module, "transmit", send)
        monkeypatch.setattr(connection, "resolved", lambda *_: resolved("127.0.0.1", port, 5.0))
        gate = a_gate("http://api.example:8091", allow_plain_http=True)
        gate.send("POST", "/auth/login", b"{}", {}, operation="login")
        with nullcontext() if fetched else pytest.raises(UnavailableError, match="private"):
            gate.picture(f"http://api.example:{port}/a.png", None)
        assert len(inside.asked) == fetched


def test_of_several_addresses_those_of_the_internet_and_of_the_api_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def connect(address: Address, timeout: float) -> socket.socket:
        tried.append(address.ip)
        raise ConnectionRefusedError

    every = [Address(2, (ip, 80)) for ip in ("10.0.0.6", "10.0.0.5", "127.0.0.1", "8.8.8.8")]
    monkeypatch.setattr(connection, "resolved", lambda *_: every)
    monkeypatch.setattr(Address, "connect", connect)
    hosts = PictureHosts("http://api.example")
    hosts.answered("10.0.0.5")
    for host, reached in (("api.example", ["10.0.0.5", "8.8.8.8"]), ("else.example", ["8.8.8.8"])):
        url = f"http://{host}/a.png"
        reply = transmit(Request("GET", url), 5.0, 1_000, hosts.admits(url))
        assert reply.failure is Failure.CONNECT
        assert tried == reached
        tried.clear()


def test_the_user_may_allow_it_and_a_server_on_this_machine_needs_no_leave() -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as inside:
        far = a_gate(FAR, allow_plain_http=True, allow_private_links=True)
        for gate in (far, a_gate(inside.url)):
            reply, _ = gate.picture(f"{inside.url}/a.png", None)
            assert reply.body == b"picture"
            assert gate.remarks() == []


def test_what_a_pictures_host_says_is_not_quoted() -> None:
    answer = http("the router's password is x" * 50, 401, "text/html", www_authenticate="Basic r")
    with Scripted(always(*answer)) as inside:
        gate = a_gate(inside.url)
        gate.picture(f"{inside.url}/a.png", None)
    assert "router" not in repr(gate.log.exchanges)
    assert "www-authenticate" not in repr(gate.log.exchanges)


def test_a_name_that_no_resolver_knows_is_an_error_in_time() -> None:
    with pytest.raises(OSError, match=r".+"):
        resolved("nowhere.invalid", 80, 5.0)
