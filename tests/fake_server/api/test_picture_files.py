"""Pictures as HTTP gives them: whole, in part, not again, and at the address a client can reach."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.support.fakes import ADDRESS, Caller, Fake, MakeFake, envelope

Record = dict[str, Any]
UNKNOWN = "f052f826-0568-45a1-8797-0a120c92aa42"


def path(link: str) -> str:
    """The path of a link into a fake in this process."""
    assert link.startswith(f"{ADDRESS}/")
    return link.removeprefix(ADDRESS)


def load(data: bytes) -> Image.Image:
    """A picture, every pixel decoded."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.fixture
def picture(abc: Caller) -> tuple[Fake, str, bytes]:
    """A fake, the path of a picture in it and the file."""
    where = path(abc.picture()["img_buffer"])
    return abc.fake, where, abc.fake.get(where).content


@pytest.mark.parametrize(
    ("prompt", "inner"),
    [
        ("a cat", (1024, 1024)),
        ("a cat --ar 1:1 --niji", (1024, 1024)),
        ("a cat --ar 16:9", (1456, 816)),
        ("a cat --ar 9:16", (816, 1456)),
        ("a cat --ar 3:2", (1344, 896)),
        ("a cat --ar 2:3", (896, 1344)),
        ("a cat --ar 4:3", (1232, 928)),
        ("a cat --ar 3:4", (928, 1232)),
    ],
)
def test_what_a_record_says_of_its_pictures_is_true(
    abc: Caller, prompt: str, inner: tuple[int, int]
) -> None:
    record = abc.picture(prompt)
    files = {
        key: abc.fake.get(path(record[key])) for key in ("img_buffer", "img_thumb", "original_url")
    }
    images = {key: load(answer.content) for key, answer in files.items()}
    for key, answer in files.items():
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert images[key].format == record["img_format"].upper()
    image, thumb, original = (images[key] for key in files)
    assert original.size == inner
    assert image.size == (inner[0] + 64, inner[1] + 128)
    assert image.size == (record["img_width"], record["img_height"])
    assert len(files["img_buffer"].content) == record["img_length"]
    assert thumb.width == 256
    assert abs(thumb.height - 256 * inner[1] / inner[0]) <= 2


@pytest.mark.parametrize("ratio", ["9999:1", "1:9999", "7:5", "1:1000", "21:9", "0:1", "00:0"])
def test_any_shape_is_drawn_and_told_truly(abc: Caller, ratio: str) -> None:
    record = abc.picture(f"a cat --ar {ratio}")
    data = abc.fake.get(path(record["img_buffer"])).content
    assert load(data).size == (record["img_width"], record["img_height"])
    assert len(data) == record["img_length"]
    load(abc.fake.get(path(record["img_thumb"])).content)


def test_an_upscale_and_a_single_blend_are_told_of_truly(make_fake: MakeFake) -> None:
    abc = make_fake({"blend-result": "single"}).login()
    upscale = abc.finished("/jobs/upscale", parent_hash=abc.picture()["hash"], grid_num=3)
    blend = abc.finished("/jobs/blend", content="http://a.test/1.png http://a.test/2.png")
    for record in (upscale, blend):
        image = abc.fake.get(path(record["img_buffer"])).content
        assert load(image).size == (record["img_width"], record["img_height"])
        assert len(image) == record["img_length"]
        assert load(abc.fake.get(path(record["original_url"])).content).size == (2048, 2048)


def test_pictures_need_no_token_and_differ_from_job_to_job(abc: Caller) -> None:
    files = {abc.fake.get(path(abc.picture()["img_buffer"])).content for _ in range(10)}
    assert len(files) == 10


def test_the_same_job_gives_the_same_bytes(make_fake: MakeFake) -> None:
    def files() -> list[bytes]:
        abc = make_fake(seed=3).login()
        record = abc.picture()
        keys = ("img_buffer", "img_thumb", "original_url")
        return [abc.fake.get(path(record[key])).content for key in keys for _ in range(2)]

    assert files() == files()


def test_a_preview_is_there_while_the_job_runs(abc: Caller) -> None:
    hash = abc.create()
    preview = f"/image/{abc.record(hash)['job_id']}_prog.png"
    assert abc.fake.get(preview).status_code == 404
    abc.fake.wall += 1000
    assert path(abc.record(hash)["img_prog"]) == preview
    assert load(abc.fake.get(preview).content).width > 0
    abc.fake.wall += 1000
    assert abc.fake.get(preview).status_code == 404


# HTTP


def test_a_head_is_a_get_without_its_body(picture: tuple[Fake, str, bytes]) -> None:
    fake, where, data = picture
    head, get = fake.send("HEAD", where), fake.get(where)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == get.headers
    assert head.headers["content-length"] == str(len(data))
    assert head.headers["accept-ranges"] == "bytes"


