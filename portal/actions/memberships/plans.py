"""Membership plans: what the operator sells, and what it changes of it (B5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.memberships import plans as rows
from portal.db.memberships.plans import PlanRow
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.memberships.lengths import NoLength, read_length
from portal.rules.memberships.states import Granted
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

CHANGED = say("Somebody else changed this plan in the meantime. Look at it again.")
MOST_VISITS, OLDEST, MOST_FREEZE = 100_000, 150, 366


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """What a form says of a plan. The price is in minor units; `period` is a text such as "1 month"."""

    name: str
    description: str
    price_minor: int
    tax_rate: Decimal | None
    period: str
    visits: int | None
    benefit_class: str
    included: int | None
    discount: Decimal | None
    age_from: int | None
    age_to: int | None
    freeze_days: int | None
    granted: Granted
    renews: bool


@dataclass(frozen=True, slots=True)
class Selling:
    """A plan as the operator sees it: with how many hold it."""

    row: PlanRow
    holders: int


@dataclass(frozen=True, slots=True)
class OfPartner:
    """A partner for which plans can be made."""

    public_id: str
    name: str
    currency: str


@snapshot
def list_plans(actor: Actor) -> list[Selling]:
    """The plans that the actor looks after: by partner and name, those that are sold first. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    found = rows.of_partners(None if actor.partner_id is None else [actor.partner_id])
    held = rows.holders([one.id for one in found]) if found else {}
    return [Selling(one, held.get(one.id, 0)) for one in found]


@snapshot
def list_partners(actor: Actor) -> list[OfPartner]:
    """The partners for which the actor may make plans, those that show memberships first. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    found = sorted(partners.partners(actor.partner_id), key=lambda one: not one.settings.shows_memberships)
    return [OfPartner(one.public_id, one.name, one.currency) for one in found]


@snapshot
def open_plan(actor: Actor, plan: str) -> Selling:
    """One plan. Raises Missing and NotAllowed."""
    found = _found(actor, plan)
    return Selling(found, rows.holders([found.id]).get(found.id, 0))


@writes(once="plan.add", answer=str)
def add_plan(actor: Actor, partner: str, draft: PlanDraft, *, once: str | None = None) -> str:
    """Sell something new; its public id. Raises Invalid, Missing and NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    of = next((one for one in partners.partners(actor.partner_id) if one.public_id == partner), None)
    if of is None:
        raise Missing()
    values = _columns(draft) | {"partner_id": of.id, "prices": of.settings.prices}
    public_id = rows.add(values, clock.now())
    audit.record(actor, "plan.add", say("Membership plan {plan} added", plan=draft.name), plan=public_id)
    return public_id


@writes(once="plan.change", answer=str)
def change_plan(actor: Actor, plan: str, draft: PlanDraft, *, version: int, once: str | None = None) -> str:
    """Change what is sold: it holds for what is bought or renewed from then on, and what is granted stays charged as it
    was. Raises Invalid, Conflict, Missing and NotAllowed.
    """
    found = _found(actor, plan)
    columns = _columns(draft)
    changed = {name: value for name, value in columns.items() if getattr(found, name) != value}
    if found.version != version or (changed and not rows.change(found.id, changed, version)):
        raise Conflict(CHANGED)
    if changed:
        fields = {name: [str(getattr(found, name)), str(value)] for name, value in changed.items()}
        text = say("Membership plan {plan} changed", plan=draft.name)
        audit.record(actor, "plan.change", text, plan=found.public_id, fields=fields)
    return found.public_id


@writes(once="plan.retire", answer=str)
def retire_plan(actor: Actor, plan: str, retired: bool, *, once: str | None = None) -> str:
    """Sell a plan no more, or again; whoever holds it keeps it, and it is renewed. Once more changes nothing.

    Raises Conflict, Missing and NotAllowed.
    """
    found = _found(actor, plan)
    if (found.retired_at is not None) == retired:
        return found.public_id
    if not rows.change(found.id, {"retired_at": clock.now() if retired else None}, found.version):
        raise Conflict(CHANGED)
    text = say("Membership plan {plan} is not sold any more", plan=found.name)
    if not retired:
        text = say("Membership plan {plan} is sold again", plan=found.name)
    audit.record(actor, "plan.retire", text, plan=found.public_id)
    return found.public_id


def _found(actor: Actor, plan: str) -> PlanRow:
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    found = rows.named(plan)
    if found is None or actor.partner_id not in (None, found.partner_id):
        raise Missing()
    return found


def _columns(draft: PlanDraft) -> dict[str, Any]:
    """What is kept of a draft. Raises Invalid with everything that is wrong."""
    faults: dict[str, Sentence] = {}
    period = ""
    if draft.period.strip():
        try:
            period = str(read_length(draft.period))
        except NoLength as fault:
            faults["period"] = fault.sentence
    if not draft.name:
        faults["name"] = say("Enter what it is called.")
    if draft.price_minor < 0:
        faults["price"] = say("A price is zero or more.")
    limits = {
        "visits": (draft.visits, 1, MOST_VISITS),
        "included": (draft.included, 0, MOST_VISITS),
        "age_from": (draft.age_from, 0, OLDEST),
        "age_to": (draft.age_to, 0, OLDEST),
        "freeze_days": (draft.freeze_days, 0, MOST_FREEZE),
    }
    for name, (value, least, most) in limits.items():
        if value is not None and not least <= value <= most:
            faults[name] = say("Enter a whole number from {least} to {most}.", least=least, most=most)
    if draft.age_from is not None and draft.age_to is not None and draft.age_from > draft.age_to:
        faults["age_to"] = say("Nobody is from {first} to {last} years old.", first=draft.age_from, last=draft.age_to)
    if faults:
        raise Invalid(faults)
    return {
        "name": draft.name,
        "description": draft.description,
        "price_minor": draft.price_minor,
        "rate_e3": None if draft.tax_rate is None else int(draft.tax_rate * 1000),
        "period": period,
        "visits": draft.visits,
        "benefit_class": draft.benefit_class,
        "included": draft.included,
        "discount_e3": int((draft.discount or Decimal(0)) * 1000),
        "age_from": draft.age_from,
        "age_to": draft.age_to,
        "freeze_days": draft.freeze_days or 0,
        "granted": draft.granted,
        "renews": draft.renews,
    }
