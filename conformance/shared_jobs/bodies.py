"""The bodies of the jobs that checks share, made from what is known of earlier ones. Pure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Protocol

from ..json_access import Record, text
from ..verdict import UnavailableError, Verdict
from .trace import JobTrace


class Material(Protocol):
    """What a job's body is made from."""

    mark: str  # a word of this run, in every prompt

    def record(self, name: str) -> Record:
        """The newest record of an earlier job."""
        ...

    def sender(self, account: str) -> str:
        """The account's sender_id."""
        ...

    def sent(self, *names: str) -> list[JobTrace]:
        """Those of the jobs that were sent."""
        ...


Body = dict[str, object]


def grid_prompt(mark: str) -> str:
    """Several scripts, quotes, and a capital letter first (question error-on-success)."""
    return f'Harbour {mark} at dawn, "old" boats, 上海的早晨 🚣'


def ascii_prompt(mark: str) -> str:
    """``grid_prompt`` in English alone."""
    return f'Harbour {mark} at dawn, "old" boats'


def plain_prompt(mark: str) -> str:
    """As little as a prompt can be."""
    return f"Boat {mark}"


def niji_prompt(mark: str) -> str:
    """With two flags, whose effects don't meet (questions niji-selection and aspect-flag)."""
    return f"a paper lantern {mark} on the river --ar 3:2 --niji"


def field_prompt(mark: str) -> str:
    return f"a kite {mark} over the harbour"


def remix_prompt(mark: str) -> str:
    return f"the same harbour {mark} in winter light"


def links(record: Record) -> list[str]:
    """The distinct links of a finished record, best first."""
    found = [text(record, key) for key in ("original_url", "img_buffer", "img_thumb")]
    return list(dict.fromkeys(link for link in found if link is not None))


def create(prompt: Callable[[str], str]) -> Callable[[Material], Body]:
    return lambda material: {"content": prompt(material.mark)}


def upscale(cell: int, *, sender: bool = False) -> Callable[[Material], Body]:
    def body(material: Material) -> Body:
        parent: Body = {"parent_hash": _key(material, "hash"), "grid_num": cell}
        return parent | ({"sender_id": material.sender("first")} if sender else {})

    return body


def vary(
    cell: int, *, sender: bool = False, content: Callable[[str], str] | None = None
) -> Callable[[Material], Body]:
    def body(material: Material) -> Body:
        parent: Body = {"parent_id": _key(material, "job_id"), "grid_num": cell}
        if content is not None:
            parent["content"] = content(material.mark)
        return parent | ({"sender_id": material.sender("first")} if sender else {})

    return body


def with_sender(make: Callable[[Material], Body]) -> Callable[[Material], Body]:
    return lambda material: make(material) | {"sender_id": material.sender("first")}


def with_field(make: Callable[[Material], Body]) -> Callable[[Material], Body]:
    """With a field that the page does not list (question unknown-field)."""
    return lambda material: make(material) | {f"{material.mark}_field": "x"}


def blend(count: int) -> Callable[[Material], Body]:
    """Of ``count`` links, or of as many as there are: a server need not have so many pictures."""

    def body(material: Material) -> Body:
        both = [links(material.record(name)) for name in ("grid", "niji")]
        # One of each first, so that two links are two pictures.
        mixed = [link for pair in zip_longest(*both) for link in pair if link is not None]
        if len(mixed) < 2:
            raise UnavailableError(
                Verdict.UNTESTABLE,
                f"needs two links, and the two finished records have {len(mixed)}",
            )
        return {"content": " ".join(mixed[:count])}

    return body


#: Jobs of which each makes another picture: first those that are most alike, of one service.
_ALIKE = ("grid", "variation", "remix", "upscale", "upscale_4", "niji")
_GRIDS = ("grid", "variation", "remix", "niji")
_BLENDS = ("blend", "blend_3", "blend_4", "blend_5")


def whole_picture(record: Record) -> str | None:
    """The link to the picture of a finished record, which is no thumb."""
    return text(record, "original_url") or text(record, "img_buffer")


def blend_apart(count: int, *, grids: bool = False) -> Callable[[Material], Body]:
    """Of the whole pictures of ``count`` jobs; ``grids``: upscales are the last to be taken."""

    def body(material: Material) -> Body:
        names = dict.fromkeys((*_GRIDS, *_BLENDS, *_ALIKE) if grids else (*_ALIKE, *_BLENDS))
        jobs = [job for job in material.sent(*names) if job.finished]
        found = [link for job in jobs if (link := whole_picture(job.last or {})) is not None]
        if len(set(found)) < count:
            raise UnavailableError(
                Verdict.UNTESTABLE,
                f"needs the pictures of {count} jobs, and there are {len(set(found))}",
            )
        return {"content": " ".join(list(dict.fromkeys(found))[:count])}

    return body


def describe(material: Material) -> Body:
    found = links(material.record("grid"))
    if not found:
        raise UnavailableError(Verdict.UNTESTABLE, "the finished record has no link to a picture")
    return {"content": found[0]}


def _key(material: Material, key: str) -> str:
    found = text(material.record("grid"), key)
    if found is None:
        raise UnavailableError(Verdict.UNTESTABLE, f"the record of the parent has no {key}")
    return found
