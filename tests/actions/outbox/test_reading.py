"""Who may read what stands in the outbox: amounts are for those who may see finances, and reading leaves a trace."""

from __future__ import annotations

import pytest
import time_machine
from flask import Flask

from portal.actions import outbox
from portal.actions.audit import WantedLog, read
from portal.actions.documents import lists as documents
from portal.actions.outbox import WITHHELD
from portal.config import MailServer
from portal.db import documents as document_rows
from portal.db import files
from portal.db import outbox as rows
from portal.db.customers import profiles
from portal.db.engine import writes
from portal.db.outbox import Attachment
from portal.rules.deciding import Actor
from portal.rules.errors import NotAllowed
from portal.rules.holders import Role
from portal.rules.outbox import WITH_FIGURES
from portal.rules.sentences import verbatim
from tests.logins import administrator
from tests.people import customer

pytestmark = pytest.mark.usefixtures("app")
SUBJECT, TEXT, PDF = "7,391.57 to pay", "Please pay 7,391.57.", "application/pdf"


@writes
def written(purpose: str = "statement") -> str:
    """A mail to acme that tells an amount, with a file that does."""
    attached = [Attachment(files.keep(b"%PDF-1.7", PDF), "statement.pdf", PDF)]
    return rows.queue(
        purpose=purpose,
        to=["a@acme.example"],
        subject=verbatim(SUBJECT),
        text=TEXT,
        attachments=attached,
        customer_id=profiles.require("acme").id,
    )


@pytest.fixture
def mail() -> str:
    customer("acme")
    return written()


@pytest.fixture
def sol() -> Actor:
    return administrator("sol@kith.example", Role.ADMINISTRATOR)


@pytest.fixture
def operations() -> Actor:
    return administrator("ops@kith.example", Role.OPERATIONS)


def looks(reader: Actor) -> list[str]:
    """Who the log says looked at finances, newest first."""
    return [line.actor for line in read(reader, WantedLog(action="finance.")).lines]


def test_s9_whoever_sees_no_finances_sees_what_became_of_a_message_and_no_more(mail: str, operations: Actor) -> None:
    (row,) = outbox.list_messages(operations).rows
    found = outbox.open_message(operations, mail)
    assert (str(row.state.subject), str(found.state.subject), found.text) == ("", "", None)
    assert found.hidden == WITHHELD
    assert [one.address for one in found.state.recipients] == ["a@acme.example"]
    with pytest.raises(NotAllowed) as refused:
        outbox.open_attachment(operations, mail, 0)
    assert str(refused.value) == str(WITHHELD)


def test_s9_whoever_sees_finances_reads_it_whole(mail: str, sol: Actor) -> None:
    (row,) = outbox.list_messages(sol).rows
    found = outbox.open_message(sol, mail)
    assert (str(row.state.subject), found.text, str(found.hidden)) == (SUBJECT, TEXT, "")
    with outbox.open_attachment(sol, mail, 0).file as file:
        assert file.read() == b"%PDF-1.7"


@pytest.mark.parametrize("purpose", sorted(WITH_FIGURES))
def test_s9_every_message_that_may_tell_amounts_is_withheld(operations: Actor, purpose: str) -> None:
    customer("acme")
    assert outbox.open_message(operations, written(purpose)).text is None


def test_s9_other_messages_are_read_by_all_who_see_the_outbox(operations: Actor) -> None:
    customer("acme")
    found = outbox.open_message(operations, written("group_change"))
    assert (found.text, str(found.state.subject)) == (TEXT, SUBJECT)


def test_s9_the_log_keeps_a_subject_as_what_somebody_wrote(
    app: Flask, mail: str, operations: Actor, sol: Actor
) -> None:
    outbox.send_due()
    server = MailServer("127.0.0.1", 25, None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"mail_server": server})
    assert not outbox.queue_again(operations, mail).subject
    for reader, told in ((operations, "Queued “•••” again"), (sol, f"Queued “{SUBJECT}” again")):
        assert [str(line.text) for line in read(reader, WantedLog(action="outbox.")).lines] == [told]


def test_sec62_reading_figures_leaves_one_trace_a_day(
    mail: str, sol: Actor, operations: Actor, frozen: time_machine.Traveller
) -> None:
    other = administrator("other@kith.example", Role.SUPER)
    for _ in range(2):
        outbox.open_message(sol, mail)
        outbox.open_attachment(sol, mail, 0).file.close()
        outbox.open_message(operations, mail)
    assert looks(sol) == ["sol@kith.example"]
    outbox.open_message(other, mail)
    frozen.shift(24 * 3600)
    outbox.open_attachment(sol, mail, 0).file.close()
    assert looks(sol) == ["sol@kith.example", "other@kith.example", "sol@kith.example"]


@pytest.mark.parametrize(("kind", "traces"), [("statement", ["sol@kith.example"]), ("contract", [])])
def test_sec62_opening_a_statement_among_the_documents_leaves_one_too(sol: Actor, kind: str, traces: list[str]) -> None:
    customer("acme")
    documents.open_document(sol, "acme", kept(kind)).file.close()
    assert looks(sol) == traces


@writes
def kept(kind: str) -> str:
    """A document of acme of this kind."""
    return document_rows.add(
        customer_id=profiles.require("acme").id,
        about_id=None,
        kind=kind,
        title="Something",
        filename="something.pdf",
        file_id=files.keep(b"%PDF-1.7", PDF),
        created_by="test",
    )
