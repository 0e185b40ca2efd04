"""An adult Dependent's agreement to being acted for: as easily taken back as given (PRI2, G13)."""

from __future__ import annotations

from collections.abc import Iterable

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.deeds import Done
from portal.actions.groups.parts import Held, held, is_adult, remember
from portal.db.engine import writes
from portal.db.groups import members as groups
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, NotAllowed
from portal.rules.groups import CONSENT_VERSION, GroupRole
from portal.rules.scopes import Scope, told


@writes
def agree(actor: Actor, group: str, scopes: Iterable[Scope]) -> Done:
    """Let the Owner and Admins of a group act for the actor's own customer, as far as `scopes`.

    Raises Invalid without a scope, NotAllowed for anybody but an adult Dependent, and Missing.
    """
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid({"scopes": "Tick at least one thing, or end the agreement instead."})
    found, me = _own(actor, group)
    wanted |= {Scope.VIEW}
    if me.consent != wanted:
        groups.give_consent(me.id, wanted, actor.label)
        text = f"Agreed that the group of {found.group.owner_name} may {told(wanted)}"
        remember(actor, "group.agree", text, me.customer_id, found.group, wording=CONSENT_VERSION)
        mails.tell(actor, found.group, found.owner.customer_id, [f"{me.name} agreed that you may {told(wanted)}."])
    return Done("You agreed to being acted for", group, me.public_id)


@writes
def withdraw(actor: Actor, group: str) -> Done:
    """Take the agreement back: from the next request on nobody of the group acts for the actor's customer."""
    found, me = _own(actor, group)
    if groups.withdraw_consent(me.id):
        text = f"Took back the agreement with the group of {found.group.owner_name}"
        remember(actor, "group.withdraw", text, me.customer_id, found.group)
        mails.tell(actor, found.group, found.owner.customer_id, [f"{me.name} does not want to be acted for any more."])
    return Done("Nobody of the group acts for you any more", group, me.public_id)


def _own(actor: Actor, group: str) -> tuple[Held, groups.Member]:
    access.require_whole_login(actor)
    found = held(actor, group)
    me = found.mine
    if me is None or me.role is not GroupRole.DEPENDENT or not is_adult(me.born_on, found.group):
        raise NotAllowed("Only a Dependent who is of age agrees to being acted for.")
    return found, me
