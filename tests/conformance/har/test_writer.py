"""What is written is a whole HAR at any time, and reads back as what was seen, without secrets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sampan.conformance.har.reader import HarError, read_har
from sampan.conformance.har.writer import HarWriter
from sampan.conformance.http.connection import Failure, Reply, Request
from sampan.conformance.traffic.seen import Seen
from tests.support.paths import ROOT
from tests.support.traffic.har_files import API, TOKEN

SCHEMA = json.loads((ROOT / "tests/support/traffic/har_schema.json").read_text())
JSON = (("content-type", "application/json"),)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def exchange(
    path: str = "/jobs/find",
    sent: Any = None,
    came: Any = None,
    token: str | None = TOKEN,
    at: float = 1777888800.25,
) -> Seen:
    authorization = () if token is None else (("Authorization", f"Bearer {token}"),)
    body = json.dumps({} if sent is None else sent).encode()
    answer = json.dumps({"errno": 0, "errmsg": "OK"} if came is None else came).encode()
    request = Request("POST", f"{API}{path}", (*JSON, *authorization), body)
    return Seen(request, Reply(200, JSON, answer, sent=True, elapsed=0.0125), at)


def login(username: str, password: str, token: str | None, at: float = 1777888800.0) -> Seen:
    data = {"username": username, "email": f"{username}@mail.test", "name": None, "token": token}
    came = {"errno": 0, "errmsg": "SUCCESS", "data": data}
    if token is None:
        came = {"errno": 430, "errmsg": "invalid login"}
    return exchange("/auth/login", {"username": username, "password": password}, came, None, at)


def written(path: Path, *exchanges: Seen, **options: Any) -> str:
    with HarWriter(path, **options) as writer:
        for one in exchanges:
            writer.write(one)
    return path.read_text()


def valid(text: str) -> Any:
    document = json.loads(text)
    jsonschema_rs.Draft7Validator(SCHEMA).validate(document)
    return document["log"]["entries"]


def test_what_was_seen_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    odd = Reply(299, (*JSON, ("x-odd", "ä"), ("x-odd", "")), b"\xef\xbb\xbf{} \x00", sent=True)
    failed = Reply(200, JSON, b'{"err', Failure.DROPPED, "reset", True, 1.5)
    came = [
        exchange(sent={"prompt": "小船…"}, came={"errno": 0, "data": {"res": [], "total": 0}}),
        replace(exchange(), reply=odd),
        replace(exchange(), request=Request("GET", f"{API}/jobs/find?a=b&c=%20")),
        replace(exchange(), request=Request("PUT", f"{API}/x", JSON, b"\xff\x00")),
        replace(exchange(), reply=Reply(204)),
        replace(exchange(), reply=Reply(302, (("location", f"{API}/y"),))),
        replace(exchange(), reply=Reply(200, (("content-type", "image/png"),), PNG)),
    ]
    came = [exchange(token="other"), *came, replace(exchange(), reply=failed)]
    came = [replace(one, at=1777888800 + number / 8) for number, one in enumerate(came)]
    text = written(path, *reversed(came))
    assert len(valid(text)) == len(came)
    found = read_har(path)
    assert (found.broken, found.unjudged, found.passed_over) == ([], [], 0)
    expected = [replace(one, reply=replace(one.reply, sent=True)) for one in came]
    expected[-1] = replace(expected[-1], reply=replace(failed, body=b""))
    for one, other in zip(found.seen, expected, strict=True):
        name = (
            "masked-token-1-of-nobody"
            if other is expected[0]
            else "token-1-of-nobody-as-it-was-sent"
        )
        known = {"Bearer other": f"Bearer {name}", f"Bearer {TOKEN}": f"Bearer {name}"}
        headers = tuple((key, known.get(value, value)) for key, value in other.request.headers)
        assert one == replace(other, request=replace(other.request, headers=headers))


def test_whose_a_token_is_stays_to_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    tokens = [f"{number}{TOKEN}-{number}" for number in range(4)]
    text = written(
        path,
        login("first", "secret-one", None),
        login("first", "secret-two", tokens[0]),
        login("other", "secret-two", tokens[1]),
        login("first", "secret-two", tokens[2]),
        *(exchange(token=token) for token in tokens),
    )
    found = read_har(path).seen
    logins = [(json.loads(one.request.body), json.loads(one.reply.body)) for one in found[:4]]
    assert [sent for sent, _ in logins] == [
        {"username": "account-1", "password": "password-1-of-account-1"},
        {"username": "account-1", "password": "password-2-of-account-1"},
        {"username": "account-2", "password": "password-1-of-account-2"},
        {"username": "account-1", "password": "password-2-of-account-1"},
    ]
    names = ("token-1-of-account-1", "token-1-of-account-2", "token-2-of-account-1")
    given = [f"{name}-as-it-was-sent" for name in names]
    assert [came["data"]["token"] for _, came in logins[1:]] == given
    assert logins[1][1]["data"]["username"] == "account-1"
    sent_tokens = [dict(one.request.headers)["Authorization"] for one in found[4:]]
    assert sent_tokens == [
        f"Bearer {name}" for name in (*given, "token-1-of-nobody-as-it-was-sent")
    ]
    for secret in ("secret-", "first", "other", "mail.test", *tokens):
        assert secret not in text


def test_an_email_address_has_a_name_wherever_it_stands(tmp_path: Path) -> None:
    path, mail = tmp_path / "a.har", "jane.doe@mail.test"
    echoed = exchange(sent={"content": f"for {mail}"}, came={"errmsg": f"no {mail}"})
    asked = Request("GET", f"{API}/x?who=jane.doe%40mail.test", (("X-Who", mail),))
    text = written(
        path, login(mail, "secret-one", None), echoed, replace(exchange(), request=asked)
    )
    assert "jane" not in text
    found = read_har(path)
    assert found.unjudged == []
    assert json.loads(found.seen[1].request.body) == {"content": "for account-1@sampan.invalid"}
    assert json.loads(found.seen[0].request.body)["username"] == "account-1@sampan.invalid"


@pytest.mark.parametrize("value", ["Bearer", "", "  ", "Basic"])
def test_a_header_without_a_token_stays(tmp_path: Path, value: str) -> None:
    seen = exchange(token=None)
    headers = (*seen.request.headers, ("authorization", value))
    path = tmp_path / "a.har"
    written(path, replace(seen, request=replace(seen.request, headers=headers)))
    assert read_har(path).seen[0].request.headers[-1] == ("authorization", value)


def test_a_body_in_which_a_secret_was_masked_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    written(path, login("abc", "shanghai", TOKEN), exchange(sent={"content": "shanghai at dawn"}))
    found = read_har(path)
    assert len(found.seen) == 1
    assert "a secret that stood in a body is masked" in found.unjudged[0]


def test_a_picture_over_the_cap_is_told_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    picture = Reply(200, (("content-type", "image/png"),), PNG)
    seen = replace(exchange(), request=Request("GET", f"{API}/image/a.png"), reply=picture)
    (entry,) = valid(written(path, seen, picture_cap=len(PNG) - 1))
    assert entry["response"]["content"] == {"size": len(PNG), "mimeType": "image/png"}
    assert "the answer's body is not recorded" in read_har(path, API).unjudged[0]


def test_the_file_is_whole_after_each_exchange_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    writer = HarWriter(path, max_bytes=4_000)
    for number in range(8):
        assert len(valid(path.read_text())) <= number
        writer.write(exchange())
    writer.close()
    writer.write(exchange())
    entries = valid(path.read_text())
    assert len(entries) + writer.left_out == 8
    assert writer.left_out > 0
    assert path.stat().st_size <= 4_100


def test_a_torn_file_is_mended_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    text = written(path, exchange(), exchange(), exchange())
    for cut in range(text.index('"startedDateTime"'), len(text), 97):
        path.write_text(text[:cut])
        read = len(read_har(path, API).seen)
        mended = "\n".join(text[:cut].split("\n")[:-1]).rstrip(",") + "]}}"
        assert read - len(valid(mended)) in (0, 1)


def test_a_program_that_is_killed_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    script = (
        "import sys; from pathlib import Path; from tests.conformance.har.test_writer import *\n"
        "writer = HarWriter(Path(sys.argv[1]))\n"
        "for number in range(10_000):\n    writer.write(exchange()); print(number, flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(20)][-1]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    found = read_har(path)
    assert len(found.seen) > told
    assert found.broken == []


def test_exchanges_of_several_threads_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    with HarWriter(path) as writer:
        threads = [threading.Thread(target=writer.write, args=(exchange(),)) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert len(valid(path.read_text())) == 8


def test_a_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "a.har"):
        with pytest.raises(HarError, match="can't be written"):
            HarWriter(path)


def test_a_disk_that_fails_altogether_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = HarWriter(tmp_path / "a.har")

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(HarError, match="Input/output error"):
        writer.write(exchange())
    writer.write(exchange())


def test_a_full_disk_leaves_a_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.har"
    writer = HarWriter(path)
    writer.write(exchange())
    real, room = os.pwrite, iter([100])

    def full(file: int, content: bytes, at: int) -> int:
        if len(content) < 50:
            return real(file, content, at)
        count = next(room, 0)
        if not count:
            raise OSError(28, "No space left on device")
        return real(file, content[:count], at)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(HarError, match="No space left"):
        writer.write(exchange())
    writer.write(exchange())
    assert len(valid(path.read_text())) == 1
