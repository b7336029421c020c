"""Open questions that each operation may answer by itself: statuses, texts, tokens and bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ..checking import Answer, Context, Observation, probe
from ..checking.child_jobs import nobody
from ..checking.each_operation import answered, refused_by_each
from ..json_access import brief, text
from ..rules.envelopes import without_envelope

#: A path that no operation has.
_NOWHERE = "/no/such/path"
#: One accepted job of each operation that submits.
_JOBS = ("grid", "variation", "upscale", "blend", "describe")
#: What an operation answers that has taken the token: nothing of it can be a login's refusal.
_TAKEN = (0, 301, 410, 420, 421)
#: "Not found", for a parent that does not exist.
_NOT_FOUND = (410, 420)


def _example(ctx: Context, operation: str) -> dict[str, object]:
    """The page's example, whole."""
    return {"limit": 1} if operation == "findJobs" else ctx.contract.example(operation)


def _harmless(ctx: Context, operation: str) -> dict[str, object]:
    """A body that starts no job, with a token or without one."""
    bodies: Mapping[str, dict[str, object]] = {
        "findJobs": {"limit": 1},
        "varyJob": {"parent_id": nobody(ctx), "grid_num": 1},
        "upscaleJob": {"parent_hash": nobody(ctx), "grid_num": 1},
    }
    return dict(bodies.get(operation, {}))


def _wrong(operation: str) -> dict[str, object]:
    """A body that every right server refuses with 301."""
    return {"timestamp_smaller_than": "yesterday"} if operation == "findJobs" else {}


def _accepted(ctx: Context) -> dict[str, list[Answer]]:
    """The accepted submissions of this run, by operation."""
    found: dict[str, list[Answer]] = {}
    for job in ctx.evidence.traces():
        if job.accepted:
            found.setdefault(job.operation, []).append(job.submission)
    return found


def _each_reads(ctx: Context, seen: Mapping[str, Iterable[str]], *evidence: Answer) -> Observation:
    shown = {one: " and ".join(dict.fromkeys(texts)) for one, texts in seen.items()}
    rest = [one for one in ctx.contract.questions[ctx.id].operations if one not in shown]
    missing = dict.fromkeys(rest, "no job was accepted")
    return answered(ctx, shown, *evidence, missing=missing)


@probe("success-http-status", wants=_JOBS)
def status_of_a_success(ctx: Context) -> Observation:
    account = ctx.account()
    login = ctx.call("login", {"username": account.username, "password": account.password})
    answers = {"login": [login], "findJobs": [ctx.find(limit=1)]} | _accepted(ctx)
    ok = {one: [answer for answer in several if answer.ok] for one, several in answers.items()}
    statuses = {one: [str(a.status) for a in several] for one, several in ok.items() if several}
    return _each_reads(ctx, statuses, *(several[0] for several in answers.values()))


@probe("submission-message", wants=_JOBS)
def what_an_accepted_submission_reads(ctx: Context) -> Observation:
    known = {"OK": "ok", "SUCCESS": "success"}
    answers = _accepted(ctx)
    texts = {
        one: [known.get(a.errmsg or "", a.errmsg or "no errmsg") for a in several]
        for one, several in answers.items()
    }
    return _each_reads(ctx, texts, *(several[0] for several in answers.values()))


# error-http-status

_BY_ERRNO = {301: 400, 430: 401, 411: 403, 410: 404, 420: 404, 421: 409, 501: 500}


@probe("error-http-status")
def status_of_a_failure(ctx: Context) -> Observation:
    ctx.account()
    wrong = refused_by_each(ctx, lambda one: ctx.call(one, _wrong(one)))
    stranger = {"username": f"{ctx.evidence.mark}-nobody", "password": ctx.evidence.mark}
    without = refused_by_each(
        ctx,
        lambda one: (
            ctx.call(one, stranger)
            if one == "login"
            else ctx.call(one, _example(ctx, one), token=None)
        ),
    )
    answers = {one: (wrong[one], without[one]) for one in wrong}
    fits = {one: fitting(pair) for one, pair in answers.items()}
    evidence = [answer for pair in answers.values() for answer in pair]
    common = set.intersection(*fits.values()) if fits else set()
    if len(common) == 1:
        return answered(ctx, dict.fromkeys(fits, common.pop()), *evidence)
    return answered(ctx, {one: _named(fits[one], answers[one]) for one in fits}, *evidence)


def fitting(answers: Iterable[Answer]) -> set[str]:
    """The variants that agree with all of the failures."""
    seen = [(one.errno, one.status) for one in answers if one.errno]
    if not seen:
        return set()
    fits = {
        "always-200": all(status == 200 for _, status in seen),
        "always-400": all(status == 400 for _, status in seen),
        "by-errno": all(_BY_ERRNO.get(errno) == status for errno, status in seen),
    }
    return {variant for variant, fit in fits.items() if fit}


def _named(variants: set[str], answers: Iterable[Answer]) -> str:
    if variants:
        return " or ".join(sorted(variants))
    return " and ".join(f"errno {one.errno} with HTTP status {one.status}" for one in answers)


