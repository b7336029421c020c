"""Where pictures may lie, and what files they may be."""

from __future__ import annotations

import asyncio
import io
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from PIL import Image
from PIL.ExifTags import Base

from tests.conforming_servers.conforming_server import conforming_server
from tests.support.tampering.exchange import JSON, Go, Reply, Request, Tampering, html
from tests.support.tampering.making import PICTURES, chain, each_finished, each_record
from tests.support.tampering.repainting import Picture, Repainted
from tests.support.tampering.server import TamperedFake, running, settings, tampered

_LINKS = (*PICTURES, "img_prog")


def _relinked(change: Callable[[str], str], back: Callable[[str], str]) -> Tampering:
    """Change the links in records; ``back`` undoes it in the links of a blend or describe."""
    shown = each_record(
        lambda one: {**one, **{key: change(one[key]) for key in _LINKS if one[key]}}
    )

    async def tampering(request: Request, go: Go) -> Reply:
        content = request.fields.get("content")
        if request.operation in ("blendImages", "describeImage") and isinstance(content, str):
            request = request.with_fields(content=" ".join(map(back, content.split())))
        return await go(request)

    return chain(shown, tampering)


@conforming_server("links to pictures are signed, and there is no picture without the signature")
def signed_links() -> Tampering:
    async def guard(request: Request, go: Go) -> Reply:
        if request.method != "GET" or not request.path.endswith(".png"):
            return await go(request)
        return await go(request) if b"Signature=ab%2B" in request.query else html(403, "Forbidden")

    query = "?Expires=9999999999&Signature=ab%2Bcd%3D&Key=x&y"
    return chain(guard, _relinked(lambda link: link + query, lambda link: link.removesuffix(query)))


@conforming_server("links to pictures redirect to where they are, on the same host")
def redirected_pictures() -> Tampering:
    async def moved(request: Request, go: Go) -> Reply:
        if not request.path.startswith("/cdn/"):
            return await go(request)
        path = request.path.removeprefix("/cdn")
        return Reply(302, ((b"location", path.encode()),))

    def there(link: str) -> str:
        scheme, _, rest = link.partition("://")
        return f"{scheme}://{rest.replace('/', '/cdn/', 1)}"

    return chain(moved, _relinked(there, lambda link: link.replace("/cdn/", "/", 1)))


class _Elsewhere:
    """A tampering: pictures are on another host, which knows no token."""

    def __init__(self) -> None:
        self.host = ""
        self.api = ""

    async def __call__(self, request: Request, go: Go) -> Reply:
        relinked = _relinked(
            lambda link: link.replace(self.api, self.host),
            lambda link: link.replace(self.host, self.api),
        )
        return await relinked(request, go)


@contextmanager
def _picture_host(app: TamperedFake, url: str) -> Iterator[None]:
    """The other host: it redirects once, and refuses whoever sends it a token."""
    tokens: list[str] = []

    async def serve(request: Request, go: Go) -> Reply:
        if request.header("authorization") is not None:
            tokens.append(request.path)
            return html(400, "Unsupported Authorization Type")
        if not request.path.startswith("/store/"):
            return Reply(302, ((b"location", f"/store{request.path}".encode()),))
        return await asyncio.to_thread(_fetched, url + request.path.removeprefix("/store"))

    assert isinstance(app.tampering, _Elsewhere)
    with running(tampered(serve, settings())) as host:
        app.tampering.host, app.tampering.api = host, url
        yield
    if tokens:
        app.broken = RuntimeError(f"the token was sent to another host: GET {tokens[0]}")


def _fetched(url: str) -> Reply:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return Reply(200, ((b"content-type", b"image/png"),), response.read())
    except urllib.error.HTTPError as problem:
        problem.close()
        return html(problem.code, "Not Found")


@conforming_server("pictures are on another host, behind a redirect", around=_picture_host)
def pictures_elsewhere() -> Tampering:
    return _Elsewhere()


@conforming_server("pictures are JPEGs, and img_format says jpg")
def jpeg_pictures() -> Tampering:
    named = each_finished(lambda one: {**one, "img_format": "jpg"} if one["img_format"] else one)
    return chain(named, Repainted(lambda record, key, image: image.copy(), "JPEG"))


def _named(form: str) -> Tampering:
    return each_finished(lambda one: {**one, "img_format": form} if one["img_format"] else one)


def _on_its_side(image: Picture, form: str) -> bytes:
    """A JPEG whose pixels are turned by a quarter, with the note (EXIF) to turn them back."""
    file, note = io.BytesIO(), Image.Exif()
    note[Base.Orientation] = 6
    turned = image.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    turned.save(file, form, quality=90, exif=note)
    return file.getvalue()


@conforming_server("pictures are JPEGs on their side, with a note which way up they are")
def turned_pictures() -> Tampering:
    painted = Repainted(lambda record, key, image: image.copy(), "JPEG", _on_its_side)
    return chain(_named("jpeg"), painted)


@conforming_server(
    "pictures are JPEGs on their side, and the sizes are those before turning",
    open={"aspect-flag": "the sizes are those of a picture on its side"},
)
def turned_pictures_as_stored() -> Tampering:
    def swapped(one: JSON) -> JSON:
        return {**one, "img_width": one["img_height"], "img_height": one["img_width"]}

    painted = Repainted(lambda record, key, image: image.copy(), "JPEG", _on_its_side)
    return chain(_named("jpeg"), each_finished(swapped), painted)


@conforming_server("img_format is a media type")
def format_as_media_type() -> Tampering:
    return _named("image/png")


_UNREAD = "the kit does not decode such pictures"


@conforming_server(
    "pictures are of a format that the kit does not decode",
    open={"blend-result": _UNREAD, "image-frame": _UNREAD},
    mixed=False,
)
def bmp_pictures() -> Tampering:
    return chain(_named("bmp"), Repainted(lambda record, key, image: image.copy(), "BMP"))


@conforming_server("thumbs are WebPs, whatever the pictures are")
def webp_thumbs() -> Tampering:
    def paint(record: JSON, key: str, image: Picture) -> Picture:
        return image.copy() if key == "img_thumb" else image

    return Repainted(paint, "WEBP")


@conforming_server("the original is the picture: both links are one")
def original_is_the_picture() -> Tampering:
    return each_finished(lambda one: {**one, "original_url": one["img_buffer"]})


@conforming_server("pictures answer no HEAD and have no ETag")
def bare_pictures() -> Tampering:
    async def tampering(request: Request, go: Go) -> Reply:
        if request.method == "HEAD":
            return html(405, "Method Not Allowed")
        reply = await go(request)
        if request.method != "GET":
            return reply
        return replace(reply, headers=((b"content-type", b"application/octet-stream"),))

    return tampering
