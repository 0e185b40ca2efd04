"""The statement of one month to several customers, a mail each: those that were ticked in the list (S5, O9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements import mail as letters
from portal.actions.statements import view as statements
from portal.actions.statements.several import MOST_MAILS, letter
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Drawn, drawn, person_of, require
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.periods import Period, month_before, month_with
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.rules.statements.monthly import read_month

MONTHS = 12
"""So many months back a statement is offered for."""


@dataclass(frozen=True, slots=True)
class Goes:
    """A customer's statement and where it would go; `against` says why it goes nowhere."""

    name: str
    reference: str
    addresses: tuple[str, ...]
    against: Sentence = NOTHING


def months() -> list[Period]:
    """The months that are over, newest first, as far back as statements are offered."""
    found, day = [], clock.today("UTC")
    for _ in range(MONTHS):
        day = month_before(day)
        found.append(month_with(day))
    return found


def foresee(actor: Actor, customers: Sequence[str], month: str) -> list[Goes]:
    """Where each statement of a month ("2026-11") would go. Raises Invalid, NotAllowed, Missing, and Refused for more
    than MOST_MAILS.
    """
    return [_goes(actor, profile, month) for profile in _profiles(actor, customers)]


def start(actor: Actor, customers: Sequence[str], month: str, *, once: str | None = None) -> str:
    """Start making and sending them; the job's public id. Raises as `foresee`."""
    profiles = _profiles(actor, customers)
    for profile in profiles:
        _period(profile, month)
    return _start(actor, [profile.public_id for profile in profiles], month, once=once)


@writes(once="statement.ticked", answer=str)
def _start(actor: Actor, customers: list[str], month: str, *, once: str | None) -> str:
    arguments = {"login": actor.login_id, "customers": customers, "month": month}
    title = say("Statements of {count} customer", "Statements of {count} customers", count=len(customers))
    return job_rows.start("statements_ticked", title, arguments, login_id=actor.login_id, unit=say("statements"))


@snapshot
def _profiles(actor: Actor, customers: Sequence[str]) -> list[Profile]:
    wanted = list(dict.fromkeys(customers))
    if len(wanted) > MOST_MAILS:
        message = say(
            "These are {number} statements, and {most} can be made at once.", number=len(wanted), most=MOST_MAILS
        )
        raise Refused([Reason("S5", message, say("Choose fewer customers."))])
    found = [access.load_subject(actor, public_id) for public_id in wanted]
    for profile in found:
        access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    return found


def _period(profile: Profile, month: str) -> Period:
    return read_month(month, clock.today(profile.time_zone))


def _request(profile: Profile, month: str) -> StatementRequest:
    period = _period(profile, month)
    return StatementRequest(period.first, period.last)


def _goes(actor: Actor, profile: Profile, month: str) -> Goes:
    """Removed customers have nobody to send to, and whoever is paid for has no statement of its own."""
    if profile.removed_at is not None:
        return Goes(profile.name, profile.reference, (), say("The customer was removed."))
    if profile.payer_id != profile.id:
        text = say("{payer} pays for {name}, and gets the statements.", payer=profile.payer_name, name=profile.name)
        return Goes(profile.name, profile.reference, (), text)
    statement = statements.view(actor, profile.public_id, _request(profile, month))
    addresses = tuple(letters.bills_to(profile.public_id, statement))
    return Goes(profile.name, profile.reference, addresses, NOTHING if addresses else say("No address on file."))


@job_kind("statements_ticked")
def make(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make the PDF files one after the other, and queue all their mails together: all of them, or none."""
    actor, month = person_of(arguments), str(arguments["month"])
    customers = arguments["customers"]
    assert isinstance(customers, list)
    made: list[tuple[Profile, tuple[str, ...], Drawn]] = []
    for done, profile in enumerate(_profiles(actor, customers)):
        report(done, len(customers))
        if addresses := _goes(actor, profile, month).addresses:
            statement = statements.view(actor, profile.public_id, _request(profile, month))
            made.append((profile, addresses, drawn(statement, mailed=True)))
    report(len(customers), len(customers))

    def effects() -> Result:
        for profile, addresses, one in made:
            require(actor, Permission.STATEMENTS_SEND, profile)
            for address in addresses:
                letters.queue(actor, profile.public_id, letter(actor, one.statement, address), one)
        number = sum(len(addresses) for _, addresses, _ in made)
        queued = say("{count} mail is queued.", "{count} mails are queued.", count=number)
        if without := len(customers) - len(made):
            return {"message": say("{queued} Left out: {number}.", queued=queued, number=without)}
        return {"message": queued}

    return effects
