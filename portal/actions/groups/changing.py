"""Changing a member: its role, label, rights and end, and with the role Owner who owns the group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from portal.actions import access
from portal.actions.groups import guardians, mails
from portal.actions.groups.guardians import Foresight
from portal.actions.groups.parts import (
    HeldGroup,
    Outcome,
    deed_on,
    hold,
    is_adult,
    joining_refusals,
    label_id,
    look,
    make_owner,
    member_by_id,
    member_facts,
    refuse_frozen,
    remember,
    scopes_for,
    stepped_down,
    today_of,
    unchanged,
)
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.members import Group, Member
from portal.rules import groups as rules
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.groups import GroupRole, Rule, lasts
from portal.rules.groups.ends import NO_END, End, end_of, last_day
from portal.rules.groups.guardians import Place, changed
from portal.rules.powers import chosen, rights
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import Sentence, say, together


@dataclass(frozen=True, slots=True)
class Edit:
    """What a member is to be. `scopes` count for an Admin only; `until` is the last day or NO_END, and
    None leaves the end as it is: it goes away by NO_END alone (G16), and with the role Owner, which has none.

    `offered` says that they were chosen among what is offered, so that others stay as they are (G17).
    """

    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: End | None = None
    offered: bool = False

    @property
    def last_day(self) -> date | None:
        """The end of one that says it, as it is stored."""
        assert self.until is not None
        return last_day(self.until)


@snapshot
def require_changeable(actor: Actor, group: str, member: str) -> None:
    """Raises NotAllowed where the actor may not change or remove a member (G6, G18), and Missing."""
    held = look(actor, group)
    one = held.member(member)
    access.require_group(actor, held.group, deed_on(one.role))
    refuse_frozen(actor, one)


@snapshot
def foresee_change(actor: Actor, group: str, member: str, wanted: Edit) -> Foresight:
    """What changing a member would mean for who acts for whom (G15). Raises Missing and NotAllowed."""
    held = look(actor, group)
    before = held.member(member)
    access.require_group(actor, held.group, deed_on(before.role, wanted.role))
    refuse_frozen(actor, before)
    return _foresee(actor, held, before, _whole(before, wanted))


@writes(once="group.change", answer=Outcome)
def change_member(
    actor: Actor,
    group: str,
    member: str,
    wanted: Edit,
    *,
    version: int | None = None,
    mark: str | None = None,
    once: str | None = None,
) -> Outcome:
    """Change a member's role, label, scopes and end. For staff the role Owner transfers the ownership (G3).

    `version` is the one the form was opened with, `mark` stands for the consequences that were shown. Raises Conflict
    when the member or they changed since (R24), Refused, Invalid for fields, Missing and NotAllowed.
    """
    held = hold(actor, group, None, *_customer_of(member))
    before = held.member(member)
    access.require_group(actor, held.group, deed_on(before.role, wanted.role))
    refuse_frozen(actor, before)
    unchanged(version, before.version)
    wanted = _whole(before, wanted)
    foreseen = _foresee(actor, held, before, wanted)
    if foreseen.reasons:
        raise Refused(foreseen.reasons, foreseen.headline)
    seen.unchanged(mark, foreseen.mark, guardians.CHANGED)
    worn = label_id(wanted.label, before.label_id)
    changes = _changes(before, wanted, worn)
    if wanted.role is GroupRole.OWNER and before.role is not GroupRole.OWNER:
        before = _transfer(actor, held, before)
    if not changes:
        return Outcome(say("{name} is as before", name=before.name), group, member)
    _change(actor, held.group, before, wanted, worn, changes)
    return Outcome(say("{name}: {changes}", name=before.name, changes=_listed(changes)), group, member)


def _whole(member: Member, wanted: Edit) -> Edit:
    """What is wanted with what it does not say: the end as it is (G16), and the scopes that the form does not offer,
    where an Admin has them already (G17).
    """
    if wanted.until is None:
        wanted = replace(wanted, until=NO_END if wanted.role is GroupRole.OWNER else end_of(member.until))
    if not wanted.offered:
        return wanted
    before = member.scopes if member.role is GroupRole.ADMIN else frozenset[Scope]()
    return replace(wanted, scopes=chosen(wanted.scopes, before))


def _customer_of(member: str) -> list[int]:
    """The customer of a membership: held with the group, so that two ends cannot move past the limit at once (G5)."""
    found = groups.member(member)
    return [found.customer_id] if found is not None else []


def _foresee(actor: Actor, held: HeldGroup, member: Member, wanted: Edit) -> Foresight:
    before = guardians.places_of(held)
    after = _places_after(actor, held, member, wanted)
    reasons = _refusals(actor, held, member, wanted)
    headline = say("{name} can’t be changed like this", name=member.name)
    return guardians.foresee(before, after, held, reasons, headline)


def _places_after(actor: Actor, held: HeldGroup, member: Member, wanted: Edit) -> tuple[Place, ...]:
    """Everybody's place once a member is what is wanted of it."""
    consent = member.consent
    if member.role is not wanted.role:
        consent = ALL_SCOPES if actor.is_staff else None
    scopes = scopes_for(wanted.role, wanted.scopes)
    more = {"scopes": scopes, "until": wanted.last_day, "consent": consent}
    return changed(guardians.places_of(held), member.id, wanted.role, **more)


