"""What the staff of the demo's partners have done with money: a billing run, reminders, a bank file, a closed month."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta

from portal.actions import imports
from portal.actions.bank import confirming, importing, looking
from portal.actions.billing import running
from portal.actions.books import opened, periods
from portal.actions.demo.people import CARE, CARRIER, CLUB
from portal.actions.overdue import reminding
from portal.actions.partners import settings
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.money import format_minor
from portal.rules.periods import month_of

HABITS = {
    CARRIER.name: {"reminders": "2,9,30:10.00", "billing_schedule": "06:00"},
    CLUB.name: {"reminders": "5,20,60:5.00", "reminder_minimum": "15.00"},
}
BILLED = (("demo-alex", "12.00", "Locker for a year"), ("demo-parent", "6.50", "Swimming cap and goggles"))
"""What waited for the run of the first of the month, which is their billing day."""

BANK = "Harbour Savings Bank"
COLUMNS = {
    "date": "Booked",
    "amount": "Amount",
    "balance": "Balance",
    "name": "Name",
    "iban": "Account",
    "text": "Text",
}
CLOSED_AGO = timedelta(days=190)


def tell() -> None:
    """All of it, so that no page of the back office begins empty."""
    today = clock.today(CARRIER.time_zone)
    for partner, values in HABITS.items():
        settings.change(SYSTEM, partner, values)
    _bill(month_of(today))
    _take_in(today)
    for partner in HABITS:
        reminding.run(SYSTEM, on=today - timedelta(days=1), partner=partner)
    periods.close(SYSTEM, today - CLOSED_AGO, partner=CARE.name)


def _bill(on: date) -> None:
    for place, (who, amount, description) in enumerate(BILLED):
        item = {"external_id": f"demo-billed-{place}", "customer": who, "date": on.isoformat(), "kind": "future_item"}
        imports.post_one(SYSTEM, {**item, "amount": amount, "description": description, "category": "Classes"})
    running.run(SYSTEM, on=on, partner=CLUB.name)


def _take_in(today: date) -> None:
    """A file of the carrier's bank: payments that say what they are for, some that do not, and a charge of the bank.

    The first one is confirmed already.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS.values())
    balance = 1_284_050
    for days, minor, name, account, said in _lines():
        balance += minor
        on = today - timedelta(days=days)
        writer.writerow([on.isoformat(), format_minor(minor, "EUR"), format_minor(balance, "EUR"), name, account, said])
    importing.save_mapping(SYSTEM, BANK, COLUMNS, partner=CARRIER.name)
    file = io.BytesIO(text.getvalue().encode())
    name = f"harbour-{today:%Y-%m-%d}.csv"
    done = importing.import_file(SYSTEM, file, name, partner=CARRIER.name, mapping=BANK)
    first = next(one for one in looking.open_file(SYSTEM, done.file).lines if one.chosen)
    confirming.confirm(SYSTEM, [first.line.public_id])


def _lines() -> Iterator[tuple[int, int, str, str, str]]:
    """Days ago, amount in minor units, name, account and text of each line."""
    for days, who in ((3, "demo-pier"), (1, "demo-clinic-lab")):
        bill = opened.open_items(SYSTEM, who).open[0]
        yield days, bill.open_minor, customers.require(who).name, "CZ4703000000000000123457", f"Invoice {bill.number}"
    franchise = customers.require("demo-franchise")
    owed = -opened.open_items(SYSTEM, "demo-franchise").house_minor
    yield 1, owed, franchise.name, "", "broadband"
    yield 1, 4_990, "J. Dvořák", "CZ5508000000001234567899", "thank you"
    yield 0, 7_500, "Bratři Novákovi s.r.o.", "", "advance for the new shop"
    yield 0, -1_200, BANK, "", "Account fee"
