"""The gate: to whom it sends, for how long, and what it keeps."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from sampan.conformance.http import gate as gate_module
from sampan.conformance.http.connection import Failure, Reply, Request, transmit
from sampan.conformance.verdict import UnavailableError
from tests.support.network.gates import ACCEPTED, TOKEN, a_gate, always, submit
from tests.support.network.scripted import ReceivedRequest, Scripted, http

# To whom


def test_a_redirect_of_a_call_is_not_followed() -> None:
    with Scripted(always(*http(ACCEPTED))) as other:
        away = http({}, 307, location=f"{other.url}/jobs/create")
        with Scripted(always(*away)) as server:
            gate = a_gate(server.url)
            assert submit(gate).status == 307
            assert len(server.asked) == 1
        assert other.asked == []


def test_the_token_goes_to_the_own_origin_alone() -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as elsewhere:

        def script(asked: ReceivedRequest) -> Iterable[bytes]:
            if asked.path == "/moved.png":
                return http("", 302, location=f"{elsewhere.url}/there.png")
            return http("picture", kind="image/png")

        with Scripted(script) as api:
            gate = a_gate(api.url)
            for url in (f"{api.url}/own.png", f"{api.url}/moved.png", f"{elsewhere.url}/a.png"):
                reply, _ = gate.picture(url, TOKEN)
                assert reply.body == b"picture"
            own = {one.path: one.headers.get("authorization") for one in api.asked}
        away = {one.path: one.headers.get("authorization") for one in elsewhere.asked}
    assert own == {"/own.png": f"Bearer {TOKEN}", "/moved.png": f"Bearer {TOKEN}"}
    assert away == {"/there.png": None, "/a.png": None}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x/y",
        "data:,x",
        "",
        "http://",
        "x",
        "http://[::1",
        "http://x:y/",
    ],
)
def test_a_link_that_is_no_web_address_is_not_opened(url: str) -> None:
    reply, seen = a_gate("http://127.0.0.1:9").picture(url, TOKEN)
    assert reply.failure is Failure.CONNECT
    assert reply.detail.startswith("not a web address")
    assert seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/上海 🚣.png?q=é#x",
        "/a b\r\nX-Evil: 1",
        "/\x00\x7f",
        "/%zz",
        "/\ud800",
        "/[a]{b}|^`",
        "//x//y",
    ],
)
def test_an_odd_link_is_escaped(path: str) -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}{path}", TOKEN)
        assert reply.body == b"picture"
        assert "x-evil" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/./a/../b/./c.png?x=/../y", "/b/c.png?x=/../y"),
        ("/../../a.png", "/a.png"),
        ("/a/..", "/"),
        ("/.well-known/a..png", "/.well-known/a..png"),
    ],
)
def test_dots_in_a_path_lead_where_every_client_goes(path: str, asked: str) -> None:
    with Scripted(always(*http("picture", kind="image/png"))) as server:
        url = server.url.replace("http:", "HTTP:")
        a_gate(server.url).picture(f"{url}{path}", TOKEN)
        assert server.asked[0].path == asked


@pytest.mark.parametrize("host", ["上海.invalid", "a b.invalid", "-", "x" * 300, "\ud800", "a..b"])
def test_an_odd_host_is_no_crash(host: str) -> None:
    reply, _ = a_gate("http://127.0.0.1:9").picture(f"http://{host}/a.png", TOKEN)
    assert reply.failure is Failure.CONNECT


def test_an_odd_redirect_is_no_crash() -> None:
    with Scripted(always(*http("", 302, location="http://[::1/x"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}/a.png", None)
    assert reply.detail.startswith("not a web address")


def test_a_redirect_to_a_file_is_not_followed() -> None:
    with Scripted(always(*http("", 302, location="file:///etc/passwd"))) as server:
        reply, _ = a_gate(server.url).picture(f"{server.url}/a.png", None)
    assert reply.detail.startswith("not a web address")


def test_redirects_of_a_picture_end() -> None:
    with Scripted(always(*http("", 302, location="/round.png"))) as server:
        reply, seen = a_gate(server.url).picture(f"{server.url}/a.png", None)
        assert len(server.asked) == len(seen) == 6
    assert reply.detail == "over 5 redirects"


def test_the_base_path_stays() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        submit(a_gate(f"{server.url}/under/"))
        assert server.asked[0].path == "/under/jobs/create"


# For how long


def test_nothing_is_sent_when_time_is_up() -> None:
    with Scripted(always(*http(ACCEPTED))) as server:
        gate = a_gate(server.url, until=time.monotonic() - 1)
        with pytest.raises(UnavailableError, match="time limit of the run is reached"):
            submit(gate)
        assert server.asked == []
    assert gate.time_left() == 0


def test_a_server_that_died_is_not_waited_for_by_every_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patience: list[float] = []

    def silent(request: object, timeout: float, *_: object) -> Reply:
        patience.append(timeout)
        return Reply(200) if len(patience) == 11 else Reply(failure=Failure.TIMEOUT)

    monkeypatch.setattr(gate_module, "transmit", silent)
    gate = a_gate("http://127.0.0.1:9")
    for _ in range(6):
        gate.send("POST", "/jobs/find", b"{}", {})
    # Three tries for each of the first; once it counts as gone, one each and a tenth of the time.
    assert patience[:10] == [5.0] * 8 + [0.5] * 2
    assert patience[11:] == [5.0] * len(patience[11:])


# What is kept


def test_every_exchange_is_logged_without_its_secrets() -> None:
    token = "opaque-token-of-a-login"
    answer = {"errno": 0, "errmsg": "SUCCESS", "data": {"token": token, "id": "1"}}
    with Scripted(always(*http(answer))) as server:
        gate = a_gate(server.url)
        gate.secrets.add("the-password")
        body = b'{"username":"abc","password":"the-password"}'
        answer_seen = gate.send("POST", "/auth/login", body, {}, operation="login")
        submit(gate)
        logged = gate.log.exchanges
    assert [one.operation for one in logged] == ["login", "createJob"]
    assert gate.log.requests == 2
    for secret in (token, "the-password", TOKEN):
        assert secret not in repr((logged, answer_seen))
    assert repr(answer_seen) == '<HTTP 200, errno 0 "SUCCESS">'
    assert logged[0].errno == 0


@pytest.mark.parametrize("length", range(100, 220, 10))
def test_a_message_that_is_cut_in_a_secret_does_not_tell_its_beginning(length: int) -> None:
    secret = "canary-" + "q7Zk" * 20
    gate = a_gate("http://127.0.0.1:1")
    gate.secrets.add(secret)
    reply, _ = gate.picture(f"ftp://x/{'p' * length}{secret}", None)
    assert "canary" not in gate.secrets.redact(reply.detail)
    header = ("Authorization", f"Bearer {'p' * (length + 80)}\n{secret}")
    with Scripted(always(*http(ACCEPTED))) as server:
        lost = transmit(Request("POST", server.url, (header,)), 5, 1000)
    assert lost.failure is Failure.CONNECT
    assert "canary" not in gate.secrets.redact(lost.detail)


def test_every_exchange_is_told_as_it_came() -> None:
    """Verdicts are on the answer itself; what is kept for display is masked."""
    told: list[object] = []
    answer = {"errno": 301, "errmsg": "the-password", "data": [1]}
    with Scripted(always(*http(answer))) as server:
        gate = a_gate(server.url, on_answer=lambda *one: told.append(one[3].json))
        gate.secrets.add("the-password")
        submit(gate)
    assert told == [answer]
    assert "the-password" not in repr(gate.log.exchanges)
