"""Another plan for a membership: a dearer one at once, any other with the next period (B10, F13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from portal.actions.bookings.people import person_of
from portal.actions.invoices.charging import Charged, charge, worked_out
from portal.actions.memberships import finding
from portal.actions.memberships.effects import Costing, Document, Effect, amounts, changes, upcoming, who, wishes
from portal.actions.memberships.ending import costs_of, give_back
from portal.actions.memberships.finding import Found
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.memberships import writing
from portal.db.memberships.plans import PlanRow
from portal.db.memberships.writing import NewPeriod
from portal.outside import clock
from portal.rules import seen
from portal.rules.bookings.fitting import status_reasons
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.memberships.changing import Upgrade, change_refusals, downgrade_from, is_upgrade, upgrade
from portal.rules.memberships.holding import GrantedDays, Membership
from portal.rules.memberships.plans import buying_refusals
from portal.rules.permissions import Permission
from portal.rules.sentences import say

_DAY = timedelta(days=1)


@writes(once="membership.change", answer=Effect)
def change(
    actor: Actor,
    membership: str,
    plan: str,
    *,
    on: date | None = None,
    mark: str | None = None,
    once: str | None = None,
) -> Effect:
    """Change a membership to another plan. What is dearer a day counts from `on` (today by default) and is invoiced at
    once; anything else from the first period that begins on that day or later and is not granted yet.

    Raises Missing, NotAllowed, Refused (B10, B12), and Conflict where what a page showed (`mark`) has changed.
    """
    found = finding.held(actor, membership)
    wanted = finding.plan(plan, found.holder.partner_id)
    planned = _Change(found, wanted, on)
    if reasons := planned.reasons():
        raise Refused(reasons)
    effect = planned.effect()
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    documents = planned.write(actor)
    text = say("Changed {plan} to {other} from {on}", plan=found.title, other=wanted.name, on=effect.first)
    audit.record(
        actor,
        "membership.change",
        text,
        subject_id=found.holder.id,
        grant=found.concerned.grant,
        membership=found.holding.row.public_id,
        fields={"plan": [found.title, wanted.name]},
    )
    return replace(effect, documents=documents)


@snapshot
def foresee(
    actor: Actor, membership: str, plan: str, *, on: date | None = None
) -> tuple[Effect | None, tuple[Reason, ...]]:
    """What changing would do, None where it cannot be said, and why it is refused. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    planned = _Change(found, finding.plan(plan, found.holder.partner_id), on)
    reasons = tuple(planned.reasons())
    return (None if reasons else planned.effect()), reasons


