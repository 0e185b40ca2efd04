"""Finding tickets and reading them, each as far as the reader may."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.actions import access
from portal.actions.access import Profile
from portal.actions.documents.lists import OpenedDocument
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.logins import people as logins
from portal.db.tickets import mails, reading
from portal.db.tickets.mails import MailRow as MailRow
from portal.db.tickets.reading import EntryRow as EntryRow
from portal.db.tickets.reading import FileRow as FileRow
from portal.db.tickets.reading import PersonRow as PersonRow
from portal.db.tickets.reading import TicketFacts as TicketFacts
from portal.db.tickets.reading import Wanted
from portal.outside import clock, files
from portal.rules.deciding import Actor, Grant
from portal.rules.documents import SHOWN, saved_as
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.rules.texts import email_key
from portal.rules.tickets.states import UNSOLVED, EntryKind, TicketState, standing

SIZE = 25
FOR_CUSTOMERS = (EntryKind.ANSWER,)
"""What of a thread customers see: notes, changes and held mail are for staff alone, and so is when they came."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A ticket that somebody may read or write, whose it is, and through which grant."""

    ticket: TicketFacts
    profile: Profile
    grant: Grant


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket with what the reader may see of it: entries with their files (by the entry's id), and who is on it.

    `mails`, what came in and became no answer, are for staff alone.
    """

    ticket: TicketFacts
    profile: Profile
    entries: tuple[EntryRow, ...]
    files: dict[int, tuple[FileRow, ...]]
    people: tuple[PersonRow, ...]
    mails: tuple[MailRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketsPage:
    """A page of tickets; `total` counts what matches."""

    rows: tuple[TicketFacts, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def reach(actor: Actor, ticket: str, permission: Permission, *, of: str | None = None, hold: bool = False) -> Reach:
    """A ticket by its public id, for whom holds `permission` over its customer; staff need to answer tickets.

    `of` is the public id of the customer whose it must be. Raises Missing for anybody who may not know of it, and
    NotAllowed.
    """
    found = reading.find(ticket.strip().lower()[:40], hold=hold)
    if found is None or (of is not None and found.customer_public_id != of):
        raise Missing()
    profile = customers.by_id(found.customer_id)
    needed = Permission.TICKETS_ANSWER if actor.is_staff else permission
    grant = access.require(actor, needed, profile)
    return Reach(_as_it_stands(found, profile), profile, grant)


def _as_it_stands(found: TicketFacts, profile: Profile) -> TicketFacts:
    close_after = profile.settings.tickets_close_after
    return replace(found, state=standing(found.state, found.solved_at, clock.now(), close_after))


@snapshot
def look(actor: Actor, ticket: str, *, of: str | None = None) -> Thread:
    """A ticket with its thread. Of one that was joined with another, the thread is over there.

    Raises Missing and NotAllowed.
    """
    found = reach(actor, ticket, Permission.TICKETS_VIEW, of=of)
    kinds = tuple(EntryKind) if actor.is_staff else FOR_CUSTOMERS
    by_entry: dict[int, tuple[FileRow, ...]] = {}
    for file in reading.files(found.ticket.id, kinds):
        by_entry[file.entry_id] = (*by_entry.get(file.entry_id, ()), file)
    return Thread(
        found.ticket,
        found.profile,
        tuple(reading.entries(found.ticket.id, kinds)),
        by_entry,
        tuple(on_it(found)),
        tuple(mails.of_ticket(found.ticket.id)) if actor.is_staff else (),
    )


def on_it(found: Reach) -> list[PersonRow]:
    """Who is on a ticket and may still read it: people who lost the right hear nothing any more."""
    return [one for one in reading.people(found.ticket.id) if hears(one, found.profile)]


def hears(one: PersonRow, profile: Profile) -> bool:
    """Whether somebody on a ticket of a customer may read its tickets now."""
    if one.login_id is None:
        return bool(profile.email) and email_key(one.email) == email_key(profile.email)
    person = logins.by_id(one.login_id)
    return (
        person is not None and person.may_sign_in and bool(access.weigh(person.actor, Permission.TICKETS_VIEW, profile))
    )


@snapshot
def of_customer(actor: Actor, customer: str, *, every: bool = True, page: int = 1) -> TicketsPage:
    """The tickets of a customer (external or public id), what changed last first; without `every` the unsolved ones.

    Raises Missing and NotAllowed.
    """
    profile = customers.require(customer)
    access.require(actor, Permission.TICKETS_ANSWER if actor.is_staff else Permission.TICKETS_VIEW, profile)
    wanted = Wanted(UNSOLVED if not every else (), profile.id, page=max(1, page), size=SIZE)
    return listed(wanted)


def listed(wanted: Wanted) -> TicketsPage:
    """A page of tickets as they stand, or the first one where there is no such page."""
    rows, total = reading.page(wanted)
    if not rows and wanted.page > 1:
        wanted = replace(wanted, page=1)
        rows, total = reading.page(wanted)
    whose = customers.by_ids({row.customer_id for row in rows if row.state is TicketState.SOLVED})
    stand = [_as_it_stands(row, whose[row.customer_id]) if row.customer_id in whose else row for row in rows]
    return TicketsPage(tuple(stand), total, wanted.page, wanted.size)


def open_file(actor: Actor, ticket: str, file: str, *, of: str | None = None) -> OpenedDocument:
    """A file of a thread that the actor may see; the caller closes it. Raises Missing and NotAllowed."""
    found = _file(actor, ticket, file, of)
    name = saved_as(found.filename, found.content_type)
    shown = SHOWN.get(found.content_type, "")
    return OpenedDocument(files.open_stored(found.sha256), name, found.content_type, found.size, shown)


@snapshot
def _file(actor: Actor, ticket: str, file: str, of: str | None) -> FileRow:
    thread = look(actor, ticket, of=of)
    for found in (one for several in thread.files.values() for one in several):
        if found.public_id == file:
            return found
    raise Missing()
