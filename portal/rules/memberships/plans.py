"""Membership plans: what can be bought, for whom, and what it costs a day (B5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from portal.rules.amounts import number_text
from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.lengths import Length
from portal.rules.memberships.states import Granted
from portal.rules.sentences import Sentence, say

RULE = "B5"


@dataclass(frozen=True, slots=True)
class Plan:
    """What can be bought. `price` is in minor units for one period, or for the whole where `length` is None.

    `visits` is how many it is good for altogether, `included` how many of class `klass` in each period: where neither
    is said and there is no `discount`, a percentage, any number. `rate` is its tax rate, None for that of whoever holds
    it. `freeze_days` is the most that may be frozen in 365 days, 0 for none.
    """

    id: int
    name: str
    price: int
    prices: Prices
    length: Length | None = None
    visits: int | None = None
    klass: str = ""
    included: int | None = None
    discount: Decimal = Decimal(0)
    age_from: int | None = None
    age_to: int | None = None
    freeze_days: int = 0
    granted: Granted = Granted.AT_ONCE
    renews: bool = True
    rate: Decimal | None = None
    retired: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether the billing run renews it."""
        return self.renews and self.length is not None

    @property
    def counted(self) -> int | None:
        """The visits that a period includes: None for any number, 0 where the plan only takes a percentage off.

        A number of visits counts for each period where there are periods.
        """
        numbers = [one for one in (self.included, self.visits if self.length else None) if one is not None]
        if numbers:
            return min(numbers)
        return 0 if self.discount and self.visits is None else None

    @property
    def visits_in_all(self) -> int | None:
        """The visits of the whole membership, where they are for no period."""
        return None if self.length else self.visits

    def per_day(self, rate: Decimal) -> Fraction:
        """What an average day of it costs with tax, in minor units, to compare plans by (B10)."""
        price = Fraction(self.price)
        if self.prices is Prices.NET:
            price *= 1 + Fraction(rate if self.rate is None else self.rate) / 100
        return price / (self.length.average_days if self.length else 1)

    @property
    def includes(self) -> Sentence:
        """What it includes, as people say it."""
        if self.visits_in_all is not None:
            return say("{count} visit", "{count} visits", count=self.visits_in_all)
        counted, off = self.counted, number_text(self.discount)
        if counted is None:
            return say("any number of visits")
        if not counted:
            return say("{percent} % off", percent=off)
        if self.discount:
            return say(
                "{count} visit in each period, then {percent} % off",
                "{count} visits in each period, then {percent} % off",
                count=counted,
                percent=off,
            )
        return say("{count} visit in each period", "{count} visits in each period", count=counted)


def years_between(born: date, on: date) -> int:
    """Whole years of age on a day; whoever is born on 29 February has a birthday on 1 March of other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def buying_refusals(plan: Plan, name: str, born: date | None, on: date) -> list[Reason]:
    """Why somebody cannot begin with a plan on a day: it is not sold any more, or is for another age (B5)."""
    reasons = []
    if plan.retired:
        message = say("{plan} is not sold any more.", plan=plan.name)
        reasons.append(Reason(RULE, message, say("Choose another plan.")))
    reasons += _age(plan, name, born, on)
    return reasons


def _age(plan: Plan, name: str, born: date | None, on: date) -> list[Reason]:
    if plan.age_from is None and plan.age_to is None:
        return []
    limits = _limits(plan)
    if born is None:
        message = say(
            "{plan} is for {limits}, and {name} has no date of birth.", plan=plan.name, limits=limits, name=name
        )
        return [Reason(RULE, message, say("Enter the date of birth first."), "customer-details")]
    age = years_between(born, on)
    if (plan.age_from is None or plan.age_from <= age) and (plan.age_to is None or age <= plan.age_to):
        return []
    message = say(
        "{plan} is for {limits}, and {name} is {age} years old on {on}.",
        plan=plan.name,
        limits=limits,
        name=name,
        age=age,
        on=on,
    )
    return [Reason(RULE, message, say("Choose another plan."))]


def _limits(plan: Plan) -> Sentence:
    if plan.age_to is None:
        return say("people of {age} years and older", age=plan.age_from or 0)
    if plan.age_from is None:
        return say("people up to {age} years", age=plan.age_to)
    return say("people of {first} to {last} years", first=plan.age_from, last=plan.age_to)
