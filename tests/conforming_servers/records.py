"""What records and accounts may hold that the page's example does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering
from tests.support.tampering.making import PROMPTS, chain, each_record, is_finished, succeeding

#: Keys of which only null is shown, so that nothing is known of other values (openapi.yaml).
_UNKNOWN = (
    *("bot_id", "room_id", "room_topic", "sender_name", "sender_msg", "msg_date", "tmp_msg"),
    *("usr_buffer", "tmp_str", "zoom_factor", "client", "recall_msg", "recall_prv", "event_name"),
    *("guild_name", "guild_id", "msg_type", "seed_id", "image_message_id", "pan_direction"),
)


@conforming_server("keys that are null in the example hold strings, numbers and objects")
def nulls_are_filled() -> Tampering:
    values: tuple[object, ...] = ("x", 5, 1.5, True, [1, "a"], {"a": None})
    filled = {key: values[n % len(values)] for n, key in enumerate(_UNKNOWN)}
    records = each_record(lambda one: {**one, **filled})
    account: JSON = {"name": "Ann", "phone": 86, "last_paid": "2024-01-01", "last_plan": {"id": 1}}
    logins = succeeding(lambda _, reply: reply.with_fields(data={**reply.data, **account}), "login")
    return chain(records, logins)


@conforming_server("hashes are in capitals")
def hashes_in_capitals() -> Tampering:
    return _renamed({"hash": str.upper, "parent_hash": str.upper}, str.lower)


@conforming_server("hashes are short numbers, job ids ULIDs, record ids run down")
def ids_of_other_shapes() -> Tampering:
    numbers, names = count(10_000_019, 7), count(1)
    shown: dict[str, str] = {}

    def number(text: str) -> str:
        return shown.setdefault(text, str(next(numbers)))

    def ulid(text: str) -> str:
        return shown.setdefault(text, f"01HZX{next(names):021d}")

    def meant(text: str) -> str:
        return next((old for old, new in shown.items() if new == text), text)

    ids = {"hash": number, "parent_hash": number, "job_id": ulid, "parent_id": ulid}
    falling = each_record(lambda one: {**one, "id": 9_000_000_000 - one["id"]})
    return chain(_renamed({**ids, "id_uuid": ulid}, meant), falling)


def _renamed(ids: dict[str, Callable[[str], str]], meant: Callable[[str], str]) -> Tampering:
    """Show ids otherwise, wherever they stand; ``meant`` turns them back."""

    async def tampering(request: Request, go: Go) -> Reply:
        given = {key: meant(one) for key, one in request.fields.items() if _names(key, one)}
        reply = await go(request.with_fields(**given) if given else request)
        if request.submits and reply.ok:
            return reply.with_fields(data=ids["hash"](reply.data))
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records([_changed(one) for one in reply.records])

    def _changed(one: JSON) -> JSON:
        return {**one, **{key: how(one[key]) for key, how in ids.items() if one[key] is not None}}

    def _names(key: str, value: object) -> bool:
        return key in ("parent_hash", "parent_id", "hash") and isinstance(value, str)

    return tampering


@conforming_server("the service adds its parameters to every prompt")
def prompts_with_suffixes() -> Tampering:
    def change(one: JSON) -> JSON:
        if one["job_type"] == "describe":
            return one
        return {**one, "msg_content": f"{one['msg_content']} --v 6.0 --s 250"}

    return each_record(change)


@conforming_server("upscales and blends, which have no prompt of their own, have none")
def no_prompt_of_their_own() -> Tampering:
    blank = dict.fromkeys(PROMPTS)
    return each_record(
        lambda one: {**one, **blank} if one["job_type"] in ("upscale", "blend") else one
    )


@conforming_server("a job has its id only when it is finished, and no SVG or model before")
def ids_are_null_at_first() -> Tampering:
    blank = dict.fromkeys(("job_id", "svg_buffer", "model_source"))
    return each_record(lambda one: one if is_finished(one) else {**one, **blank})


@conforming_server("updated_at is when the record was last looked at")
def updated_at_every_look() -> Tampering:
    def change(one: JSON) -> JSON:
        now = datetime.now(UTC)
        shown = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
        # Of jobs submitted in one millisecond the later ones are created a little ahead of time.
        return {**one, "updated_at": max(shown, one["created_at"])}

    return each_record(change)


@conforming_server("a finished job says 100 for its progress and keeps its preview")
def progress_is_kept() -> Tampering:
    def change(one: JSON) -> JSON:
        if not is_finished(one):
            return one
        return {**one, "pct_prog": 100, "img_prog": one["img_thumb"]}

    return each_record(change)


@conforming_server(
    "tokens are no JWTs, and each login ends the one before it",
    open={"token-lifetime": "such a token does not say"},
    learnt={"second-login": "ends"},
)
def opaque_tokens() -> Tampering:
    numbers = count(1)
    meant: dict[str, str] = {}
    newest: dict[str, str] = {}

    async def tampering(request: Request, go: Go) -> Reply:
        bare = request.header("authorization")
        token = request.token
        if bare is not None and token is not None:
            known = meant.get(token, "unknown")
            header = bare.replace(token, known) if token else bare
            kept = tuple(pair for pair in request.headers if pair[0] != b"authorization")
            request = replace(request, headers=(*kept, (b"authorization", header.encode())))
        reply = await go(request)
        if request.operation != "login" or not reply.ok:
            return reply
        token = f"tok_{next(numbers):06d}_5b1f0c2e9a7d4e63"
        meant.pop(newest.get(reply.data["username"], ""), None)
        meant[token], newest[reply.data["username"]] = reply.data["token"], token
        return reply.with_fields(data={**reply.data, "token": token})

    return tampering


@conforming_server("only main jobs have a thumb and an original, as in the page's example")
def children_without_a_thumb() -> Tampering:
    blank = dict.fromkeys(("img_thumb", "original_url"))
    return each_record(lambda one: one if one["job_type"] == "main" else {**one, **blank})


@conforming_server("each account counts its own records")
def ids_of_each_account() -> Tampering:
    numbers: dict[str, dict[int, int]] = {}

    def change(one: JSON) -> JSON:
        mine = numbers.setdefault(one["sender_id"], {})
        return {**one, "id": mine.setdefault(one["id"], len(mine) + 1)}

    return each_record(change)


@conforming_server("a picture's original is the picture itself")
def originals_are_the_pictures() -> Tampering:
    return each_record(lambda one: {**one, "original_url": one["img_buffer"]})
