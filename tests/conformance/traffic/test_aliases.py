"""The names by which clients reach the target are learnt from what they send as Host."""

from __future__ import annotations

import pytest

from sampan.conformance.http.connection import Request
from sampan.conformance.traffic.aliases import Aliases

TARGET = "http://api.test:8091/v1"


def aliases(*hosts: str) -> Aliases:
    found = Aliases(TARGET)
    for host in hosts:
        found.learn(Request("POST", f"{TARGET}/jobs/find", (("hOST", host),)))
    return found


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("http://127.0.0.1:8090/a/b.png?c#d", "http://api.test:8091/a/b.png?c#d"),
        ("http://LOCALHOST:8090/a", "http://api.test:8091/a"),
        ("http://api.test:8091/a", "http://api.test:8091/a"),
        ("http://127.0.0.1:8089/a", "http://127.0.0.1:8089/a"),
        ("https://pictures.test/a", "https://pictures.test/a"),
        ("ftp://127.0.0.1:8090/a", "ftp://127.0.0.1:8090/a"),
        ("no link", "no link"),
        ("http://[::1/a", "http://[::1/a"),
        ("", ""),
    ],
)
def test_a_link_by_another_name_leads_to_the_target(url: str, home: str) -> None:
    assert aliases("127.0.0.1:8090", "localhost:8090").home(url) == home


def test_they_are_bounded() -> None:
    many = aliases(*(f"h{number}.test" for number in range(1000)))
    assert many.home("http://h0.test/a") == "http://api.test:8091/a"
    assert many.home("http://h999.test/a") == "http://h999.test/a"


def test_a_request_without_a_host_teaches_nothing() -> None:
    found = Aliases(TARGET)
    found.learn(Request("POST", f"{TARGET}/jobs/find"))
    assert found.home("http:///a") == "http:///a"
