"""``sampan check --har FILE``: the same report, of traffic that somebody recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from sampan.conformance.cli import check
from sampan.conformance.contract import shipped
from sampan.conformance.har.check import check_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.traffic.seen import Seen
from tests.conforming_servers.conforming_server import plain
from tests.support.fakes import ADDRESS
from tests.support.tampering.server import tampered
from tests.support.traffic.client import CREATE, Client
from tests.support.traffic.har_files import API, changed, entry, har
from tests.support.traffic.observed import Clock, Observed


@pytest.fixture(name="seen", scope="module")
def client_traffic() -> list[Seen]:
    clock = Clock()
    wire = Observed(tampered(plain, clock.settings()), clock)
    client = Client(wire, "abc")
    client.login()
    client.await_(client.submit(CREATE, content="a quiet harbour"))
    wire.close()
    return wire.seen


def written(path: Path, seen: Iterable[Seen]) -> Path:
    writer = HarWriter(path)
    for one in seen:
        writer.write(one)
    writer.close()
    return path


def ran(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(check, [str(one) for one in arguments])
    return result.exit_code, result.output


def test_a_har_is_judged_and_written_in_every_form(tmp_path: Path, seen: list[Seen]) -> None:
    har = written(tmp_path / "a.har", seen)
    forms = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html", "learn")}
    flags = [part for name, path in forms.items() for part in (f"--{name}", path)]
    code, output = ran("--har", har, *flags)
    assert code == 0, output
    assert f"{len(seen)} requests seen, 1 job accepted" in output
    tree = json.loads(forms["json"].read_text("utf-8"))
    assert tree["target"] == ADDRESS
    verdicts = {one["id"]: one["verdict"] for one in tree["requirements"]}
    assert (verdicts["LIFE-1"], verdicts["UP-1"]) == ("pass", "unseen")
    assert "find-timestamp-unit" in forms["learn"].read_text("utf-8")


def test_a_breach_in_a_har_is_exit_1(tmp_path: Path, seen: list[Seen]) -> None:
    body = json.dumps({**json.loads(seen[-1].reply.body), "errno": 999}).encode()
    wrong = replace(seen[-1], reply=replace(seen[-1].reply, body=body), at=seen[-1].at + 9)
    har = written(tmp_path / "a.har", [*seen, wrong])
    code, output = ran("--har", har)
    assert code == 1
    assert "GEN-2" in output
    known = tmp_path / "known"
    known.write_text("GEN-2\nGEN-3\n")
    assert ran("--har", har, "--known", known)[0] == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("http://127.0.0.1:1",), "exclude each other"),
        (("--gentle",), "--gentle is an option of a run"),
        (("--username", "abc", "--only", "UP-1"), "--username, --only are options of a run"),
        (("--dry-run",), "--dry-run is an option of a run"),
        (("--target", "nonsense"), "is not the URL of an API"),
        (("--target", "http://other.test"), "no whole exchange with http://other.test"),
        (("--json", "/no/such/folder/x.json"), "can't write"),
    ],
)
def test_what_makes_no_sense_beside_a_har_is_refused_in_a_line(
    tmp_path: Path, seen: list[Seen], more: tuple[str, ...], said: str
) -> None:
    har = written(tmp_path / "a.har", seen)
    code, output = ran("--har", har, *more)
    assert code == 2
    assert said in " ".join(output.split())


def test_a_file_without_this_api_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    assert ran("--har", path)[0] == 2
    path.write_text("{}")
    assert ran("--har", path)[0] == 2
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": []}}))
    code, output = ran("--har", path)
    assert code == 2
    assert "no request to this API" in output


def test_a_target_without_a_har_is_refused() -> None:
    code, output = ran("http://127.0.0.1:1", "--target", "http://127.0.0.1:2")
    assert code == 2
    assert "--target goes with --har" in output


def test_what_nobody_can_read_in_an_entry_spoils_no_other(tmp_path: Path) -> None:
    link = "http://[x"
    came = {"errno": 0, "errmsg": "OK", "data": {"res": [{"img_buffer": link}], "total": 1}}
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "\ud800"}]}
    odd = changed(entry(), {"request.postData": form})
    path = tmp_path / "odd.har"
    path.write_text(json.dumps(har(entry(came=came), entry(url=link, method="GET"), odd)))
    report = check_har(path, shipped())
    assert report.requests == 1
    assert any("params has a character that is no text" in one for one in report.remarks)


def test_what_is_said_of_a_file_is_whole_and_names_the_api_that_was_found(tmp_path: Path) -> None:
    elsewhere = entry("/jobs/create", url="http://b.test/jobs/create")
    # JSON without an errno, a page, and one request to another place.
    strange = [entry(came={"detail": "?"}, status=502), entry(status=502, came="<html>")]
    found = entry(came={"errno": 0, "errmsg": "OK", "data": {"res": [], "total": 0}})
    path = tmp_path / "a.har"
    path.write_text(json.dumps(har(found, *strange, elsewhere)))
    _, output = ran("--har", path)
    assert "1 request to another place was passed over" in output
    assert f"the API is taken to be {API}; --target names another" in output
    (said,) = [one for one in output.splitlines() if one.startswith("not answered by the API")]
    assert re.fullmatch(r"[^:]*: \d+ × HTTP 502, \w[^,]*\w(, \d+ × HTTP 502, \w[^,]*\w)*", said)
    assert "success-http-status unknown: 200 (findJobs); not seen: login" in " ".join(
        output.split()
    )
    _, output = ran("--har", path, "--target", API)
    assert "taken to be" not in output
