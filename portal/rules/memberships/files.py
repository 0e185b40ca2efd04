"""What rows of membership plans and memberships must look like before anything is looked up (B5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules import texts
from portal.rules.cells import Values, Wrong, a_day, identifier, limited, missing, one_of, plain
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.lengths import NoLength, read_length
from portal.rules.memberships.states import Granted, MembershipState
from portal.rules.partners.settings import NotAllowedHere, tax_rate
from portal.rules.sentences import Sentence, say

LONGEST_NAME = 200
LONGEST_CLASS = 100
OLDEST = 150
MOST_VISITS = 100_000
MOST_FREEZE = 366


class PlanFileRow(NamedTuple):
    """A row of membership plans. None means that the file does not say. The price is still a text: its currency is the
    partner's. `period` is as it is kept, "" for none; `discount` a percentage.
    """

    external_id: str
    name: str
    partner: str
    price: str
    tax_rate: Decimal | None
    prices: Prices | None
    period: str
    visits: int | None
    klass: str
    included: int | None
    discount: Decimal
    age_from: int | None
    age_to: int | None
    freeze_days: int
    granted: Granted
    renews: bool


class MembershipFileRow(NamedTuple):
    """A row of memberships: history, which charges nobody. `until` is None for the first period."""

    external_id: str
    plan: str
    customer: str
    first: date
    until: date | None
    state: MembershipState


def plan_file_row(values: Values, wrong: Wrong) -> PlanFileRow | None:
    """A row of membership plans."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, name, partner, price, rate, prices, period, visits, klass, included, discount, *rest = values
    age_from, age_to, freeze_days, granted, renews = rest
    row = PlanFileRow(
        identifier(external_id, "external_id", bad),
        limited(texts.name(name or ""), LONGEST_NAME, "name", bad) or missing("name", bad),
        limited(texts.name(partner or ""), LONGEST_NAME, "partner", bad),
        price or "0",
        percentage(rate, "tax_rate", bad),
        one_of(Prices, prices, "prices", bad),
        length(period, "period", bad),
        whole(visits, 1, MOST_VISITS, "visits", bad),
        limited(texts.name(klass or ""), LONGEST_CLASS, "class", bad),
        whole(included, 0, MOST_VISITS, "included", bad),
        percentage(discount, "discount", bad) or Decimal(0),
        whole(age_from, 0, OLDEST, "age_from", bad),
        whole(age_to, 0, OLDEST, "age_to", bad),
        whole(freeze_days, 0, MOST_FREEZE, "freeze_days", bad) or 0,
        one_of(Granted, granted, "granted", bad) or Granted.AT_ONCE,
        yes_or_no(renews, "renews", bad),
    )
    if row.age_from is not None and row.age_to is not None and row.age_from > row.age_to:
        text = say("It would be for people of {first} to {last} years.", first=row.age_from, last=row.age_to)
        bad("age_to", text)
    return None if failed else row


def membership_file_row(values: Values, wrong: Wrong) -> MembershipFileRow | None:
    """A row of memberships."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, plan, customer, first, until, state = values
    if not first:
        missing("from", bad)
    row = MembershipFileRow(
        identifier(external_id, "external_id", bad),
        identifier(plan, "plan", bad),
        identifier(customer, "customer", bad),
        a_day(first, "from", bad) or date.max,
        a_day(until, "until", bad),
        one_of(MembershipState, state, "state", bad) or MembershipState.ACTIVE,
    )
    if not failed and row.until is not None and row.until < row.first:
        bad("until", say("It would end on {until}, before it begins on {first}.", until=row.until, first=row.first))
    return None if failed else row


def whole(text: str | None, least: int, most: int, column: str, wrong: Wrong) -> int | None:
    """A whole number between two, both included; None where the cell is empty or was reported."""
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most:
        return int(text)
    wrong(column, say("“{text}” is not a whole number from {least} to {most}.", text=text[:40], least=least, most=most))
    return None


def percentage(text: str | None, column: str, wrong: Wrong) -> Decimal | None:
    """A percentage from 0 to 100; None where the cell is empty or was reported."""
    if not text:
        return None
    try:
        return tax_rate(text)
    except NotAllowedHere as fault:
        wrong(column, fault.sentence)
        return None


def length(text: str | None, column: str, wrong: Wrong) -> str:
    """The length of a period as it is kept; "" where there is none."""
    if not text or not text.strip():
        return ""
    try:
        return str(read_length(text))
    except NoLength as fault:
        wrong(column, fault.sentence)
        return ""


def yes_or_no(text: str | None, column: str, wrong: Wrong) -> bool:
    """Yes, also where the cell is empty, or no."""
    words = {"": True, "yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
    word = plain(text or "")
    if word not in words:
        wrong(column, say("“{text}” is not one of {words}.", text=(text or "")[:40], words="yes, no"))
    return words.get(word, True)
