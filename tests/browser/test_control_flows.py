"""Clock, requests, faults, questions and state as a person changes them on the dashboard."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sampan import Account, FakeServer, Refused

from .chromium import expect
from .conftest import OpenPage

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.xdist_group("browser")


def test_the_clock_is_frozen_turned_and_let_go(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    abc.create("a cat")
    page = open_page(f"{server.url}/#time")
    stopped = page.locator(".stopped")
    expect(page.locator(".timeline")).to_be_visible()
    expect(page.locator(".happened")).to_be_empty()
    expect(page.get_by_text("What the last advance changed")).to_be_hidden()
    expect(stopped).to_be_hidden()
    shared = page.locator(".clock", has=page.get_by_role("heading", name="Shared clock"))
    shared.get_by_role("button", name="Freeze").click()
    expect(shared.locator(".badge")).to_have_text("frozen")
    expect(page.locator(".timeline svg")).to_have_accessible_name(re.compile("a cat"))
    shared.get_by_role("button", name="+1m").click()
    expect(page.locator(".happened")).to_contain_text("Finished")
    expect(page.locator(".timeline")).to_be_hidden()  # no box without a job
    by = shared.get_by_label("By")
    expect(by).to_have_accessible_description("such as 30s, 5m or 1h")
    for wrong in ("30", "5 min", "", "-1s"):
        by.fill(wrong)
        told = by.evaluate("input => input.validationMessage")
        assert f"“{wrong}” is not a duration" in told
        assert "such as 30s, 5m or 1h" in told
    by.fill(" 1.5h ")
    shared.get_by_role("button", name="Advance").click()
    expect(page.locator(".happened")).to_contain_text("no job")
    own = page.locator(".clock", has=page.get_by_role("heading", name="limited"))
    expect(own.locator(".badge")).to_have_class(re.compile(r"^badge *$"))  # not the one that stands
    expect(own.locator(".becomes-own")).to_contain_text("a clock of its own")
    expect(shared.locator(".becomes-own")).to_be_hidden()
    own.get_by_role("button", name="Auto").click()
    expect(own.locator(".badge")).to_have_text("moved by polls")
    own.get_by_role("button", name="Follow the shared clock").click()
    expect(own.locator(".badge")).to_have_text("follows the shared clock")
    shared.get_by_label("To (UTC)").fill("2031-01-02T03:04:05")
    shared.get_by_role("button", name="Set").click()
    expect(shared.locator("time")).to_contain_text("2031-01-02 03:04:05")
    assert server.admin.clock()["now"] == "2031-01-02T03:04:05.000Z"
    shared.get_by_role("button", name="Resume").click()
    expect(shared.locator(".badge")).to_have_text("runs")
    expect(stopped).to_be_hidden()


@pytest.mark.whole
def test_a_stopped_clock_is_told_on_every_view(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    page = open_page(f"{server.url}/#requests", width=360)
    stopped = page.locator(".stopped")
    expect(page.locator(".connection.live")).to_be_attached()
    expect(stopped).to_be_hidden()
    abc.admin.freeze()
    expect(stopped).to_have_text("time is stopped for abc")
    server.account("painter").admin.freeze()
    expect(stopped).to_have_text("time is stopped for 2 accounts")
    accounts = page.locator("#tools").get_by_label("Account")
    accounts.select_option("limited")
    expect(stopped).to_be_hidden()
    accounts.select_option("abc")
    expect(stopped).to_have_text("time is stopped")
    accounts.select_option("")
    server.admin.freeze()
    expect(stopped).to_have_text("time is stopped")
    server.admin.auto()
    expect(stopped).to_have_text("only polls move time")
    stopped.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Time", exact=True)).to_be_visible()


def test_the_refused_request_is_found_with_its_reason(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    page = open_page(f"{server.url}/#requests", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".nothing")).to_be_visible()
    abc.create("a cat")
    with suppress(Refused):
        abc.upscale("no such hash", 1)
    httpx.post(f"{server.url}/jobs/creat", json={"content": "it's"})
    rows = page.locator(".requests > li")
    expect(rows).to_have_count(4)  # live, with the login
    page.get_by_label("Show").select_option("refused")
    expect(rows).to_have_count(2)
    # The row has the reason before it is opened, and shows that it can be.
    for width in (1600, 800, 360):
        page.set_viewport_size({"width": width, "height": 800})
        expect(rows.nth(1).locator(".why")).to_be_visible()
        expect(rows.nth(1).locator(".why")).to_contain_text("no job has this id or hash")
    mark = "element => getComputedStyle(element, '::before').content"
    assert rows.nth(1).locator("summary").evaluate(mark) == '"▸"'
    rows.nth(1).locator("summary").click()
    assert rows.nth(1).locator("summary").evaluate(mark) == '"▾"'
    expect(rows.nth(1)).to_contain_text("Reason: no job has this id or hash")
    rows.nth(0).locator("summary").click()
    expect(rows.nth(0)).to_contain_text("Nearest: createJob, POST /jobs/create (differs: path)")
    rows.nth(0).get_by_role("button", name="Copy as curl").click()
    command = page.evaluate("navigator.clipboard.readText()")
    before = len(server.admin.requests())
    done = subprocess.run(["sh", "-c", f"{command} -s"], capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout)["errno"] == 410
    assert server.admin.requests()[before]["request_body"] == {"content": "it's"}
    page.get_by_label("Contains").fill("no such HASH")
    expect(rows).to_have_count(1)


@pytest.mark.whole
def test_findings_stand_beside_the_requests_that_they_speak_of(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    abc.create("a cat")
    for _ in range(4):
        abc.find()
    page = open_page(f"{server.url}/#requests")
    expect(page.locator(".findings")).to_contain_text("polls-too-fast × 1")
    page.get_by_label("Show").select_option("with a finding")
    row = page.locator(".requests > li").first
    row.locator("summary").click()
    expect(row.locator(".lint")).to_contain_text("polls-too-fast")


def test_a_fault_is_armed_from_a_form_applied_and_spent(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    page = open_page(f"{server.url}/#trouble")
    form = page.locator("form", has=page.get_by_role("button", name="Arm fault"))
    form.get_by_label("type").select_option("HTTP_STATUS")
    form.get_by_label("status (required)", exact=True).fill("503")
    form.get_by_label("times").fill("1")
    for rare in ("delay", "clock", "skip", "probability", "seed", "optional"):
        expect(form.get_by_label(rare, exact=True)).to_be_hidden()
    form.get_by_text("More").last.click()
    form.get_by_label("skip", exact=True).fill("0")
    form.get_by_text("match", exact=True).click()
    form.get_by_label("operation").select_option(label="createJob")
    form.get_by_label("account").select_option(label="abc")
    form.get_by_role("button", name="Arm fault").click()
    armed = page.locator(".armed li", has_text="HTTP_STATUS")
    expect(armed).to_contain_text("applied 0 of 1, matched 0")
    (fault,) = server.admin.faults()
    assert fault["match"] == {"account": "abc", "operation": "createJob"}
    with suppress(Exception):
        abc.create("a cat")
    expect(armed).to_contain_text("spent: applied 1 of 1, matched 1")
    armed.get_by_role("button", name="Disarm").click()
    expect(armed).to_have_count(0)


def fault_types(server: FakeServer) -> list[str]:
    document = httpx.get(f"{server.url}/__admin/openapi.json").json()
    enum = document["components"]["schemas"]["ArmedFault"]["properties"]["type"]["enum"]
    return list(enum)


@pytest.mark.whole
def test_the_form_knows_every_type_of_fault(open_page: OpenPage, server: FakeServer) -> None:
    page = open_page(f"{server.url}/#trouble")
    form = page.locator("form", has=page.get_by_role("button", name="Arm fault"))
    kinds = form.get_by_label("type")
    expect(kinds.locator("option").first).to_be_attached()
    offered = kinds.locator("option").evaluate_all("all => all.map(each => each.value)")
    for kind, text in zip(offered, kinds.locator("option").all_inner_texts(), strict=True):
        assert text.startswith(f"{kind}: ")
    assert sorted(offered) == sorted(fault_types(server))
    for kind in offered:
        kinds.select_option(kind)
        for label, value in (("errno", "501"), ("status", "503")):
            field = form.get_by_label(f"{label} (required)", exact=True)
            if field.count() == 1:
                field.fill(value)
        if kind == "DELAY":
            form.locator(".alternatives .alternatives input").first.fill("20")
        form.get_by_role("button", name="Arm fault").click()
        expect(page.locator(".armed strong", has_text=re.compile(rf"f\d+ {kind}$"))).to_have_count(
            1
        )
    assert sorted(each["type"] for each in server.admin.faults()) == sorted(offered)


@pytest.mark.whole
def test_a_scenario_is_armed_and_used(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    page = open_page(f"{server.url}/#trouble")
    form = page.locator("form", has=page.get_by_role("button", name="Arm scenario"))
    form.get_by_label("Scenario").select_option("fail")
    form.get_by_label("Number").fill("31")
    form.get_by_label("Submissions").fill("2")
    form.get_by_role("button", name="Arm scenario").click()
    armed = page.locator(".armed li", has_text="fail=31")
    expect(armed).to_contain_text("2 left")
    abc.create("a cat")
    expect(armed).to_contain_text("1 left")
    form.get_by_role("button", name="Disarm all").click()
    expect(armed).to_have_count(0)


def test_an_open_question_is_answered_in_place(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    page = open_page(f"{server.url}/#trouble")
    page.get_by_label("Text").fill("find-order")
    question = page.locator(".question:visible", has_text="find-order").first
    expect(question).to_contain_text("Default: newest-first.")
    page.get_by_label("find-order", exact=True).select_option("oldest-first")
    expect(page.get_by_role("status").last).to_contain_text("find-order changed")
    assert server.admin.profile()["answers"]["find-order"] == "oldest-first"
    page.get_by_label("Text").fill("token-lifetime")
    page.get_by_label("token-lifetime", exact=True).select_option(label="another answer …")
    page.get_by_label("Answer to token-lifetime").fill("90m")
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text="token-lifetime changed")).to_be_visible()
    page.get_by_label("Text").fill("")
    page.get_by_label("only changed answers").check()
    expect(page.locator(".question:visible h4")).to_have_text(["token-lifetime", "find-order"])
    page.get_by_role("button", name="mixed").click()
    expect(page.locator(".notice", has_text="Profile mixed is in use")).to_be_visible()
    assert server.admin.profile()["name"] == "mixed"


def test_state_is_exported_reset_and_imported(
    open_page: OpenPage, server: FakeServer, abc: Account, tmp_path: Path
) -> None:
    abc.create("a cat")
    page = open_page(f"{server.url}/#state")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "state.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["jobs"][0]["prompt"] == "a cat"
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.locator(".notice", has_text="1 job was deleted")).to_be_visible()
    assert server.admin.jobs() == []
    page.get_by_label("Import").set_input_files(file)
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page.locator(".notice", has_text="2 accounts, 1 jobs")).to_be_visible()
    assert [each["prompt"] for each in server.admin.jobs()] == ["a cat"]
    for wrong, told in (("not json", "The file is not JSON"), ("{}", "schema")):
        file.write_text(wrong)
        page.get_by_label("Import").set_input_files(file)
        if wrong == "{}":
            page.get_by_role("dialog").get_by_role("button", name="Import").click()
        expect(page.locator(".notice.wrong", has_text=told)).to_be_visible()


@pytest.mark.whole
def test_accounts_are_created_changed_and_deleted(open_page: OpenPage, server: FakeServer) -> None:
    page = open_page(f"{server.url}/#state")
    page.get_by_label("Username").fill("painter #1")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Create account").click()
    row = page.locator("#state tr", has_text="painter #1")
    row.get_by_label("Plan").select_option("none")
    expect(page.get_by_label("Account", exact=True)).to_contain_text("painter #1")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert [each["username"] for each in server.admin.accounts()] == ["abc", "limited"]


@pytest.mark.whole
def test_what_is_looked_for_is_found_however_old_it_is(
    open_page: OpenPage, server: FakeServer, abc: Account
) -> None:
    httpx.post(f"{server.url}/jobs/creat", json={"content": "a needle"})
    for _ in range(150):  # more than the page shows at once
        abc.find(limit=1)
    page = open_page(f"{server.url}/#requests")
    rows = page.locator(".requests > li")
    expect(rows).to_have_count(100)
    for kind, text in (("refused", ""), ("unmatched", ""), ("all", "NEEDLE")):
        page.get_by_label("Show").select_option(kind)
        page.get_by_label("Contains").fill(text)
        expect(rows.locator(".what")).to_have_text(["POST /jobs/creat"])
        expect(page.get_by_role("button", name="Older requests")).to_be_hidden()
    page.get_by_label("Contains").fill("findJobs")
    expect(page.locator("#requests .count")).to_have_text("150 of 152 requests")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="Older requests").click()
    expect(rows).to_have_count(150)


@pytest.mark.whole
def test_what_is_filled_in_stays_while_accounts_come_and_go(
    open_page: OpenPage, server: FakeServer
) -> None:
    server.admin.account("t1")
    page = open_page(f"{server.url}/#trouble")
    fault = page.locator("form", has=page.get_by_role("button", name="Arm fault"))
    scenario = page.locator("form", has=page.get_by_role("button", name="Arm scenario"))
    fault.get_by_label("errno (required)").fill("777")
    fault.get_by_text("match", exact=True).click()
    fault.get_by_label("account", exact=True).select_option("t1")
    scenario.get_by_label("Account").select_option("t1")
    server.admin.account("t2")
    for form in (fault, scenario):
        expect(form.get_by_role("option", name="t2", exact=True)).to_be_attached()
    expect(scenario.get_by_label("Account")).to_have_value("t1")
    scenario.get_by_role("button", name="Arm scenario").click()
    fault.get_by_role("button", name="Arm fault").click()
    expect(page.locator(".armed li", has_text="ERRNO")).to_contain_text("777")
    assert server.admin.faults()[0]["match"] == {"account": "t1"}
    assert [each["account"] for each in server.admin.scenarios()["armed"]] == ["t1"]
    server.admin.delete_account("t1")
    expect(scenario.get_by_label("Account")).to_have_value("")
