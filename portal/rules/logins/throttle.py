"""How long to wait after failed tries (SEC17): growing pauses, never a lock-out for good."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

FREE_FOR_ACCOUNT = 5
FREE_FOR_ADDRESS = 40
"""A whole office or a mobile network can share one address."""

FREE_REQUESTS = 3
"""Mails that one address can be sent before the pauses begin."""

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
"""Tries this long ago no longer count."""


def pause_after(failures: int, free: int) -> timedelta:
    """The pause that follows try number `failures` when the first `free` cost nothing; it doubles each time."""
    if failures < free:
        return timedelta(0)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures - free, 10)))


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 household can move within."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
