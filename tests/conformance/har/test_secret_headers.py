"""What stands in a header with a telling name, or before the host of a URL, is in no report."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sampan.conformance.cli import check
from sampan.conformance.har.pseudonyms import Pseudonyms
from sampan.conformance.http.secret_headers import may_be_secret
from tests.support.traffic.har_files import changed, entry, written

#: A header, and the secret in it.
HEADERS = (
    ("Cookie", "sid=s3cret-cookie; theme=dark", "s3cret-cookie"),
    ("Set-Cookie", 'sid="s3cret-cookie"; Path=/; HttpOnly', "s3cret-cookie"),
    ("X-Api-Key", "s3cret-value", "s3cret-value"),
    ("x-auth-token", "s3cret-value", "s3cret-value"),
    ("X_SESSION_ID", "s3cret-value", "s3cret-value"),
    ("Proxy-Authorization", "Basic czNjcmV0", "czNjcmV0"),
    ("X-CSRF-Token", "s3cret-value", "s3cret-value"),
    ("X-Hub-Signature", "sha1=s3cret-value", "s3cret-value"),
)


def artefacts(folder: Path, *entries: object) -> str:
    """All that a check of a HAR of these entries writes."""
    files = {name: folder / f"report.{name}" for name in ("json", "junit", "html", "learn")}
    flags = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    result = CliRunner().invoke(check, ["--har", str(written(folder, *entries)), *flags])
    assert result.exit_code in (0, 1), result.output
    return result.output + "".join(path.read_text("utf-8") for path in files.values())


@pytest.mark.parametrize(("name", "value", "secret"), HEADERS)
@pytest.mark.parametrize("side", ["request", "response"])
def test_a_header_with_a_telling_name_is_in_no_report(
    tmp_path: Path, name: str, value: str, secret: str, side: str
) -> None:
    """Neither where it stands nor where a body repeats it."""
    usual = {"name": "Content-Type", "value": "application/json"}
    odd = changed(
        entry(came={"errno": 999, "errmsg": f"{value} and {secret}"}),
        {f"{side}.headers": [usual, {"name": name, "value": value}]},
    )
    assert secret not in artefacts(tmp_path, odd)
    assert secret not in Pseudonyms().header(name, value)


@pytest.mark.parametrize(
    "name", ["Keep-Alive", "Accept", "X-Forwarded-For", "Host", "X-Fake-Reason", "Authority", "Via"]
)
def test_other_names_tell_nothing(name: str) -> None:
    assert not may_be_secret(name)


@pytest.mark.parametrize(
    "user", ["joe:s3cret-pw@", "s3cret-pw@", "joe:s3cret-pw%40x@", ":s3cret-pw@"]
)
def test_what_stands_before_a_host_is_in_no_report(tmp_path: Path, user: str) -> None:
    url = f"http://{user}api.test/jobs/find"
    bad = {"errno": 999, "errmsg": "no"}
    broken = changed(entry(url=url), {"response.status": "x"})
    given = artefacts(tmp_path, entry(url=url, came=bad), broken)
    assert "s3cret-pw" not in given
    assert "http://api.test" in given


def test_null_is_an_empty_header_and_a_time_is_quoted_as_it_was_written(tmp_path: Path) -> None:
    usual = {"name": "Content-Type", "value": "application/json"}
    null = {"name": "X-Nothing", "value": None}
    late = changed(entry(), {"startedDateTime": 1777888800000})
    whole = changed(entry(), {"request.headers": [usual, null]})
    given = artefacts(tmp_path, whole, late)
    assert "1 request seen" in given
    assert "startedDateTime is no ISO 8601 time: 1777888800000" in given
