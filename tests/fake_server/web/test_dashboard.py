"""The dashboard as it is served: what a browser may do with it, and that it is no client."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from sampan import Admin, asgi_app
from tests.support.controls import Control
from tests.support.fakes import Caller, Fake, MakeFake
from tests.support.paths import ROOT

FOLDER = ROOT / "fake_server" / "dashboard"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
SCRIPTS = [name for name in FILES if name.endswith(".js")]
Document = dict[str, Any]

#: What a browser sends when a person opens an address.
OPENED = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def policy(header: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in header.split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize(
    "path", ["/", *(f"/dashboard/{name}" for name in FILES if name != "index.html")]
)
def test_nothing_runs_there_but_the_fakes_own_files(fake: Fake, path: str) -> None:
    answer = fake.send("GET", path, headers=OPENED)
    assert answer.status_code == 200
    assert policy(answer.headers["content-security-policy"]) == {
        "default-src": "'none'",
        **dict.fromkeys(("script-src", "style-src", "img-src", "connect-src"), "'self'"),
        **dict.fromkeys(("form-action", "base-uri", "frame-ancestors"), "'none'"),
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_nothing_of_the_page_is_inline(fake: Fake) -> None:
    html = fake.send("GET", "/", headers=OPENED).text
    assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL) == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_makes_no_markup_of_texts(name: str) -> None:
    """Names and prompts are clients'. What turns a text into markup or code is not used at all."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
        r"|srcdoc|\beval\b|new Function|setHTML|https?://(?!www\.w3\.org/2000/svg)"
    )
    assert re.findall(forbidden, text) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_short(name: str) -> None:
    assert len((FOLDER / name).read_text(encoding="utf-8").splitlines()) < 300


def keys(name: str) -> set[str]:
    return set(re.findall(r'^  "?([\w.-]+)"?:', (FOLDER / name).read_text(encoding="utf-8"), re.M))


def test_both_languages_have_every_text() -> None:
    english, chinese = keys("lib/english.js"), keys("lib/chinese.js")
    # What a scenario does is told in English by the control API.
    assert {key for key in chinese if not key.startswith("scenario.")} == english
    used = set(re.findall(r'data-text="([\w.-]+)"', (FOLDER / "index.html").read_text()))
    for name in SCRIPTS:
        used |= set(re.findall(r'\bt\("([\w.-]+)"', (FOLDER / name).read_text(encoding="utf-8")))
    assert used <= english


def test_every_scenario_is_told_in_chinese_too(control: Control) -> None:
    names = {f"scenario.{each['name']}" for each in control.get("scenarios")["scenarios"]}
    assert {key for key in keys("lib/chinese.js") if key.startswith("scenario.")} == names


def test_every_type_of_fault_is_told(control: Control) -> None:
    schemas = control.get("openapi.json")["components"]["schemas"]
    types = {f"fault.{each}" for each in schemas["ArmedFault"]["properties"]["type"]["enum"]}
    assert {key for key in keys("lib/english.js") if key.startswith("fault.")} == types


def test_every_hint_of_the_forms_is_told_in_chinese_too(control: Control) -> None:
    """The hints are descriptions of the control API: a new or changed one needs its Chinese."""
    document = control.get("openapi.json")
    form = document["paths"]["/__admin/faults"]["post"]["requestBody"]
    hints = set(hints_of(document, form["content"]["application/json"]["schema"]))
    hints |= {each["argument"] for each in control.get("scenarios")["scenarios"]} - {None}
    entries = re.findall(
        r'^  (?:"((?:[^"\\]|\\.)*)"|(\w+)):\s*"(.+)",$',
        (FOLDER / "lib/chinese_hints.js").read_text(encoding="utf-8"),
        re.M,
    )
    told = {quoted or bare: chinese for quoted, bare, chinese in entries}
    assert set(told) == hints
    assert all(re.search("[\u4e00-\u9fff]", chinese) for chinese in told.values())


def hints_of(document: Document, schema: Document, name: str = "") -> Iterator[str]:
    """The descriptions of what a form asks for, as `schemaForm` of lib/form.js shows them."""
    if "$ref" in schema:
        target = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = {**target, **{key: each for key, each in schema.items() if key != "$ref"}}
    # An object is a group without a hint; the hint of `status` is the page's own.
    if "description" in schema and "properties" not in schema and name not in ("", "status"):
        yield " ".join(schema["description"].replace("`", "").split())
    for branch in schema.get("oneOf", []):
        if not name or name == "delay":
            yield from hints_of(document, branch)
    for key, each in schema.get("properties", {}).items():
        yield from hints_of(document, each, key)


def test_chinese_texts_have_chinese_punctuation() -> None:
    """But where the text is a form that somebody types (a name, a colon, a value)."""
    for name in ("lib/chinese.js", "lib/chinese_hints.js"):
        texts = re.findall(r'"([^"]*)",$', (FOLDER / name).read_text(encoding="utf-8"), re.M)
        narrow = "[\u4e00-\u9fff][,:;!?()]|[(][\u4e00-\u9fff]"
        found = {text for text in texts if re.search(narrow, text)}
        assert found <= {"每行一个“名称: 值”。"}


# Whoever watches is no client


