"""The 58 keys of a record, from a job's facts and what a poll sees of it (page, Job Find).

Every value of the page's own example comes out of this module when it is given that job's facts;
what the page leaves open is asked of the profile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any, Literal, NamedTuple

from .. import pictures
from ..contract.profile import Profile
from ..jobs.lifecycle import LATEST, Job, Moment, State
from ..jobs.prompt import normalised, without_marker
from . import describe_prompts as describe

_NO_COLOURS = ("#000000",) * 4
#: More characters of a prompt than any picture's footer has room for.
_MAX_LINE = 300


#: What the fake tells of a job itself: its ids, where its pictures are, and what can be changed.
#: Nothing that another server showed of it replaces them.
OWN_FIELDS = frozenset(
    ("id", "id_uuid", "hash", "job_id", "timestamp", "service", "img_buffer", "img_format",
     "img_length", "img_height", "img_width", "img_md5", "img_thumb", "img_prog", "original_url",
     "is_favourite", "favourite_count", "folders")
)  # fmt: skip
#: What changes with a job's state.
_OF_A_STATE = ("status", "error", "pct_prog", "updated_at", "msg_content", "description")


class Owner(NamedTuple):
    """Whose record it is: the id sent as ``sender_id`` and the display name, often none.

    ``profile`` is that by which its pictures are drawn and served; ``None``: the reader's.
    """

    sender_id: str
    name: str | None
    profile: Profile | None = None


def picture(job: Job, profile: Profile) -> pictures.Picture | None:
    """The picture of a job; ``None`` where there is none (a describe)."""
    drawn = _outline(job, profile)
    return None if drawn is None else _coloured(job, drawn)


def _outline(job: Job, profile: Profile) -> pictures.Picture | None:
    """The picture of a job in no colours, which neither its size nor its length depends on.

    To find the colours takes a third of the time of a record.
    """
    if job.kind == "describe":
        return None
    single = not is_grid(job, profile)
    texts = [("Job", job.hash), ("Kind", job.kind)]
    if job.parent_hash is not None:
        texts.append(("Parent", job.parent_hash))
    return pictures.Picture(
        kind="single" if single else "grid",
        ratio=job.ratio,
        colours=_NO_COLOURS,
        cell=job.grid_num if job.kind == "upscale" else None,
        texts=tuple(
            (name, text.replace("\0", "\N{REPLACEMENT CHARACTER}")) for name, text in texts
        ),
        framed=profile["image-frame"] == "framed",
        line=f"{job.hash[:8]} {job.prompt[:_MAX_LINE]}",
    )


def _coloured(job: Job, outline: pictures.Picture) -> pictures.Picture:
    return outline._replace(colours=colours_of(job))


def colours_of(job: Job) -> pictures.Colours:
    """The colours of a job's cells: its own, unless others were given to it at birth."""
    return pictures.palette(job.hash) if job.colours is None else job.colours


def is_grid(job: Job, profile: Profile) -> bool:
    """Whether the job makes a four-grid, from which a cell can be chosen."""
    if job.kind == "blend":
        return profile["blend-result"] == "grid"
    return job.kind in ("main", "variation", "remix")


def extension(job: Job, view: pictures.View = "image") -> Literal["png", "webp"]:
    """``png``, but for the scenario ``webp``, which leaves previews alone."""
    return "webp" if job.plan.picture == "webp" and view != "preview" else "png"


def image_file(job: Job, drawn: pictures.Picture, view: pictures.View = "image") -> bytes:
    """The picture's file, as :func:`extension` says."""
    make = pictures.webp if extension(job, view) == "webp" else pictures.png
    return make(drawn, view)


