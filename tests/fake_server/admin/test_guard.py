"""Who may use the control API: programs of this machine and bearers of the token, no web page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sampan import Admin, FakeServer, asgi_app
from sampan.fake_server.http.loopback import is_loopback
from sampan.fake_server.settings import settings
from tests.support.controls import Control
from tests.support.fakes import Fake, Served

MakeFake = Callable[..., Fake]
Serve = Callable[..., Served]

# Who may call


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("172.17.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("testclient", False),
    ],
)
def test_which_addresses_are_loopback(address: str, near: bool) -> None:
    assert is_loopback(address) is near


async def _from(fake: Fake, peer: str, headers: dict[str, str], path: str) -> httpx.Response:
    transport = httpx.ASGITransport(fake.app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
        return await client.get(path, headers=headers)


def _status(fake: Fake, peer: str, path: str = "/__admin/accounts", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fake._runner.run(_from(fake, peer, named, path)).status_code


def test_from_elsewhere_it_asks_for_the_token(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="let-me-in")
    assert _status(fake, "127.0.0.1") == 200
    assert _status(fake, "10.0.0.1") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer let-me-i") == 401
    assert _status(fake, "10.0.0.1", authorization="let-me-in") == 401
    assert _status(fake, "10.0.0.1", authorization=f"Bearer {fake.login().token}") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer let-me-in") == 200
    assert _status(fake, "10.0.0.1", "/__admin/health") == 200
    assert _status(fake, "10.0.0.1", "/__admin/ready") == 200
    assert _status(fake, "10.0.0.1", "/__admin/openapi.yaml") == 401


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via", "x_real_ip"])
def test_who_forwards_for_others_is_not_near(fake: Fake, header: str) -> None:
    assert _status(fake, "127.0.0.1", **{header: "10.0.0.1"}) == 401


def test_without_a_token_nobody_elsewhere_gets_in(fake: Fake) -> None:
    assert _status(fake, "10.0.0.1", authorization="Bearer None") == 401
    assert _status(fake, "10.0.0.1", authorization="Bearer ") == 401


def test_an_empty_token_is_none(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="")
    assert _status(fake, "10.0.0.1", authorization="Bearer ") == 401
    fake.app.service.expose()
    assert fake.app.service.admin_token
    assert _status(fake, "127.0.0.1", authorization="Bearer ") == 401


def test_a_fake_that_listens_beyond_loopback_prints_a_token_and_asks_everybody() -> None:
    command = [sys.executable, "-m", "sampan", "serve", "--host", "0.0.0.0", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        token = re.search(r"admin token: (\S+)", process.stderr.readline())
        url = re.search(r"http://\S+", process.stdout.readline())
        assert token is not None
        assert url is not None
        address = f"{url[0]}/__admin/accounts"
        assert httpx.get(address).status_code == 401
        right = {"authorization": f"Bearer {token[1]}"}
        assert httpx.get(address, headers=right).status_code == 200
        assert httpx.get(f"{url[0]}/__admin/health").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_on_loopback_no_token_is_printed_or_asked_for(serve: Serve) -> None:
    served = serve()
    assert httpx.get(f"{served.url}/__admin/accounts").status_code == 200
    assert served.stop() == ""


# Which program: the Host


#: What names this machine to everybody, so that no name server can give it to a web page.
LOCAL = (
    *("localhost", "LOCALHOST:8091", "localhost.", "localhost:", "fake.localhost:3000"),
    *("127.0.0.1", "127.0.0.1:8091", "127.255.0.9:1", "[::1]", "[::1]:65535", "[0:0:0:0:0:0:0:1]"),
    "[::ffff:127.0.0.1]:8091",
)
FOREIGN = (
    *("evil.example", "evil.example:8091", "localhost.evil.example", "127.0.0.1.evil.example"),
    *("evillocalhost", "localhost.evil", "10.0.0.1", "0.0.0.0", "[::]", "[::2]:80", "2130706433"),
    *(
        "192.168.1.2:8091",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost,evil.example",
    ),
    *(
        "",
        " ",
        ".",
        "localhost:99999",
        "localhost:x",
        "[::1",
        "::1",
        "1localhost/",
        "http://localhost",
    ),
    *("evil.example\tlocalhost", "127.0.0.1%00.evil.example", "127.1.evil"),
)


@pytest.mark.parametrize("host", LOCAL)
def test_a_host_that_is_this_machine_is_let_in(fake: Fake, host: str) -> None:
    assert _status(fake, "127.0.0.1", host=host) == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["state", "openapi.yaml", "openapi.json", "no-such"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8091"])
def test_no_route_answers_under_another_name(
    control: Control, method: str, path: str, host: str
) -> None:
    """DNS rebinding: a page's own name leads here, so its browser takes it for the page's."""
    response = control.send(method, path, headers={"Host": host})
    assert response.status_code == 403
    if method != "HEAD":
        assert response.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize("host", FOREIGN)
def test_a_host_that_may_be_anybodys_is_refused(control: Control, host: str) -> None:
    response = control.send("GET", "state", headers={"Host": host})
    assert response.status_code == 403, response.text
    message = response.json()["error"]["message"]
    assert "is not a name of this machine" in message
    assert "http://127.0.0.1:PORT" in message
    assert "admin token" in message


def test_a_refusal_of_a_host_names_the_option(control: Control) -> None:
    refused = control.send("GET", "state", headers={"Host": "images.test:8091"})
    assert "--allow-host images.test" in refused.json()["error"]["message"]


@pytest.mark.parametrize("path", ["health", "ready"])
def test_that_it_is_there_is_told_to_anybody(control: Control, path: str) -> None:
    """A container's health is asked for under any name; there is nothing in it to disclose."""
    foreign = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert control.send("GET", path, headers=foreign).status_code == 200


