"""Mail that reminds of what is open, to whoever gets the customer's bills (F14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portal.actions.invoices.mailing import bill_addresses
from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.db.customers.profiles import Profile
from portal.outside.pens import pen_for
from portal.rules.money import Money
from portal.rules.sentences import say


def reminded_at(payer: Profile) -> str:
    """Where reminders go, one mail each: the first of the addresses of the payer's bills; "" without any."""
    return next(iter(bill_addresses(payer)), "")


def mail_reminder(payer: Profile, lines: Sequence[tuple[str, int, date, int]], level: int) -> str:
    """Queue one reminder of invoices (number, what is open in minor units, due day, level): the public id of the mail,
    "" where there is no address. Runs in the transaction that remembers it, so it goes out once (F14).
    """
    address = reminded_at(payer)
    if not address:
        return ""
    pen = pen_for(payer.locale, payer.time_zone)
    envelope = Envelope(address, pen, payer.partner_name, payer.id, None)
    texts = [
        say("{number}: {amount}, due on {day}", number=number, amount=Money(minor, payer.currency), day=due)
        for number, minor, due, _ in lines
    ]
    return send(
        "reminder",
        envelope,
        say("Reminder from {partner}", partner=short(payer.partner_name)),
        first=level == 1,
        lines=texts,
        total=say("{amount}", amount=Money(sum(minor for _, minor, _, _ in lines), payer.currency)),
        link=f"{portal_address()}/invoices",
    )
