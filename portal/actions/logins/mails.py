"""The mails about logins. Those with a link in them are secret: the outbox shows nobody their text."""

from __future__ import annotations

from datetime import datetime

from portal.actions.logins.signing_in import settings
from portal.db import outbox
from portal.db.customers.profiles import Profile
from portal.db.logins.people import Person
from portal.outside import clock, mail_texts
from portal.outside.pens import LocalePen, pen_for
from portal.rules.deciding import SCOPES_IN_USE
from portal.rules.logins import Purpose
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.scopes import SCOPE_LINES, Scope, rights_line
from portal.rules.sentences import Sentence, write

OPERATOR = "Kith"
"""Who invites staff that are bound to no partner."""


def link_address(purpose: Purpose, token: str) -> str:
    """Where the link in the mail leads."""
    return f"{settings().base_url}/login/{purpose.value}/{token}"


def powers(scopes: frozenset[Scope]) -> list[Sentence]:
    """What a login with `scopes` may do in the portal, a line each."""
    return [SCOPE_LINES[scope] for scope in Scope if scope in scopes & SCOPES_IN_USE]


def powers_line(scopes: frozenset[Scope]) -> Sentence:
    """The same in one line; NOTHING for a login that may do nothing."""
    return rights_line(scopes & SCOPES_IN_USE)


def _pen(settings: PartnerSettings) -> LocalePen:
    """What mail to somebody of that partner is written with."""
    return pen_for(settings.locale, settings.time_zone)


def send_reset(person: Person, token: str, until: datetime) -> None:
    _send(
        "reset",
        person.email,
        sender_name=person.partner_name,
        customer_id=person.customer_id,
        login_id=person.id or None,
        person=person.name,
        link=link_address(Purpose.RESET, token),
        until=_pen(person.settings).moment(until),
    )


def send_activation(customer: Profile, token: str, until: datetime) -> None:
    _send(
        "activation",
        customer.email,
        sender_name=customer.partner_name,
        customer_id=customer.id,
        login_id=None,
        person=customer.name,
        partner=customer.partner_name,
        link=link_address(Purpose.ACTIVATION, token),
        until=_pen(customer.settings).moment(until),
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
    _send(
        "invitation",
        email,
        sender_name=inviter,
        customer_id=customer.id if customer else None,
        login_id=login_id,
        person=name,
        inviter=inviter,
        customer=customer.name if customer else "",
        powers=[write(power, pen) for power in powers(scopes)],
        link=link_address(Purpose.INVITATION, token),
        until=pen.moment(until),
    )


def send_password_changed(person: Person) -> None:
    """SEC26: whoever owned the login until now hears of it."""
    _send(
        "password_changed",
        person.email,
        secret=False,
        sender_name=person.partner_name,
        customer_id=person.customer_id,
        login_id=person.id,
        person=person.name,
        at=_pen(person.settings).moment(clock.now()),
        forgot=f"{settings().base_url}/login/forgot",
        partner=person.partner_name or OPERATOR,
    )


def _send(
    purpose: str,
    to: str,
    *,
    sender_name: str,
    customer_id: int | None,
    login_id: int | None,
    secret: bool = True,
    **values: object,
) -> None:
    subject, text, html = mail_texts.render(purpose, email=to, sender=sender_name, **values)
    outbox.queue(
        purpose=purpose,
        to=[to],
        subject=subject,
        text=text,
        html=html,
        customer_id=customer_id,
        login_id=login_id,
        secret=secret,
        sender_name=sender_name,
    )
