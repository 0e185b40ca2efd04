"""Who of those that match gets a copy, by which way, and who does not (O2).

Each person gets one copy, however often an address stands among them: addresses are compared as people mean them,
without case and outer spaces. Where the ways of a message are several, the first by which somebody can be reached is
taken. For whoever has nothing on file, the copy goes to whom acts for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portal.rules.messages.states import MessageKind, Way, Why
from portal.rules.sms import number
from portal.rules.texts import email_key


class Reached(NamedTuple):
    """How a customer can be reached: what is on file, and whether anybody signs in for it. `id` is its key."""

    id: int
    email: str
    phone: str
    signs_in: bool


class Candidate(NamedTuple):
    """A customer that matches. `guardians` are those who act for it, who comes first first."""

    own: Reached
    inactive: bool = False
    declined: bool = False
    guardians: tuple[Reached, ...] = ()


class Copy(NamedTuple):
    """What becomes of a customer's copy: who reads it, its way, the address and what that is compared by, or why there
    is none. `shared_with` is the customer whose copy goes to the same address.
    """

    customer_id: int
    why: Why
    reader_id: int | None = None
    way: Way | None = None
    address: str = ""
    key: str | None = None
    shared_with: int | None = None


class Sharing:
    """Gives out the copies of one message, to one customer after the other.

    `inactive_too` where Inactive customers were asked for.
    """

    def __init__(self, kind: MessageKind, ways: Sequence[Way], *, inactive_too: bool = False) -> None:
        self._kind = kind
        self._ways = tuple(dict.fromkeys(ways))
        self._inactive_too = inactive_too
        self._taken: dict[str, int] = {}

    def copy_for(self, one: Candidate) -> Copy:
        """The copy of the next customer."""
        key = one.own.id
        if one.inactive and not self._inactive_too:
            return Copy(key, Why.INACTIVE)
        if one.declined and self._kind.can_be_declined:
            return Copy(key, Why.DECLINED)
        for person in (one.own, *one.guardians):
            for way in self._ways:
                if found := _address(person, way):
                    return self._given(key, person, way, found)
        return Copy(key, Why.NO_ADDRESS)

    def _given(self, customer_id: int, person: Reached, way: Way, address: str) -> Copy:
        shown = "" if way is Way.PORTAL else address
        key = f"{way.value}:{email_key(address) if way is Way.EMAIL else address}"
        if key in self._taken:
            return Copy(customer_id, Why.SAME_ADDRESS, address=shown, shared_with=self._taken[key])
        self._taken[key] = customer_id
        return Copy(customer_id, Why.NOT, person.id, way, shown, key)


def _address(person: Reached, way: Way) -> str:
    if way is Way.EMAIL:
        return person.email.strip()
    if way is Way.SMS:
        return number(person.phone) or ""
    return str(person.id) if person.signs_in else ""
