"""Giving a customer a service from a day on (M1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.books.checks import date_problem
from portal.actions.invoices.wanted import default_rate
from portal.actions.memberships.effects import Upcoming, who
from portal.actions.services.changing import TRIES, changes, headline, needed
from portal.actions.services.effects import Amount, Effect
from portal.db.audit import records as audit
from portal.db.billing import services as rows
from portal.db.billing.services import PLACES, BilledService, NewService
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.rules.billing.periods import Schedule
from portal.rules.billing.proration import charge, length
from portal.rules.customers.status import BillingType, Status
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.invoices.lines import Line, computed
from portal.rules.invoices.prices import Prices
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.sentences import say
from portal.rules.services import Deed, Period, ServiceState
from portal.rules.services.timeline import Version

RULE = "M1"
ONE = Decimal(1)
"""How many of a service somebody has who does not say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service that is wanted: `price` is for one and one period, in minor units of the customer's currency. None of
    `rate` and `prices` is what the customer and its partner have.
    """

    customer: str
    plan: str
    price: int
    on: date
    number: Decimal = Decimal(1)
    every: Period = Period.MONTH
    rate: Decimal | None = None
    prices: Prices | None = None
    external_id: str | None = None


@writes(once="service.add", answer=Effect)
def add(actor: Actor, wanted: Wanted, *, once: str | None = None) -> Effect:
    """Give a customer a service. The same external id with the same content adds nothing again.

    Raises Missing, NotAllowed, Invalid and Refused (M1).
    """
    owner = customers.require(wanted.customer)
    grant = access.require(actor, needed(actor), owner)
    return step(actor, owner, wanted, grant)[0]


def step(actor: Actor, owner: Profile, wanted: Wanted, grant: Grant) -> tuple[Effect, int]:
    """The same within a caller's transaction, with the key of the service."""
    owner, payer = _held(owner)
    if (there := _there(wanted, owner)) is not None:
        return _Adding(owner, payer, wanted).effect(there), there.id
    planned = _Adding(owner, payer, wanted)
    if reasons := planned.reasons():
        raise Refused(reasons)
    service = planned.write()
    text = headline(Deed.ADD, planned.version, planned.version, owner)
    audit.record(actor, "service.add", text, subject_id=owner.id, grant=grant, service=service.public_id)
    return planned.effect(service), service.id


@snapshot
def foresee(actor: Actor, wanted: Wanted) -> tuple[Effect, tuple[Reason, ...]]:
    """What adding would do, and why it is refused. Raises Missing, NotAllowed and Invalid."""
    owner = customers.require(wanted.customer)
    access.require(actor, needed(actor), owner)
    payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
    planned = _Adding(owner, payer, wanted)
    return planned.effect(None), tuple(planned.reasons())


def _held(owner: Profile) -> tuple[Profile, Profile]:
    for _ in range(TRIES):
        wanted = {owner.id, owner.payer_id}
        customers.lock(wanted, exclusive=True)
        owner = customers.by_id(owner.id)
        if owner.payer_id in wanted:
            payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
            return owner, payer
    raise AssertionError("links change faster than we can hold")


def _there(wanted: Wanted, owner: Profile) -> BilledService | None:
    """The service that has this external id already. Raises Refused where that is another one."""
    if wanted.external_id is None:
        return None
    found = rows.by_external_ids([wanted.external_id]).get(wanted.external_id)
    if found is None:
        return None
    first = found.timeline.versions[0]
    same = (found.customer_id, first.plan, first.price_minor, first.number, first.every, first.on)
    if same != (owner.id, wanted.plan, wanted.price, wanted.number, wanted.every, wanted.on):
        message = say("There is another service “{id}” already.", id=wanted.external_id)
        raise Refused([Reason(RULE, message, say("Use another id, or change that service."))])
    return found


def recurring_reasons(*people: Profile) -> list[Reason]:
    """M1: what recurs is for customers with recurring billing, and paid by such."""
    reasons = []
    for one in {each.id: each for each in people}.values():
        if one.billing_type is not BillingType.RECURRING:
            message = say(
                "{name} has the billing type “{label}”, and services are for recurring billing.",
                name=one.name,
                label=one.billing_type.label,
            )
            remedy = say("Set its billing type to Recurring first, or invoice what it buys one by one.")
            reasons.append(Reason(RULE, message, remedy, "customer-details", one.public_id))
    return reasons


