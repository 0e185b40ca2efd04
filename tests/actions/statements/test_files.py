"""Statements as files, documents and mails: the actions behind the pages, for customers, staff and jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from portal.actions import jobs
from portal.actions.statements import files as statement_files
from portal.actions.statements import mail as statement_mail
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Letter
from portal.actions.statements.names import Format, file_name, plain_file_name
from portal.actions.statements.view import StatementRequest
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord, Document, Job, Login, OutboxMessage
from portal.outside.pens import pen_for
from portal.rules.deciding import Actor
from portal.rules.errors import Busy, Conflict, Invalid, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from portal.rules.statements.figures import RecordType
from portal.rules.statements.words import title_of
from tests.logins import administrator, login
from tests.people import customer, link, post, share

NOVEMBER = StatementRequest(date(2026, 11, 1), date(2026, 11, 30))
LETTER = Letter("acme@example.test", "Your statement", "Here it is.")


def at(reference: str) -> Profile:
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


@pytest.fixture
def petra(app: Flask) -> Actor:
    """Acme's bookkeeper; Acme pays for its branch."""
    customer("acme", name="Acme Ltd", billing_email="billing@acme.test")
    customer("branch", name="Riverside branch")
    link("acme", "branch")
    post("acme", "invoice", 1000, "2026-11-02")
    post("branch", "invoice", 500, "2026-11-03")
    return login(at("acme"), "petra@acme.test", "Petra")


def rows(table: type) -> int:
    db.session.rollback()
    return int(db.session.query(table).count())


# ---- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "words", "code"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), "November 2026", "2026-11"),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026", "2026-02"),
        (date(2024, 2, 1), date(2024, 2, 28), "1–28 Feb 2024", "2024-02-01-to-2024-02-28"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026", "2026"),
        (date(2026, 11, 5), date(2026, 11, 5), "5 November 2026", "2026-11-05-to-2026-11-05"),
        (date(2025, 12, 1), date(2026, 1, 31), "1 Dec 2025 – 31 Jan 2026", "2025-12-01-to-2026-01-31"),
    ],
)
def test_periods_are_named_as_people_say_them(petra: Actor, first: date, last: date, words: str, code: str) -> None:
    statement = statements.view(petra, "acme", replace(NOVEMBER, first=first, last=last))
    assert pen_for("en_GB").period(statement.period).replace("\u2009", " ") == words
    assert file_name(statement, Format.PDF) == f"statement-acme-ltd-{code}.pdf"


def test_titles_and_names_say_what_is_inside(petra: Actor) -> None:
    branch = statements.view(petra, "acme", replace(NOVEMBER, account="branch", record_type=RecordType.DOCUMENTS))
    assert (
        str(title_of(branch))
        == "Activity of Riverside branch (Acme Ltd), November 2026 so far, invoices and payments only"
    )
    assert file_name(branch, Format.XLSX) == "activity-riverside-branch-2026-11-documents.xlsx"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("statement-łukasz-2026.pdf", "statement-lukasz-2026.pdf"),
        ("../../etc/passwd", "file.etcpasswd"),
        ('a"b\r\nSet-Cookie: x.pdf', "a-b-set-cookie-x.pdf"),
        ("株式会社.pdf", "zhushihuishe.pdf"),
        ("", "file.bin"),
    ],
)
def test_plain_names_hold_nothing_that_breaks_a_header(name: str, plain: str) -> None:
    assert plain_file_name(name) == plain


# ---- Downloading -----------------------------------------------------------------------------------------------------


