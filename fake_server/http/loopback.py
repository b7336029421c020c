"""Which addresses are this machine's own."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Whether an address is 127.0.0.0/8 or ::1."""
    address = _address(host)
    if address is None:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_local_name(host: str) -> bool:
    """Whether a host in its normal form means this machine to everybody (RFC 6761, 6.3).

    No name server is asked about ``localhost`` and what is below it.
    """
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def is_address(host: str) -> bool:
    """Whether it is an IP address, as every peer on a network has; a test client has a name."""
    return _address(host) is not None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
