"""Joining a group by the link in the mail, for somebody who does not sign in to the portal yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from portal.actions.groups.answering import GONE, Opened, find_open, join_by, look_at, profile_on_file
from portal.actions.groups.checks import squeezed, wrong_birth, wrong_names
from portal.actions.groups.parts import Outcome
from portal.actions.groups.refusing import taken_back_from_children
from portal.actions.logins.checks import good_password
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, Profile
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups.members import Group
from portal.db.logins import emailed_tokens
from portal.db.logins import people as logins
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.errors import Conflict, Invalid
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import say


def accept_as_newcomer(
    token: str,
    password: str,
    given_name: str,
    family_name: str,
    born_on: date | None = None,
    agreed: Iterable[Scope] = ALL_SCOPES,
) -> Outcome:
    """Join by the link in the mail, for somebody who does not sign in yet: opens a login with the chosen password.

    A profile that has the invited address on file and no login is opened; otherwise a new customer is made.
    Raises Invalid for fields, Conflict when the link has stopped working, Refused with every unmet condition. Somebody
    who is not of age and was to become an Admin is refused, and the invitation taken back (G15).
    """
    opened = look_at(token)
    if not opened.works or opened.knows_login:
        raise Conflict(GONE)
    given, family = squeezed(given_name), squeezed(family_name)
    _check(opened, given, family, born_on)
    # Hashing takes long, so it is done before the transaction that makes others wait begins.
    hashed = good_password(password, (opened.email, given, family))
    with taken_back_from_children(None, opened.public_id):
        return _join(token, hashed, (given, family), born_on, frozenset(agreed))


@writes
def _join(
    token: str, password_hash: str, name: tuple[str, str], born_on: date | None, agreed: frozenset[Scope]
) -> Outcome:
    invitation = group_invitations.by_token(token)
    if invitation is None or logins.by_email(invitation.email) is not None:
        raise Conflict(GONE)
    emailed_tokens.hold(invitation.email)
    group = find_open(invitation)
    profile = profile_on_file(invitation.email, group.partner_id)
    profile = profile or _new_customer(group, name, born_on, invitation.email)
    login_id = logins.add_customer_login(
        customer_id=profile.id,
        email=invitation.email,
        name=" ".join(name).strip() or profile.name,
        password_hash=password_hash,
    )
    person = logins.by_id(login_id)
    assert person is not None
    audit.record(person.actor, "login.invitation", say("Opened a sign-in to the portal"), subject_id=profile.id)
    return join_by(person.actor, invitation, profile, agreed)


def _check(opened: Opened, given: str, family: str, born_on: date | None) -> None:
    """Raises Invalid for all wrong fields at once. A profile on file keeps the name and date of birth it has."""
    if opened.profile_name:
        return
    wrong = wrong_names(given, family, say("Enter your given name."))
    missing = say("Enter your date of birth.")
    if birth := wrong_birth(born_on, clock.today(opened.settings.time_zone), missing):
        wrong["born_on"] = birth
    if wrong:
        raise Invalid(wrong)


def _new_customer(group: Group, name: tuple[str, str], born_on: date | None, email: str) -> Profile:
    defaults = partners.billing_defaults(group.partner_id)
    given, family = name
    customer_id = customers.add_customer(
        NewCustomer(
            partner_id=group.partner_id,
            name=f"{given} {family}".strip(),
            given_name=given,
            family_name=family,
            email=email,
            born_on=born_on,
            billing_type=defaults.billing_type,
            billing_day=defaults.billing_day,
            currency=defaults.currency,
            created_at=clock.now(),
        )
    )
    return customers.by_id(customer_id)
