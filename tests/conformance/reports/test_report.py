"""One list of findings, four forms."""

from __future__ import annotations

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

from sampan.conformance.findings import Exhibit, Finding, Observation, Seen
from sampan.conformance.http.curl import curl
from sampan.conformance.http.redaction import MASK
from sampan.conformance.json_access import printable
from sampan.conformance.report import Report
from sampan.conformance.reports.html import render as as_html
from sampan.conformance.reports.json import render as as_json
from sampan.conformance.reports.junit import render as as_junit
from sampan.conformance.reports.learn import render as as_profile
from sampan.conformance.verdict import Verdict
from sampan.fake_server.server.threaded import FakeServer
from tests.support.samples.sample_report import (
    CONTRACT,
    EXCHANGE,
    LOGIN,
    NASTY,
    PNG,
    a_report,
    shown,
    with_verdicts,
)


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


@pytest.mark.parametrize(
    ("generate", "jobs", "says"),
    [
        (0, 5, "--seed 7"),
        (160, 0, "--generate 160 --seed 7 --budget-jobs 0"),
        (160, None, "--generate 160 --seed 7 --budget-jobs unlimited"),
    ],
)
def test_every_report_says_what_repeats_the_run(generate: int, jobs: int | None, says: str) -> None:
    report = a_report(seed=7, generate=generate, jobs_allowed=jobs)
    assert shown(report).splitlines()[-2].endswith(f"12.5 s, {says}")
    assert f"<li>12.5 s</li><li>{says}</li>" in as_html(report, CONTRACT)
    suites = xml.fromstring(as_junit(report, CONTRACT))
    (given,) = suites.iterfind(".//property[@name='repeated by']")
    assert given.attrib["value"] == says
    tree = json.loads(as_json(report, CONTRACT))
    assert (tree["seed"], tree["generate"]) == (7, generate)


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
        "generate",
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


def test_a_note_explains_no_variable_that_a_server_named() -> None:
    body = '{"parent_hash": "SAMPAN_SECOND_TOKEN", "grid_num": 1}'
    assert "#" not in curl(replace(EXCHANGE, operation="upscaleJob", request_body=body))
    second = replace(EXCHANGE, secret='"$SAMPAN_SECOND_TOKEN"')
    assert curl(second).endswith("  # SAMPAN_SECOND_TOKEN: of the second account")


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
