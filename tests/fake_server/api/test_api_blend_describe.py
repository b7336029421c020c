"""Blend and describe: links to pictures, of which none is ever fetched (page, Job Blend and Job
Describe).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.controls import Control
from tests.support.fakes import ADDRESS, Caller, MakeFake, refused

BLEND, DESCRIBE = "/jobs/blend", "/jobs/describe"
OTHER = "https://mjeast.sfo3.digitaloceanspaces.com/f052f826-0568-45a1-8797-0a120c92aa42_4.png"


def links(number: int) -> str:
    return " ".join(f"http://pictures.test/{n}.png" for n in range(number))


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_two_to_five_pictures_become_one_job(abc: Caller, number: int) -> None:
    record = abc.finished(BLEND, content=links(number))
    assert (record["status"], record["job_type"], record["error"]) == (2000, "blend", None)
    assert record["msg_display"] == record["msg_content"] == links(number)
    assert record["original_url"].endswith("_4.png")


@pytest.mark.parametrize("number", [0, 1, 6, 7, 500])
def test_fewer_or_more_are_refused(abc: Caller, number: int) -> None:
    assert refused(abc.post(BLEND, {"content": links(number)})) == 301
    assert abc.found()["total"] == 0


@pytest.mark.parametrize("gap", ["  ", "\n", "\t ", "\u3000"])
def test_any_blanks_part_links(abc: Caller, gap: str) -> None:
    content = f" {OTHER}{gap}{OTHER} "
    assert abc.finished(BLEND, content=content)["status"] == 2000


@pytest.mark.parametrize("content", [None, 5, [], [OTHER, OTHER], {}, True, "", " "])
@pytest.mark.parametrize("path", [BLEND, DESCRIBE])
def test_content_must_be_a_string_of_links(abc: Caller, path: str, content: object) -> None:
    assert refused(abc.post(path, {"content": content})) == 301
    missing = abc.post(path, {"sender_id": "x"})
    assert missing.json() == {"errno": 301, "errmsg": "MISSING PARAMETER"}


@pytest.mark.parametrize(
    "word",
    [
        *("word", "ftp://a.test/1.png", "http://", "http:/a.test", "javascript:x", "http://[::1"),
        *(
            "http://:80",
            "http://a:99999/1.png",
            "http://a:b/",
            "http://?x",
            "http://a..b/",
            "//a/b",
        ),
        *("http://256.1.1.1/1.png", "http://a/%zz.png", "http://a|b/1.png", "http://a/\x7f"),
    ],
)
def test_a_blend_of_what_is_no_link_never_becomes_a_picture(abc: Caller, word: str) -> None:
    record = abc.finished(BLEND, content=f"{OTHER} {word}")
    assert record["status"] == 4000
    assert record["error"] == "not a link"
    assert record["img_buffer"] is None


@pytest.mark.parametrize(
    "content",
    [
        *(f"{OTHER} {OTHER}", "word", "two words", "ftp://a.test/1.png", "http://", "//a/b.png"),
        *("http://:80", "http://a:99999/1.png", "http://[::1/", "http://a/%", "http://a/\x00"),
    ],
)
def test_describe_takes_one_link(abc: Caller, content: str) -> None:
    assert refused(abc.post(DESCRIBE, {"content": content})) == 301
    assert abc.found()["total"] == 0


def test_a_description_is_four_numbered_prompts_and_the_links_own(abc: Caller) -> None:
    first = abc.finished(DESCRIBE, content=OTHER)
    assert (first["status"], first["job_type"], first["error"]) == (2000, "describe", None)
    prompts = first["description"].split("\n\n")
    assert [prompt[0] for prompt in prompts] == ["1", "2", "3", "4"]
    assert len({prompt[1:] for prompt in prompts}) == 4
    again = abc.finished(DESCRIBE, content=f" {OTHER} ")
    assert again["description"] == first["description"]
    other = abc.finished(DESCRIBE, content="http://pictures.test/other.png")
    assert other["description"] != first["description"]


def test_a_describe_makes_no_picture_and_tells_nothing_before_its_end(abc: Caller) -> None:
    hash = abc.submit(DESCRIBE, content=OTHER)
    assert abc.record(hash)["description"] is None
    abc.fake.wall += 1000
    assert abc.record(hash)["description"] is None
    assert abc.record(hash)["img_prog"] is None
    abc.fake.wall += 1000
    record = abc.record(hash)
    about = ("img_buffer", "img_thumb", "original_url", "img_format", "img_width", "img_height")
    assert [record[key] for key in (*about, "img_length", "img_md5")] == [None] * 8


# Links to pictures of the fake itself


def test_a_blend_of_the_fakes_own_pictures_leans_on_them(abc: Caller) -> None:
    first, second = abc.picture("one"), abc.picture("two")
    own = f"{first['original_url']} {second['img_buffer']}"
    record = abc.finished(BLEND, content=own)
    assert record["status"] == 2000
    path = record["original_url"].removeprefix("http://fake.test")
    assert Image.open(BytesIO(abc.fake.get(path).content)).size == (1024, 1024)


@pytest.mark.parametrize("key", ["img_buffer", "img_thumb", "original_url"])
def test_every_link_of_a_record_is_a_picture(abc: Caller, key: str) -> None:
    record = abc.picture()
    assert abc.finished(DESCRIBE, content=record[key])["status"] == 2000
    asked = f"{record[key]}?size=large#top"
    assert abc.finished(DESCRIBE, content=asked)["status"] == 2000


def spellings(link: str) -> list[str]:
    """A link of the fake, in other words: each is one request to one server."""
    host, path = "http://fake.test", link.removeprefix("http://fake.test")
    return [
        host + path.replace("-", "%2D"),
        host + path.replace("-", "%2d").replace("i", "%69"),
        f"HTTP://FAKE.Test{path}",
        f"http://fake.test:80{path}",
        f"http://fake.test:{path}",
        f"http://fake.test.{path}",
        f"http://user:secret@fake.test{path}",
        f"{host}/x/..{path}",
        f"{host}/.{path}?size=large#top",
        f"{host}/x/%2E%2e{path}",
    ]


@pytest.mark.parametrize("key", ["img_buffer", "img_thumb", "original_url"])
def test_a_link_in_other_words_is_the_same_picture(abc: Caller, key: str) -> None:
    """What a GET finds is what a blend finds."""
    record = abc.picture()
    plain = abc.finished(BLEND, content=f"{record[key]} {record[key]}")
    assert plain["status"] == 2000
    for link in spellings(record[key]):
        path = "/" + link.split("/", 3)[3].partition("#")[0]
        assert abc.fake.get(path).status_code == 200, link
        assert abc.finished(DESCRIBE, content=link)["status"] == 2000, link
        assert abc.finished(BLEND, content=f"{link} {link}")["status"] == 2000, link


def test_a_missing_picture_in_other_words_is_as_missing(abc: Caller) -> None:
    for link in spellings("http://fake.test/image/f052f826-0568-45a1-8797-0a120c92aa42.png"):
        path = "/" + link.split("/", 3)[3].partition("#")[0]
        assert abc.fake.get(path).status_code == 404, link
        record = abc.finished(DESCRIBE, content=link)
        assert record["error"] == f"no picture at {_MISSING}", link


_MISSING = "/image/f052f826-0568-45a1-8797-0a120c92aa42.png"


@pytest.mark.parametrize("host", ["fake.test:8091", "other.test", "fake.test.evil", "xfake.test"])
def test_another_servers_picture_is_not_looked_up(abc: Caller, host: str) -> None:
    record = abc.finished(DESCRIBE, content=f"http://{host}{_MISSING}")
    assert (record["status"], record["error"]) == (2000, None)


def nowhere(caller: Caller) -> list[str]:
    """Links into the fake at which there is no picture, or none yet."""
    done = caller.picture()["job_id"]
    upscale = {"parent_hash": caller.find()[0]["hash"], "grid_num": 1}
    single = caller.finished("/jobs/upscale", **upscale)["job_id"]
    failed = caller.picture("a cat --fake fail")["job_id"]
    running = caller.record(caller.create())["job_id"]
    none = "f052f826-0568-45a1-8797-0a120c92aa42"
    paths = (
        *("/", "/openapi.yaml", f"/image/{none}.png", f"/{none}_4.png", f"/{done}.png"),
        *(f"/{single}_4.png", f"/image/{failed}.png", f"/image/{running}.png", f"/{done}_5.png"),
        *(f"/image/{done}.jpg", f"/image/{done}_prog.png", f"/image/{done}_4.png"),
    )
    return [f"http://fake.test{path}" for path in paths]


def test_a_link_into_the_fake_where_no_picture_is_fails_the_job(abc: Caller) -> None:
    jobs = []
    for link in nowhere(abc):
        jobs.append((link, abc.submit(BLEND, content=f"{OTHER} {link}")))
        jobs.append((link, abc.submit(DESCRIBE, content=link)))
    abc.fake.wall += 2000
    for link, hash in jobs:
        record = abc.record(hash)
        assert record["status"] == 4000, link
        assert record["error"].startswith("no picture at /"), link
        assert record["description"] is None


def test_the_fakes_address_is_the_one_its_client_uses(make_fake: MakeFake) -> None:
    abc = make_fake(external_url="https://pictures.example:8443/fake").login()
    missing = "/image/f052f826-0568-45a1-8797-0a120c92aa42.png"
    inside = f"https://pictures.example:8443/fake{missing}"
    assert abc.finished(DESCRIBE, content=inside)["status"] == 4000
    assert abc.finished(DESCRIBE, content=f"http://fake.test{missing}")["status"] == 2000
    own = abc.picture()["img_buffer"]
    assert own.startswith("https://pictures.example:8443/fake/image/")
    assert abc.finished(DESCRIBE, content=own)["status"] == 2000


# No request leaves the process


class Forbidden(BaseException):
    """Raised where the code would reach out; no ``except Exception`` can hide it."""


#: Every way out that Python's audit hooks report.
WAYS_OUT = (
    *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"),
    *("socket.sendto", "socket.sendmsg", "urllib.Request", "http.client.connect", "ftplib.connect"),
    *("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "webbrowser.open"),
)
_watching = [False]


def _hook(event: str, _arguments: tuple[Any, ...]) -> None:
    if _watching[0] and event in WAYS_OUT:
        raise Forbidden(event)


sys.addaudithook(_hook)  # can't be taken away again: it sleeps outside ``no_way_out``


@contextmanager
def no_way_out() -> Iterator[None]:
    _watching[0] = True
    try:
        yield
    finally:
        _watching[0] = False


def test_the_watch_sees_a_request() -> None:
    import socket

    with no_way_out(), pytest.raises(Forbidden), socket.socket() as reaching:
        reaching.connect(("127.0.0.1", 9))
    with no_way_out(), pytest.raises(Forbidden):
        socket.getaddrinfo("127.0.0.1", 9)


LINKS: dict[str, Callable[[Caller], str]] = {
    "a picture elsewhere": lambda caller: OTHER,
    "a host that is nowhere": lambda caller: "http://nowhere.invalid/1.png",
    "a port of this machine": lambda caller: "http://127.0.0.1:9/1.png",
    "an address of clouds": lambda caller: "http://169.254.169.254/latest/meta-data/",
    "credentials in it": lambda caller: "https://user:secret@pictures.test/1.png",
    "IPv6": lambda caller: "http://[::1]:9/1.png",
    "a host in Chinese": lambda caller: "https://小船.test/图.png",
    "a file": lambda caller: "file:///etc/passwd",
    "data": lambda caller: "data:image/png;base64,iVBORw0KGgo=",
    "ftp": lambda caller: "ftp://pictures.test/1.png",
    "no link": lambda caller: "word",
    "an own picture": lambda caller: str(caller.picture()["original_url"]),
    "an own page": lambda caller: "http://fake.test/openapi.yaml",
    "nothing of its own": lambda caller: nowhere(caller)[2],
}


@pytest.mark.parametrize("kind", LINKS)
def test_no_request_leaves_the_process(abc: Caller, kind: str) -> None:
    link = LINKS[kind](abc)
    with no_way_out():
        for path, content in ((BLEND, f"{link} {link}"), (DESCRIBE, link)):
            abc.post(path, {"content": content})
            abc.fake.wall += 2000
            for record in abc.find(limit=100):
                if record["img_buffer"] is not None:
                    abc.fake.get(record["img_buffer"].removeprefix("http://fake.test"))


def test_a_link_to_the_picture_of_an_account_with_a_profile_of_its_own_is_served(
    make_fake: MakeFake,
) -> None:
    fake = make_fake({"find-scope": "all", "blend-result": "single", "image-frame": "framed"})
    own = {"blend-result": "grid", "image-frame": "raw"}
    Control(fake).put("profile", account="abc", profile="documented", answers=own)
    mine = fake.login().finished(BLEND, content=links(2))
    (seen,) = fake.login("limited").find()
    for name in ("img_buffer", "img_thumb", "original_url"):
        assert seen[name] == mine[name]
        assert fake.get(seen[name].removeprefix(ADDRESS)).status_code == 200
    assert seen["img_length"] == len(fake.get(seen["img_buffer"].removeprefix(ADDRESS)).content)
