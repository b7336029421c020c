"""What a record says of its picture, in every honest spelling, beside the file that was fetched."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from tests.support.traffic.made import failed, judged, made, records_changed
from tests.support.traffic.observed import Observed

#: The camera's note that a picture is to be shown turned by 90° (EXIF 2.3, 4.6.4).
_ORIENTATION, _TURNED = 0x0112, 6


def _fetch(wire: Observed) -> None:
    """The last two things seen are a look at a finished job and the GET of its picture."""
    client = made(wire)
    client.picture(next(iter(client.records)), "img_buffer")


@pytest.mark.parametrize("name", ["png", "PNG", ".png", "image/png", "IMAGE/PNG"])
def test_a_format_may_be_named_as_anybody_does(wire: Observed, name: str) -> None:
    _fetch(wire)
    *before, look, picture = wire.seen
    assert failed(judged([*before, records_changed(look, img_format=name), picture])) == set()


def test_another_format_is_told(wire: Observed) -> None:
    _fetch(wire)
    *before, look, picture = wire.seen
    bent = records_changed(look, img_format="image/webp")
    assert failed(judged([*before, bent, picture])) == {"IMG-1"}


@pytest.mark.parametrize("size", [(300, 200), (200, 300)], ids=["as stored", "as shown"])
def test_a_turned_picture_has_two_honest_sizes(wire: Observed, size: tuple[int, int]) -> None:
    _fetch(wire)
    *before, look, picture = wire.seen
    note, file = Image.Exif(), io.BytesIO()
    note[_ORIENTATION] = _TURNED
    Image.effect_noise((300, 200), 80).convert("RGB").save(file, "JPEG", exif=note)
    body = file.getvalue()
    said = {"img_width": size[0], "img_height": size[1], "img_length": len(body)}
    bent = records_changed(look, img_format="jpeg", **said)
    served = replace(picture, reply=replace(picture.reply, body=body))
    assert "IMG-2" not in failed(judged([*before, bent, served]))
