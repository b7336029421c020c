"""What axe finds on a page, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .screenshots import SCHEMES

if TYPE_CHECKING:
    from playwright.sync_api import Page


def violations(page: Page) -> Iterator[str]:
    """Each with the scheme it is seen in, the rule that is broken, and where."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        # What differs in the dark is colour.
        rules = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
        found = axe.Axe().run(page, options={"resultTypes": ["violations"], **rules})
        for each in found.response["violations"]:
            nodes = [node["html"][:200] for node in each["nodes"][:4]]
            yield f"{scheme}: {each['help']}: {nodes}"
