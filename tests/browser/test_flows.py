"""What a person does on the dashboard, in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from sampan import Account, FakeServer

from .chromium import expect, shown
from .conftest import OpenPage

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.xdist_group("browser")


def test_a_newcomer_makes_a_picture_without_reading_anything(open_page: OpenPage) -> None:
    with FakeServer(job_seconds=0.6) as server:
        page = open_page(server.url)
        page.get_by_role("button", name="Make a picture").click()
        expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
        # It moves by itself, and nothing was reloaded.
        expect(page.locator(".card .badge")).to_have_text("Finished")
        shown(page, "a small boat at dawn")
        page.goto(server.url)  # who comes again sees the jobs
        expect(page.locator(".card")).to_have_count(1)
        assert [each["path"] for each in server.admin.requests()] == ["/jobs/create"]


def test_the_three_lines_of_the_first_visit_make_a_picture(open_page: OpenPage) -> None:
    with FakeServer(job_seconds=0) as server:
        page = open_page(server.url)
        lines = page.locator("#three-lines pre").inner_text()
        done = subprocess.run(["sh", "-c", lines], capture_output=True, text=True, timeout=30)
        assert '"status":2000' in done.stdout, done.stderr
        # Each has curl's options in the same order.
        options = [re.findall(r"curl| -\w|'http", each) for each in lines.splitlines()]
        assert options == [["curl", " -s", "'http", " -H", " -d"]] * 3


def test_a_job_is_failed_finished_stalled_and_resumed(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    server.admin.freeze()
    for prompt in ("first", "second"):
        abc.create(prompt)
    page = open_page(server.url)
    page.locator(".card", has_text="first").get_by_role("link").click()
    expect(page.get_by_role("heading", name="first")).to_be_visible()
    page.get_by_role("button", name="Stall").click()
    expect(page.locator(".heading .badge")).to_have_text("Stalled")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Fail").click()
    failing = page.get_by_role("dialog", name="Fail")
    expect(failing).to_have_accessible_name(re.compile(r"first \([0-9a-f]{10}…\)"))
    expect(failing).to_contain_text("If you leave it empty, “job failed”")
    page.go_back()  # a dialog does not outlive its page
    expect(failing).to_have_count(0)
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.go_forward()
    page.get_by_role("button", name="Fail").click()
    failing.get_by_label("Error text (optional)").fill("banned prompt")
    failing.get_by_role("button", name="Fail this job").click()
    expect(page.locator(".heading .badge")).to_have_text("Failed")
    expect(page.locator(".facts-list")).to_contain_text("banned prompt")
    page.get_by_role("link", name="← Jobs").click()
    page.locator(".card", has_text="second").get_by_role("link").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator(".heading .badge")).to_have_text("Finished")
    expect(page.locator(".frame.large img")).not_to_have_js_property("naturalWidth", 0)
    states = {each["prompt"]: each["state"] for each in server.admin.jobs()}
    assert states == {"first": "failed", "second": "finished"}


def test_a_picture_is_upscaled_and_its_family_shown(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    hash = abc.create("a cat")
    server.admin.advance("1h")
    page = open_page(f"{server.url}/#jobs/{hash}")
    # The picture's cells are choices over it.
    page.get_by_role("radio", name="Cell 3").check(force=True)
    page.get_by_label("What").select_option("upscale")
    expect(page.get_by_label("Cell", exact=True)).to_have_value("3")
    body = {"parent_hash": hash, "grid_num": 3}
    for language in ("Python", "TypeScript", "curl"):
        page.get_by_role("button", name=language, exact=True).click()
        expect(page.locator(".snippets pre")).to_contain_text("/jobs/upscale")
    assert (
        json.loads(re.findall(r"-d '(.*)'", page.locator(".snippets pre").inner_text())[0]) == body
    )
    page.get_by_role("button", name="Submit").click()
    page.locator(".result a").click()
    expect(page.locator(".heading .badge")).to_have_text(re.compile("Queued|Running"))
    # From the child back to the parent, which lists it.
    page.locator(".family .card", has_text="a cat").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Made from it")).to_be_visible()
    expect(page.locator(".family .card")).to_have_count(1)
    paths = page.locator("#jobs .requests .what").all_inner_texts()
    assert paths == ["POST /jobs/upscale", "POST /jobs/create"]
    page.get_by_text("Record, as findJobs returns it").click()
    record = json.loads(page.locator("details.panel pre").inner_text())
    assert record == abc.record(hash)


@pytest.mark.whole
def test_a_job_is_a_favourite_lies_in_folders_and_is_deleted(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    hash = abc.create("a cat")
    page = open_page(f"{server.url}/#jobs/{hash}")
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite: remove")).to_be_visible()
    for name in ("holiday", "a/b <i>"):
        page.get_by_label("Folder", exact=True).fill(name)
        page.get_by_role("button", name="Add to folder").click()
        expect(page.get_by_role("button", name=f"Remove from folder {name}")).to_be_visible()
    page.get_by_role("button", name="Remove from folder holiday").click()
    expect(page.locator(".chips li")).to_have_count(1)
    (job,) = server.admin.jobs()
    assert (job["favourite"], job["folders"]) == (True, ["a/b <i>"])
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".nothing").first).to_contain_text("No jobs yet")
    assert server.admin.jobs() == []


@pytest.mark.whole
def test_every_kind_of_job_is_submitted_from_here(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    hash = abc.create("a cat")
    server.admin.advance("1h")
    page = open_page(f"{server.url}/#jobs/{hash}")
    for kind in ("vary", "remix", "upscale", "blend", "describe"):
        page.get_by_label("What").select_option(kind)
        if kind == "remix":
            page.locator(".composer").get_by_label("Prompt").fill("a dog")
        page.get_by_role("button", name="Submit").click()
        expect(page.locator(".result .good, .result .bad")).to_contain_text("Accepted")
        page.locator("div.result").evaluate("element => element.replaceChildren()")
    see_jobs = page.get_by_role("link", name="← Jobs")
    see_jobs.click()
    page.get_by_role("button", name="New job").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Prompt").fill("refuse me")
    dialog.get_by_label("Scenario").select_option("--fake refused")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog.locator(".bad")).to_contain_text("errno 301")
    expect(dialog.locator(".bad")).to_contain_text("rejected by scenario refused")
    # One that is accepted is seen: no dialog or filter hides it.
    page.get_by_label("Kind").evaluate("select => (select.value = 'blend')")
    dialog.get_by_label("Prompt").fill("take me")
    dialog.get_by_label("Scenario").select_option("")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".card .prompt").first).to_have_text("take me")
    expect(page.locator(".notice", has_text="Accepted").get_by_role("link")).to_be_visible()
    kinds = {each["kind"] for each in server.admin.jobs()}
    assert kinds == {"main", "variation", "remix", "upscale", "blend", "describe"}


@pytest.mark.whole
def test_jobs_are_sifted_by_prompt_kind_state_and_account(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    other = server.account("painter")
    abc.create("a cat")
    abc.create("a dog --fake banned")
    other.create("a cat of another's")
    server.admin.advance("1h")
    abc.upscale(abc.find(prompt="a cat").res[0]["hash"], 1)
    page = open_page(f"{server.url}/#jobs")
    cards = page.locator(".card .prompt")
    expect(cards).to_have_count(4)
    page.get_by_label("Prompt").fill("CAT")
    expect(cards).to_have_count(3)
    page.get_by_label("Kind").select_option("upscale")
    expect(cards).to_have_count(1)
    page.get_by_label("Kind").select_option("")
    page.get_by_label("Prompt").fill("")
    page.get_by_label("State").select_option("failed")
    expect(cards).to_have_text(["a dog --fake banned"])
    page.get_by_label("State").select_option("")
    page.get_by_label("Account").select_option("painter")
    expect(cards).to_have_text(["a cat of another's"])


@pytest.mark.whole
def test_a_job_that_is_gone_and_comes_back_is_shown_again(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    hash = abc.create("a cat")
    server.admin.complete(hash)
    state = server.admin.export_state()
    page = open_page(f"{server.url}/#jobs/{hash}")
    for _ in range(2):
        expect(page.locator(".prompt-title")).to_have_text("a cat")
        expect(page.locator(".facts-list")).to_contain_text(hash)
        expect(page.get_by_text("Continue from this picture")).to_be_visible()
        server.admin.reset()
        expect(page.get_by_text("There is no such job")).to_be_visible()
        server.admin.import_state(state)
    expect(page.locator(".prompt-title")).to_have_text("a cat")
