"""The references in docs/ are what their sources say now: `make docs` makes them anew."""

from __future__ import annotations

import contextlib
import inspect
import re

import pytest

import sampan
from docs.generate import control_api, python_handles
from docs.generate.__main__ import DOCS, REFERENCES
from sampan.fake_server.contract import yaml_files


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_is_up_to_date(name: str) -> None:
    assert REFERENCES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run `make docs`"


def test_every_call_and_field_of_the_control_api_is_in_it() -> None:
    text = control_api.text()
    document = yaml_files.read("admin.yaml")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert f"### {operation['operationId']}\n" in text
                assert f"`{method.upper()} {path}`" in text
    for name, schema in document["components"]["schemas"].items():
        if not name.startswith("Stored"):
            assert f"### Type {name}\n" in text
            assert all(f"| `{field}`" in text for field in schema.get("properties", ()))


def test_every_method_of_the_handles_is_in_it_with_words() -> None:
    text = python_handles.text()
    for handle in (sampan.FakeServer, sampan.Account, sampan.Admin):
        for name, member in inspect.getmembers(handle):
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                _, _, rest = text.partition(f"### {handle.__name__}.{name}\n")
                assert re.match(r"\s*(```text\n.+?\n```\s+)?[A-Z`]", rest, re.DOTALL), name
    assert all(f"`{name}`" in text or f"{name}" in text for name in sampan.__all__)


@pytest.mark.parametrize("name", REFERENCES)
def test_links_within_a_reference_lead_somewhere(name: str) -> None:
    text = REFERENCES[name]()
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", text) if link not in anchors} == set()
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (DOCS / link).exists(), link


def test_headings_are_not_repeated() -> None:
    for text in (each() for each in REFERENCES.values()):
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert sorted(titles) == sorted(set(titles))


def test_each_line_of_the_recipes_for_control_is_one_that_a_fake_takes() -> None:
    text = (DOCS / "recipes.md").read_text(encoding="utf-8")
    lines = re.findall(r"^admin\.(?:verify|fault)\(.*$", text, re.MULTILINE)
    assert len(lines) > 9
    with sampan.FakeServer() as server:
        admin = server.account().admin
        for line in lines:
            with contextlib.suppress(sampan.NotAsExpected):  # nothing was sent
                exec(line, {"admin": admin, "re": re})
        assert len(admin.faults()) == 4
