"""The system's Chromium, driven by Playwright. What is missing is said and not guessed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: What distributions call it. The shell has no windows and takes half the processor time.
_NAMES = (
    *("chromium-headless-shell", "chromium"),
    *("chromium-browser", "google-chrome", "google-chrome-stable"),
)


def executable() -> str | None:
    """Where Chromium is."""
    return next((path for name in _NAMES if (path := shutil.which(name)) is not None), None)


def why_not() -> str | None:
    """Why no browser can be had; ``None`` if one can."""
    if find_spec("playwright") is None:
        return "playwright is not installed (pip install -e '.[dev]')"
    if executable() is None:
        return f"none of {', '.join(_NAMES)} is installed (Debian: apt-get install {_NAMES[0]})"
    return None


def expect(locator: Any) -> Any:
    """Playwright's, imported when a browser runs: every worker of the tests imports this module.

    It waits longer than by itself: on a busy machine five seconds are little.
    """
    from playwright.sync_api import expect as of_playwright

    of_playwright.set_options(timeout=30_000)
    return of_playwright(locator)


@contextmanager
def browser() -> Iterator[Browser]:
    """One browser process. Raises ``RuntimeError`` with :func:`why_not`."""
    problem = why_not()
    if problem is not None:
        raise RuntimeError(problem)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=executable(),
            # Containers run as root and have a small /dev/shm.
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        try:
            yield running
        finally:
            running.close()


def shown(page: Page, prompt: str) -> None:
    """Wait until a job's picture can be seen."""
    image = page.locator(".card", has_text=prompt).first.locator("img")
    expect(image).not_to_have_js_property("naturalWidth", 0)
