"""Fixtures: one browser for all of these tests, and pages that must not go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from sampan import Account, FakeServer

from . import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: What a browser logs of a server that is not there, or of an answer that is no success: the tests
#: bring both about.
_EXPECTED = ("net::ERR_", "Failed to load resource")


# No longer than its package: while Playwright runs, so does this thread's event loop, and other
# tests that the same worker is given can't start one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    problem = chromium.why_not()
    if problem is not None:
        pytest.skip(problem)
    with chromium.browser() as running:
        yield running


@pytest.fixture
def abc(server: FakeServer) -> Account:
    return server.admin.handle("abc", "abc-secret")


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages in contexts of their own. One that logs an error or opens a dialog fails."""
    wrong: list[str] = []
    with ExitStack() as stack:

        def open_one(url: str, width: int = 1280, **options: Any) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 800}, **options)
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            page = context.new_page()
            page.on("pageerror", lambda error: wrong.append(f"{error}"))
            page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
            page.on("console", lambda said: _note(said, wrong))
            page.goto(url)
            return page

        yield open_one
    assert wrong == []


def _note(said: Any, wrong: list[str]) -> None:
    if said.type == "error" and not any(each in said.text for each in _EXPECTED):
        wrong.append(said.text)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(job_seconds=60, seed=7, strict=True) as running:
        yield running
