"""The mails about logins. Those with a link in them are secret: the outbox shows nobody their text."""

from __future__ import annotations

from datetime import datetime

from portal.actions.letters import Envelope, send
from portal.actions.logins.signing_in import settings
from portal.db.customers.profiles import Profile
from portal.db.logins.people import Person
from portal.outside import clock
from portal.outside.pens import LocalePen, pen_for
from portal.rules.logins.emailed_links import Purpose
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.powers import lines, rights_line
from portal.rules.scopes import Scope
from portal.rules.sentences import Sentence, say, write

OPERATOR = "Kith"
"""Who invites staff that are bound to no partner."""


def link_address(purpose: Purpose, token: str) -> str:
    """Where the link in the mail leads."""
    return f"{settings().base_url}/login/{purpose.value}/{token}"


def powers(scopes: frozenset[Scope]) -> list[Sentence]:
    """What a login with `scopes` may do in the portal, a line each."""
    return lines(scopes)


def powers_line(scopes: frozenset[Scope]) -> Sentence:
    """The same in one line; NOTHING for a login that may do nothing."""
    return rights_line(scopes)


def _pen(settings: PartnerSettings) -> LocalePen:
    """What mail to somebody of that partner is written with."""
    return pen_for(settings.locale, settings.time_zone)


def _envelope(person: Person, *, secret: bool = False) -> Envelope:
    login_id = person.id or None  # nobody's stands in for somebody we do not know
    return Envelope(person.email, _pen(person.settings), person.partner_name, person.customer_id, login_id, secret)


def send_reset(person: Person, token: str, until: datetime) -> None:
    send(
        "reset",
        _envelope(person, secret=True),
        say("Choose a new password"),
        person=person.name,
        link=link_address(Purpose.RESET, token),
        until=until,
    )


def send_activation(customer: Profile, token: str, until: datetime) -> None:
    send(
        "activation",
        Envelope(customer.email, _pen(customer.settings), customer.partner_name, customer.id, None, secret=True),
        say("Activate your account at {partner}", partner=customer.partner_name),
        person=customer.name,
        partner=customer.partner_name,
        link=link_address(Purpose.ACTIVATION, token),
        until=until,
    )


def send_shared_address(customer: Profile, other: Person, *, may_join: bool) -> None:
    """To somebody who wants to sign in for `customer` with an address that is `other`'s login: what to do (C2)."""
    pen = _pen(customer.settings)
    ways = [
        say(
            "Have an address of your own: tell {partner} which one, and activate your account with it.",
            partner=customer.partner_name,
        )
    ]
    if may_join:
        ways.append(
            say(
                "Or let {other} act for you: ask {partner} to add {customer} to the group of {other} as a Dependent. "
                "{other} then signs in as before and finds {customer} in the list of people, at the top of every page.",
                other=other.name,
                partner=customer.partner_name,
                customer=customer.name,
            )
        )
    send(
        "shared_address",
        Envelope(customer.email, pen, customer.partner_name, customer.id, None),
        say("This address has a login already"),
        person=customer.name,
        partner=customer.partner_name,
        other=other.name,
        ways=[write(way, pen) for way in ways],
        contact=", ".join(line.strip() for line in customer.partner_contact.split("\n") if line.strip()),
    )


def send_invitation(
    *,
    email: str,
    name: str,
    inviter: str,
    customer: Profile | None,
    scopes: frozenset[Scope],
    token: str,
    until: datetime,
    login_id: int | None = None,
) -> None:
    """`customer` is whom the login will be for, None for one of the operator's staff; `inviter` is the partner."""
    pen = _pen(customer.settings if customer else DEFAULTS)
    send(
        "invitation",
        Envelope(email, pen, inviter, customer.id if customer else None, login_id, secret=True),
        say("{name} invites you to the portal", name=inviter),
        person=name,
        inviter=inviter,
        customer=customer.name if customer else "",
        powers=powers(scopes),
        link=link_address(Purpose.INVITATION, token),
        until=until,
    )


def send_password_changed(person: Person) -> None:
    """SEC26: whoever owned the login until now hears of it."""
    send(
        "password_changed",
        _envelope(person),
        say("Your password was changed"),
        person=person.name,
        at=clock.now(),
        forgot=f"{settings().base_url}/login/forgot",
        partner=person.partner_name or OPERATOR,
    )
