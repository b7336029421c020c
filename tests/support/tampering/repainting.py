"""Other pictures than the fake's, at the fake's addresses, with records that know of them."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from PIL import Image

from tests.support.tampering.exchange import JSON, Go, Reply, Request
from tests.support.tampering.making import PICTURES, is_finished

Picture = Image.Image
#: (record, key of the link, the fake's picture) -> the picture to be shown; the same: untouched.
Paint = Callable[[JSON, str, Picture], Picture]

#: Left, top, right and bottom edge of the frame of ``img_buffer``.
FRAME = (32, 32, 32, 96)


class Repainted:
    """A tampering: ``paint`` paints the pictures of finished jobs anew, ``form`` is their format.

    ``img_length``, ``img_width``, ``img_height`` and ``img_md5`` (if there is one) are then those
    of the new file. ``encode`` makes it, by default as usual for the format.
    """

    def __init__(
        self,
        paint: Paint,
        form: Literal["PNG", "JPEG", "WEBP", "BMP"] = "PNG",
        encode: Callable[[Picture, str], bytes] | None = None,
    ) -> None:
        self._paint = paint
        self._form = form
        self._encode = encode or _encoded
        self._files: dict[str, bytes] = {}
        self._facts: dict[str, JSON] = {}
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, request: Request, go: Go) -> Reply:
        if request.method == "GET" and request.path in self._files:
            headers = ((b"content-type", f"image/{self._form.lower()}".encode()),)
            return Reply(200, headers, self._files[request.path])
        reply = await go(request)
        if request.operation != "findJobs" or not reply.ok:
            return reply
        return reply.with_records([await self._record(request, go, one) for one in reply.records])

    async def _record(self, request: Request, go: Go, record: JSON) -> JSON:
        if not is_finished(record) or not record["img_buffer"]:
            return record
        async with self._one_at_a_time:
            if record["hash"] not in self._facts:
                self._facts[record["hash"]] = await self._repaint(request, go, record)
        return {**record, **self._facts[record["hash"]]}

    async def _repaint(self, request: Request, go: Go, record: JSON) -> JSON:
        facts: JSON = {}
        for key in PICTURES:
            path = urlsplit(record[key]).path
            old = Image.open(io.BytesIO((await go(request.get(path))).body))
            new = self._paint(record, key, old)
            if new is old:
                continue
            self._files[path] = data = self._encode(new, self._form)
            if key == "img_buffer":
                facts = {"img_length": len(data), "img_width": new.width, "img_height": new.height}
                if record["img_md5"] is not None:
                    facts["img_md5"] = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return facts


def _encoded(image: Picture, form: str) -> bytes:
    file = io.BytesIO()
    if form == "PNG":
        image.save(file, form, compress_level=1)
    else:
        image.convert("RGB").save(file, form, quality=90)
    return file.getvalue()


def inner_box(key: str, image: Picture) -> tuple[int, int, int, int]:
    """The picture itself, without the frame that ``img_buffer`` has."""
    if key != "img_buffer":
        return (0, 0, image.width, image.height)
    left, top, right, bottom = FRAME
    return (left, top, image.width - right, image.height - bottom)


def cell_box(key: str, image: Picture, cell: int) -> tuple[int, int, int, int]:
    """One cell of a grid: 1 top left, 2 top right, 3 bottom left, 4 bottom right."""
    left, top, right, bottom = inner_box(key, image)
    width, height = (right - left) // 2, (bottom - top) // 2
    x, y = left + (cell - 1) % 2 * width, top + (cell - 1) // 2 * height
    return (x, y, x + width, y + height)
