"""Statements of several accounts at once: one ZIP of their PDF files, or one mail each (S5, UX11)."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements import mail as letters
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Letter
from portal.actions.statements.names import Format, file_name, pen_of
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Drawn, check_may, drawn, pdf, person_of, require
from portal.db import files as stored
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.outside import files
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.outward import words
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, write
from portal.rules.statements.figures import Statement
from portal.rules.statements.words import title_of

MOST_FILES, MOST_MAILS = 5_000, 200
WHOLE = "all"
"""Stands among accounts for the whole books, which alone have a balance."""
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Several:
    """Which statements: WHOLE or public ids of accounts; none for all there are. Days are inclusive."""

    first: date
    last: date
    accounts: tuple[str, ...] = ()

    def request(self, account: str) -> StatementRequest:
        """The statement of one of them."""
        return StatementRequest(self.first, self.last, None if account == WHOLE else account)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A statement and where it would go; none where there is no address. A `whole` one is not of one account alone."""

    account: str
    name: str
    addresses: tuple[str, ...]
    whole: bool


def start_zip(actor: Actor, customer: str, wanted: Several, *, url: str, once: str | None = None) -> str:
    """Start making a ZIP; the job's public id. `url` is where it can be fetched, with "{job}" for the job's id.

    Raises what `statements.view` raises, Invalid where nothing is chosen, Refused for more than MOST_FILES.
    """
    check_may(actor, Permission.STATEMENTS_VIEW, customer)
    accounts = _accounts(actor, customer, wanted, MOST_FILES)
    return _start(actor, customer, wanted, "statements_zip", {"url": url, "accounts": accounts}, once=once)


def foresee(actor: Actor, customer: str, wanted: Several) -> list[Addressed]:
    """Where each statement would go by mail. Raises as `start_mails`."""
    check_may(actor, Permission.STATEMENTS_SEND, customer)
    found = []
    for account in _accounts(actor, customer, wanted, MOST_MAILS):
        statement = statements.view(actor, customer, wanted.request(account))
        name = (statement.account or statement.payer).name
        addresses = tuple(letters.bills_to(customer, statement))
        found.append(Addressed(account, name, addresses, statement.account is None))
    return found


def start_mails(actor: Actor, customer: str, wanted: Several, *, once: str | None = None) -> str:
    """Start sending a mail for each statement to where the bills of its account go, or else those of the payer.

    Raises what `statements.view` raises, Invalid where nothing is chosen, Refused for more than MOST_MAILS.
    """
    check_may(actor, Permission.STATEMENTS_SEND, customer)
    accounts = _accounts(actor, customer, wanted, MOST_MAILS)
    return _start(actor, customer, wanted, "statements_mails", {"accounts": accounts}, once=once)


def _accounts(actor: Actor, customer: str, wanted: Several, most: int) -> list[str]:
    """What was chosen, or everything there is to choose."""
    statements.check_range(wanted.first, wanted.last)
    chosen = list(dict.fromkeys(wanted.accounts))
    every = not chosen
    if every:
        choices = statements.choices(actor, customer)
        chosen = [WHOLE, *(one.public_id for one in choices)] if len(choices) > 1 else [WHOLE]
    if len(chosen) > most:
        message = say("These are {number} statements, and {most} can be made at once.", number=len(chosen), most=most)
        raise Refused([Reason("S5", message, say("Choose fewer accounts."))])
    for account in () if every else chosen:
        statements.count_lines(actor, customer, wanted.request(account))  # which raises for what is not theirs
    return chosen


@writes(once="statement.several", answer=str)
def _start(
    actor: Actor, customer: str, wanted: Several, kind: str, more: Mapping[str, object], *, once: str | None
) -> str:
    profile = customers.require(customer)
    days = {"first": wanted.first.isoformat(), "last": wanted.last.isoformat()}
    arguments = {"login": actor.login_id, "customer": profile.public_id, **days, **more}
    title = say("Statements of {name}", name=profile.name)
    return job_rows.start(
        kind, title, arguments, login_id=actor.login_id, subject_id=profile.id, unit=say("statements")
    )


