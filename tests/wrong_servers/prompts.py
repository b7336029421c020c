"""Prompts that don't come back as they were sent: CREATE-5 (page, Job Create and Job Find)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.tampering.exchange import JSON, Tampering
from tests.support.tampering.making import PROMPTS, each_record
from tests.wrong_servers.wrong_server import wrong_server


def _prompts(change: Callable[[str], str]) -> Tampering:
    """Change the prompts of records, but for those that are links."""

    def changed(record: JSON) -> JSON:
        if record["job_type"] in ("blend", "describe"):
            return record
        return {**record, **{key: change(record[key]) for key in PROMPTS}}

    return each_record(changed)


@wrong_server("CREATE-5", "a prompt is cut to 24 letters", touches="REMIX-1")
def prompt_is_cut() -> Tampering:
    return _prompts(lambda text: text[:24])


@wrong_server("CREATE-5", "what is beyond the old three-byte UTF-8 is dropped: emoji")
def emoji_are_dropped() -> Tampering:
    return _prompts(lambda text: "".join(letter for letter in text if ord(letter) < 0x10000))


@wrong_server("CREATE-5", "UTF-8 is read as Latin-1: 上海 becomes ä¸Šæµ·")
def chinese_is_mangled() -> Tampering:
    return _prompts(lambda text: text.encode().decode("latin-1"))


@wrong_server("CREATE-5", "what is not ASCII becomes question marks")
def chinese_becomes_question_marks() -> Tampering:
    return _prompts(lambda text: text.encode("ascii", "replace").decode())


@wrong_server("CREATE-5", "quotes are escaped for HTML")
def quotes_are_escaped() -> Tampering:
    return _prompts(lambda text: text.replace('"', "&quot;"))


@wrong_server("CREATE-5", "quotes are dropped for fear of SQL")
def quotes_are_dropped() -> Tampering:
    return _prompts(lambda text: text.replace('"', ""))


@wrong_server("CREATE-5", "what follows a comma is taken for options and dropped")
def prompt_ends_at_a_comma() -> Tampering:
    return _prompts(lambda text: text.partition(",")[0])


@wrong_server("CREATE-5", "a record has no prompt")
def prompt_is_missing() -> Tampering:
    return each_record(
        lambda record: (
            {**record, "msg_content": None, "msg_display": None}
            if record["job_type"] == "main"
            else record
        )
    )
