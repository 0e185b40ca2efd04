"""Importing bookings: history. They charge, promote and tell nobody; equal ones are skipped (B1, B2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.actions.bookings.people import concerned
from portal.actions.imports.reading import Importer, Work
from portal.db import imports
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import BookingRow, NewBooking
from portal.db.bookings.sessions import SessionRow
from portal.db.bulk import among
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.tables import Booking
from portal.outside import clock
from portal.rules.bookings import fitting
from portal.rules.bookings.history import BookingFileRow, booking_file_row
from portal.rules.bookings.states import TAKES_A_PLACE, BookingPayer, BookingState
from portal.rules.deciding import SYSTEM, Grant, Source
from portal.rules.errors import Reason
from portal.rules.imports import FileKind
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 1_000


def take(work: Work) -> None:
    """Carry out an import of bookings."""
    taking = _Taking(work)
    for some in work.chunks(booking_file_row, CHUNK):
        taking.take(some)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._now = clock.now()
        self._live: dict[tuple[int, int], int] = {}
        self._free: dict[int, int] = {}

    def take(self, some: list[tuple[int, BookingFileRow]]) -> None:
        found = sessions.by_references({row.session for _, row in some})
        owners = self._owners({row.customer for _, row in some})
        there = {
            one.external_id: one for one in rows.bookings(among(Booking.external_id, [r.external_id for _, r in some]))
        }
        held = sessions.hold(one.id for one in found.values())
        live = {(one.session_id, one.customer_id) for one in rows.live_in(list(held))} if held else set()
        new: list[NewBooking] = []
        places: dict[int, int] = defaultdict(int)
        for line, row in some:
            session, owner = found.get(row.session), owners.get(row.customer)
            if session is None or not self._work.may_touch(session.partner_id):
                self._work.wrong(line, "session", say("There is no session “{name}”.", name=row.session))
            elif owner is None or owner.partner_id != session.partner_id:
                self._work.wrong(line, "customer", say("There is no customer “{name}” there.", name=row.customer))
            elif not self._work.stands_twice(line, row.external_id, row):
                if row.external_id in there:
                    self._known(line, row, session, owner, there[row.external_id])
                elif not self._refused(line, row, held[session.id], owner, live):
                    new.append(self._new(row, session, owner))
                    places[session.id] += row.state in TAKES_A_PLACE
        rows.add(new)
        for key, number in sorted(places.items()):
            sessions.take_anyway(key, number, self._now)
        self._work.created += len(new)

    def _owners(self, references: set[str]) -> dict[str, Profile]:
        found = {key: one for key, one in imports.payees(references).items() if self._work.may_touch(one.partner_id)}
        profiles = customers.by_ids({one.id for one in found.values()})
        return {key: profiles[one.id] for key, one in found.items()}

    def _refused(
        self, line: int, row: BookingFileRow, session: SessionRow, owner: Profile, live: set[tuple[int, int]]
    ) -> bool:
        """B2: nobody has two places in one session, and it has no more than there are."""
        if row.state is BookingState.CANCELLED:
            return False
        pair = (session.id, owner.id)
        if pair in live or pair in self._live:
            message = say("{name} is in {session} already.", name=owner.name, session=session.facts().title)
            self._work.refused(line, "customer", [Reason("B2", message, say("Import one of the two."))])
            return True
        free = self._free.setdefault(session.id, session.facts().free)
        if row.state in TAKES_A_PLACE:
            if free < 1:
                self._work.refused(
                    line, "session", fitting.place_reasons(replace(session.facts(), taken=session.capacity), 1)
                )
                return True
            self._free[session.id] = free - 1
        self._live[pair] = line
        return False

    def _new(self, row: BookingFileRow, session: SessionRow, owner: Profile) -> NewBooking:
        return NewBooking(
            session_id=session.id,
            customer_id=owner.id,
            state=row.state,
            booked_at=self._at(row, owner),
            price_minor=0,
            payer=row.payer,
            payer_id=None if row.state is BookingState.WAITING else self._payer(row, owner),
            booker_id=None,
            membership_id=None,
            visit=False,
            anyway=False,
            walk_in=False,
            actor=self._work.actor.label,
            external_id=row.external_id,
            imported=True,
            cancelled_at=self._at(row, owner) if row.state is BookingState.CANCELLED else None,
        )

    @staticmethod
    def _payer(row: BookingFileRow, owner: Profile) -> int:
        if row.payer in (BookingPayer.CHOICE, BookingPayer.SUBJECT):
            return owner.payer_id
        return concerned(SYSTEM, owner, Grant(Source.SYSTEM)).payer(row.payer).id

    def _at(self, row: BookingFileRow, owner: Profile) -> datetime:
        if row.booked_at is None:
            return self._now
        if row.booked_at.tzinfo is None:
            return row.booked_at.replace(tzinfo=ZoneInfo(owner.time_zone)).astimezone(UTC)
        return row.booked_at.astimezone(UTC)

    def _known(self, line: int, row: BookingFileRow, session: SessionRow, owner: Profile, there: BookingRow) -> None:
        """One that is there: nothing to do when the file says the same, or says what it began as."""
        moved_on = there.imported and there.state is not row.state and row.state is BookingState.WAITING
        pairs = {
            "session": session.id == there.session_id,
            "customer": owner.id == there.customer_id,
            "state": row.state is there.state or moved_on,
            "booked_at": row.booked_at is None or self._at(row, owner) == there.booked_at,
        }
        differing = [column for column, same in pairs.items() if not same]
        if not differing:
            self._work.skipped += 1
            return
        columns = ", ".join(differing)
        text = say("“{id}” is there already with another {columns}.", id=row.external_id, columns=columns)
        self._work.wrong(line, differing[0], text)


IMPORT = Importer(FileKind.BOOKINGS, Permission.ACTIVITIES_MANAGE, take)
