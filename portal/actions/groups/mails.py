"""The mails about groups: invitations, changes, offers, endings and coming of age.

They name the people of the one group they are about, and nobody of any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from portal.actions.letters import Envelope, send, short
from portal.actions.logins.mails import link_address
from portal.actions.logins.signing_in import settings
from portal.db.groups.invitations import Invitation
from portal.db.groups.members import Group, Member
from portal.db.logins import emailed_tokens
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.outside.pens import LocalePen, pen_for
from portal.rules.deciding import Actor
from portal.rules.groups import GroupRole
from portal.rules.logins.emailed_links import Purpose
from portal.rules.powers import lines as lines_of
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import Sentence, say


def powers(role: GroupRole, scopes: Iterable[Scope]) -> list[Sentence]:
    """What a role in a group lets somebody do in the portal, a line each, without full stops."""
    if role is GroupRole.DEPENDENT:
        return [say("The Owner and the Admins may act for you, as far as you agree")]
    lines = lines_of(scopes)
    if role is GroupRole.ADMIN:
        return [*lines, say("Add, change and remove dependents of the group")]
    return [*lines, say("Add, change and remove dependents of the group, and its Admins")]


def place_lines(member: Member) -> list[Sentence]:
    """A member's place in its group, in sentences for a mail."""
    role, label = member.role.label, member.label
    if label:
        lines = [say("Your role is {role}, your label {label}.", role=role, label=label)]
    else:
        lines = [say("Your role is {role}.", role=role)]
    if member.until is not None:
        lines.append(say("Your access lasts until {day}.", day=member.until))
    if member.role is GroupRole.ADMIN:
        lines += [say("{power}.", power=power) for power in powers(member.role, member.scopes)]
    return lines


def _pen(group: Group) -> LocalePen:
    """What mail to a group's members is written with."""
    return pen_for(group.locale, group.time_zone)


def people_of(customer_id: int) -> list[Person]:
    """Everybody who signs in for a customer now."""
    return [person for person in logins.of_customer(customer_id) if person.may_sign_in]


def tell(actor: Actor, group: Group, customer_id: int, *lines: Sentence) -> None:
    """Tell a member what changed, unless it was its own doing."""
    by = group.partner_name if actor.is_staff else actor.name
    subject = say("A change in the group of {owner}", owner=short(group.owner_name))
    for person in people_of(customer_id):
        if person.id != actor.login_id:
            _send("group_change", person, group, subject, by=by, lines=lines, link=_page())


def send_invitation(invitation: Invitation, group: Group, token: str) -> None:
    """UX15: who invites, what it allows, until when."""
    subject = say("{inviter} invites you to a group", inviter=short(invitation.inviter))
    if invitation.inviter != group.partner_name:
        subject = say(
            "{inviter} invites you to a group at {partner}",
            inviter=short(invitation.inviter),
            partner=short(group.partner_name),
        )
    send(
        "group_invitation",
        Envelope(invitation.email, _pen(group), group.partner_name, group.owner_id, None, secret=True),
        subject,
        person=invitation.name,
        inviter=invitation.inviter,
        owner=group.owner_name,
        partner=group.partner_name,
        role=invitation.role.label,
        dependent=invitation.role is GroupRole.DEPENDENT,
        label=invitation.label,
        powers=powers(invitation.role, invitation.scopes),
        ends=invitation.until or "",
        link=f"{settings().base_url}/invitations/{token}",
        until=invitation.expires_at,
    )


def send_offer(offer: Invitation, group: Group) -> None:
    """The ownership is offered to a member, who decides in the portal."""
    assert offer.customer_id is not None
    subject = say("{owner} offers you the ownership of a group", owner=short(group.owner_name))
    for person in people_of(offer.customer_id):
        link = _page(f"waiting/{offer.public_id}")
        _send("group_offer", person, group, subject, link=link, until=offer.expires_at)


def send_access_ends(member: Member, group: Group, to: int) -> int:
    """A reminder that a membership ends, to everybody who signs in for the customer `to`; to how many (PRI3)."""
    assert member.until is not None
    people, own = people_of(to), to == member.customer_id
    subject = say("The access of {name} ends after {day}", name=short(member.name), day=member.until)
    if own:
        owner = short(group.owner_name)
        subject = say("Your access to the group of {owner} ends after {day}", owner=owner, day=member.until)
    for person in people:
        link = _page(group.public_id)
        _send("group_access_ends", person, group, subject, own=own, member=member.name, ends=member.until, link=link)
    return len(people)


def send_of_age_ahead(member: Member, group: Group, on: date, to: int) -> None:
    """Guardians hear ahead that a dependent comes of age (G13)."""
    for person in people_of(to):
        _send(
            "group_of_age_ahead",
            person,
            group,
            say("{name} comes of age on {day}", name=short(member.name), day=on),
            member=member.name,
            age=group.settings.majority_age,
            on=on,
            signs_in=bool(member.logins),
            has_email=bool(member.email),
            link=_page(group.public_id),
        )


def send_of_age(member: Member, group: Group) -> bool:
    """The new adult is asked to confirm or to end it (G13); False where no address is known.

    Without a login the mail carries an invitation to open one.
    """
    people = people_of(member.customer_id)
    for person in people:
        _of_age(member, group, person.email, person.name, _page(group.public_id), login_id=person.id)
    if people:
        return True
    if not member.email or logins.by_email(member.email) is not None:
        return False
    token, expires_at = emailed_tokens.issue(
        Purpose.INVITATION, member.email, name=member.name, scopes=ALL_SCOPES, customer_id=member.customer_id
    )
    _of_age(member, group, member.email, member.name, link_address(Purpose.INVITATION, token), until=expires_at)
    return True


def _of_age(
    member: Member,
    group: Group,
    email: str,
    name: str,
    link: str,
    *,
    login_id: int | None = None,
    until: datetime | None = None,
) -> None:
    """`until` is when a link that opens a login stops working, None for somebody who signs in already."""
    send(
        "group_of_age",
        Envelope(email, _pen(group), group.partner_name, member.customer_id, login_id, until is not None),
        say("You are of age: who may act for you?"),
        person=name,
        partner=group.partner_name,
        owner=group.owner_name,
        age=group.settings.majority_age,
        link=link,
        until=until or "",
    )


def _send(purpose: str, person: Person, group: Group, subject: Sentence, **values: object) -> None:
    """Mail about a group to somebody who signs in for one of its members."""
    send(
        purpose,
        Envelope(person.email, _pen(group), group.partner_name, person.customer_id, person.id),
        subject,
        person=person.name,
        partner=group.partner_name,
        owner=group.owner_name,
        **values,
    )


def _page(path: str = "") -> str:
    """The address of a page of My Group."""
    return "/".join(filter(None, (settings().base_url, "my-group", path)))
