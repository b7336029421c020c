"""``--cors``: a page in a browser may use the API, as the operator of a server would allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sampan import FakeServer
from tests.support.examples import sampled
from tests.support.fakes import Served

Serve = Callable[..., Served]

PAGE = "http://app.test:3000"
OTHER = "https://other.test"
LOGIN = {"username": "abc", "password": "abc-secret"}
ASKS = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


@pytest.fixture(params=[True, False], ids=["fast", "stock"], scope="module")
def fast(request: pytest.FixtureRequest) -> bool:
    """Both protocols: the fast one answers operations without the application's middleware."""
    return bool(request.param)


@pytest.fixture(scope="module")
def server(fast: bool) -> Iterator[FakeServer]:
    with FakeServer(cors=["HTTP://App.test:3000"], fast=fast, job_seconds=0) as running:
        yield running


def granted(response: httpx.Response) -> dict[str, str]:
    """What a response allows pages."""
    return {
        name: value
        for name, value in response.headers.items()
        if name.startswith("access-control-")
    }


def login(url: str, page: str | None, body: Any = LOGIN) -> httpx.Response:
    headers = {} if page is None else {"Origin": page}
    return httpx.post(f"{url}/auth/login", json=body, headers=headers)


def test_a_page_logs_in_submits_finds_and_reads_the_picture(server: FakeServer) -> None:
    with httpx.Client(base_url=server.url, headers={"Origin": PAGE}) as page:
        answer = page.post("/auth/login", json=LOGIN)
        assert answer.headers["access-control-allow-origin"] == PAGE
        page.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
        for path, body in (("/jobs/create", {"content": "a cat"}), ("/jobs/find", {})):
            asks = page.options(path, headers=ASKS)
            assert asks.status_code == 200
            assert asks.headers["access-control-allow-origin"] == PAGE
            assert "POST" in asks.headers["access-control-allow-methods"]
            assert "authorization" in asks.headers["access-control-allow-headers"].lower()
            answer = page.post(path, json=body)
            assert answer.headers["access-control-allow-origin"] == PAGE
        picture = page.get(answer.json()["data"]["res"][0]["img_buffer"])
        assert picture.content.startswith(b"\x89PNG")
        assert picture.headers["access-control-allow-origin"] == PAGE


def test_a_refusal_can_be_read_with_its_reason(server: FakeServer) -> None:
    answer = login(server.url, PAGE, {})
    assert answer.json()["errno"] == 301
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "X-Fake-Reason" in answer.headers["access-control-expose-headers"]


def test_another_page_is_granted_nothing(server: FakeServer) -> None:
    """It is answered all the same: a browser keeps the answer from it."""
    answer = login(server.url, OTHER)
    assert answer.json()["errno"] == 0
    assert "access-control-allow-origin" not in answer.headers
    asks = httpx.options(f"{server.url}/jobs/find", headers={"Origin": OTHER, **ASKS})
    assert asks.status_code == 400
    assert "access-control-allow-origin" not in asks.headers


def test_what_is_no_page_is_granted_nothing_and_answered_alike_by_both_protocols(
    server: FakeServer, fast: bool
) -> None:
    with FakeServer(cors=[PAGE], fast=not fast) as other:
        there = login(other.url, None)
    here = login(server.url, None)
    assert here.json()["errno"] == 0
    assert "access-control-allow-origin" not in here.headers
    assert set(here.headers) == set(there.headers)


def test_a_page_finds_its_requests_in_the_journal_without_what_the_browser_asked_first(
    server: FakeServer,
) -> None:
    server.admin.clear_requests()
    httpx.options(f"{server.url}/auth/login", headers={"Origin": PAGE, **ASKS})
    login(server.url, PAGE)
    assert [request["method"] for request in server.admin.requests()] == ["POST"]


def test_a_fault_acts_on_a_page_too(server: FakeServer) -> None:
    server.admin.fault("HTTP_STATUS", status=503, operation="login", times=1)
    answer = login(server.url, PAGE)
    assert answer.status_code == 503
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("page", sampled([PAGE, OTHER, "http://localhost:3000", "null"], 2))
def test_it_never_opens_the_control_api(fast: bool, page: str) -> None:
    for cors in (True, [PAGE]):
        with FakeServer(cors=cors, fast=fast) as server:
            state = f"{server.url}/__admin/state"
            for answer in (
                httpx.get(state, headers={"Origin": page}),
                httpx.options(state, headers={"Origin": page, **ASKS}),
            ):
                assert granted(answer) == {}
                assert answer.status_code in ((200, 405) if "localhost" in page else (403,))


def test_any_page_where_none_is_named(serve: Serve) -> None:
    served = serve("--cors", "--strict")
    assert login(served.url, OTHER).headers["access-control-allow-origin"] == "*"
    assert login(served.url, None).json()["errno"] == 0


def test_pages_can_be_named(serve: Serve) -> None:
    served = serve("--cors", PAGE, "--cors", OTHER)
    for page in (PAGE, OTHER):
        assert login(served.url, page).headers["access-control-allow-origin"] == page
    assert granted(login(served.url, "http://third.test")).keys() <= {
        "access-control-expose-headers"
    }


def test_by_default_a_page_is_granted_nothing(fast: bool) -> None:
    with FakeServer(fast=fast) as server:
        assert granted(login(server.url, PAGE)) == {}
        asks = httpx.options(f"{server.url}/auth/login", headers={"Origin": PAGE, **ASKS})
        assert granted(asks) == {}
        assert asks.json()["errno"] == 410