def test_only_a_long_statement_waits_for_a_job(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statement_files.export(petra, "acme", NOVEMBER, Format.PDF) is not None
    monkeypatch.setattr("portal.actions.statements.work.PAGE_LINES", 1)
    assert statement_files.export(petra, "acme", NOVEMBER, Format.PDF) is None
    made = statement_files.export(petra, "acme", NOVEMBER, Format.CSV)
    assert made is not None
    assert b"opening" in b"".join(made.pieces)


def test_more_lines_than_memory_allows_are_refused(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.actions.statements.view.MOST_LINES", 1)
    with pytest.raises(Refused, match="more than 1 lines"):
        statement_files.export(petra, "acme", NOVEMBER, Format.CSV)


def test_r26_a_pdf_that_takes_too_long_is_given_up(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.outside.pdf import TookTooLong

    def hang(*_: object, **__: object) -> bytes:
        raise TookTooLong

    monkeypatch.setattr("portal.actions.statements.work.render_statement", hang)
    with pytest.raises(Busy, match="Choose a shorter time"):
        statement_files.save(petra, "acme", NOVEMBER)
    assert rows(Document) == 0


# ---- Saving ----------------------------------------------------------------------------------------------------------


def test_s6_staff_save_into_the_payers_list(petra: Actor) -> None:
    admin = administrator("admin@example.test", Role.ADMINISTRATOR)
    statement_files.save(admin, "branch", NOVEMBER)
    document = db.session.query(Document).one()
    assert (document.customer_id, document.about_id) == (at("acme").id, at("branch").id)
    record = db.session.query(AuditRecord).filter_by(action="statement.save").one()
    assert (record.actor, record.subject_id) == ("admin@example.test", at("acme").id)


def test_saving_needs_the_right_to(petra: Actor) -> None:
    desk = administrator("desk@example.test", Role.FRONT_OF_HOUSE)
    narrow = login(at("acme"), "narrow@acme.test", "Nora", (Scope.VIEW, Scope.DOCUMENTS))
    bo = login(at("branch"), "bo@branch.test", "Bo")
    for actor, reference in ((desk, "acme"), (narrow, "acme"), (bo, "branch")):
        with pytest.raises(NotAllowed):
            statement_files.save(actor, reference, NOVEMBER)
    stranger = login(customer("stranger"), "stranger@example.test")
    for wanted in (NOVEMBER, replace(NOVEMBER, account="branch")):
        with pytest.raises(Missing):
            statement_files.save(stranger, "acme", wanted)
    assert rows(Document) == 0


def test_r10_one_key_one_document(petra: Actor) -> None:
    first = statement_files.save(petra, "acme", NOVEMBER, once="key")
    assert statement_files.save(petra, "acme", NOVEMBER, once="key") == first
    with pytest.raises(Mismatch):
        statement_files.save(petra, "acme", replace(NOVEMBER, account="branch"), once="key")
    assert rows(Document) == 1


# ---- Sending ---------------------------------------------------------------------------------------------------------


def test_s7_the_draft_offers_the_addresses_on_file(petra: Actor) -> None:
    draft = statement_mail.draft(petra, "acme", NOVEMBER)
    assert [one.address for one in draft.recipients] == ["billing@acme.test", "acme@example.test"]
    draft = statement_mail.draft(petra, "acme", replace(NOVEMBER, account="branch"))
    assert "branch@example.test" in [one.address for one in draft.recipients]
    assert draft.subject == "Activity of Riverside branch (Acme Ltd), November 2026 so far"
    assert "the activity of Riverside branch for November 2026 so far." in draft.message
    assert "5.00 EUR charged for Riverside branch, billed to Acme Ltd." in draft.message
    assert "owed" not in draft.message
    assert draft.message.endswith("Petra")
    assert draft.size is not None


def test_s7_former_sub_accounts_and_partner_accounts_are_not_offered(app: Flask) -> None:
    customer("alex")
    customer("sam")
    share("alex", "sam")
    sam = login(at("sam"), "sam@example.test", "Sam")
    assert [one.address for one in statement_mail.draft(sam, "sam", NOVEMBER).recipients] == ["sam@example.test"]


def test_s7_staff_send_to_any_address(petra: Actor) -> None:
    admin = administrator("admin@example.test", Role.ADMINISTRATOR)
    letter = replace(LETTER, to="auditor@elsewhere.example")
    outcome = statement_mail.send(admin, "acme", NOVEMBER, letter)
    message = db.session.query(OutboxMessage).one()
    assert message.public_id == outcome.mail
    assert message.reply_to == ""
    with pytest.raises(Invalid, match="addresses on file"):
        statement_mail.send(petra, "acme", NOVEMBER, letter)
    with pytest.raises(Invalid, match="is not an email address"):
        statement_mail.send(admin, "acme", NOVEMBER, replace(letter, to="a@x.example, b@x.example"))


def test_the_mail_says_what_is_attached(petra: Actor) -> None:
    statement_mail.send(petra, "acme", NOVEMBER, replace(LETTER, message="Hello <b>you</b>,\n\nhere\nit is."))
    message = db.session.query(OutboxMessage).one()
    assert message.sender_name == "Harbour Net"
    assert message.reply_to == "petra@acme.test"
    assert "Hello <b>you</b>,\n\nhere\nit is." in message.text
    assert "Billed to: Acme Ltd" in message.text
    assert "Closing balance: −15.00 EUR" in message.text
    assert "Hello &lt;b&gt;you&lt;/b&gt;," in message.html
    assert "here<br>it is." in message.html
    assert "<script" not in message.html


def test_all_that_is_wrong_with_a_letter_is_told_at_once(petra: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        statement_mail.send(petra, "acme", NOVEMBER, Letter("", " ", "\x00"))
    assert set(caught.value.fields) == {"recipient", "subject", "message"}


def test_a_draft_that_is_out_of_date_is_not_sent(petra: Actor) -> None:
    mark = statement_mail.draft(petra, "acme", NOVEMBER).mark
    post("branch", "invoice", 1, "2026-11-04")
    with pytest.raises(Conflict):
        statement_mail.send(petra, "acme", NOVEMBER, LETTER, mark=mark)
    assert rows(OutboxMessage) == 0


# ---- In the background -----------------------------------------------------------------------------------------------


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements of two lines are long."""
    monkeypatch.setattr("portal.actions.statements.work.PAGE_LINES", 1)


@pytest.mark.usefixtures("long")
def test_a_job_makes_what_a_request_would(petra: Actor) -> None:
    saved = statement_files.save(petra, "acme", NOVEMBER, once="a")
    sent = statement_mail.send(petra, "acme", NOVEMBER, LETTER, url="/sent/{mail}", once="b")
    made = statement_files.start_file(petra, "acme", NOVEMBER, Format.PDF, url="/file/{job}", once="c")
    assert statement_files.save(petra, "acme", NOVEMBER, once="a") == saved
    assert (rows(Job), rows(Document), rows(OutboxMessage)) == (3, 0, 0)
    assert jobs.run_due() == 3
    assert (rows(Document), rows(OutboxMessage)) == (1, 1)
    results = {job: dict(jobs.watch(petra, job).result or {}) for job in (saved.job, sent.job, made)}
    assert str(results[sent.job]["url"]).startswith("/sent/")
    assert results[made]["url"] == f"/file/{made}"
    opened = statement_files.open_file(petra, "acme", made)
    with opened.file as file:
        assert file.read(5) == b"%PDF-"
    assert opened.filename == "statement-acme-ltd-2026-11.pdf"
    with pytest.raises(Missing):
        statement_files.open_file(petra, "acme", saved.job)
    other = login(at("acme"), "paul@acme.test", "Paul")
    with pytest.raises(Missing):
        statement_files.open_file(other, "acme", made)


@pytest.mark.usefixtures("long")
def test_rights_are_weighed_again_when_the_job_runs(petra: Actor) -> None:
    outcome = statement_files.save(petra, "acme", NOVEMBER)
    disable(petra)
    jobs.run_due()
    job = jobs.watch(petra, outcome.job)
    assert (job.state, str(job.error)) == ("failed", "Whoever asked for this may not sign in any more.")
    assert rows(Document) == 0


@pytest.mark.usefixtures("long")
def test_a_cancelled_job_keeps_nothing(petra: Actor) -> None:
    outcome = statement_files.save(petra, "acme", NOVEMBER)
    jobs.cancel(petra, outcome.job)
    jobs.run_due()
    assert jobs.watch(petra, outcome.job).state == "cancelled"
    assert rows(Document) == 0


@writes
def disable(actor: Actor) -> None:
    from portal.outside import clock

    db.session.query(Login).filter_by(id=actor.login_id).update({"disabled_at": clock.now()})
