"""Applying Customer Credit: what it can pay, and the step that posts it (F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import drafts
from portal.actions.books.checks import date_problem, text_problems
from portal.actions.books.drafts import Draft
from portal.actions.books.settling import Made, book_of, made, oldest_first, plan, settle
from portal.actions.books.writing import written
from portal.db.audit import records as audit
from portal.db.books import posting as books
from portal.db.books.posting import Written
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.invoices import items, settling
from portal.db.invoices.items import Item
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Conflict, Invalid
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Offer:
    """The balances of whoever pays, as of `on`, which is today. `amount_minor` is what Customer Credit can pay of what
    is owed by then; it is 0 where something may come to be owed by what is dated ahead.
    """

    on: date
    balances: Balances

    @property
    def amount_minor(self) -> int:
        return self.balances.applicable_minor


@snapshot
def offer(actor: Actor, profile: Profile) -> Offer:
    """What can be applied for a loaded customer. Raises NotAllowed, and Conflict when there is nothing to pay or no
    credit, today or by anything that is dated ahead.
    """
    access.require(actor, Permission.FINANCE_POST, profile)
    today = clock.today(profile.time_zone)
    found = Offer(today, books.balances({profile.payer_id: profile.currency}, today)[profile.payer_id])
    if not found.amount_minor and not found.balances.ahead:
        raise Conflict(say("Nothing is owed that Customer Credit could pay."))
    return found


# The deed, as a part of others ----------------------------------------------------------------------------------------


def applied(
    actor: Actor,
    profile: Profile,
    amount_minor: int,
    on: date,
    *,
    target: Item | None = None,
    reason: str = "",
    mark: str | None = None,
    grant: Grant | None = None,
    once: str | None = None,
) -> tuple[Written, Draft, tuple[Made, ...]]:
    """Write the entry of Customer Credit that pays one charge or what is due the longest, and what it settles (F7).

    The caller holds the payer and knows that it may. Raises Invalid, Refused, and Conflict as `post` does.
    """
    check_application(amount_minor, on, reason)
    book = book_of(profile)
    charges = [target] if target else drafts.payable(profile, on)
    settling.hold(one.id for one in charges)
    draft = drafts.of_application(profile, amount_minor, on, reason, once, invoice=target)
    new = written(draft, actor, mark)
    source = items.by_ids([new.id])[new.id]
    planned = plan(source, [(target, amount_minor)] if target else oldest_first(source, charges), book, on)
    settle(actor, planned)
    text = say(
        "Customer Credit of {amount} applied to the House Account by {number}",
        amount=Money(amount_minor, profile.currency),
        number=new.number,
    )
    audit.record(actor, "ledger.post", text, subject_id=profile.id, grant=grant, entry=new.public_id)
    return new, draft, made(planned, charges)


def check_application(amount_minor: int, on: date, reason: str) -> None:
    """Raise Invalid for an application that cannot be one: amount, day and text."""
    problems = date_problem(on) | text_problems(reason=reason)
    if not 0 < amount_minor <= LARGEST_MINOR:
        problems["amount"] = say("Enter an amount above zero.")
    if problems:
        raise Invalid(problems)
