"""What the dashboard withstands, in a real browser: many jobs, hostile names, a restart."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sampan import Account, FakeServer, Refused
from tests.support.examples import sampled

from .axe import violations
from .chromium import expect
from .conftest import OpenPage
from .mounted import Mounted
from .screenshots import live_in

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.xdist_group("browser")

VIEWS = ("jobs", "requests", "time", "trouble", "state", "start")

#: What would run, load or break out of its place if it were taken for markup.
HOSTILE = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "\"><svg onload='window.hit = 3'>",
    "'-(window.hit = 4)-'",
    "javascript:window.hit=5",
    "</textarea></title></style><iframe srcdoc='<script>parent.hit = 6</script>'>",
    "{{constructor.constructor('window.hit = 7')()}} ${window.hit = 8} <%= 9 %>",
    "__proto__",
    "constructor",
    "\u202egnihton\u2066 \u0000\u0007 \ufeff 🐈‍⬛ مرحبا",
    "$& $1 {0} {1} | a|b \\0",
    "a" * 5000,
)


@pytest.fixture
def abc(server: FakeServer) -> Account:
    return server.admin.handle("abc", "abc-secret")


@pytest.fixture(scope="module")
def lived_in() -> Iterator[tuple[FakeServer, str]]:
    """A fake with something of everything in it, and a finished grid of it."""
    with FakeServer(job_seconds=60, seed=7) as server:
        account = live_in(server)
        finished = account.admin.jobs(state="finished")
        yield server, next(each["hash"] for each in finished if each["kind"] == "main")


def go(page: Page, view: str) -> None:
    """Open a view, as a link does."""
    page.evaluate("view => (location.hash = view)", view)
    name, _, rest = view.partition("/")
    expect(page.locator(f"#{name}")).to_be_visible()
    if rest:
        expect(page.locator(".job .facts-list")).to_contain_text(rest)
    elif name != "start":
        # What the view is for has come.
        expect(
            page.locator(f"#{name} :is(.card, .requests, .clock, .question, tbody tr)").first
        ).to_be_attached()


def marks(shown: Locator) -> list[str]:
    """The names that stand for what can't be seen in a text."""
    names = "all => all.map(e => getComputedStyle(e, '::before').content.slice(1, -1))"
    return list(shown.locator(".unseen").evaluate_all(names))


def goes_right(shown: Locator, part: str) -> bool:
    """Whether a part of a text is written from left to right."""
    script = """(element, part) => {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode, at = text.data.indexOf(part);
        if (at < 0) continue;
        const range = new Range();
        const left = (index) => {
          range.setStart(text, index);
          range.setEnd(text, index + 1);
          return range.getBoundingClientRect().left;
        };
        return left(at) < left(at + part.length - 1);
      }
    }"""
    return bool(shown.evaluate(script, part))


#: What directs, hides or divides text and is not seen itself.
UNSEEN = (*"\u200b\u200e\u200f\u061c\u2060\ufeff\u00ad\u0085\u202a\u202b\u202c\u202d\u202e",
          *"\u2028\u2066\u2067\u2068\u2069\U000e0041")  # fmt: skip


@pytest.mark.whole
def test_what_cannot_be_seen_is_spelled_out(open_page: OpenPage, server: FakeServer) -> None:
    text = "".join(f"{each}gpj" for each in UNSEEN)
    account = server.admin.account("painter \u202egnp")
    hash = account.create(f"a {text} 🐈\u200d⬛ 🏴\U000e0067\U000e0062\U000e007f")
    with suppress(Refused):
        account.upscale(text, 1)
    page = open_page(f"{server.url}/#jobs/{hash}")
    title = page.locator(".prompt-title")
    names = [f"U+{ord(each):04X}" for each in UNSEEN]
    expect(title).to_contain_text("gpj")
    assert marks(title) == names  # and what emoji are made of is none of them
    assert goes_right(title, "gpj")
    owner = page.locator(".facts-list dd").first
    assert (marks(owner), goes_right(owner, "gnp")) == (["U+202E"], True)
    page.get_by_text("Record, as findJobs returns it").click()
    assert set(names) <= set(marks(page.locator("details.panel pre")))
    expect(page.locator("#tools option").last).to_have_text("painter ⟨U+202E⟩gnp")
    go(page, "requests")
    refused = page.locator(".requests > li", has_text="/jobs/upscale")
    refused.locator("summary").click()
    assert set(names) <= set(marks(refused.locator(".whole")))
    go(page, "time")
    expect(page.locator(".timeline .label")).to_contain_text("a ⟨U+200B⟩gpj⟨U+200E⟩gpj")


