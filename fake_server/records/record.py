"""The 58 keys of a record, from a job's facts and what a poll sees of it (page, Job Find).

Every value of the page's own example comes out of this module when it is given that job's facts;
what the page leaves open is asked of the profile.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from .. import pictures
from ..contract.profile import Profile
from ..jobs.lifecycle import LATEST, JobFacts, Moment, State
from ..jobs.prompt import normalised, without_marker
from . import describe_prompts as describe


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose record it is: the id sent as ``sender_id`` and the display name, often none."""

    sender_id: str
    name: str | None


def picture(facts: JobFacts, profile: Profile) -> pictures.Picture | None:
    """The picture of a job; ``None`` where there is none (a describe)."""
    if facts.kind == "describe":
        return None
    single = not is_grid(facts, profile)
    texts = [("Job", facts.hash), ("Kind", facts.kind)]
    if facts.parent_hash is not None:
        texts.append(("Parent", facts.parent_hash))
    return pictures.Picture(
        kind="single" if single else "grid",
        ratio=facts.ratio,
        colours=colours_of(facts),
        cell=facts.grid_num if facts.kind == "upscale" else None,
        texts=tuple(texts),
        framed=profile["image-frame"] == "framed",
    )


def colours_of(facts: JobFacts) -> pictures.Colours:
    """The colours of a job's cells: its own, unless others were given to it at birth."""
    return pictures.palette(facts.hash) if facts.colours is None else facts.colours


def is_grid(facts: JobFacts, profile: Profile) -> bool:
    """Whether the job makes a four-grid, from which a cell can be chosen."""
    if facts.kind == "blend":
        return profile["blend-result"] == "grid"
    return facts.kind in ("main", "variation", "remix")


def extension(facts: JobFacts) -> str:
    """``png``, but for the scenario ``webp``."""
    return "webp" if facts.plan.picture == "webp" else "png"


