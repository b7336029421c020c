"""Lines are written by a thread: whoever logs never waits, and never fails."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sampan.fake_server.log.writer import LineWriter


def test_lines_come_in_order_and_all_of_them() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing)
    for number in range(500):
        writer.write(f"小船 {number}")
    writer.close()
    os.close(writing)
    with open(reading, encoding="utf-8") as file:
        assert file.read().splitlines() == [f"小船 {number}" for number in range(500)]


def test_a_reader_that_stopped_holds_up_nobody_and_is_told_what_it_missed() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing, most=100)
    began = time.monotonic()
    for _ in range(50):  # far more than a pipe holds
        for _ in range(100):
            writer.write("x" * 1000)
        time.sleep(0.001)
    assert time.monotonic() - began < 20
    os.set_blocking(reading, False)
    text = b""
    deadline = time.monotonic() + 30
    while b"requests are not in this log" not in text and time.monotonic() < deadline:
        try:
            text += os.read(reading, 1 << 20)
        except BlockingIOError:
            writer.write("more")
            time.sleep(0.01)
    assert b"requests are not in this log: it was read too slowly\n" in text
    os.close(reading)
    writer.close()
    os.close(writing)


def test_an_end_waits_for_nobody_who_does_not_read() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing)
    for _ in range(200):
        writer.write("x" * 1000)
    began = time.monotonic()
    writer.close()
    assert time.monotonic() - began < 20
    os.close(reading)  # which lets the thread go
    writer._thread.join(10)  # or it would write to whatever gets the descriptor's number
    os.close(writing)


def test_a_reader_that_has_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LineWriter(writing)
    writer.write("nobody")
    writer.close()
    writer.write("nobody")
    os.close(writing)


def test_a_descriptor_that_does_not_block_gets_everything() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    writer = LineWriter(writing)
    for _ in range(300):
        writer.write("x" * 999)
    text = b""
    while len(text) < 300_000:
        text += os.read(reading, 1 << 16)
    assert text == (b"x" * 999 + b"\n") * 300
    writer.close()
    os.close(reading)
    os.close(writing)


def test_what_an_encoding_lacks_is_spelt() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing, "ascii")
    writer.write("小船")
    writer.close()
    os.close(writing)
    with open(reading, "rb") as file:
        assert file.read() == b"\\u5c0f\\u8239\n"


def test_what_comes_while_the_last_lines_are_written_is_written_as_well() -> None:
    reading, writing = os.pipe()
    in_turn, go_on = threading.Event(), threading.Event()

    @contextmanager
    def turn() -> Iterator[None]:
        in_turn.set()
        go_on.wait(10)
        yield

    writer = LineWriter(writing, turn=turn)
    writer.write("one")
    assert in_turn.wait(10)
    writer.write("two")
    end = threading.Thread(target=writer.close)
    end.start()
    while not writer._ending.is_set():
        time.sleep(0.001)
    go_on.set()
    end.join()
    os.close(writing)
    with os.fdopen(reading) as read:
        assert read.read() == "one\ntwo\n"
