"""Mail with what a billing run issued, to whoever gets the customer's bills (F5, O3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.db import notices
from portal.db.books.posting import Written
from portal.db.customers.profiles import Profile
from portal.outside.pens import pen_for
from portal.rules.money import Money
from portal.rules.sentences import say


def mail_invoice(
    payer: Profile, new: Written, total: int, due: object, reference: str, *, opened: int | None = None
) -> bool:
    """Queue the mail of an invoice where the partner sends notices and there is an address; whether there is one.

    Runs in the transaction that issues it, so it goes out once.
    """
    address = payer.billing_email or payer.email
    if not address or not total or not notices.settings_of([payer.partner_id])[payer.partner_id].on:
        return False
    pen = pen_for(payer.locale, payer.time_zone)
    envelope = Envelope(address, pen, payer.partner_name, payer.id, None)
    rest = total if opened is None else opened
    subject = say("Invoice {number} from {partner}", number=new.number, partner=short(payer.partner_name))
    send(
        "invoice",
        envelope,
        subject,
        number=new.number,
        total=say("{amount}", amount=Money(total, payer.currency)),
        opened=say("{amount}", amount=Money(rest, payer.currency)) if rest != total else "",
        settled=not rest,
        due=due,
        reference=reference,
        link=f"{portal_address()}/invoices/{new.public_id}",
    )
    return True


def mail_reminder(payer: Profile, lines: Sequence[tuple[str, int, date, int]], level: int) -> str:
    """Queue one reminder of invoices (number, what is open in minor units, due day, level): the public id of the mail,
    "" where there is no address. Runs in the transaction that remembers it, so it goes out once (F14).
    """
    address = payer.billing_email or payer.email
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
