"""No password and no token is in anything that a run leaves behind."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.support.examples import some
from tests.support.fakes import Served
from tests.support.network.scripted import ReceivedRequest, Scripted, http

#: Each has what some writer escapes: quotes, a slash, a blank, an umlaut, percent and plus.
PASSWORDS = {
    "abc": 'canary-"first"/grün+1%',
    "bob": "canary <second> & 'two'\\n",
    "limited": "canary-limited-三",
}


def forms(secret: str) -> Iterator[str]:
    """How a secret could read in a file; written apart from the kit's own list."""
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(secret))[3:-3]
    yield html.escape(secret)
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield repr(secret)[1:-1]
    for before in (b"", b"a", b"ab"):
        encoded = base64.b64encode(before + raw).decode()
        # The inner part, which no neighbour changes.
        yield encoded[4 : len(encoded) - 4]
        yield encoded[4 : len(encoded) - 4].translate(str.maketrans("+/", "-_"))


def assert_clean(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        for secret in PASSWORDS.values():
            for form in forms(secret):
                assert form not in text, f"{form!r} is in {name}"
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}", text), f"a token is in {name}"
        assert "canary" not in text, name


def run(url: str, folder: Path, *more: str) -> dict[str, str]:
    """Everything that a run leaves: its files, what it printed, what pytest printed."""
    environment = dict(os.environ)
    for role, name in (("", "abc"), ("SECOND_", "bob"), ("LIMITED_", "limited")):
        environment[f"SAMPAN_{role}USERNAME"] = name
        environment[f"SAMPAN_{role}PASSWORD"] = PASSWORDS[name]
    kinds = ("json", "junit", "html", "learn")
    flags = [word for kind in kinds for word in (f"--{kind}", str(folder / kind))]
    check = [sys.executable, "-m", "sampan", "check", url, *flags, *more]
    others = ("cacheprovider", "asyncio", "schemathesis", "hypothesispytest")
    pytest_ = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in others)]
    pytest_ += [f"--sampan-url={url}", "--junit-xml=unit.xml", "-vv", "--showlocals"]
    (folder / "empty").mkdir()
    for name, command, where in (
        ("check", check, None),
        ("pytest", pytest_, folder / "empty"),
    ):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=200, cwd=where
        )
        (folder / f"{name}.out").write_text(done.stdout + done.stderr, encoding="utf-8")
        assert "Traceback" not in done.stderr, done.stderr
    return {
        str(file): file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()
    }


@pytest.mark.whole
def test_a_full_run_on_the_fake_leaves_no_secret(tmp_path: Path) -> None:
    accounts = [f"--account={name}:{secret}" for name, secret in PASSWORDS.items()]
    accounts[-1] += ":none"
    fake = Served("--job-seconds", "0.2", *accounts)
    try:
        texts = run(fake.url, tmp_path)
    finally:
        fake.stop()
    assert len(texts) >= 7
    assert any("LOGIN-1" in text and "pass" in text for text in texts.values())
    assert_clean(texts)


def echo(asked: ReceivedRequest) -> list[bytes]:
    """Refuses everything, and answers with all that it was sent, in many clothes."""
    sent = asked.fields
    # Lone surrogates are among what the kit sends, and no header can hold one.
    password = str(sent.get("password") or "").encode("utf-8", "backslashreplace").decode()
    token = asked.headers.get("authorization", "")
    told = [password, quote(password), html.escape(password), repr(sent), token]
    told += [base64.b64encode(f"user:{password}".encode()).decode(), json.dumps(password)]
    body = {"errno": 430, "errmsg": " | ".join(told), "data": None, "debug": {"sent": told}}
    if asked.path == "/auth/login":
        # An opaque token this time, echoed from now on.
        grant = {"token": f"opaque-canary-{len(password)}-{'x' * 20}", "id": "1"}
        body = {"errno": 0, "errmsg": " | ".join(told), "data": grant, "again": grant["token"]}
    return http(body, x_debug=quote(json.dumps(told)), set_cookie=f"t={token.rpartition(' ')[2]}")


@pytest.mark.parametrize("status", some(["html", "json"], 2))
def test_a_server_that_echoes_everything_leaves_no_secret(tmp_path: Path, status: str) -> None:
    def script(asked: ReceivedRequest) -> list[bytes]:
        head, body = echo(asked)
        if status == "html" and asked.path != "/auth/login":
            return http(f"<html><pre>{html.escape(body.decode())}", 500, "text/html")
        return [head, body]

    with Scripted(script) as server:
        texts = run(server.url, tmp_path, "--budget-jobs", "3", "--job-timeout", "0.2")
    assert_clean(texts)