def timestamp(ms: int) -> str:
    """``2024-04-02T06:48:35.165Z`` for 1712040515165; no time before 1970, or after the last."""
    seconds, rest = divmod(min(max(ms, 0), LATEST), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def render(
    facts: JobFacts, seen: Moment, owner: Owner, base: str, profile: Profile
) -> dict[str, Any]:
    """The record, keys in the page's order. ``base`` is where picture links start."""
    finished = seen.state is State.FINISHED
    drawn = picture(facts, profile) if finished else None
    links = _links(facts, drawn, base) if drawn is not None else _NO_LINKS
    shown = _shown(facts, finished, profile)
    width, height = pictures.size(drawn, "image") if drawn is not None else (None, None)
    return {
        "id": facts.id,
        "id_uuid": facts.id_uuid,
        "bot_id": None,
        "room_id": None,
        "room_topic": None,
        "sender_id": owner.sender_id,
        "sender_name": None,
        "sender_msg": None,
        "msg_date": None,
        "msg_content": shown.content,
        "msg_display": facts.prompt,
        "timestamp": str(facts.timestamp),
        "hash": facts.hash,
        "status": profile.statuses[seen.state],
        "error": _error(facts, seen, shown, profile),
        "job_id": facts.job_id,
        "parent_id": facts.parent_id,
        "parent_hash": facts.parent_hash,
        "tmp_msg": None,
        "svg_buffer": _svg(owner.name),
        "usr_buffer": None,
        "img_buffer": links.image,
        "img_format": extension(facts) if drawn is not None else None,
        "img_length": image_length(facts, drawn) if drawn is not None else None,
        "img_height": height,
        "img_width": width,
        "img_md5": _md5(facts, drawn, profile),
        "tmp_str": None,
        "grid_num": facts.grid_num if profile["child-grid-num"] == "set" else None,
        "zoom_factor": None,
        "job_type": profile.job_types[facts.kind],
        "payment_type": "trial",
        "service": facts.service,
        "source": "app",
        "client": None,
        "recall_msg": None,
        "recall_prv": None,
        "pct_prog": _progress(seen, profile),
        "img_prog": _preview(facts, seen, base, profile),
        "img_thumb": links.thumb,
        "event_name": None,
        "original_url": links.original,
        "guild_name": None,
        "guild_id": None,
        "msg_type": None,
        "seed_id": None,
        "image_message_id": None,
        "deleted": False,
        "description": shown.description,
        "description_translation": None,
        "pan_direction": None,
        "command": None,
        "model_source": "internal",
        # The example's created_at is a millisecond after its timestamp.
        "created_at": timestamp(facts.timestamp + 1),
        "updated_at": timestamp(max(seen.at, facts.timestamp + 1)),
        "is_favourite": facts.favourite,
        "favourite_count": int(facts.favourite),
        "folders": list(facts.folders),
    }


def image_length(facts: JobFacts, drawn: pictures.Picture) -> int:
    """The bytes of the file at ``img_buffer``."""
    if extension(facts) == "webp":
        return len(pictures.webp(drawn, "image"))
    return pictures.length(drawn, "image")


@dataclass(frozen=True, slots=True)
class _Links:
    image: str | None
    thumb: str | None
    original: str | None


_NO_LINKS = _Links(None, None, None)


def _links(facts: JobFacts, drawn: pictures.Picture, base: str) -> _Links:
    suffix = extension(facts)
    grid = "_4" if drawn.kind == "grid" else ""
    return _Links(
        f"{base}/image/{facts.job_id}.{suffix}",
        f"{base}/image/{facts.job_id}_thumb.{suffix}",
        f"{base}/{facts.job_id}{grid}.{suffix}",
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    content: str
    description: str | None


def _shown(facts: JobFacts, finished: bool, profile: Profile) -> _Shown:
    """The content and the description; a finished describe holds its prompts in one of them."""
    if facts.kind in ("blend", "describe"):
        content = facts.prompt  # links, not words
    else:
        content = facts.plan.content or normalised(facts.prompt)
    if facts.kind != "describe" or not finished:
        return _Shown(content, None)
    link = without_marker(facts.prompt).strip()
    answer = profile["describe-result"]
    if answer == "msg-content":
        return _Shown(describe.numbered(link), None)
    if answer == "description-one":
        return _Shown(content, describe.prompts(link)[0])
    return _Shown(content, describe.numbered(link))


def _error(facts: JobFacts, seen: Moment, shown: _Shown, profile: Profile) -> str | None:
    if seen.state is State.FAILED:
        return facts.plan.error
    if seen.state is not State.FINISHED or facts.kind in ("blend", "describe"):
        return None
    # The example is a success that says "altered prompt": its content lost a capital letter.
    altered = shown.content != facts.prompt and profile["error-on-success"] == "altered-prompt"
    return "altered prompt" if altered else None


def _progress(seen: Moment, profile: Profile) -> int | str | None:
    percent = seen.progress
    answer = profile["progress-type"]
    if percent is None or answer == "null":
        return None
    if answer == "int":
        return percent
    return f"{percent}%" if answer == "percent-string" else str(percent)


def _preview(facts: JobFacts, seen: Moment, base: str, profile: Profile) -> str | None:
    running = seen.state is State.RUNNING and facts.kind != "describe"
    if not running or profile["preview-image"] != "url":
        return None
    return f"{base}/image/{facts.job_id}_prog.png"


def _md5(facts: JobFacts, drawn: pictures.Picture | None, profile: Profile) -> str | None:
    if drawn is None or profile["image-md5"] == "null":
        return None
    webp = extension(facts) == "webp"
    data = pictures.webp(drawn, "image") if webp else pictures.png(drawn, "image")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _svg(name: str | None) -> str:
    """The caption that is laid over the picture's footer: 64 px high, as wide as the grid."""
    shown = "null" if name is None else escape(name, quote=False)
    return (
        '<svg width="1024" height="64">\n\t\t\t  <style>\n\t\t\t  .title { fill: #eeeeee;'
        " font-family: Arial sans-serif; font-size: 32px; font-weight: 420;}\n\t\t\t  </style>\n"
        '\t\t\t  <text x="109" y="45" text-anchor="start" class="title">'
        f"@{shown} : 小船AI生成</text>\n\t\t\t</svg>"
    )
