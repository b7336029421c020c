"""The files of ``openapi/`` agree in shape and with one another."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.support.paths import OPENAPI

METHODS = ("get", "put", "post", "delete", "patch")
SECTIONS = (
    "GEN",
    "Login",
    "Job Create",
    "Job Find",
    "Job Variation",
    "Job Upscale",
    "Job Blend",
    "Job Remix",
    "Job Describe",
)

#: How many requirements the contract has of each kind, so that none can be lost from the file.
REQUIREMENTS = """
GEN 6, LOGIN 8, AUTH 5, CREATE 5, FIND 14, LIFE 4, IMG 5, VAR 5, GRID 2, UP 7, PAR 1, REMIX 1,
BLEND 5, DESC 3, PLAN 1
"""

#: Every open question of the contract.
QUESTIONS = """
success-http-status error-http-status unauthenticated-key message-case wrong-credentials
service-error-message submission-message malformed-json unknown-route bearer-prefix token-lifetime
sender-id-without-token unknown-parent unfinished-parent foreign-parent find-scope
find-hash-filter find-order find-default-limit find-max-limit find-bad-limit find-timestamp-unit
find-total-scope find-prompt-match find-scalar-for-array find-empty-array pending-statuses
progress-type preview-image error-on-success job-type-names niji-selection blend-result
blend-bad-link describe-result image-frame image-md5 child-grid-num repeat-upscale grid-num-string
concurrency-limit unknown-field second-login other-method check-order child-parent
upscale-variation aspect-flag favourite-false find-unknown-service find-unknown-type
find-cursor-string find-empty-prompt null-parameter other-content-type
"""

#: Answers that each pattern must refuse, by question.
REFUSED = {
    "token-lifetime": ("0h", "24", "h", "1.5h", "-1h", "1d", "90m30s", " 90m", "90m\n", "024h"),
    "find-default-limit": ("0", "-1", "1.5", "05", "", "ten"),
    "find-max-limit": ("0", "-1", "1.5", "05", "", "none at all"),
    "pending-statuses": (
        *("0-1000", "0-1000-4000-5", "0,1000,4000", "queued-running-failed", "0-1.5-2", "--1-2-3"),
        *("2000-1-2", "0-2000-4000", "0-1000-2000"),  # 2000 is finished, and nothing else
    ),
    "job-type-names": (
        "main,variation,upscale,blend,describe",
        "main",
        "a,b,c,d,e,",
        "a,b,c,d,e, f",
    ),
}


def closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of an object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1, "pattern": r"^\S[^\n]*$"}
OPERATION_IDS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}

VARIANT = {
    **closed({"id": TEXT, "says": TEXT, "pattern": TEXT, "example": TEXT}, ("pattern", "example")),
    "dependentRequired": {"pattern": ["example"], "example": ["pattern"]},
}

QUESTION_COSTS = ["free", "free-with-history", "free-if-refused", "job", "not-triggerable"]
QUESTION = closed(
    {
        "each": {"const": True},
        "id": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "section": {"enum": SECTIONS},
        "operations": OPERATION_IDS,
        "why": TEXT,
        "default": TEXT,
        "reason": TEXT,
        "probe": TEXT,
        "cost": {"enum": QUESTION_COSTS},
        "accounts": {"enum": [1, 2]},
        "variants": {"type": "array", "items": VARIANT, "minItems": 2},
    },
    optional=("each",),
)

REQUIREMENT = {
    **closed(
        {
            "id": {"type": "string", "pattern": "^[A-Z]+-[1-9][0-9]*$"},
            "level": {"enum": ["stated", "shown", "sane"]},
            "section": {"enum": SECTIONS},
            "page": TEXT,
            "sentence": {**TEXT, "pattern": r"^\S[^\n]*\.$"},
            "operations": {**OPERATION_IDS, "minItems": 1},
            "cost": {"enum": ["free", "job"]},
            "accounts": {"enum": [1, 2, "limited"]},
            "breach": {"type": "boolean"},
            "note": TEXT,
        },
        optional=("note",),
    ),
    # What rests on nothing quotes nothing, and only that.
    "if": {"properties": {"level": {"const": "sane"}}},
    "then": {"properties": {"page": {"const": "-"}}},
    "else": {"properties": {"page": {"minLength": 3}}},
}

PROFILE = closed(
    {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
        "description": TEXT,
        "answers": {"type": "object", "additionalProperties": TEXT},
    }
)

CONTRACT_FILES = (
    "openapi.yaml",
    "requirements.yaml",
    "questions.yaml",
    "profiles/documented.yaml",
    "profiles/mixed.yaml",
)


def load(name: str) -> Any:
    return yaml.load((OPENAPI / name).read_bytes(), Loader=yaml.CSafeLoader)


def problems(schema: dict[str, Any], instance: Any) -> list[str]:
    """What is wrong with ``instance``, one line each."""
    validator = jsonschema_rs.validator_for(schema)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(instance)]


def repeated(items: list[str]) -> list[str]:
    return [item for item, count in Counter(items).items() if count > 1]


def doubled_keys(node: yaml.Node | None) -> list[str]:
    """Keys that stand twice in one mapping; a YAML reader keeps the last and says nothing."""
    found: list[str] = []
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        found = [f"line {node.start_mark.line + 1}: {name}" for name in repeated(names)]
        for _, value in node.value:
            found += doubled_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += doubled_keys(item)
    return found


def admitted(question: dict[str, Any], answer: str) -> bool:
    """Whether ``answer`` is a named variant, or the whole of it matches a pattern."""
    return any(
        re.fullmatch(variant["pattern"], answer)
        if "pattern" in variant
        else variant["id"] == answer
        for variant in question["variants"]
    )


@pytest.fixture(scope="module")
def questions() -> dict[str, dict[str, Any]]:
    return {question["id"]: question for question in load("questions.yaml")["questions"]}


@pytest.fixture(scope="module")
def requirements() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in load("requirements.yaml")["requirements"]}


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """The operations of ``openapi.yaml`` by operationId."""
    return {
        operation["operationId"]: operation
        for item in load("openapi.yaml")["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    }


@pytest.mark.parametrize("name", CONTRACT_FILES)
def test_no_key_stands_twice(name: str) -> None:
    assert doubled_keys(yaml.compose((OPENAPI / name).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("name", "key", "schema"),
    [("questions.yaml", "questions", QUESTION), ("requirements.yaml", "requirements", REQUIREMENT)],
)
def test_shape_and_unique_ids(name: str, key: str, schema: dict[str, Any]) -> None:
    document = load(name)
    whole = closed({key: {"type": "array", "items": schema}})
    assert problems(whole, document) == []
    assert repeated([entry["id"] for entry in document[key]]) == []


def test_every_requirement_of_the_contract_is_there(requirements: dict[str, Any]) -> None:
    counts = Counter(id.rpartition("-")[0] for id in requirements)
    assert ", ".join(f"{kind} {count}" for kind, count in counts.items()) == " ".join(
        REQUIREMENTS.split()
    )
    for kind, count in counts.items():
        assert {f"{kind}-{number}" for number in range(1, count + 1)} <= set(requirements)


def test_every_question_of_the_contract_is_there(questions: dict[str, Any]) -> None:
    assert sorted(questions) == sorted(QUESTIONS.split())


def test_requirements_and_questions_name_operations_that_exist(
    requirements: dict[str, Any], questions: dict[str, Any], operations: dict[str, Any]
) -> None:
    for entry in (*requirements.values(), *questions.values()):
        assert set(entry["operations"]) <= set(operations), entry["id"]


def test_only_an_unknown_route_reaches_no_operation(questions: dict[str, Any]) -> None:
    assert [id for id, entry in questions.items() if not entry["operations"]] == ["unknown-route"]


def test_operations_and_requirements_name_each_other(
    requirements: dict[str, Any], operations: dict[str, Any]
) -> None:
    for id, operation in operations.items():
        named = operation["x-requirements"]
        assert repeated(named) == [], id
        required = [entry["id"] for entry in requirements.values() if id in entry["operations"]]
        assert required, f"{id} has no requirement"
        assert sorted(named) == sorted(required), id


def test_notes_name_questions_that_exist(
    requirements: dict[str, Any], questions: dict[str, Any]
) -> None:
    for id, entry in requirements.items():
        named = re.findall(r"\bquestion ([a-z][a-z0-9]*(?:-[a-z0-9]+)+)", entry.get("note", ""))
        assert set(named) <= set(questions), id


def test_a_reader_of_the_api_meets_every_question(questions: dict[str, Any]) -> None:
    text = (OPENAPI / "openapi.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", text))
    assert sorted(set(questions) - named) == []


def test_a_variant_stands_once_and_the_default_is_one(questions: dict[str, Any]) -> None:
    for id, question in questions.items():
        variants = [variant["id"] for variant in question["variants"]]
        assert repeated(variants) == [], id
        named = [variant["id"] for variant in question["variants"] if "pattern" not in variant]
        assert question["default"] in named, id


def parametric(questions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variant with a pattern of each question that has one; none has two."""
    found = {}
    for id, question in questions.items():
        patterned = [variant for variant in question["variants"] if "pattern" in variant]
        assert len(patterned) <= 1, id
        if patterned:
            found[id] = patterned[0]
    return found


