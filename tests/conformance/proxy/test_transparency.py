"""What a client and a server see through the proxy is what they see without it, and a Via."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.network.proxies import Fields, Message, OddServer, Proxied

HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"}
HOP |= {b"proxy-authorization", b"via", b"content-length"}
ODD = {b"host", b"expect", b"trailer", b"max-forwards"}

TOKEN = st.from_regex(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", fullmatch=True)
VALUE = st.from_regex(rb"([!-~\x80-\xff]([ -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?", fullmatch=True)
FIELDS = st.lists(
    st.tuples(TOKEN.filter(lambda name: name.lower() not in HOP | ODD), VALUE), max_size=6
)
#: Of one connection alone; the last names some that would go on.
HOPS = st.lists(
    st.sampled_from(
        [
            (b"Keep-Alive", b"timeout=5"),
            (b"Proxy-Connection", b"keep-alive"),
            (b"TE", b"trailers"),
            (b"Connection", b"X-One, keep-alive"),
            (b"connection", b"x-two"),
            (b"Connection", b"Host, content-length"),
        ]
    ),
    unique=True,
)
BODY = st.one_of(
    st.binary(max_size=64), st.binary(min_size=1, max_size=8).map(lambda b: b * 30_000)
)


@dataclass
class Framed:
    """A body as it is on the wire: its framing fields, and its bytes."""

    fields: Fields
    raw: bytes


def framed(body: bytes, chunked: bool) -> Framed:
    if not chunked:
        return Framed([(b"Content-Length", b"%d" % len(body))], body)
    half = len(body) // 2
    chunks = b"".join(b"%X;x=1\r\n%b\r\n" % (len(x), x) for x in (body[:half], body[half:]) if x)
    return Framed([(b"Transfer-Encoding", b"chunked")], chunks + b"0\r\n\r\n")


def head(start: bytes, fields: Fields) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)
    return b"%b\r\n%b\r\n" % (start, lines)


def kept(fields: Fields) -> Fields:
    """What has to go on."""
    named = {
        name.strip().lower()
        for key, value in fields
        if key.lower() == b"connection"
        for name in value.split(b",")
    }
    dropped = HOP | (named - {b"host", b"content-length"})
    return [(k, v) for k, v in fields if k.lower() not in dropped]


def rest(message: Message) -> Fields:
    """What came but for the framing and the Via."""
    added = {b"via", b"content-length", b"transfer-encoding"}
    return [(name, value) for name, value in message.fields if name.lower() not in added]


def via(message: Message) -> list[bytes]:
    return message.values(b"via")


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_requests_and_answers_pass_as_they_are(
    server: OddServer, proxied: Proxied, data: st.DataObject
) -> None:
    method = data.draw(st.one_of(st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT"]), TOKEN))
    if method == b"CONNECT":
        return
    target = b"/" + data.draw(st.from_regex(rb"[!-~]{0,30}", fullmatch=True))
    fields = [(b"Host", b"any.test:1"), *data.draw(FIELDS), *data.draw(HOPS)]
    body = data.draw(BODY)
    sent = framed(body, data.draw(st.booleans()))
    status = data.draw(
        st.sampled_from([200, 201, 202, 204, 299, 301, 304, 404, 418, 501, 599, 777])
    )
    reason = data.draw(VALUE)
    answer_fields = [*data.draw(FIELDS), *data.draw(HOPS)]
    answer_body = data.draw(BODY)
    how = data.draw(st.sampled_from(["length", "chunked", "close"]))
    bodiless = method == b"HEAD" or status in (204, 304)
    answered = framed(answer_body, how == "chunked")
    framing = [] if how == "close" or status == 204 else answered.fields
    raw = b"" if bodiless else answer_body if how == "close" else answered.raw
    start = b"HTTP/1.1 %d %b" % (status, reason)
    server.answers(head(start, answer_fields + framing) + raw, close=how == "close")

    with proxied.client() as client:
        start_line = b"%b %b HTTP/1.1" % (method, target)
        client.send(head(start_line, fields + sent.fields) + sent.raw)
        got = client.message(bodiless=bodiless)

    (heard,) = server.requests
    assert heard.start == start_line
    assert rest(heard) == kept(fields)
    assert heard.body == body
    assert re.fullmatch(rb"1\.1 sampan-[0-9a-f]{6}", b"; ".join(via(heard)))

    assert got is not None
    assert got.start == start.rstrip(b" ") or got.start == start
    assert rest(got) == kept(answer_fields)
    assert got.body == (b"" if bodiless else answer_body)
    assert re.fullmatch(rb"1\.1 sampan-[0-9a-f]{6}", b"; ".join(via(got)))
    if how == "length" and status != 204:
        assert got.values(b"content-length") == [b"%d" % len(answer_body)]
