"""One list of findings, four forms."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from rich.cells import cell_len
from rich.console import Console

from sampan.conformance.findings import Exhibit, Finding, Observation, Seen
from sampan.conformance.http.redaction import MASK
from sampan.conformance.json_access import printable
from sampan.conformance.report import Report, title
from sampan.conformance.reports.curl import curl
from sampan.conformance.reports.html import render as as_html
from sampan.conformance.reports.json import render as as_json
from sampan.conformance.reports.junit import render as as_junit
from sampan.conformance.reports.learn import render as as_profile
from sampan.conformance.reports.terminal import show
from sampan.conformance.verdict import Verdict
from sampan.fake_server.server.threaded import FakeServer
from tests.support.sample_report import CONTRACT, EXCHANGE, LOGIN, NASTY, PNG, a_report


def with_verdicts(*verdicts: Verdict) -> Report:
    ids = list(CONTRACT.requirements)
    findings = [Finding(id, one, "m") for id, one in zip(ids, verdicts, strict=False)]
    rest = [Finding(id, Verdict.SKIPPED, "m") for id in ids[len(verdicts) :]]
    return a_report(findings=tuple(findings + rest))


@pytest.mark.parametrize(
    ("verdicts", "word", "code"),
    [
        ((Verdict.PASS,), "pass", 0),
        ((Verdict.PASS, Verdict.UNTESTABLE), "pass", 0),
        ((Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE), "fail", 1),
        ((Verdict.PASS, Verdict.ERROR, Verdict.INCONCLUSIVE), "error", 3),
        ((Verdict.PASS, Verdict.INCONCLUSIVE), "inconclusive", 3),
        ((Verdict.UNTESTABLE,), "inconclusive", 3),
    ],
)
def test_the_outcome_of_a_run(verdicts: tuple[Verdict, ...], word: str, code: int) -> None:
    report = with_verdicts(*verdicts)
    assert (report.verdict.word, report.exit_code) == (word, code)
    assert json.loads(as_json(report, CONTRACT))["verdict"] == word


# JSON


def test_json_has_the_keys_agreed_on() -> None:
    tree = json.loads(as_json(a_report(), CONTRACT))
    assert list(tree) == [
        "schema",
        "target",
        "started_at",
        "verdict",
        "requirements",
        "questions",
        "budget",
        "seed",
        "jobs",
    ]
    assert tree["schema"] == "sampan-report/1"
    assert tree["started_at"] == "2024-04-02T06:48:35Z"
    assert tree["budget"] == {
        "jobs_allowed": 11,
        "jobs_spent": 3,
        "requests": 57,
        "remarks": [],
    }
    assert [one["id"] for one in tree["requirements"]] == list(CONTRACT.requirements)
    assert [one["id"] for one in tree["questions"]] == list(CONTRACT.questions)
    for one in tree["requirements"]:
        assert list(one) == ["id", "level", "verdict", "message", "evidence"]
        assert one["level"] == CONTRACT.requirements[one["id"]].level
    for one in tree["questions"]:
        assert list(one) == ["id", "answer", "evidence"]
    answers = {one["id"]: one for one in tree["questions"]}
    assert answers["token-lifetime"]["answer"] == "90m"
    assert answers["find-scope"]["answer"] == "unknown"
    assert answers["find-scope"]["evidence"][0] == {"saw": printable(NASTY)}
    assert answers["image-md5"]["answer"] == "unobserved"
    assert "no budget" in answers["image-md5"]["evidence"][0]["reason"]


def test_json_tells_what_was_expected() -> None:
    tree = json.loads(as_json(a_report(), CONTRACT))
    told = next(one for one in tree["requirements"] if one["id"] == "GEN-5")
    assert told["message"] == "HTTP 500 (expected 4xx; got 500)"


# JUnit


def test_junit_counts_and_holds_every_requirement() -> None:
    suite = xml.fromstring(as_junit(a_report(), CONTRACT)).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert len(cases) == len(CONTRACT.requirements) == int(suite.attrib["tests"])
    for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{tag}")) == int(suite.attrib[key])
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("2", "2")
    failed = next(one for one in cases if one.attrib["name"].startswith("GEN-1:"))
    failure = failed.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "stated"
    assert "curl" in (failure.text or "")
    answers = {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}
    assert answers["find-order"] == "newest-first"
    assert answers["find-scope"] == "unknown"


# HTML


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(report: Report) -> _Page:
    parsed = _Page()
    parsed.feed(as_html(report, CONTRACT))
    return parsed


def test_html_loads_nothing_and_runs_nothing() -> None:
    tags = page(a_report()).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "link", "iframe", "object", "form"})
    for _, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#"))
    assert "url(" not in as_html(a_report(), CONTRACT)


def test_html_shows_every_requirement_and_question() -> None:
    parsed = page(a_report())
    ids = {attributes.get("id") for tag, attributes in parsed.tags if tag == "details"}
    assert ids == {*CONTRACT.requirements, *CONTRACT.questions}
    for one in CONTRACT.requirements.values():
        assert one.sentence in parsed.text
    assert printable(NASTY) in parsed.text
    assert curl(EXCHANGE) in parsed.text


def test_html_has_a_filter_and_a_jump_list_that_lead_somewhere() -> None:
    parsed = page(a_report())
    ids = {attributes.get("id") for _, attributes in parsed.tags}
    links = [attributes["href"] for tag, attributes in parsed.tags if tag == "a"]
    assert "#GEN-1" in links
    assert all(link and link.removeprefix("#") in ids for link in links)
    radios = [attributes["id"] for tag, attributes in parsed.tags if tag == "input"]
    assert {"show-all", "show-fail", "show-pass"} <= set(radios)
    assert radios[1:] == [a["for"] for tag, a in parsed.tags if tag == "label"][1:]
    classes = {a["class"] for tag, a in parsed.tags if tag == "details" and "class" in a}
    assert {f"is-{radio.removeprefix('show-')}" for radio in radios[1:] if radio} == classes


def test_html_has_failures_first_and_how_to_get_a_token() -> None:
    parsed = page(a_report())
    order = [a["id"] for tag, a in parsed.tags if tag == "details"]
    assert order[:4] == ["UP-4", "GEN-1", "GEN-5", "LIFE-1"]
    assert "export SAMPAN_TOKEN=" in parsed.text


def test_the_token_command_gets_a_token(tmp_path: Path) -> None:
    with FakeServer() as fake:
        parsed = page(a_report(target=fake.url))
        command = parsed.text[parsed.text.index("export SAMPAN_TOKEN=") :].partition("main")[0]
        command = command[: command.index("p')\"") + 4]
        done = subprocess.run(
            ["sh", "-c", f'{command}\nprintf %s "$SAMPAN_TOKEN"'],
            env=os.environ | {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "abc-secret"},
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", done.stdout), done.stderr


def test_html_holds_its_pictures() -> None:
    import base64

    (picture,) = [attributes for tag, attributes in page(a_report()).tags if tag == "img"]
    assert picture["src"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_html_opens_what_failed() -> None:
    opened = {a["id"] for tag, a in page(a_report()).tags if tag == "details" and "open" in a}
    assert opened == {"GEN-1", "GEN-5", "UP-4"}


# curl


def test_a_curl_line_says_the_request_again() -> None:
    words = shlex.split(curl(EXCHANGE))
    assert words[0] == "curl"
    assert EXCHANGE.url in words
    assert words[words.index("--data-raw") + 1] == EXCHANGE.request_body
    assert "authorization: Bearer $SAMPAN_TOKEN" in words


def test_a_curl_line_asks_for_the_password() -> None:
    line = curl(LOGIN)
    assert MASK not in line
    assert '"$SAMPAN_PASSWORD"' in line
    assert '{"username": "abc", "password": "$SAMPAN_PASSWORD"}' in shlex.split(line)


def test_a_curl_line_with_a_cut_body_says_so() -> None:
    line = curl(replace(EXCHANGE, request_body="[[[[… (2000000 bytes in all)"))
    assert line.endswith("  # the body is cut here")
    assert "cut here" not in curl(EXCHANGE)


def test_a_curl_line_of_a_get() -> None:
    get = replace(EXCHANGE, method="GET", request_body="", request_headers=())
    assert curl(get) == "curl -g -sS -i -X GET http://127.0.0.1:8091/jobs/create"
    picture = replace(get, operation="picture", url="http://x/a.png")
    assert curl(picture) == "curl -g -sS -D - -o picture http://x/a.png"


def test_a_mask_that_a_server_wrote_is_no_variable() -> None:
    """A link in a record leads anywhere, and a body holds what find returned."""
    link = f"http://{MASK}.evil.example/{{a,b}}[1-9]"
    picture = replace(
        EXCHANGE, method="GET", operation="picture", url=link, request_headers=(), request_body=""
    )
    blend = replace(EXCHANGE, operation="blendImages", request_body=f'{{"content": "{MASK}"}}')
    assert "$SAMPAN" not in curl(picture)
    assert link in shlex.split(curl(picture))
    assert "$SAMPAN_PASSWORD" not in curl(blend)


@pytest.mark.parametrize(
    "text", ["$(id)", "`id`", "a'b\"c", "\\", "a\nb", "!x", "-x", "~", "", "@f"]
)
def test_a_shell_reads_a_curl_line_as_it_was_sent(text: str) -> None:
    body = f"x{text}"
    words = shlex.split(curl(replace(EXCHANGE, request_body=body, url=f"http://x/{text}")))
    assert words[words.index("--data-raw") + 1] == body
    assert f"http://x/{text}" in words
    line = curl(replace(LOGIN, request_body=f"{text}{MASK}{text}"))
    done = subprocess.run(
        ["sh", "-c", f'curl() {{ printf %s "${{8}}"; }}\n{line}'],
        capture_output=True,
        text=True,
        env={"SAMPAN_PASSWORD": "its password", "PATH": "/usr/bin:/bin"},
        timeout=20,
    )
    assert done.stdout == f"{text}its password{text}"


#: Each kind of character that can't be seen, or that a reader obeys.
UNSEEN = {
    "a NUL": "\0",
    "an escape": "\x1b",
    "a delete": "\x7f",
    "a carriage return": "\r",
    "a C1 control": "\x9b",
    "a soft hyphen": "\xad",
    "a zero-width space": "\u200b",
    "a joiner": "\u2060",
    "a direction": "\u202e",
    "an isolate": "\u2066",
    "a line separator": "\u2028",
    "a byte order mark": "\ufeff",
    "a lone surrogate": "\ud800",
    "private use": "\ue000",
    "a noncharacter": "\uffff",
    "unassigned": "\u0378",
    "a tag": "\U000e0041",
    "a filler": "\u3164",
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_can_not_be_seen_is_written_as_an_escape_in_every_report(kind: str) -> None:
    sign = UNSEEN[kind]
    nasty = f"before{sign}after"
    exchange = replace(
        EXCHANGE,
        url=f"http://x/{nasty}",
        request_body=nasty,
        response_body=nasty,
        response_headers=((nasty, nasty),),
        problem=nasty,
    )
    evidence = (exchange, Exhibit(nasty, nasty))
    findings = (Finding("GEN-1", Verdict.FAIL, nasty, nasty, nasty, evidence, nasty),)
    seen = (Observation("find-scope", Seen.UNKNOWN, nasty, nasty, evidence),)
    report = a_report(findings=findings, observations=seen, stopped=nasty, remarks=(nasty,))
    written = [render(report, CONTRACT) for render in (as_html, as_json, as_junit, as_profile)]
    for text in [*written, shown(report)]:
        assert sign not in text.replace("\r\n", "")
        text.encode("utf-8")
        assert "before" in text
    assert (
        printable(nasty)
        == f"before{json.dumps(sign)[1:-1] if sign != chr(127) else chr(92) + 'u007f'}after"
    )


def test_ordinary_text_of_any_script_stays() -> None:
    text = "上海　的早晨 🚣 cafe\u0301 छोटी\u00a0नाव"
    assert printable(text) == text
    assert printable("a\n\tb", lines=True) == "a\n\tb"
    assert printable("a\n\tb") == "a\\n\\tb"


# The terminal


def shown(report: Report, width: int = 80, *, colour: bool = False) -> str:
    file = io.StringIO()
    show(report, CONTRACT, Console(file=file, width=width, highlight=False, force_terminal=colour))
    return file.getvalue()


def on_screen(report: Report, width: int) -> list[str]:
    """What a terminal of that width shows, line by line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown(report, width, colour=True))
    return text.splitlines()


