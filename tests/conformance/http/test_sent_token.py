"""Tokens in curl lines: what was sent is sent again, and no line has a part of a token."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from sampan.conformance.http.curl import curl
from sampan.conformance.http.exchange import Exchange
from sampan.conformance.http.sent_token import (
    FORGED,
    OWN,
    WRONG,
    for_shell,
    password_for_shell,
)
from sampan.conformance.rules.bad_tokens import bad_tokens, rare_tokens
from tests.support.judged import judged
from tests.support.samples.sample_report import EXCHANGE
from tests.support.tampering.exchange import Go, Reply, Request, success

JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwiaWF0IjoxNzAwMDAwMDAwfQ"
    ".Vq3n5s8uYxTgk2pLw0aQh7Zf1eRbCmDjXoKtIyNvBcE"
)
OPAQUE = "k8Jd92hsGq0Lw7Yt5Rb3Xv6Nz1Mc4Pf-"


@pytest.mark.parametrize("token", [JWT, OPAQUE])
def test_a_token_is_written_as_it_was_sent_or_not_at_all(token: str) -> None:
    sent = {what: bad for what, bad in (*bad_tokens(token), *rare_tokens(token)) if len(bad) > 12}
    written = {
        what: for_shell(bad, {"x" * 40: "OTHER", token: "SAMPAN_TOKEN"})
        for what, bad in sent.items()
    }
    again = {what: made for what, made in written.items() if made != FORGED}
    script = "; ".join(f"printf '%s\\n' {made}" for made in again.values())
    ran = subprocess.run(
        ["bash", "-c", script], env={"SAMPAN_TOKEN": token}, capture_output=True, text=True
    )
    assert ran.stdout.splitlines() == [sent[what] for what in again]
    assert {"a token that is cut short", "a token with more letters"} < set(again)
    assert "a token with other claims" not in again
    for made in written.values():
        assert not [at for at in range(len(token) - 4) if token[at : at + 4] in made]


def test_a_curl_line_says_whose_token_it_has() -> None:
    assert for_shell(JWT, {OPAQUE: "OTHER", JWT: "SAMPAN_TOKEN"}) == OWN
    assert "SAMPAN_FORGED_TOKEN: " not in curl(EXCHANGE)
    line = curl(replace(EXCHANGE, secret=for_shell(OPAQUE, {JWT: "SAMPAN_TOKEN"})))
    assert """'authorization: Bearer '"$SAMPAN_FORGED_TOKEN"''""" in line
    assert line.index("--data-raw") < line.index("  # SAMPAN_FORGED_TOKEN: one that")


@pytest.mark.parametrize("password", ["abc-secret", "Tropfen 5 $HOME `x` 'y'", "p", "geheim-ß"])
def test_a_password_is_written_as_it_was_sent_or_not_at_all(password: str) -> None:
    made = {password, f"{password}x", f"x{password}", password[:-1], password.swapcase(), "other"}
    known = {"pass of the second": "SAMPAN_SECOND_PASSWORD", password: "SAMPAN_PASSWORD"}
    written = {one: password_for_shell(one, known) for one in made}
    again = [one for one in made if written[one] != WRONG]
    ran = subprocess.run(
        ["bash", "-c", "; ".join(f"printf '%s\\n' {written[one]}" for one in again)],
        env={"SAMPAN_PASSWORD": password},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines() == again
    assert len(again) >= (len(made) - 1 if password.isascii() else 3)
    assert "other" not in again
    assert password_for_shell("pass of the second", known) == '"$SAMPAN_SECOND_PASSWORD"'


@pytest.mark.parametrize("id", ["LOGIN-4", "AUTH-5"])
def test_the_curl_lines_of_a_run_send_what_was_sent(id: str) -> None:
    """Whose secret it was, and what was made of it, stands in the line."""

    async def breaking(request: Request, go: Go) -> Reply:
        reply = await go(request)
        if id == "LOGIN-4" and request.operation == "login" and not reply.ok:
            return success({})
        return reply

    report = judged(breaking, id, jobs=0)
    shown = [one for it in report.findings for one in it.evidence if isinstance(one, Exchange)]
    lines = [curl(one) for one in shown]
    assert lines
    wanted = (
        ['"$SAMPAN_PASSWORD"x', 'x"$SAMPAN_PASSWORD"', '"${SAMPAN_PASSWORD%?}"']
        if id == "LOGIN-4"
        else ["SAMPAN_SECOND_TOKEN: of the second account"]
    )
    for one in wanted:
        assert [line for line in lines if one in line], (one, lines)
