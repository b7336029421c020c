"""Authorization headers that are not in the page's form: how a server takes them is left open."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sampan.conformance.checking.senders import parts
from sampan.conformance.har.pseudonyms import Pseudonyms
from sampan.conformance.traffic.judge import TrafficJudge
from sampan.conformance.traffic.seen import Seen
from tests.support.examples import some
from tests.support.fakes import ADDRESS
from tests.support.traffic.made import changed, failed, judged, made
from tests.support.traffic.observed import Observed

ODD = (
    *("Bearer  {}", "Bearer   {}", "Bearer\t{}", "Bearer {} ", "Bearer {}\t", " Bearer {}"),
    *("bearer {}", "BEARER {}", 'Bearer "{}"', "Bearer '{}'", "Bearer <{}>", "Bearer [{}]"),
    *("Bearer {{{}}}", "Bearer `{}`", "Bearer Bearer {}", "Bearer {},", "Bearer: {}", "Token {}"),
    *("Bearer {};", "Bearer {}=", "Bearer\u00a0{}", "JWT {}", "Bearer ({})"),
)


def _sent(seen: Seen, *values: str) -> Seen:
    others = [pair for pair in seen.request.headers if pair[0].lower() != "authorization"]
    headers = (*others, *(("Authorization", value) for value in values))
    return replace(seen, at=seen.at + 5, request=replace(seen.request, headers=tuple(headers)))


def _refused(seen: Seen) -> Seen:
    body = json.dumps({"errno": 430, "error": "invalid login"}).encode()
    return replace(seen, reply=replace(seen.reply, body=body))


@pytest.mark.parametrize("form", some(ODD, len(ODD)))
def test_an_odd_header_may_be_taken_and_may_be_refused(wire: Observed, form: str) -> None:
    client = made(wire)
    create, find = wire.seen[1], wire.seen[-1]
    late = replace(find, at=find.at + 10)
    for one in (find, create):
        odd = _sent(one, form.format(client.token))
        odd = replace(odd, at=find.at + 5)
        fresh = changed(odd, data="e" * 64) if one is create else odd
        assert failed(judged([*wire.seen, fresh, late])) == set()
        others = [seen for seen in wire.seen if seen is not create]
        assert failed(judged([*others, _refused(odd), late])) == set()


def test_two_headers_are_odd(wire: Observed) -> None:
    client = made(wire)
    find = wire.seen[-1]
    for other in ("Bearer x", "Basic YWJjOmFiYw==", f"Bearer {client.token}"):
        odd = _sent(find, f"Bearer {client.token}", other)
        late = replace(find, at=find.at + 10)
        assert failed(judged([*wire.seen, _refused(odd), late])) == set()


@pytest.mark.parametrize("form", some(ODD, len(ODD)))
def test_what_is_shown_and_kept_differs_in_the_token_alone(wire: Observed, form: str) -> None:
    client = made(wire)
    value = form.format(client.token)
    before, token, after = parts(value)
    assert (before + token + after, client.token in token) == (value, True)
    names = Pseudonyms()
    names.learn(_sent(wire.seen[-1], value))
    kept = names.header("Authorization", value)
    assert client.token not in kept
    assert (kept.startswith(before), kept.endswith(after)) == (True, True)
    judge = TrafficJudge(ADDRESS)
    judge.observe(changed(_sent(wire.seen[-1], value), errno=999))
    (shown,) = [
        dict(one.request_headers)["authorization"]
        for found in judge.report().findings
        if found.id == "GEN-2"
        for item in found.evidence
        for one in item.exhibits()
    ]
    assert client.token not in shown
    shown = shown.replace("\\t", "\t")
    assert shown.startswith(before)
    assert shown.endswith(after)


def test_the_pages_form_is_judged(wire: Observed) -> None:
    client = made(wire)
    create, find = wire.seen[1], wire.seen[-1]
    refused = replace(_refused(create), at=find.at + 5)
    assert f"Bearer {client.token}" in dict(create.request.headers).values()
    late = [replace(find, at=find.at + 10 + n) for n in range(2)]
    other = [one for one in wire.seen if one is not create]
    assert "AUTH-1" in failed(judged([*other, refused, *late]))
