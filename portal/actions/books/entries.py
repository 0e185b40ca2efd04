"""Opening one entry of the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.actions import access
from portal.db.books import entries
from portal.db.books.entries import FoundEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, verbatim
from portal.rules.statements.figures import LOWERING_KINDS, Party


@dataclass(frozen=True, slots=True)
class Effect:
    """What the entry did to one of the payer's accounts, in signed minor units."""

    account: Ledger
    amount_minor: int


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as its page shows it.

    `amount_minor` and `tax_minor` are positive for a charge and for a payment alike; `lowers` says which it is.
    `entered_by` names the operator instead of its administrators, and `reason` is empty, except for staff.
    `reverses` and `reversed_by` are the public id and number of the other entry.
    """

    public_id: str
    number: str
    kind: EntryKind
    on: date
    entered_at: datetime
    entered_by: Sentence
    currency: str
    amount_minor: int
    tax_minor: int
    lowers: bool
    description: str
    category: str
    external_id: str | None
    reason: str
    payer: Party
    issued_for: Party
    effects: tuple[Effect, ...]
    reverses: tuple[str, str] | None
    reversed_by: tuple[str, str] | None


@snapshot
def open_entry(actor: Actor, customer: str, public_id: str) -> EntryView:
    """An entry on the books that `customer` (public or external id) may see.

    Those are its own books, and what was issued for it on the books it shares (S9). Raises Missing for any other
    entry, and NotAllowed for an aggregated sub-account.
    """
    profile = customers.by_reference(customer)
    if profile is None:
        raise Missing()
    access.require(actor, Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW, profile)
    found = entries.find(public_id)
    effects = _effects(actor, profile, found) if found else ()
    if found is None or not effects:
        raise Missing()
    return _view(actor, profile, found, effects)


def _effects(actor: Actor, profile: Profile, found: FoundEntry) -> tuple[Effect, ...]:
    """What the entry did to the accounts that are seen through `profile`; nothing if they are not its concern.

    A transfer stands on the books of both customers, so the books are not only those of the entry's payer.
    """
    shared = profile.is_secondary and found.payer_id == profile.mate_id
    issued = found.issued_for_id == profile.id and (actor.is_staff or shared)
    owners = [profile.id, found.payer_id] if issued else [profile.id]
    return tuple(Effect(Ledger(kind), amount) for kind, amount in entries.effects_on(found.id, owners))


def _view(actor: Actor, profile: Profile, found: FoundEntry, effects: tuple[Effect, ...]) -> EntryView:
    return EntryView(
        public_id=found.public_id,
        number=found.number,
        kind=EntryKind(found.kind),
        on=found.booked_on,
        entered_at=found.entered_at,
        entered_by=_entered_by(actor, profile, found),
        currency=found.currency,
        amount_minor=abs(found.amount_minor),
        tax_minor=abs(found.tax_minor),
        lowers=found.amount_minor < 0 or (found.amount_minor == 0 and found.kind in LOWERING_KINDS),
        description=found.description,
        category=found.category,
        external_id=found.external_id,
        reason=found.reason if actor.is_staff else "",
        payer=found.payer,
        issued_for=found.issued_for,
        effects=effects,
        reverses=found.reverses,
        reversed_by=found.reversed_by,
    )


def _entered_by(actor: Actor, profile: Profile, found: FoundEntry) -> Sentence:
    """Customers read the operator's name, not which of its people it was."""
    if actor.is_staff:
        return verbatim(found.actor)
    return say("you") if found.actor == actor.label else verbatim(profile.partner_name)
