"""What a change of a group means for who acts for whom, from the rule that decides it (G15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from portal.actions.groups.parts import HeldGroup, look, refuse_frozen, today_of
from portal.db import idempotency as operations
from portal.db.engine import snapshot
from portal.db.groups.guardians import place_of
from portal.db.groups.members import Member
from portal.db.logins import people as logins
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole, MemberFacts, ending_refusals
from portal.rules.groups.guardians import Place, Places, abandoning_refusals, consequences
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import Sentence, say

CHANGED = say("What this would mean has changed since you looked. Read it again before you go on.")


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a change of roles would mean: its consequences, or why it cannot be. `mark` stands for what was shown."""

    consequences: tuple[Sentence, ...]
    reasons: tuple[Reason, ...]
    headline: Sentence
    mark: str


def places_of(held: HeldGroup) -> tuple[Place, ...]:
    """Everybody of a group as the rules need to know them."""
    return tuple(place_of(one, held.group.settings) for one in held.everybody)


def joining_place(customer_id: int, name: str, role: GroupRole, *, adult: bool = True, age_known: bool = True) -> Place:
    """The place of a customer that staff make a member; an adult's agreement is recorded with it (PRI2)."""
    signs_in = any(person.may_sign_in for person in logins.of_customer(customer_id))
    return Place(-customer_id, name, role, adult, age_known, signs_in, consent=ALL_SCOPES)


def foresee(before: Places, after: Places, held: HeldGroup, reasons: Iterable[Reason], headline: Sentence) -> Foresight:
    """What it means that `before` becomes `after`; `reasons` are what else stands in the way of it."""
    today = today_of(held.group)
    refusals = (*reasons, *abandoning_refusals(before, after, today))
    texts = consequences(before, after, today)
    mark = operations.fingerprint([held.group.public_id, held.group.version, [str(text) for text in texts]])
    return Foresight(texts, refusals, headline, mark)


@snapshot
def foresee_removal(actor: Actor, group: str, member: str) -> Foresight:
    """What it would mean that a member is not in the group any more. Raises Missing and NotAllowed."""
    held = look(actor, group)
    gone = held.member(member)
    refuse_frozen(actor, gone)
    before = places_of(held)
    after = [one for one in before if one.key != gone.id]
    headline = say("{name} can’t leave the group yet", name=gone.name)
    return replace(foresee(before, after, held, (), headline), reasons=tuple(leaving_refusals(held, gone)))


@snapshot
def foresee_dissolution(actor: Actor, group: str) -> Foresight:
    """What it would mean that a group is no more. Raises Missing and NotAllowed."""
    held = look(actor, group, GroupDeed.OWN)
    refuse_frozen(actor, *held.everybody)
    headline = say("The group of {owner} can’t be dissolved yet", owner=held.group.owner_name)
    return foresee(places_of(held), (), held, (), headline)


def leaving_refusals(held: HeldGroup, member: Member) -> list[Reason]:
    """Why a member cannot go: it owns the group (G8), or somebody would be left with nobody who acts for them."""
    before = places_of(held)
    after = [one for one in before if one.key != member.id]
    ending = ending_refusals(MemberFacts(member.name, member.role), len(after))
    return ending or abandoning_refusals(before, after, today_of(held.group))
