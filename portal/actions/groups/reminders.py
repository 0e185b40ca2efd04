"""What is announced ahead: access that ends (PRI3) and dependents that come of age (G13).

Nothing depends on it having run: access lapses, and grants over a new adult pause, by the calendar alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.actions.groups import mails
from portal.actions.groups.parts import today_of
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.groups import members as groups
from portal.db.groups import reminders as group_reminders
from portal.db.groups.members import Group, Member
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole, MajorityNews, born_between, lasts, of_age_on
from portal.rules.sentences import say

ENDS_AHEAD, OF_AGE_AHEAD = timedelta(days=14), timedelta(days=30)
LATEST_NEWS = timedelta(days=30)
"""Whoever came of age longer ago than this, before anybody told us the date of birth, is not written to."""

_ZONES = timedelta(days=1)
"""Somewhere it is yesterday, or tomorrow, already."""


@dataclass(frozen=True, slots=True)
class Announced:
    """How many endings, comings of age ahead and on the day were announced."""

    endings: int = 0
    ahead: int = 0
    of_age: int = 0

    @property
    def all(self) -> int:
        return self.endings + self.ahead + self.of_age


def announce(keep_going: Callable[[], bool] = lambda: True) -> Announced:
    """Send every reminder that is due and was not sent yet; run again, or twice at once, it sends nothing twice.

    Each is a transaction of its own, so that nobody waits for all of them; `keep_going` is asked before each.
    """
    ending, growing_up = _perhaps_due()
    endings = sum(_announce_end(one) for one in ending if keep_going())
    news = [_announce_majority(one) for one in growing_up if keep_going()]
    return Announced(endings, news.count(MajorityNews.AHEAD), news.count(MajorityNews.DUE))


@snapshot
def _perhaps_due() -> tuple[Sequence[str], Sequence[str]]:
    """Memberships worth a look: those that may end soon, and those of Dependents who may come of age."""
    today = clock.today("UTC")
    first, last = today - LATEST_NEWS - _ZONES, today + OF_AGE_AHEAD + _ZONES
    growing_up = [
        member
        for age in group_reminders.majority_ages()
        for member in group_reminders.coming_of_age(age, *born_between(first, last, age))
    ]
    return group_reminders.ending(today - _ZONES, today + ENDS_AHEAD + _ZONES), growing_up


@writes
def _announce_end(public_id: str) -> bool:
    """Remind a member and its Owner that the membership ends, once for each end (PRI3)."""
    held = _held(public_id)
    if held is None:
        return False
    member, group = held
    today = today_of(group)
    if member.until in (None, member.end_told_for) or not today <= member.until <= today + ENDS_AHEAD:
        return False
    for to in (member.customer_id, group.owner_id):
        mails.send_access_ends(member, group, to)
    groups.mark_told(member.id, end_told_for=member.until)
    text = say("Reminded that the membership of {name} ends on {day}", name=member.name, day=member.until)
    audit.record(SYSTEM, "group.reminder", text, subject_id=member.customer_id, group=group.public_id)
    return True


@writes
def _announce_majority(public_id: str) -> MajorityNews:
    """Tell the guardians that it lies ahead, or ask the new adult when it is due; the news that were told (G13)."""
    held = _held(public_id)
    if held is None:
        return MajorityNews.NONE
    member, group = held
    today = today_of(group)
    if member.born_on is None or member.role is not GroupRole.DEPENDENT or not lasts(member.until, today):
        return MajorityNews.NONE
    on = of_age_on(member.born_on, group.settings.majority_age)
    if today - LATEST_NEWS <= on <= today and member.majority_told != MajorityNews.DUE:
        return _say_it_is_due(member, group)
    if today < on <= today + OF_AGE_AHEAD and not member.majority_told:
        return _say_it_ahead(member, group)
    return MajorityNews.NONE


def _held(public_id: str) -> tuple[Member, Group] | None:
    """A membership with its group, which nobody else changes or announces meanwhile; None while the feature is off."""
    seen = groups.member(public_id)
    if seen is None:
        return None
    groups.hold(seen.group_id)
    member, group = groups.member(public_id), groups.by_id(seen.group_id)
    return (member, group) if member is not None and group is not None and group.on else None


def _say_it_ahead(member: Member, group: Group) -> MajorityNews:
    assert member.born_on is not None
    on, today = of_age_on(member.born_on, group.settings.majority_age), today_of(group)
    for one in groups.members(group.id):
        if one.role.manages and lasts(one.until, today):
            mails.send_of_age_ahead(member, group, on, one.customer_id)
    groups.mark_told(member.id, majority_told=MajorityNews.AHEAD)
    text = say("Told the guardians that {name} comes of age on {day}", name=member.name, day=on)
    audit.record(SYSTEM, "group.of_age_ahead", text, subject_id=member.customer_id, group=group.public_id)
    return MajorityNews.AHEAD


def _say_it_is_due(member: Member, group: Group) -> MajorityNews:
    asked = mails.send_of_age(member, group) if member.consent is None else True
    groups.mark_told(member.id, majority_told=MajorityNews.DUE)
    text = say("{name} is of age: the group acts for them no more unless they agree", name=member.name)
    audit.record(SYSTEM, "group.of_age", text, subject_id=member.customer_id, group=group.public_id, asked=asked)
    return MajorityNews.DUE
