"""Reading one invoice or credit note: whoever may see the books it is on (S9, S10)."""

from __future__ import annotations

from portal.actions import access
from portal.actions.invoices.composing import as_paper, compose
from portal.actions.invoices.wanted import from_content
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.invoices import finding, reading
from portal.db.invoices.finding import Paper, StoredDraft
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.invoices.papers import CreditNote, Invoice
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@snapshot
def invoice(actor: Actor, name: str, *, partner: str | None = None) -> Invoice:
    """The invoice or draft with this external id, public id or number, for staff.

    Raises Missing, NotAllowed, and Refused for a number that several partners have.
    """
    name = name.strip()
    if (stored := finding.draft(name)) is not None:
        access.require(actor, Permission.CUSTOMERS_FINANCE, customers.by_id(stored.customer_id))
        return draft_paper(stored)
    return reading.invoice(named(actor, EntryKind.INVOICE, name, partner=partner).id)


@snapshot
def credit_note(actor: Actor, name: str, *, partner: str | None = None) -> CreditNote:
    """The credit note with this external id, public id or number, for staff. Raises as `invoice` does."""
    return reading.credit_note(named(actor, EntryKind.CREDIT_NOTE, name.strip(), partner=partner).id)


def draft_paper(stored: StoredDraft) -> Invoice:
    """A draft as it would read if it were issued now."""
    profile = customers.by_id(stored.customer_id)
    payer = profile if profile.payer_id == profile.id else customers.by_id(profile.payer_id)
    composed = compose(profile, payer, from_content(stored.content, stored.customer, stored.external_id))
    return as_paper(composed, stored.public_id, clock.today(profile.time_zone))


def named(
    actor: Actor,
    kind: EntryKind,
    name: str,
    *,
    partner: str | None = None,
    permission: Permission = Permission.CUSTOMERS_FINANCE,
) -> Paper:
    """The paper that somebody means who typed `name`, when the actor may. Raises Missing, NotAllowed and Refused."""
    found = finding.papers(kind, name, partner_id=_partner(actor, partner))
    if not found:
        raise Missing(say("There is no {kind} “{name}”.", kind=kind.noun, name=name[:100]))
    if len(found) > 1:
        names = tuple(one.partner for one in found)
        message = say("{partners} each have a {kind} {name}.", partners=names, kind=kind.noun, name=name)
        raise Refused([Reason("F2", message, say("Say whose it is: --partner."))])
    access.require(actor, permission, customers.by_id(found[0].holder_id))
    return found[0]


def _partner(actor: Actor, name: str | None) -> int | None:
    """The partner that was named, or whom the actor is bound to. Raises Missing."""
    if name is None:
        return actor.partner_id
    for key, public_id, called in partners.names(actor.partner_id):
        if name in (public_id, called):
            return key
    raise Missing(say("There is no partner “{name}”.", name=name[:100]))


@snapshot
def customer_of(actor: Actor, reference: str, partner: str | None) -> str:
    """The customer that was named, when it is of the partner that was named, if one was. Raises Missing."""
    profile = customers.require(reference)
    bound = _partner(actor, partner)
    if bound not in (None, profile.partner_id):
        raise Missing(say("There is no customer “{reference}”.", reference=reference))
    return profile.public_id


@snapshot
def currency_of(actor: Actor, name: str, partner: str | None) -> str:
    """In which currency the invoice that was named is. Raises as `invoice` does."""
    return named(actor, EntryKind.INVOICE, name.strip(), partner=partner).currency
