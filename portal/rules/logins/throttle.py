"""How long to wait after failed tries (SEC17): growing pauses, never a lock-out for good.

Whose tries are counted together decides whom a pause hurts (SEC59): those on one account from one network, or from one
browser that its owner signed in with before; and, from browsers that nobody knows, those from one network.
"""

from __future__ import annotations

import contextlib
import re
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

FREE_FOR_ACCOUNT = 5
FREE_FOR_ADDRESS = 40
"""A whole office or a mobile network can share one address."""

FREE_REQUESTS = 3
"""Mails that one address can be sent before the pauses begin."""

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
FADES_AFTER = timedelta(minutes=15)
"""One try is forgotten each time this has passed: the typos of an office never add up to a guesser."""
FORGOTTEN_AFTER = timedelta(hours=24)
"""Nothing is kept of tries this long ago."""


def pause_after(failures: int, free: int) -> timedelta:
    """The pause that follows try number `failures` when the first `free` cost nothing; it doubles each time."""
    if failures < free:
        return timedelta(0)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures - free, 10)))


def faded(failures: int, since: timedelta) -> tuple[int, timedelta]:
    """How many of the tries still count after so long, and how much of that time has not taken one away yet."""
    if since < timedelta(0):
        return failures, timedelta(0)
    gone = since // FADES_AFTER
    return max(0, failures - gone), since - gone * FADES_AFTER


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 household can move within.

    Gateways write an address with the port behind it, in brackets, with a zone, or as IPv6 that holds an IPv4 address.
    """
    parsed = _parsed(address)
    if parsed is None:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    inside = parsed.ipv4_mapped or (IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in _TRANSLATED else None)
    return str(inside) if inside else str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"


_TRANSLATED = ip_network("64:ff9b::/96")
"""What a gateway between IPv6 and IPv4 makes of an IPv4 address (RFC 6052)."""

_WITH_PORT = re.compile(r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<plain>[0-9.]+))(?::[0-9]{1,5})?")


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    text = address.strip().strip('"')
    if found := _WITH_PORT.fullmatch(text):
        text = found["bracketed"] or found["plain"]
    with contextlib.suppress(ValueError):
        return ip_address(text.partition("%")[0])
    return None
