"""The demo's family: their group, who is invited into it, and what was done for the children.

All of it goes through the actions that pages and commands use, so its mails and log lines are the real ones.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from portal.actions import access, groups
from portal.actions.customers import details
from portal.actions.demo.people import CARE, CLUB
from portal.actions.groups import GroupChoices, NewMember, Welcome
from portal.actions.statements import files as statement_files
from portal.actions.statements.view import StatementRequest
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.logins import people as logins
from portal.outside import clock
from portal.rules.deciding import SYSTEM, Actor, Grant, Source
from portal.rules.groups import GroupRole
from portal.rules.scopes import Scope

NANNY_SCOPES = frozenset({Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS})
NANNY_DAYS = 35
"""The nanny's access ends so many days from now, near enough to be seen coming."""

DISPUTE = "The parents disagree about who may book for Erin; their solicitors write by the end of the month."
GRANDMOTHER = Welcome(
    "grandmother@demo.example", "Věra Nováková", GroupRole.ADMIN, "Carer", frozenset({Scope.VIEW, Scope.BOOK})
)


def gather(last_month: StatementRequest) -> None:
    """Switch groups on and bring the family together; then let the parent and the nanny do something for the children.

    `last_month` is the time of the statement that the parent saves.
    """
    groups.switch_groups(SYSTEM, True)
    _let_customers_begin()
    parent, nanny = _actor("parent"), _actor("nanny")
    today = clock.today(CLUB.time_zone)
    carer = NewMember("demo-nanny", GroupRole.ADMIN, "Nanny", NANNY_SCOPES, today + timedelta(days=NANNY_DAYS))
    group = groups.create(SYSTEM, "demo-parent", "Parent", carer).group
    for child in ("demo-teen", "demo-child"):
        groups.add_member(SYSTEM, group, NewMember(child, GroupRole.DEPENDENT, "Child"))
    groups.invite(parent, group, replace(GRANDMOTHER, until=_summer(today)))
    _share_a_carer()
    statement_files.save(parent, _profile("teen").public_id, last_month)
    _leave_a_number(nanny, _profile("child"), group)


def _let_customers_begin() -> None:
    """Whoever signs in without a group, such as the stranger, can begin one."""
    now, _ = groups.choices_of(SYSTEM, CLUB.name)
    groups.change_choices(
        SYSTEM, CLUB.name, GroupChoices(now.groups_on, True, now.groups_per_customer, now.majority_age)
    )


def _share_a_carer() -> None:
    """Two families have one carer, who may see what the children of one of them owe."""
    now, _ = groups.choices_of(SYSTEM, CARE.name)
    groups.change_choices(SYSTEM, CARE.name, GroupChoices(now.groups_on, False, 2, now.majority_age))
    for owner, children, scopes in (
        ("ines", ("tomas",), NANNY_SCOPES | {Scope.FINANCE}),
        ("owen", ("june", "theo", "erin"), NANNY_SCOPES),
    ):
        carer = NewMember("demo-carer", GroupRole.ADMIN, "Carer", frozenset(scopes))
        group = groups.create(SYSTEM, f"demo-{owner}", "Parent", carer).group
        for child in children:
            groups.add_member(SYSTEM, group, NewMember(f"demo-{child}", GroupRole.DEPENDENT, "Child"))
    groups.freeze(_actor("admin"), "demo-erin", DISPUTE)


def _leave_a_number(nanny: Actor, child: Profile, group: str) -> None:
    """The nanny looks at the child's documents, and leaves the number under which she can be reached."""
    access.note_look(nanny, child, "documents", Grant(Source.CARER, reference=group))
    wanted = replace(details.details_of(child), phone="+44 1273 555 041 (Rosa)")
    details.change(nanny, child.public_id, wanted, version=child.version)


def _summer(today: date) -> date:
    """The end of the next June that is two months away or more."""
    this_year = date(today.year, 6, 30)
    return this_year if today + timedelta(days=60) <= this_year else date(today.year + 1, 6, 30)


def _actor(key: str) -> Actor:
    person = logins.by_email(f"{key}@demo.example")
    assert person is not None
    return person.actor


def _profile(key: str) -> Profile:
    profile = customers.by_reference(f"demo-{key}")
    assert profile is not None
    return profile
