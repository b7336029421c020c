"""What a browser sees: the front page, and the reference that is rendered from the contract."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest

from sampan.fake_server.contract import document as spec
from sampan.fake_server.contract import yaml_files
from sampan.fake_server.settings import NewAccount
from sampan.fake_server.web.pages import PAGES
from sampan.fake_server.web.reference_words import CHINESE
from tests.support.fakes import Fake, Served

DOCUMENT = yaml_files.read("openapi.yaml")
QUESTIONS = yaml_files.read("questions.yaml")["questions"]

#: Elements that have no end.
_VOID = {"meta", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """The links, anchors and text of a page whose elements are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.anchors: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append(tag)
        named = {name: value or "" for name, value in attrs}
        self.links += [named["href"]] if "href" in named else []
        self.sources += [named["src"]] if "src" in named else []
        self.anchors += [named["id"]] if "id" in named else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(fake: Fake, path: str) -> Page:
    """A page of the fake."""
    answer = fake.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


@pytest.mark.parametrize("path", ["/", "/reference", "/reference-zh"])
def test_every_link_leads_to_something_of_the_fake_itself(fake: Fake, path: str) -> None:
    pages = {path: page(fake, path)}
    found = pages[path]
    assert found.links
    for link in (*found.links, *found.sources):
        target, _, anchor = link.partition("#")
        assert not re.match(r"[a-z]+:|//", link), link  # nothing of it is elsewhere
        if anchor:
            target = urljoin(path, target or path)
            if target not in pages:
                pages[target] = page(fake, target)
            assert anchor in pages[target].anchors, link
        else:
            assert fake.get(urljoin(path, link)).status_code == 200, link
            assert not link.startswith("/"), "the fake may be mounted below another path"


# The front page


def test_the_first_request_of_the_front_page_is_answered(fake: Fake) -> None:
    text = page(fake, "/").text
    address, body = re.findall(r"curl (\S+) .*?-d '(.*?)'", text, re.DOTALL)[0]
    assert address == "http://fake.test/auth/login"
    assert fake.send("POST", "/auth/login", body.encode()).json()["errno"] == 0
    assert "Accounts at startup: abc · limited" in text


def test_the_front_page_names_the_accounts_that_were_given_and_no_password() -> None:
    names = ("o'hara", "<b>", "c", "d", "e", "f", "g")
    given = tuple(NewAccount(name, "topsecret") for name in names)
    fake = Fake(accounts=given, open_accounts=True)
    html, text = fake.get("/").text, page(fake, "/").text
    fake.close()
    assert "Accounts at startup: o'hara · <b> · c · d · e · +2" in text
    assert re.fullmatch(r"[\s·+\d]*", _in_every_language(html))
    assert """-d '{"username": "o'\\''hara", "password": "PASSWORD"}\'""" in text
    assert "Logging in with any other name creates an account" in text
    assert "topsecret" not in text
    assert "abc-secret" not in text


def _in_every_language(html: str) -> str:
    """What stands on the front page beside the texts that are translated, names and links.

    No script can translate what is for who has none: that is in both languages.
    """
    front = html.partition('<section id="start"')[2].partition("</section>")[0]
    front = re.sub(r"<noscript>.*?</noscript>", "", front, flags=re.DOTALL)
    kept = r'<(\w+)[^>]* data-text="[^"]*"[^>]*>.*?</\1>|<(code|pre|a)\b[^>]*>.*?</\2>|<[^>]*>'
    return re.sub(kept, "", front.partition(">")[2], flags=re.DOTALL)


def test_without_an_account_the_front_page_says_so() -> None:
    fake = Fake(accounts=())
    text = page(fake, "/").text
    fake.close()
    assert "No accounts at startup." in text
    assert '"username": "NAME"' in text


def test_a_hostile_host_is_text_on_the_front_page(fake: Fake) -> None:
    answer = PAGES["/"](fake.app.service, 'http://"><script>alert(1)</script>')
    assert answer is not None
    assert isinstance(answer.body, bytes)
    assert b"<script>" not in answer.body