@pytest.mark.parametrize("width", [80, 60, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = on_screen(a_report(), width)
    assert all(cell_len(line) <= width for line in lines)
    assert "…" not in "".join(lines)
    kept = re.sub(r"\s", "", "".join(lines))
    assert "y" * 300 in kept
    for id in ("GEN-2", "UP-4"):
        assert re.sub(r"\s", "", CONTRACT.requirements[id].sentence) in kept


def test_a_pipe_gets_every_line_whole_and_unpadded() -> None:
    lines = shown(a_report(), 40).splitlines()
    assert any(line.endswith("got       " + "y" * 300) for line in lines)
    assert any(CONTRACT.requirements["GEN-2"].sentence in line for line in lines)
    assert all(line == line.rstrip() for line in lines[:-3])


def test_the_terminal_ends_in_the_outcome() -> None:
    *_, sums, spent, word = shown(a_report()).rstrip().splitlines()
    assert "2 fail" in sums
    assert "1 error" in sums
    assert "3 of 11 jobs, 57 requests, 12.5 s" in spent
    assert word == "3 of 6 tested: fail"


def test_the_terminal_tells_a_failure_whole_and_a_pass_in_a_line() -> None:
    text = shown(a_report(), 400)
    assert "no errno: <script>" in text
    assert "y" * 300 in text
    assert "not on the page: no server may do this" in text
    lines = [one for one in shown(a_report()).splitlines() if "GEN-2" in one or "fine fine" in one]
    assert len(lines) == 1


def test_failures_stand_together_before_the_outcome() -> None:
    text = shown(a_report())
    passed, _, bad = text.partition("What did not pass")
    assert "GEN-2" in passed
    for id in ("GEN-1", "GEN-5", "LIFE-1", "UP-4"):
        assert f"\n{id} " not in passed
        assert f"\n{id} " in bad
    assert bad.index("UP-4") < bad.index("GEN-1") < bad.index("LIFE-1")


def test_findings_with_one_cause_are_grouped() -> None:
    broken = replace(EXCHANGE, operation="upscaleJob", errno=501)
    fails = [
        Finding(id, Verdict.FAIL, f"{id} is refused", "errno 0", "errno 501", (broken,))
        for id in ("UP-1", "UP-4", "GRID-1")
    ]
    lost = [Finding(id, Verdict.INCONCLUSIVE, "it stopped") for id in ("LIFE-1", "LIFE-2")]
    text = shown(a_report(findings=tuple(fails + lost)))
    assert "upscaleJob answers errno 501: 3 requirements" in text
    assert text.count("it stopped") == 1
    assert "it stopped: 2 requirements" in text


def test_a_known_failure_is_shown_and_does_not_count() -> None:
    report = with_verdicts(Verdict.PASS, Verdict.FAIL, Verdict.FAIL)
    passed, first, second = list(CONTRACT.requirements)[:3]
    assert replace(report, known=frozenset({first})).exit_code == 1
    known = replace(report, known=frozenset({first, second, passed}))
    assert (known.exit_code, known.verdict) == (0, Verdict.PASS)
    text = shown(known)
    assert f"{first} fail (known)" in text
    assert f"known deviations (--known): {first}, {second}" in text
    assert f"to be removed from --known: {passed}" in text


@pytest.mark.parametrize("verdict", [Verdict.UNTESTABLE, Verdict.INCONCLUSIVE])
def test_a_verdict_may_count_as_a_failure(verdict: Verdict) -> None:
    report = with_verdicts(Verdict.PASS, verdict)
    assert report.exit_code != 1
    assert replace(report, fail_on=frozenset({verdict})).exit_code == 1


def test_no_control_character_reaches_the_terminal() -> None:
    nasty = "\x1b[2J\x1b]0;title\x07 \x9b31m \r hidden"
    findings = (Finding("GEN-1", Verdict.FAIL, nasty, nasty, nasty),)
    text = shown(a_report(findings=findings))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_every_kind_of_requirement_has_a_title() -> None:
    for id in CONTRACT.requirements:
        assert title(id) != id.partition("-")[0], id
