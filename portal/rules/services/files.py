"""What a row of services must look like before anything is looked up (M1)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from portal.rules.amounts import NoAmount, parse_number
from portal.rules.cells import Values, Wrong, a_day, identifier, limited, missing, one_of
from portal.rules.invoices.lines import QUANTITY_PLACES
from portal.rules.invoices.prices import Prices
from portal.rules.partners.settings import NotAllowedHere, tax_rate
from portal.rules.sentences import Sentence, say
from portal.rules.services import Period, ServiceState

LONGEST_PLAN = 200
_DAY = timedelta(days=1)


class ServiceFileRow(NamedTuple):
    """A row of services. None means that the file does not say. The price is still a text: its currency is the
    customer's. `stopped_on` is the first day without it, `paid_until` the last day that is billed already.
    """

    external_id: str
    customer: str
    plan: str
    price: str
    number: Decimal
    period: Period
    tax_rate: Decimal | None
    prices: Prices | None
    started_on: date
    stopped_on: date | None
    state: ServiceState | None
    paid_until: date | None


def service_file_row(values: Values, wrong: Wrong) -> ServiceFileRow | None:
    """A row of services."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, customer, plan, price, number, period, rate, prices, started, stopped, state, paid = values
    if not started:
        missing("started_on", bad)
    started_on = a_day(started, "started_on", bad)
    row = ServiceFileRow(
        identifier(external_id, "external_id", bad),
        identifier(customer, "customer", bad),
        limited(" ".join((plan or "").split()), LONGEST_PLAN, "plan", bad) or missing("plan", bad),
        price or missing("price", bad),
        _number(number, bad),
        one_of(Period, period, "period", bad) or Period.MONTH,
        _rate(rate, bad),
        one_of(Prices, prices, "prices", bad),
        started_on or date.max,
        a_day(stopped, "stopped_on", bad),
        one_of(ServiceState, state, "state", bad),
        a_day(paid, "paid_until", bad),
    )
    if not failed:
        _compare(row, bad)
    return None if failed else row


def _compare(row: ServiceFileRow, bad: Wrong) -> None:
    """Days that cannot be together."""
    if row.stopped_on is not None and row.stopped_on < row.started_on:
        sentence = say("It would stop on {stopped}, before it starts on {started}.", stopped=row.stopped_on,
                       started=row.started_on)  # fmt: skip
        bad("stopped_on", sentence)
    if row.paid_until is not None and row.paid_until < row.started_on - _DAY:
        sentence = say("It cannot be paid until {paid}, before it starts on {started}.", paid=row.paid_until,
                       started=row.started_on)  # fmt: skip
        bad("paid_until", sentence)
    if row.state is ServiceState.STOPPED and row.stopped_on is None:
        bad("stopped_on", say("Say since when it is stopped: the first day without it."))


def _number(text: str | None, bad: Wrong) -> Decimal:
    if not text:
        return Decimal(1)
    try:
        number = parse_number(text, QUANTITY_PLACES)
    except NoAmount as fault:
        bad("number", fault.sentence)
        return Decimal(1)
    if not 0 < number <= 1_000_000:
        bad("number", say("“{text}” is not a number above zero, up to 1000000.", text=text[:40]))
    return number


def _rate(text: str | None, bad: Wrong) -> Decimal | None:
    if not text:
        return None
    try:
        return tax_rate(text)
    except NotAllowedHere as fault:
        bad("tax_rate", fault.sentence)
        return None
