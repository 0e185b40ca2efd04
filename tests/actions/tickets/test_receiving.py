"""M4: mail becomes answers and tickets of whoever may write there, and everything else is for staff alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.tickets import changing, finding, queue, receiving, writing
from portal.actions.tickets.receiving import Done
from portal.db.engine import db
from portal.db.tables import OutboxMessage, Ticket, TicketMail
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Busy, Invalid, NotAllowed
from portal.rules.holders import Role
from portal.rules.tickets.mail import Outcome
from portal.rules.tickets.states import TicketState
from tests import families
from tests.logins import administrator, login
from tests.outside import files
from tests.outside.mails import Mailbox, mail
from tests.people import customer, link


@pytest.fixture
def jana(app: Flask) -> Iterator[Actor]:
    """Acme's bookkeeper, who may write for its branch; answers go to support@example.org."""
    settings = app.config["PORTAL_SETTINGS"]
    app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"tickets_address": "support@example.org"})
    made = customer("acme", name="Acme Ltd", manages_sub_accounts=True)
    customer("branch", name="Depot 7")
    link("acme", "branch")
    administrator("petra@staff.test", Role.FRONT_OF_HOUSE)
    yield login(made, "jana@acme.test", "Jana Dvořák")
    app.config["PORTAL_SETTINGS"] = settings


@pytest.fixture
def ticket(jana: Actor) -> str:
    """Jana's ticket about the branch, which was answered."""
    made = writing.open_ticket(jana, "branch", "Line down", "Nothing works.").ticket
    writing.answer(SYSTEM, made, "Restart it.")
    return made


def sent() -> OutboxMessage:
    """The last mail about a ticket that went out."""
    db.session.rollback()
    query = select(OutboxMessage).where(OutboxMessage.purpose == "ticket").order_by(OutboxMessage.id.desc())
    found = db.session.scalars(query.limit(1)).one()
    db.session.rollback()
    return found


def token(ticket: str) -> str:
    found = db.session.scalars(select(Ticket.token).where(Ticket.public_id == ticket)).one()
    db.session.rollback()
    return found


def received(data: bytes) -> Done:
    return receiving.receive(SYSTEM, data)


def texts(ticket: str) -> list[tuple[str, str]]:
    return [(one.kind.value, one.text) for one in finding.look(SYSTEM, ticket).entries]


@pytest.mark.parametrize("by", ["address", "subject", "headers"])
def test_m4_an_answer_finds_its_ticket(jana: Actor, ticket: str, by: str) -> None:
    letter = sent()
    assert letter.reply_to == f"support+{token(ticket)}@example.org"
    given = {
        "address": {"to": letter.reply_to},
        "subject": {"subject": f"Re: {letter.subject}"},
        "headers": {"In_Reply_To": letter.message_id},
    }[by]
    text = "It runs.\n\nOn Thu, 26 Nov 2026, Kith wrote:\n> Restart it.\n"
    attached = ((files.png(), "image/png", "dot.png"), (b"MZ\x90\x00", "application/exe", "evil.exe"))
    raw = mail(text=text, files=attached, Message_ID="<one@acme.test>", **given)
    done = received(raw)
    assert (done.outcome, done.ticket, done.again) == (Outcome.ANSWERED, ticket, False)
    entry = finding.look(jana, ticket).entries[-1]
    assert (entry.by, entry.text, entry.left_out) == ("Jana Dvořák", text.strip(), "evil.exe")
    assert [one.filename for one in finding.look(jana, ticket).files[entry.id]] == ["dot.png"]
    assert finding.look(SYSTEM, ticket).ticket.state is TicketState.WAITING_FOR_US
    again = received(raw)
    assert (again.outcome, again.again) == (Outcome.ANSWERED, True)
    assert len(finding.look(jana, ticket).entries) == 3
    kept = db.session.scalars(select(TicketMail.public_id)).one()
    db.session.rollback()
    with queue.open_mail(SYSTEM, kept).file as opened:
        assert opened.read() == raw, "it is kept as it came"


def test_m4_automatic_answers_change_nothing(ticket: str) -> None:
    changing.set_state(SYSTEM, ticket, TicketState.SOLVED)
    before = texts(ticket)
    done = received(mail(to=sent().reply_to, Auto_Submitted="auto-replied"))
    assert (done.outcome, done.ticket) == (Outcome.IGNORED, ticket)
    assert finding.look(SYSTEM, ticket).ticket.state is TicketState.SOLVED
    assert texts(ticket) == before
    (shown,) = finding.look(SYSTEM, ticket).mails
    assert "automatically" in str(shown.reason)