# Texts


@probe("unauthenticated-key")
def key_of_the_text(ctx: Context) -> Observation:
    ctx.account()
    answers = refused_by_each(ctx, lambda one: ctx.call(one, _example(ctx, one), token=None))
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    for one, answer in answers.items():
        keys = [key for key in ("error", "errmsg") if text(answer.envelope, key)]
        if answer.errno != 430:
            missing[one] = f"no 430 without a token: {answer.summary()}"
        elif len(keys) == 2:
            seen[one] = "both"
        else:
            seen[one] = keys[0] if keys else f"neither key: {brief(answer.envelope)}"
    return answered(ctx, seen, *answers.values(), missing=missing)


@probe("message-case")
def case_of_the_texts(ctx: Context) -> Observation:
    ctx.account()
    known = {
        ("login", "missing username or password"): "as-shown",
        ("login", "MISSING PARAMETER"): "upper-table",
        ("", "invalid login"): "as-shown",
        ("", "INVALID_LOGIN"): "upper-table",
    }
    answers = refused_by_each(
        ctx,
        lambda one: ctx.call(one, {} if one == "login" else _example(ctx, one), token=None),
    )
    seen = {}
    for one, answer in answers.items():
        said = answer.message or "no text"
        seen[one] = known.get((one if one == "login" else "", said), said)
    return answered(ctx, seen, *answers.values())


# Tokens


@probe("bearer-prefix")
def whether_bearer_is_needed(ctx: Context) -> Observation:
    bare = {"Authorization": ctx.account().token}
    controls = refused_by_each(ctx, lambda one: ctx.call(one, _harmless(ctx, one), token=None))
    answers = refused_by_each(
        ctx, lambda one: ctx.call(one, _harmless(ctx, one), token=None, headers=bare)
    )
    return _token_taken(ctx, controls, answers, refused="required", taken="optional")


@probe("sender-id-without-token", wants=("grid",), refusals=True)
def whether_a_sender_id_stands_in(ctx: Context) -> Observation:
    ids = dict.fromkeys([ctx.account().id, ctx.evidence.sender()])
    controls = refused_by_each(ctx, lambda one: ctx.call(one, _harmless(ctx, one), token=None))

    def send(operation: str) -> Answer:
        # The id of the login and that of the records may differ.
        for known in filter(None, ids):
            body = _harmless(ctx, operation) | {"sender_id": known}
            answer = ctx.call(operation, body, token=None)
            if answer.errno != 430:
                break
        return answer

    return _token_taken(ctx, controls, refused_by_each(ctx, send), refused="430", taken="identity")


def _token_taken(
    ctx: Context,
    controls: Mapping[str, Answer],
    answers: Mapping[str, Answer],
    *,
    refused: str,
    taken: str,
) -> Observation:
    """Whether each operation took what stood in for a token, though without it none was given."""
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    for one, answer in answers.items():
        if controls[one].errno != 430:
            # It looks at the parameters first, and these are incomplete so that no job starts.
            missing[one] = f"without a token: {controls[one].summary()}"
        elif answer.errno == 430:
            seen[one] = refused
        else:
            seen[one] = taken if answer.errno in _TAKEN else answer.summary()
    return answered(ctx, seen, *answers.values(), missing=missing)


# Bodies


@probe("malformed-json")
def what_a_body_that_is_no_json_gives(ctx: Context) -> Observation:
    ctx.account()
    broken = refused_by_each(
        ctx,
        lambda one: ctx.raw(one, b"{", token=None) if one == "login" else ctx.raw(one, b"{"),
    )
    wrong = refused_by_each(ctx, lambda one: ctx.call(one, _wrong(one)))
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    for one, answer in broken.items():
        if answer.failure is not None:
            missing[one] = answer.problem
        elif answer.errno == 301 and answer.status in (400, wrong[one].status):
            seen[one] = "http-400" if answer.status == 400 else "errno-301"
        else:
            seen[one] = answer.in_full()
    # Where every 301 has HTTP status 400 both variants are true, and mean the same.
    alike = {one for one, answer in broken.items() if answer.status == wrong[one].status}
    if "errno-301" in seen.values():
        seen |= {one: "errno-301" for one in alike if seen.get(one) == "http-400"}
    return answered(ctx, seen, *broken.values(), *wrong.values(), missing=missing)