def test_a_pattern_accepts_its_example(questions: dict[str, Any]) -> None:
    for id, variant in parametric(questions).items():
        assert re.fullmatch(variant["pattern"], variant["example"]), id
        named = [other["id"] for other in questions[id]["variants"]]
        assert variant["example"] not in named, f"{id}: the example is a variant of its own"


def test_a_pattern_takes_no_answer_that_has_a_name(questions: dict[str, Any]) -> None:
    for id, variant in parametric(questions).items():
        for other in questions[id]["variants"]:
            # A default may be one value of the parameter: 10 is a number, 24h is a time.
            if other["id"] != questions[id]["default"]:
                assert not re.fullmatch(variant["pattern"], other["id"]), (id, other["id"])


def test_a_pattern_refuses_what_it_does_not_stand_for(questions: dict[str, Any]) -> None:
    assert sorted(parametric(questions)) == sorted(REFUSED)
    for id, variant in parametric(questions).items():
        for answer in REFUSED[id]:
            assert not re.fullmatch(variant["pattern"], answer), (id, answer)


@pytest.mark.parametrize(
    "answer", ["0-1000-4000", "-1--2--3", "?-1000-?", "1-20000-3", "12000-1-2", "-2000-1-2"]
)
def test_pending_statuses_are_any_integers_but_2000(questions: dict[str, Any], answer: str) -> None:
    assert admitted(questions["pending-statuses"], answer)


@pytest.mark.parametrize("name", ["documented", "mixed"])
def test_a_profile_answers_every_question(name: str, questions: dict[str, Any]) -> None:
    profile = load(f"profiles/{name}.yaml")
    assert problems(PROFILE, profile) == []
    assert profile["name"] == name
    assert sorted(profile["answers"]) == sorted(questions)
    for id, answer in profile["answers"].items():
        assert admitted(questions[id], answer), (id, answer)


def test_documented_is_the_defaults(questions: dict[str, Any]) -> None:
    defaults = {id: question["default"] for id, question in questions.items()}
    assert load("profiles/documented.yaml")["answers"] == defaults


def test_mixed_answers_every_question_differently(questions: dict[str, Any]) -> None:
    answers = load("profiles/mixed.yaml")["answers"]
    assert [id for id, question in questions.items() if answers[id] == question["default"]] == []