def test_a_head_knows_no_range(picture: tuple[Fake, str, bytes]) -> None:
    fake, where, data = picture
    head = fake.send("HEAD", where, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(data)))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_picture_is_only_read(picture: tuple[Fake, str, bytes], method: str) -> None:
    fake, where, _ = picture
    answer = fake.send(method, where)
    assert (answer.status_code, envelope(answer)["errno"]) == (404, 410)


def test_a_picture_that_is_known_is_not_sent_again(picture: tuple[Fake, str, bytes]) -> None:
    fake, where, data = picture
    etag = fake.get(where).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', f"{etag},W/{etag}", "*"):
        for method in ("GET", "HEAD"):
            answer = fake.send(method, where, headers={"If-None-Match": known})
            assert answer.status_code == 304, known
            assert answer.content == b""
            assert answer.headers["etag"] == etag
            assert "content-length" not in answer.headers
    for unknown in ('"other"', etag.strip('"'), "", etag.replace('"', '"x')):
        answer = fake.get(where, if_none_match=unknown)
        assert (answer.status_code, answer.content) == (200, data), unknown


def test_views_of_a_job_have_tags_of_their_own(abc: Caller) -> None:
    record = abc.picture()
    keys = ("img_buffer", "img_thumb", "original_url")
    assert len({abc.fake.get(path(record[key])).headers["etag"] for key in keys}) == 3


