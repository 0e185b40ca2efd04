"""One customer as the command line shows it, and what somebody may do for it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access, groups
from portal.actions.statements import view as statements
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.groups.members import Membership as Membership
from portal.db.links import sub_accounts
from portal.db.logins import people as logins
from portal.rules.balances import Balances
from portal.rules.deciding import Actor, Answer, Decision
from portal.rules.errors import Missing
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class CustomerSheet:
    """A customer with its links and balances. `balances` are the payer's as of today, in the customer's currency.

    `sub_accounts` are references with billing modes, by name. `waiting_minor` sums the customer's own future items,
    charges being positive. `groups` are the memberships, none while the feature is off (G1).
    """

    profile: Profile
    sub_accounts: tuple[tuple[str, BillingMode], ...]
    groups: tuple[Membership, ...]
    balances: Balances
    waiting_minor: int

    @property
    def mate_reference(self) -> str | None:
        """The partner account's external id, or its public id."""
        return self.profile.mate_external_id or self.profile.mate_public_id

    @property
    def main_reference(self) -> str | None:
        """The main account's external id, or its public id."""
        return self.profile.main_external_id or self.profile.main_public_id


@snapshot
def customer_sheet(actor: Actor, customer: str) -> CustomerSheet:
    """Everything of one customer, named by external or public id. Raises Missing and NotAllowed."""
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    waiting = ledger.waiting_for([profile.id]).get(profile.id, (0, 0))
    subs = tuple(sub_accounts.sub_references(profile.id))
    memberships = tuple(groups.lines_of(profile)) if profile.settings.groups_on else ()
    return CustomerSheet(profile, subs, memberships, statements.balance_of(profile), waiting[1])


@snapshot
def weigh_login(email: str, wanted: Permission | Scope, customer: str) -> Decision:
    """Whether whoever signs in with `email` may do something for a customer, and through which grant.

    A scope asks for what any permission within it asks for, and for what the customer may do itself.

    Raises Missing when there is no such login or customer.
    """
    person = logins.by_email(email)
    if person is None:
        raise Missing(say("Nobody signs in with {email}.", email=email))
    profile = customers.require(customer)
    if isinstance(wanted, Scope):
        decision = access.weigh_scope(person.actor, wanted, profile)
    else:
        decision = access.weigh(person.actor, wanted, profile)
    if decision and not person.may_sign_in:
        text = say("{email} is disabled or its customer is Inactive, so it cannot sign in.", email=email)
        return Decision(Answer.KNOWN, None, text)
    return decision


def public_id_of(actor: Actor, customer: str) -> str:
    """The public id of a customer named by external or public id. Raises Missing and NotAllowed."""
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return profile.public_id


def management_of(actor: Actor, main: str) -> Profile:
    """A main account whose sub-account management the actor may switch (L15). Raises Missing and NotAllowed."""
    profile = customers.require(main)
    access.require(actor, Permission.SUB_ACCOUNTS_MANAGE, profile)
    return profile
