"""What decoding a picture may take: memory, and the time that is left."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

from PIL import Image

from sampan.conformance.http.connection import Reply
from sampan.conformance.pictures.picture import inspected

#: Prints how many megabytes more a process takes to decode the picture that it is given.
DECODING = """
import resource, sys
from PIL import ImageOps, PngImagePlugin
from sampan.conformance.http.connection import Reply
from sampan.conformance.pictures.picture import inspected
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
file, before = sys.stdin.buffer.read(), peak()
assert inspected("http://x/a.png", Reply(200, (), file), ()).views
print((peak() - before) // 1000)
"""


def black_png(side: int) -> bytes:
    """Written row by row: this process need not hold its pixels."""
    pack = zlib.compressobj(1)
    rows = b"".join(pack.compress(b"\0" * (side * 3 + 1)) for _ in range(side)) + pack.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def test_the_pixels_of_the_largest_picture_are_held_once() -> None:
    command = [sys.executable, "-c", DECODING]
    done = subprocess.run(command, input=black_png(4900), capture_output=True, check=True)
    assert int(done.stdout) < 150  # 96 for the pixels


def test_fewer_pixels_of_a_webp_are_decoded_since_each_takes_more() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4300, 4300)).save(file, "WEBP", lossless=True, quality=0, method=0)
    found = inspected("http://x/a.webp", Reply(200, (), file.getvalue()), ())
    assert (found.problem, found.size, found.views) == ("", (4300, 4300), ())
    assert "the kit decodes 17 million at most" in found.unread


def test_a_picture_is_not_decoded_when_the_time_is_over() -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    reply = Reply(200, (), file.getvalue())
    found = inspected("http://x/a.png", reply, (), time_left=lambda: 0.0)
    assert (found.problem, found.size, found.views) == ("", (40, 30), ())
    assert "time limit" in found.unread
