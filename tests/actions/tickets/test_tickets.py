"""M4: opening, answering, notes, states, joining, who is on a ticket, and who hears what."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.actions.tickets import changing, finding, queue, writing
from portal.actions.tickets.queue import Asked
from portal.db.engine import db
from portal.db.tables import AuditRecord, OutboxMessage, OutboxRecipient
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from portal.rules.tickets.states import EntryKind, Priority, TicketState
from tests import families
from tests.logins import administrator, login
from tests.outside import files
from tests.people import customer, link

CANARY = "canary of the internal note"


@pytest.fixture
def acme(app: Flask) -> dict[str, Actor]:
    """Acme with two logins and a managed branch, a stranger, and staff."""
    made = customer("acme", name="Acme Ltd", manages_sub_accounts=True)
    branch = customer("branch", name="Depot 7")
    link("acme", "branch")
    return {
        "jana": login(made, "jana@acme.test", "Jana Dvořák"),
        "narrow": login(made, "narrow@acme.test", "Nora", (Scope.VIEW,)),
        "bo": login(branch, "bo@branch.test", "Bo"),
        "stranger": login(customer("stranger"), "stranger@portal.test", "Stan"),
        "petra": administrator("petra@staff.test", Role.FRONT_OF_HOUSE),
        "otto": administrator("otto@staff.test", Role.OPERATIONS),
    }


def mails() -> list[tuple[str, str]]:
    """Who got a mail about a ticket, and its text, oldest first."""
    db.session.rollback()
    query = select(OutboxRecipient.address, OutboxMessage.text).join(
        OutboxMessage, OutboxMessage.id == OutboxRecipient.outbox_message_id
    )
    rows = db.session.execute(query.where(OutboxMessage.purpose == "ticket").order_by(OutboxMessage.id))
    return [(address, text) for address, text in rows]


def kinds(actor: Actor, ticket: str) -> list[str]:
    return [one.kind.value for one in finding.look(actor, ticket).entries]


def state(actor: Actor, ticket: str) -> TicketState:
    return finding.look(actor, ticket).ticket.state


def test_m4_a_conversation(acme: dict[str, Actor]) -> None:
    jana, petra = acme["jana"], acme["petra"]
    made = writing.open_ticket(
        jana, "branch", " Line  down ", "Nothing works.", [(io.BytesIO(files.png()), "router.jpg")]
    ).ticket
    assert state(jana, made) is TicketState.OPEN
    assert mails() == []
    writing.note(petra, made, CANARY)
    writing.answer(petra, made, "Restart the router.")
    assert state(jana, made) is TicketState.WAITING_FOR_CUSTOMER
    (told,) = mails()
    assert told[0] == "jana@acme.test"
    assert "Restart the router." in told[1]
    assert "/for/" in told[1], "who acts for the branch is led to its pages"
    changing.give(petra, made, "petra@staff.test", Priority.HIGH)
    writing.answer(jana, made, "It runs again.")
    assert state(petra, made) is TicketState.WAITING_FOR_US
    assert [to for to, _text in mails()] == ["jana@acme.test", "petra@staff.test"]
    writing.answer(acme["bo"], made, "Here as well.")
    assert [to for to, _text in mails()][2:] == ["jana@acme.test", "petra@staff.test"]
    assert [one.email for one in finding.look(jana, made).people] == ["jana@acme.test", "bo@branch.test"]
    assert kinds(petra, made) == ["answer", "note", "answer", "change", "change", "answer", "answer"]
    thread = finding.look(jana, made)
    assert thread.ticket.subject == "Line down"
    assert [one.text for one in thread.entries] == [
        "Nothing works.",
        "Restart the router.",
        "It runs again.",
        "Here as well.",
    ]
    (file,) = thread.files[thread.entries[0].id]
    with finding.open_file(jana, made, file.public_id).file as opened:
        assert opened.read() == files.png()
    assert CANARY not in repr(thread) + repr(mails())


def test_m4_notes_and_their_times_are_in_nothing_of_the_customers(acme: dict[str, Actor]) -> None:
    jana, petra = acme["jana"], acme["petra"]
    made = writing.open_ticket(jana, "acme", "Question", "How?").ticket
    before = finding.look(jana, made)
    note = writing.note(petra, made, CANARY, [(io.BytesIO(files.PDF), "internal.pdf")])
    after = finding.look(jana, made)
    assert after == before
    hidden = next(one for several in finding.look(petra, made).files.values() for one in several)
    with pytest.raises(Missing):
        finding.open_file(jana, made, hidden.public_id)
    with finding.open_file(petra, made, hidden.public_id).file as opened:
        assert opened.read() == files.PDF
    assert mails() == []
    lines = db.session.execute(
        select(AuditRecord.subject_id, AuditRecord.details).where(AuditRecord.action == "ticket.note")
    )
    assert [subject for subject, _details in lines] == [None], "the customer's own log does not tell of it"
    db.session.rollback()
    with pytest.raises(NotAllowed, match="Only the operator writes notes"):
        writing.note(jana, made, "mine")
    assert note.ticket == made


@pytest.mark.parametrize("days", [1, 18])
def test_m4_a_reply_opens_a_solved_one_and_long_after_begins_a_new_one(
    acme: dict[str, Actor], frozen: time_machine.Coordinates, days: int
) -> None:
    families.choose(tickets_close_after=2)
    jana, petra = acme["jana"], acme["petra"]
    made = writing.open_ticket(jana, "acme", "Question", "How?").ticket
    changing.give(petra, made, "petra@staff.test", Priority.NORMAL)
    changing.set_state(petra, made, TicketState.SOLVED)
    frozen.shift(timedelta(days=days))
    done = writing.answer(jana, made, "Again.")
    if days == 1:
        assert (done.ticket, state(jana, made)) == (made, TicketState.OPEN)
        assert changing.close_due() == 0
        return
    assert done.ticket != made
    assert done.follows == made
    assert state(jana, made) is TicketState.CLOSED
    new = finding.look(petra, done.ticket).ticket
    assert (new.state, new.follows, new.subject, new.assignee_name) == (TicketState.OPEN, made, "Question", "Sol Berg")
    assert changing.close_due() == 1
    assert changing.close_due() == 0
    with pytest.raises(Refused, match="closed for good"):
        changing.set_state(petra, made, TicketState.OPEN)


def test_m4_who_may_read_and_write(acme: dict[str, Actor]) -> None:
    jana, petra = acme["jana"], acme["petra"]
    made = writing.open_ticket(jana, "branch", "Question", "How?").ticket
    for stranger in (acme["stranger"], administrator("far@staff.test", Role.SUPER, customer("x", of="Far").partner_id)):
        for deed in (finding.look, lambda who, what: writing.answer(who, what, "Hello")):
            with pytest.raises(Missing):
                deed(stranger, made)
    for who in (acme["narrow"], acme["otto"]):
        with pytest.raises(NotAllowed):
            finding.look(who, made)
        with pytest.raises(NotAllowed):
            writing.open_ticket(who, "branch", "Question", "How?")
    with pytest.raises(Missing):
        finding.look(jana, made, of=finding.look(jana, made).profile.main_public_id)
    with pytest.raises(Refused, match="Only the operator sets this state"):
        changing.set_state(jana, made, TicketState.CLOSED)
    with pytest.raises(NotAllowed):
        changing.give(jana, made, None, Priority.URGENT)
    changing.set_state(jana, made, TicketState.SOLVED)
    assert state(petra, made) is TicketState.SOLVED
    families.change("acme", manages_sub_accounts=False)
    writing.answer(petra, made, "Not for Jana any more.")
    assert mails() == [], "who lost the right hears nothing more"
    assert finding.look(petra, made).people == ()


def test_m4_staff_write_first_and_everybody_who_signs_in_hears_of_it(acme: dict[str, Actor]) -> None:
    petra = acme["petra"]
    writing.open_ticket(petra, "acme", "Your contract", "It ends in May.")
    assert [to for to, _text in mails()] == ["jana@acme.test"], "Nora may not read tickets"
    customer("letter", name="No login", email="letter@example.test")
    made = writing.open_ticket(petra, "letter", "Your contract", "It ends in May.").ticket
    assert [to for to, _text in mails()] == ["jana@acme.test", "letter@example.test"]
    assert state(petra, made) is TicketState.WAITING_FOR_CUSTOMER
    writing.answer(petra, made, "Done.", then=TicketState.SOLVED)
    assert state(petra, made) is TicketState.SOLVED


def test_m4_what_is_wrong_is_said_and_leaves_nothing(acme: dict[str, Actor]) -> None:
    jana = acme["jana"]
    with pytest.raises(Invalid) as wrong:
        writing.open_ticket(jana, "acme", " ", " \x00 ")
    assert set(wrong.value.fields) == {"subject", "text"}
    with pytest.raises(Refused, match="a page with markup"):
        writing.open_ticket(jana, "acme", "Question", "How?", [(io.BytesIO(b"<html>"), "page.html")])
    with pytest.raises(Refused, match="11 files"):
        writing.open_ticket(jana, "acme", "Question", "How?", [(io.BytesIO(b"x"), "x.txt")] * 11)
    assert finding.of_customer(jana, "acme").total == 0
    first, second = (writing.open_ticket(jana, "acme", "Question", "How?", once="1:key") for _ in range(2))
    assert first == second
    assert finding.of_customer(jana, "acme").total == 1


def test_m4_joining_two_tickets_of_one_customer(acme: dict[str, Actor]) -> None:
    jana, petra, bo = acme["jana"], acme["petra"], acme["bo"]
    one = writing.open_ticket(jana, "branch", "First", "One").ticket
    two = writing.open_ticket(bo, "branch", "Second", "Two").ticket
    other = writing.open_ticket(jana, "acme", "Another", "Three").ticket
    writing.note(petra, two, CANARY)
    with pytest.raises(Refused, match="different customers"):
        changing.merge(petra, two, other)
    with pytest.raises(Refused, match="joined with itself"):
        changing.merge(petra, two, two)
    with pytest.raises(Invalid, match="no ticket “TK-999999”"):
        changing.merge(petra, two, "TK-999999")
    number = f"tk-{finding.look(petra, one).ticket.id}"
    assert changing.merge(petra, two, number) == one
    assert [entry.text for entry in finding.look(bo, one).entries] == ["One", "Two"]
    assert kinds(petra, one) == ["answer", "answer", "note", "change"]
    assert [person.email for person in finding.look(petra, one).people] == ["jana@acme.test", "bo@branch.test"]
    assert finding.look(bo, two).ticket.merged_into == one
    assert writing.answer(bo, two, "To the old address").ticket == one
    assert finding.of_customer(bo, "branch").total == 1


def test_m4_the_queue(acme: dict[str, Actor], frozen: time_machine.Coordinates) -> None:
    jana, petra = acme["jana"], acme["petra"]
    made = []
    for subject in ("Oldest", "Urgent", "Solved", "Mine"):
        made.append(writing.open_ticket(jana, "acme", subject, "How?").ticket)
        frozen.shift(timedelta(minutes=1))
    changing.give(petra, made[1], None, Priority.URGENT)
    changing.set_state(petra, made[2], TicketState.SOLVED)
    changing.give(petra, made[3], "petra@staff.test", Priority.LOW)

    def subjects(**asked: object) -> list[str]:
        return [one.subject for one in queue.show(petra, Asked(**asked)).found.rows]  # type: ignore[arg-type]

    assert subjects() == ["Urgent", "Oldest", "Mine"]
    assert subjects(assignee="me") == ["Mine"]
    assert subjects(assignee="nobody") == ["Urgent", "Oldest"]
    assert subjects(priority=Priority.URGENT) == ["Urgent"]
    assert subjects(state="solved") == ["Solved"]
    assert subjects(state="all") == ["Mine", "Solved", "Urgent", "Oldest"]
    assert subjects(state="all", text="OLD") == ["Oldest"]
    assert subjects(state="all", text="acmé", page=9) == ["Mine", "Solved", "Urgent", "Oldest"]
    assert queue.show(petra, Asked()).counts == {TicketState.OPEN: 3, TicketState.SOLVED: 1}
    with pytest.raises(Invalid, match="no state"):
        queue.show(petra, Asked(state="x"))
    with pytest.raises(NotAllowed):
        queue.show(acme["otto"], Asked())
    with pytest.raises(Invalid, match="may not answer"):
        changing.give(petra, made[0], "otto@staff.test", Priority.NORMAL)
    far = administrator("far@staff.test", Role.SUPER, customer("far", of="Lakeside").partner_id)
    assert queue.show(far, Asked(state="all")).found.total == 0


def test_m4_canned_answers(acme: dict[str, Actor]) -> None:
    petra = acme["petra"]
    made = queue.keep_canned(petra, "Restart", "Please restart it.")
    queue.keep_canned(petra, "Restart", "Please restart it once.", made)
    assert [(one.title, one.text) for one in queue.canned_answers(petra)] == [("Restart", "Please restart it once.")]
    with pytest.raises(Invalid):
        queue.keep_canned(petra, "", "")
    far = administrator("far@staff.test", Role.SUPER, customer("far", of="Lakeside").partner_id)
    with pytest.raises(Missing):
        queue.keep_canned(far, "Mine", "Changed", made)
    queue.retire_canned(petra, made)
    assert queue.canned_answers(SYSTEM) == []
    assert EntryKind.NOTE not in finding.FOR_CUSTOMERS
