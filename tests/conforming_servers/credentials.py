"""Accounts whose credentials are words of the API: a mask must not get into a verdict."""

from __future__ import annotations

from collections.abc import Mapping

from sampan.fake_server.settings import NewAccount
from tests.conforming_servers.conforming_server import ConformingServer, add

#: Username and password of the first account, and of the second.
_ODD: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "success": (("admin", "OK"), ("errno", "SUCCESS")),
    "errors": (("INVALID_LOGIN", "invalid login"), ("data", "missing username or password")),
    "keys": (("username", "errmsg"), ("password", "errno")),
    "numbers": (("2000", "0"), ("301", "2000")),
    "formats": (("json", "json"), ("png", "http")),
    "letters": (("a", "e"), ("b", "1")),
    "headers": (("bearer", "application"), ("token", "Bearer")),
    "answers": (("newest-first", "430"), ("own", "errmsg")),
}

for _name, (_first, _second) in _ODD.items():
    add(
        ConformingServer(
            f"credentials-{_name}",
            f"the passwords are {_first[1]} and {_second[1]}",
            accounts={
                "first": NewAccount(*_first),
                "second": NewAccount(*_second),
                "limited": NewAccount("limited", f"{_first[1]}-no-plan", "none"),
            },
        )
    )