class _Change:
    """A change as it would be carried out."""

    def __init__(self, found: Found, wanted: PlanRow, on: date | None) -> None:
        self._found = found
        self._wanted = wanted
        self._new = wanted.plan
        self._old = found.holding.membership
        self._on = found.today if on is None else on
        lengths = self._old.plan.length is not None and self._new.length is not None
        self._at_once = lengths and is_upgrade(self._old.plan, self._new, found.rate)

    def reasons(self) -> list[Reason]:
        """Everything that stands against it."""
        found = self._found
        people = [found.holder, *([found.concerned.booker] if found.concerned.booker else []), found.payer]
        return [
            *status_reasons(person_of(one) for one in people),
            *change_refusals(self._old, self._new, self._on, found.today, at_once=self._at_once),
            *buying_refusals(self._new, found.holder.name, found.holder.born_on, self._on),
        ]

    def effect(self) -> Effect:
        """What it comes to."""
        found, row = self._found, self._found.holding.row
        if self._at_once:
            first, after, costs = self._on, self._upgraded(), self._costs()
        else:
            first, after, costs = self._from(), self._downgraded(), []
        return Effect(
            membership=row.reference,
            public_id=row.public_id,
            plan=self._wanted.name,
            holder=who(found.holder),
            payer=who(found.payer),
            currency=found.payer.currency,
            headline=say(
                "{plan} for {name} becomes {other} on {on}",
                plan=found.title,
                name=found.holder.name,
                other=self._wanted.name,
                on=first,
            ),
            state=after.shown_on(found.today),
            first=first,
            until=after.until,
            ends_on=after.ends_on,
            amounts=amounts(costs, found.holder, found.payer, found.rate, first) if costs else (),
            upcoming=upcoming(after, found.holder, found.payer, found.rate),
            changes=changes(self._old, after, found.today),
        )

    def write(self, actor: Actor) -> tuple[Document, ...]:
        """Carry it out: the documents that it made."""
        row, at = self._found.holding.row, clock.now()
        if not self._at_once:
            back = self._new.id == row.plan_id
            first = None if back else self._from()
            writing.change(row.id, {"next_plan_id": None if back else self._new.id, "next_from_on": first}, at)
            return ()
        made = self._made()
        documents, charged = self._charge(actor, made)
        writing.change_periods(
            [
                (
                    one.granted.id,
                    {
                        "ended_on": max(self._on, one.granted.first) - _DAY,
                        "credit_id": charged[0].invoice_id if charged else None,
                    },
                )
                for one in made.given_back
            ]
        )
        today = clock.today(self._found.payer.time_zone)
        placed: Sequence[Charged | None] = charged or [None] * len(made.charged)
        writing.add_periods(
            [
                NewPeriod(
                    row.id,
                    self._new.id,
                    one.days.first,
                    one.days.last,
                    one.amount,
                    payer_id=self._found.payer.id,
                    invoice_id=place.invoice_id if place else None,
                    position=place.position if place else None,
                    charged_on=today if place else None,
                )
                for one, place in zip(made.charged, placed, strict=True)
            ],
            at,
        )
        values = {
            "plan_id": self._new.id,
            "anchor_on": made.anchor,
            "until_on": made.charged[-1].days.last,
            "next_plan_id": None,
            "next_from_on": None,
        }
        writing.change(row.id, values, at)
        return documents

    def _made(self) -> Upgrade:
        return upgrade(self._old, self._new, self._on)

    def _costs(self) -> list[Costing]:
        """What is given back and what is charged, as lines of one invoice."""
        made = self._made()
        charged = [Costing(self._new, one.days, one.number, one.of, one.amount) for one in made.charged]
        return [*costs_of(made.given_back), *charged]

    def _charge(self, actor: Actor, made: Upgrade) -> tuple[tuple[Document, ...], list[Charged]]:
        """One invoice for both; where more is given back than charged, an invoice and credit notes (F4)."""
        found = self._found
        back = costs_of(made.given_back)
        new = [Costing(self._new, one.days, one.number, one.of, one.amount) for one in made.charged]
        together = wishes([*back, *new], found.holder, found.payer, found.rate)
        if worked_out(found.payer, together).total >= 0:
            placed = charge(actor, found.payer, together, at_once=True)
            return (Document(placed[0].number, placed[0].public_id),), placed[len(back) :]
        placed = charge(actor, found.payer, wishes(new, found.holder, found.payer, found.rate), at_once=True)
        credits_ = give_back(actor, found, made.given_back, say("Not used"))
        return (Document(placed[0].number, placed[0].public_id), *credits_), placed

    def _upgraded(self) -> Membership:
        made = self._made()
        ended = {one.granted.id: max(self._on, one.granted.first) - _DAY for one in made.given_back}
        old = tuple(one._replace(ended_on=ended.get(one.id, one.ended_on)) for one in self._old.granted)
        new = tuple(GrantedDays(0, self._new, one.days.first, one.days.last, one.amount) for one in made.charged)
        return replace(
            self._old, plan=self._new, anchor=made.anchor, granted=(*old, *new), next_plan=None, next_from=None
        )

    def _from(self) -> date:
        if self._new.id == self._old.plan.id:
            return self._found.today
        first = downgrade_from(self._old, self._on)
        assert first is not None
        return first

    def _downgraded(self) -> Membership:
        if self._new.id == self._old.plan.id:
            return replace(self._old, next_plan=None, next_from=None)
        return replace(self._old, next_plan=self._new, next_from=self._from())
