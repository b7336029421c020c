"""Where links start behind a proxy that speaks RFC 7239, and behind one that says what can't be."""

from __future__ import annotations

import pytest

from sampan.fake_server.http.exchange import Exchange, base

_HOST = {"host": "fake.test"}


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"forwarded": "host=a.test;proto=https"}, "https://a.test"),
        ({"forwarded": 'for=192.0.2.1;Host="a.test:81" ; Proto=HTTP'}, "http://a.test:81"),
        ({"forwarded": 'host="[::1]:8443";proto=https'}, "https://[::1]:8443"),
        ({"forwarded": "for=192.0.2.1;host=a.test, host=inner;proto=https"}, "http://a.test"),
        ({"forwarded": 'for="a, b";host=a.test'}, "http://a.test"),
        ({"forwarded": "for=192.0.2.1"}, "http://fake.test"),
        ({"forwarded": 'host="a b";proto=javascript'}, "http://fake.test"),
        ({"forwarded": 'host="a.test'}, "http://fake.test"),
        ({"forwarded": "host=;proto="}, "http://fake.test"),
        ({"forwarded": '"' * 60_000}, "http://fake.test"),
        ({"forwarded": "host=" * 12_000}, "http://fake.test"),
        ({"forwarded": "host=a.test", "x-forwarded-host": "b.test"}, "http://b.test"),
        ({"forwarded": "proto=https", "x-forwarded-proto": "http"}, "http://fake.test"),
        ({"forwarded": "proto=https", "x-forwarded-port": "8443"}, "https://fake.test:8443"),
        ({"x-forwarded-port": "0"}, "http://fake.test"),
    ],
    ids=lambda given: str(given)[:60],
)
def test_links_start_where_the_client_is(headers: dict[str, str], origin: str) -> None:
    named = {name.encode(): text.encode() for name, text in {**_HOST, **headers}.items()}
    exchange = Exchange("POST", "/jobs/find", [*named.items()], "http", ("127.0.0.1", 8091))
    assert base(None, exchange, named) == origin