# The work -------------------------------------------------------------------------------------------------------------


def _resumed(arguments: Mapping[str, object]) -> tuple[Actor, str, Several]:
    accounts = arguments["accounts"]
    assert isinstance(accounts, list)
    first, last = (date.fromisoformat(str(arguments[name])) for name in ("first", "last"))
    return person_of(arguments), str(arguments["customer"]), Several(first, last, tuple(map(str, accounts)))


def _each(actor: Actor, customer: str, wanted: Several, report: Report) -> Iterator[Statement]:
    """The statements one after the other, each loaded when it is its turn."""
    for done, account in enumerate(wanted.accounts):
        report(done, len(wanted.accounts))
        yield statements.view(actor, customer, wanted.request(account))
    report(len(wanted.accounts), len(wanted.accounts))


@job_kind("statements_zip")
def make_zip(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make the PDF files, one after the other into a file on the disk, so that memory stays small."""
    actor, customer, wanted = _resumed(arguments)
    names: set[str] = set()
    with tempfile.TemporaryFile() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for statement in _each(actor, customer, wanted, report):
                archive.writestr(_unlike(file_name(statement, Format.PDF), names), pdf(statement))
        out.seek(0)
        sha256, size = files.store(out)
    filename = f"statements-{words(_name(customer), 100, 'account')}-{wanted.first:%Y-%m-%d}-{wanted.last:%Y-%m-%d}.zip"

    def effects() -> Result:
        _check(actor, customer, Permission.STATEMENTS_VIEW)
        kept = {"file_id": stored.add(sha256, size, ZIP), "filename": filename, "customer": customer}
        url = str(arguments["url"]).replace("{job}", str(arguments["job"]))
        message = say(
            "{count} statement is in the file.", "{count} statements are in the file.", count=len(wanted.accounts)
        )
        return {"file": kept, "url": url, "label": say("Download"), "icon": "download", "message": message}

    return effects


@job_kind("statements_mails")
def make_mails(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make the PDF files, and queue all their mails together: all of them, or none."""
    actor, customer, wanted = _resumed(arguments)
    made: list[tuple[str, Drawn]] = []
    without = 0
    for statement in _each(actor, customer, wanted, report):
        if addresses := letters.bills_to(customer, statement):
            one = drawn(statement, mailed=True)
            made += [(address, one) for address in addresses]
        else:
            without += 1

    def effects() -> Result:
        for address, one in made:
            letters.queue(actor, customer, letter(actor, one.statement, address), one)
        queued = say("{count} mail is queued.", "{count} mails are queued.", count=len(made))
        if without:
            return {"message": say("{queued} {number} had no address.", queued=queued, number=without)}
        return {"message": queued}

    return effects


def letter(actor: Actor, statement: Statement, address: str) -> Letter:
    """The mail that takes a statement to an address, in the words of its reader's language."""
    subject: Sentence = title_of(statement)
    return Letter(
        address, write(subject, pen_of(statement))[: letters.LONGEST_SUBJECT], letters.message(actor, statement)
    )


def _check(actor: Actor, customer: str, permission: Permission) -> None:
    require(actor, permission, customers.require(customer))


@snapshot
def _name(customer: str) -> str:
    return customers.require(customer).name


def _unlike(name: str, taken: set[str]) -> str:
    """A name that no other file of the archive has."""
    stem, _, ending = name.rpartition(".")
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{stem}-{number}.{ending}"
    taken.add(found)
    return found


def period_of(wanted: Several) -> Period:
    """The days of the statements."""
    return Period(wanted.first, wanted.last)


def chosen_of(sent: Sequence[str], every: bool) -> tuple[str, ...]:
    """The accounts that a form names. Raises Invalid where none is chosen."""
    if every:
        return ()
    if not sent:
        raise Invalid({"account": say("Choose at least one account.")})
    return tuple(sent)
