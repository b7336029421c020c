"""One function per operationId of the contract.

A handler gets a ``Call`` that is authenticated and checked, and returns
the ``data`` of its success as JSON text; it raises ``ApiError`` for
everything else. What the page leaves open it asks of the profile.
"""

from __future__ import annotations

import orjson

from .. import pictures
from ..contract.errors import ApiError
from ..jobs.lifecycle import Job, Kind, State, end, observe
from ..jobs.prompt import without_marker
from ..records.record import colours_of, is_grid
from ..service import FakeService
from ..settings import NewAccount
from ..store.account import MAX_PASSWORD, is_name
from ..store.ids import login_id
from . import links
from .call import Call
from .submit import NewJob, submit


def login(service: FakeService, call: Call) -> bytes:
    """Page, Login: the twelve keys of ``data``, the token among them."""
    username, password = call.body["username"], call.body["password"]
    account = service.store.account(username)
    if account is None and service.settings.open_accounts:
        why_not = _why_not_opened(service, username, password)
        if why_not is not None:
            raise _wrong(call, f"--open-accounts creates no such account: {why_not}")
        with service.store.turn():  # another process may have created it by now
            account = service.store.account(username)
            account = account or service.put_account(NewAccount(username, password))
    if account is None or not service.password_fits(account, password):
        raise _wrong(call, "wrong username or password")
    now = service.clocks.now(account.id)
    if call.profile["second-login"] == "ends":
        with service.store.turn():
            # Two logins of one millisecond: the first token ends a millisecond later.
            now = max(now, account.revoked[-1] + 1 if account.revoked else now)
            service.store.revoke_tokens(account, now)
    unlimited = account.plan == "unlimited"
    data: dict[str, object] = dict.fromkeys(call.operation.success_keys)
    data |= {
        "id": login_id(service.seed, username),
        "name": account.name,
        "username": username,
        "email": f"{username}@email.com",
        "account_type": "consumer",
        "account_status": "unlimited" if unlimited else "limited",
        "token": service.tokens.issue(account.id, now, call.profile.token_seconds),
    }
    return orjson.dumps(data)


def _wrong(call: Call, reason: str) -> ApiError:
    """Question wrong-credentials, which only a login that is refused touches."""
    return ApiError(_WRONG_CREDENTIALS[call.profile["wrong-credentials"]], reason)


def _why_not_opened(service: FakeService, username: str, password: str) -> str | None:
    """Why a login creates no account. Nobody need be known to send one."""
    if not is_name(username):
        return (
            "its name must have 1 to 200 characters, none of them a slash or control character, and"
            " not be . or .."
        )
    if len(password) > MAX_PASSWORD:
        return f"its password must have at most {MAX_PASSWORD} characters"
    if len(service.store.accounts()) >= MAX_OPENED:
        return f"there are {MAX_OPENED} accounts"
    return None


#: How many accounts there may be for a login to create one more; they take some 80 MB.
MAX_OPENED = 100_000

_WRONG_CREDENTIALS = {
    "430": "refused-login",
    "301": "invalid-parameter",
    "420": "user-not-found",
    "410": "not-found",
}


def create_job(service: FakeService, call: Call) -> bytes:
    """Page, Job Create."""
    return _hash(submit(service, call, NewJob("main", call.body["content"])))


def vary_job(service: FakeService, call: Call) -> bytes:
    """Page, Job Variation; with ``content`` it is Job Remix, at the same address."""
    parent = _parent(call, service.store.by_job_id(call.body["parent_id"]))
    content = call.body.get("content")
    kind: Kind = "variation" if content is None else "remix"
    grid_num = call.body["grid_num"]
    new_job = NewJob(
        kind,
        parent.prompt if content is None else content,
        parent,
        grid_num,
        lean=colours_of(parent)[_cell(parent, grid_num) - 1],
        broken=_broken_by(parent),
        after=end(parent),
    )
    return _hash(submit(service, call, new_job))


def upscale_job(service: FakeService, call: Call) -> bytes:
    """Page, Job Upscale."""
    parent = _parent(call, service.store.by_hash(call.body["parent_hash"]))
    if call.profile["repeat-upscale"] == "new-job":
        return _upscale(service, call, parent)
    with service.store.turn():
        return _upscale(service, call, parent)


