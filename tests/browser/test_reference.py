"""The reference in a browser: its search, by keyboard too, on a phone, and for a screen reader."""

from __future__ import annotations

import pytest

from sampan import FakeServer

from .axe import violations
from .chromium import expect
from .conftest import OpenPage

pytestmark = pytest.mark.xdist_group("browser")


def test_the_reference_can_be_searched(open_page: OpenPage, server: FakeServer) -> None:
    page = open_page(f"{server.url}/reference")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search the reference")
    expect(field).to_be_focused()
    page.keyboard.type("bearer PREFIX")
    expect(page.locator("#question-bearer-prefix")).to_be_visible()
    expect(page.locator("#upscaleJob")).to_be_hidden()
    expect(page.get_by_role("status")).to_contain_text("Sections found: ")
    field.fill("bearer xyzzy")
    expect(page.get_by_role("status")).to_have_text("Nothing found.")
    page.keyboard.press("Escape")
    expect(page.locator("#upscaleJob")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("")


@pytest.mark.whole
def test_the_reference_fits_a_phone_and_can_be_read_by_everybody(
    open_page: OpenPage, server: FakeServer
) -> None:
    page = open_page(f"{server.url}/reference", width=360)
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("searchbox", name="在参考中搜索")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert list(violations(page)) == []