def test_the_contract_names_this_fake_alone_as_its_server(fake: Fake) -> None:
    """A client that is generated from it must reach neither another fake nor a paid service."""
    document = fake.get("/openapi.json").json()
    assert [server["url"] for server in document["servers"]] == ["http://fake.test"]
    assert document["paths"] == DOCUMENT["paths"]


# The reference


def section(fake: Fake, operation: str) -> str:
    """The HTML of an operation."""
    html = fake.get("/reference").text
    (found,) = re.findall(rf'<h2 id="{operation}">.*?</section>', html, re.DOTALL)
    return str(found)


def operations() -> list[str]:
    return [item["post"]["operationId"] for item in DOCUMENT["paths"].values()]


@pytest.mark.parametrize("operation", operations())
def test_an_operation_says_what_it_needs_costs_and_leads_to(fake: Fake, operation: str) -> None:
    html = section(fake, operation)
    (item,) = (
        item["post"]
        for item in DOCUMENT["paths"].values()
        if item["post"]["operationId"] == operation
    )
    assert ("without a token" in html) == (operation == "login")
    assert ("costs no job" in html) == (operation in ("login", "findJobs"))
    then = html.partition("<h3>Then</h3>")[2]
    for link in item["responses"]["200"]["links"].values():
        target = spec.resolve(DOCUMENT, link)["operationId"]
        assert f'<a href="#{target}">' in then
    # The answer is told under any HTTP status, not under 200 alone: 200, 4XX and all others.
    assert html.count("<p>One of: ") == 3
    assert "<details open>" in html.partition("<h3>Response")[0]


@pytest.mark.parametrize("path", ["/reference", "/reference-zh"])
def test_the_reference_shows_a_person_no_expressions(fake: Fake, path: str) -> None:
    text = page(fake, path).text
    assert "$response" not in text
    assert "Authorization = Bearer data.token" in text
    assert "parent_hash = data.res[0].hash" in text


@pytest.mark.parametrize("path", ["/reference", "/reference-zh"])
def test_nothing_runs_in_the_reference_but_its_own_files(fake: Fake, path: str) -> None:
    answer = fake.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script>|\son\w+=|\sstyle=", answer.text)
    assert page(fake, path).sources == ["reference.js"]
    for file in ("/reference.js", "/reference.css"):
        found = fake.get(file)
        assert found.headers["content-type"].startswith(("text/javascript", "text/css"))
        assert found.headers["x-content-type-options"] == "nosniff"


def test_each_operation_has_a_command_that_works(served: Served) -> None:
    html = httpx.get(f"{served.url}/reference").text
    commands = [
        unescape(text) for text in re.findall(r"<pre[^>]*>((?:TOKEN|curl).*?)</pre>", html, re.S)
    ]
    assert len(commands) == len(operations())
    script = "\necho\n".join(commands)
    done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=60)
    token, *answers = [line for line in done.stdout.splitlines() if line]
    assert token.startswith("eyJ"), done.stderr
    found = [json.loads(answer)["errno"] for answer in answers]
    # What the page's examples name is not there, but for the prompt.
    assert found[:2] == [0, 0]
    assert set(found[2:]) <= {0, 301, 420}


def test_both_languages_say_the_same(fake: Fake) -> None:
    english, chinese = page(fake, "/reference"), page(fake, "/reference-zh")
    assert english.anchors == chinese.anchors
    assert "需要 token" in chinese.text
    own = [word for word in CHINESE[1:] if word.isascii() and word not in ("English", "reference")]
    assert own == []


def test_every_question_stands_in_the_reference_with_its_answers(fake: Fake) -> None:
    found = page(fake, "/reference")
    for question in QUESTIONS:
        assert f"question-{question['id']}" in found.anchors
        assert question["why"] in found.text
        assert f"The fake's default. {question['reason']}" in found.text
        for variant in question["variants"]:
            assert f"{variant['id']}: {variant['says']}" in found.text


def test_where_the_contract_names_a_question_the_reader_gets_there(fake: Fake) -> None:
    html = fake.get("/reference").text
    ids = {question["id"] for question in QUESTIONS}
    spans = set(re.findall(r"<code>([a-z0-9-]+)</code>", html)) & ids
    linked = set(re.findall(r'<a href="#question-([a-z0-9-]+)"><code>\1</code></a>', html))
    assert linked == spans
    assert len(linked) > 30
