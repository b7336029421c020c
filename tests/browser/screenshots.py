"""Pictures of the dashboard, to be looked at: ``python -m tests.browser.screenshots DIR``.

Each view at three widths, light and dark, of a fake with something of everything in it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sampan import Account, Disconnected, FakeServer, Refused

from .chromium import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (360, 800, 1600)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PROMPTS = (
    "a lighthouse in fog --ar 16:9",
    "Shanghai cyberpunk",
    "a very long prompt about a small boat on a wide river at dawn, in the style of a woodcut, with"
    " herons, reeds and a moon that does not want to go --ar 9:16 --niji",
    "一只小船,水墨画 --ar 3:2",
    "<script>alert(1)</script>",
    "rain on a tin roof --fake fail=46",
    "clouds --fake stuck=62",
    "three cats --fake image-missing",
)


def live_in(server: FakeServer) -> Account:
    """Leave something of everything in a fake."""
    admin = server.admin
    account = admin.account("painter")
    hashes = [account.create(prompt) for prompt in PROMPTS for _ in range(2)]
    account.admin.advance("70s")
    grid = account.record(hashes[2])
    assert grid is not None
    account.upscale(hashes[2], 2)
    account.vary(grid["job_id"], 1)
    account.describe(grid["img_buffer"])
    for _ in range(3):
        account.find(limit=2)
    account.admin.advance("70s")
    account.admin.freeze()
    account.create("still on its way")
    account.admin.advance("30s")
    account.create("just begun --fake slow=3")
    account.admin.fault("ERRNO", errno=501, operation="createJob", times=1)
    with suppress(Refused):
        account.create("refused by a fault")
    account.admin.fault("COMMIT_THEN_DROP", operation="upscaleJob", times=2)
    account.admin.scenario("fail", 46, times=3)
    with suppress(Disconnected):
        account.upscale("nothing", 1)
    return account


def shots(page: Page, url: str, hash: str) -> list[tuple[str, str]]:
    """The names of the pictures and the addresses that they are of."""
    views = ("jobs", "requests", "time", "trouble", "state", "start")
    return [*((view, f"{url}/#{view}") for view in views), ("job", f"{url}/#jobs/{hash}")]


def take(running: Browser, server: FakeServer, hash: str, folder: Path, language: str) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = running.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
            )
            page = context.new_page()
            for name, address in shots(page, server.url, hash):
                page.goto("about:blank")
                page.goto(address)
                page.wait_for_selector(".connection.live")
                page.wait_for_timeout(400)  # pictures are drawn meanwhile
                file = folder / f"{language}-{name}-{width}-{scheme}.png"
                page.screenshot(path=str(file), full_page=name not in ("trouble",))
            context.close()


def main(folder: str, *languages: str) -> None:
    """Take them all."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    with FakeServer(job_seconds=60, seed=7) as server, browser() as running:
        account = live_in(server)
        hash = account.admin.jobs(state="finished")[-1]["hash"]
        for language in languages or ("en", "zh-CN"):
            take(running, server, hash, path, language)
    print(f"{len(list(path.glob('*.png')))} pictures in {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
