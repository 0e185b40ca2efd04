"""Invoices by email to whoever gets the payer's bills, with the PDF, which stays in Documents as it was sent (F12)."""

from __future__ import annotations

from datetime import date

from portal.actions.invoices import files, viewing
from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.actions.outbox.making import Made, makes
from portal.db import documents, notices, outbox
from portal.db.books.posting import Written
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.logins import people as logins
from portal.outside.pens import pen_for
from portal.rules.deciding import SYSTEM
from portal.rules.money import Money
from portal.rules.outward import words
from portal.rules.scopes import Scope
from portal.rules.sentences import say, write
from portal.rules.texts import email_key

LONGEST_NAME = 80


def bill_addresses(payer: Profile) -> list[str]:
    """Where a payer's bills go: its billing address, else its own; never to who may not see its finances (S9)."""
    return [payer.billing_email] if payer.billing_email else contact_addresses(payer)


def contact_addresses(payer: Profile) -> list[str]:
    """Its own address, or where that is the sign-in of a person without finance rights, those of its people who have
    them (S9).
    """
    if not payer.email:
        return []
    people = [one for one in logins.of_customer(payer.id) if one.disabled_at is None]
    blind = {email_key(one.email) for one in people if Scope.FINANCE not in one.scopes}
    if email_key(payer.email) not in blind:
        return [payer.email]
    return [one.email for one in people if Scope.FINANCE in one.scopes]


def mail_invoice(
    payer: Profile, new: Written, total: int, due: date, reference: str, *, opened: int | None = None
) -> bool:
    """Queue the mail of an invoice where the partner sends notices and there is an address; whether there is one.

    Runs in the transaction that issues it, so it goes out once. The PDF is made when the mail leaves.
    """
    if not total or not notices.settings_of([payer.partner_id])[payer.partner_id].on:
        return False
    addresses = bill_addresses(payer)
    pen = pen_for(payer.locale, payer.time_zone)
    rest = total if opened is None else opened
    subject = say("Invoice {number} from {partner}", number=new.number, partner=short(payer.partner_name))
    enclosed = [outbox.Attachment(None, _file_name(new.number), files.CONTENT_TYPE, f"invoice {new.public_id}")]
    for address in addresses:
        send(
            "invoice",
            Envelope(address, pen, payer.partner_name, payer.id, None, attachments=enclosed),
            subject,
            number=new.number,
            total=say("{amount}", amount=Money(total, payer.currency)),
            opened=say("{amount}", amount=Money(rest, payer.currency)) if rest != total else "",
            settled=not rest,
            due=due,
            reference=reference,
            link=f"{portal_address()}/invoices/{new.public_id}",
        )
    return bool(addresses)


def _file_name(number: str) -> str:
    return f"{words(number, LONGEST_NAME, 'invoice')}.pdf"


@makes("invoice")
def make_pdf(public_id: str) -> Made:
    """The invoice as it is on the day its mail leaves; that file stays in the payer's Documents."""
    holder, view = viewing.open_for_staff(SYSTEM, public_id)
    paper = view.paper
    pen = pen_for(holder.locale, holder.time_zone)
    accounts = {part.account.public_id for part in paper.accounts}
    about = _about(accounts.pop()) if len(accounts) == 1 else None
    filename = _file_name(paper.number or public_id)

    def kept(file_id: int) -> None:
        title = write(say("Invoice {number}", number=paper.number or ""), pen)
        if not documents.has(holder.id, documents.INVOICE, title):
            documents.add(
                customer_id=holder.id,
                about_id=about,
                kind=documents.INVOICE,
                title=title,
                filename=filename,
                file_id=file_id,
                created_by=holder.partner_name,
                description=write(say("As it was sent by email"), pen),
            )

    return Made(files.pdf(view), filename, files.CONTENT_TYPE, kept)


@snapshot
def _about(public_id: str) -> int:
    return customers.require(public_id).id
