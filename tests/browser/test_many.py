"""Thousands of things: a few are shown, and how many more there are is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sampan import Account, FakeServer

from .chromium import expect
from .conftest import OpenPage

pytestmark = pytest.mark.xdist_group("browser")


def copies(job: dict[str, Any], number: int) -> dict[str, Any]:
    """Another job, as a state document has it, so many milliseconds later."""
    return {
        **job,
        "id": job["id"] + number,
        "hash": f"{number:064x}",
        "job_id": f"00000000-0000-4000-8000-{number:012x}",
        "id_uuid": f"00000000-0000-4000-9000-{number:012x}",
        "prompt": f"job {number + 1}",
        "created": job["created"] + number,
    }


def test_many_jobs_are_a_few_cards(open_page: OpenPage, server: FakeServer, abc: Account) -> None:
    count = 1200
    abc.create("a cat")
    state = server.admin.export_state()
    state["jobs"] = [copies(state["jobs"][0], number) for number in range(count)]
    server.admin.import_state(state)
    server.admin.advance("1h")
    page = open_page(f"{server.url}/#jobs")
    cards = page.locator(".wall .card")
    expect(page.locator("#jobs .count")).to_have_text(f"{count} jobs")
    expect(cards.first.locator(".prompt")).to_have_text(f"job {count}")
    assert cards.count() < 100
    for part in (0.3, 0.7, 1):
        page.evaluate("part => scrollTo(0, document.body.scrollHeight * part)", part)
        # What the window shows is there, wherever it is.
        page.wait_for_function(
            """() => [...document.querySelectorAll(".wall .card")].some((card) => {
              const { top, bottom } = card.getBoundingClientRect();
              return top < innerHeight && bottom > 100;
            })"""
        )
        assert cards.count() < 150
    expect(cards.last.locator(".prompt")).to_have_text("job 1")
    assert cards.last.get_attribute("aria-posinset") == cards.last.get_attribute("aria-setsize")
    # One that is opened and left again is where it was.
    before = page.evaluate("scrollY")
    cards.last.get_by_role("link").click()
    expect(page.get_by_role("heading", name="job 1", exact=True)).to_be_visible()
    page.go_back()
    page.wait_for_function("before => Math.abs(scrollY - before) < 10", arg=before)
    page.get_by_label("Prompt").fill("job 77")
    expect(cards).to_have_count(11)


@pytest.mark.whole
def test_what_is_not_shown_of_many_is_counted(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    for number in range(60):
        server.admin.account(f"account {number}")
    server.admin.freeze()
    parent = abc.create("a cat")
    server.admin.complete(parent)
    abc.upscale(parent, 1)
    state = server.admin.export_state()
    finished, child = sorted(state["jobs"], key=lambda each: each["id"])
    state["jobs"] = [finished, *(copies(child, number) for number in range(150))]
    server.admin.import_state(state)
    for _ in range(60):
        abc.find(hash=parent)
    page = open_page(f"{server.url}/#time")
    expect(page.locator(".clock")).to_have_count(50)
    expect(page.get_by_text("13 more accounts: choose an account at the top")).to_be_visible()
    expect(page.locator(".timeline .bar")).to_have_count(12)
    expect(page.get_by_text("138 more jobs are under way.")).to_be_visible()
    page.get_by_role("button", name="+1h").first.click()
    expect(page.locator(".happened li")).to_have_count(101)
    expect(page.locator(".happened li").last).to_have_text(re.compile(r"^and \d{4} changes more$"))
    expect(page.get_by_text("more jobs are under way")).to_be_hidden()
    page.goto(f"{server.url}/#jobs/{parent}")
    expect(page.get_by_role("heading", name="Made from it (100 of 150)")).to_be_visible()
    expect(page.locator(".heading .count")).to_have_text("50 of 60 requests")
    page.locator("#tools").get_by_label("Account").select_option("account 59")
    page.goto(f"{server.url}/#time")
    expect(page.locator(".clock")).to_have_count(2)
    expect(page.get_by_text("more accounts: choose an account")).to_be_hidden()
