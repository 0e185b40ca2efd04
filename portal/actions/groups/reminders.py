"""What is announced ahead: access that ends (PRI3) and dependents that come of age (G13).

Nothing depends on it having run: access lapses, and grants over a new adult pause, by the calendar alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.actions.groups import mails
from portal.actions.groups.parts import today_of
from portal.db import audit, groups
from portal.db.engine import writes
from portal.db.groups import Group, Member
from portal.outside import clock
from portal.rules.groups import of_age_on
from portal.rules.permissions import SYSTEM

ENDS_AHEAD, OF_AGE_AHEAD = timedelta(days=14), timedelta(days=30)
LATEST_NEWS = timedelta(days=30)
"""Whoever came of age longer ago than this, before anybody told us the date of birth, is not written to."""

OLDEST_AGE = 150


@dataclass(frozen=True, slots=True)
class Announced:
    """How many endings, comings of age ahead and on the day were announced."""

    endings: int
    ahead: int
    of_age: int


@writes
def announce() -> Announced:
    """Send every reminder that is due and was not sent yet; run again, it sends nothing twice."""
    return Announced(_endings(), *_majorities())


def _endings() -> int:
    today = clock.today("UTC")
    done = 0
    for member in groups.ending(today - timedelta(days=1), today + ENDS_AHEAD + timedelta(days=1)):
        group = groups.by_id(member.group_id)
        if group is None or not group.on or member.until is None:
            continue
        if not today_of(group) <= member.until <= today_of(group) + ENDS_AHEAD:
            continue
        for to in {member.customer_id, group.owner_id}:
            mails.send_access_ends(member, group, to)
        groups.mark_told(member.id, end_told_for=member.until)
        text = f"Reminded that the membership of {member.name} ends on {member.until.isoformat()}"
        audit.record(SYSTEM, "group.reminder", text, subject_id=member.customer_id, group=group.public_id)
        done += 1
    return done


def _majorities() -> tuple[int, int]:
    ahead = due = 0
    for member, group, on in _growing_up():
        today = today_of(group)
        if on <= today:
            due += _say_it_is_due(member, group)
        elif member.majority_told != "ahead":
            ahead += _say_it_ahead(member, group, on)
    return ahead, due


def _growing_up() -> list[tuple[Member, Group, date]]:
    """Dependents whose coming of age is near, in groups whose feature is on."""
    found = []
    today = clock.today("UTC")
    youngest = today.replace(day=1)
    for member in groups.coming_of_age(date(today.year - OLDEST_AGE, 1, 1), youngest):
        group = groups.by_id(member.group_id)
        if group is None or not group.on or member.born_on is None:
            continue
        on = of_age_on(member.born_on, group.majority_age)
        if today_of(group) - LATEST_NEWS <= on <= today_of(group) + OF_AGE_AHEAD:
            found.append((member, group, on))
    return found


def _say_it_ahead(member: Member, group: Group, on: date) -> int:
    for one in groups.members(group.id):
        if one.role.manages:
            mails.send_of_age_ahead(member, group, on, one.customer_id)
    groups.mark_told(member.id, majority_told="ahead")
    text = f"Told the guardians that {member.name} comes of age on {on.isoformat()}"
    audit.record(SYSTEM, "group.of_age_ahead", text, subject_id=member.customer_id, group=group.public_id)
    return 1


def _say_it_is_due(member: Member, group: Group) -> int:
    told = mails.send_of_age(member, group) if member.consent is None else True
    groups.mark_told(member.id, majority_told="due")
    text = f"{member.name} is of age: the group acts for them no more unless they agree"
    audit.record(SYSTEM, "group.of_age", text, subject_id=member.customer_id, group=group.public_id, asked=told)
    return 1
