"""Buying a membership for oneself or a Dependent (B5, B6, B12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from portal.actions.bookings.people import Concerned, concerned, person_of, subjects
from portal.actions.invoices.charging import Charged, charge
from portal.actions.invoices.wanted import default_rate
from portal.actions.memberships import finding, granting
from portal.actions.memberships.effects import Costing, Document, Effect, amounts, changes, upcoming, who, wishes
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.memberships import holding, writing
from portal.db.memberships.plans import PlanRow
from portal.db.memberships.writing import NewMembership, NewPeriod
from portal.outside import clock
from portal.rules import seen
from portal.rules.bookings import payers
from portal.rules.bookings.fitting import status_reasons
from portal.rules.bookings.states import BookingPayer
from portal.rules.books import LATEST
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.memberships.holding import GrantedDays, Membership, Shown
from portal.rules.memberships.plans import buying_refusals
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody wants to buy: a plan for a customer from a day on, named as people name them, and who is to pay."""

    plan: str
    customer: str
    first: date
    payer: BookingPayer = BookingPayer.CHOICE
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class BuyPreview:
    """What buying would do, why it is refused, and who could pay (the first is the default)."""

    effect: Effect
    plan: PlanRow
    reasons: tuple[Reason, ...]
    payers: tuple[tuple[BookingPayer, str], ...]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A purchase as it would be carried out."""

    about: Concerned
    plan: PlanRow
    payer: Profile
    named_id: int | None
    days: Period | None
    effect: Effect
    reasons: tuple[Reason, ...]


@writes(once="membership.buy", answer=Effect)
def buy(actor: Actor, wanted: Purchase, *, mark: str | None = None, once: str | None = None) -> Effect:
    """Buy a membership. The same external id with the same content buys nothing again.

    Raises Missing, NotAllowed, Refused with everything that stands against it (B5, B6, B12, F2), and Conflict where
    what a page showed (`mark`) has changed.
    """
    planned = _held(actor, wanted)
    if (there := _there(wanted, planned)) is not None:
        return there
    if planned.reasons:
        raise Refused(planned.reasons)
    if mark is not None:
        seen.unchanged(mark, planned.effect.mark)
    return _written(actor, wanted, planned)


@snapshot
def foresee(actor: Actor, wanted: Purchase) -> BuyPreview:
    """What buying would do. Raises Missing and NotAllowed."""
    planned = _planned(actor, wanted)
    about = planned.about
    return BuyPreview(planned.effect, planned.plan, planned.reasons, payers_of(about))


def payers_of(about: Concerned) -> tuple[tuple[BookingPayer, str], ...]:
    """Who could pay, by how the choice is called: the name of each, the default first (B6)."""
    kinds = payers.choices(about.subject.settings.booking_payer, about.parties)
    return tuple((kind, about.payer(kind).name) for kind in kinds)


def _held(actor: Actor, wanted: Purchase) -> _Planned:
    """The purchase with everybody concerned held until the transaction ends."""
    planned = _planned(actor, wanted)
    for _ in range(TRIES):
        ids = planned.about.ids | {planned.payer.id}
        customers.lock(ids, exclusive=True)
        planned = _planned(actor, wanted)
        if planned.about.ids | {planned.payer.id} <= ids:
            return planned
    raise AssertionError("links change faster than we can hold")


def _planned(actor: Actor, wanted: Purchase) -> _Planned:
    found = subjects(actor, [wanted.customer], Permission.MEMBERSHIPS_BUY)
    subject, grant = found[wanted.customer]
    about = concerned(actor, subject, grant)
    plan = finding.plan(wanted.plan, subject.partner_id)
    payer, named_id = finding.payer_named(about, wanted.payer)
    rules = plan.plan
    days = rules.length.period(wanted.first) if rules.length else None
    rate = default_rate(subject)
    number = (days.last - days.first).days + 1 if days else 0
    cost = Costing(rules, days, number, number, rules.price)
    charged = amounts([cost], subject, payer, rate, wanted.first) if rules.price else ()
    ordered = granting.waits(rules)
    state = MembershipState.ORDERED if ordered else MembershipState.ACTIVE
    membership = Membership(
        rules,
        MembershipState.ACTIVE,
        wanted.first,
        wanted.first,
        (GrantedDays(0, rules, wanted.first, days.last if days else None, rules.price),),
    )
    effect = Effect(
        membership="",
        public_id="",
        plan=plan.name,
        holder=who(subject),
        payer=who(payer),
        currency=payer.currency,
        headline=_headline(plan, subject, wanted.first, ordered=ordered),
        state=Shown(state.value),
        first=wanted.first,
        until=days.last if days else None,
        ends_on=None,
        amounts=charged,
        upcoming=upcoming(membership, subject, payer, rate),
        warnings=tuple(_warnings(subject, plan, wanted.first)),
        changes=changes(None, replace(membership, state=state), clock.today(subject.time_zone)),
    )
    return _Planned(about, plan, payer, named_id, days, effect, tuple(_reasons(actor, wanted, about, plan, payer)))


def _headline(plan: PlanRow, subject: Profile, first: date, *, ordered: bool) -> Sentence:
    if ordered:
        return say("{plan} for {name}, from {first} or once it is paid", plan=plan.name, name=subject.name, first=first)
    return say("{plan} for {name}, from {first}", plan=plan.name, name=subject.name, first=first)


def _reasons(actor: Actor, wanted: Purchase, about: Concerned, plan: PlanRow, payer: Profile) -> list[Reason]:
    """Everything that stands against a purchase."""
    subject, first = about.subject, wanted.first
    people = [subject, *([about.booker] if about.booker else []), payer]
    reasons = status_reasons(person_of(one) for one in people)
    reasons += buying_refusals(plan.plan, subject.name, subject.born_on, first)
    reasons += about.payer_reasons(wanted.payer)
    today = clock.today(subject.time_zone)
    if first < today and not actor.is_staff:
        message = say("{on} is past.", on=first)
        reasons.append(Reason("B5", message, say("Let it begin on {today} or later.", today=today)))
    if first.year >= LATEST.year - 1:
        message = say("{on} is too far ahead.", on=first)
        reasons.append(Reason("B5", message, say("Let it begin on {today} or later.", today=today)))
    if plan.currency != payer.currency:
        message = say(
            "{plan} is sold in {currency}, and the books of {payer} are kept in {other}.",
            plan=plan.name,
            currency=plan.currency,
            payer=payer.name,
            other=payer.currency,
        )
        reasons.append(Reason("B5", message, say("Let somebody else pay, or choose another plan.")))
    return reasons


def _warnings(subject: Profile, plan: PlanRow, first: date) -> list[Sentence]:
    """What is worth knowing before: the person holds the same plan then."""
    said = []
    for one in holding.of_customers([subject.id], used=False):
        if one.row.plan_id == plan.id and one.membership.days_of(first) is not None:
            until = one.membership.over_on
            when = say("until {until}", until=until) if until else say("without an end")
            said.append(say("{name} has {plan} already, {when}.", name=subject.name, plan=plan.name, when=when))
    return said


def _there(wanted: Purchase, planned: _Planned) -> Effect | None:
    """The membership that has the external id already. Raises Refused where it is another one (F2)."""
    found = holding.named(wanted.external_id) if wanted.external_id else None
    if found is None:
        return None
    row = found.row
    same = {
        "plan": row.plan_id == planned.plan.id,
        "customer": row.customer_id == planned.about.subject.id,
        "from": row.from_on == wanted.first,
    }
    differing = [name for name, agrees in same.items() if not agrees]
    if row.external_id != wanted.external_id or differing:
        message = say(
            "“{id}” is a membership already with another {columns}.",
            id=wanted.external_id or "",
            columns=", ".join(differing) or "external id",
        )
        raise Refused([Reason("F2", message, say("Choose another external id."))])
    today = clock.today(planned.about.subject.time_zone)
    return replace(
        planned.effect,
        membership=row.reference,
        public_id=row.public_id,
        state=found.membership.shown_on(today),
        until=found.membership.until,
        ends_on=row.ends_on,
        warnings=(),
    )


def _written(actor: Actor, wanted: Purchase, planned: _Planned) -> Effect:
    about, plan, payer, at = planned.about, planned.plan, planned.payer, clock.now()
    state = MembershipState(planned.effect.state.value)
    key, public_id = writing.add(
        NewMembership(
            external_id=wanted.external_id,
            plan_id=plan.id,
            customer_id=about.subject.id,
            state=state,
            from_on=wanted.first,
            anchor_on=wanted.first,
            until_on=planned.effect.until,
            ends_on=None,
            payer=wanted.payer,
            payer_id=planned.named_id,
            booker_id=about.booker.id if about.booker else None,
            imported=False,
            actor=actor.label,
        ),
        at,
    )
    charged = _charge(actor, planned)
    period = NewPeriod(
        key,
        plan.id,
        wanted.first,
        planned.effect.until,
        plan.price_minor,
        payer_id=payer.id,
        invoice_id=charged.invoice_id if charged else None,
        position=charged.position if charged else None,
        item_id=charged.item_id if charged else None,
        charged_on=clock.today(payer.time_zone) if charged else None,
    )
    writing.add_periods([period], at)
    text = say("Bought {plan} from {first}", plan=plan.name, first=wanted.first)
    audit.record(actor, "membership.buy", text, subject_id=about.subject.id, grant=about.grant, membership=public_id)
    documents = (Document(charged.number, charged.public_id if charged.invoice_id else ""),) if charged else ()
    return replace(planned.effect, membership=wanted.external_id or public_id, public_id=public_id, documents=documents)


def _charge(actor: Actor, planned: _Planned) -> Charged | None:
    """What was charged; None where the plan costs nothing."""
    rules = planned.plan.plan
    if not rules.price:
        return None
    cost = Costing(rules, planned.days, 0, 0, rules.price)
    made = wishes([cost], planned.about.subject, planned.payer, default_rate(planned.about.subject))
    return charge(actor, planned.payer, made)[0]
