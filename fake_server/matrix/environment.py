"""How COMMAND finds its fake: by SAMPAN_URL, or by a proxy where the live address is wired in."""

from __future__ import annotations

from collections.abc import Mapping

#: As programs look them up: most take one of the two spellings.
_PROXY = ("http_proxy", "HTTP_PROXY")
_NO_PROXY = ("no_proxy", "NO_PROXY")
_LOOPBACK = "127.0.0.1,localhost,::1"


def environment(
    given: Mapping[str, str], url: str, username: str, password: str, *, as_proxy: bool
) -> dict[str, str]:
    """The variables of ``given``, and those that lead to the fake at ``url``.

    As a proxy it is the proxy of every host but this machine: an entry of the user's for the live
    address, or ``*``, would lead to the live service.
    """
    changed = {"SAMPAN_URL": url, "SAMPAN_USERNAME": username, "SAMPAN_PASSWORD": password}
    if as_proxy:
        changed |= dict.fromkeys(_PROXY, url) | dict.fromkeys(_NO_PROXY, _LOOPBACK)
    else:
        # A proxy of the user's would not know the fake's address.
        said = next((given[name] for name in _NO_PROXY if given.get(name)), "")
        changed |= dict.fromkeys(_NO_PROXY, ",".join(filter(None, (said, _LOOPBACK))))
        if said == "*":
            changed |= dict.fromkeys(_NO_PROXY, said)
    return {**given, **changed}
