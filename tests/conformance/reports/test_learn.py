"""The answers that were seen become a profile; a fake with that profile answers so."""

from __future__ import annotations

from pathlib import Path

import yaml

from sampan.conformance.reports.learn import render as as_profile
from tests.support.fakes import MakeFake
from tests.support.samples.sample_report import CONTRACT, a_report


def test_only_what_was_seen_is_in_the_profile() -> None:
    learnt = yaml.safe_load(as_profile(a_report(), CONTRACT))
    assert learnt["answers"] == {"token-lifetime": "90m", "find-order": "newest-first"}
    assert learnt["name"] == "learnt"
    assert "2024-04-02" in learnt["description"]


def test_what_was_not_seen_is_told_in_comments() -> None:
    text = as_profile(a_report(), CONTRACT)
    assert "# unknown find-scope: saw <script>" in text
    assert "# unobserved image-md5: no budget\\nfor" in text
    for line in text.partition("# Left")[2].splitlines():
        assert line.startswith("#") or line == " at their defaults:"


def test_the_fake_takes_it(tmp_path: Path, make_fake: MakeFake) -> None:
    file = tmp_path / "learnt.yaml"
    file.write_text(as_profile(a_report(), CONTRACT), encoding="utf-8")
    fake = make_fake(profile=str(file))
    assert fake.app.service.rules.profile["token-lifetime"] == "90m"