@probe("other-content-type")
def what_json_under_another_label_gives(ctx: Context) -> Observation:
    """Nothing is submitted: whoever reads the body would start a job."""
    account, wrong = ctx.account(), _wrong("findJobs")
    right = {"username": account.username, "password": account.password}
    login = _as_text(ctx, "login", right)
    # Each find after the login, which may have ended the account's token: a call gets another.
    usual = {"login": ctx.call("login", {}), "findJobs": ctx.call("findJobs", wrong)}
    control = ctx.find(limit=1)
    find, unread = _as_text(ctx, "findJobs", {"limit": 1}), _as_text(ctx, "findJobs", wrong)
    evidence = login, find, unread, *usual.values(), control
    seen: dict[str, str] = {}
    missing: dict[str, str] = {}
    for one, answer in (("login", login), ("findJobs", find)):
        if answer.failure is not None:
            missing[one] = answer.problem
        else:
            seen[one] = _label_read(answer, usual[one], control)
    if seen.get("findJobs") == "as-json" and usual["findJobs"].errno != 301:
        missing["findJobs"] = "wrong parameters are accepted under any Content-Type (GEN-4)"
        del seen["findJobs"]
    elif seen.get("findJobs") == "as-json" and unread.errno != 301:
        seen["findJobs"] = "as-empty" if _found(unread, control) else unread.in_full()
    # A login without parameters gets a 301: both variants are true of it, and mean the same.
    alike = (login.status, login.message) == (usual["login"].status, usual["login"].message)
    if seen.get("findJobs") == "as-empty" and seen.get("login") == "errno-301" and alike:
        seen["login"] = "as-empty"
    return answered(ctx, seen, *evidence, missing=missing)


def _as_text(ctx: Context, operation: str, body: Mapping[str, object]) -> Answer:
    token = None if operation == "login" else ctx.account().token
    label = {"Content-Type": "text/plain"}
    return ctx.raw(operation, json.dumps(body).encode(), token=token, headers=label)


def _label_read(answer: Answer, wrong: Answer, control: Answer) -> str:
    """``wrong``: the answer to wrong parameters; ``control``: of a find under the page's label."""
    if _found(answer, control):
        return "as-json"
    if answer.errno == 301 and answer.status == wrong.status:
        return "errno-301"
    return "http-415" if answer.errno == 301 and answer.status == 415 else answer.in_full()


def _found(answer: Answer, control: Answer) -> bool:
    """Taken, though an account without records may get an errno for that."""
    return answer.ok or (answer.errno in _NOT_FOUND and answer.errno == control.errno)


_WITH_FIELD = {
    "createJob": "create_field",
    "blendImages": "blend_field",
    "describeImage": "describe_field",
}


@probe("unknown-field", wants=tuple(_WITH_FIELD.values()))
def what_a_field_that_no_one_knows_does(ctx: Context) -> Observation:
    field = {f"{ctx.evidence.mark}_field": "x"}
    account = ctx.account()
    login = {"username": account.username, "password": account.password}
    seen = {"login": _by_field(ctx.call("login", login), ctx.call("login", {**login, **field}))}
    find = ctx.call("findJobs", {"limit": 1})
    seen["findJobs"] = _by_field(find, ctx.call("findJobs", {"limit": 1, **field}))
    missing: dict[str, str] = {}
    for operation in ("varyJob", "upscaleJob"):
        if not ctx.affords(operation):
            continue
        body = _harmless(ctx, operation)
        if ctx.call(operation, {**body, "grid_num": 9}).errno != 301:
            missing[operation] = "the parent is looked up before the parameters"
            continue
        seen[operation] = _by_field(
            ctx.call(operation, body), ctx.call(operation, {**body, **field})
        )
    for operation, name in _WITH_FIELD.items():
        for job in ctx.evidence.sent(name):
            refused = "301" if job.submission.errno == 301 else job.submission.summary()
            seen[operation] = "ignored" if job.accepted else refused
    return answered(ctx, seen, find, missing=missing)


def _by_field(without: Answer, answer: Answer) -> str:
    """What the field changed."""
    if answer.errno == without.errno and (without.ok or without.errno in _NOT_FOUND):
        return "ignored"
    if answer.errno == 301 != without.errno:
        return "301"
    return f"{without.summary()} without it, {answer.summary()} with it"


@probe("other-method")
def what_another_method_than_post_gives(ctx: Context) -> Observation:
    """A GET as the account; a PUT without token and body, so that nothing can come of it."""
    ctx.account()
    nowhere = {"GET": ctx.route("GET", _NOWHERE), "PUT": ctx.route("PUT", _NOWHERE, token=None)}
    paths = {one: ctx.contract.operations[one].path for one in ctx.contract.operations}
    gets = refused_by_each(ctx, lambda one: ctx.route("GET", paths[one]))
    puts = refused_by_each(ctx, lambda one: ctx.route("PUT", paths[one], token=None))
    seen: dict[str, str] = {}
    for one in gets.keys() & puts.keys():
        get = _method_read(gets[one], nowhere["GET"])
        put = _method_read(puts[one], nowhere["PUT"])
        seen[one] = get if get == put else f"{get} for GET and {put} for PUT"
    return answered(ctx, seen, *nowhere.values(), *gets.values(), *puts.values())


def _method_read(answer: Answer, nowhere: Answer) -> str:
    """``nowhere``: what the same method gets at a path that does not exist."""
    same = (answer.status, answer.errno) == (nowhere.status, nowhere.errno)
    if answer.status == 405 and answer.errno == 410:
        return "http-405-410"
    if answer.status == 405 and without_envelope(answer):
        return "http-405-html"
    if same and answer.failure is None:
        return "as-unknown-route"
    return answer.in_full()
