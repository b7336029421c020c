"""How programs write a secret: by the name of the form, what makes it of the secret."""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
from collections.abc import Callable
from email import quoprimime
from html.entities import codepoint2name
from urllib.parse import quote, quote_plus

FORMS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json unicode": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "json in json": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "html": html.escape,
    "html of json": lambda secret: html.escape(json.dumps(secret)[1:-1]),
    "url": lambda secret: quote(secret, safe=""),
    "url lower case": lambda secret: "".join(
        f"%{byte:02x}" if chr(byte) not in _PLAIN else chr(byte) for byte in secret.encode()
    ),
    "form": quote_plus,
    "python": lambda secret: repr(secret)[1:-1],
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
}


def go(secret: str) -> str:
    """As Go writes JSON."""
    text = json.dumps(secret, ensure_ascii=False)[1:-1]
    for sign in "&<>\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def dotnet(secret: str) -> str:
    """As .NET writes JSON: digits in capitals, and quotes as numbers too."""
    text = json.dumps(secret)[1:-1]
    for sign in "&<>'+`":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return re.sub(r"\\u([0-9a-f]{4})", lambda hit: f"\\u{hit[1].upper()}", text)


def named(secret: str) -> str:
    """Every character that has a name in HTML by its name."""
    return "".join(
        f"&{codepoint2name[ord(one)]};" if ord(one) in codepoint2name else one for one in secret
    )


def decimal(secret: str) -> str:
    return "".join(f"&#{ord(one)};" if not one.isalnum() else one for one in secret)


def hexadecimal(secret: str) -> str:
    return "".join(f"&#x{ord(one):X};" for one in secret)


def latin(secret: str) -> str:
    """UTF-8 that is read byte by byte, as in a header."""
    return secret.encode().decode("latin-1")


FORMS |= {
    "go": go,
    ".NET": dotnet,
    "html names": named,
    "html numbers": decimal,
    "html hexadecimal": hexadecimal,
    "html, apostrophes by name": lambda secret: named(secret).replace("'", "&apos;"),
    "a header": latin,
    "bytes of python": lambda secret: repr(secret.encode())[2:-1],
    "sql": lambda secret: secret.replace("'", "''"),
    "csv": lambda secret: secret.replace('"', '""'),
    "php": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "ascii of python": lambda secret: ascii(secret)[1:-1],
    "octal": lambda secret: "".join(
        chr(byte) if 32 < byte < 127 and byte != 92 else f"\\{byte:03o}" for byte in secret.encode()
    ),
    "hexadecimal digits": lambda secret: secret.encode().hex(),
    "basic": lambda secret: base64.b64encode(f"abc:{secret}".encode()).decode(),
    "basic in a url": lambda secret: quote(base64.b64encode(f"abc:{secret}".encode()), safe=""),
}
#: Forms of mails, dumps and logs.
FORMS |= {
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode(),
    "base64 in lines": lambda secret: base64.encodebytes(b"-" * 50 + secret.encode()).decode(),
    "dump": lambda secret: secret.encode().hex(":").upper(),
    "list of bytes": lambda secret: json.dumps([*secret.encode()]),
    "upper case": str.upper,
    "lower case": str.lower,
    "html hexadecimal, padded": lambda secret: "".join(f"&#x{ord(one):08x};" for one in secret),
    "Windows": lambda secret: "".join(
        bytes([one]).decode("cp1252", "ignore") or chr(one) for one in secret.encode()
    ),
}
#: Forms that may stand inside one another.
OUTER = (
    *("json", "go", ".NET", "html", "html numbers", "url", "form", "python"),
    "quoted-printable",
)
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


def characters(secret: str) -> str:
    """As Gson writes an array of characters."""
    return "[" + ",".join(f'"{go(one)}"' for one in secret) + "]"


def ldap_filter(secret: str) -> str:
    """RFC 4515, with what is not ASCII byte by byte."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "*()\\" else f"\\{byte:02x}"
        for byte in secret.encode()
    )


def css(secret: str) -> str:
    """With a blank after each escape."""
    return "".join(
        one if one.isalnum() or not one.isascii() else f"\\{ord(one):x} " for one in secret
    )


#: Forms of shells, arrays and other alphabets.
FORMS |= {
    "shell": lambda secret: secret.replace("'", "'\\''"),
    "shell, in quotes of both kinds": lambda secret: secret.replace("'", "'\"'\"'"),
    "bytes of go": lambda secret: ", ".join(f"{byte:#x}" for byte in secret.encode()),
    "bytes of java": lambda secret: str([byte - 256 * (byte > 127) for byte in secret.encode()]),
    "list of bytes, indented": lambda secret: json.dumps([*secret.encode()], indent=4),
    "bytes of go, indented": lambda secret: ",\n\t\t".join(f"{one:#x}" for one in secret.encode()),
    "characters of java": lambda secret: f"[{', '.join(secret)}]",
    "characters of gson": characters,
    "characters, indented": lambda secret: json.dumps([*secret], ensure_ascii=False, indent=2),
    "base64 of utf-16": lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    "base32": lambda secret: base64.b32encode(secret.encode()).decode(),
    "encoded word": lambda secret: quoprimime.header_encode(secret.encode(), "utf-8"),
    "ldap name": lambda secret: re.sub(r"""([,+"\\<>;=#])""", r"\\\1", secret),
    "ldap filter": ldap_filter,
    "css": css,
    "css, six digits": lambda secret: "".join(
        one if one.isalnum() else f"\\{ord(one):06x}" for one in secret
    ),
}


def after(sign: str) -> Callable[[str], str]:
    """Every character that is neither letter, digit nor blank behind ``sign``."""
    return lambda secret: re.sub(r"([^\w\s])", rf"{sign}\1", secret)


#: Forms of Windows, of databases and of pages that were read wrongly twice.
FORMS |= {
    "cmd": after("^"),
    "PowerShell": after("`"),
    "utf-16 in hexadecimal digits": lambda secret: secret.encode("utf-16-le").hex(),
    "base64 of utf-16, big end first": lambda secret: base64.b64encode(
        secret.encode("utf-16-be")
    ).decode(),
    "latin twice": lambda secret: latin(latin(secret)),
    "title": str.title,
    "capital first": str.capitalize,
}