def test_hosts_can_be_let_in(make_fake: MakeFake) -> None:
    given = settings(
        allow_hosts=["Images.Test", "other.test:8091"], external_url="https://public.test/fake"
    )
    fake = make_fake(allow_hosts=given.allow_hosts, external_url=given.external_url)
    for host in (
        "images.test",
        "images.test:80",
        "IMAGES.test:9",
        "other.test:8091",
        "public.test",
    ):
        assert _status(fake, "127.0.0.1", host=host) == 200, host
    for host in ("a.images.test", "other.test", "other.test:8092", "test", "public.tes"):
        assert _status(fake, "127.0.0.1", host=host) == 403, host


def test_the_token_lets_in_whoever_has_it(make_fake: MakeFake) -> None:
    fake = make_fake(admin_token="let-me-in")
    foreign = {"host": "evil.example", "origin": "http://evil.example"}
    assert _status(fake, "127.0.0.1", **foreign) == 403
    assert _status(fake, "127.0.0.1", **foreign, authorization="Bearer wrong") == 403
    assert _status(fake, "127.0.0.1", **foreign, authorization="Bearer let-me-in") == 200


# Which program: the page


PAGES_REFUSED = (
    *("http://evil.example", "https://evil.example:8091", "null", "", "file://", "localhost"),
    *("http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://10.0.0.1:8091"),
    *("http://localhost@evil.example", "http://evil.example#localhost", "ftp://localhost"),
    *("capacitor://localhost", "chrome-extension://abcdef", "http://localhost http://evil.example"),
)


@pytest.mark.parametrize("page", PAGES_REFUSED)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "reset"), ("GET", "state"), ("DELETE", "jobs")]
)
def test_a_page_of_another_origin_is_refused(
    control: Control, page: str, method: str, path: str
) -> None:
    control.fake.login().create()
    response = control.send(method, path, headers={"Origin": page})
    assert response.status_code == 403, response.text
    assert "for programs" in response.json()["error"]["message"]
    assert len(control.get("jobs")["jobs"]) == 1


@pytest.mark.parametrize(
    "page", ["http://localhost:3000", "https://LOCALHOST", "http://127.0.0.1:1", "http://[::1]:9"]
)
def test_a_page_of_this_machine_is_let_in(control: Control, page: str) -> None:
    assert control.send("POST", "reset", headers={"Origin": page}).status_code == 200


@pytest.mark.parametrize(
    ("host", "page", "status"),
    [
        ("images.test", "http://images.test", 200),
        ("images.test:80", "http://images.test", 200),
        ("images.test:8091", "http://images.test:8091", 200),
        ("images.test", "https://images.test", 200),
        ("images.test", "http://images.test:8091", 403),
        ("images.test", "http://other.images.test", 403),
        ("localhost:8091", "https://public.test", 200),
        ("localhost:8091", "https://public.test:444", 403),
    ],
)
def test_the_fakes_own_pages_are_no_strangers(
    make_fake: MakeFake, host: str, page: str, status: int
) -> None:
    given = settings(allow_hosts=["images.test"])
    fake = make_fake(allow_hosts=given.allow_hosts, external_url="https://public.test/fake")
    assert _status(fake, "127.0.0.1", host=host, origin=page) == status


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_browser_says_when_a_page_is_behind_a_request(
    control: Control, method: str, site: str, status: int
) -> None:
    """A page's image, script or form that is a GET has no Origin."""
    assert control.send(method, "state", headers={"Sec-Fetch-Site": site}).status_code == status