def watch(fake: Fake, abc: Caller) -> list[str]:
    """The paths that a page asks for."""
    job = abc.picture()["job_id"]
    files = [f"/dashboard/{name}" for name in FILES if name != "index.html"]
    pictures = [f"/dashboard/image/{job}.png", f"/dashboard/image/{job}_thumb.png"]
    return ["/", *files, *pictures]


def test_what_the_page_asks_for_is_in_no_journal(fake: Fake, control: Control, abc: Caller) -> None:
    paths = watch(fake, abc)
    before = control.requests()
    for path in paths:
        assert fake.send("GET", path, headers=OPENED).status_code == 200, path
        assert fake.send("HEAD", path, headers=OPENED).content == b""
    assert control.requests() == before


def test_it_spends_no_fault(fake: Fake, control: Control, abc: Caller) -> None:
    paths = watch(fake, abc)
    control.post("faults", type="HTTP_STATUS", status=503, times=1)
    for path in paths:
        assert fake.send("GET", path, headers=OPENED).status_code == 200, path
    assert control.get("faults")["faults"][0]["matched"] == 0


def test_a_clients_request_of_the_front_page_is_recorded(fake: Fake, control: Control) -> None:
    fake.get("/")
    fake.send("POST", "/", b"{}", headers=OPENED)
    assert [each["method"] for each in control.requests()] == ["GET", "POST"]


def test_watching_moves_no_automatic_clock(make_fake: MakeFake) -> None:
    fake = make_fake(clock="auto", job_ms=60_000)
    control, abc = Control(fake), fake.login()
    hash = abc.create("a cat")
    job = control.get(f"jobs/{hash}")
    before = control.get("clock", account="abc")["now_ms"]
    for path in (
        f"/dashboard/image/{job['job_id']}.png",
        f"/__admin/jobs/{hash}/record",
        "/__admin/jobs",
    ):
        fake.send("GET", path, headers=OPENED)
    assert control.get("clock", account="abc")["now_ms"] == before


def test_a_picture_is_what_a_client_would_get_and_why_not(fake: Fake, abc: Caller) -> None:
    record = abc.picture()
    path = record["img_buffer"].removeprefix("http://fake.test")
    shown = fake.get(f"/dashboard{path}")
    assert shown.content == fake.get(path).content
    # After a reset another picture is at the same address.
    assert shown.headers["cache-control"] == "no-cache"
    again = fake.get(f"/dashboard{path}", if_none_match=shown.headers["etag"])
    assert again.status_code == 304
    for prompt, status in (("x --fake image-missing", 404), ("x --fake image-denied", 403)):
        withheld = abc.picture(prompt)["img_buffer"].removeprefix("http://fake.test")
        answer = fake.get(f"/dashboard{withheld}")
        assert answer.status_code == status
        assert "withheld by scenario" in answer.headers["x-fake-reason"]


@pytest.mark.parametrize(
    "path",
    ["", "nothing.js", "%2e%2e/x", "index.html", "app.js/", "image/x.png"],
)  # fmt: skip
def test_nothing_else_is_there(fake: Fake, control: Control, path: str) -> None:
    answer = fake.get(f"/dashboard/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_it_is_only_read(fake: Fake) -> None:
    answer = fake.post("/dashboard/app.js", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("cors", [(), ("*",), ("http://app.test",)])
def test_no_other_page_gets_it_by_cors(make_fake: MakeFake, cors: tuple[str, ...]) -> None:
    fake = make_fake(cors=cors)
    for path in ("/", "/dashboard/app.js"):
        answer = fake.send("GET", path, headers={**OPENED, "Origin": "http://app.test"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("prefix", ["/mj", "/a/b c"])
def test_it_can_be_mounted_under_a_prefix(prefix: str) -> None:
    app = asgi_app(job_seconds=0)
    client = TestClient(Starlette(routes=[Mount(prefix, app=app)]), base_url="http://fake.test")
    opened = client.get(prefix, headers=OPENED)
    assert opened.status_code == 200
    assert opened.url.path == f"{prefix}/"
    for link in re.findall(r'(?:src|href)="(dashboard/[^"]+)"', opened.text):
        assert client.get(str(opened.url.join(link))).status_code == 200, link
    assert Admin(app).requests() == []


@pytest.mark.parametrize(
    ("mounted", "location"),
    [("/mj", "mj/"), ("/a/b c", "b%20c/"), ("//evil.example", "evil.example/"), ("/x:y", "x%3Ay/")],
)
def test_without_its_slash_the_mounts_address_leads_to_the_one_with(
    mounted: str, location: str
) -> None:
    """The page's links are relative; and the place to go is below where the browser is already."""

    async def opened() -> httpx.Response:
        transport = httpx.ASGITransport(asgi_app(), root_path=mounted)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
            return await client.get(f"http://fake.test{mounted}", headers=OPENED)

    answer = asyncio.run(opened())
    assert (answer.status_code, answer.headers["location"]) == (307, location)


def test_who_has_no_scripts_is_told_what_needs_them(fake: Fake) -> None:
    """In the page itself: a browser's tools that switch scripts off show no ``noscript``."""
    page = fake.send("GET", "/", headers=OPENED).text
    (told,) = re.findall(r"<noscript>(.*?)</noscript>", page)
    assert "needs JavaScript" in told
    assert "需要 JavaScript" in told
