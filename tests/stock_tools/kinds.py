"""What it takes to see the mistake of a wrong server: by requirement, and server by server where a
requirement is broken in several ways."""

from __future__ import annotations

from tests.wrong_servers.wrong_server import WrongServer

ONE = "one answer"
SEVERAL = "several answers, or time"
PICTURE = "a picture"

#: Requirements that one request and its answer can break by themselves.
_ONE = frozenset(
    (
        "AUTH-1",
        "AUTH-2",
        "AUTH-3",
        "AUTH-4",
        "BLEND-2",
        "BLEND-3",
        "BLEND-5",
        "CREATE-1",
        "CREATE-3",
        "DESC-2",
        "DESC-3",
        "FIND-1",
        "FIND-2",
        "FIND-3",
        "FIND-4",
        "FIND-5",
        "FIND-6",
        "FIND-8",
        "FIND-9",
        "FIND-11",
        "FIND-12",
        "GEN-1",
        "GEN-2",
        "GEN-3",
        "GEN-4",
        "GEN-5",
        "GEN-6",
        "GRID-1",
        "GRID-2",
        "LIFE-3",
        "LOGIN-1",
        "LOGIN-2",
        "LOGIN-3",
        "LOGIN-4",
        "PAR-1",
        "PLAN-1",
        "UP-2",
        "UP-3",
        "UP-5",
        "VAR-2",
        "VAR-3",
        "VAR-5",
    )
)
_PICTURES = frozenset(("IMG-1", "IMG-2", "IMG-3", "IMG-4", "IMG-5", "LIFE-1", "UP-4", "VAR-4"))
#: Wrong servers that are of another kind than their requirement.
_OTHERWISE = {
    **dict.fromkeys(
        (
            "chinese-to-create-is-301",
            "quotes-in-a-prompt-are-501",
            "variation-is-refused",
            "variation-has-no-hash",
            "variation-is-its-own-parent",
            "upscale-is-refused",
            "remix-is-refused",
            "five-links-are-refused",
            "two-links-are-refused",
            "links-are-separated-by-commas",
            "blend-has-no-hash",
            "describe-has-no-hash",
            "one-link-is-refused",
            "link-without-a-host",
            "finished-job-has-no-img-buffer",
            "finished-job-has-no-img-thumb",
            "finished-job-has-no-original-url",
            "created-and-updated-are-swapped",
        ),
        ONE,
    ),
    **dict.fromkeys(
        (
            "token-is-good-for-ten-requests",
            "second-login-is-refused",
            "service-has-another-name",
            "main-finds-nothing",
        ),
        SEVERAL,
    ),
    **dict.fromkeys(
        (
            "upscale-is-no-larger",
            "upscale-is-smaller",
            "upscale-is-the-grid",
            "variation-is-a-single",
            "remix-is-a-single",
        ),
        PICTURE,
    ),
}


def kind(server: WrongServer) -> str:
    """What has to be looked at."""
    if server.id in _OTHERWISE:
        return _OTHERWISE[server.id]
    if server.requirement in _ONE:
        return ONE
    return PICTURE if server.requirement in _PICTURES else SEVERAL


def misplaced(servers: tuple[WrongServer, ...]) -> set[str]:
    """Ids of the table that no wrong server has."""
    return _OTHERWISE.keys() - {one.id for one in servers}
