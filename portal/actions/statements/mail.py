"""Sending a statement by email, with the PDF attached."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial

from portal.actions.invoices.mailing import bill_addresses, contact_addresses
from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements import view as statements
from portal.actions.statements.names import PDF, Format, file_name, pen_of
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import (
    Drawn,
    Outcome,
    check_may,
    drawn,
    needs_job,
    pdf,
    require,
    resumed,
    start,
)
from portal.db import files as stored
from portal.db import outbox
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.idempotency import fingerprint
from portal.outside import mail_texts
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.outbox import check_address, check_header
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.seen import unchanged
from portal.rules.sentences import Sentence, say, verbatim, write
from portal.rules.statements.figures import Statement
from portal.rules.statements.words import balance_of, sums_of, title_of, when
from portal.rules.texts import email

LONGEST_MESSAGE = 5_000
LONGEST_SUBJECT = 200
CHANGED = say("The figures of this statement have changed since you opened it. Look at it again, then send it.")


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address on file, and whose it is."""

    address: str
    label: Sentence


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent with the statement attached."""

    to: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is sent, prefilled in the language of the letterhead: who can get it, and what is attached.

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
    statement = statements.view(actor, customer, wanted)
    long = needs_job(len(statement.lines), Format.PDF)
    return Draft(
        statement=statement,
        recipients=addresses(customer, statement),
        subject=write(title_of(statement), pen_of(statement))[:LONGEST_SUBJECT],
        message=message(actor, statement),
        filename=file_name(statement, Format.PDF),
        size=None if long else len(pdf(statement, mailed=True)),
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
    statement = statements.view(actor, customer, wanted)
    check_letter(actor, customer, statement, letter)
    unchanged(mark, _mark(statement), CHANGED)
    if needs_job(len(statement.lines), Format.PDF):
        arguments = {"letter": asdict(letter), "url": url}
        return start(actor, customer, wanted, title_of(statement), "statement_send", arguments, once=once)
    return _send(actor, customer, wanted, letter, drawn(statement, mailed=True), once=once)


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
        raise Invalid({"recipient": say("Choose who gets the statement.")})
    address = email(address)
    check_address("recipient", address)
    if not actor.is_staff and address not in [one.address for one in addresses(customer, statement)]:
        text = say("Statements can be sent to addresses on file only. Choose one of them.")
        raise Invalid({"recipient": text})


def _check_subject(subject: str) -> None:
    if not subject.strip():
        raise Invalid({"subject": say("Enter a subject.")})
    check_header("subject", subject, LONGEST_SUBJECT)


def _check_message(message: str) -> None:
    if not message.strip():
        raise Invalid({"message": say("Enter a message.")})
    if len(message) > LONGEST_MESSAGE:
        text = say("The message is longer than {longest} characters. Please shorten it.", longest=LONGEST_MESSAGE)
        raise Invalid({"message": text})
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", message):
        text = say("The message has characters that no mail can carry. Type it again, please.")
        raise Invalid({"message": text})


@writes(once="statement.send", answer=Outcome)
def _send(
    actor: Actor, customer: str, wanted: StatementRequest, letter: Letter, made: Drawn, *, once: str | None
) -> Outcome:
    return Outcome(mail=queue(actor, customer, letter, made))


def queue(actor: Actor, customer: str, letter: Letter, made: Drawn, *, monthly: bool = False) -> str:
    """Write the mail into the running transaction; its public id. A `monthly` one was asked for once for all (S8)."""
    statement = made.statement
    profile = customers.require(customer)
    grant = require(actor, Permission.STATEMENTS_SEND, profile)
    filename = file_name(statement, Format.PDF)
    subject, text, html = mail_texts.render("statement", **_mail_values(statement, letter))
    public_id = outbox.queue(
        purpose="statement",
        to=[letter.to],
        subject=verbatim(subject),
        text=text,
        html=html,
        customer_id=profile.id,
        login_id=actor.login_id,
        attachments=[outbox.Attachment(stored.keep(made.data, PDF), filename, PDF)],
        sender_name=statement.letterhead.name,
        reply_to="" if actor.is_staff else actor.email,
    )
    sentence = say("Sent “{title}” to {address}", title=title_of(statement), address=letter.to)
    if monthly:
        sentence = say("Sent “{title}” to {address}, as every month", title=title_of(statement), address=letter.to)
    audit.record(actor, "statement.send", sentence, subject_id=profile.id, grant=grant, mail=public_id)
    return public_id


def _mail_values(statement: Statement, letter: Letter) -> dict[str, object]:
    return {
        "subject": " ".join(letter.subject.split()),
        "paragraphs": [part.split("\n") for part in re.split(r"\n\s*\n", letter.message.replace("\r\n", "\n").strip())],
        "message": letter.message.replace("\r\n", "\n").strip(),
        "sender": statement.letterhead.name,
        "facts": _facts(statement),
    }


def _facts(statement: Statement) -> list[tuple[str, str]]:
    """What the mail says of the statement, in the language of its letterhead."""
    pen, time = pen_of(statement), when(statement)
    facts: list[tuple[Sentence, str]] = [
        (say("Billed to"), statement.payer.name),
        (say("Account"), statement.account.name if statement.account else write(say("All accounts"), pen)),
        (say("Period"), pen.period(time) if isinstance(time, Period) else write(time, pen)),
        *((label, pen.money(amount)) for label, amount in sums_of(statement)),
    ]
    return [(write(name, pen), text) for name, text in facts]


@snapshot
def addresses(customer: str, statement: Statement) -> list[Recipient]:
    """The addresses on file that the statement can be sent to: the payer's and the account's (S7).

    A former sub-account's is not offered any more, and a secondary account gets its own only. Nor is the address of a
    person who may not see the finances (S9).
    """
    on_file: dict[str, Recipient] = {}
    for person in _people(customer, statement):
        found = [(person.billing_email or "", say("{name}, billing address", name=person.name))]
        found += [(one, say("{name}, contact address", name=person.name)) for one in contact_addresses(person)]
        for address, label in found:
            if address and _is_address(address):
                on_file.setdefault(address, Recipient(address, label))
    return list(on_file.values())


@snapshot
def bills_to(customer: str, statement: Statement) -> list[str]:
    """Where a statement goes that nobody addresses: where the account's own bills go, or else the payer's (S9)."""
    for person in reversed(_people(customer, statement)):
        if found := [address for address in bill_addresses(person) if _is_address(address)]:
            return found
    return []


def _people(customer: str, statement: Statement) -> list[Profile]:
    """Whose addresses a statement may go to: the payer's, then its account's."""
    profile = customers.require(customer)
    if profile.is_secondary:
        return [profile]
    payer = customers.require(statement.payer.public_id)
    account = customers.require(statement.account.public_id) if statement.account else None
    return [payer, account] if account is not None and account.payer_id == payer.id != account.id else [payer]


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
    made = drawn(statement, report, mailed=True)

    def effects() -> Result:
        mail = queue(actor, customer, letter, made)
        url = str(arguments["url"]).replace("{mail}", mail)
        message = say("The mail to {address} is queued.", address=letter.to)
        return {"mail": mail, "url": url, "label": say("See its state"), "message": message}

    return effects


def message(actor: Actor, statement: Statement) -> str:
    """The letter as it is prefilled: a part says what it charged and credited, never that anything is owed (S13)."""
    account, payer = statement.account, statement.payer
    if account is None:
        what = say("attached is the statement of {name} for {period}.", name=payer.name, period=when(statement))
    else:
        what = say("attached is the activity of {name} for {period}.", name=account.name, period=when(statement))
    sentence = say(
        "Hello,\n\n{what} {balance}\n\nKind regards\n{sender}",
        what=what,
        balance=balance_of(statement),
        sender=statement.letterhead.name if actor.is_staff else actor.name,
    )
    return write(sentence, pen_of(statement))


def _mark(statement: Statement) -> str:
    """What stands for all that the draft shows and the file holds: its sums, and how many lines of each table."""
    last, credit = statement.lines[-1].entry if statement.lines else "", statement.credit
    sums = [amount.minor for _, amount in sums_of(statement)]
    hidden = [statement.hidden_debit_minor, statement.hidden_credit_minor]
    spent = [credit.opening_minor, credit.used_minor, credit.added_minor, len(credit.lines)] if credit else []
    waiting = [[item.number, item.amount_minor] for item in statement.waiting]
    return fingerprint([*sums, *hidden, len(statement.lines), last, spent, waiting])