def timestamp(ms: int) -> str:
    """``2024-04-02T06:48:35.165Z`` for 1712040515165; no time before 1970, or after the last."""
    seconds, rest = divmod(min(max(ms, 0), LATEST), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def render(
    job: Job, seen: Moment, owner: Owner, base: str, profile: Profile, keys: Iterable[str]
) -> dict[str, Any]:
    """The record: ``keys`` in their order, null where nothing is known of them.

    ``base`` is where picture links start.
    """
    finished = seen.state is State.FINISHED
    drawn = _outline(job, owner.profile or profile) if finished else None
    content, description = _texts(job, finished, profile)
    parent_id, parent_hash = _parent(job, profile)
    record = dict.fromkeys(keys) | {
        "id": job.id,
        "id_uuid": job.id_uuid,
        "sender_id": owner.sender_id,
        "msg_content": content,
        "msg_display": job.prompt,
        "timestamp": str(job.timestamp),
        "hash": job.hash,
        "status": 2000 if finished else profile.statuses[seen.state],
        "error": _error(job, seen, content, profile),
        "job_id": job.job_id,
        "parent_id": parent_id,
        "parent_hash": parent_hash,
        "svg_buffer": _svg(owner.name),
        "grid_num": _grid_num(job, profile),
        "job_type": profile.job_types[job.kind],
        "payment_type": "trial",
        "service": job.service,
        "source": "app",
        "pct_prog": _progress(seen, profile),
        "img_prog": _preview(job, seen, base, profile),
        "deleted": False,
        "description": description,
        "model_source": "internal",
        # The example's created_at is a millisecond after its timestamp.
        "created_at": timestamp(job.timestamp + 1),
        "updated_at": timestamp(max(seen.at, job.timestamp + 1)),
        "is_favourite": job.favourite,
        "favourite_count": int(job.favourite),
        "folders": list(job.folders),
    }
    if drawn is not None:
        record |= _of_picture(job, drawn, base, profile)
    return record if job.recorded is None else record | _recorded(job, job.recorded, seen)


def _of_picture(job: Job, drawn: pictures.Picture, base: str, profile: Profile) -> dict[str, Any]:
    """What there is as soon as the picture is."""
    image, thumb, original = _links(job, drawn, base)
    width, height = pictures.size(drawn, "image")
    return {
        "img_buffer": image,
        "img_format": extension(job),
        "img_length": image_length(job, drawn),
        "img_height": height,
        "img_width": width,
        "img_md5": _md5(job, drawn, profile),
        "img_thumb": thumb,
        "original_url": original,
    }


def _recorded(job: Job, recorded: dict[str, Any], seen: Moment) -> dict[str, Any]:
    """What another server showed of the job, as far as it still holds."""
    fields: dict[str, Any] = recorded["fields"]
    if seen.state.value == recorded["state"] and (seen.state.final or job.plan.stalled):
        return fields
    return {key: value for key, value in fields.items() if key not in _OF_A_STATE}


def _operation(job: Job) -> str:
    """The operation that makes a child of this kind; a remix has the address of a variation."""
    return "upscaleJob" if job.kind == "upscale" else "varyJob"


def _parent(job: Job, profile: Profile) -> tuple[str | None, str | None]:
    """The parent's job_id and hash, as far as a child's record has them."""
    if job.parent_id is None:
        return None, None
    names = profile.of_operation("child-parent", _operation(job))
    return (
        job.parent_id if names in ("both", "id") else None,
        job.parent_hash if names in ("both", "hash") else None,
    )


def _grid_num(job: Job, profile: Profile) -> int | None:
    if job.grid_num is None:
        return None
    answer = profile.of_operation("child-grid-num", _operation(job))
    return job.grid_num if answer == "set" else None


def image_length(job: Job, drawn: pictures.Picture) -> int:
    """The bytes of the file at ``img_buffer``."""
    if extension(job) == "webp":
        return len(image_file(job, _coloured(job, drawn)))
    return pictures.length(drawn, "image")


def _links(job: Job, drawn: pictures.Picture, base: str) -> tuple[str, str, str]:
    """Where the picture, its thumb and its original are."""
    suffix = extension(job)
    grid = "_4" if drawn.kind == "grid" else ""
    return (
        f"{base}/image/{job.job_id}.{suffix}",
        f"{base}/image/{job.job_id}_thumb.{suffix}",
        f"{base}/{job.job_id}{grid}.{suffix}",
    )


def _texts(job: Job, finished: bool, profile: Profile) -> tuple[str, str | None]:
    """The content and the description; a finished describe holds its prompts in one of them."""
    if job.kind in ("blend", "describe"):
        content = job.prompt  # links, not words
    else:
        content = job.plan.content or normalised(job.prompt)
    if job.kind != "describe" or not finished:
        return (content, None)
    link = without_marker(job.prompt).strip()
    answer = profile["describe-result"]
    if answer == "msg-content":
        return (describe.numbered(link), None)
    if answer == "description-one":
        return (content, describe.prompts(link)[0])
    return (content, describe.numbered(link))


def _error(job: Job, seen: Moment, content: str, profile: Profile) -> str | None:
    if seen.state is State.FAILED:
        return job.plan.error
    if seen.state is not State.FINISHED or job.kind in ("blend", "describe"):
        return None
    # The example is a success that says "altered prompt": its content lost a capital letter.
    altered = content != job.prompt and profile["error-on-success"] == "altered-prompt"
    return "altered prompt" if altered else None


def _progress(seen: Moment, profile: Profile) -> int | str | None:
    percent = seen.progress
    if percent is None:
        return None
    answer = profile["progress-type"]
    if answer == "null":
        return None
    if answer == "int":
        return percent
    return f"{percent}%" if answer == "percent-string" else str(percent)


def _preview(job: Job, seen: Moment, base: str, profile: Profile) -> str | None:
    running = seen.state is State.RUNNING and job.kind != "describe"
    if not running or profile["preview-image"] != "url":
        return None
    return f"{base}/image/{job.job_id}_prog.png"


def _md5(job: Job, drawn: pictures.Picture, profile: Profile) -> str | None:
    if profile["image-md5"] == "null":
        return None
    return hashlib.md5(image_file(job, _coloured(job, drawn)), usedforsecurity=False).hexdigest()


def _svg(name: str | None) -> str:
    """The caption that is laid over the picture's footer: 64 px high, as wide as the grid."""
    shown = "null" if name is None else escape(name, quote=False)
    return (
        '<svg width="1024" height="64">\n\t\t\t  <style>\n\t\t\t  .title { fill: #eeeeee;'
        " font-family: Arial sans-serif; font-size: 32px; font-weight: 420;}\n\t\t\t  </style>\n"
        '\t\t\t  <text x="109" y="45" text-anchor="start" class="title">'
        f"@{shown} : 小船AI生成</text>\n\t\t\t</svg>"
    )
