"""`flask demo load`: the family of the demo."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.bank import looking
from portal.actions.invoices import viewing
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import AuditRecord, Customer, OutboxMessage, OutboxRecipient, Viewing
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator
from tests.pages import PageClient

NANNY_ENDS = "2026-12-27"


@pytest.mark.engine("sqlite")
@pytest.mark.engine("postgres")
def test_the_familys_story(app: Flask) -> None:
    assert answer(app, "demo", "load")["loaded"] is True
    shown = answer(app, "group", "show", "demo-child")
    assert shown["on"] is True
    assert [(one["customer"], one["role"], one["label"], one["until"]) for one in shown["members"]] == [
        ("demo-parent", "owner", "Parent", None),
        ("demo-nanny", "admin", "Nanny", NANNY_ENDS),
        ("demo-child", "dependent", "Child", None),
        ("demo-teen", "dependent", "Child", None),
    ]
    assert shown["members"][1]["scopes"] == ["view", "book", "documents"]
    (waiting,) = shown["invitations"]
    assert (waiting["email"], waiting["until"]) == ("grandmother@demo.example", "2027-06-30")
    to = select(OutboxRecipient.address).join(OutboxMessage, OutboxMessage.id == OutboxRecipient.outbox_message_id)
    assert db.session.scalars(to.where(OutboxMessage.purpose == "group_invitation")).all() == [waiting["email"]]
    assert run(app, "can", "nanny@demo.example", "book", "demo-child").stdout == (
        f"yes, as carer grant until {NANNY_ENDS}\n"
    )
    assert answer(app, "can", "nanny@demo.example", "finance", "demo-child")["allowed"] is False
    assert answer(app, "can", "parent@demo.example", "finance", "demo-teen")["grant"] == "group"
    assert answer(app, "can", "stranger@demo.example", "group.create", "demo-stranger")["allowed"] is True
    assert answer(app, "doctor")["sound"] is True


def test_what_was_done_for_the_children_is_remembered(app: Flask) -> None:
    run(app, "demo", "load")
    rows = db.session.execute(
        select(Customer.external_id, AuditRecord.actor, AuditRecord.action, AuditRecord.grant)
        .join(Customer, Customer.id == AuditRecord.subject_id)
        .where(AuditRecord.grant.in_(["group", "carer grant"]))
    )
    deeds = {tuple(row) for row in rows}
    assert ("demo-child", "nanny@demo.example", "customer.details", "carer grant") in deeds
    assert any((who, by) == ("demo-teen", "parent@demo.example") for who, by, *_ in deeds)
    child = customers.by_reference("demo-child")
    assert child is not None
    assert db.session.scalars(select(Viewing.part).where(Viewing.subject_id == child.id)).all() == ["documents"]


def test_g18_over_one_child_there_is_a_dispute(app: Flask) -> None:
    run(app, "demo", "load")
    assert answer(app, "can", "carer@demo.example", "book", "demo-june")["allowed"] is True
    denied = run(app, "can", "carer@demo.example", "book", "demo-erin")
    assert denied.stdout.startswith("no")
    assert "solicitors" not in denied.stdout


def test_f9_the_blocked_cafe_was_told_and_its_messages_stay_here(app: Flask) -> None:
    run(app, "demo", "load")
    assert answer(app, "worker", "--once")["mail"]["server_trouble"] == ""
    sent = select(OutboxMessage.channel, OutboxMessage.state).where(OutboxMessage.purpose == "blocking")
    assert sorted(map(tuple, db.session.execute(sent))) == [("email", "kept"), ("sms", "kept")]
    told = answer(app, "customer", "status", "demo-company", "blocked", "--preview")["told"]
    assert told[0].startswith("Acme Ltd will be told by email and SMS")
    assert told[1].startswith("14 sub-accounts will be told by email")


def test_it_is_loaded_once(app: Flask) -> None:
    run(app, "demo", "load")
    before = answer(app, "group", "show", "demo-parent")
    (line,) = answer(app, "ticket", "list", "demo-branch")["tickets"]
    kinds = [one["kind"] for one in answer(app, "ticket", "show", line["ticket"])["entries"]]
    assert (line["state"], kinds) == ("waiting_for_us", ["answer", "answer", "note", "answer"])
    (note,) = [one for one in answer(app, "document", "list", "demo-company")["documents"] if one["kind"] == "upload"]
    assert note["hidden"] is True
    assert answer(app, "demo", "load") == {"loaded": False, "customers": 0, "entries": 0}
    assert answer(app, "group", "show", "demo-parent") == before


def test_it_is_for_those_who_may_make_administrators_everywhere(app: Flask) -> None:
    administrator("ops@staff.test", Role.OPERATIONS)
    administrator("bound@staff.test", Role.SUPER, people.partner("Harbour Net"))
    for who in ("ops@staff.test", "bound@staff.test"):
        assert set(answer(app, "demo", "load", "--as", who, code=1)) == {"failed"}
    assert customers.by_reference("demo-parent") is None


def test_the_company_has_invoices_in_every_state(app: Flask) -> None:
    run(app, "demo", "load")
    company = customers.by_reference("demo-company")
    assert company is not None
    found = viewing.list_invoices(SYSTEM, company, viewing.Filter(state="open"))
    papers = [answer(app, "invoice", "show", row.invoice.number) for row in found.rows[-3:]]
    assert [paper["state"] for paper in papers] == ["overdue", "open", "open"]
    assert [(paper["allocated"], paper["credited"]) for paper in papers] == [
        ("200.00", "0.00"),
        ("0.00", "9.90"),
        ("0.00", "0.00"),
    ]
    assert {line["account"] for line in papers[0]["lines"]} == {"demo-company", "demo-branch"}
    (draft,) = viewing.drafts(SYSTEM, company)
    assert draft.number is None
    assert answer(app, "doctor")["sound"] is True


def test_no_finance_page_of_the_staff_shows_only_its_empty_state(app: Flask) -> None:
    run(app, "demo", "load")
    office = app.test_client()
    assert isinstance(office, PageClient)
    people.sign_in(office, "admin@demo.example", app.config["PORTAL_SETTINGS"].demo_password)
    for path, said in {
        "/staff/billing": ("Riverside Leisure", "at 06:00"),
        "/staff/overdue": ("To be told today", "Everybody who is overdue", "Level 1"),
        "/staff/ageing": ("Acme Ltd",),
        "/staff/revenue": ("Acme Ltd", "Services", "Goods"),
        "/staff/bank": ("harbour-2026-11-22.csv",),
        "/staff/months": ("Open from 1 Jun 2026",),
    }.items():
        assert office.get(path).status_code == 200
        assert not [words for words in said if words not in office.page.words], path
    assert answer(app, "billing", "run", "--preview")["payers"] == 1
    (file,) = looking.list_files(SYSTEM)
    page = looking.open_file(SYSTEM, file.public_id)
    assert [(one.line.state.value, len(one.proposals), one.chosen) for one in page.lines] == [
        ("confirmed", 0, False),
        ("open", 1, True),
        ("open", 3, True),
        ("open", 3, False),
        ("open", 0, False),
        ("open", 0, False),
    ]
    assert answer(app, "doctor")["sound"] is True