def test_one_good_header_does_not_cover_for_another(fake: Fake) -> None:
    async def asked(*headers: tuple[str, str]) -> int:
        transport = httpx.ASGITransport(fake.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/__admin/state", headers=[*headers])).status_code

    for name, good, bad in (
        ("origin", "http://localhost", "http://evil.example"),
        ("sec-fetch-site", "none", "cross-site"),
    ):
        assert fake._runner.run(asked((name, good))) == 200
        assert fake._runner.run(asked((name, good), (name, bad))) == 403
        assert fake._runner.run(asked((name, bad), (name, good))) == 403


ALLOWED = "http://app.test:3000"


def _with_page(make_fake: MakeFake) -> Control:
    given = settings(allow_origins=["HTTP://App.test:3000", "chrome-extension://abcdef"])
    return Control(make_fake(allow_origins=given.allow_origins))


def test_a_page_that_was_let_in_asks_first_and_reads_the_answer(make_fake: MakeFake) -> None:
    control = _with_page(make_fake)
    asks = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = control.send("OPTIONS", "clock/freeze", headers=asks)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ALLOWED
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    frozen = control.send("POST", "clock/freeze", {"account": "abc"}, {"Origin": ALLOWED})
    assert frozen.json()["frozen"]
    assert frozen.headers["access-control-allow-origin"] == ALLOWED
    for origin in ("chrome-extension://abcdef", "http://app.test:3000"):
        assert control.send("GET", "state", headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("page", ["http://app.test", "https://app.test:3000", "http://localhost:3"])
def test_other_pages_learn_nothing_from_that(make_fake: MakeFake, page: str) -> None:
    control = _with_page(make_fake)
    asks = {"Origin": page, "Access-Control-Request-Method": "POST"}
    for response in (
        control.send("OPTIONS", "reset", headers=asks),
        control.send("GET", "state", headers={"Origin": page}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("allow_hosts", ["http://images.test", "images.test/x", "", "*", "a b", "a:99999"]),
        ("allow_origins", ["app.test", "null", "*", "", "http://app.test/", "http://app.test/x"]),
        ("cors", ["app.test", "null", "", "http://app.test/", "http://a:99999"]),
    ],
)
def test_what_can_be_no_host_or_origin_is_refused_at_the_start(
    option: str, values: list[str]
) -> None:
    for value in values:
        given: Any = {option: [value]}
        with pytest.raises(ValueError, match=rf"{option}: .* is not valid; use one like"):
            settings(**given)
    text: Any = {option: "http://app.test"}
    with pytest.raises(ValueError, match=f"{option} must be a list such as"):
        settings(**text)


def test_the_service_itself_is_as_lenient_as_it_was(fake: Fake) -> None:
    body = b'{"username":"abc","password":"abc-secret"}'
    for headers in (
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ):
        assert fake.send("POST", "/auth/login", body, headers).json()["errno"] == 0


# Over a socket, and in the process


def test_a_served_fake_takes_the_options(serve: Serve) -> None:
    served = serve("--allow-host", "images.test", "--allow-origin", ALLOWED)
    state = f"{served.url}/__admin/state"
    for headers, status in (
        ({}, 200),
        ({"Host": f"localhost:{served.port}"}, 200),
        ({"Host": "images.test"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": ALLOWED}, 200),
        ({"Origin": "http://evil.example"}, 403),
    ):
        assert httpx.get(state, headers=headers).status_code == status, headers


def test_an_application_is_controlled_by_whatever_name_it_is_called(fake: Fake) -> None:
    app = asgi_app()
    assert Admin(app).version()["seed"]

    async def asked(host: str | None) -> int:
        transport = httpx.ASGITransport(app)
        headers = {} if host is None else {"Host": host}
        async with httpx.AsyncClient(transport=transport, base_url="http://my.test") as client:
            return (await client.get("/__admin/state", headers=headers)).status_code

    assert fake._runner.run(asked(None)) == 200
    assert fake._runner.run(asked("evil.example")) == 403
    app.service.close()


def test_a_proxy_setting_does_not_keep_a_program_from_the_control_api() -> None:
    """A request for an absolute URL has that URL's name, whatever its Host header says."""
    with FakeServer() as server, httpx.Client(proxy=server.url) as client:
        for host, status in ((f"localhost:{server.port}", 200), ("evil.example", 403)):
            assert client.get(f"http://{host}/__admin/accounts").status_code == status
