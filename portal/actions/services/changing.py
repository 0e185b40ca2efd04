"""Adding, changing, pausing, resuming and stopping services from a day on (M1, F13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.books.checks import date_problem
from portal.actions.invoices.wanted import default_rate
from portal.actions.memberships.effects import Changed, Document, Upcoming, who
from portal.actions.services import offers, settling
from portal.actions.services.effects import Effect
from portal.actions.services.settling import Reckoned
from portal.db.audit import records as audit
from portal.db.billing import services as rows
from portal.db.billing.services import PLACES, BilledDays, BilledService, NewChange
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules import seen
from portal.rules.amounts import number_text
from portal.rules.customers.status import Status
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.invoices.lines import Line, computed
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, verbatim
from portal.rules.services import Deed, Period
from portal.rules.services.changing import RULE, elsewhere, made, refusals, settled
from portal.rules.services.timeline import Timeline, Version

TRIES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with a service from a day on; None is as it is. `expect` is what it is meant to come to, with
    tax, in minor units.
    """

    service: str
    deed: Deed
    on: date
    plan: str | None = None
    price: int | None = None
    number: Decimal | None = None
    every: Period | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A service with whom it concerns: whose it is, who pays, and the right by which it is changed."""

    service: BilledService
    owner: Profile
    payer: Profile
    grant: Grant
    today: date
    charges: Sequence[BilledDays]

    @property
    def rate(self) -> Decimal:
        """The tax rate of what is charged anew."""
        own = self.service.tax_rate
        return default_rate(self.owner) if own is None else own

    @property
    def day(self) -> int:
        """The billing day of whoever pays."""
        return self.payer.own_billing_day


@writes(once="service.deed", answer=Effect)
def carry_out(actor: Actor, wish: Wish, *, mark: str | None = None, once: str | None = None) -> Effect:
    """Do something with a service from a day on. Raises Missing, NotAllowed, Invalid, Refused with everything that
    stands against it (M1, C1), and Conflict where what a page showed (`mark`) has changed.
    """
    return step(actor, wish, mark=mark)


@dataclass(frozen=True, slots=True)
class Together:
    """Deeds that were done together, in words."""

    headlines: tuple[Sentence, ...]


@writes(once="service.deeds", answer=Together)
def carry_out_all(
    actor: Actor, wishes: Sequence[Wish], *, mark: str | None = None, once: str | None = None
) -> Together:
    """The same for several services at once, all of them or none. Raises as `carry_out`."""
    effects = [step(actor, wish) for wish in sorted(wishes, key=lambda one: one.service)]
    if mark is not None:
        seen.unchanged(mark, mark_of(effects))
    return Together(tuple(one.headline for one in effects))


def mark_of(effects: Sequence[Effect]) -> str:
    """What stands for all that a page showed of several deeds."""
    return "".join(sorted(one.mark[:16] for one in effects))


def step(actor: Actor, wish: Wish, *, mark: str | None = None) -> Effect:
    """The same within a caller's transaction."""
    planned = _Deed(actor, _held(actor, wish.service), wish)
    if reasons := planned.reasons():
        raise Refused(reasons)
    effect = planned.effect()
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    return replace(effect, documents=planned.write())


@snapshot
def foresee(actor: Actor, wish: Wish) -> tuple[Effect | None, tuple[Reason, ...]]:
    """What a deed would do, None where it cannot be said, and why it is refused. Raises as `carry_out`, not Refused."""
    planned = _Deed(actor, _found(actor, wish.service), wish)
    reasons = tuple(planned.reasons())
    return (None if planned.is_impossible else planned.effect()), reasons


@snapshot
def foresee_all(actor: Actor, wishes: Sequence[Wish]) -> list[tuple[Effect | None, tuple[Reason, ...]]]:
    """The same for several services at once."""
    return [foresee(actor, wish) for wish in wishes]


def needed(actor: Actor) -> Permission:
    """The permission of customers, or that of administrators."""
    return Permission.SERVICES_MANAGE if actor.is_staff else Permission.SERVICES_ORDER


