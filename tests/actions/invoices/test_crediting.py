"""Credit notes: what they take back, where they land, and what they free (F6, F7)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.actions.books import ageing, posting
from portal.actions.invoices import crediting, show
from portal.db.engine import db
from portal.db.invoices import settling
from portal.db.tables import AuditRecord, Entry
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.invoices.crediting import Choice, CreditNoteState
from portal.rules.invoices.due import InvoiceState
from portal.rules.roles import Role
from tests import people
from tests.books import check
from tests.invoices import credit, issue, pay, read
from tests.log import log
from tests.logins import administrator

pytestmark = pytest.mark.usefixtures("app")


def _open(public_id: str) -> int:
    return db.session.scalar(select(Entry.open_minor).where(Entry.public_id == public_id)) or 0


def test_f6_what_is_above_what_is_open_takes_allocations_back_newest_first() -> None:
    people.customer("acme")
    invoice = issue("acme", "A|1|100.00|0")
    first = people.post("acme", "payment", 6000, "2026-11-03")
    second = people.post("acme", "payment", 3000, "2026-11-04")
    pay(invoice, first.public_id, 6000, "2026-11-03")
    pay(invoice, second.public_id, 3000, "2026-11-04")
    assert (read(invoice.public_id).open, read(invoice.public_id).refundable) == (1000, 9000)
    seen = crediting.foresee(SYSTEM, crediting.Wanted(invoice.public_id, "late", amount=5000))
    assert (seen.total, seen.freed, seen.before.house_minor, seen.after_minor) == (5000, 4000, -1000, 4000)
    note = credit(invoice, amount=5000)
    after = read(invoice.public_id)
    assert (after.credited, after.allocated, after.open, after.creditable) == (5000, 5000, 0, 5000)
    assert [(one.number, one.amount) for one in after.settlements] == [(first.number, 5000)]
    assert (_open(first.public_id), _open(second.public_id)) == (1000, 3000)
    assert after.refundable == 9000
    assert after.state is InvoiceState.PAID
    paper = show.credit_note(SYSTEM, note.public_id)
    assert (paper.state, paper.refunded, paper.unallocated) == (CreditNoteState.REFUND_DUE, 0, 0)
    credit(invoice)
    assert (read(invoice.public_id).state, _open(first.public_id)) == (InvoiceState.CREDITED, 6000)
    check()


def test_f7_what_paid_a_credited_account_pays_the_others() -> None:
    acme, branch = people.customer("acme"), people.customer("branch")
    people.link("acme", "branch")
    invoice = issue("acme", "A|1|50.00|0", "B|1|50.00|0|branch")
    first, second = (people.post("acme", "payment", minor, "2026-11-03") for minor in (4_000, 2_000))
    for paid, minor in ((first, 4_000), (second, 2_000)):
        pay(invoice, paid.public_id, minor, "2026-11-03")
    key = db.session.scalar(select(Entry.id).where(Entry.public_id == invoice.public_id))

    def opened() -> dict[int, int]:
        return settling.open_by_account([key])[key]

    note = credit(invoice, lines=(Choice(1, 3_000),), on=date(2026, 11, 4))
    assert opened() == {acme.id: 0, branch.id: 1_000}
    credit(invoice, lines=(Choice(1),), on=date(2026, 11, 5))
    assert opened() == {acme.id: 0, branch.id: 0}
    after = read(invoice.public_id)
    assert (after.credited, after.allocated, after.refundable) == (5_000, 5_000, 6_000)
    assert [(one.number, one.amount) for one in after.settlements] == [(first.number, 4_000), (second.number, 1_000)]
    found = ageing.ageing(SYSTEM, on=date(2026, 11, 4), customer="acme").rows
    assert [(one.account.reference, one.ages.total) for one in found] == [("branch", 1_000)]
    posting.reverse(SYSTEM, note.public_id, reason="not so much")
    assert opened() == {acme.id: 3_000, branch.id: 0}, "50.00 of 80.00 are paid, and 10.00 are unallocated"
    check()


def test_f6_a_credit_note_of_what_was_never_paid_is_closed() -> None:
    people.customer("acme")
    note = credit(issue("acme", "A|1|100.00|0"))
    assert show.credit_note(SYSTEM, note.public_id).state is CreditNoteState.CLOSED


def test_p2_a_credit_note_follows_the_invoice_to_whom_it_stands_with() -> None:
    people.customer("alex", kind="individual")
    people.customer("sam", kind="individual")
    invoice = issue("sam", "A|1|10.00|20")
    people.share("alex", "sam")
    note = credit(invoice, lines=(Choice(1, 600),))
    paper = show.credit_note(SYSTEM, note.public_id)
    assert (paper.payer.reference, paper.issued_for.reference) == ("alex", "sam")
    assert (read(invoice.public_id).open, read(invoice.public_id).holder.reference) == (600, "alex")
    check()


def test_f6_a_line_that_lowers_the_invoice_is_taken_back_with_the_rest() -> None:
    people.customer("acme")
    invoice = issue("acme", "A|1|100.00|20", "Discount|1|-10.00|20")
    note = credit(invoice)
    paper = show.credit_note(SYSTEM, note.public_id)
    assert [line.gross for line in paper.lines] == [12000, -1200]
    assert (paper.net, paper.tax, paper.total) == (invoice.net, invoice.tax, invoice.total)
    check()


def test_f1_reversing_a_credit_note_gives_the_line_back() -> None:
    people.customer("acme")
    invoice = issue("acme", "A|1|100.00|20")
    credit(invoice, amount=5000, external_id="c")
    from portal.actions.books import posting

    posting.reverse(SYSTEM, "c", on=date(2026, 11, 22), reason="wrong")
    after = read(invoice.public_id)
    assert (after.open, after.creditable, after.credit_notes) == (12000, 12000, ())
    credit(invoice)
    check()


def test_the_same_key_credits_once_and_a_stale_preview_not_at_all() -> None:
    people.customer("acme")
    invoice = issue("acme", "A|1|100.00|0")
    asked = crediting.Wanted(invoice.number or "", "late", amount=1000)
    mark = crediting.foresee(SYSTEM, asked).mark
    first = crediting.issue(SYSTEM, asked, mark=mark, once="k")
    assert crediting.issue(SYSTEM, asked, mark=mark, once="k") == first
    with pytest.raises(Conflict):
        crediting.issue(SYSTEM, asked, mark=mark)
    assert read(invoice.public_id).credited == 1000
    [line] = log(AuditRecord.action == "credit_note.issue")
    assert line.text == f"Credit note CN-000001 of 10.00 EUR for {invoice.number}: late"


def test_what_is_refused_changes_nothing() -> None:
    people.customer("acme")
    invoice = issue("acme", "A|1|100.00|0")
    with pytest.raises(Invalid, match="Say why"):
        credit(invoice, reason=" ")
    with pytest.raises(Refused, match=r"\[F6\] There is no line 7"):
        credit(invoice, lines=(Choice(7),))
    with pytest.raises(Refused, match=r"100.01 EUR is above what remains"):
        credit(invoice, amount=10001)
    with pytest.raises(Missing):
        crediting.issue(SYSTEM, crediting.Wanted("INV-9", "x", whole=True))
    with pytest.raises(NotAllowed):
        crediting.issue(
            administrator("desk@kith.example", Role.FRONT_OF_HOUSE),
            crediting.Wanted(invoice.public_id, "x", whole=True),
        )
    assert (read(invoice.public_id).credited, read(invoice.public_id).credit_notes) == (0, ())
