"""A second, different request tells two causes apart, and keeps the rest testable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sampan.conformance.report import Report
from sampan.conformance.verdict import Verdict
from tests.support.examples import in_turn, sampled
from tests.support.judged import finding, judged, observation
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, refusal
from tests.support.tampering.making import PICTURES, all_records, asking

CHILDREN = ("upscaleJob", "varyJob")


def refusing(
    meant: Callable[[JSON], bool], *operations: str, errno: int = 301, times: int = 10**6
) -> Tampering:
    """Refuse such requests of the operations, so many times."""
    left = [times]

    def change(request: Request) -> Request | Reply:
        if not meant(request.fields) or not left[0]:
            return request
        left[0] -= 1
        return refusal(errno, "SERVICE_ERROR")

    return asking(change, *operations)


def prompt(fields: JSON) -> str:
    content = fields.get("content")
    return content if isinstance(content, str) else ""


def failed(report: Report) -> list[str]:
    return [one.id for one in report.findings if one.verdict is Verdict.FAIL]


def undecided(report: Report) -> list[str]:
    names = (Verdict.UNTESTABLE, Verdict.INCONCLUSIVE)
    return [one.id for one in report.findings if one.verdict in names]


#: What a server may refuse of a text.
SCRIPTS: dict[str, Callable[[str], bool]] = {
    "emoji": lambda text: any(ord(one) > 0xFFFF for one in text),
    "Chinese": lambda text: any("\u4e00" <= one < "\u9fff" for one in text),
    "anything but ASCII": lambda text: not text.isascii(),
}


@pytest.mark.parametrize(("script", "errno"), sampled(in_turn(list(SCRIPTS), [301, 501]), 3))
def test_a_script_that_is_refused_is_told_from_a_server_that_refuses_all(
    script: str, errno: int
) -> None:
    meant = SCRIPTS[script]
    tampering = refusing(lambda fields: meant(prompt(fields)), "createJob", errno=errno)
    report = judged(tampering, "GEN-5", "CREATE", "UP-1", "VAR-1", "BLEND-1", jobs=12)
    assert failed(report) == ["GEN-5", "CREATE-1", "CREATE-5"]
    assert undecided(report) == []
    assert "in English alone is accepted" in finding(report, "GEN-5").message


@pytest.mark.parametrize(
    "meant",
    sampled(
        [
            pytest.param(lambda text: '"' in text, id="quotes"),
            pytest.param(lambda text: len(text) > 30, id="length"),
        ],
        2,
    ),
)
def test_another_cause_is_not_taken_for_the_script(meant: Callable[[str], bool]) -> None:
    tampering = refusing(lambda fields: meant(prompt(fields)), "createJob")
    report = judged(tampering, "GEN-5", "CREATE", "UP-1", "VAR-1")
    assert failed(report) == ["CREATE-1"]
    assert undecided(report) == []


def test_a_flag_that_is_refused_is_no_breach() -> None:
    """The page has a service niji, and no flag for it."""
    tampering = refusing(lambda fields: " --" in prompt(fields), "createJob")
    report = judged(tampering, "CREATE", "BLEND-1", "niji-selection")
    assert failed(report) + undecided(report) == []
    answer = observation(report, "niji-selection").answer
    assert answer is not None
    assert answer.startswith("a prompt with --ar and --niji is refused")


def test_a_server_that_fails_once_is_not_failed() -> None:
    report = judged(
        refusing(lambda _: True, "createJob", errno=501, times=1), "CREATE", "GEN-5", "UP-1"
    )
    assert failed(report) + undecided(report) == []


def test_a_server_that_refuses_every_prompt_is_not_failed_for_its_scripts() -> None:
    report = judged(refusing(lambda _: True, "createJob"), "CREATE-1", "CREATE-5", "GEN-5", "UP-1")
    assert failed(report) == ["CREATE-1"]
    assert undecided(report) == ["CREATE-5", "UP-1"]


@pytest.mark.parametrize(
    ("meant", "expected"),
    sampled(
        [
            pytest.param(lambda fields: fields.get("grid_num") == 4, ["GRID-1"], id="cell 4"),
            pytest.param(lambda fields: fields.get("grid_num") == 2, ["GRID-1"], id="cell 2"),
            pytest.param(lambda fields: "sender_id" in fields, ["VAR-5", "UP-5"], id="sender_id"),
            pytest.param(lambda fields: fields.get("grid_num") == 3, ["GRID-1"], id="cell 3"),
            pytest.param(lambda fields: "content" in fields, ["REMIX-1"], id="content"),
        ],
        4,
    ),
)
def test_the_part_of_a_child_that_is_refused_is_found(
    meant: Callable[[JSON], bool], expected: list[str]
) -> None:
    known = refusing(
        # What is incomplete or has no token is refused for that.
        lambda fields: meant(fields) and {"parent_id", "parent_hash"} & fields.keys() != set(),
        *CHILDREN,
    )
    report = judged(known, "VAR-1", "VAR-5", "GRID-1", "UP-1", "UP-5", "REMIX-1", jobs=14)
    assert failed(report) == expected
    assert undecided(report) == []


@pytest.mark.parametrize(
    ("operation", "section"),
    [("varyJob", "VAR"), ("upscaleJob", "UP"), ("blendImages", "BLEND"), ("describeImage", "DESC")],
)
def test_what_is_refused_with_and_without_a_sender_is_not_failed_for_it(
    operation: str, section: str
) -> None:
    sender = f"{section}-{3 if section == 'DESC' else 5}"
    for jobs in (3, 20):
        report = judged(
            refusing(lambda _: True, operation, errno=410), f"{section}-1", sender, jobs=jobs
        )
        assert set(failed(report)) <= {f"{section}-1"}
        assert finding(report, sender).verdict in (Verdict.INCONCLUSIVE, Verdict.UNTESTABLE)


@pytest.mark.parametrize(
    ("operation", "meant", "first", "sender"),
    sampled(
        [
            ("blendImages", lambda fields: len(prompt(fields).split()) == 2, "BLEND-1", "BLEND-5"),
            ("varyJob", lambda fields: "content" not in fields, "VAR-1", "VAR-5"),
            ("upscaleJob", lambda fields: fields.get("grid_num") in (2, 3), "UP-1", "UP-5"),
        ],
        3,
    ),
)
def test_a_sender_is_not_the_cause_of_what_is_refused_with_it_too(
    operation: str, meant: Callable[[JSON], bool], first: str, sender: str
) -> None:
    report = judged(refusing(meant, operation), first, sender, jobs=12)
    assert failed(report) == [first]
    assert "without sender_id" in finding(report, sender).message
    assert finding(report, sender).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("operation", "expected"),
    sampled(
        [
            ("varyJob", "VAR-5"),
            ("upscaleJob", "UP-5"),
            ("blendImages", "BLEND-5"),
            ("describeImage", "DESC-3"),
        ],
        4,
    ),
)
def test_a_sender_that_is_needed_is_the_only_cause(operation: str, expected: str) -> None:
    needed = refusing(lambda fields: "sender_id" not in fields, operation)
    section = expected.partition("-")[0]
    report = judged(needed, f"{section}-1", expected, jobs=12)
    assert failed(report) == [expected]
    assert "refused, and accepted with" in finding(report, expected).message


def test_a_blend_that_is_refused_for_its_thumbs_is_no_breach() -> None:
    thumbs = refusing(lambda fields: "thumb" in prompt(fields), "blendImages")
    report = judged(thumbs, "BLEND-1", "BLEND-5", jobs=4)
    assert failed(report) == []
    assert "too few other pictures" in finding(report, "BLEND-1").message


@pytest.mark.parametrize("fails", sampled([True, False], 2))
@pytest.mark.parametrize(
    "odd",
    sampled(
        [
            pytest.param(lambda links, _: any("thumb" in link for link in links), id="thumbs"),
            pytest.param(lambda _, named: len({one["service"] for one in named}) > 1, id="both"),
            pytest.param(
                lambda links, named: (
                    any("thumb" in link for link in links)
                    or any(one["job_type"] == "upscale" for one in named)
                ),
                id="upscales",
            ),
        ],
        2,
    ),
)
def test_a_blend_may_be_refused_or_fail_for_its_kind_of_pictures(
    odd: Callable[[list[str], list[JSON]], bool], fails: bool
) -> None:
    """Others are tried, with their sender_id."""

    async def tampering(request: Request, go: Go) -> Reply:
        links = prompt(request.fields).split()
        if request.operation != "blendImages" or not any("://" in link for link in links):
            return await go(request)
        records = await all_records(request, go)
        named = [one for one in records if {*links} & {one[key] for key in PICTURES}]
        if not odd(links, named):
            return await go(request)
        broken = " ".join(f"{link}-nowhere" for link in links)
        return await go(request.with_fields(content=broken) if fails else request.made_invalid())

    report = judged(tampering, "BLEND", "UP-1", "VAR-1", "GRID-1", "REMIX-1", jobs=12)
    assert failed(report) + undecided(report) == []


def test_a_second_blend_that_fails_once_is_no_breach() -> None:
    def change(request: Request) -> Request | Reply:
        links = prompt(request.fields).split()
        if any("thumb" in link for link in links):
            return refusal(301, "PARAMS WRONG")
        broken = " ".join(f"{link}-nowhere" for link in links)
        return request.with_fields(content=broken) if len(links) == 5 else request

    report = judged(asking(change, "blendImages"), "BLEND-1", "UP-1", "VAR-1", "GRID-1", jobs=12)
    assert failed(report) == []
    assert "no other could be tried" in finding(report, "BLEND-1").message


def test_a_first_job_that_fails_is_followed_by_another() -> None:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation == "createJob" and not prompt(request.fields).isascii():
            request = request.with_fields(content=f"{request.fields['content']} --fake fail")
        return await go(request)

    report = judged(tampering, "UP-1", "VAR-1", "DESC-1")
    assert failed(report) + undecided(report) == []


def test_what_could_have_started_a_job_is_never_sent_twice() -> None:
    sent: list[str] = []

    async def tampering(request: Request, go: Go) -> Reply:
        if request.operation != "createJob":
            return await go(request)
        sent.append(prompt(request.fields))
        return await go(request) if prompt(request.fields).isascii() else Reply(500, (), b"broken")

    report = judged(tampering, "UP-1", jobs=4)
    assert len(set(sent)) == len(sent)
    assert finding(report, "UP-1").verdict is Verdict.PASS
    assert report.jobs_spent == 3
