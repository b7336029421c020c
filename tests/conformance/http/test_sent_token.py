"""Tokens in curl lines: what was sent is sent again, and no line has a part of a token."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from sampan.conformance.http.curl import curl
from sampan.conformance.http.sent_token import FORGED, OWN, for_shell
from sampan.conformance.rules.bad_tokens import bad_tokens, rare_tokens
from tests.support.samples.sample_report import EXCHANGE

JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwiaWF0IjoxNzAwMDAwMDAwfQ"
    ".Vq3n5s8uYxTgk2pLw0aQh7Zf1eRbCmDjXoKtIyNvBcE"
)
OPAQUE = "k8Jd92hsGq0Lw7Yt5Rb3Xv6Nz1Mc4Pf-"


@pytest.mark.parametrize("token", [JWT, OPAQUE])
def test_a_token_is_written_as_it_was_sent_or_not_at_all(token: str) -> None:
    sent = {what: bad for what, bad in (*bad_tokens(token), *rare_tokens(token)) if len(bad) > 12}
    written = {what: for_shell(bad, ["x" * 40, token]) for what, bad in sent.items()}
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
    assert for_shell(JWT, [OPAQUE, JWT]) == OWN
    assert "SAMPAN_FORGED_TOKEN: " not in curl(EXCHANGE)
    line = curl(replace(EXCHANGE, token=for_shell(OPAQUE, [JWT])))
    assert """'authorization: Bearer '"$SAMPAN_FORGED_TOKEN"''""" in line
    assert line.index("--data-raw") < line.index("  # SAMPAN_FORGED_TOKEN: one that")
