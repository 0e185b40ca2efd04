"""Two people with one address: an address is one login, and a login is for one customer (C2).

What the second one can do is said by mail to that very address, and to staff who invite; pages outside say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.logins.checks import email_address
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.rules.deciding import Actor
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class AddressTaken:
    """Who signs in with an address already.

    `name` is the login's and `customer` its customer's, both "" for somebody whom the actor does not see;
    `public_id` is that customer's, "" for an administrator. `may_join` says whether the other one can become a
    Dependent in a group of that customer.
    """

    email: str
    name: str = ""
    customer: str = ""
    public_id: str = ""
    may_join: bool = False


@snapshot
def address_taken(actor: Actor, customer_public_id: str, email: str) -> AddressTaken | None:
    """Who signs in with `email` already, so that nobody else can be invited with it for a customer; None for nobody.

    Raises Missing and NotAllowed.
    """
    profile = access.load_subject(actor, customer_public_id)
    access.require(actor, Permission.CUSTOMERS_INVITE, profile)
    address = email_address(email)
    person = logins.by_email(address) if address else None
    if person is None:
        return None
    if person.customer_id is None:
        return AddressTaken(person.email, person.name if actor.partner_id is None else "")
    other = customers.by_id(person.customer_id)
    if not access.weigh(actor, Permission.CUSTOMERS_VIEW, other):
        return AddressTaken(person.email)
    return AddressTaken(person.email, person.name, other.name, other.public_id, may_join(profile, person))


def may_join(profile: Profile, person: Person) -> bool:
    """Whether a customer can become a Dependent of whoever a login is for: both of one partner, with groups on."""
    related = person.customer_id not in (None, profile.id) and person.partner_id == profile.partner_id
    return related and profile.settings.groups_on
