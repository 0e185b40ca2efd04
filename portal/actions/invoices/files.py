"""An invoice as a PDF: as it was issued, with what is open on the day it is made (F12)."""

from __future__ import annotations

from portal.actions.invoices import show, viewing
from portal.actions.invoices.viewing import InvoiceView
from portal.actions.statements.work import fonts
from portal.outside import clock
from portal.outside.pdf import render_invoice
from portal.outside.pens import pen_for
from portal.rules.deciding import Actor
from portal.rules.sentences import say, write

CONTENT_TYPE = "application/pdf"


def pdf(view: InvoiceView) -> bytes:
    """An invoice that is open to whoever asks, as a PDF in the language of its partner."""
    head = view.letterhead
    pen = pen_for(head.locale, head.time_zone)
    return render_invoice(view.paper, head, view.pay, fonts_dir=fonts(), pen=pen, made_at=clock.now())


def file_name(view: InvoiceView) -> str:
    """What the file is called: the invoice's number and its day."""
    head, paper = view.letterhead, view.paper
    pen = pen_for(head.locale, head.time_zone)
    named = write(say("Invoice {number}", number=paper.number or paper.public_id), pen)
    return f"{named} {paper.on.isoformat()}.pdf"


def pdf_named(actor: Actor, name: str, *, partner: str | None = None) -> bytes:
    """The PDF of an invoice or a draft that staff name as they do. Raises Missing, NotAllowed and Refused."""
    public_id = show.invoice(actor, name, partner=partner).public_id
    return pdf(viewing.open_for_staff(actor, public_id)[1])
