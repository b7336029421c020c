"""What ``openapi/openapi.yaml`` takes as a request and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.openapi_document import PATHS, accepts, request_schema, validator

PARENT = {"parent_id": "p", "grid_num": 1}
UPSCALE = {"parent_hash": "h", "grid_num": 1}
LINK = "http://127.0.0.1/a.png"

SERVICES: tuple[Any, ...] = ("niji", ["other"], [None], {}, None)
KINDS: tuple[Any, ...] = ("upscale", [1], {}, None)

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("login", {}),
    ("login", {"username": "abc"}),
    ("login", {"password": "x"}),
    ("login", {"username": "", "password": "x"}),
    ("login", {"username": "abc", "password": ""}),
    ("login", {"username": "abc", "password": None}),
    ("login", {"username": ["abc"], "password": "x"}),
    *[("createJob", {"content": content}) for content in ("", " ", "\n\t\u3000", None, 5, ["a"])],
    ("createJob", {}),
    *[("findJobs", {"limit": limit}) for limit in (0, -1, "10", 1.5, None, True, 2**53)],
    *[("findJobs", {"timestamp_smaller_than": stamp}) for stamp in ("1712040515164", 0.5, 2**63)],
    *[("findJobs", {"service": service}) for service in SERVICES],
    *[("findJobs", {"job_type": kind}) for kind in KINDS],
    *[("findJobs", {"folders": folders}) for folders in ("f", [1], None)],
    *[("findJobs", {"prompt": prompt}) for prompt in (1, ["cat"], None)],
    *[("findJobs", {"favourite": favourite}) for favourite in ("true", 1, None)],
    *[("varyJob", {**PARENT, "grid_num": cell}) for cell in (0, 5, -1, "2", 1.5, None, True, [1])],
    *[("varyJob", {**PARENT, "parent_id": parent}) for parent in ("", None, 7)],
    *[("varyJob", {**PARENT, "content": content}) for content in ("", "  ", 7)],
    *[("varyJob", {key: PARENT[key]}) for key in PARENT],
    ("varyJob", {**PARENT, "sender_id": 7}),
    *[("upscaleJob", {**UPSCALE, "grid_num": cell}) for cell in (0, 5, "2", None)],
    *[("upscaleJob", {**UPSCALE, "parent_hash": parent}) for parent in ("", None, 7)],
    *[("upscaleJob", {key: UPSCALE[key]}) for key in UPSCALE],
    ("upscaleJob", {"parent_id": "p", "grid_num": 1}),
    ("blendImages", {}),
    *[("blendImages", {"content": content}) for content in ("", "  ", LINK, None, [LINK, LINK])],
    ("blendImages", {"content": " ".join([LINK] * 6)}),
    ("describeImage", {}),
    *[("describeImage", {"content": content}) for content in ("", " ", f"{LINK} {LINK}", None)],
]

TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("login", {"username": "小船", "password": " "}),
    *[("createJob", {"content": content}) for content in ("a", "上海", "🐱", "x" * 10_000, '"\n')],
    ("createJob", {"content": "a cat --ar 16:9 --niji", "unknown": [1]}),
    ("findJobs", {}),
    ("findJobs", {"limit": 1, "service": ["main", "niji"], "job_type": [], "prompt": ""}),
    ("findJobs", {"favourite": False, "folders": [], "hash": "h", "timestamp_smaller_than": 0}),
    *[("varyJob", {**PARENT, "grid_num": cell}) for cell in (1, 2, 3, 4)],
    ("varyJob", {**PARENT, "sender_id": None}),
    *[("upscaleJob", {**UPSCALE, "grid_num": cell}) for cell in (1, 2, 3, 4)],
    ("blendImages", {"content": f"{LINK} {LINK}", "sender_id": None}),
    ("blendImages", {"content": "no links"}),  # open: blend-bad-link
    ("describeImage", {"content": LINK}),
]


@pytest.mark.parametrize(("operation", "body"), REFUSED)
def test_a_wrong_body_is_refused(operation: str, body: dict[str, Any]) -> None:
    assert not validator(request_schema(operation)).is_valid(body)


@pytest.mark.parametrize(("operation", "body"), TAKEN)
def test_a_right_body_is_taken(operation: str, body: dict[str, Any]) -> None:
    validator(request_schema(operation)).validate(body)


@pytest.mark.parametrize("operation", PATHS)
def test_a_body_is_an_object(operation: str) -> None:
    bodies: tuple[Any, ...] = (None, [], "text", 1, True)
    for body in bodies:
        assert not validator(request_schema(operation)).is_valid(body)


WORDS = st.lists(st.from_regex(r"\S{1,12}", fullmatch=True), max_size=8)
BLANKS = st.sampled_from([" ", "  ", "\n", "\t "])


@given(words=WORDS, blank=BLANKS, around=st.sampled_from(["", " ", "\n"]))
def test_links_are_counted_by_the_blanks_between_them(
    words: list[str], blank: str, around: str
) -> None:
    content = around + blank.join(words) + around
    assert accepts("BlendImagesRequest", {"content": content}) == (2 <= len(words) <= 5)
    assert accepts("DescribeImageRequest", {"content": content}) == (len(words) == 1)
