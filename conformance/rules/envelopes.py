"""What holds for every answer to a well-formed request (page, table of errors; GEN-1 to 3 and 6).

Pure, and judged on the answer as it came: redaction is for what is displayed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..http.exchange import CUT, Answer
from ..http.json_body import LONE_SURROGATE
from ..http.patience import GATEWAY_STATUSES
from ..json_access import brief, text

#: The table of errors, which is complete by its heading.
ERRNOS = (0, 301, 410, 411, 420, 421, 430, 501)
#: The texts of errno 0, and of no other.
SUCCESSES = ("OK", "SUCCESS")

#: A surrogate in a request, as the escape of JSON.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

#: Between two media types: a comma in a parameter is followed by no type.
_NEXT_TYPE = re.compile(r",(?=\s*[\w.+-]+/)")

#: The fault of an answer and what was expected; ``None`` if it is right.
Complaint = tuple[str, str] | None


def not_an_envelope(answer: Answer) -> Complaint:
    """GEN-1."""
    if not is_object(answer):
        return f"HTTP {answer.status}, {answer.problem}", "a JSON object"
    envelope = answer.envelope
    if answer.errno is None:
        shown = brief(envelope["errno"]) if "errno" in envelope else "missing"
        return f"errno is {shown}", "an integer"
    if answer.ok and envelope.get("errmsg") not in SUCCESSES:
        return f"errno 0 with errmsg {brief(envelope.get('errmsg'))}", "OK or SUCCESS"
    return None


def unknown_errno(answer: Answer) -> Complaint:
    """GEN-2."""
    if answer.errno is None or answer.errno in ERRNOS:
        return None
    return f"errno {answer.errno}", f"one of {', '.join(map(str, ERRNOS))}"


def bad_failure(answer: Answer) -> Complaint:
    """GEN-3. ``error`` instead of ``errmsg`` is on the page for 430 (Job Create)."""
    errno, envelope = answer.errno, answer.envelope
    if not errno:
        return None
    keys = ("errmsg", "error") if errno == 430 else ("errmsg",)
    if not any(text(envelope, key) for key in keys):
        return f"errno {errno} without a message", f"a message under {' or '.join(keys)}"
    if envelope.get("errmsg") in SUCCESSES:
        return f"errno {errno} with errmsg {brief(envelope['errmsg'])}", "the text of a failure"
    if envelope.get("data"):
        return f"errno {errno} with data {brief(envelope['data'])}", "no data"
    return None


def bad_http(answer: Answer) -> Complaint:
    """GEN-6."""
    labels = _media_types(answer)
    label = ", ".join(labels)
    if answer.flaw and not _echoed(answer):
        return f"a strict client can't read it: {answer.flaw}", "JSON as RFC 8259 has it"
    if "json" in label and not is_object(answer) and answer.problem.startswith("not JSON"):
        return f"content type {label}, and {answer.problem}", "JSON that parses"
    if is_object(answer) and not (labels and all(map(_is_json, labels))):
        return f"JSON with content type {brief(label)}", "application/json"
    if answer.ok and answer.status >= 400:
        return f"errno 0 with HTTP status {answer.status}", "no 4xx or 5xx"
    return None


def _media_types(answer: Answer) -> list[str]:
    """Those of every Content-Type: of several, each client takes another one."""
    given = [value for key, value in answer.reply.headers if key.lower() == "content-type"]
    parts = [part for value in given for part in _NEXT_TYPE.split(value)]
    return [part.partition(";")[0].strip().lower() for part in parts]


def _is_json(media_type: str) -> bool:
    """As browsers have it (WHATWG, MIME Sniffing, 4.6), and as it was called before RFC 4627."""
    subtype = media_type.partition("/")[2]
    return subtype in ("json", "x-json") or subtype.endswith("+json")


def _echoed(answer: Answer) -> bool:
    """Whether half a character came from the request itself, and is quoted perhaps."""
    sent = answer.exchange.request_body
    half = _SURROGATE.search(sent) is not None or CUT.search(sent) is not None
    return answer.flaw == LONE_SURROGATE and half


ENVELOPE_RULES: Mapping[str, Callable[[Answer], Complaint]] = {
    "GEN-1": not_an_envelope,
    "GEN-2": unknown_errno,
    "GEN-3": bad_failure,
    "GEN-6": bad_http,
}


def is_object(answer: Answer) -> bool:
    """Whether the answer is a JSON object that can be judged."""
    return not answer.problem and isinstance(answer.json, Mapping)


def without_envelope(answer: Answer) -> bool:
    """Whether a whole answer came, and no envelope: what a framework itself says, whatever the
    media type of that is."""
    return answer.failure is None and "errno" not in answer.envelope


def elsewhere(answer: Answer) -> bool:
    """Whether the answer is not the API's: a redirect, or a gateway that is too busy."""
    status = answer.status
    return answer.errno is None and (300 <= status < 400 or status in GATEWAY_STATUSES)
