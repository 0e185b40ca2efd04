"""Invoices in the demo: what was paid settles what was charged, and the company has some with lines and tax."""

from __future__ import annotations

from datetime import date, timedelta

from portal.actions.books import allocating, posting
from portal.actions.books.posting import Charge
from portal.actions.books.settling import book_of, settle_oldest
from portal.actions.demo.people import CARRIER, CLUB
from portal.actions.invoices import crediting, issuing
from portal.actions.invoices.wanted import Wanted
from portal.actions.partners import settings
from portal.db.customers import profiles as customers
from portal.db.invoices import items
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from portal.rules.invoices.crediting import Choice
from portal.rules.invoices.reading import line_of_command

COMPANY = "demo-company"
BANKS = {
    CARRIER.name: {
        "account_name": "Harbour Broadband a.s.",
        "iban": "CZ6508000000192000145399",
        "bic": "GIBACZPX",
        "tax_rate": "21",
        "tax_id": "CZ27074358",
        "apply_credit": "on",
    },
    CLUB.name: {"account_name": "Riverside Leisure Ltd", "iban": "GB33BUKB20201555555555"},
}
"""How customers of the demo's partners pay. Both accounts are made up for examples."""


CATEGORIES = {
    **dict.fromkeys(("Broadband 200", "Broadband 50", "Telephony, per line", "Fixed address"), "Services"),
    **dict.fromkeys(("Technician on site, hours", "Set-up", "Moving the office, per room", "Discount"), "Work"),
    **dict.fromkeys(("Printed manual", "Router, second hand"), "Goods"),
}
"""What the lines of the company's invoices are, for its spending (O10)."""


def settle_story(known: dict[str, int]) -> None:
    """Let what was paid in the story settle what was charged before, the oldest due first (F7)."""
    profiles = customers.by_ids(known.values())
    payers = sorted({profile.payer_id for profile in profiles.values()})
    for payer in payers:
        book = book_of(profiles.get(payer) or customers.by_id(payer))
        for credit in items.open_credits([payer]):
            settle_oldest(SYSTEM, credit.id, book, credit.booked_on)


def tell() -> None:
    """Bank details, and the company's invoices: overdue and partly paid, credited in part, to be paid, and a draft."""
    for partner, values in BANKS.items():
        settings.change(SYSTEM, partner, values)
    _issue()


def _issue() -> None:
    today = clock.today(CARRIER.time_zone)
    late = _invoice(
        today - timedelta(days=17),
        "Broadband 200|1|61.90|21",
        "Telephony, per line|4|5.17|21",
        "Technician on site, hours|2.5|72.00|21|demo-branch",
        "Printed manual|4|6.50|12|demo-branch",
    )
    paid = posting.post(
        SYSTEM, Charge(COMPANY, EntryKind.PAYMENT, 20000, today - timedelta(days=6), description="Card")
    )
    allocating.allocate(SYSTEM, allocating.Wanted(paid.public_id, late))
    credited = _invoice(
        today - timedelta(days=11), "Fixed address|1|8.18|21|demo-harbour", "Router, second hand|2|49.00|21||10"
    )
    crediting.issue(
        SYSTEM,
        crediting.Wanted(credited, "Fixed address given back", lines=(Choice(1),), on=today - timedelta(days=4)),
    )
    _invoice(today - timedelta(days=2), "Broadband 50|1|41.24|21|demo-branch", "Set-up|1|25.00|21|demo-branch")
    issuing.draft(SYSTEM, _wanted(today, "Moving the office, per room|6|38.00|21", "Discount|1|-20.00|21"))


def _invoice(on: date, *lines: str) -> str:
    return issuing.issue(SYSTEM, _wanted(on, *lines)).public_id


def _wanted(on: date, *lines: str) -> Wanted:
    texts = (line_of_command(line) for line in lines)
    return Wanted(COMPANY, on, tuple(one._replace(category=CATEGORIES[one.description]) for one in texts))
