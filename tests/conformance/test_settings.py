"""The options of a run, from the flags, the environment and the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sampan import conformance
from sampan.conformance.runner.plan import SelectionError
from sampan.conformance.settings import (
    EXHAUSTIVE,
    GENERATED,
    RunOptions,
    SettingsError,
    run_options,
    variables,
)
from sampan.conformance.target import TargetError
from tests.support.network.scripted import Scripted, http

LOCAL, FAR = "http://127.0.0.1:8091", "https://api.example.com"
FIRST = {"SAMPAN_USERNAME": "abc", "SAMPAN_PASSWORD": "secret"}


def made(
    target: str = LOCAL, environment: dict[str, str] | None = None, **given: Any
) -> RunOptions:
    return run_options(target, given, FIRST if environment is None else environment)


def test_on_this_machine_jobs_cost_nothing() -> None:
    here = made()
    assert (here.jobs, here.rate, here.job_timeout) == (None, None, 60)


def test_elsewhere_nothing_is_spent_unasked() -> None:
    far = made(FAR)
    assert (far.jobs, far.rate, far.job_timeout) == (0, 5, 300)


@pytest.mark.parametrize(
    ("asked", "jobs"), [("7", 7), (7, 7), ("0", 0), (0, 0), ("unlimited", None)]
)
def test_a_budget_is_a_number_or_unlimited(asked: str | int, jobs: int | None) -> None:
    assert made(FAR, budget_jobs=asked).jobs == jobs
    assert made(LOCAL, budget_jobs=asked).jobs == jobs


@pytest.mark.parametrize("asked", ["x", "-1", -1, "1.5", ""])
def test_another_budget_is_refused(asked: str | int) -> None:
    with pytest.raises(SettingsError, match="number of jobs or “unlimited”"):
        made(budget_jobs=asked)


def test_requests_are_generated_at_any_budget() -> None:
    assert made(FAR).generate == 0
    assert made(FAR, generate="200").generate == 200
    assert made(FAR, generate=7, exhaustive=True, budget_jobs=3).generate == 7
    assert made(FAR, exhaustive=True).generate == EXHAUSTIVE
    assert not made(FAR, exhaustive=True).sampled


def test_a_few_are_part_of_every_whole_run_on_this_machine() -> None:
    assert (made(LOCAL).generate, made(LOCAL).sampled) == (GENERATED, True)
    assert (made(LOCAL, generate=0).generate, made(LOCAL, generate=0).sampled) == (0, False)
    assert made(LOCAL, only=("FIND",)).generate == 0
    assert not made(LOCAL, generate=GENERATED).sampled


@pytest.mark.parametrize("asked", ["x", "-1", 10**9, True, 1.5])
def test_another_number_of_generated_requests_is_refused(asked: object) -> None:
    with pytest.raises(SettingsError, match="--generate must be"):
        made(generate=asked)


def test_accounts_come_from_flags_and_then_from_the_environment() -> None:
    environment = FIRST | {"SAMPAN_LIMITED_USERNAME": "l", "SAMPAN_LIMITED_PASSWORD": "lp"}
    found = made(LOCAL, environment, username="flag", second_username="b", second_password="bp")
    read = {role: (one.username, one.password) for role, one in found.accounts.items()}
    assert read == {"first": ("flag", "secret"), "second": ("b", "bp"), "limited": ("l", "lp")}


def test_an_account_is_never_guessed() -> None:
    with pytest.raises(SettingsError, match="set SAMPAN_USERNAME and SAMPAN_PASSWORD"):
        made(LOCAL, {})


@pytest.mark.parametrize("role", ["first", "second", "limited"])
def test_half_an_account_is_refused(role: str) -> None:
    username, password = variables(role)
    with pytest.raises(SettingsError, match=f"the {role} account is incomplete: set {password}"):
        made(LOCAL, {username: "x"})
    with pytest.raises(SettingsError, match=username):
        made(LOCAL, {password: "x"})


def test_the_variables_are_named_after_the_flags() -> None:
    assert variables("first") == ("SAMPAN_USERNAME", "SAMPAN_PASSWORD")
    assert variables("second") == ("SAMPAN_SECOND_USERNAME", "SAMPAN_SECOND_PASSWORD")


def test_options_do_not_tell_a_password() -> None:
    assert "secret" not in repr(made())


def test_a_seed_is_drawn_unless_it_is_given() -> None:
    assert made(seed=0).seed == 0
    assert len({made().seed for _ in range(5)}) > 1


# The library call


def test_run_returns_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"SAMPAN_{name}", raising=False)
    with Scripted(lambda _: http({"errno": 501, "errmsg": "SERVICE_ERROR"})) as server:
        report = conformance.run(
            server.url, username="abc", password="p", only=("LOGIN-1",), budget_jobs=0
        )
        assert report.target == server.url
    assert report.verdict.word == "fail"
    assert report.jobs_allowed == 0


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (SettingsError, {}),
        (SettingsError, {"username": "a", "password": "b", "budget_jobs": "x"}),
        (SelectionError, {"username": "a", "password": "b", "only": ("NO-1",)}),
        (TargetError, {"username": "a", "password": "b", "url": "http://example.com"}),
        (TargetError, {"username": "a", "password": "b", "url": "http://127.0.0.1:9"}),
    ],
)
def test_what_can_not_run_is_a_value_error(
    error: type[ValueError], arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"SAMPAN_{name}", raising=False)
    assert issubclass(error, ValueError)
    with pytest.raises(error):
        conformance.run(arguments.pop("url", LOCAL), **arguments)


# Values


@pytest.mark.parametrize("name", ["rate", "timeout", "job_timeout", "max_minutes"])
@pytest.mark.parametrize(
    "value",
    [
        *("nan", "inf", "-inf", "-1", "0", "", "x", "1e-9", "1e999", "1_0x", "1_0", "１"),
        *(float("nan"), float("inf"), -1, 0, True, 10**400, [], {}),
    ],
    ids=str,
)
def test_what_is_no_limit_is_refused_in_one_line(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} must be a number above"):
        made(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_jobs", 1.5),
        ("budget_jobs", True),
        ("budget_jobs", "1e3"),
        ("budget_jobs", "nan"),
        ("seed", 1.5),
        ("seed", True),
        ("seed", "x"),
        pytest.param("seed", 10**5000, id="seed-long"),
        pytest.param("generate", -(10**5000), id="generate-long"),
        ("username", ""),
        ("second_password", ""),
        ("exhaustive", "no"),
        ("allow_plain_http", 1),
        ("only", 5),
        ("only", (5,)),
        ("username", 5),
        ("password", b"x"),
        ("second_username", ["b"]),
    ],
)
def test_a_value_of_another_type_is_refused_in_one_line(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} must be ") as refusal:
        made(**{name: value})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", 2.0),
        ("timeout", 3.0),
        ("job_timeout", 4.0),
        ("max_minutes", 5.0),
        ("allow_plain_http", True),
        ("allow_private_links", True),
        ("only", ("LOGIN-1",)),
        ("skip", ("LOGIN-1",)),
        ("gentle", True),
        ("seed", 6),
    ],
)
def test_what_is_asked_for_reaches_the_run(name: str, value: object) -> None:
    assert getattr(made(**{name: value}), name) == value


def test_one_id_is_as_good_as_a_list_of_them() -> None:
    assert made(only="LOGIN-1").only == made(only=("LOGIN-1",)).only == ("LOGIN-1",)


@pytest.mark.parametrize("name", ["abc", "ABC", " abc "])
@pytest.mark.parametrize("role", ["second", "limited"])
def test_one_account_in_two_roles_is_refused(role: str, name: str) -> None:
    given = {f"{role}_username": name, f"{role}_password": "x"}
    wrong = f"the {role} account must differ from the first account, {name!r}"
    with pytest.raises(SettingsError, match=wrong):
        made(**given)


_NO_REPORTS = ("", "5", "[]", "[" * 100_000, '{"schema": "sampan-report/1", "jobs": [5]}')
_NO_SEED = '{"schema": "sampan-report/1", "target": "x", "jobs": [], "seed": 1e400}'


@pytest.mark.parametrize("text", [*_NO_REPORTS, _NO_SEED])
def test_what_is_no_report_is_not_used_again(text: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="--reuse must be a report that sampan check --json"):
        made(reuse=str(file))