def _refusals(actor: Actor, held: HeldGroup, member: Member, wanted: Edit) -> list[Reason]:
    today = today_of(held.group)
    reasons = rules.change_refusals(member_facts(member, held.group, actor), wanted.role, wanted.last_day, today)
    if wanted.role is GroupRole.OWNER and member.role is not GroupRole.OWNER and not actor.is_staff:
        message = say("{name} has to accept the ownership.", name=member.name)
        remedy = say("Offer it to them instead; you stay the Owner until they accept.")
        reasons.append(Reason(Rule.ONE_OWNER, message, remedy))
    return reasons + _beyond_limit(held.group, member, wanted, today)


def _beyond_limit(group: Group, member: Member, wanted: Edit, today: date) -> list[Reason]:
    """G5: a membership that has ended begins to count again when its end moves."""
    if lasts(member.until, today) or not lasts(wanted.last_day, today):
        return []
    return joining_refusals(customers.by_id(member.customer_id), group, anew=False)


def _changes(member: Member, wanted: Edit, worn: int | None) -> list[Sentence]:
    """What will differ, in plain words."""
    words = []
    if wanted.role is not member.role:
        words.append(say("role {role}", role=wanted.role.label))
    if worn != member.label_id:
        words.append(say("another label") if worn is not None else say("no label"))
    if wanted.role is GroupRole.ADMIN and scopes_for(wanted.role, wanted.scopes) != member.scopes:
        words.append(say("other rights"))
    if wanted.role is not GroupRole.OWNER and wanted.last_day != member.until:
        words.append(say("until {day}", day=wanted.last_day) if wanted.last_day else say("without an end"))
    return words


def _listed(changes: Iterable[Sentence]) -> Sentence:
    return together(*changes, by=", ")


def _transfer(actor: Actor, held: HeldGroup, member: Member) -> Member:
    """Make a member the Owner; the member as it is then."""
    make_owner(actor, held.group, held.owner, member)
    mails.tell(actor, held.group, member.customer_id, say("You are the Owner of the group now."))
    mails.tell(actor, held.group, held.owner.customer_id, stepped_down(held.owner, held.group, member.name))
    return member_by_id(member.public_id)


def _change(
    actor: Actor, group: Group, member: Member, wanted: Edit, worn: int | None, changes: Iterable[Sentence]
) -> None:
    scopes = scopes_for(wanted.role, wanted.scopes)
    groups.change_member(member, role=wanted.role, label_id=worn, scopes=scopes, until=wanted.last_day)
    _settle_consent(actor, group, member, wanted.role)
    if member.role is GroupRole.ADMIN and wanted.role is GroupRole.DEPENDENT:
        group_invitations.revoke_offers(group.id, member.customer_id)
    text = say(
        "{name} in the group of {owner}: {changes}",
        name=member.name,
        owner=group.owner_name,
        changes=_listed(changes),
    )
    fields = _fields(member, wanted)
    remember(actor, "group.change", text, member.customer_id, group, fields=fields)
    if wanted.role is not GroupRole.OWNER:
        now = member_by_id(member.public_id)
        mails.tell(actor, group, member.customer_id, *mails.place_lines(now))


def _fields(before: Member, wanted: Edit) -> dict[str, list[str]]:
    """Old and new values of what differs, as the log keeps them (O8)."""
    pairs = {
        "role": (before.role.value, wanted.role.value),
        "label": (before.label, wanted.label),
        "until": (before.until, wanted.last_day if wanted.role is not GroupRole.OWNER else None),
        "rights": (rights(before.scopes), rights(scopes_for(wanted.role, wanted.scopes))),
    }
    if not (before.role is wanted.role is GroupRole.ADMIN):
        del pairs["rights"]
    return {
        name: ["" if one is None else str(one) for one in pair] for name, pair in pairs.items() if pair[0] != pair[1]
    }


def _settle_consent(actor: Actor, group: Group, member: Member, role: GroupRole) -> None:
    """Only a Dependent's agreement counts; where staff make an adult one, they have it on paper (PRI2)."""
    if role is not GroupRole.DEPENDENT:
        groups.withdraw_consent(member.id)
    elif member.role is not GroupRole.DEPENDENT and actor.is_staff and is_adult(member.born_on, group):
        groups.give_consent(member.id, ALL_SCOPES, f"recorded by {actor.label}")
