"""The answers to the open questions, for all accounts or for one."""

from __future__ import annotations

from typing import Any

from ..contract import yaml_files
from ..contract.profile import Profile, ProfileError
from ..contract.profile_files import load_profile
from ..service import FakeService
from ..store.account import Account
from .call import ControlCall, ControlError


def profile_json(service: FakeService, account: Account | None) -> dict[str, Any]:
    """``Profile`` of ``admin.yaml``."""
    if account is None:
        return service.rules.profile.to_json(None)
    return service.rules_for(account.id).profile.to_json(account.username)


async def get_profile(call: ControlCall) -> Any:
    return profile_json(call.service, call.account)


async def list_questions(_: ControlCall) -> Any:
    return {"questions": yaml_files.read("questions.yaml")["questions"]}


async def put_profile(call: ControlCall) -> Any:
    start = load_profile(call.body.get("profile", "documented"), call.service.questions)
    return _use(call, start)


async def patch_profile(call: ControlCall) -> Any:
    return _use(call, call.service.rules_for(call.account_id).profile)


def _use(call: ControlCall, start: Profile) -> Any:
    answers = {**start.answers, **call.body.get("answers", {})}
    try:
        profile = Profile.of(call.service.questions, answers, start.name)
    except ProfileError as problem:
        raise ControlError("bad-request", str(problem)) from problem
    call.service.use_profile(profile, call.account)
    return profile_json(call.service, call.account)
