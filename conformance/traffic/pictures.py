"""Pictures that somebody fetched by the links of records: what they are, and what they show.

Only a few are kept, as small copies (``pictures/view.py``): those of the last jobs that were looked
at. What is not fetched is not judged.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..checks.images import is_md5, md5_of
from ..http.exchange import Exchange
from ..json_access import text
from ..pictures import compare as pixels
from ..pictures import measures
from ..pictures.picture import Picture, inspected
from ..pictures.seams import Seam
from ..rules.find_rules import in_substance
from .facts import Fact
from .look import Shown
from .memory import Memory, SeenJob
from .rules.refusals import GRIDS
from .seen import Seen

LINKS = ("img_buffer", "img_thumb", "original_url")
#: Pictures that are kept, links that are known, and jobs that a new picture is compared with.
_KEPT, _LINKS, _COMPARED = 24, 3_000, 8
#: Seconds after which a link may have ended since it was found.
_FRESH = 60.0
#: A file of another size is not looked at.
_LARGE = 30 << 20
#: Answers that say that there is no such picture: so often, and so long (s) after one another.
_GONE, _TIMES, _APART = (404, 410), 2, 5.0


@dataclass(slots=True)
class _Link:
    job: SeenJob
    key: str
    found: float  # when a find has last shown it
    missing: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Pictures:
    """It learns the links that finds show, and looks at what a GET of one of them returns.

    ``home`` gives the URL under which a link's picture is seen.
    """

    home: Callable[[str], str] = lambda url: url
    _links: OrderedDict[str, _Link] = field(default_factory=OrderedDict)
    _kept: OrderedDict[tuple[str, str, str], Picture] = field(default_factory=OrderedDict)

    def learn(self, memory: Memory) -> None:
        """The links of the jobs that were looked at since, and have finished."""
        for job in memory.fresh:
            if job.links is None:
                last = dict(job.last or {}) if job.is_finished else {}
                urls = ((key, text(last, key)) for key in LINKS)
                job.links = tuple((key, self.home(url)) for key, url in urls if url is not None)
            for key, url in job.links:
                self._learn(url, job, key)
        memory.fresh.clear()
        while len(self._links) > _LINKS:
            self._links.popitem(last=False)

    def _learn(self, url: str, job: SeenJob, key: str) -> None:
        """Another account may find the job too: the one that submitted it knows what it is."""
        known = self._links.setdefault(url, _Link(job, key, job.looked))
        known.found = job.looked
        if job.operation or not known.job.operation:
            known.job, known.key = job, key
        self._links.move_to_end(url)

    def is_link(self, url: str) -> bool:
        return self.home(url) in self._links

    def seen(self, seen: Seen, exchange: Exchange) -> Iterator[Shown | Fact]:
        """A GET of a link."""
        link, reply = self._links[self.home(seen.request.target)], seen.reply
        names = {name.lower() for name, _ in seen.request.headers}
        if reply.failure is not None or names & {"range", "if-none-match", "if-modified-since"}:
            return
        if there := reply.redirect(seen.request.target):
            self._links[self.home(there)] = link
        elif reply.status in _GONE:
            yield from _missing(link, seen, exchange)
        elif reply.status == 200 and len(reply.body) <= _LARGE:
            yield from self._shown(link, seen, exchange)

    def _shown(self, link: _Link, seen: Seen, exchange: Exchange) -> Iterator[Shown | Fact]:
        picture = inspected(seen.request.target, seen.reply, (exchange,))
        job = link.job
        link.missing.clear()
        if picture.problem:
            if seen.at - link.found < _FRESH:
                yield Shown("IMG-1", f"{link.key} is not a picture", "a picture", (exchange,))
            return
        if picture.unread:
            return
        # Else the file is another one for each client, as some caches make it for browsers.
        stored = "accept" not in re.split(r"[\s,]+", seen.reply.header("vary").lower())
        yield from _format(link, picture) if stored else ()
        keys = self._keys(link, seen.request.target)
        for key in keys:
            self._kept[job.account, job.hash, key] = picture
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        large = self._of(job, "img_buffer")
        if "img_buffer" in keys:
            yield from _file(job, picture, exchange) if stored else ()
            yield from self._drawn(job, picture)
        thumb = self._of(job, "img_thumb")
        if large is not None and thumb is not None and keys != ["original_url"]:
            yield from _smaller(thumb, large)

    def _keys(self, link: _Link, url: str) -> list[str]:
        """The keys of the record that have this link: one, or several on a broken server."""
        last, home = dict(link.job.last or {}), self.home(url)
        found = [key for key in LINKS if (one := text(last, key)) and self.home(one) == home]
        return found or [link.key]

    def _of(self, job: SeenJob, key: str = "img_buffer") -> Picture | None:
        return self._kept.get((job.account, job.hash, key))

    def _drawn(self, job: SeenJob, picture: Picture) -> Iterator[Shown | Fact]:
        """What a job's picture shows, alone and beside others."""
        if not job.operation:
            return
        if job.operation in GRIDS:
            yield from _grid(job, picture)
        if job.operation == "blendImages":
            seam = pixels.seam(picture)
            if seam is not Seam.UNCLEAR:
                said = "grid" if seam is Seam.CUT else "single"
                yield Fact("blend-result", said, picture.exchanges[0])
        for other in list(self._links.values())[-3 * _COMPARED :]:
            if other.key == "img_buffer" and other.job.parent is job:
                yield from self._child(other.job, job)
        yield from self._child(job, job.parent)
        yield from self._different(job, picture)

    def _child(self, job: SeenJob, parent: SeenJob | None) -> Iterator[Shown]:
        """A child's picture beside that of its parent, as soon as both are there."""
        cell = job.cell
        picture = self._of(job)
        base = self._of(parent) if parent is not None else None
        if picture is None or base is None or parent is None or cell not in (1, 2, 3, 4):
            return
        if parent.operation not in GRIDS or pixels.seam(base) is not Seam.CUT:
            return
        if job.operation == "upscaleJob":
            yield from _upscaled(picture, base, cell or 1)
        elif job.operation == "varyJob":
            yield from _varied(picture, base, cell or 1)

    def _different(self, job: SeenJob, picture: Picture) -> Iterator[Shown]:
        """IMG-5, among jobs that were made of different things."""
        others = [key for key in self._kept if key[2] == "img_buffer" and key[1] != job.hash]
        jobs = {(one.job.account, one.job.hash): one.job for one in self._links.values()}
        for key in others[-_COMPARED:]:
            other = jobs.get(key[:2])
            if other is None or other.operation not in (*GRIDS, "upscaleJob"):
                continue
            if job.operation not in (*GRIDS, "upscaleJob") or _alike(job, other):
                continue
            same = pixels.same(picture, self._kept[key])
            if same:
                evidence = (*picture.exhibits(), *self._kept[key].exhibits())
                yield Shown("IMG-5", "two jobs have the same picture", "two pictures", evidence)
            elif same is False:
                yield Shown("IMG-5")


