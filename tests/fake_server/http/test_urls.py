"""What is a URL and what is none, and when two are the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.http import urls
from sampan.fake_server.http.urls import Authority

#: Each was taken for a URL by some parser that takes a text apart and looks no further.
NONE = (
    *("", "word", "http", "http:", "http:/", "http://", "http:///", "http:///path", "//a/b"),
    *("http:a", "http:/a", "http:\\\\a", "ftp://a/", "file:///etc", "javascript:x", "httpx://a"),
    # the host
    *(
        "http://:80",
        "http://:80/x",
        "http://:",
        "http://?x",
        "http://#x",
        "http://@/x",
        "http://u@",
    ),
    *("http://.", "http://..", "http://a..b/", "http://.a/", "http://-a.test/", "http://a-.test"),
    *("http://a b/", "http://a<b>/", "http://a|b/", "http://a\\b", "http://a%/", "http://%00/"),
    *(
        "http://a%20b/",
        "http://a%2Fb/",
        "http://*/",
        "http://a'b/",
        "http://\u200b/",
        "http://xn--/",
    ),
    *("http://256.1.1.1/", "http://1.2.3/", "http://1.2.3.4.5/", "http://999", "http://01.2.3.4/"),
    *(
        "http://[::1",
        "http://[]/",
        "http://[zz]/",
        "http://[1.2.3.4]/",
        "http://[::1]x/",
        "http://::1/",
    ),
    *("http://[::1%25eth0]/", "http://[[::1]]/", f"http://{'a' * 64}/", f"http://{'a.' * 127}test"),
    f"http://{'é' * 1_000_000}/",
    # the port
    *("http://a:b/", "http://a:99999", "http://a:65536/", "http://a:-1/", "http://a:+80/"),
    *("http://a: 80/", "http://a:8 0/", "http://a:80:80/", "http://a:８０/", "http://a:0x50/"),
    f"http://a:{'9' * 5000}/",
    # the rest, and what is around it
    *(
        "http://a/%",
        "http://a/%zz",
        "http://a/100%.png",
        "http://a/{x}",
        "http://a/<x>",
        'http://a/"',
    ),
    *(
        "http://a/x y",
        "http://a/x\ty",
        "http://a/\n",
        "http://a/\x00",
        "http://a/\x7f",
        "http://a/|",
    ),
    *(
        "http://a/\u00a0",
        "http://a/\u3000",
        "http://a/x#y#z",
        " http://a/",
        "http://a/ ",
        "\x00http://a",
    ),
    *(
        "ht\ttp://a/",
        "http://a/\\x",
        "http://a/?%",
        "http://a/#%",
        "http://u ser@a/",
        "http://u@p@a/",
    ),
)
SOUND = (
    *(
        "http://a",
        "https://a/",
        "HTTP://A.test:80/x",
        "http://a:/x",
        "http://a:0/",
        "http://a:65535",
    ),
    *(
        "http://a.test.",
        "http://a_b/",
        "http://1a/",
        "http://127.0.0.1:9/1.png",
        "http://[::1]:9/x",
    ),
    *(
        "http://[::ffff:1.2.3.4]/",
        "https://user:secret@a.test/1.png",
        "http://u%40v@a/",
        "http://a?b?c",
    ),
    *("https://小船.test/图.png", "http://a/%E5%9B%BE.png", "http://a/b;c=d,e/(f)!$&'*+=:@~-._"),
    *(
        "http://a/x?y[]=1&z=http://b/#top/?",
        "http://a//b",
        "http://a/b/../c",
        "http://xn--yet010g.test",
    ),
    f"http://{'a' * 63}.test/{'x' * 100_000}",
)


@pytest.mark.parametrize("text", NONE, ids=lambda text: ascii(text)[:40])
def test_what_is_no_url(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="is not"):
        urls.parse(text)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("text", SOUND, ids=lambda text: ascii(text)[:40])
def test_what_is_a_url(text: str) -> None:
    assert urls.parse(text).scheme in ("http", "https")


#: Texts of one URL, each as a client may write it.
SAME: tuple[tuple[str, ...], ...] = (
    ("http://fake.test/a", "HTTP://fake.test/a", "http://FAKE.Test:80/a", "http://fake.test:/a"),
    ("http://fake.test/a-b", "http://fake.test./a%2Db", "http://u@fake.test:080/%61%2d%62"),
    ("https://a/", "https://a", "https://a:443", "https://a:443/.", "https://a/b/.."),
    (
        "http://a/b/c",
        "http://a/x/../b/./c",
        "http://a/b/%2e/c",
        "http://a/b/d/%2E%2e/c",
        "http://a/../b/c",
    ),
    ("http://a/b/", "http://a/b/.", "http://a/b/c/.."),
    ("http://[::1]:9/x", "http://[0:0:0:0:0:0:0:1]:9/x", "http://[::0001]:9/x"),
    (
        "http://小船.test/图",
        "http://xn--yet010g.test/%E5%9B%BE",
        "http://%E5%B0%8F船.TEST/%e5%9b%be",
    ),
)


@pytest.mark.parametrize("same", SAME, ids=lambda same: ascii(same[0]))
def test_two_texts_of_one_url_are_equal(same: tuple[str, ...]) -> None:
    assert len({urls.parse(text)[:4] for text in same}) == 1


def test_different_urls_stay_different() -> None:
    texts = (
        "http://a/b",
        "https://a/b",
        "http://a:8/b",
        "http://a/B",
        "http://a//b",
        "http://ab/b",
    )
    assert len({urls.parse(text)[:4] for text in texts}) == len(texts)


@given(st.text(alphabet="ab./", max_size=20))
def test_a_path_in_its_normal_form_stays_as_it_is(rest: str) -> None:
    once = urls.normal_path(f"/{rest}")
    assert urls.normal_path(once) == once
    assert once.startswith("/")
    assert not {".", ".."} & set(once.split("/"))


@given(st.text(max_size=40))
def test_whatever_is_read_is_a_url_or_a_value_error(text: str) -> None:
    for read in (urls.parse, urls.address, urls.origin, urls.authority):
        for whole in (text, f"http://{text}"):
            try:
                read(whole)
            except ValueError:
                continue


@pytest.mark.parametrize(
    "text", ["http://u@a/", "http://a/?x", "http://a?", "http://a/#x", "http://a/#", "http://:80"]
)
def test_a_servers_address_is_no_more_than_that(text: str) -> None:
    with pytest.raises(ValueError, match=r"has more than|is not"):
        urls.address(text)
    assert urls.address("http://a:8091/under/").path == "/under/"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTPS://A.test:443", "https://a.test"),
        ("http://a:443", "http://a:443"),
        ("moz-extension://AB-cd", "moz-extension://ab-cd"),
    ],
)
def test_an_origin_has_one_form(text: str, origin: str) -> None:
    assert urls.origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["null", "", "*", "a.test", "http://a/", "http://a/x", "http://u@a", "file://", "x://a/b"],
)
def test_what_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an|has"):
        urls.origin(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.test:80", Authority("a.test", 80)),
        ("A", Authority("a", None)),
        ("[::0]:1", Authority("::", 1)),
    ],
)
def test_a_host_and_its_port(text: str, found: Authority) -> None:
    assert urls.authority(text) == found
    assert urls.authority(str(found)) == found


@pytest.mark.parametrize(
    ("path", "sound"),
    [
        ("", True), ("/p", True), ("/p/q%20r", True), ("p", False), ("/p q", False),
        ("/p?q", False), ("/p#q", False), ("/%zz", False), ("/..", False),
        ("/p/./q", False), ("/%2e%2e", False), ('/p q"<>\\', False),
        ("/\u00e9", False), ("/p\r\nx", False),
    ],
)  # fmt: skip
def test_what_can_stand_before_a_path(path: str, sound: bool) -> None:
    assert urls.is_path(path) is sound
