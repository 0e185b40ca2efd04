"""One family changed by several people at once, and forms sent again (R10, R13, R14, R24)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions import doctor, groups
from portal.actions.groups import Edit, NewDependent, NewMember, Welcome
from portal.actions.logins import inviting
from portal.db.engine import db
from portal.db.tables import AuditRecord, Customer, GroupInvitation, GroupMember, OutboxMessage
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Reason, Refused
from portal.rules.groups import GroupRole
from tests import books, people
from tests.families import (
    ADMIN,
    DEPENDENT,
    GROWN,
    YOUNG,
    address,
    as_,
    child,
    family,
    member,
    person,
    profile,
    roles,
    switch,
)
from tests.faults import crew
from tests.faults.crew import Answer, Crew
from tests.importing import imported
from tests.logins import mails

PROCESSES, THREADS, ROUNDS = 2, 10, 3


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Processes on a database in which people are there and groups are on."""
    switch()
    for name in ("olga", "ada", "ben", "sam"):
        person(name)
    child("tim")
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def count(table: type[Any], *conditions: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def owners() -> list[int]:
    """How many Owners each group has that was not dissolved."""
    db.session.rollback()
    owning = func.count().filter(GroupMember.role == "owner")
    query = select(owning).where(GroupMember.left_at.is_(None)).group_by(GroupMember.group_id)
    return list(db.session.scalars(query))


# What the processes do


def invite(group: str, once: str | None) -> str:
    return groups.invite(as_("olga"), group, Welcome(address("new"), "New", DEPENDENT), once=once).sentence


def add_dependent(group: str, once: str | None) -> str:
    return groups.add_dependent(as_("olga"), group, NewDependent("Mia", "Novák", YOUNG), once=once).member


def accept(who: str, invitation: str, once: str | None = None) -> str:
    return groups.accept(as_(who), invitation, once=once).member


def newcomer(token: str, name: str) -> str:
    return groups.accept_as_newcomer(token, "tram owl brick lantern", name, "Novák", GROWN).member


def create(owner: str, other: str) -> str:
    return groups.create(SYSTEM, owner, "", NewMember(other, ADMIN)).group


def change(who: str, group: str, public_id: str, role: str) -> str:
    return groups.change_member(as_(who), group, public_id, Edit(GroupRole(role))).sentence


def remove(who: str, group: str, public_id: str) -> str:
    return groups.remove_member(as_(who), group, public_id).sentence


def leave(who: str, group: str) -> str:
    return groups.leave(as_(who), group).sentence


def take_over(who: str, offer: str) -> str:
    return groups.accept_offer(as_(who), offer).sentence


def announce() -> int:
    return groups.announce().all


def waiting(who: str) -> str:
    (one,) = groups.waiting_for(as_(who))
    return one.public_id


def kinds(answers: list[Answer]) -> list[str]:
    return sorted(how for how, _ in answers)


@pytest.mark.parametrize("job", [invite, add_dependent])
def test_r10_twenty_submits_of_one_form(team: Crew, job: Callable[..., str]) -> None:
    group = family("olga")
    before = count(OutboxMessage), count(AuditRecord), count(Customer)
    answers = team.run(*[(crew.in_threads, THREADS, job, group, "double-click")] * PROCESSES)
    seen = [answer for how, each in answers for answer in each if how == "done"]
    assert len(seen) == PROCESSES * THREADS
    assert len(set(seen)) == 1, set(seen)
    assert seen[0][0] == "done"
    mailed, made = (1, 0) if job is invite else (0, 1)
    assert (count(OutboxMessage), count(AuditRecord), count(Customer)) == (
        before[0] + mailed,
        before[1] + 1,
        before[2] + made,
    )
    assert count(GroupInvitation) == mailed
    books.check()


def test_twenty_invitations_of_one_address_without_a_key(team: Crew) -> None:
    group = family("olga")
    answers = crew.in_threads(THREADS, invite, group, None)
    assert kinds(answers) == ["Invalid"] * (THREADS - 1) + ["done"]
    assert count(GroupInvitation) == 1
    books.check()


def test_accepting_twice_at_once_joins_once(team: Crew) -> None:
    group = family("olga")
    groups.invite(as_("olga"), group, Welcome(address("sam"), "Sam", ADMIN))
    invitation = waiting("sam")
    answers = team.run(*[(crew.in_threads, 3, accept, "sam", invitation)] * PROCESSES)
    seen = [answer for _, each in answers for answer in each]
    assert kinds(seen) == ["Conflict"] * 5 + ["done"]
    assert roles(group) == {"olga": "owner", "sam": "admin"}
    books.check()


def test_one_link_opens_one_login(team: Crew) -> None:
    group = family("olga")
    invite(group, None)
    (token,) = set(re.findall(r"/invitations/(\S+)", mails()[-1].text))
    db.session.remove()
    answers = team.run((newcomer, token, "Nia"), (newcomer, token, "Noa"))
    assert kinds(answers) == ["Conflict", "done"], answers
    assert sorted(roles(group).values()) == ["dependent", "owner"]
    assert count(Customer, Customer.email == address("new")) == 1
    books.check()


def test_g5_two_groups_invite_one_customer(team: Crew) -> None:
    homes = [family("olga"), family("ben")]
    for owner, group in zip(("olga", "ben"), homes, strict=True):
        groups.invite(as_(owner), group, Welcome(address("sam"), "Sam", ADMIN))
    db.session.remove()
    invitations = [one.public_id for one in groups.waiting_for(as_("sam"))]
    db.session.remove()
    answers = team.run(*[(accept, "sam", one) for one in invitations])
    assert kinds(answers) == ["Refused", "done"], answers
    assert sorted("sam" in roles(group) for group in homes) == [False, True]
    books.check()


def test_r13_two_administrators_group_one_customer(team: Crew) -> None:
    answers = team.run((create, "olga", "sam"), (create, "ben", "sam"), (create, "sam", "ben"))
    assert kinds(answers)[-1] == "done"
    assert set(kinds(answers)) == {"Refused", "done"}, answers
    current = select(func.count()).where(GroupMember.left_at.is_(None)).group_by(GroupMember.customer_id)
    assert set(db.session.scalars(current)) == {1}
    assert set(owners()) == {1}
    books.check()


def test_r14_owner_and_admin_end_each_other(team: Crew) -> None:
    """Ada takes the ownership over and removes Olga, while Olga removes her, or demotes her."""
    for round_ in range(ROUNDS):
        group = family("olga", ada=ADMIN, tim=DEPENDENT)
        groups.offer_ownership(as_("olga"), group, member(group, "ada"))
        offer, olga, ada = waiting("ada"), member(group, "olga"), member(group, "ada")
        db.session.remove()
        ending = (remove, "olga", group, ada) if round_ % 2 else (change, "olga", group, ada, "dependent")
        answers = team.run((take_over, "ada", offer), ending, (remove, "ada", group, olga))
        assert "dead" not in kinds(answers)
        assert owners() == [1]
        owner = next(who for who, role in roles(group).items() if role == "owner")
        assert (answers[0][0] == "done") is (owner == "ada"), answers
        if owner == "ada":
            assert answers[1][0] in ("NotAllowed", "Refused", "Missing"), answers
        else:
            assert answers[1][0] == "done", answers
        books.check()
        groups.dissolve(as_(owner), group)


def test_r14_staff_move_the_ownership_in_a_circle(team: Crew) -> None:
    group = family("olga", ada=ADMIN, ben=ADMIN)
    wanted = [member(group, who) for who in ("ada", "ben", "olga")]
    db.session.remove()
    answers = team.run(*[(transfer, group, one) for one in wanted])
    assert "dead" not in kinds(answers)
    assert owners() == [1]
    assert sorted(roles(group).values()) == ["admin", "admin", "owner"]
    groups.dissolve(SYSTEM, group)
    books.check()


def transfer(group: str, public_id: str) -> str:
    return groups.change_member(SYSTEM, group, public_id, Edit(GroupRole.OWNER)).sentence


def test_g8_everybody_leaves_at_once(team: Crew) -> None:
    group = family("olga", ada=ADMIN, ben=ADMIN)
    answers = team.run((leave, "ada", group), (leave, "ben", group), (leave, "olga", group))
    assert [how for how, _ in answers[:2]] == ["done", "done"]
    assert answers[2][0] in ("done", "Refused")
    assert owners() == ([] if answers[2][0] == "done" else [1])
    books.check()


def test_two_workers_announce_once(team: Crew) -> None:
    group = family("olga")
    for who in ("ada", "ben"):
        groups.add_member(SYSTEM, group, NewMember(who, ADMIN, until=date(2026, 12, 1)))
    before = count(OutboxMessage)
    db.session.remove()
    answers = team.run((announce,), (announce,))
    assert [how for how, _ in answers] == ["done", "done"]
    assert sum(told for _, told in answers) == 2
    assert count(OutboxMessage) == before + 4
    books.check()


# What does not begin in a group, and yet decides who acts in it


def inactive(who: str, *_: str) -> str:
    return crew.set_status(who, "inactive")


def inactive_by_file(who: str, *_: str) -> str:
    now = profile(who)
    row = f"{who},{now.name},{now.partner_name},{now.kind},inactive"
    outcome = imported("customers", f"external_id,name,partner,kind,status\n{row}\n")
    if outcome.errors:
        raise Refused([Reason(error.rule, error.sentence) for error in outcome.errors])
    return "inactive"


def signs_in_no_more(who: str, *_: str) -> str:
    (login,) = inviting.logins_of(SYSTEM, profile(who).public_id)
    inviting.disable_login(SYSTEM, login.public_id)
    return "disabled"


def taken_out(_who: str, group: str, place: str) -> str:
    return str(groups.remove_member(SYSTEM, group, place).sentence)


def made_a_dependent(_who: str, group: str, place: str) -> str:
    return str(groups.change_member(SYSTEM, group, place, Edit(GroupRole.DEPENDENT)).sentence)


LAST_TWO: dict[str, tuple[str, Callable[..., str], Callable[..., str]]] = {
    "two statuses": ("olga", inactive, inactive),
    "a status and a login": ("olga", inactive, signs_in_no_more),
    "the status of a main account and a login": ("acme", inactive, signs_in_no_more),
    "a file and a removal": ("olga", inactive_by_file, taken_out),
    "a file with a main account and a status": ("acme", inactive_by_file, inactive),
    "a login and a role": ("olga", signs_in_no_more, made_a_dependent),
}
"""How two who act for Tim cease at once: Olga owns the group, or follows Acme, and Ada is its Admin."""


@pytest.mark.parametrize("how", LAST_TWO)
def test_g15_the_last_two_who_act_for_a_child_cease_at_once(team: Crew, how: str) -> None:
    """Whoever is first does it, and the other is told that nobody would be left."""
    who, first, second = LAST_TWO[how]
    people.customer("acme")
    people.link("acme", "olga")
    group = family("olga", ada=ADMIN, tim=DEPENDENT)
    place = member(group, "ada")
    db.session.remove()
    answers = team.run((first, who, group, place), (second, "ada", group, place))
    assert kinds(answers) == ["Refused", "done"], answers
    (told,) = (said for kind, said in answers if kind == "Refused")
    assert "Tim has no login" in " ".join(told), told
    assert [finding for finding in doctor.examine().findings if finding.problems] == []
    books.check()
