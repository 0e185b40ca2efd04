"""Issuing invoices and keeping drafts (F2 to F4, F11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from portal.actions.customers import removal
from portal.actions.invoices import issuing, show
from portal.actions.links import sub_accounts
from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, InvoiceDraft
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Mismatch, Missing, NotAllowed, Refused
from portal.rules.invoices.due import InvoiceState
from portal.rules.roles import Role
from tests import people
from tests.books import check
from tests.invoices import issue, read, wanted
from tests.log import log
from tests.logins import administrator

pytestmark = pytest.mark.usefixtures("app")


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def test_f11_an_invoice_lands_on_the_payers_books_with_a_half_for_each_account() -> None:
    acme = people.customer("acme")
    branch = people.customer("branch")
    people.link("acme", "branch")
    paper = issue("branch", "A|1|10.00|20|acme", "B|1|5.00|20")
    assert (paper.payer.reference, paper.issued_for.reference, paper.total) == ("acme", "acme", 1800)
    assert [(part.account.reference, part.gross) for part in paper.accounts] == [("acme", 1200), ("branch", 600)]
    [line] = log(AuditRecord.action == "invoice.issue")
    assert (line.subject_id, line.text) == (acme.id, "Invoice INV-000001 of 18.00 EUR")
    only = issue("branch", "C|1|1.00|0")
    assert only.issued_for.reference == "branch"
    assert log(AuditRecord.action == "invoice.issue")[-1].subject_id == branch.id
    check()


def test_f12_parties_and_terms_are_those_of_the_day_it_was_issued() -> None:
    people.partner("Quay Net", terms="month end + 10 days", tax_id="CZ1", reference="number", address="1 Quay")
    people.customer("acme", of="Quay Net", address="2 Street")
    paper = issue("acme", "A|1|10.00|20")
    assert (paper.due, paper.reference) == (date(2026, 12, 10), "INV-000001")
    assert (paper.parties.seller_tax_id, paper.parties.buyer_address) == ("CZ1", "2 Street")


def test_the_same_key_issues_once_and_the_same_external_id_too() -> None:
    people.customer("acme")
    first = issuing.issue(SYSTEM, wanted("acme", "A|1|1.00|0", external_id="x"), once="key-1")
    assert issuing.issue(SYSTEM, wanted("acme", "A|1|1.00|0", external_id="x"), once="key-1") == first
    again = issuing.issue(SYSTEM, wanted("acme", "A|1|1.00|0", external_id="x"))
    assert (again.public_id, again.created) == (first.public_id, False)
    with pytest.raises(Mismatch):
        issuing.issue(SYSTEM, wanted("acme", "A|2|1.00|0", external_id="x"), once="key-1")
    assert _count() == 1


@pytest.mark.parametrize("change", [{"due": date(2026, 12, 1)}, {"on": date(2026, 11, 2)}, {"number": "N 1"}])
def test_f2_another_content_under_an_external_id_is_refused(change: dict[str, object]) -> None:
    people.customer("acme")
    same = wanted("acme", "A|1|1.00|0", external_id="x")
    issuing.issue(SYSTEM, same)
    with pytest.raises(Refused, match=r"\[F2\] “x” is in the books already"):
        issuing.issue(SYSTEM, replace(same, **change))
    with pytest.raises(Refused, match=r"\[F2\]"):
        issuing.draft(SYSTEM, replace(same, **change))
    people.post("acme", "debit", 100, "2026-11-01", external_id="y")
    with pytest.raises(Refused, match="another kind"):
        issuing.issue(SYSTEM, replace(same, external_id="y"))
    assert _count() == 2


def test_f10_what_is_foreseen_is_what_is_issued_or_refused() -> None:
    people.customer("acme")
    people.post("acme", "payment", 500, "2026-11-01")
    asked = wanted("acme", "A|3|10.00|20")
    seen = issuing.foresee(SYSTEM, asked)
    assert (seen.paper.total, seen.before.house_minor, seen.after_minor, seen.reasons) == (3600, 500, -3100, ())
    assert seen.paper.state is InvoiceState.DRAFT
    assert seen.paper.number is None
    people.post("acme", "payment", 100, "2026-11-01")
    with pytest.raises(Conflict):
        issuing.issue(SYSTEM, asked, mark=seen.mark)
    issuing.issue(SYSTEM, asked, mark=issuing.foresee(SYSTEM, asked).mark)
    below = issuing.foresee(SYSTEM, wanted("acme", "A|-3|10.00|20"))
    assert [reason.rule for reason in below.reasons] == ["F4"]
    assert _count() == 3


def test_who_may_issue() -> None:
    people.customer("acme")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    with pytest.raises(NotAllowed):
        issuing.issue(desk, wanted("acme", "A|1|1.00|0"))
    bound = administrator("bound@kith.example", Role.ADMINISTRATOR, people.partner("Other Net"))
    with pytest.raises(Missing):
        issuing.issue(bound, wanted("acme", "A|1|1.00|0"))
    with pytest.raises(Missing):
        issuing.issue(SYSTEM, wanted("nobody", "A|1|1.00|0"))
    assert _count() == 0


def test_l12_nothing_is_issued_for_whom_was_removed() -> None:
    people.customer("gone", own_status="inactive")
    public_id = removal.remove(SYSTEM, "gone").customer
    with pytest.raises(Refused, match="L12"):
        issuing.issue(SYSTEM, wanted(public_id, "A|1|1.00|0"))


def test_an_inactive_customer_can_still_get_its_last_invoice() -> None:
    people.customer("acme", own_status="inactive")
    assert issue("acme", "A|1|1.00|0").number == "INV-000001"


def test_a_draft_is_changed_only_as_it_was_seen() -> None:
    people.customer("acme")
    made = issuing.draft(SYSTEM, wanted("acme", "A|1|1.00|0"))
    mark = issuing.draft_mark(issuing.stored_draft(SYSTEM, made.public_id))
    issuing.change_draft(SYSTEM, made.public_id, wanted("acme", "A|2|1.00|0"), mark=mark)
    assert read(made.public_id).total == 200
    with pytest.raises(Conflict):
        issuing.change_draft(SYSTEM, made.public_id, wanted("acme", "A|3|1.00|0"), mark=mark)
    issuing.drop_draft(SYSTEM, made.public_id)
    with pytest.raises(Missing):
        read(made.public_id)
    assert db.session.scalar(select(func.count()).select_from(InvoiceDraft)) == 0
    assert [line.text for line in log(AuditRecord.action == "invoice.draft")] == [
        "Draft of an invoice of 1.00 EUR",
        "Draft of an invoice changed to 2.00 EUR",
        "Draft of an invoice thrown away",
    ]
    assert _count() == 0


def test_a_confirmed_draft_keeps_its_public_id_and_its_numbers_leave_no_gap() -> None:
    people.customer("acme")
    made = issuing.draft(SYSTEM, wanted("acme", "A|1|1.00|0", number="INV-000001"))
    issue("acme", "B|1|1.00|0", number="INV-000001")
    with pytest.raises(Refused, match=r"\[F2\] The number “INV-000001” is taken"):
        issuing.confirm(SYSTEM, made.public_id)
    assert read(made.public_id).is_draft
    other = issuing.draft(SYSTEM, wanted("acme", "C|1|1.00|0"))
    done = issuing.confirm(SYSTEM, other.public_id, on=date(2026, 11, 9))
    assert (done.public_id, done.number) == (other.public_id, "INV-000002")
    assert issuing.confirm(SYSTEM, other.public_id).created is False
    assert show.invoice(SYSTEM, done.public_id).on == date(2026, 11, 9)
    check()


def test_an_account_that_was_unlinked_is_no_longer_paid_for() -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")
    made = issuing.draft(SYSTEM, wanted("acme", "A|1|1.00|0|branch"))
    sub_accounts.unlink(SYSTEM, "branch")
    with pytest.raises(Refused, match=r"\[F3\]"):
        issuing.confirm(SYSTEM, made.public_id)
    assert read(made.public_id).is_draft
