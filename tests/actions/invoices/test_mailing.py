"""An invoice is mailed as it is issued, once, with its PDF, to whoever may see it (F5, F12, S9)."""

from __future__ import annotations

import io

import pypdf
import pytest
from flask import Flask

from portal.actions import outbox
from portal.actions.documents import lists as documents
from portal.actions.documents.lists import DocumentFilter
from portal.actions.invoices.mailing import bill_addresses
from portal.actions.outbox import making
from portal.actions.partners import settings
from portal.db import outbox as rows
from portal.db.engine import db, snapshot, writes
from portal.db.logins import people
from portal.db.outbox import Claimed
from portal.db.tables import Document, OutboxMessage, OutboxRecipient
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from tests.invoices import credit, issue
from tests.logins import login
from tests.people import customer
from tests.web.acme import at, change


@pytest.fixture
def acme(app: Flask) -> None:
    customer("acme", name="Acme Ltd", email="office@acme.test", billing_email="bills@acme.test")
    settings.change(SYSTEM, "Harbour Net", {"notices": "on", "iban": "CZ6508000000192000145399"})


def mails() -> list[tuple[str, str]]:
    db.session.rollback()
    found = db.session.query(OutboxMessage.purpose, OutboxRecipient.address).join(
        OutboxRecipient, OutboxRecipient.outbox_message_id == OutboxMessage.id
    )
    return [(purpose, address) for purpose, address in found.order_by(OutboxMessage.id)]


@writes
def claim() -> Claimed:
    found = rows.claim(clock.now())
    assert found is not None
    return found


def kept() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(one.kind, one.title, one.filename) for one in db.session.query(Document).order_by(Document.id)]


def test_f12_the_pdf_is_made_when_the_mail_leaves_and_stays_in_documents(acme: None) -> None:
    made = issue("acme", "Broadband|1|20.00|0", on="2026-11-20")
    issue("acme", "Free of charge|1|0.00|0", on="2026-11-20")
    assert mails() == [("invoice", "bills@acme.test")], "nothing is asked for by an invoice of zero"
    assert kept() == []
    # A worker that dies after making it leaves one document, and the next one sends what was made.
    claimed = claim()
    assert claimed.attachments[0].file_id is None
    first = making.prepared(claimed).attachments
    assert making.prepared(claimed).attachments[0].file_id is not None
    assert kept() == [("invoice", f"Invoice {made.number}", f"{made.number.lower()}.pdf")]  # type: ignore[union-attr]
    assert first[0].filename.endswith(".pdf")
    (row,) = documents.list_documents(SYSTEM, "acme", DocumentFilter()).rows
    with documents.open_document(SYSTEM, "acme", row.public_id).file as file:
        text = pypdf.PdfReader(io.BytesIO(file.read())).pages[0].extract_text()
    assert f"{made.number}" in text
    assert "20.00 EUR" in text
    credit(made)
    with documents.open_document(SYSTEM, "acme", row.public_id).file as file:
        assert pypdf.PdfReader(io.BytesIO(file.read())).pages[0].extract_text() == text, "as it was sent"


def test_a_mail_that_is_kept_here_has_its_file_too(acme: None) -> None:
    issue("acme", "Broadband|1|20.00|0", on="2026-11-20")
    assert outbox.send_due().kept == 1
    (row,) = outbox.list_messages(SYSTEM).rows
    with outbox.open_attachment(SYSTEM, row.state.public_id, 0).file as file:
        assert file.read(5) == b"%PDF-"


@snapshot
def addresses() -> list[str]:
    return bill_addresses(at("acme"))


def test_s9_figures_go_to_whoever_may_see_them(acme: None) -> None:
    assert addresses() == ["bills@acme.test"]
    change("acme", billing_email="")
    assert addresses() == ["office@acme.test"], "nobody's sign-in"
    login(at("acme"), "office@acme.test", "Olga Office", scopes=(Scope.VIEW,))
    assert addresses() == []
    login(at("acme"), "petra@acme.test", "Petra Books", scopes=(Scope.VIEW, Scope.FINANCE))
    assert addresses() == ["petra@acme.test"]
    for one in people.of_customer(at("acme").id):
        assert one.may_sign_in
    made = issue("acme", "Broadband|1|20.00|0")
    assert mails() == [("invoice", "petra@acme.test")]
    assert made.open == 2000


def test_who_wants_no_notices_sends_none(acme: None) -> None:
    settings.change(SYSTEM, "Harbour Net", {"notices": "off"})
    issue("acme", "Broadband|1|20.00|0")
    assert mails() == []
