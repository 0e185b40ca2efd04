"""What is announced ahead, once; and that everything lapses by the calendar, whether or not anybody announced it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.actions import groups, logins
from portal.actions.groups import NewMember
from portal.actions.groups.reminders import Announced
from portal.actions.statements import view as statements
from portal.cli.worker import Workshop
from portal.db.engine import db
from portal.db.groups import reminders as group_reminders
from portal.db.tables import AuditRecord
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing
from portal.rules.groups import born_between
from portal.rules.groups.ends import end_of
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import people
from tests.cli.commands import answer, run
from tests.families import (
    ADMIN,
    DEPENDENT,
    address,
    as_,
    change,
    child,
    choose,
    edit,
    family,
    member,
    members,
    opens,
    person,
    posted,
    profile,
    sees,
    switch,
)
from tests.log import log
from tests.logins import mails, token_in
from tests.queries import counted

Clock = time_machine.Traveller
NOTHING = Announced()
NEW = "tram owl brick lantern"

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def home() -> str:
    """Olga owns a group in which Ada is Admin and Tim, a child, Dependent. Its public id."""
    switch()
    person("olga")
    person("ada")
    child("tim")
    return family("olga", ada=ADMIN, tim=DEPENDENT)


def until(home: str, who: str, on: date | None) -> None:
    groups.change_member(as_("olga"), home, member(home, who), edit(home, who, until=end_of(on)))


def noted(action: str) -> list[str]:
    db.session.rollback()
    return [line.text for line in log(AuditRecord.action == action)]


# Ends (G12, PRI3)


def test_pri3_an_end_is_announced_once_a_fortnight_ahead(home: str, frozen: Clock) -> None:
    until(home, "ada", date(2026, 12, 24))
    before = len(posted())
    frozen.move_to("2026-12-09T22:00:00Z")
    assert groups.announce() == NOTHING
    frozen.move_to("2026-12-09T23:30:00Z")  # the 10th in Prague
    assert groups.announce() == Announced(endings=1)
    assert sorted(posted()[before:]) == [("group_access_ends", "ada"), ("group_access_ends", "olga")]
    assert noted("group.reminder") == ["Reminded that the membership of Ada ends on 2026-12-24"]
    assert groups.announce() == NOTHING
    frozen.move_to("2026-12-24T12:00:00Z")
    assert groups.announce() == NOTHING
    assert len(posted()) == before + 2


def test_pri3_a_new_end_is_announced_again(home: str, frozen: Clock) -> None:
    until(home, "ada", date(2026, 12, 1))
    assert groups.announce() == Announced(endings=1)
    until(home, "ada", date(2026, 12, 3))
    assert groups.announce() == Announced(endings=1)
    until(home, "ada", None)
    assert groups.announce() == NOTHING
    until(home, "ada", date(2026, 12, 3))
    frozen.move_to("2026-12-04T09:00:00Z")
    assert groups.announce() == NOTHING, "too late to be a reminder"


def test_the_end_of_a_dependent_is_announced_to_its_owner(home: str) -> None:
    until(home, "tim", date(2026, 12, 1))
    before = len(posted())
    assert groups.announce() == Announced(endings=1)
    assert posted()[before:] == [("group_access_ends", "olga")]


@pytest.mark.parametrize("how", ["feature", "partner", "removed", "dissolved"])
def test_nothing_is_announced_for_what_is_off_or_gone(home: str, how: str) -> None:
    until(home, "ada", date(2026, 12, 1))
    change("tim", born_on=date(2008, 12, 1))
    spoil: dict[str, Callable[[], object]] = {
        "feature": lambda: switch(False),
        "partner": lambda: groups.switch_groups(SYSTEM, False, "Harbour Net"),
        "removed": lambda: [groups.remove_member(SYSTEM, home, member(home, who)) for who in ("ada", "tim")],
        "dissolved": lambda: groups.dissolve(SYSTEM, home),
    }
    spoil[how]()
    before = posted()
    assert groups.announce() == NOTHING
    assert posted() == before
    if how in ("feature", "partner"):
        groups.switch_groups(SYSTEM, True, "Harbour Net")
        assert groups.announce() == Announced(endings=1, ahead=1), "it is due when groups come back"


def test_g12_access_lapses_by_the_calendar_alone(home: str, frozen: Clock) -> None:
    until(home, "ada", date(2026, 11, 24))
    frozen.move_to("2026-11-24T22:59:59Z")
    assert opens(as_("ada"), "tim") == ALL_SCOPES
    assert groups.my_group(as_("ada"), home).manages
    frozen.move_to("2026-11-24T23:00:00Z")  # midnight in Prague
    assert opens(as_("ada"), "tim") == set()
    mine = groups.my_groups(as_("ada"), profile("ada"))
    assert (mine.groups, [one.owner_name for one in mine.over]) == ((), ["Olga"])
    with pytest.raises(Missing):
        groups.my_group(as_("ada"), home)
    until(home, "ada", date(2026, 11, 25))
    assert opens(as_("ada"), "tim") == ALL_SCOPES


def test_g12_a_dependent_whose_membership_is_over_is_nobodys(home: str, frozen: Clock) -> None:
    until(home, "tim", date(2026, 11, 24))
    frozen.move_to("2026-11-24T23:00:00Z")
    assert opens(as_("olga"), "tim") == opens(as_("ada"), "tim") == set()


@pytest.mark.parametrize(("zone", "live"), [("Pacific/Kiritimati", False), ("Pacific/Honolulu", True), ("UTC", False)])
def test_days_are_those_of_the_partner(home: str, frozen: Clock, zone: str, live: bool) -> None:
    choose(time_zone=zone)
    until(home, "ada", date(2026, 11, 23))
    assert groups.announce() == Announced(endings=1)
    frozen.move_to("2026-11-24T05:00:00Z")
    assert sees(as_("ada"), "tim") is live


# Coming of age (G13)


def test_g13_guardians_hear_ahead_once(home: str, frozen: Clock) -> None:
    change("tim", born_on=date(2008, 12, 24))
    before = len(posted())
    frozen.move_to("2026-11-23T09:00:00Z")
    assert groups.announce() == NOTHING
    frozen.move_to("2026-11-24T09:00:00Z")
    assert groups.announce() == Announced(ahead=1)
    assert groups.announce() == NOTHING
    assert posted()[before:] == [("group_of_age_ahead", "olga"), ("group_of_age_ahead", "ada")]
    assert noted("group.of_age_ahead") == ["Told the guardians that Tim comes of age on 2026-12-24"]
    assert opens(as_("olga"), "tim") == ALL_SCOPES


def test_sec5_a_carer_whose_access_is_over_hears_nothing_more(home: str, frozen: Clock) -> None:
    until(home, "ada", date(2026, 11, 23))
    change("tim", born_on=date(2008, 12, 20))
    frozen.move_to("2026-11-25T09:00:00Z")
    before = len(posted())
    assert groups.announce() == Announced(ahead=1)
    assert posted()[before:] == [("group_of_age_ahead", "olga")]


def grow_up(frozen: Clock, **more: object) -> None:
    """Tim turns eighteen on 24 December 2026, and it is that day."""
    change("tim", born_on=date(2008, 12, 24), **more)
    frozen.move_to("2026-12-23T23:30:00Z")  # the 24th in Prague


def test_g13_the_grants_pause_on_the_day_by_the_calendar_alone(home: str, frozen: Clock) -> None:
    change("tim", born_on=date(2008, 12, 24))
    frozen.move_to("2026-12-23T22:30:00Z")
    assert opens(as_("olga"), "tim") == ALL_SCOPES
    frozen.move_to("2026-12-23T23:00:00Z")
    assert opens(as_("olga"), "tim") == opens(as_("ada"), "tim") == set()
    (seen,) = [one for one in groups.my_group(as_("olga"), home).members if one.name == "Tim"]
    assert (seen.paused, seen.adult, seen.acts) == (True, True, False)


def test_g13_a_new_adult_who_signs_in_is_asked_and_says_yes(home: str, frozen: Clock) -> None:
    child("kim")
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    person("tom", born_on=date(2008, 12, 24))
    groups.add_member(SYSTEM, home, NewMember("tom", DEPENDENT))
    frozen.move_to("2026-12-24T09:00:00Z")
    before = len(posted())
    assert groups.announce() == Announced(of_age=1)
    assert groups.announce() == NOTHING
    assert posted()[before:] == [("group_of_age", "tom")]
    assert f"/my-group/{home}" in mails()[-1].text
    assert not mails()[-1].secret
    assert opens(as_("olga"), "tom") == set()
    groups.agree(as_("tom"), home, {Scope.VIEW, Scope.DOCUMENTS})
    assert opens(as_("olga"), "tom") == {Scope.VIEW, Scope.DOCUMENTS}
    assert opens(as_("olga"), "kim") == ALL_SCOPES


def test_g13_ending_it_keeps_the_grants_away(home: str, frozen: Clock) -> None:
    person("tom", born_on=date(2008, 12, 24))
    groups.add_member(SYSTEM, home, NewMember("tom", DEPENDENT))
    frozen.move_to("2026-12-24T09:00:00Z")
    groups.announce()
    groups.withdraw(as_("tom"), home)
    assert opens(as_("olga"), "tom") == set()
    groups.leave(as_("tom"), home)
    assert opens(as_("olga"), "tom") == set()
    assert "tom" not in members(home)


def test_g13_a_new_adult_with_an_address_is_invited_to_sign_in(home: str, frozen: Clock) -> None:
    grow_up(frozen, email=address("tim"))
    assert groups.announce() == Announced(of_age=1)
    assert posted()[-1] == ("group_of_age", "tim")
    assert mails()[-1].secret
    logins.accept("invitation", token_in(mails()[-1]), NEW)
    assert as_("tim").customer_id == profile("tim").id
    groups.agree(as_("tim"), home, ALL_SCOPES)
    assert opens(as_("ada"), "tim") == ALL_SCOPES


@pytest.mark.parametrize("email", ["", address("olga")])
def test_g13_a_new_adult_who_cannot_be_asked_is_noted(home: str, frozen: Clock, email: str) -> None:
    grow_up(frozen, email=email)
    before = posted()
    assert groups.announce() == Announced(of_age=1)
    assert posted() == before, "nobody else is asked in their place"
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "group.of_age")).one()
    assert record.details["asked"] is False
    assert opens(as_("olga"), "tim") == set()


def test_g13_g14_debts_and_payers_stay(home: str, frozen: Clock) -> None:
    people.link("olga", "tim", "independent")
    people.post("tim", "invoice", 4_200, "2026-11-01")
    before = (profile("tim").payer_id, statements.balance_of(profile("tim")))
    grow_up(frozen)
    groups.announce()
    assert (profile("tim").payer_id, statements.balance_of(profile("tim"))) == before
    groups.remove_member(as_("olga"), home, member(home, "tim"))
    assert (profile("tim").payer_id, statements.balance_of(profile("tim"))) == before


@pytest.mark.parametrize(
    ("born_on", "last", "first"),
    [
        (date(2008, 2, 29), "2026-02-28T12:00Z", "2026-03-01T12:00Z"),
        (date(2010, 2, 28), "2028-02-27T12:00Z", "2028-02-28T12:00Z"),
    ],
)
def test_r17_born_at_the_end_of_february(home: str, frozen: Clock, born_on: date, last: str, first: str) -> None:
    change("tim", born_on=born_on)
    frozen.move_to(last)
    assert opens(as_("olga"), "tim") == ALL_SCOPES
    assert groups.announce() == Announced(ahead=1)
    frozen.move_to(first)
    assert opens(as_("olga"), "tim") == set()
    assert groups.announce() == Announced(of_age=1)


def test_the_age_is_the_partners(home: str) -> None:
    change("tim", born_on=date(2010, 12, 1))
    assert groups.announce() == NOTHING
    choose(majority_age=16)
    assert groups.announce() == Announced(ahead=1)


def test_whoever_has_been_of_age_for_long_is_not_written_to(home: str) -> None:
    change("tim", born_on=date(2008, 10, 22))
    assert groups.announce() == NOTHING
    change("tim", born_on=date(2008, 10, 23))
    assert groups.announce() == Announced(of_age=1)


def test_somebody_who_agreed_already_is_not_asked(home: str, frozen: Clock) -> None:
    person("tom", born_on=date(2008, 12, 24))
    groups.add_member(SYSTEM, home, NewMember("tom", DEPENDENT))
    frozen.move_to("2026-12-24T01:00:00Z")
    groups.agree(as_("tom"), home, ALL_SCOPES)
    before = len(posted())
    assert groups.announce() == Announced(of_age=1)
    assert posted()[before:] == []


# The worker


def test_the_worker_announces_before_it_sends(app: Flask, home: str) -> None:
    until(home, "ada", date(2026, 12, 1))
    said = answer(app, "worker", "--once")
    assert said["announced"] == {"endings": 1, "ahead": 0, "of_age": 0}
    assert said["mail"]["kept"] == len(posted())
    assert run(app, "worker", "--once").stdout.endswith("Jobs: 0. Reminders: 0. Notices of blocking: 0.\n")


def test_the_worker_looks_once_an_hour(app: Flask, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(groups, "announce", lambda keep_going: looks.append(1) or NOTHING)
    now = [1000.0]
    monkeypatch.setattr("portal.cli.worker.time.monotonic", lambda: now[0])
    shop = Workshop(app)
    for seconds in (0, 5, 3590, 10, 5):
        now[0] += seconds
        if shop._announcing_due():
            shop._announce()
    assert len(looks) == 2


def test_a_worker_that_stops_leaves_the_rest_for_later(home: str) -> None:
    until(home, "ada", date(2026, 12, 1))
    until(home, "tim", date(2026, 12, 1))
    left = iter([True, False])
    assert groups.announce(lambda: next(left, False)) == Announced(endings=1)
    assert groups.announce() == Announced(endings=1)


def test_looking_costs_the_same_however_many_groups_there_are(home: str) -> None:
    def queries() -> int:
        with counted() as sent:
            assert groups.announce() == NOTHING
        return len(sent)

    one = queries()
    choose(groups_per_customer=9)
    for _ in range(5):
        family("olga", ada=ADMIN, tim=DEPENDENT)
    assert queries() == one


@pytest.mark.engine("sqlite")
def test_looking_runs_along_indexes(home: str) -> None:
    with counted() as sent:
        group_reminders.ending(date(2026, 11, 22), date(2026, 12, 6))
        group_reminders.coming_of_age(18, *born_between(date(2026, 11, 22), date(2026, 12, 22), 18))
    for statement, index in zip(sent, ("ix_member_until", "ix_customer_born_on"), strict=True):
        values = ("x",) * statement.count("?")
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert any(index in str(line) for line in plan), plan
        assert not any("SCAN group_member" in str(line) for line in plan), plan