def _found(actor: Actor, reference: str) -> Found:
    service = rows.named(reference.strip())
    if service is None:
        raise Missing(say("There is no service “{name}”.", name=reference[:100]))
    owner = customers.by_id(service.customer_id)
    grant = access.require(actor, needed(actor), owner)
    payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
    return Found(service, owner, payer, grant, clock.today(owner.time_zone), rows.charges_of(service.id))


def _held(actor: Actor, reference: str) -> Found:
    """The same, held until the transaction ends with its owner and payer."""
    found = _found(actor, reference)
    if customers.locks_are_final():
        return found
    for _ in range(TRIES):
        wanted = {found.owner.id, found.payer.id}
        customers.lock(wanted, exclusive=True)
        found = _found(actor, reference)
        if {found.owner.id, found.payer.id} <= wanted:
            return found
    raise AssertionError("links change faster than we can hold")


class _Deed:
    """A deed as it would be carried out."""

    def __init__(self, actor: Actor, found: Found, wish: Wish) -> None:
        self._actor, self._found, self._wish = actor, found, wish
        if wrong := date_problem(wish.on):
            raise Invalid({"from": next(iter(wrong.values()))})
        self._timeline = found.service.timeline
        self._there = self._timeline.on(wish.on)
        self._offer_reasons: list[Reason] = []
        self._new = made(self._timeline, wish.deed, self._wanted())
        self._refused = refusals(self._timeline, wish.deed, self._new, found.today)
        self._reckoned = None if self._refused else self._reckon()

    @property
    def is_impossible(self) -> bool:
        """Whether nothing can be said of what it comes to."""
        return bool(self._refused)

    def _wanted(self) -> Version:
        wish, there = self._wish, self._there
        if wish.deed is not Deed.CHANGE:
            return replace(there, on=wish.on)
        plan, price, every = wish.plan, wish.price, wish.every
        if not self._actor.is_staff:
            found = offers.checked(self._found.owner, there, wish.plan, price, every, self._found.service.prices)
            plan, price, every, self._offer_reasons = found
        return replace(
            there,
            on=wish.on,
            plan=there.plan if plan is None else _plan(plan),
            price_minor=there.price_minor if price is None else _price(price),
            number=there.number if wish.number is None else _number(wish.number),
            every=there.every if every is None else every,
        )

    def reasons(self) -> list[Reason]:
        """Everything that stands against it."""
        found, wish = self._found, self._wish
        reasons = [*self._offer_reasons, *self._refused]
        if not self._actor.is_staff:
            reasons = [*status_reasons(found.owner), *reasons]
            if wish.on < found.today:
                message = say("{on} is over, and a change counts from today at the earliest.", on=wish.on)
                reasons.append(Reason(RULE, message, say("Choose {day} or later.", day=found.today)))
        if self._new.price > LARGEST_MINOR:
            amount = Money(self._new.price, found.owner.currency)
            message = say("A period would cost {amount}, more than we keep.", amount=amount)
            reasons.append(Reason(RULE, message, say("Choose a lower price or number.")))
        if wish.expect is not None and not self._refused and self.effect().total != wish.expect:
            message = say(
                "It comes to {now}, not to {expected} as expected.",
                now=Money(self.effect().total, found.owner.currency),
                expected=Money(wish.expect, found.owner.currency),
            )
            reasons.append(Reason(RULE, message, say("Look at it again before it is done.")))
        return reasons

    def _reckon(self) -> Reckoned:
        found, timeline = self._found, self._timeline
        held = [one.held for one in found.charges]
        held += elsewhere(timeline, held, self._new.on, found.day)
        comes_to = settled(timeline, held, self._new, found.day)
        return settling.reckoned(found.service, found.owner, timeline, self._new, comes_to, found.charges, found.rate)

    def effect(self) -> Effect:
        """What it comes to."""
        assert self._reckoned is not None
        found, new = self._found, self._new
        amounts = settling.amounts_of(self._reckoned, self._timeline, new)
        used, unused = self._used()
        later = [one.part.days.last for one in self._reckoned.settled.later]
        after = replace(self._timeline.with_version(new), paid_until=self._reckoned.settled.paid_until)
        return Effect(
            service=found.service.reference,
            public_id=found.service.public_id,
            deed=self._wish.deed,
            plan=self._there.plan,
            holder=who(found.owner),
            payer=who(found.payer),
            currency=found.owner.currency,
            headline=headline(self._wish.deed, self._there, new, found.owner),
            first=new.on,
            state=after.on(found.today).state,
            at_once=settling.is_at_once(found.payer),
            amounts=amounts,
            used=used,
            unused=unused,
            upcoming=upcoming(found, after, later[0] if later else None, new.on),
            changes=changes(self._there, new, found.owner.currency),
            dropped=tuple(_dropped(one) for one in self._timeline.after(new.on)),
        )

    def _used(self) -> tuple[int, int]:
        """What is used of what was charged around the day of the deed, and what is not, as the price is meant."""
        assert self._reckoned is not None
        backs = self._reckoned.settled.backs
        unused = sum(one.amount for one in backs)
        used = sum(one.held.in_force - one.amount for one in backs)
        if backs:
            return used, unused
        held = [one.held for one in self._found.charges]
        held += elsewhere(self._timeline, held, date.min, self._found.day)
        before = [one for one in held if one.last >= one.days.first and one.last < self._new.on and not one.free]
        return (max(before, key=lambda one: one.last).in_force if before else 0), 0

    def write(self) -> tuple[Document, ...]:
        """Carry it out: the documents that it made."""
        assert self._reckoned is not None
        found, new, at = self._found, self._new, clock.now()
        documents = settling.write(self._actor, found.service, found.owner, found.payer, self._reckoned, found.charges)
        after = self._timeline.with_version(new)
        first = not found.service.changed
        rows.keep([row_of(found.service.id, one) for one in (after.versions if first else (new,))], at)
        now = after.on(found.today)
        values = {
            "changed": True,
            "paid_until": self._reckoned.settled.paid_until,
            "stopped_on": after.stopped_on,
            **_columns(now),
        }
        rows.change(found.service.id, values)
        rows.applied(found.service.id, found.today, at)
        self._record()
        return documents

    def _record(self) -> None:
        there, new = self._there, self._new
        fields = {
            name: [str(one), str(other)]
            for name, one, other in (
                ("plan", there.plan, new.plan),
                ("number", number_text(there.number), number_text(new.number)),
                ("period", there.every.value, new.every.value),
                ("state", there.state.value, new.state.value),
            )
            if one != other
        }
        if there.price_minor != new.price_minor:
            currency = self._found.owner.currency
            fields["price"] = [str(Money(one.price_minor, currency)) for one in (there, new)]
        audit.record(
            self._actor,
            f"service.{self._wish.deed.value}",
            headline(self._wish.deed, there, new, self._found.owner),
            subject_id=self._found.owner.id,
            grant=self._found.grant,
            service=self._found.service.public_id,
            fields=fields,
        )


