"""Which URLs the kit accepts, and which are on this machine."""

from __future__ import annotations

import pytest

from sampan.conformance.target import TargetError, checked_target, is_loopback


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:80", True),
        ("http://localhost:8091", True),
        ("http://10.0.0.1", False),
        ("http://164.90.147.104:8091", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_what_is_this_machine(url: str, local: bool) -> None:
    assert is_loopback(url) is local
    if not local:
        with pytest.raises(TargetError, match="--allow-plain-http"):
            checked_target(url, allow_plain_http=False)
    assert checked_target(f"{url}/", allow_plain_http=True) == url


@pytest.mark.parametrize(
    "target",
    [
        *("", "127.0.0.1:8091", "ftp://x", "http://", "http://x:99999", "http://x/?q=1"),
        *("http://a:b@x", "http://x/?", "http://x/#", "http://x y", "http://x/a b", "http://x\\y"),
        *("http://[::1", "http://x/\n", f"http://{'x' * 64}.com", "http://a..b", "http://\ud800"),
    ],
)
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(TargetError):
        checked_target(target, allow_plain_http=True)


def test_tls_needs_no_leave() -> None:
    assert checked_target("https://example.com/base/", allow_plain_http=False).endswith("/base")
