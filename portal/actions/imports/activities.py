"""Importing activities: new ones are added, changed ones updated, equal ones skipped (B1)."""

from __future__ import annotations

from typing import Any

from portal.actions.imports.partners import Partners
from portal.actions.imports.reading import Importer, Work
from portal.db.audit import records as audit
from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import ActivityFacts
from portal.db.tables import Partner
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.bookings.files import ActivityRow, activity_row
from portal.rules.imports import DEFAULT_PARTNER, FileKind
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 2_000


def take(work: Work) -> None:
    """Carry out an import of activities."""
    taking = _Taking(work)
    for some in work.chunks(activity_row, CHUNK):
        taking.take(some)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._partners = Partners(work)

    def take(self, some: list[tuple[int, ActivityRow]]) -> None:
        there = rows.activities_by_external_ids({row.external_id for _, row in some})
        for line, row in some:
            if self._work.stands_twice(line, row.external_id, row):
                continue
            found = there.get(row.external_id)
            partner = self._partner(line, row, found)
            values = self._values(line, row, partner) if partner is not None else None
            if partner is None or values is None:
                continue
            if found is None:
                rows.add_activity(partner.id, values)
                self._work.created += 1
            else:
                self._change(found, values)

    def _change(self, found: ActivityFacts, values: dict[str, Any]) -> None:
        changed = {name: value for name, value in values.items() if getattr(found, name) != value}
        if not changed:
            self._work.skipped += 1
            return
        rows.save_activity(found.id, changed)
        self._work.updated += 1
        text = say("Activity {activity} changed", activity=found.name)
        fields = {name: [str(getattr(found, name)), str(value)] for name, value in changed.items()}
        audit.record(self._work.actor, "activity.change", text, activity=found.public_id, fields=fields)

    def _partner(self, line: int, row: ActivityRow, found: ActivityFacts | None) -> Partner | None:
        """The partner of this name, made when there is none; what is there stays where it is."""
        name = row.partner or (found.partner_name if found else DEFAULT_PARTNER)
        if found is not None and name != found.partner_name:
            text = say("“{id}” is an activity of {partner}.", id=row.external_id, partner=found.partner_name)
            self._work.wrong(line, "partner", text)
            return None
        strange = say("You may add activities of your own partner only, not of “{name}”.", name=name)
        return self._partners.named(line, name, strange=strange)

    def _values(self, line: int, row: ActivityRow, partner: Partner) -> dict[str, Any] | None:
        try:
            price = parse_amount(row.price, partner.currency)
        except NoAmount as fault:
            self._work.wrong(line, "price", fault.sentence)
            return None
        if price < 0:
            self._work.wrong(line, "price", say("“{text}” is below zero. A price is zero or more.", text=row.price))
            return None
        return {
            "external_id": row.external_id,
            "name": row.name,
            "place": row.place,
            "instructor": row.instructor,
            "price_minor": price,
            "rate_e3": None if row.tax_rate is None else int(row.tax_rate * 1_000),
            "prices": row.prices or partner.prices,
            "benefit_class": row.benefit_class,
            "age_from": row.age_from,
            "age_to": row.age_to,
            "cancel_until": row.cancel_until,
            "book_from": row.book_from,
            "book_until": row.book_until,
        }


IMPORT = Importer(FileKind.ACTIVITIES, Permission.ACTIVITIES_MANAGE, take)