def _alike(one: SeenJob, other: SeenJob) -> bool:
    """Whether the two were made of the same: a picture may be drawn again."""
    parts = [
        (job.operation, in_substance(job.content or ""), job.cell, job.parent and job.parent.hash)
        for job in (one, other)
    ]
    return parts[0] == parts[1]


def _missing(link: _Link, seen: Seen, exchange: Exchange) -> Iterator[Shown]:
    """A picture may come late; if it does not come at all, there is none."""
    link.missing = [*link.missing, seen.at][-10:]
    apart = link.missing[-1] - link.missing[0]
    if len(link.missing) >= _TIMES and apart >= _APART and seen.at - link.found < _FRESH:
        what = f"{link.key} of a finished job: HTTP {seen.reply.status}"
        yield Shown("IMG-1", what, "a picture", (exchange,))


def _format(link: _Link, picture: Picture) -> Iterator[Shown]:
    named = measures.other_format(link.job.last, picture) if link.key == "img_buffer" else ""
    if named:
        what = f"img_buffer is a picture, {picture.format}"
        yield Shown("IMG-1", what, named, picture.exhibits())
    else:
        yield Shown("IMG-1")


def _file(job: SeenJob, picture: Picture, exchange: Exchange) -> Iterator[Shown | Fact]:
    """What the record says of the file."""
    yield from _size(job, picture)
    record = dict(job.last or {})
    if job.operation == "createJob" and is_md5(record.get("img_md5")):
        yield Fact("image-md5", md5_of(record, picture), exchange)


def _size(job: SeenJob, picture: Picture) -> Iterator[Shown]:
    if measures.fits(job.last, picture):
        yield Shown("IMG-2")
    else:
        said, true = measures.said(job.last), measures.measured(picture)
        yield Shown("IMG-2", f"the record has {said}", f"{true}", picture.exhibits())


def _smaller(thumb: Picture, large: Picture) -> Iterator[Shown]:
    (width, height), (wide, high) = thumb.size, large.size
    if width * height < wide * high:
        yield Shown("IMG-3")
    else:
        what = f"the thumb has {width}x{height}"
        yield Shown("IMG-3", what, f"fewer pixels than {wide}x{high}", thumb.exhibits())


def _grid(job: SeenJob, picture: Picture) -> Iterator[Shown]:
    """IMG-4, and VAR-1 for what a variation ends in."""
    ids = ("IMG-4", "VAR-1") if job.operation == "varyJob" else ("IMG-4",)
    fault = pixels.no_grid(picture)
    if fault:
        for id in ids:
            yield Shown(id, f"no grid: {fault}", "two by two cells", picture.exhibits())
    elif pixels.seam(picture) is Seam.CUT and not pixels.may_be_alike(picture):
        yield Shown("IMG-4")


def _upscaled(picture: Picture, base: Picture, cell: int) -> Iterator[Shown]:
    evidence = (*picture.exhibits(), *base.exhibits())
    several = pixels.not_one_larger(picture, base)
    if several:
        yield Shown("UP-1", several, "one image, larger than a cell", evidence)
        return
    seen = pixels.upscale_of(picture, base, cell - 1)
    if seen.as_asked:
        yield Shown("UP-4")
    elif seen.as_asked is False:
        what = f"an upscale of cell {cell} shows cell {seen.nearest + 1}"
        yield Shown("UP-4", what, f"cell {cell}", evidence)


def _varied(picture: Picture, base: Picture, cell: int) -> Iterator[Shown]:
    evidence = (*picture.exhibits(), *base.exhibits())
    if pixels.enlarged(picture, base):
        what = "the picture of a variation is one cell of its parent"
        yield Shown("VAR-1", what, "four cells", evidence)
        return
    seen = pixels.variation_of(picture, base, cell - 1)
    if seen.as_asked:
        yield Shown("VAR-4")
    elif seen.as_asked is False:
        what = f"a variation of cell {cell} shows cell {seen.nearest + 1}"
        yield Shown("VAR-4", what, f"cell {cell}", evidence)
