"""What the page reads: again after it failed, and no more once its view is left."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from sampan import Account, FakeServer
from tests.support.examples import sampled

from .chromium import expect
from .conftest import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def abc(server: FakeServer) -> Account:
    return server.admin.handle("abc", "abc-secret")


def _fails_once(page: Page, address: str) -> None:
    page.route(address, lambda route: route.abort(), times=1)


@pytest.mark.whole
def test_a_page_whose_first_reading_failed_reads_again(
    open_page: OpenPage, server: FakeServer
) -> None:
    """Though nothing happens any more."""
    server.account("newcomer").create("a cat")
    page = open_page("about:blank")
    _fails_once(page, "**/__admin/accounts")
    with page.expect_event("requestfailed"):
        page.goto(server.url)
    page.get_by_role("link", name="a cat").wait_for()


@pytest.mark.whole
def test_a_view_that_could_not_be_read_is_read_again(
    open_page: OpenPage, server: FakeServer
) -> None:
    page = open_page(f"{server.url}/#state")
    page.get_by_role("heading", name="State").wait_for()
    _fails_once(page, "**/__admin/questions")
    with page.expect_event("requestfailed"):
        page.evaluate("location.hash = '#trouble'")
    page.get_by_role("heading", name="find-order").wait_for()


@pytest.mark.whole
@pytest.mark.parametrize("view", sampled(["jobs/{hash}", "time"], 2))
def test_a_view_that_is_left_while_it_reads_reads_no_more(
    open_page: OpenPage, server: FakeServer, abc: Account, view: str
) -> None:
    hash = abc.create("a cat")
    page = open_page(f"{server.url}/#{view.format(hash=hash)}")
    page.locator("text=a cat").first.wait_for()
    held: list[Route] = []
    address = re.compile("jobs[?].*queued" if view == "time" else f"jobs/{hash}$")
    page.route(address, lambda route: held.append(route))
    while not held:  # it reads again and again, since a job is queued
        page.wait_for_timeout(20)
    page.evaluate("location.hash = '#start'")
    page.get_by_role("button", name="Make").first.wait_for()
    held[0].continue_()
    page.wait_for_timeout(1500)
    assert len(held) == 1


@pytest.mark.whole
def test_a_page_too_many_is_read_from_time_to_time(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    """Too many for the fake, which keeps 32 streams, and for the browser, with six connections."""
    abc.create("first")
    address = f"{server.url}/__admin/events"
    with httpx.Client() as client, ExitStack() as streams:
        for _ in range(32):
            assert streams.enter_context(client.stream("GET", address)).status_code == 200
        page = open_page(f"{server.url}/#jobs")
        expect(page.locator(".connection.crowded")).to_be_attached()
        expect(page.locator(".card .prompt")).to_have_text(["first"])
        abc.create("second")
        expect(page.locator(".card .prompt")).to_have_text(["second", "first"])
    expect(page.locator(".connection.live")).to_be_attached()
    pages = [page, *(page.context.new_page() for _ in range(7))]
    for each in pages[1:]:
        each.goto(f"{server.url}/#jobs")
        expect(each.locator(".card")).to_have_count(2)
    expect(pages[3].locator(".connection.live")).to_be_attached()
    expect(pages[4].locator(".connection.crowded")).to_be_attached()
    abc.create("third")
    for each in pages:
        expect(each.locator(".card")).to_have_count(3)
