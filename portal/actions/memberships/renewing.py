"""Renewing a membership by hand: it adds to the end, or begins anew (B9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from portal.actions.bookings.people import person_of
from portal.actions.books.settling import book_of, plan, settle
from portal.actions.invoices.charging import Charged, charge
from portal.actions.memberships import finding, granting
from portal.actions.memberships.effects import Costing, Document, Effect, amounts, changes, upcoming, who, wishes
from portal.actions.memberships.finding import Found
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.invoices import finding as papers
from portal.db.invoices import items
from portal.db.invoices.finding import Paper
from portal.db.memberships import writing
from portal.db.memberships.writing import NewPeriod
from portal.outside import clock
from portal.rules import seen
from portal.rules.bookings.fitting import status_reasons
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.memberships.holding import GrantedDays, Membership
from portal.rules.memberships.periods import days_in_use
from portal.rules.memberships.renewing import Renewal, by_hand, by_hand_refusals
from portal.rules.memberships.states import MembershipState
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@writes(once="membership.renew", answer=Effect)
def renew(
    actor: Actor, membership: str, *, payment: str | None = None, mark: str | None = None, once: str | None = None
) -> Effect:
    """Renew a membership by hand. A `payment`, named as people name it, renews once and settles what is charged.

    Raises Missing, NotAllowed, Refused (B9, B12), and Conflict where what a page showed (`mark`) has changed.
    """
    found = finding.held(actor, membership)
    paid = _payment(payment, found) if payment else None
    if reasons := [*_reasons(found, paid), *(_payment_reasons(paid) if paid else ())]:
        raise Refused(reasons)
    renewal = by_hand(found.holding.membership, found.today)
    effect = _effect(found, renewal)
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    charged = _charge(actor, found, renewal, at_once=paid is not None)
    _write(found, renewal, charged, paid)
    if paid is not None and charged is not None and charged.invoice_id is not None:
        _settle(actor, found, paid, charged.invoice_id)
    text = say("Renewed {plan} until {until}", plan=renewal.plan.name, until=renewal.days.last)
    audit.record(
        actor,
        "membership.renew",
        text,
        subject_id=found.holder.id,
        grant=found.concerned.grant,
        membership=found.holding.row.public_id,
    )
    documents = (Document(charged.number, charged.public_id if charged.invoice_id else ""),) if charged else ()
    return replace(effect, documents=documents)


@snapshot
def foresee(actor: Actor, membership: str, *, payment: str | None = None) -> tuple[Effect | None, tuple[Reason, ...]]:
    """What renewing would do, None where it cannot be said, and why it is refused. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    rules = found.holding.membership
    plain = by_hand_refusals(rules, found.today)
    effect = None if plain else _effect(found, by_hand(rules, found.today))
    paid = _payment(payment, found) if payment else None
    return effect, (*_reasons(found, paid), *(_payment_reasons(paid) if paid else ()))


def _reasons(found: Found, paid: Paper | None) -> list[Reason]:
    people = [found.holder, *([found.concerned.booker] if found.concerned.booker else []), found.payer]
    plain = by_hand_refusals(found.holding.membership, found.today)
    return [*status_reasons(person_of(one) for one in people), *plain, *(() if plain else _unpaid(found, paid))]


def _unpaid(found: Found, paid: Paper | None) -> list[Reason]:
    """A plan that begins once it is paid is renewed by hand with a payment for all of it (B5)."""
    renewal = by_hand(found.holding.membership, found.today)
    if not granting.waits(renewal.plan):
        return []
    name, cost = renewal.plan.name, Money(_effect(found, renewal).total, found.payer.currency)
    if paid is None:
        message = say("{plan} counts once it is paid, and a period of it costs {amount}.", plan=name, amount=cost)
        return [Reason("B5", message, say("Name the payment that pays for it, or buy it once more."))]
    left = Money(max(items.by_ids([paid.id])[paid.id].left_minor, 0), found.payer.currency)
    if left.minor >= cost.minor:
        return []
    message = say(
        "{plan} counts once it is paid: {left} is left of {number}, and it costs {amount}.",
        plan=name,
        left=left,
        number=paid.number,
        amount=cost,
    )
    return [Reason("B5", message, say("Name a payment of which enough is left."))]


