"""Importing memberships: history, which charges and tells nobody; equal ones are skipped (B5, B9)."""

from __future__ import annotations

from datetime import date, timedelta

from portal.actions.imports.reading import Importer, Work
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.memberships import holding, plans, writing
from portal.db.memberships.holding import Holding
from portal.db.memberships.plans import PlanRow
from portal.db.memberships.writing import NewMembership, NewPeriod
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer
from portal.rules.imports import FileKind
from portal.rules.memberships.files import MembershipFileRow, membership_file_row
from portal.rules.memberships.lengths import Length
from portal.rules.memberships.periods import next_period
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 1_000
MOST_PERIODS = 2_000
"""So many periods one membership may have had before it was imported."""

_DAY = timedelta(days=1)


def take(work: Work) -> None:
    """Carry out an import of memberships."""
    taking = _Taking(work)
    for some in work.chunks(membership_file_row, CHUNK):
        taking.take(some)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, some: list[tuple[int, MembershipFileRow]]) -> None:
        known = plans.by_external_ids({row.plan for _, row in some})
        owners = customers.by_references({row.customer for _, row in some})
        there = holding.by_external_ids({row.external_id for _, row in some})
        for line, row in some:
            owner, plan = owners.get(row.customer), known.get(row.plan)
            if owner is None or not self._work.may_touch(owner.partner_id):
                self._work.wrong(line, "customer", say("There is no customer “{customer}”.", customer=row.customer))
                continue
            if plan is None or plan.partner_id != owner.partner_id:
                text = say("{partner} has no membership plan “{plan}”.", partner=owner.partner_name, plan=row.plan)
                self._work.wrong(line, "plan", text)
                continue
            if self._work.stands_twice(line, row.external_id, row):
                continue
            if row.external_id in there:
                self._known(line, row, owner, plan, there[row.external_id])
            else:
                self._add(line, row, owner, plan)

    def _known(self, line: int, row: MembershipFileRow, owner: Profile, plan: PlanRow, there: Holding) -> None:
        """One that is there. Its end and state moved on with what became of it since, unless it was imported so."""
        as_imported = there.row.imported and there.row.version == 1
        granted, _ = periods_until(there.plan.plan.length, row.first, row.until)
        first_plan = there.periods[0].plan_id if there.periods else there.row.plan_id
        same = {
            "customer": owner.id == there.row.customer_id,
            "plan": plan.id in (first_plan, there.row.plan_id),
            "from": row.first == there.row.from_on or (not as_imported and there.row.state is MembershipState.ACTIVE),
            "until": not as_imported or there.row.until_on == (granted[-1].last if granted else row.until),
            "state": not as_imported or there.row.state is row.state,
        }
        differing = [column for column, agrees in same.items() if not agrees]
        if not differing:
            self._work.skipped += 1
            return
        text = say("“{id}” is there already with another {columns}.", id=row.external_id, columns=", ".join(differing))
        self._work.wrong(line, differing[0], text)

    def _add(self, line: int, row: MembershipFileRow, owner: Profile, plan: PlanRow) -> None:
        granted, anchor = periods_until(plan.plan.length, row.first, row.until)
        if len(granted) > MOST_PERIODS:
            text = say(
                "It would have {number} periods; at most {most} are kept.", number=len(granted), most=MOST_PERIODS
            )
            self._work.wrong(line, "until", text)
            return
        until = granted[-1].last if granted else row.until
        at, ended = clock.now(), row.state is MembershipState.ENDED
        new = NewMembership(
            external_id=row.external_id,
            plan_id=plan.id,
            customer_id=owner.id,
            state=row.state,
            from_on=row.first,
            anchor_on=anchor,
            until_on=until,
            ends_on=until if ended else None,
            payer=BookingPayer.CHOICE,
            payer_id=None,
            booker_id=None,
            imported=True,
            actor=self._work.actor.label,
        )
        key, _ = writing.add(new, at)
        some = [NewPeriod(key, plan.id, one.first, one.last, plan.price_minor) for one in granted]
        writing.add_periods(some or [NewPeriod(key, plan.id, row.first, until, plan.price_minor)], at)
        self._work.created += 1


def periods_until(length: Length | None, first: date, until: date | None) -> tuple[list[Period], date]:
    """The periods from a first day up to a last one, which may cut the last of them, and the anchor of what follows.

    Without a last day it is the first period; without a length there are none, and the days are one stretch (B9).
    """
    if length is None:
        return [], first
    found, last = [length.period(first)], until or length.period(first).last
    while found[-1].last < last and len(found) <= MOST_PERIODS:
        found.append(next_period(length, first, found[-1].last).days)
    if found[-1].last == last:
        return found, first
    found[-1] = Period(found[-1].first, last)
    return found, last + _DAY


IMPORT = Importer(FileKind.MEMBERSHIPS, Permission.BOOKINGS_DESK, take)