def test_nothing_that_a_client_sends_runs(open_page: OpenPage, server: FakeServer) -> None:
    names = [
        text.replace("/", "").replace("\u0000", "").replace("\u0007", "")[:150] for text in HOSTILE
    ]
    accounts = [server.admin.account(name) for name in names]
    account = accounts[0]
    hashes = [account.create(text) for text in HOSTILE]
    for hash, text in zip(hashes, HOSTILE, strict=True):
        with suppress(ValueError):
            server.admin.put_in_folder(text[:200], hash)
        server.admin.fail(hash, text[:1000])
        with suppress(Refused):
            account.upscale(text, 1)
        with suppress(httpx.InvalidURL, httpx.HTTPError):
            httpx.get(f"{server.url}/{text[:500]}", headers={"X-Said": ascii(text)[:500]})
    page = open_page(server.url)
    page.evaluate("window.hit = 0")
    for view in (*VIEWS, *(f"jobs/{hash}" for hash in hashes)):
        go(page, view)
        if view == "jobs":
            expect(page.locator(".card")).to_have_count(len(HOSTILE))
            told = page.locator(".card .prompt").evaluate_all("all => all.map(e => e.textContent)")
            assert sorted(told) == sorted(HOSTILE)
            turning = page.locator(".card .prompt", has_text="gnihton")
            assert marks(turning) == ["U+202E", "U+2066", "U+0000", "U+0007", "U+FEFF"]
            assert goes_right(turning, "gnihton")
        if view == "requests":
            expect(page.locator(".requests > li").first).to_be_visible()
            page.evaluate(
                "document.querySelectorAll('details').forEach(each => (each.open = true))"
            )
        if view.startswith("jobs/"):
            text = HOSTILE[hashes.index(view.removeprefix("jobs/"))]
            assert page.locator(".prompt-title").evaluate("e => e.textContent") == text
        assert page.evaluate("window.hit") == 0, view
        strange = (
            "main script, main iframe, main [onload], main [onerror], main [src='x'], main style"
        )
        assert page.locator(strange).count() == 0, view
    for name in (names[0], names[7]):
        go(page, "jobs")
        page.locator("#tools").get_by_label("Account").select_option(name)
        expect(page.locator("#jobs .count")).to_contain_text("job")


@pytest.mark.whole
def test_an_address_that_leads_nowhere_does_no_harm(
    open_page: OpenPage, server: FakeServer
) -> None:
    page = open_page(server.url)
    for view in ("jobs/none", "jobs/%", "jobs/../../x", "__proto__", "constructor/x", "%00"):
        page.goto(f"{server.url}/#{view}")
        expect(page.get_by_role("navigation")).to_be_visible()
    page.goto(f"{server.url}/#jobs/none")
    expect(page.get_by_text("There is no such job")).to_be_visible()


