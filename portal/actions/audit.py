"""Reading the audit log in the back office (O8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.actions import access
from portal.db.audit import search as audit_search
from portal.db.audit.search import AuditFilter
from portal.db.audit.search import AuditLine as AuditLine
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.folding import fold
from portal.rules.deciding import Actor
from portal.rules.deeds import DEEDS, KNOWN, concerns
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import say, without_figures

PAGE = 50
ENTRIES = 10_000
"""So many lines a command shows."""


@dataclass(frozen=True, slots=True)
class WantedLog:
    """What is asked for, as typed. Dates are inclusive, in `time_zone`; `before` is the `older` of the page above.

    `batch` is the public id of a line that tells of many deeds at once: each of them. Otherwise that line stands for
    them, unless a customer or a deed is asked for.
    """

    actor: str = ""
    customer: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    before: str = ""
    batch: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class LogPage:
    """Up to 50 lines, newest first; `older` leads to the next ones, "" at the end."""

    lines: Sequence[AuditLine]
    older: str


@snapshot
def read(actor: Actor, wanted: WantedLog) -> LogPage:
    """One page of the log; an administrator bound to a partner reads what concerns that one.

    Raises NotAllowed, and Invalid for dates the wrong way round.
    """
    lines = _lines(actor, wanted, PAGE)
    return LogPage(lines[:PAGE], lines[PAGE - 1].public_id if len(lines) > PAGE else "")


@snapshot
def export(actor: Actor, wanted: WantedLog, most: int) -> Sequence[AuditLine]:
    """The first `most` lines that match, newest first (O9). Raises as `read` does."""
    return _lines(actor, replace(wanted, before=""), most)[:most]


@snapshot
def entries(
    actor: Actor, *, customer: str = "", action: str = "", first: date | None = None, last: date | None = None
) -> list[AuditLine]:
    """All lines of a customer (named by external or public id), of a deed or kind of deed ("invoice."), and of the days
    between two, newest first; at most ENTRIES. Raises NotAllowed, Missing, and Invalid for a deed that there is not.
    """
    access.require(actor, Permission.AUDIT_VIEW)
    subject = customers.require(customer) if customer else None
    if subject is not None:
        access.require(actor, Permission.CUSTOMERS_VIEW, subject)
    if action and action not in KNOWN and not (action.endswith(".") and concerns(action)):
        nouns = ", ".join(noun.begins for noun in DEEDS)
        raise Invalid({"action": say("There is no deed “{name}”. They begin with {nouns}.", name=action, nouns=nouns)})
    if first and last and first > last:
        raise Invalid({"from": say("The first day is after the last one.")})
    zone = subject.time_zone if subject else "UTC"
    wanted = replace(_filter(WantedLog(action=action, first=first, last=last, time_zone=zone)), size=ENTRIES)
    found = audit_search.lines(wanted, bound_to=actor.partner_id, subject_id=subject.id if subject else None)
    if actor.sees_finances:
        return found[:ENTRIES]
    return [replace(line, text=without_figures(line.text), details={}) for line in found[:ENTRIES]]


def _lines(actor: Actor, wanted: WantedLog, size: int) -> list[AuditLine]:
    access.require(actor, Permission.AUDIT_VIEW)
    if wanted.first and wanted.last and wanted.first > wanted.last:
        raise Invalid({"from": say("The first day is after the last one.")})
    # Whoever looks after one partner may see some of the deeds and not the line that stands for all of them.
    together = not (wanted.customer or wanted.action or actor.partner_id)
    lines = audit_search.lines(replace(_filter(wanted), size=size, together=together), bound_to=actor.partner_id)
    return lines if actor.sees_finances else [replace(line, text=without_figures(line.text)) for line in lines]


def _filter(wanted: WantedLog) -> AuditFilter:
    zone = ZoneInfo(wanted.time_zone)

    def begin(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    return AuditFilter(
        actor=wanted.actor.replace("\x00", "")[:200].strip(),
        customer=fold(wanted.customer.replace("\x00", "")[:200]),
        action=wanted.action[:60],
        since=begin(wanted.first) if wanted.first else None,
        until=begin(wanted.last + timedelta(days=1)) if wanted.last and wanted.last < date.max else None,
        before=wanted.before[:20],
        batch=wanted.batch[:20],
        size=PAGE,
    )