def _upscale(service: FakeService, call: Call, parent: Job) -> bytes:
    grid_num = call.body["grid_num"]
    if call.profile["repeat-upscale"] != "new-job":
        for job in service.store.jobs(call.caller.id):
            if job.kind == "upscale" and (job.parent_hash, job.grid_num) == (parent.hash, grid_num):
                if call.profile["repeat-upscale"] == "same-hash":
                    return _hash(job)
                raise ApiError("invalid-parameter", f"cell {grid_num} has already been upscaled")
    new_job = NewJob(
        "upscale",
        parent.prompt,
        parent,
        grid_num,
        broken=_broken_by(parent),
        after=end(parent),
    )
    return _hash(submit(service, call, new_job))


def blend_images(service: FakeService, call: Call) -> bytes:
    """Page, Job Blend: 2 to 5 links in one string."""
    content = call.body["content"]
    linked = [links.read(link, call.origin()) for link in _plain(service, content).split()]
    broken = next((why for link in linked if (why := links.problem(service, link))), None)
    if broken is not None and call.profile["blend-bad-link"] == "301":
        raise ApiError("invalid-parameter", f"content: {broken}")
    lean = pictures.blend([links.colour(service, link) for link in linked])
    return _hash(submit(service, call, NewJob("blend", content, lean=lean, broken=broken)))


def describe_image(service: FakeService, call: Call) -> bytes:
    """Page, Job Describe: one link."""
    content = call.body["content"]
    link = links.read(_plain(service, content).strip(), call.origin())
    if link.url is None:
        raise ApiError("invalid-parameter", "content: must be an http or https link")
    broken = links.problem(service, link)
    return _hash(submit(service, call, NewJob("describe", content, broken=broken)))


def _plain(service: FakeService, content: str) -> str:
    return without_marker(content) if service.settings.markers else content


def _hash(job: Job) -> bytes:
    return b'"%s"' % job.hash.encode()


# Parents


def check_parent(service: FakeService, call: Call) -> None:
    """Whether the named parent will do, before anything else of the body is looked at.

    Raises ``ApiError``. A body that names none is left to the check of the parameters.
    """
    key = _PARENT_KEYS.get(call.operation.id)
    named = call.body.get(key) if key is not None else None
    if isinstance(named, str) and named:
        by_id = key == "parent_id"
        found = service.store.by_job_id(named) if by_id else service.store.by_hash(named)
        _parent(call, found)


_PARENT_KEYS = {"varyJob": "parent_id", "upscaleJob": "parent_hash"}


def _cell(parent: Job, grid_num: int) -> int:
    """The cell that is varied: an upscale shows one alone, whatever is asked for."""
    shown = parent.grid_num if parent.kind == "upscale" else None
    return grid_num if shown is None else shown


def _varies_upscale(call: Call, parent: Job) -> bool:
    """Question upscale-variation."""
    is_one = call.operation.id == "varyJob" and parent.kind == "upscale"
    return is_one and call.profile["upscale-variation"] == "allowed"


def _parent(call: Call, parent: Job | None) -> Job:
    """The four-grid that a child is made from. Raises :class:`ApiError` where there is none."""
    if parent is None:
        raise ApiError(_UNKNOWN[call.answer("unknown-parent")], "no job has this id or hash")
    if parent.account != call.caller.id:
        answer = call.answer("foreign-parent")
        if answer != "allowed":
            raise ApiError(_UNKNOWN[answer], "the parent belongs to another account")
    if not is_grid(parent, call.profile) and not _varies_upscale(call, parent):
        raise ApiError("parent-invalid-type", f"the parent must be a grid, not a {parent.kind}")
    state = observe(parent, call.now).state
    if state is State.FAILED:
        raise ApiError("parent-invalid-type", "the parent has failed and has no picture")
    if state is not State.FINISHED:
        answer = call.answer("unfinished-parent")
        if answer != "queued":
            raise ApiError(_UNFINISHED[answer], f"the parent must be finished; it is {state.value}")
    return parent


_UNKNOWN = {"420": "parent-not-found", "410": "not-found", "430": "refused-login"}
_UNFINISHED = {
    "301": "invalid-parameter",
    "420": "parent-not-found",
    "421": "parent-invalid-type",
}


def _broken_by(parent: Job) -> str | None:
    return None if parent.plan.fail_percent is None else "the parent failed"
