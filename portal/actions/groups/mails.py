"""The mails about groups: invitations, changes, offers, endings and coming of age.

They name the people of the one group they are about, and nobody of any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from portal.actions.logins.mails import link_address
from portal.actions.logins.signing_in import settings
from portal.db import outbox
from portal.db.groups.invitations import Invitation
from portal.db.groups.members import Group, Member
from portal.db.logins import emailed_tokens
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.outside import mail_texts
from portal.outside.pens import LocalePen, pen_for
from portal.rules.deciding import SCOPES_IN_USE, Actor
from portal.rules.groups import GroupRole
from portal.rules.logins import Purpose
from portal.rules.scopes import ALL_SCOPES, SCOPE_LINES, Scope
from portal.rules.sentences import Sentence, say, write


def powers(role: GroupRole, scopes: Iterable[Scope]) -> list[Sentence]:
    """What a role in a group lets somebody do in the portal, a line each, without full stops."""
    if role is GroupRole.DEPENDENT:
        return [say("The Owner and the Admins may act for you, as far as you agree")]
    wanted = SCOPES_IN_USE & set(scopes)
    lines = [SCOPE_LINES[scope] for scope in Scope if scope in wanted]
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
    for person in people_of(customer_id):
        if person.id != actor.login_id:
            _send(
                "group_change",
                person,
                group,
                owner=group.owner_name,
                by=by,
                lines=[write(line, _pen(group)) for line in lines],
                link=f"{settings().base_url}/my-group",
            )


def send_invitation(invitation: Invitation, group: Group, token: str) -> None:
    """UX15: who invites, what it allows, until when."""
    pen = _pen(group)
    subject, text, html = mail_texts.render(
        "group_invitation",
        email=invitation.email,
        sender=group.partner_name,
        person=invitation.name,
        inviter=invitation.inviter,
        owner=group.owner_name,
        partner=group.partner_name,
        role=write(invitation.role.label, pen),
        dependent=invitation.role is GroupRole.DEPENDENT,
        label=invitation.label,
        powers=[write(power, pen) for power in powers(invitation.role, invitation.scopes)],
        ends=pen.day(invitation.until) if invitation.until else "",
        link=f"{settings().base_url}/invitations/{token}",
        until=pen.moment(invitation.expires_at),
    )
    outbox.queue(
        purpose="group_invitation",
        to=[invitation.email],
        subject=subject,
        text=text,
        html=html,
        customer_id=group.owner_id,
        login_id=None,
        secret=True,
        sender_name=group.partner_name,
    )


def send_offer(offer: Invitation, group: Group) -> None:
    """The ownership is offered to a member, who decides in the portal."""
    assert offer.customer_id is not None
    for person in people_of(offer.customer_id):
        _send(
            "group_offer",
            person,
            group,
            owner=group.owner_name,
            link=f"{settings().base_url}/my-group/waiting/{offer.public_id}",
            until=_pen(group).moment(offer.expires_at),
        )


def send_access_ends(member: Member, group: Group, to: int) -> int:
    """A reminder that a membership ends, to everybody who signs in for the customer `to`; to how many (PRI3)."""
    assert member.until is not None
    people = people_of(to)
    for person in people:
        _send(
            "group_access_ends",
            person,
            group,
            owner=group.owner_name,
            own=to == member.customer_id,
            member=member.name,
            ends=_pen(group).day(member.until),
            link=f"{settings().base_url}/my-group/{group.public_id}",
        )
    return len(people)


def send_of_age_ahead(member: Member, group: Group, on: date, to: int) -> None:
    """Guardians hear ahead that a dependent comes of age (G13)."""
    for person in people_of(to):
        _send(
            "group_of_age_ahead",
            person,
            group,
            member=member.name,
            age=group.settings.majority_age,
            on=_pen(group).day(on),
            signs_in=bool(member.logins),
            has_email=bool(member.email),
            link=f"{settings().base_url}/my-group/{group.public_id}",
        )


def send_of_age(member: Member, group: Group) -> bool:
    """The new adult is asked to confirm or to end it (G13); False where no address is known.

    Without a login the mail carries an invitation to open one.
    """
    people = people_of(member.customer_id)
    link = f"{settings().base_url}/my-group/{group.public_id}"
    for person in people:
        _of_age(member, group, person.email, person.name, link, login_id=person.id)
    if people:
        return True
    if not member.email or logins.by_email(member.email) is not None:
        return False
    token, expires_at = emailed_tokens.issue(
        Purpose.INVITATION, member.email, name=member.name, scopes=ALL_SCOPES, customer_id=member.customer_id
    )
    until = _pen(group).moment(expires_at)
    _of_age(member, group, member.email, member.name, link_address(Purpose.INVITATION, token), until=until)
    return True


def _of_age(
    member: Member, group: Group, email: str, name: str, link: str, *, login_id: int | None = None, until: str = ""
) -> None:
    """`until` is when a link that opens a login stops working, "" for somebody who signs in already."""
    subject, text, html = mail_texts.render(
        "group_of_age",
        email=email,
        sender=group.partner_name,
        person=name,
        partner=group.partner_name,
        owner=group.owner_name,
        age=group.settings.majority_age,
        link=link,
        until=until,
    )
    outbox.queue(
        purpose="group_of_age",
        to=[email],
        subject=subject,
        text=text,
        html=html,
        customer_id=member.customer_id,
        login_id=login_id,
        secret=bool(until),
        sender_name=group.partner_name,
    )


def _send(purpose: str, person: Person, group: Group, **values: object) -> None:
    subject, text, html = mail_texts.render(
        purpose, email=person.email, sender=group.partner_name, person=person.name, partner=group.partner_name, **values
    )
    outbox.queue(
        purpose=purpose,
        to=[person.email],
        subject=subject,
        text=text,
        html=html,
        customer_id=person.customer_id,
        login_id=person.id,
        sender_name=group.partner_name,
    )
