"""What COMMAND writes is bounded, and harmless where it is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sampan.fake_server.matrix.output import (
    KEPT_BYTES,
    SHOWN_LINES,
    SHOWN_WIDTH,
    Tail,
    last_lines,
    shown_command,
)


@given(st.lists(st.integers(1, KEPT_BYTES), max_size=8), st.integers(1, 255))
def test_the_end_of_a_stream_is_kept(sizes: list[int], first: int) -> None:
    tail, whole = Tail(), b""
    for number, size in enumerate(sizes):
        part = b"%c" % (32 + (first + number) % 90) * size
        tail.add(part)
        whole += part
    assert tail.text() == whole[-KEPT_BYTES:].decode()


@given(st.text(max_size=2000))
def test_lines_can_be_printed_and_are_bounded(text: str) -> None:
    found = last_lines(text)
    assert len(found) <= SHOWN_LINES
    for line in found:
        assert line.isprintable()
        assert len(line) <= SHOWN_WIDTH * 10


def test_many_lines_are_cut_to_the_last() -> None:
    found = last_lines("\n".join(f"line {n} {'x' * 10_000}" for n in range(100)))
    assert [line.split()[1] for line in found] == [str(n) for n in range(80, 100)]
    assert {len(line) for line in found} == {SHOWN_WIDTH}


def test_colours_and_titles_are_left_out_and_other_signs_are_spelt() -> None:
    assert last_lines("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\r\n") == ("red plain",)
    assert last_lines("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b") == ("alinkb",)
    assert last_lines("bell \x07 back\x08 zero\x00 \u202eturned \x9b1m") == (
        "bell \\x07 back\\x08 zero\\x00 \\u202eturned \\x9b1m",
    )
    assert last_lines("10%\r50%\r100% done\n   \n-----\n\tend") == ("100% done", "        end")


def test_a_command_is_shown_without_secrets() -> None:
    command = ["env", "API_TOKEN=t0p", "npm", "test", "--password", "s3cret", "--token=abc", "a b"]
    assert shown_command(command) == (
        "env 'API_TOKEN=(redacted)' npm test --password '(redacted)' '--token=(redacted)' 'a b'"
    )
    assert shown_command(["pytest", "tests/test_token.py"]) == "pytest tests/test_token.py"
    url = shown_command(["client", "http://abc:s3cret@127.0.0.1/"])
    assert url == "client 'http://(redacted)@127.0.0.1/'"
    for line, secret in (
        ("API_TOKEN=t0p npm test", "t0p"),
        ("npm test -- --password s3cret --verbose", "s3cret"),
        ("cd a && client --token=s3cret; echo done", "s3cret"),
        ("MY_SECRET='two words' npm test", "two words"),
        ('curl -H "Authorization: Bearer t0p.t0p" $SAMPAN_URL', "t0p"),
        ('curl -H "authorization:t0p" $SAMPAN_URL', "t0p"),
        ('curl -d "{\\"password\\": \\"abc-secret\\"}" $SAMPAN_URL/auth/login', "abc-secret"),
    ):
        shown = shown_command(["sh", "-c", line])
        assert secret not in shown
        assert "(redacted)" in shown
    for line in ("pytest -k token and not slow", "npm test --keep-going", "echo token is fine"):
        assert "redacted" not in shown_command(["sh", "-c", line])
    assert shown_command(["a\x1b[31m\n"]) == "'a\\x1b[31m\\n'"