def _effect(found: Found, renewal: Renewal) -> Effect:
    row, after = found.holding.row, renewed(found.holding.membership, [renewal])
    number = days_in_use(renewal.of, after.freezes)
    cost = Costing(renewal.plan, renewal.days, number, number, renewal.amount)
    charged = amounts([cost], found.holder, found.payer, found.rate, renewal.days.first) if renewal.amount else ()
    return Effect(
        membership=row.reference,
        public_id=row.public_id,
        plan=renewal.plan.name,
        holder=who(found.holder),
        payer=who(found.payer),
        currency=found.payer.currency,
        headline=say(
            "{plan} for {name}, renewed until {until}",
            plan=renewal.plan.name,
            name=found.holder.name,
            until=renewal.days.last,
        ),
        state=after.shown_on(found.today),
        first=renewal.days.first,
        until=after.until,
        ends_on=None,
        amounts=charged,
        upcoming=upcoming(after, found.holder, found.payer, found.rate),
        changes=changes(found.holding.membership, after, found.today),
    )


def renewed(membership: Membership, renewals: Iterable[Renewal]) -> Membership:
    """A membership once periods were added to it."""
    for one in renewals:
        days = GrantedDays(0, one.plan, one.days.first, one.days.last, one.amount)
        changed = membership.next_from is not None and membership.next_from <= one.days.first
        membership = replace(
            membership,
            plan=one.plan,
            state=MembershipState.ACTIVE,
            anchor=one.anchor,
            granted=(*membership.granted, days),
            ends_on=membership.ends_on if membership.renews_after(one.days.first) else None,
            next_plan=None if changed else membership.next_plan,
            next_from=None if changed else membership.next_from,
        )
    return membership


def _charge(actor: Actor, found: Found, renewal: Renewal, *, at_once: bool) -> Charged | None:
    """What was charged; with a payment an invoice at once, which it settles."""
    if not renewal.amount:
        return None
    cost = Costing(renewal.plan, renewal.days, 0, 0, renewal.amount)
    wanted = wishes([cost], found.holder, found.payer, found.rate)
    return charge(actor, found.payer, wanted, at_once=at_once)[0]


def _write(found: Found, renewal: Renewal, charged: Charged | None, paid: Paper | None) -> None:
    row, at = found.holding.row, clock.now()
    changed = row.next_from_on is not None and row.next_from_on <= renewal.days.first
    values = {
        "state": MembershipState.ACTIVE,
        "plan_id": renewal.plan.id,
        "anchor_on": renewal.anchor,
        "until_on": renewal.days.last,
        "ends_on": None,
    }
    if changed:
        values |= {"next_plan_id": None, "next_from_on": None}
    writing.change(row.id, values, at)
    new = NewPeriod(
        row.id,
        renewal.plan.id,
        renewal.days.first,
        renewal.days.last,
        renewal.amount,
        payer_id=found.payer.id,
        invoice_id=charged.invoice_id if charged else None,
        position=charged.position if charged else None,
        item_id=charged.item_id if charged else None,
        payment_id=paid.id if paid else None,
        charged_on=clock.today(found.payer.time_zone) if charged else None,
    )
    writing.add_periods([new], at)


# The payment ----------------------------------------------------------------------------------------------------------


def _payment(name: str, found: Found) -> Paper:
    """The payment that somebody means, on the books of whoever pays. Raises Missing."""
    some = papers.papers(EntryKind.PAYMENT, name.strip(), partner_id=found.payer.partner_id)
    own = [one for one in some if one.holder_id == found.payer.id]
    if not own:
        raise Missing(say("{payer} has no payment “{name}”.", payer=found.payer.name, name=name[:100]))
    return own[0]


def _payment_reasons(paid: Paper) -> list[Reason]:
    """Why a payment renews nothing: it did already, or was reversed (B9)."""
    if writing.renewed_by(paid.id) is not None:
        message = say("The payment {number} renewed a membership already.", number=paid.number)
        return [Reason("B9", message, say("One payment renews once. Name another one, or none."))]
    if paid.reversed_by:
        message = say("{number} was reversed by {other}.", number=paid.number, other=paid.reversed_by)
        return [Reason("B9", message, say("Name another payment, or none."))]
    return []


def _settle(actor: Actor, found: Found, paid: Paper, invoice_id: int) -> None:
    """Let what is left of the payment settle the invoice (F7)."""
    known = items.by_ids([paid.id, invoice_id])
    source, target = known[paid.id], known[invoice_id]
    minor = min(source.left_minor if source.open_minor > 0 else 0, target.left_minor if target.open_minor < 0 else 0)
    if minor and source.currency == target.currency:
        settle(actor, plan(source, [(target, minor)], book_of(found.payer), None))
