"""Paying what is owed from Customer Credit, after a look (F7)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.books import posting as ledger
from portal.db import idempotency as operations
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules import seen
from portal.rules.balances import Balances
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict
from portal.rules.links.settlement import Deed, apply_deed
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Look:
    """As much as Customer Credit can pay of what is owed today, on the books of whoever pays, before it is done.

    `mark` stands for what is shown: the deed refuses when it has changed since (409).
    """

    deed: Deed
    balances: Balances
    mark: str


@snapshot
def look(actor: Actor, customer: str) -> Look:
    """What applying would do. Raises Missing, NotAllowed, and Conflict when there is nothing to apply or to pay."""
    return _look(_profile(actor, customer))


@writes(once="credit.apply", answer=Sentence)
def apply_credit(actor: Actor, customer: str, *, mark: str, once: str | None = None) -> Sentence:
    """Apply Customer Credit as far as something is owed: the sentence that says so.

    Raises Conflict when the books have changed since, Refused when credit would go below zero on a later day (F10),
    Missing and NotAllowed. The same `once` again gives the same answer and posts nothing.
    """
    profile = _profile(actor, customer)
    customers.lock({profile.id, profile.payer_id}, exclusive=True)
    profile = _profile(actor, customer)
    now = _look(profile)
    seen.unchanged(mark, now.mark)
    posted = ledger.apply_credit(
        actor, profile.public_id, now.deed.amount_minor, on=now.deed.on, once=f"{once}:entry" if once else None
    )
    return say(
        "{amount} of Customer Credit is applied to the House Account by {number}",
        amount=Money(now.deed.amount_minor, profile.currency),
        number=posted.number,
    )


def _profile(actor: Actor, customer: str) -> Profile:
    profile = access.load_subject(actor, customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    return profile


def _look(profile: Profile) -> Look:
    today = clock.today(profile.time_zone)
    balances = books.balances({profile.payer_id: profile.currency}, today)[profile.payer_id]
    if not balances.applicable_minor:
        raise Conflict(say("Nothing is owed that Customer Credit could pay."))
    deed = apply_deed(Money(balances.applicable_minor, profile.currency), today)
    return Look(deed, balances, operations.fingerprint([deed, balances]))
