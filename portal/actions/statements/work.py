"""What making, saving and sending statements share: the PDF, the background job, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from flask import current_app

from portal.actions import access
from portal.actions.invoices import due
from portal.actions.jobs import Report
from portal.actions.statements import view as statements
from portal.actions.statements.names import Format
from portal.actions.statements.view import MOST_LINES, PAGE_LINES, StatementRequest
from portal.config import Settings
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.db.logins import people as logins
from portal.outside import clock
from portal.outside.pdf import TookTooLong, render_statement
from portal.rules.customers.removal import removed_reason
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Busy, NotAllowed, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.rules.statements.figures import RecordType, Statement

LINES_IN_A_WORKBOOK = 20_000
"""A workbook of more lines takes longer than a request should and is made by a job."""
JOB_SECONDS = 480.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a statement: the public id of its document, its mail, or the job that is making it."""

    document: str = ""
    mail: str = ""
    job: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement and its PDF, made before the transaction that keeps or sends them.

    They are left out of its `repr`: a form that is sent twice asks for the same thing, whatever was drawn meanwhile.
    """

    statement: Statement = field(repr=False)
    data: bytes = field(repr=False)


def drawn(statement: Statement, report: Report | None = None, *, mailed: bool = False) -> Drawn:
    """The statement with its PDF; as `pdf`."""
    return Drawn(statement, pdf(statement, report, mailed=mailed))


def needs_job(lines: int, form: Format) -> bool:
    """Whether a file of so many lines is made in the background."""
    return lines > longest_at_once(form)


def longest_at_once(form: Format) -> int:
    """How many lines a file may have that is made while the browser waits."""
    return {Format.PDF: PAGE_LINES, Format.XLSX: LINES_IN_A_WORKBOOK, Format.CSV: MOST_LINES}[form]


def pdf(statement: Statement, report: Report | None = None, *, mailed: bool = False) -> bytes:
    """The statement as a PDF; `report(done, total)` hears of its progress in lines.

    It says how to pay what is due now while its period lasts, and where it is `mailed` (F12).

    Raises Busy when it takes too long (R26).
    """
    try:
        return render_statement(
            statement,
            pay=due.on_statement(statement, mailed=mailed),
            fonts_dir=fonts(),
            made_at=clock.now(),
            progress=report,
            seconds=JOB_SECONDS if report else 60.0,
        )
    except TookTooLong as error:
        raise Busy(say("The PDF took too long to make. Choose a shorter time, or one account.")) from error


def fonts() -> Path:
    """Where this instance keeps its font files."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.instance_dir / "fonts"


# In the background ---------------------------------------------------------------------------------------------------


@writes(once="statement.job", answer=Outcome)
def start(
    actor: Actor,
    customer: str,
    wanted: StatementRequest,
    title: Sentence,
    kind: str,
    more: Mapping[str, object],
    *,
    once: str | None,
) -> Outcome:
    """Start a job of `kind` about a statement; the same `once` again gives the same job."""
    profile = customers.require(customer)
    arguments = {"login": actor.login_id, "customer": profile.public_id, "wanted": _packed(wanted), **more}
    job = job_rows.start(kind, title, arguments, login_id=actor.login_id, subject_id=profile.id, unit=say("lines"))
    return Outcome(job=job)


def resumed(arguments: Mapping[str, object]) -> tuple[Actor, str, Statement]:
    """Whoever started a job, as they are now, the customer, and the statement as it is now."""
    person = _person(int(str(arguments["login"])))
    if person is None or not person.may_sign_in:
        raise NotAllowed(say("Whoever asked for this may not sign in any more."))
    customer = str(arguments["customer"])
    statement = statements.view(person.actor, customer, _unpacked(arguments["wanted"]))
    return person.actor, customer, statement


def person_of(arguments: Mapping[str, object]) -> Actor:
    """Whoever started a job, as they are now. Raises NotAllowed for somebody who may not sign in any more."""
    person = _person(int(str(arguments["login"])))
    if person is None or not person.may_sign_in:
        raise NotAllowed(say("Whoever asked for this may not sign in any more."))
    return person.actor


@snapshot
def _person(login_id: int) -> logins.Person | None:
    return logins.by_id(login_id)


def _packed(wanted: StatementRequest) -> dict[str, object]:
    return {
        **asdict(wanted),
        "first": wanted.first.isoformat(),
        "last": wanted.last.isoformat(),
        "record_type": wanted.record_type.value,
    }


def _unpacked(stored_request: object) -> StatementRequest:
    assert isinstance(stored_request, dict)
    values = dict(stored_request)
    values["first"], values["last"] = date.fromisoformat(values["first"]), date.fromisoformat(values["last"])
    values["record_type"] = RecordType(values["record_type"])
    values.pop("most_lines", None)  # which jobs of an earlier release carry
    return StatementRequest(**values)


# Who may -------------------------------------------------------------------------------------------------------------


ADDRESSED = frozenset({Permission.STATEMENTS_SAVE, Permission.STATEMENTS_SEND})
"""What needs somebody to keep it for or send it to, so that it ends with a customer's removal (L12)."""


@snapshot
def check_may(actor: Actor, permission: Permission, customer: str) -> None:
    require(actor, permission, customers.require(customer))


def require(actor: Actor, permission: Permission, profile: Profile) -> Grant:
    grant = access.require(actor, Permission.CUSTOMERS_FINANCE if actor.is_staff else permission, profile)
    if profile.removed_at is not None and permission in ADDRESSED:
        raise Refused([removed_reason(profile.name)])
    return grant
