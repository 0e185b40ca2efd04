"""An adult Dependent's agreement to being acted for: as easily taken back as given (PRI2, G13)."""

from __future__ import annotations

from collections.abc import Iterable

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.parts import HeldGroup, Outcome, hold, is_adult, remember
from portal.db.engine import writes
from portal.db.groups import members as groups
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, NotAllowed
from portal.rules.groups import CONSENT_VERSION, GroupRole
from portal.rules.powers import rights
from portal.rules.scopes import Scope
from portal.rules.sentences import say


@writes
def agree(actor: Actor, group: str, scopes: Iterable[Scope]) -> Outcome:
    """Let the Owner and Admins of a group act for the actor's own customer, as far as `scopes`.

    Raises Invalid without a scope, NotAllowed for anybody but an adult Dependent, and Missing.
    """
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid({"scopes": say("Tick at least one thing, or end the agreement instead.")})
    held, me = _own(actor, group)
    wanted |= {Scope.VIEW}
    if me.consent != wanted:
        groups.give_consent(me.id, wanted, actor.label)
        owner = held.group.owner_name
        text = say("Agreed that the group of {owner} may {rights}", owner=owner, rights=rights(wanted))
        remember(actor, "group.agree", text, me.customer_id, held.group, wording=CONSENT_VERSION)
        text = say("{name} agreed that you may {rights}.", name=me.name, rights=rights(wanted))
        mails.tell(actor, held.group, held.owner.customer_id, text)
    return Outcome(say("You agreed to being acted for"), group, me.public_id)


@writes
def withdraw(actor: Actor, group: str) -> Outcome:
    """Take the agreement back: from the next request on nobody of the group acts for the actor's customer."""
    held, me = _own(actor, group)
    if groups.withdraw_consent(me.id):
        text = say("Took back the agreement with the group of {owner}", owner=held.group.owner_name)
        remember(actor, "group.withdraw", text, me.customer_id, held.group)
        text = say("{name} does not want to be acted for any more.", name=me.name)
        mails.tell(actor, held.group, held.owner.customer_id, text)
    return Outcome(say("Nobody of the group acts for you any more"), group, me.public_id)


def _own(actor: Actor, group: str) -> tuple[HeldGroup, groups.Member]:
    access.require_whole_login(actor)
    held = hold(actor, group)
    me = held.mine
    if me is None or me.role is not GroupRole.DEPENDENT or not is_adult(me.born_on, held.group):
        raise NotAllowed(say("Only a Dependent who is of age agrees to being acted for."))
    return held, me
