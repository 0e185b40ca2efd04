"""Sending a statement by email, with the PDF attached."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial

from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements import view as statements
from portal.actions.statements.names import PDF, Format, amount_text, file_name, period_text, title_of
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import (
    Outcome,
    bounded,
    check_may,
    needs_job,
    pdf,
    profile_of,
    require,
    resumed,
    start,
)
from portal.db import files as stored
from portal.db import idempotency as operations
from portal.db import outbox
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.outside import mail_texts
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid
from portal.rules.outbox import check_address, check_header
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence
from portal.rules.statements.figures import Statement

LONGEST_MESSAGE = 5_000
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address on file, and whose it is."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent with the statement attached."""

    to: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is sent, prefilled: who can get it, and what is attached.

    `size` of the attachment is in bytes, None for a statement that is too long to be made at once. `mark` stands for
    the figures shown: sending refuses when they have changed since (409).
    """

    statement: Statement
    recipients: list[Recipient]
    subject: str
    message: str
    filename: str
    size: int | None
    mark: str


def draft(actor: Actor, customer: str, wanted: StatementRequest) -> Draft:
    """The letter with which the statement can be sent, prefilled (S7). Raises what `statements.view` raises."""
    check_may(actor, Permission.STATEMENTS_SEND, customer)
    statement = statements.view(actor, customer, bounded(wanted))
    long = needs_job(len(statement.lines), Format.PDF)
    return Draft(
        statement=statement,
        recipients=addresses(customer, statement),
        subject=title_of(statement)[:LONGEST_SUBJECT],
        message=_message(actor, statement),
        filename=file_name(statement, Format.PDF),
        size=None if long else len(pdf(statement)),
        mark=_mark(statement),
    )


def send(
    actor: Actor,
    customer: str,
    wanted: StatementRequest,
    letter: Letter,
    *,
    mark: str | None = None,
    url: str = "",
    once: str | None = None,
) -> Outcome:
    """Send the statement as an attached PDF through the outbox (S7).

    A customer sends to addresses on file only, staff to any. `url` is where the mail's state can be watched, with
    "{mail}" in the place of its public id, for when a job queues it. The same `once` again sends nothing more.
    Raises Invalid for the letter's fields, Conflict when the figures of the draft `mark` have changed, and what
    `statements.view` raises.
    """
    check_may(actor, Permission.STATEMENTS_SEND, customer)
    statement = statements.view(actor, customer, bounded(wanted))
    check_letter(actor, customer, statement, letter)
    if mark is not None and mark != _mark(statement):
        raise Conflict(
            "The figures of this statement have changed since you opened it. Look at it again, then send it."
        )
    if needs_job(len(statement.lines), Format.PDF):
        arguments = {"letter": asdict(letter), "url": url}
        return start(actor, customer, wanted, statement, "statement_send", arguments, once)
    return _send(actor, customer, wanted, statement, letter, pdf(statement), once)


def check_letter(actor: Actor, customer: str, statement: Statement, letter: Letter) -> None:
    """Raise Invalid for a letter that cannot be sent: all its fields at once (SEC47)."""
    problems: dict[str, list[Sentence]] = {}
    checks: list[Callable[[], None]] = [
        partial(_check_recipient, actor, customer, statement, letter.to),
        partial(_check_subject, letter.subject),
        partial(_check_message, letter.message),
    ]
    for check in checks:
        try:
            check()
        except Invalid as error:
            problems |= error.fields
    if problems:
        raise Invalid(problems)


def _check_recipient(actor: Actor, customer: str, statement: Statement, address: str) -> None:
    if not address:
        raise Invalid({"recipient": "Choose who gets the statement."})
    check_address("recipient", address)
    if not actor.is_staff and address not in [one.address for one in addresses(customer, statement)]:
        raise Invalid({"recipient": "Statements can be sent to addresses on file only. Choose one of them."})


def _check_subject(subject: str) -> None:
    if not subject.strip():
        raise Invalid({"subject": "Enter a subject."})
    check_header("subject", subject, LONGEST_SUBJECT)


def _check_message(message: str) -> None:
    if not message.strip():
        raise Invalid({"message": "Enter a message."})
    if len(message) > LONGEST_MESSAGE:
        raise Invalid({"message": f"The message is longer than {LONGEST_MESSAGE:,} characters. Please shorten it."})
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", message):
        raise Invalid({"message": "The message has characters that no mail can carry. Type it again, please."})


@writes
def _send(
    actor: Actor,
    customer: str,
    wanted: StatementRequest,
    statement: Statement,
    letter: Letter,
    data: bytes,
    once: str | None,
) -> Outcome:
    earlier = operations.claim(once, "statement.send", [customer, wanted, asdict(letter)])
    if earlier is not None:
        return Outcome(**earlier)  # type: ignore[arg-type]
    outcome = Outcome(mail=_queue(actor, customer, statement, letter, data))
    operations.settle(once, asdict(outcome))
    return outcome


def _queue(actor: Actor, customer: str, statement: Statement, letter: Letter, data: bytes) -> str:
    """Write the mail into the running transaction; its public id."""
    profile = profile_of(customer)
    grant = require(actor, Permission.STATEMENTS_SEND, profile)
    filename = file_name(statement, Format.PDF)
    subject, text, html = mail_texts.render("statement", **_mail_values(statement, letter))
    public_id = outbox.queue(
        purpose="statement",
        to=[letter.to],
        subject=subject,
        text=text,
        html=html,
        customer_id=profile.id,
        login_id=actor.login_id,
        attachments=[outbox.Attachment(stored.keep(data, PDF), filename, PDF)],
        sender_name=statement.letterhead.name,
        reply_to="" if actor.is_staff else actor.email,
    )
    sentence = f"Sent “{title_of(statement)}” to {letter.to}"
    audit.record(actor, "statement.send", sentence, subject_id=profile.id, grant=grant, mail=public_id)
    return public_id


def _mail_values(statement: Statement, letter: Letter) -> dict[str, object]:
    accounts = statement.account.name if statement.account else "All accounts"
    return {
        "subject": " ".join(letter.subject.split()),
        "paragraphs": [part.split("\n") for part in re.split(r"\n\s*\n", letter.message.replace("\r\n", "\n").strip())],
        "message": letter.message.replace("\r\n", "\n").strip(),
        "sender": statement.letterhead.name,
        "facts": [
            ("Billed to", statement.payer.name),
            ("Account", accounts),
            ("Period", period_text(statement)),
            ("Opening balance", amount_text(statement, statement.opening_minor)),
            ("Closing balance", amount_text(statement, statement.closing_minor)),
        ],
    }


@snapshot
def addresses(customer: str, statement: Statement) -> list[Recipient]:
    """The addresses on file that the statement can be sent to: the payer's and the account's (S7).

    A former sub-account's is not offered any more, and a secondary account gets its own only.
    """
    profile = profile_of(customer)
    people = [profile]
    if not profile.is_secondary:
        people = [profile_of(statement.payer.public_id)]
        account = profile_of(statement.account.public_id) if statement.account else None
        if account is not None and account.payer_id == people[0].id != account.id:
            people.append(account)
    found: dict[str, Recipient] = {}
    for one in people:
        for address, what in ((one.billing_email, "billing address"), (one.email, "contact address")):
            if address and _is_address(address):
                found.setdefault(address, Recipient(address, f"{one.name}, {what}"))
    return list(found.values())


def _is_address(text: str) -> bool:
    try:
        check_address("to", text)
    except Invalid:
        return False
    return True


@job_kind("statement_send")
def make_mail(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make the PDF and queue the mail that carries it."""
    actor, customer, statement = resumed(arguments)
    letter = Letter(**arguments["letter"])  # type: ignore[arg-type]
    check_letter(actor, customer, statement, letter)
    data = pdf(statement, report)

    def effects() -> Result:
        mail = _queue(actor, customer, statement, letter, data)
        url = str(arguments["url"]).replace("{mail}", mail)
        return {"mail": mail, "url": url, "label": "See its state", "message": f"The mail to {letter.to} is queued."}

    return effects


def _message(actor: Actor, statement: Statement) -> str:
    period = period_text(statement)
    whose = statement.account.name if statement.account else statement.payer.name
    sentence = "At its end nothing is owed."
    if statement.closing_minor:
        amount = amount_text(statement, abs(statement.closing_minor))
        sentence = f"At its end {amount} {'is owed' if statement.closing_minor < 0 else 'is in credit'}."
    signed = statement.letterhead.name if actor.is_staff else actor.name
    return f"Hello,\n\nattached is the statement of {whose} for {period}. {sentence}\n\nKind regards\n{signed}"


def _mark(statement: Statement) -> str:
    last = statement.lines[-1].entry if statement.lines else ""
    return operations.fingerprint([statement.opening_minor, statement.closing_minor, len(statement.lines), last])
