"""The gateways that are tried, each at its rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.gateways import gateway
from tests.gateways.gateway import Fault

RATES = (0.02, 0.05, 0.2)

#: At each of ``RATES``. Each is made anew for a run, since some remember.
FAULTS: Mapping[str, Callable[[], Fault]] = {
    "429": lambda: gateway.status(429),
    "429, Retry-After 1": lambda: gateway.status(429, retry_after="1"),
    "429, Retry-After a date": lambda: gateway.date_later(1.5),
    "429 as JSON": lambda: gateway.in_json(429, retry_after="0"),
    "502": lambda: gateway.status(502),
    "502 after it arrived": lambda: gateway.forwarded(502),
    "503": lambda: gateway.status(503),
    "503, Retry-After 1": lambda: gateway.status(503, retry_after="1"),
    "503 as JSON": lambda: gateway.in_json(503),
    "504 after it arrived": lambda: gateway.forwarded(504),
    "520": lambda: gateway.status(520),
    "403": lambda: gateway.status(403),
    "a page with 200": lambda: gateway.status(200),
    "JSON of another shape with 200": lambda: gateway.in_json(200),
    "reset": lambda: gateway.reset,
    "reset after it arrived": lambda: gateway.reset_after,
    "cut short": lambda: gateway.cut_short,
    "slow by 1.5 s": lambda: gateway.slow(1.5),
}
#: Those that see to all requests.
ALWAYS: Mapping[str, Callable[[], Fault]] = {
    "20 a second, 429, Retry-After 1": lambda: gateway.limited(20, 20, 429, retry_after="1"),
    "20 a second, 503": lambda: gateway.limited(20, 20, 503),
    "5 a second, 429": lambda: gateway.limited(5, 10, 429),
    "logins 4 a second, 429": lambda: gateway.logins_limited,
    "an outage of 3 s, 502": lambda: gateway.outage(1.0, 4.0),
    "429, Retry-After an hour": lambda: gateway.status(429, retry_after="3600"),
    "503 from the first request on": lambda: gateway.status(503),
}

CASES: Mapping[str, tuple[Callable[[], Fault], float]] = {
    **{f"{name} at {rate:.0%}": (make, rate) for name, make in FAULTS.items() for rate in RATES},
    **{name: (make, 1.0) for name, make in ALWAYS.items()},
}