# What deeds share -----------------------------------------------------------------------------------------------------


def row_of(service_id: int, one: Version) -> NewChange:
    """A version as it is kept."""
    return NewChange(
        service_id,
        one.on,
        one.deed,
        one.state,
        one.plan,
        one.price_minor,
        int(one.number * PLACES),
        one.every,
        one.anchor_on,
        one.anchor_day,
        one.own_anchor,
    )


def _columns(now: Version) -> dict[str, object]:
    return {
        "state": now.state,
        "plan": now.plan,
        "price_minor": now.price_minor,
        "number_e4": int(now.number * PLACES),
        "period": now.every,
        "anchor_on": now.anchor_on,
        "anchor_day": now.anchor_day,
        "own_anchor": now.own_anchor,
    }


def _plan(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > 200 or not text.isprintable():
        raise Invalid({"plan": say("Enter the name of a plan, at most 200 characters.")})
    return text


def _price(minor: int) -> int:
    if not 0 <= minor <= LARGEST_MINOR:
        raise Invalid({"price": say("A price is zero or more, and not more than we keep.")})
    return minor


def _number(number: Decimal) -> Decimal:
    if not 0 < number <= 1_000_000 or number * PLACES != int(number * PLACES):
        raise Invalid({"number": say("Enter how many: more than zero, with at most 4 decimals.")})
    return number


def status_reasons(owner: Profile) -> list[Reason]:
    """C1: who is not Active orders and changes nothing."""
    status = owner.status.status
    if status is Status.ACTIVE:
        return []
    words = {Status.BLOCKED: say("Blocked"), Status.NEW: say("New"), Status.INACTIVE: say("Inactive")}
    message = say("{name} is {status}, so nothing is ordered or changed.", name=owner.name, status=words[status])
    if status is Status.BLOCKED:
        return [Reason("C1", message, say("Pay what is overdue, or ask the operator."))]
    return [Reason("C1", message, say("Ask the operator to activate it."))]


def upcoming(found: Found, timeline: Timeline, after: date | None, on: date) -> Upcoming | None:
    """What is billed next of what is in force from a day on, with tax; None where nothing is."""
    following = replace(timeline, versions=tuple(one for one in timeline.versions if one.on >= on))
    part = following.next_part(found.day, after)
    if part is None:
        return None
    version, days, minor = part
    line = Line(version.plan, Decimal(1), minor, found.rate)
    gross = computed([line], found.service.prices, found.owner.currency).lines[0].gross
    return Upcoming(days.days.first, gross)


def headline(deed: Deed, there: Version, new: Version, owner: Profile) -> Sentence:
    """A deed in words."""
    name, plan, on = owner.name, there.plan, new.on
    if deed is Deed.ADD:
        return say("{plan} for {name} begins on {on}", plan=new.plan, name=name, on=on)
    if deed is Deed.PAUSE:
        return say("{plan} for {name} is paused from {on}", plan=plan, name=name, on=on)
    if deed is Deed.RESUME:
        return say("{plan} for {name} goes on from {on}", plan=plan, name=name, on=on)
    if deed is Deed.STOP:
        return say("{plan} for {name} stops; {on} is the first day without it", plan=plan, name=name, on=on)
    if new.plan != there.plan:
        return say("{plan} for {name} becomes {other} on {on}", plan=plan, name=name, other=new.plan, on=on)
    return say("{plan} for {name} changes on {on}", plan=plan, name=name, on=on)


def changes(there: Version | None, new: Version, currency: str) -> tuple[Changed, ...]:
    """What is another afterwards, in words."""
    nothing = say("nothing")
    pairs = [
        (say("Plan"), verbatim(there.plan) if there else nothing, verbatim(new.plan)),
        (say("Number"), _decimal(there.number) if there else nothing, _decimal(new.number)),
        (say("Price"), _money(there, currency) if there else nothing, _money(new, currency)),
        (say("Period"), _word(there.every) if there else nothing, _word(new.every)),
        (say("State"), _state(there) if there else nothing, _state(new)),
    ]
    return tuple(Changed(*one) for one in pairs if str(one[1]) != str(one[2]))


def _decimal(number: Decimal) -> Sentence:
    return verbatim(number_text(number))


def _money(one: Version, currency: str) -> Sentence:
    return say("{amount}", amount=Money(one.price_minor, currency))


def _word(every: Period) -> Sentence:
    return PERIODS[every]


def _state(one: Version) -> Sentence:
    return STATES[one.state.value]


def _dropped(one: Version) -> Sentence:
    words = {
        Deed.PAUSE: say("The pause from {on} falls away.", on=one.on),
        Deed.RESUME: say("Going on from {on} falls away.", on=one.on),
        Deed.STOP: say("The stop on {on} falls away.", on=one.on),
    }
    return words.get(one.deed, say("The change on {on} falls away.", on=one.on))


PERIODS = {
    Period.WEEK: say("a week"),
    Period.MONTH: say("a month"),
    Period.QUARTER: say("a quarter"),
    Period.YEAR: say("a year"),
}
STATES = {"active": say("active"), "paused": say("paused"), "stopped": say("stopped")}
