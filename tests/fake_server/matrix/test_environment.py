"""COMMAND finds its fake, and no other server."""

from __future__ import annotations

import urllib.request

import pytest

from sampan.fake_server.client.redirect import LIVE
from sampan.fake_server.matrix.environment import environment

URL = "http://127.0.0.1:40123"


def made(given: dict[str, str], *, as_proxy: bool = False) -> dict[str, str]:
    return environment(given, URL, "abc", "abc-secret", as_proxy=as_proxy)


def test_the_address_and_an_account_are_there_and_all_else_is_kept() -> None:
    found = made({"PATH": "/bin", "SAMPAN_URL": "http://elsewhere"})
    assert found["PATH"] == "/bin"
    assert found["SAMPAN_URL"] == URL
    assert (found["SAMPAN_USERNAME"], found["SAMPAN_PASSWORD"]) == ("abc", "abc-secret")
    assert "http_proxy" not in found


@pytest.mark.parametrize("given", [{}, {"no_proxy": "example.com"}, {"NO_PROXY": "*"}])
def test_a_proxy_of_the_users_is_not_in_the_way(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made({"http_proxy": "http://proxy.test:3128", **given})
    assert found["http_proxy"] == "http://proxy.test:3128"
    assert _is_direct("127.0.0.1:40123", found, monkeypatch)
    assert "example.com" in found["no_proxy"] or "no_proxy" not in given


@pytest.mark.parametrize(
    "given", [{}, {"no_proxy": "*"}, {"NO_PROXY": "164.90.147.104"}, {"no_proxy": "164.0.0.0/8"}]
)
def test_as_a_proxy_the_live_address_leads_to_the_fake(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made({"http_proxy": "http://proxy.test:3128", **given}, as_proxy=True)
    assert (found["http_proxy"], found["HTTP_PROXY"]) == (URL, URL)
    assert not _is_direct(LIVE.removeprefix("http://"), found, monkeypatch)
    assert _is_direct("127.0.0.1:40123", found, monkeypatch)


def _is_direct(host: str, found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a client asks a host itself with these variables."""
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        if name in found:
            monkeypatch.setenv(name, found[name])
    return bool(urllib.request.proxy_bypass_environment(host))
