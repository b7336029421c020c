"""Profiles as files, and the questions that the contract ships."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ..suggestions import did_you_mean
from . import yaml_files
from .profile import Profile, ProfileError, Question, questions


@cache
def shipped_questions() -> Mapping[str, Question]:
    """The questions of the contract, read once in a process."""
    return questions(yaml_files.read("questions.yaml"))


def load_profile(name: str, questions: Mapping[str, Question]) -> Profile:
    """A shipped profile by its name, or one in a file. Raises ``ProfileError``."""
    shipped = {file.stem: file for file in (yaml_files.DIRECTORY / "profiles").glob("*.yaml")}
    path = shipped.get(name, Path(name))
    if not os.path.isfile(path):  # also of a name that is too long
        known = ", ".join(sorted(shipped))
        hint = did_you_mean(name, shipped)
        raise ProfileError(f"profile {name!r} is neither a file nor one of {known}{hint}")
    try:
        document = (
            yaml_files.read(f"profiles/{name}.yaml")
            if name in shipped
            else yaml_files.read_file(path)
        )
    except yaml_files.SpecError as problem:
        raise ProfileError(f"profile {problem}") from problem
    if not isinstance(document, dict) or not isinstance(document.get("answers", {}), dict):
        raise ProfileError(f"profile {path}: a profile must be a mapping with the key 'answers'")
    unknown = set(document) - {"name", "description", "answers"}
    if unknown or "answers" not in document:
        raise ProfileError(
            f"profile {path}: the key answers is required, name and description are optional;"
            f" found: {', '.join(sorted(map(str, document))) or 'no keys'}"
        )
    return Profile.of(questions, document["answers"], str(document.get("name", path.stem)))
