"""Importing membership plans: new ones are added, changed ones updated, equal ones skipped (B5)."""

from __future__ import annotations

from typing import Any

from portal.actions.imports.partners import Partners
from portal.actions.imports.reading import Importer, Work
from portal.db.audit import records as audit
from portal.db.memberships import plans as rows
from portal.db.memberships.plans import PlanRow
from portal.db.tables import Partner
from portal.outside import clock
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.imports import DEFAULT_PARTNER, FileKind
from portal.rules.memberships.files import PlanFileRow, plan_file_row
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 2_000


def take(work: Work) -> None:
    """Carry out an import of membership plans."""
    taking = _Taking(work)
    for some in work.chunks(plan_file_row, CHUNK):
        taking.take(some)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._partners = Partners(work)

    def take(self, some: list[tuple[int, PlanFileRow]]) -> None:
        there = rows.by_external_ids({row.external_id for _, row in some})
        for line, row in some:
            if self._work.stands_twice(line, row.external_id, row):
                continue
            found = there.get(row.external_id)
            partner = self._partner(line, row, found)
            values = self._values(line, row, partner) if partner is not None else None
            if partner is None or values is None:
                continue
            if found is None:
                rows.add(values | {"external_id": row.external_id, "partner_id": partner.id}, clock.now())
                self._work.created += 1
            else:
                self._change(found, values)

    def _change(self, found: PlanRow, values: dict[str, Any]) -> None:
        changed = {name: value for name, value in values.items() if getattr(found, name) != value}
        if not changed:
            self._work.skipped += 1
            return
        rows.change(found.id, changed, found.version)
        self._work.updated += 1
        text = say("Membership plan {plan} changed", plan=found.name)
        fields = {name: [str(getattr(found, name)), str(value)] for name, value in changed.items()}
        audit.record(self._work.actor, "plan.change", text, plan=found.public_id, fields=fields)

    def _partner(self, line: int, row: PlanFileRow, found: PlanRow | None) -> Partner | None:
        """The partner of this name, made when there is none; what is there stays where it is."""
        name = row.partner or (found.partner if found else DEFAULT_PARTNER)
        if found is not None and name != found.partner:
            text = say("“{id}” is a membership plan of {partner}.", id=row.external_id, partner=found.partner)
            self._work.wrong(line, "partner", text)
            return None
        strange = say("You may add membership plans of your own partner only, not of “{name}”.", name=name)
        return self._partners.named(line, name, strange=strange)

    def _values(self, line: int, row: PlanFileRow, partner: Partner) -> dict[str, Any] | None:
        """What is kept of a row."""
        try:
            price = parse_amount(row.price, partner.currency)
        except NoAmount as fault:
            self._work.wrong(line, "price", fault.sentence)
            return None
        if price < 0:
            self._work.wrong(line, "price", say("“{text}” is below zero. A price is zero or more.", text=row.price))
            return None
        return {
            "name": row.name,
            "price_minor": price,
            "rate_e3": None if row.tax_rate is None else int(row.tax_rate * 1_000),
            "prices": row.prices or partner.prices,
            "period": row.period,
            "visits": row.visits,
            "benefit_class": row.klass,
            "included": row.included,
            "discount_e3": int(row.discount * 1_000),
            "age_from": row.age_from,
            "age_to": row.age_to,
            "freeze_days": row.freeze_days,
            "granted": row.granted,
            "renews": row.renews,
        }


IMPORT = Importer(FileKind.MEMBERSHIP_PLANS, Permission.ACTIVITIES_MANAGE, take)
