"""Which paper of the books somebody means who types a number (F2)."""

from __future__ import annotations

from collections.abc import Collection

from portal.actions import access
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.invoices import items
from portal.db.invoices.items import Item
from portal.db.partners import settings as partners
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


def partner_named(actor: Actor, name: str | None) -> tuple[int, str] | None:
    """The partner with a name or public id: its key and name. None for none, or whom the actor is bound to.

    Raises Missing for one that is not there, or that the actor may not know of.
    """
    known = partners.names(actor.partner_id)
    if name is None:
        return (known[0][0], known[0][2]) if actor.partner_id is not None and known else None
    found = [one for one in known if name == one[1]] or [one for one in known if name == one[2]]
    if not found:
        raise Missing(say("There is no partner “{name}”.", name=name[:100]))
    return found[0][0], found[0][2]


def item_named(
    actor: Actor,
    name: str,
    what: Sentence,
    *,
    kinds: Collection[EntryKind] = tuple(EntryKind),
    charges: bool | None = None,
    partner: str | None = None,
    beside: Item | None = None,
) -> tuple[Item, Profile]:
    """The item with this external id, public id or number, and whom it stands with, for an actor who may post to it.

    `kinds` come in the order in which they are looked for where a number stands in several series; `charges` asks for
    what is owed, or for what settles it. `what` is what was asked for, such as "payment". Of several partners that
    have the number, that of the item `beside` is meant. Raises Missing, NotAllowed and Refused where it stays open
    which partner is.
    """
    bound = partner_named(actor, partner)
    found = items.named(name.strip(), partner_id=bound[0] if bound else None)
    order = {kind: place for place, kind in enumerate(kinds)}
    fitting = sorted(
        (one for one in found if one.kind in order and charges in (None, one.is_charge)),
        key=lambda one: (order[one.kind], one.id),
    )
    if not fitting:
        if found:
            kind = found[0].kind.noun
            raise Missing(
                say("“{name}” is of the kind {kind}, and this needs: {what}.", name=name, kind=kind, what=what)
            )
        raise Missing(say("There is nothing called “{name}”. Needed is: {what}.", name=name[:100], what=what))
    if beside is not None:
        fitting = [one for one in fitting if one.partner_id == beside.partner_id] or fitting
    if len(names := tuple(sorted({one.partner for one in fitting}))) > 1:
        message = say("The number {number} is one of {partners}.", number=name, partners=names)
        raise Refused([Reason("F2", message, say("Say which partner is meant."))])
    item = fitting[0]
    holder = customers.by_id(item.holder_id)
    access.require(actor, Permission.FINANCE_POST, holder)
    return item, holder
