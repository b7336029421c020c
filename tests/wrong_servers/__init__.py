"""Wrong servers, one file for each section of the API page: they prove that the kit notices.

Each is the fake with one mistake that an author of such a server might make, and must be failed
by the check of the very requirement that it breaks (``python -m tests.wrong_servers``). Nothing in
``conformance/`` knows of them.
"""

from __future__ import annotations

from tests.wrong_servers import (
    auth,
    blend,
    children,
    create,
    describe,
    envelope,
    in_passing,
    lifecycle,
    login,
    parents,
    pictures,
    plans,
    prompts,
    robustness,
    upscale,
    variation,
)
from tests.wrong_servers.find import answer as find_answer
from tests.wrong_servers.find import filters as find_filters
from tests.wrong_servers.find import pages as find_pages
from tests.wrong_servers.find import records as find_records
from tests.wrong_servers.wrong_server import REGISTERED, WrongServer

__all__ = ["SECTIONS", "WRONG_SERVERS", "WrongServer"]

#: Each registers its wrong servers when it is imported.
SECTIONS = (
    *(envelope, robustness, login, auth, create, prompts, plans),
    *(find_answer, find_filters, find_pages, find_records, lifecycle, pictures, children),
    *(variation, upscale, parents, blend, describe, in_passing),
)

WRONG_SERVERS: tuple[WrongServer, ...] = tuple(REGISTERED.values())
