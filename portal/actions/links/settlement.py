"""Settling a customer step by step, so that it can become an aggregated sub-account (L6).

Every open amount, future item and entry dated ahead is a step with the deeds that clear it. Amounts follow from the
books, so nothing can be typed in wrongly; each deed is an ordinary posting or reversal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.actions import access
from portal.actions.books import drafts, future_items
from portal.actions.books import posting as ledger
from portal.actions.books.drafts import Charge, Draft
from portal.actions.books.periods import open_day
from portal.actions.books.words import on_the_books
from portal.db import idempotency as operations
from portal.db.books import ahead
from portal.db.books import future_items as items
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules import seen
from portal.rules.balances import Balances
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Reason
from portal.rules.links import sub_accounts as rules
from portal.rules.links.facts import BillingMode, LinkFacts
from portal.rules.links.settlement import Deed, Step, Verb, amount_steps, entry_step, item_step
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

MOST_LISTED = 100
"""So many entries and items are listed each; the next ones come up when these are dealt with."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far a customer is from being billed to `main`. `conditions` are those that are no money.

    `hidden` counts steps that are not listed yet. `paid_by` names another customer that pays for this one now, which
    keeps money from being settled here; "" if none does.
    """

    main: Profile
    sub: Profile
    steps: tuple[Step, ...]
    conditions: tuple[Reason, ...]
    hidden: int
    paid_by: str

    @property
    def left(self) -> int:
        """How many steps are open."""
        return self.hidden + sum(not step.done for step in self.steps)

    @property
    def ready(self) -> bool:
        """Whether nothing is in the way any more."""
        return not self.left and not self.conditions


@dataclass(frozen=True, slots=True)
class Look:
    """A deed before it is done, with the balances of the customer's own books on its day, before and after.

    `reasons` say why it is refused. `mark` stands for what is shown: the deed refuses when it has changed (409).
    """

    deed: Deed
    before: Balances
    house_after: int
    credit_after: int
    reasons: tuple[Reason, ...]
    mark: str


@snapshot
def plan(actor: Actor, main: str, sub: str) -> Settlement:
    """The steps between `sub` and being billed to `main`. Raises Missing and NotAllowed."""
    return _plan(*_pair(actor, main, sub))


@snapshot
def look(actor: Actor, main: str, sub: str, key: str) -> tuple[Settlement, Look]:
    """One deed of the plan before it is done. Raises Conflict when there is nothing to do about it any more."""
    settlement = _plan(*_pair(actor, main, sub))
    return settlement, _look(settlement, key)


@writes(once="settle", answer=Sentence)
def carry_out(actor: Actor, main: str, sub: str, key: str, *, mark: str, once: str | None = None) -> Sentence:
    """Do one deed of the plan as `look` showed it; the sentence that says what was done.

    Raises Conflict when the books have changed since, Refused when credit would go below zero (F10), Missing and
    NotAllowed. The same `once` again gives the same answer and posts nothing.
    """
    first, second = _pair(actor, main, sub)
    customers.lock({first.id, second.id}, exclusive=True)
    settlement = _plan(*_pair(actor, main, sub))
    look_now = _look(settlement, key)
    seen.unchanged(mark, look_now.mark)
    return _do(actor, settlement, look_now.deed, f"{once}:entry" if once else None)


def _pair(actor: Actor, main: str, sub: str) -> tuple[Profile, Profile]:
    """Both customers, when the actor may link them and post to the one that is settled."""
    first, second = customers.require(main), customers.require(sub)
    for profile in (first, second):
        access.require(actor, Permission.SUB_ACCOUNTS_LINK, profile)
    access.require(actor, Permission.FINANCE_POST, second)
    return first, second


def _plan(main: Profile, sub: Profile) -> Settlement:
    facts = links.facts([main.id, sub.id])
    own = facts[sub.id]
    money = set(rules.unsettled(own))
    conditions = tuple(reason for reason in _refusals(facts[main.id], own) if reason not in money)
    paid_by = sub.payer_name if sub.payer_id != sub.id else ""
    today = clock.today(sub.time_zone)
    dated = ahead.entries(sub.id, today, MOST_LISTED) if own.ahead else []
    waiting = items.waiting(sub.id, MOST_LISTED) if own.future_items else []
    steps = [
        *(entry_step(entry, sub.currency) for entry in dated),
        *(item_step(item, today, bool(paid_by)) for item in waiting),
        *amount_steps(own, open_day(sub), bool(paid_by)),
    ]
    hidden = own.ahead - len(dated) + own.future_items - len(waiting)
    return Settlement(main, sub, tuple(_with_done(own, steps)), conditions, hidden, paid_by)


def _refusals(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    """Everything that is in the way: of a new link, or of changing the billing mode of the one there is."""
    if sub.main_id == main.id:
        return rules.mode_refusals(main, sub, BillingMode.AGGREGATED)
    return rules.link_refusals(main, sub, BillingMode.AGGREGATED)


def _with_done(own: LinkFacts, steps: list[Step]) -> Iterator[Step]:
    """The open steps in their order, and in the place of what needs none any more, a line that says so."""
    if not own.ahead:
        yield Step(say("No entry is dated ahead."))
    yield from (step for step in steps if step.about == "ahead")
    if not own.future_items:
        yield Step(say("No future item waits for an invoice."))
    yield from (step for step in steps if step.about == "items")
    if not own.credit:
        yield Step(say("Customer Credit is at zero."))
    if not own.house:
        yield Step(say("The House Account is at zero."))
    yield from (step for step in steps if step.about == "amounts")


def _look(settlement: Settlement, key: str) -> Look:
    deeds = {deed.key: deed for step in settlement.steps for deed in step.deeds}
    if key not in deeds:
        raise Conflict(say("This step is settled already, or somebody was faster. Below is what is left."))
    deed, sub = deeds[key], settlement.sub
    before = books.balances({sub.id: sub.currency}, deed.on)[sub.id]
    house, credit = before.house_minor + deed.house_minor, before.credit_minor + deed.credit_minor
    reasons = drafts.refusals(draft) if (draft := _draft(sub, deed)) else []
    return Look(deed, before, house, credit, tuple(reasons), operations.fingerprint([deed, before]))


def _draft(sub: Profile, deed: Deed) -> Draft | None:
    """The entry that a deed writes; None for one that writes none."""
    match deed.verb:
        case Verb.PAY | Verb.REFUND | Verb.PAY_OUT:
            return drafts.of_charge(sub, _charge(sub, deed), make=False)
        case Verb.APPLY:
            return drafts.of_application(sub, deed.amount_minor, deed.on, make=False)
        case Verb.TAKE_BACK:
            first = books.original(public_id=deed.about)
            return drafts.of_reversal(first, [sub], on=deed.on) if first else None
        case Verb.INVOICE:
            item = items.find(deed.about)
            return drafts.of_charge(sub, future_items.charge_of(sub, item), make=False) if item else None
        case _:
            return None


def _do(actor: Actor, settlement: Settlement, deed: Deed, once: str | None) -> Sentence:
    sub = settlement.sub
    reason = on_the_books(say("Settled before it is billed to {main}", main=settlement.main.name), sub)[:1000]
    match deed.verb:
        case Verb.PAY | Verb.REFUND | Verb.PAY_OUT:
            return _move_money(actor, sub, deed, reason, once)
        case Verb.APPLY:
            amount = Money(deed.amount_minor, sub.currency)
            posted = ledger.apply_credit(actor, sub.public_id, deed.amount_minor, on=deed.on, reason=reason, once=once)
            return say(
                "{amount} of Customer Credit is applied to the House Account by {number}",
                amount=amount,
                number=posted.number,
            )
        case Verb.TAKE_BACK:
            posted = ledger.reverse(actor, deed.about, on=deed.on, reason=reason, once=once)
            return say("{number} is taken back by {other}", number=deed.number, other=posted.number)
        case _:
            item = items.find(deed.about)
            assert item is not None
            act = future_items.invoice_held if deed.verb is Verb.INVOICE else future_items.remove_held
            return act(actor, sub, item, reason=reason, once=once)


def _move_money(actor: Actor, sub: Profile, deed: Deed, reason: str, once: str | None) -> Sentence:
    charge = _charge(sub, deed, reason)
    posted = ledger.post(actor, charge, oldest=deed.verb is Verb.PAY, once=once)
    amount = Money(deed.amount_minor, sub.currency)
    return say(
        "{kind} {number} of {amount} is on the books", kind=charge.kind.label, number=posted.number, amount=amount
    )


def _charge(sub: Profile, deed: Deed, reason: str = "") -> Charge:
    kind = EntryKind.PAYMENT if deed.verb is Verb.PAY else EntryKind.REFUND
    book = Ledger.CREDIT if deed.verb is Verb.PAY_OUT else Ledger.HOUSE
    description = on_the_books(deed.description, sub)
    return Charge(sub.public_id, kind, deed.amount_minor, deed.on, book, description, reason=reason)
