"""Finding secrets takes linear time, whatever a client sends and however many there are."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampan.fake_server.contract import document as contract
from sampan.fake_server.contract import yaml_files
from sampan.fake_server.http.exchange import Exchange
from sampan.fake_server.http.responses import Response
from sampan.fake_server.journal import redaction
from sampan.fake_server.journal.journal import Journal, RequestMatch
from sampan.fake_server.journal.redaction import MARK, Secrets
from tests.support.controls import Control
from tests.support.examples import examples, sampled
from tests.support.linear import LONG, assert_linear, repeated

_OPERATIONS = contract.compile(yaml_files.read("openapi.yaml")).operations


_KNOWN = [f"secret-{number}" for number in range(10)]


def _cost(
    *,
    body: str = "",
    path: str = "/x",
    query: str = "",
    headers: str = "",
    known: Sequence[str] = _KNOWN,
) -> float:
    """The CPU time (s) of the first reading of one exchange."""
    secrets = Secrets()
    for secret in known:
        secrets.remember(secret)
    journal = Journal(_OPERATIONS, secrets)
    exchange = Exchange("POST", path, [(name.encode(), b"x") for name in headers.split()])
    exchange.body, exchange.query, exchange.found = body.encode(), query.encode(), False
    journal.record(exchange, Response(200, body.encode()))
    began = time.process_time()
    assert list(journal.show(journal.find(RequestMatch()), lambda id: None))
    return time.process_time() - began


#: What an expression may back off from, or a decoder start anew at.
PARTS = [
    *("x", "=", "&", "a=1&", ".", "%", "%4", "%41", "%25", "%C3", "+", "\\", "\\u", "\\ud83d"),
    *("\\u0041", '"', '\\"', "'", ":", "[", "{", '{"a":', '"a",', "1,", " ", "\n", "é", "😀"),
    *("eyJ", "eyJ.", "eyJaaaa.", "jwt", "passw", "token=", '"token":', '"token":"\\', MARK),
    *("ZXlK", "leUpV5S=", "ZXlK%ff", "ZXlKaGIuZXlK", "V5S-_+/", "&#", "&amp", "c2VjcmV0LT"),
    *("secret", "secret-", "secret-1", "api", "authori"),
]


@pytest.mark.parametrize("start", sampled(["", '"', "["], 3))
@pytest.mark.parametrize("part", PARTS)
def test_a_body_is_rendered_in_linear_time(part: str, start: str) -> None:
    assert_linear(lambda size: _cost(body=start + repeated(part, size)))


@settings(deadline=None, max_examples=examples(20))
@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=5).map("".join))
def test_a_body_of_any_pattern_is_rendered_in_linear_time(part: str) -> None:
    assert_linear(lambda size: _cost(body=repeated(part, size)))


@pytest.mark.parametrize("part", ["x", "=", "&", "a=1&", "token=&", "%41", "eyJ", "/jobs/create"])
def test_a_path_and_a_query_are_rendered_in_linear_time(part: str) -> None:
    assert_linear(lambda size: _cost(path="/" + repeated(part, size)))
    assert_linear(lambda size: _cost(query=repeated(part, size)))


@pytest.mark.parametrize("element", ["1", '"a"', "[]", '{"a":1}'])
def test_what_it_costs_does_not_grow_with_the_secrets_that_are_sent(element: str) -> None:
    """Anybody makes a text a known secret, by a login with it that fails."""
    secrets = [f"secret-{number}" for number in range(Secrets.MAX)]
    texts = [
        json.dumps(secrets)[:-1] + f", {element}" * (LONG // len(element) // 2) + "]",
        "&".join((*secrets, "token", *("a" for _ in range(LONG // 2)))),
    ]
    for body, query in ((texts[0], ""), ("", texts[1])):
        plain = _cost(body=body, query=query, known=[])
        assert any(
            _cost(body=body, query=query, known=secrets) < 5 * plain + 0.01 for _ in range(3)
        )


def test_a_name_is_looked_at_once_in_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = redaction.names_secret

    def counted(name: str) -> bool:
        seen.append(name)
        return original(name)

    monkeypatch.setattr(redaction, "names_secret", counted)
    records = [{"id": 1, "token": "a"}, {"id": 2, "token": None}]
    shown = [{"id": 1, "token": MARK}, {"id": 2, "token": None}]
    assert redaction.redact_body(json.dumps(records), []) == shown
    assert seen == ["id", "token"]


def test_a_long_path_is_not_compared_with_every_operation() -> None:
    long = "/" + "jobs/create" * 5000
    assert any(_cost(path=long) < 20 * (_cost() + 0.001) for _ in range(3))
    unlike = "/jobs/create" * 8  # thousands of such requests fit in the journal
    assert any(_cost(path=unlike) < 2 * _cost() for _ in range(10))


def test_many_headers_are_rendered_in_linear_time() -> None:
    assert_linear(lambda size: _cost(headers=" ".join(map(str, range(size // 6)))))
    assert_linear(lambda size: _cost(headers=repeated("x ", size)))


@pytest.mark.parametrize("depth", [60, 900, 100_000])
@pytest.mark.parametrize(("start", "end"), [('{"a":', "}"), ("[", "]")])
def test_a_deeply_nested_body_can_be_shown(
    control: Control, depth: int, start: str, end: str
) -> None:
    control.fake.send("POST", "/jobs/find", f"{start * depth}1{end * depth}".encode())
    assert control.requests()[0]["errno"] in (301, 430)
