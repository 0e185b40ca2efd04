"""A membership whose plan is granted when it is paid begins when its invoice is (B5)."""

from __future__ import annotations

from datetime import date

from portal.db import engine
from portal.db.audit import records as audit
from portal.db.books import touched
from portal.db.customers import profiles as customers
from portal.db.memberships import holding, waiting, writing
from portal.db.memberships.holding import Holding
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import Granted, MembershipState
from portal.rules.sentences import say


def waits(plan: Plan) -> bool:
    """Whether a membership of a plan begins only once its invoice is paid."""
    return plan.granted is Granted.PAID and plan.price > 0


def _grant() -> None:
    """Let what waits for the invoices that this transaction settled begin, before it commits, whatever settled them."""
    entries = touched.take_settled()
    if not entries:
        return
    ready = waiting.for_paid(entries)
    if not ready:
        return
    holding.hold(list(ready))
    ready = waiting.for_paid(entries)
    for key, one in holding.by_ids(list(ready)).items():
        _begin(one, ready[key])


def _begin(one: Holding, paid_on: date) -> None:
    """On the day it was paid, or on its first day where that is later."""
    row, at = one.row, clock.now()
    first = max(row.from_on, paid_on)
    length = one.plan.plan.length
    last = length.period(first).last if length else None
    writing.change(
        row.id, {"state": MembershipState.ACTIVE, "from_on": first, "anchor_on": first, "until_on": last}, at
    )
    writing.change_periods([(period.id, {"first_on": first, "last_on": last}) for period in one.periods[:1]])
    holder = customers.by_id(row.customer_id)
    text = say("{plan} began on {on}: its invoice is paid", plan=one.plan.name, on=first)
    audit.record(SYSTEM, "membership.grant", text, subject_id=holder.id, membership=row.public_id)


if _grant not in engine.BEFORE_COMMIT:
    engine.BEFORE_COMMIT.append(_grant)