class _Adding:
    """A service as it would be added."""

    def __init__(self, owner: Profile, payer: Profile, wanted: Wanted) -> None:
        self._owner, self._payer, self._wanted = owner, payer, wanted
        _check(wanted)
        schedule = Schedule.beginning(wanted.every, payer.own_billing_day, wanted.on)
        self._schedule = schedule
        self._prices = wanted.prices or owner.settings.prices
        self.version = Version(
            0,
            wanted.on,
            Deed.ADD,
            ServiceState.ACTIVE,
            wanted.plan,
            wanted.price,
            wanted.number,
            wanted.every,
            schedule.anchor,
            payer.own_billing_day,
        )

    def reasons(self) -> list[Reason]:
        """Everything that stands against it."""
        owner = self._owner
        reasons = recurring_reasons(owner, self._payer)
        if owner.status.status is Status.INACTIVE:
            message = say("{name} is Inactive, so it gets no services.", name=owner.name)
            reasons.append(Reason("C1", message, say("Activate it first.")))
        if self.version.price > LARGEST_MINOR:
            amount = Money(self.version.price, owner.currency)
            message = say("A period would cost {amount}, more than we keep.", amount=amount)
            reasons.append(Reason(RULE, message, say("Choose a lower price or number.")))
        return reasons

    def effect(self, service: BilledService | None) -> Effect:
        """What it comes to: the part before its first whole period, and what is billed then."""
        owner, first = self._owner, self._wanted.on
        part = self._schedule.part_from(first)
        amounts: tuple[Amount, ...] = ()
        if not part.whole:
            net, tax, gross = self._cost(charge(self.version.price, part))
            amounts = (
                Amount(
                    self.version.plan,
                    part.days,
                    length(part.days),
                    length(part.of),
                    self.version.price,
                    net,
                    tax,
                    gross,
                ),
            )
            first = date.fromordinal(part.days.last.toordinal() + 1)
        return Effect(
            service=service.reference if service else (self._wanted.external_id or ""),
            public_id=service.public_id if service else "",
            deed=Deed.ADD,
            plan=self.version.plan,
            holder=who(owner),
            payer=who(self._payer),
            currency=owner.currency,
            headline=headline(Deed.ADD, self.version, self.version, owner),
            first=self._wanted.on,
            state=ServiceState.ACTIVE,
            amounts=amounts,
            upcoming=Upcoming(first, self._cost(self.version.price)[2]),
            changes=changes(None, self.version, owner.currency),
        )

    def _cost(self, minor: int) -> tuple[int, int, int]:
        rate = default_rate(self._owner) if self._wanted.rate is None else self._wanted.rate
        line = computed([Line(self.version.plan, Decimal(1), minor, rate)], self._prices, self._owner.currency).lines[0]
        return line.net, line.tax, line.gross

    def write(self) -> BilledService:
        """Add it."""
        wanted, one = self._wanted, self.version
        new = NewService(
            wanted.external_id,
            self._owner.id,
            one.plan,
            one.price_minor,
            int(one.number * PLACES),
            one.every.value,
            None if wanted.rate is None else int(wanted.rate * 1_000),
            self._prices.value,
            ServiceState.ACTIVE.value,
            wanted.on,
            None,
            None,
            one.anchor_on,
            one.anchor_day,
        )
        (public_id,) = rows.add_many([new])
        (found,) = rows.by_public_ids([public_id])
        return found


def _check(wanted: Wanted) -> None:
    wrong = {}
    if found := date_problem(wanted.on):
        wrong["from"] = next(iter(found.values()))
    if not wanted.plan.strip() or len(wanted.plan) > 200 or not wanted.plan.isprintable():
        wrong["plan"] = say("Enter the name of a plan, at most 200 characters.")
    if not 0 <= wanted.price <= LARGEST_MINOR:
        wrong["price"] = say("A price is zero or more, and not more than we keep.")
    if not 0 < wanted.number <= 1_000_000 or wanted.number * PLACES != int(wanted.number * PLACES):
        wrong["number"] = say("Enter how many: more than zero, with at most 4 decimals.")
    if wanted.rate is not None and not (0 <= wanted.rate <= 100 and wanted.rate * 1_000 == int(wanted.rate * 1_000)):
        wrong["tax_rate"] = say("A tax rate is a percentage from 0 to 100, with at most 3 decimals.")
    if wrong:
        raise Invalid(wrong)