#: A range, and the part of the file that it is, from and to.
RANGES = {
    "bytes=0-0": (0, 1),
    "bytes=0-99": (0, 100),
    "bytes=100-199": (100, 200),
    "bytes=100-": (100, None),
    "bytes=-50": (-50, None),
    "bytes=-99999999": (0, None),
    "bytes=10-99999999": (10, None),
    " bytes=5-9 ": (5, 10),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_part_may_be_asked_for(picture: tuple[Fake, str, bytes], asked: str) -> None:
    fake, where, data = picture
    start, stop = RANGES[asked]
    part = data[start:stop]
    answer = fake.get(where, range=asked)
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-length"] == str(len(part))
    first = data.index(part) if len(part) > 20 else start
    told = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
    assert answer.headers["content-range"] == told
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"] == fake.get(where).headers["etag"]


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(picture: tuple[Fake, str, bytes], asked: str) -> None:
    fake, where, data = picture
    answer = fake.get(where, range=asked)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize(
    "asked",
    [
        *(
            "bytes=0-9,20-29",
            "bytes=9-5",
            "bytes=-",
            "bytes=",
            "bytes",
            "",
            "lines=1-2",
            "bytes=a-b",
        ),
        *("bytes=1.5-2", "bytes=--5", "bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000),
    ],
)
def test_what_is_not_one_range_gets_the_whole(picture: tuple[Fake, str, bytes], asked: str) -> None:
    fake, where, data = picture
    answer = fake.get(where, range=asked)
    assert (answer.status_code, answer.content) == (200, data)
    assert "content-range" not in answer.headers


def test_a_part_is_sent_only_of_the_file_that_is_meant(picture: tuple[Fake, str, bytes]) -> None:
    fake, where, data = picture
    etag = fake.get(where).headers["etag"]
    assert fake.get(where, range="bytes=0-9", if_range=etag).content == data[:10]
    for other in ('"other"', f"W/{etag}", "Tue, 02 Apr 2024 06:48:35 GMT"):
        assert fake.get(where, range="bytes=0-9", if_range=other).content == data


def test_parts_make_the_whole(picture: tuple[Fake, str, bytes]) -> None:
    fake, where, data = picture
    step = len(data) // 7 + 1
    parts = [
        fake.get(where, range=f"bytes={start}-{start + step - 1}").content
        for start in range(0, len(data), step)
    ]
    assert b"".join(parts) == data


# What is not there


@pytest.mark.parametrize(
    "where",
    [
        *(f"/image/{UNKNOWN}.png", f"/image/{UNKNOWN}_thumb.png", f"/{UNKNOWN}_4.png"),
        *(f"/image/{UNKNOWN}_prog.png", f"/{UNKNOWN}.png", "/image/", "/image/x.png", "/image"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_unknown_picture_is_404(fake: Fake, method: str, where: str) -> None:
    answer = fake.send(method, where)
    assert answer.status_code == 404
    if method == "GET":
        assert envelope(answer) == {"errno": 410, "errmsg": "NOT FOUND"}
    assert answer.headers["x-fake-reason"]


def test_a_job_has_the_pictures_of_its_kind_alone(abc: Caller) -> None:
    grid = abc.picture()
    single = abc.finished("/jobs/upscale", parent_hash=grid["hash"], grid_num=1)
    describe = abc.finished("/jobs/describe", content="http://a.test/1.png")
    failed = abc.picture("a cat --fake fail")
    for job, suffix in (
        *(
            (grid, ".png"),
            (grid, "_5.png"),
            (grid, "_4.webp"),
            (grid, "_4.PNG"),
            (single, "_4.png"),
        ),
        *((describe, ".png"), (describe, "_4.png"), (failed, "_4.png")),
    ):
        answer = abc.fake.get(f"/{job['job_id']}{suffix}")
        assert (answer.status_code, envelope(answer)["errno"]) == (404, 410), suffix


def test_no_picture_is_there_before_the_job_is_finished(abc: Caller) -> None:
    job = abc.record(abc.create())["job_id"]
    for _ in range(4):
        for where in (f"/image/{job}.png", f"/image/{job}_thumb.png", f"/{job}_4.png"):
            assert abc.fake.get(where).status_code == 404
        abc.fake.wall += 499
    abc.fake.wall += 4
    assert abc.fake.get(f"/image/{job}.png").status_code == 200


# Where links point


#: Headers of a request, and where the links of its answer start.
ADDRESSES: dict[str, tuple[dict[str, str], str]] = {
    "the host that was asked": ({}, "http://fake.test"),
    "host and port": ({"Host": "sampan:8091"}, "http://sampan:8091"),
    "IPv6": ({"Host": "[::1]:8091"}, "http://[::1]:8091"),
    "a mapped port": ({"Host": "localhost:32768"}, "http://localhost:32768"),
    "a proxy's host": ({"X-Forwarded-Host": "fake.example"}, "http://fake.example"),
    "no scheme": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Proto": "javascript"},
        "http://fake.example",
    ),
    "no host": ({"X-Forwarded-Host": "a b", "Host": "fake.example"}, "http://fake.example"),
    "no host with quotes": ({"Host": 'x"y'}, "http://fake.test"),
    "a proxy with TLS": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Proto": "https"},
        "https://fake.example",
    ),
    "a proxy's port": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Port": "8443"},
        "http://fake.example:8443",
    ),
    "a port twice": (
        {"X-Forwarded-Host": "fake.example:8443", "X-Forwarded-Port": "8443"},
        "http://fake.example:8443",
    ),
    "a chain of proxies": (
        {"X-Forwarded-Host": "outer.example, inner", "X-Forwarded-Proto": "https, http"},
        "https://outer.example",
    ),
    "a path before it": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Prefix": "/sampan/"},
        "http://fake.example/sampan",
    ),
    "an empty host": ({"Host": ""}, "http://fake.test"),
    "a host without labels": ({"Host": ".."}, "http://fake.test"),
    "a port that is none": ({"Host": "sampan:99999"}, "http://fake.test"),
    "an address that is none": ({"Host": "256.1.1.1"}, "http://fake.test"),
    "IPv6 that is none": ({"Host": "[:::1]:80"}, "http://fake.test"),
    "a forwarded port that is none": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Port": "65536"},
        "http://fake.example",
    ),
    "a long forwarded port": (
        {"X-Forwarded-Host": "fake.example", "X-Forwarded-Port": "9" * 5000},
        "http://fake.example",
    ),
    "a forwarded port of IPv6": (
        {"X-Forwarded-Host": "[::1]", "X-Forwarded-Port": "8443"},
        "http://[::1]:8443",
    ),
    "ports of a chain": (
        {"X-Forwarded-Host": "a.test", "X-Forwarded-Port": "8443, 80"},
        "http://a.test:8443",
    ),
    "a forwarded host that is none": (
        {"X-Forwarded-Host": "fake.example:99999", "Host": "a.test"},
        "http://a.test",
    ),
    "prefixes of a chain": (
        {"X-Forwarded-Host": "a.test", "X-Forwarded-Prefix": "/p, /q"},
        "http://a.test/p",
    ),
    "a forwarded path with an escape": (
        {"X-Forwarded-Host": "a.test", "X-Forwarded-Prefix": "/p%20q"},
        "http://a.test/p%20q",
    ),
    **{
        f"a forwarded path that is none: {path}": (
            {"X-Forwarded-Host": "a.test", "X-Forwarded-Prefix": path},
            "http://a.test",
        )
        for path in (
            '/p q"<>\\',
            "p",
            "/p?q",
            "/p#q",
            "/%zz",
            "/..",
            "/p/../q",
            "?",
            "@x",
            "/" + "p" * 5000,
        )
    },
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_links_start_where_the_client_is(abc: Caller, name: str) -> None:
    abc.picture()
    asked, start = ADDRESSES[name]
    token = {"Authorization": f"Bearer {abc.token}"}
    (record,) = envelope(abc.fake.send("POST", "/jobs/find", b"{}", {**token, **asked}))["data"][
        "res"
    ]
    job = record["job_id"]
    assert record["img_buffer"] == f"{start}/image/{job}.png"
    assert record["img_thumb"] == f"{start}/image/{job}_thumb.png"
    assert record["original_url"] == f"{start}/{job}_4.png"


def test_an_external_url_wins_over_every_header(make_fake: MakeFake) -> None:
    abc = make_fake(external_url="https://public.example/fake").login()
    abc.picture()
    token = {"Authorization": f"Bearer {abc.token}"}
    for asked, _ in ADDRESSES.values():
        answer = abc.fake.send("POST", "/jobs/find", b"{}", {**token, **asked})
        (record,) = envelope(answer)["data"]["res"]
        assert record["img_buffer"].startswith("https://public.example/fake/image/")
