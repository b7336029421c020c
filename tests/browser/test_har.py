"""A HAR that a real browser made of a page's requests is read and judged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sampan import FakeServer
from sampan.conformance.contract import shipped
from sampan.conformance.har.check import check_har
from sampan.conformance.har.reader import read_har
from sampan.conformance.verdict import Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: What a page of a client does: it logs in, makes a job, waits for it, shows its pictures, asks for
#: what is refused, and gives up on one request.
PAGE = """
async (api) => {
  const post = async (path, body, token) => {
    const headers = {"Content-Type": "application/json"};
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(api + path, {method: "POST", headers, body: JSON.stringify(body)});
    return answer.json();
  };
  const login = await post("/auth/login", {username: "abc", password: "abc-secret"});
  const token = login.data.token;
  await post("/jobs/find", {});
  const hash = (await post("/jobs/create", {content: "上海 at dawn"}, token)).data;
  let record;
  do {
    await new Promise(later => setTimeout(later, 50));
    const found = await post("/jobs/find", {limit: 10}, token);
    record = found.data.res.find(one => one.hash === hash);
  } while (record.status !== 2000);
  for (const key of ["img_buffer", "img_thumb"]) {
    const picture = new Image();
    picture.src = record[key];
    await picture.decode();
  }
  await post("/jobs/upscale", {parent_hash: hash, grid_num: 9}, token);
  const ending = new AbortController();
  const gone = fetch(api + "/jobs/find", {method: "POST", body: "{}", signal: ending.signal});
  ending.abort();
  await gone.catch(() => {});
  return token;
}
"""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a client</title>")

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@contextmanager
def a_page() -> Iterator[str]:
    """A blank page of another origin than the API."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def recorded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The file, the API's URL and the token that was used."""
    path = tmp_path_factory.mktemp("har") / "browser.har"
    with FakeServer(job_seconds=0.3, seed=7, cors=True) as server, a_page() as page_url:
        context = browser.new_context(record_har_path=path, record_har_content="embed")
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(page_url)
        token = page.evaluate(PAGE, server.url)
        context.close()  # writes the file
        return path, server.url, token


@pytest.mark.whole
def test_a_browsers_har_is_read(recorded: tuple[Path, str, str]) -> None:
    path, url, token = recorded
    found = read_har(path)
    assert found.target == url
    assert found.broken == []
    assert [line for line in found.unjudged if "no answer is recorded" in line] != []
    assert not found.tokens_removed
    targets = [one.request.target.removeprefix(url) for one in found.seen]
    assert targets[:3] == ["/auth/login", "/jobs/find", "/jobs/create"]
    assert sum(target.endswith(".png") for target in targets) == 2
    assert {one.request.method for one in found.seen} <= {"POST", "GET"}
    assert found.passed_over >= 1  # the page itself
    authorized = [dict(one.request.headers) for one in found.seen[2:3]]
    assert [
        {key.lower(): value for key, value in one.items()}["authorization"] for one in authorized
    ] == [f"Bearer {token}"]
    pictures = [one.reply.body for one in found.seen if one.request.target.endswith(".png")]
    assert all(body.startswith(b"\x89PNG") for body in pictures)


def test_a_browsers_har_is_judged(recorded: tuple[Path, str, str]) -> None:
    report = check_har(recorded[0], shipped())
    assert report.verdict is Verdict.PASS
    held = {one.id for one in report.findings if one.verdict is Verdict.PASS}
    assert {"LOGIN-1", "LOGIN-6", "AUTH-1", "CREATE-1", "FIND-2", "LIFE-1"} <= held
    assert [one.id for one in report.findings if one.verdict is Verdict.FAIL] == []