def test_it_survives_the_fakes_restart(open_page: OpenPage, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path / "fake.db"
    with FakeServer(port=port, data=data, job_seconds=0) as server:
        account = server.admin.handle("abc", "abc-secret")
        account.create("before")
        page = open_page(f"{server.url}/#jobs")
        expect(page.locator(".card")).to_have_count(1)
        account.close()
    expect(page.locator("body.away")).to_be_attached()
    with FakeServer(port=port, data=data, job_seconds=0) as server:
        expect(page.locator(".connection.live")).to_be_attached()
        server.admin.handle("abc", "abc-secret").create("after")
        expect(page.locator(".card .prompt")).to_have_text(["after", "before"])


@pytest.mark.whole
def test_no_view_is_wider_than_its_window(
    open_page: OpenPage, lived_in: tuple[FakeServer, str]
) -> None:
    server, hash = lived_in
    page = open_page(server.url, width=360)
    for view in (*VIEWS, f"jobs/{hash}"):
        go(page, view)
        for width in (1600, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (view, width)
            # Nothing ends behind an edge, out of sight.
            cut = page.locator("pre, #tools select").evaluate_all(
                "all => all.filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth)"
                ".map(e => e.outerHTML)"
            )
            assert cut == [], (view, width)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, select, input, summary, nav a")]
              .filter((each) => each.checkVisibility())
              .filter((each) => !["radio", "checkbox"].includes(each.type))
              .filter((each) => each.getBoundingClientRect().height < 24)
              .map((each) => each.outerHTML)"""
        )
        assert small == [], view  # WCAG 2.2, 2.5.8


def test_it_is_used_by_keyboard(open_page: OpenPage, server: FakeServer, abc: Account) -> None:
    abc.create("a cat")
    page = open_page(f"{server.url}/#jobs")
    expect(page.locator(".card")).to_have_count(1)
    focused = "document.activeElement.textContent.trim()"

    def tab_to(text: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate(focused).startswith(text):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid"
                return
        raise AssertionError(text)

    tab_to("Requests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Requests")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="Jobs")).to_be_focused()  # the view has come
    tab_to("New job")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New job")).to_be_focused()
    tab_to("a cat")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="a cat")).to_be_focused()


@pytest.mark.whole
def test_it_speaks_the_browsers_language_and_the_chosen_one(
    open_page: OpenPage, server: FakeServer
) -> None:
    page = open_page(server.url, locale="zh-CN")
    expect(page.get_by_role("button", name="生成一张图片")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Make a picture")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Make a picture")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_off_loopback_it_asks_for_the_token_and_keeps_it_in_the_tab(open_page: OpenPage) -> None:
    with FakeServer(host="0.0.0.0", admin_token="let me in", job_seconds=0) as server:
        page = open_page(server.url)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("requires the admin token")
        dialog.get_by_label("Admin token").fill("wrong")
        dialog.get_by_role("button", name="Use it").click()
        expect(dialog).to_contain_text("not accepted")
        dialog.get_by_label("Admin token").fill("let me in")
        dialog.get_by_role("button", name="Use it").click()
        page.get_by_role("button", name="Make a picture").click()
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card img")).not_to_have_js_property("naturalWidth", 0)
        page.reload()
        expect(page.locator(".card")).to_have_count(1)
        kept = page.evaluate("[JSON.stringify({...localStorage}), document.cookie, location.href]")
        assert not any("let" in each for each in kept)
        expect(dialog).to_have_count(0)


@pytest.mark.whole
def test_it_works_below_a_path_of_another_application(open_page: OpenPage) -> None:
    with Mounted("/mj/a b", job_seconds=0) as mounted:
        page = open_page(mounted.url)
        page.get_by_role("button", name="Make a picture").click()
        expect(page.locator(".card img")).not_to_have_js_property("naturalWidth", 0)
        page.locator(".card").get_by_role("link").click()
        expect(page.locator(".snippets pre")).to_contain_text("/mj/a%20b/jobs/variation")
        assert mounted.strange == []


def test_the_page_is_no_client_and_its_stream_ends_with_it(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    abc.create("a cat")
    before = server.admin.requests()
    page = open_page(server.url)
    for view in VIEWS:
        go(page, view)
    assert server.admin.requests() == before
    running = server._started
    control = next(
        route._control for route in running.app.router.routes if hasattr(route, "_control")
    )

    def wait_for_open(streams: int) -> None:
        """A connection that the browser has closed is given up after a second."""
        deadline = time.monotonic() + 30
        while control.events._open != streams:
            assert time.monotonic() < deadline, control.events._open
            httpx.get(f"{server.url}/__admin/health")

    wait_for_open(1)
    page.close()
    wait_for_open(0)


@pytest.mark.parametrize("view", sampled([*VIEWS, "jobs/{hash}"], 7))
def test_axe_finds_nothing(
    open_page: OpenPage, lived_in: tuple[FakeServer, str], view: str
) -> None:
    server, hash = lived_in
    page = open_page(server.url)
    go(page, view.format(hash=hash))
    if view == "requests":
        page.locator(".requests summary").first.click()
    if view == "trouble":  # one question is like another
        page.get_by_label("Text").locator("visible=true").fill("find-")
    if view == "jobs":
        page.get_by_role("button", name="New job").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    assert list(violations(page)) == [], view
    if view == "jobs":
        page.keyboard.press("Escape")
    assert not re.search(r"undefined|\[object", page.locator("main").inner_text()), view


@pytest.mark.whole
def test_what_colours_tell_is_told_without_them(
    open_page: OpenPage, lived_in: tuple[FakeServer, str]
) -> None:
    server, hash = lived_in
    page = open_page(f"{server.url}/#jobs/{hash}", forced_colors="active")
    style = "(element, name) => getComputedStyle(element)[name]"
    links = page.get_by_role("navigation").get_by_role("link")
    lines = [link.evaluate(style, "textDecorationLine") for link in links.all()]
    assert sorted(set(lines)) == ["none", "underline"]
    assert lines.count("underline") == 1
    expect(page.locator(".connection.live")).to_be_attached()
    dot, behind = (page.locator(each) for each in (".connection", "body"))
    assert dot.evaluate(style, "backgroundColor") != behind.evaluate(style, "backgroundColor")
    cells = page.locator(".cells label")
    expect(cells).to_have_count(4)
    colours = [cell.evaluate(style, "borderTopColor") for cell in cells.all()]
    assert colours[0] not in colours[1:]