def test_m4_who_lost_the_right_is_not_added_and_staff_see_it(jana: Actor, ticket: str) -> None:
    families.change("acme", manages_sub_accounts=False)
    done = received(mail(to=sent().reply_to, text="Let me in."))
    assert (done.outcome, done.ticket) == (Outcome.HELD, ticket)
    assert texts(ticket)[-1] == ("held", "Let me in.")
    bo = login(finding.look(SYSTEM, ticket).profile, "bo@branch.test", "Bo")
    assert "Let me in." not in repr(finding.look(bo, ticket))
    assert finding.look(SYSTEM, ticket).ticket.state is TicketState.WAITING_FOR_CUSTOMER


def test_m4_neither_strangers_nor_pretended_staff_answer(ticket: str) -> None:
    address = sent().reply_to
    login(customer("stranger"), "stan@portal.test", "Stan")
    for sender in ("stan@portal.test", "nobody@else.test", "petra@staff.test"):
        done = received(mail(sender, to=address, text=f"From {sender}"))
        assert done.outcome is Outcome.HELD, sender
    assert [kind for kind, _text in texts(ticket)] == ["answer", "answer", "held", "held", "held"]


def test_m4_a_mail_that_names_no_ticket(jana: Actor) -> None:
    done = received(mail(subject="Re: Question about the contract", text="When does it end?"))
    assert done.outcome is Outcome.OPENED
    assert done.ticket is not None
    found = finding.look(jana, done.ticket)
    assert (found.ticket.subject, found.profile.name) == ("Question about the contract", "Acme Ltd")
    unknown = received(mail("nobody@else.test"))
    assert (unknown.outcome, unknown.ticket) == (Outcome.UNKNOWN, None)
    (row,), total = queue.unknown_mail(SYSTEM, 1)
    assert (row.sender, total) == ("nobody@else.test", 1)
    queue.set_aside(SYSTEM, row.public_id)
    assert queue.unknown_mail(SYSTEM, 1)[1] == 0
    with pytest.raises(NotAllowed):
        queue.unknown_mail(administrator("otto@staff.test", Role.OPERATIONS), 1)


def test_m4_a_customer_without_a_login_answers_from_its_own_address(jana: Actor) -> None:
    customer("letter", name="Paper Ltd", email="paper@example.test")
    made = writing.open_ticket(SYSTEM, "letter", "Your contract", "It ends in May.").ticket
    done = received(mail("Paper@Example.test", to=sent().reply_to, text="Fine."))
    assert (done.outcome, done.ticket) == (Outcome.ANSWERED, made)
    assert texts(made)[-1] == ("answer", "Fine.")


def test_m4_long_after_closing_a_mail_begins_a_new_ticket(jana: Actor, ticket: str) -> None:
    changing.set_state(SYSTEM, ticket, TicketState.CLOSED)
    done = received(mail(to=sent().reply_to, text="Again."))
    assert done.ticket is not None
    assert done.ticket != ticket
    assert finding.look(jana, done.ticket).ticket.follows == ticket
    with pytest.raises(Invalid):
        received(b" ")


@pytest.mark.engine("sqlite")
def test_m4_the_mailbox_is_read_and_each_mail_once(app: Flask, jana: Actor, ticket: str) -> None:
    address = sent().reply_to
    broken = b"\xff\x00\xfe"
    box = Mailbox(mail(to=address, text="By IMAP.", Message_ID="<a@x.test>"), broken)
    settings = app.config["PORTAL_SETTINGS"]
    app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"imap_url": box.url})
    try:
        assert receiving.fetch_due() == 2
        assert box.seen == {"1", "2"}
        assert texts(ticket)[-1] == ("answer", "By IMAP.")
        assert receiving.fetch_due() == 0
        box.seen.clear()
        receiving.fetch_due()
        assert len([kind for kind, text in texts(ticket) if text == "By IMAP."]) == 1, "read again, it is the same mail"
        box.mails["3"] = mail(to=address, text="Later.")
        app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"imap_url": box.url.replace("secret", "wrong")})
        with pytest.raises(Busy, match="cannot be used"):
            receiving.fetch_due()
    finally:
        box.stop()
        app.config["PORTAL_SETTINGS"] = settings
    assert receiving.fetch_due() == 0, "without a mailbox nothing is read"
