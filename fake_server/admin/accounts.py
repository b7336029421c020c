"""Accounts, which are sandboxes: made, changed and removed."""

from __future__ import annotations

from typing import Any

from ..service import FakeService
from ..store.account import Account
from ..store.ids import login_id, sender_id
from .call import ControlCall, ControlError


def account_json(service: FakeService, account: Account) -> dict[str, Any]:
    """``Account`` of ``admin.yaml``."""
    return {
        "username": account.username,
        "id": login_id(service.seed, account.username),
        "sender_id": sender_id(service.seed, account.username),
        "plan": account.plan,
        "name": account.name,
        "jobs": service.store.counts(account.id).stored,
    }


async def list_accounts(call: ControlCall) -> Any:
    return {
        "accounts": [account_json(call.service, each) for each in call.service.store.accounts()]
    }


async def create_account(call: ControlCall) -> Any:
    service, body = call.service, call.body
    username = body["username"]
    if service.store.account(username) is not None:
        raise ControlError("conflict", f"account {username!r} already exists")
    digest = service.digest(username, body["password"])
    plan = body.get("plan", "unlimited")
    return account_json(
        service, service.store.put_account(username, digest, plan, body.get("name"))
    )


async def get_account(call: ControlCall) -> Any:
    return account_json(call.service, call.named(call.path["username"]))


async def update_account(call: ControlCall) -> Any:
    service, body = call.service, call.body
    account = call.named(call.path["username"])
    digest = account.password
    if "password" in body:
        digest = service.digest(account.username, body["password"])
    plan = body.get("plan", account.plan)
    name = body.get("name", account.name)
    return account_json(service, service.store.put_account(account.username, digest, plan, name))


async def issue_token(call: ControlCall) -> Any:
    service, account = call.service, call.named(call.path["username"])
    seconds = service.rules_for(account.id).profile.token_seconds
    return {"token": service.tokens.issue(account.id, service.clocks.now(account.id), seconds)}


async def delete_account(call: ControlCall) -> Any:
    account = call.named(call.path["username"])
    with call.service.store.transaction():
        call.service.forget(account)
        call.service.store.drop_account(account)
    return {"deleted": 1}
