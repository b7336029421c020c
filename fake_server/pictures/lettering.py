"""Letters of five by seven dots: ASCII. A font with Chinese would be larger than all else here."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

HEIGHT = 7
#: Dots from one letter to the next.
ADVANCE = 6

# Five columns a letter, from the space to the tilde; the lowest bit is at the top.
_COLUMNS = bytes.fromhex(
    "0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649552250 0005030000"
    "001c224100 0041221c00 082a1c2a08 08083e0808 0050300000 0808080808 0060600000 2010080402"
    "3e5149453e 00427f4000 4261514946 2141454b31 1814127f10 2745454539 3c4a494930 0171090503"
    "3649494936 064949291e 0036360000 0056360000 0008142241 1414141414 4122140800 0201510906"
    "324979413e 7e1111117e 7f49494936 3e41414122 7f4141221c 7f49494941 7f09090101 3e41415132"
    "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f0204027f 7f0408107f 3e4141413e"
    "7f09090906 3e4151215e 7f09192946 4649494931 01017f0101 3f4040403f 1f2040201f 7f2018207f"
    "6314081463 0304780403 6151494543 00007f4141 0204081020 41417f0000 0402010204 4040404040"
    "0001020400 2054545478 7f48444438 3844444420 384444487f 3854545418 087e090102 081454543c"
    "7f08040478 00447d4000 2040443d00 007f102844 00417f4000 7c04180478 7c08040478 3844444438"
    "7c14141408 081414187c 7c08040408 4854545420 043f444020 3c4040207c 1c2040201c 3c4030403c"
    "4428102844 0c5050503c 4464544c44 0008364100 00007f0000 0041360800 0804081008"
)
_SPELT = str.maketrans("–—‘’“”⁄", "--''\"\"/")
#: What the font lacks, with the brackets, quotes and stops that belong to it. Tried from the first
#: of its brackets only: a prompt of nothing else would take quadratic time.
_LACKING = r"""(?<![("'\[{])[("'\[{]*[^ -~](?:[^ -~]|[]()"',.:;!?{}[])*"""
_WITHOUT_WIDTH = ("Mn", "Me", "Cf")


def writable(text: str) -> str:
    """``text`` in the letters that there are: a letter with an accent is the letter, what has none
    is left out, white space is one space.
    """
    if not text.isascii():
        text = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", text)
            if unicodedata.category(letter) not in _WITHOUT_WIDTH
        )
    return " ".join(re.sub(_LACKING, " ", text.translate(_SPELT)).split())


def written(text: str, dot: int, ink: int, ground: int) -> list[bytes]:
    """The seven rows of dots of writable text, each dot ``dot`` wide, in two palette indexes."""
    glyphs = [_glyph(letter, dot, ink, ground) for letter in text]
    return [b"".join([glyph[row] for glyph in glyphs]) for row in range(HEIGHT)]


@lru_cache(maxsize=512)
def _glyph(letter: str, dot: int, ink: int, ground: int) -> list[bytes]:
    at = 5 * (ord(letter) - ord(" "))
    on, off = bytes((ink,)) * dot, bytes((ground,)) * dot
    return [
        b"".join(on if column >> row & 1 else off for column in (*_COLUMNS[at : at + 5], 0))
        for row in range(HEIGHT)
    ]
