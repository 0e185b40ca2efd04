"""Invitations into groups and offers of their ownership: sent, looked at, answered, and never by somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from portal.actions import groups
from portal.actions.customers import people as acting
from portal.actions.groups import NewDependent, NewMember, Welcome
from portal.actions.groups.answering import GONE
from portal.actions.groups.inviting import MOST_WAITING
from portal.db.engine import db
from portal.db.groups.invitations import InvitationState
from portal.db.logins import people as login_rows
from portal.db.tables import Customer, GroupInvitation
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, PortalError, Refused, TooMany
from portal.rules.groups import GroupRole
from portal.rules.groups.ends import NO_END
from portal.rules.holders import Role
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import logins, people
from tests.families import (
    ADMIN,
    DEPENDENT,
    OWNER,
    address,
    as_,
    change,
    child,
    choose,
    edit,
    family,
    logged,
    member,
    members,
    opens,
    outcome,
    person,
    posted,
    profile,
    roles,
    sees,
    switch,
)
from tests.queries import counted

DESK = Actor(
    "Dora", None, "dora@desk.test", role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE]
)
SEE = frozenset({Scope.VIEW, Scope.DOCUMENTS})
NEW = "tram owl brick lantern"

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def home() -> str:
    """Olga owns a group in which Ada is Admin and Tim, a child, Dependent; Sam is in none. Its public id."""
    switch()
    for name in ("olga", "ada", "sam"):
        person(name)
    child("tim")
    return family("olga", ada=ADMIN, tim=DEPENDENT)


def invite(home: str, who: str, role: GroupRole = ADMIN, by: str = "olga", **more: object) -> str:
    """Invite `who`@portal.test; the token in the mail."""
    groups.invite(as_(by), home, Welcome(address(who), who.title(), role, **more))  # type: ignore[arg-type]
    return token()


def token() -> str:
    """The token of the last invitation that was mailed."""
    mail = [one for one in logins.mails() if one.purpose == "group_invitation"][-1]
    (found,) = set(re.findall(r"http://127\.0\.0\.1:8000/invitations/(\S+)", mail.text))
    return str(found)


def waiting(who: str) -> str:
    """The public id of what waits for somebody."""
    (one,) = groups.waiting_for(as_(who))
    return one.public_id


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(reason.rule) for reason in error.value.reasons]


# Inviting


def test_ux15_an_invitation_names_what_it_offers(home: str, frozen: time_machine.Traveller) -> None:
    done = groups.invite(
        as_("olga"), home, Welcome(" Sam@Portal.test ", "  Sam ", ADMIN, "Nanny", SEE, date(2027, 1, 31))
    )
    assert outcome(done) == ("The invitation is on its way to sam@portal.test", home, "", False)
    assert posted()[-1] == ("group_invitation", "sam")
    assert logged()[-1] == ("group.invite", "olga")
    seen = groups.look_at(token())
    assert (seen.email, seen.name, seen.inviter, seen.owner, seen.partner) == (
        "sam@portal.test",
        "Sam",
        "Olga",
        "Olga",
        "Harbour Net",
    )
    assert (seen.role, seen.label, seen.scopes, seen.until) == (ADMIN, "Nanny", SEE, date(2027, 1, 31))
    assert (seen.state, seen.works, seen.knows_login) == (InvitationState.OPEN, True, True)
    (listed,) = groups.my_group(as_("olga"), home).invitations
    assert (listed.email, listed.inviter, listed.expired, listed.may_change) == (
        "sam@portal.test",
        "Olga",
        False,
        True,
    )
    stored = db.session.scalars(select(GroupInvitation.token_hash)).one()
    assert token() not in stored, "SEC22"
    assert logins.mails()[-1].secret


def test_whom_the_members_know_of_is_said_clearly(home: str) -> None:
    invite(home, "new")
    before = (logged(), posted())
    for who, sentence in (
        ("olga", "That is your own address"),
        ("ada", "Ada is in the group already"),
        ("new", "invited already"),
    ):
        with pytest.raises(Invalid, match=sentence):
            groups.invite(as_("olga"), home, Welcome(address(who), "", DEPENDENT))
    with pytest.raises(Invalid, match="Olga is in the group already"):
        groups.invite(as_("ada"), home, Welcome(address("olga"), "", DEPENDENT))
    assert (logged(), posted()) == before


def strangers() -> list[str]:
    """Addresses of whom the members know nothing: unknown, free, in another group, of another partner, staff."""
    person("busy")
    family("busy")
    person("far", of="Lakeside")
    people.customer("file", kind="individual", email=address("file"))
    person("gone", own_status="inactive")
    logins.administrator(address("staff"))
    return ["unknown", "sam", "busy", "far", "file", "gone", "staff"]


def test_sec16_the_answer_says_nothing_about_an_address(home: str) -> None:
    answers, queries = set(), set()
    for who in strangers():
        before = posted()
        with counted() as sent:
            done = groups.invite(as_("olga"), home, Welcome(address(who), "Somebody", DEPENDENT, "Child"))
        answers.add(str(done.sentence).replace(who, "X"))
        queries.add(len(sent))
        assert posted()[len(before) :] == [("group_invitation", who)]
        assert logged()[-1] == ("group.invite", "olga")
    assert answers == {"The invitation is on its way to X@portal.test"}
    assert max(queries) - min(queries) <= 1
    texts = {
        re.sub(r"invitations/\S+", "", mail.text).replace(address(who), "X")
        for mail in logins.mails()
        if mail.purpose == "group_invitation"
        for who in [logins.recipients(mail)[0].removesuffix("@portal.test")]
    }
    assert len(texts) == 1
    assert len({(one.expired, one.name) for one in groups.my_group(as_("olga"), home).invitations}) == 1


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        (Welcome("no address", "x" * 201, ADMIN), {"email", "name"}),
        (Welcome("a@b.test\nBcc: c@d.test", "Sam", ADMIN), {"email"}),
        (Welcome("new@portal.test", "Sam", OWNER), {"role"}),
        (Welcome("new@portal.test", "Sam", ADMIN, until=date(2026, 11, 21)), {"until"}),
        (Welcome("new@portal.test", "Sam", ADMIN, "Emperor"), {"label"}),
    ],
)
def test_fields_of_an_invitation(home: str, wanted: Welcome, fields: set[str]) -> None:
    with pytest.raises(Invalid) as error:
        groups.invite(as_("olga"), home, wanted)
    assert set(error.value.fields) == fields
    assert db.session.scalars(select(GroupInvitation.id)).all() == []


def test_g6_an_admin_invites_dependents_only(home: str) -> None:
    with pytest.raises(NotAllowed):
        invite(home, "sam", ADMIN, by="ada")
    invite(home, "sam", DEPENDENT, by="ada")
    invite(home, "new", ADMIN)
    lines = {one.email: one.may_change for one in groups.my_group(as_("ada"), home).invitations}
    assert lines == {address("sam"): True, address("new"): False}
    for deed in (groups.resend, groups.revoke):
        with pytest.raises(NotAllowed):
            deed(as_("ada"), home, waiting_in(home, "new"))
        with pytest.raises(Missing):
            deed(as_("sam"), home, waiting_in(home, "new"))
    with pytest.raises(Missing):
        invite(home, "new", DEPENDENT, by="sam")


def waiting_in(home: str, who: str) -> str:
    """The public id of a group's invitation to somebody."""
    (found,) = [one.public_id for one in groups.my_group(as_("olga"), home).invitations if one.email == address(who)]
    return found


def test_nobody_mails_the_world(home: str) -> None:
    for number in range(MOST_WAITING):
        invite(home, f"n{number}", DEPENDENT)
    with pytest.raises(Refused, match="20 invitations wait"):
        invite(home, "more", DEPENDENT)
    groups.revoke(as_("olga"), home, waiting_in(home, "n3"))
    invite(home, "more", DEPENDENT)


def test_an_invitation_of_staff_comes_from_the_partner(home: str) -> None:
    groups.invite(DESK, home, Welcome(address("sam"), "Sam", DEPENDENT))
    assert groups.look_at(token()).inviter == "Harbour Net"
    groups.accept(as_("sam"), waiting("sam"))
    assert posted()[-1] == ("group_change", "olga")


# Looking


def test_sec23_opening_an_invitation_changes_nothing(home: str) -> None:
    link = invite(home, "sam")
    before = (roles(home), logged(), posted(), content())
    for _ in range(3):
        groups.look_at(link)
        groups.open_waiting(as_("sam"), waiting("sam"))
    assert (roles(home), logged(), posted(), content()) == before
    with pytest.raises(Missing):
        groups.look_at("x" * 43)


def content() -> list[object]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text("SELECT * FROM group_invitation ORDER BY id"))]


# Accepting


def test_accepting_joins_once_as_it_was_offered(home: str) -> None:
    invite(home, "sam", ADMIN, scopes=SEE, until=date(2027, 1, 31), label="Nanny")
    key = waiting("sam")
    before = len(posted())
    done = groups.accept(as_("sam"), key, once="k")
    sam = members(home)["sam"]
    assert outcome(done) == ("You are in the group now", home, sam.public_id, False)
    assert (sam.role, sam.scopes, sam.until, sam.label) == (ADMIN, SEE, date(2027, 1, 31), "Nanny")
    assert opens(as_("sam"), "tim") == SEE
    assert posted()[before:] == [("group_change", "olga")]
    assert logged()[-1] == ("group.add", "sam")
    assert groups.accept(as_("sam"), key, once="k") == done
    with pytest.raises(Conflict, match=re.escape(str(GONE))):
        groups.accept(as_("sam"), key)
    assert groups.waiting_for(as_("sam")) == []
    assert groups.look_at(token()).state is InvitationState.ACCEPTED


@pytest.mark.parametrize(
    ("agreed", "reach"), [(ALL_SCOPES, ALL_SCOPES), (frozenset({Scope.DOCUMENTS}), SEE), (frozenset(), frozenset())]
)
def test_pri2_sec11_an_adult_agrees_as_far_as_it_wants(
    home: str, agreed: frozenset[Scope], reach: frozenset[Scope]
) -> None:
    invite(home, "sam", DEPENDENT)
    assert opens(as_("olga"), "sam") == set()
    groups.accept(as_("sam"), waiting("sam"), agreed=agreed)
    assert opens(as_("olga"), "sam") == opens(as_("ada"), "sam") == reach


def test_pri2_somebody_of_unknown_age_agrees_for_themselves(home: str) -> None:
    change("sam", born_on=None)
    invite(home, "sam", DEPENDENT)
    groups.accept(as_("sam"), waiting("sam"), agreed={Scope.VIEW})
    assert opens(as_("olga"), "sam") == {Scope.VIEW}
    groups.withdraw(as_("sam"), home)
    assert opens(as_("olga"), "sam") == set()
    groups.leave(as_("sam"), home)


def revoked(home: str, _clock: time_machine.Traveller) -> None:
    groups.revoke(as_("olga"), home, waiting_in(home, "sam"))


def expired(_home: str, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=14))


def declined(_home: str, _clock: time_machine.Traveller) -> None:
    groups.decline(as_("sam"), waiting("sam"))


def dissolved(home: str, _clock: time_machine.Traveller) -> None:
    groups.dissolve(as_("olga"), home)


def switched_off(_home: str, _clock: time_machine.Traveller) -> None:
    switch(False)


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (revoked, InvitationState.REVOKED),
        (expired, InvitationState.EXPIRED),
        (declined, InvitationState.DECLINED),
        (dissolved, InvitationState.REVOKED),
        (switched_off, None),
    ],
)
def test_an_invitation_that_no_longer_works(
    home: str, frozen: time_machine.Traveller, spoil: Callable[[str, time_machine.Traveller], None], state: object
) -> None:
    link = invite(home, "sam")
    key = waiting("sam")
    assert groups.look_at(link).works
    spoil(home, frozen)
    before = (logged(), posted(), content())
    assert groups.waiting_for(as_("sam")) == []
    error: type[PortalError] = Missing if state is None else Conflict
    deeds: list[Callable[[], object]] = [
        lambda: groups.accept(as_("sam"), key),
        lambda: groups.decline(as_("sam"), key),
        lambda: groups.decline(None, link),
    ]
    if state is None:
        deeds.append(lambda: groups.look_at(link))
    else:
        assert groups.look_at(link).state is state
    for deed in deeds:
        with pytest.raises(error):
            deed()
    assert (logged(), posted(), content()) == before
    assert groups_of("sam") == 0


def groups_of(who: str) -> int:
    switch()
    return len(groups.my_groups(as_(who), profile(who)).groups)


def test_an_invitation_whose_access_is_over(home: str, frozen: time_machine.Traveller) -> None:
    link = invite(home, "sam", until=date(2026, 11, 24))
    key = waiting("sam")
    frozen.move_to("2026-11-24T23:30:00Z")
    assert not groups.look_at(link).works, "it is the 25th already where the group is"
    with pytest.raises(Refused) as error:
        groups.accept(as_("sam"), key)
    assert rules_of(error) == ["G12"]
    with pytest.raises(Conflict, match="The access it offers is over"):
        groups.resend(as_("olga"), home, waiting_in(home, "sam"))


def test_sec24_nobody_else_uses_an_invitation(home: str) -> None:
    invite(home, "sam")
    key = waiting("sam")
    mallory = person("mallory")
    staff = logins.administrator("root@kith.test")
    for actor in (mallory, as_("olga"), as_("ada"), staff, DESK, SYSTEM):
        with pytest.raises(Missing):
            groups.accept(actor, key)
        with pytest.raises(Missing):
            groups.open_waiting(actor, key)
        with pytest.raises(Missing):
            groups.decline(actor, key)
        with pytest.raises(Missing):
            groups.accept_offer(actor, key)
    assert groups.waiting_for(mallory) == []
    assert roles(home) == {"olga": "owner", "ada": "admin", "tim": "dependent"}
    assert groups.open_waiting(as_("sam"), key).works


@pytest.mark.parametrize(("who", "rule"), [("busy", "G5"), ("far", "G9")])
def test_whoever_cannot_join_learns_why_on_the_page_alone(home: str, who: str, rule: str) -> None:
    strangers()
    invite(home, who)
    key = waiting(who)
    before = (logged(), posted())
    with pytest.raises(Refused) as error:
        groups.accept(as_(who), key)
    assert rules_of(error) == [rule]
    assert str(error.value.headline) == "This invitation can’t be accepted"
    assert "Olga" not in str(error.value)
    assert (logged(), posted()) == before
    assert waiting(who) == key, "it still waits"


def test_g5_whoever_leaves_the_other_group_may_accept(home: str) -> None:
    person("ben")
    other = family("ben", sam=ADMIN)
    invite(home, "sam")
    with pytest.raises(Refused):
        groups.accept(as_("sam"), waiting("sam"))
    groups.leave(as_("sam"), other)
    groups.accept(as_("sam"), waiting("sam"))
    assert roles(home)["sam"] == "admin"


# Sending again, taking back, declining


def test_sending_again_kills_the_old_link(home: str, frozen: time_machine.Traveller) -> None:
    old = invite(home, "sam")
    frozen.shift(timedelta(days=15))
    assert groups.look_at(old).state is InvitationState.EXPIRED
    key = waiting_in(home, "sam")
    done = groups.resend(as_("olga"), home, key, once="k")
    assert groups.resend(as_("olga"), home, key, once="k") == done
    fresh = token()
    assert fresh != old
    with pytest.raises(Missing):
        groups.look_at(old)
    assert groups.look_at(fresh).works
    assert [purpose for purpose, _ in posted()].count("group_invitation") == 2
    groups.accept(as_("sam"), waiting("sam"))
    with pytest.raises(Conflict, match="accepted meanwhile"):
        groups.resend(as_("olga"), home, key)
    with pytest.raises(Conflict, match="accepted meanwhile"):
        groups.revoke(as_("olga"), home, key)


def test_declining_with_and_without_signing_in(home: str) -> None:
    link = invite(home, "sam")
    groups.decline(None, link)
    assert posted()[-1] == ("group_change", "olga")
    assert logged()[-1] == ("group.decline", "olga")
    with pytest.raises(Conflict):
        groups.decline(None, link)
    invite(home, "sam")
    groups.decline(as_("sam"), waiting("sam"))
    assert posted()[-1] == ("group_change", "olga")
    with pytest.raises(Missing):
        groups.decline(None, "x" * 43)


@pytest.mark.parametrize("how", ["removed", "demoted", "over"])
def test_sec5_an_admin_who_manages_no_more_hears_no_answer(home: str, frozen: time_machine.Traveller, how: str) -> None:
    invite(home, "sam", DEPENDENT, by="ada")
    invite(home, "new", DEPENDENT, by="ada")
    declining = token()
    if how == "removed":
        removed(home)
    elif how == "demoted":
        demoted(home)
    else:
        groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=date(2026, 11, 22)))
        frozen.shift(timedelta(days=1))
    before = len(posted())
    groups.accept(as_("sam"), waiting("sam"))
    groups.decline(None, declining)
    assert posted()[before:] == [("group_change", "olga")] * 2


# Newcomers


def test_a_newcomer_opens_a_login_and_joins_in_one_step(home: str) -> None:
    link = invite(home, "new", DEPENDENT, label="Carer")
    assert not groups.look_at(link).knows_login
    done = groups.accept_as_newcomer(link, NEW, " Nia ", "Král", date(1990, 1, 1), {Scope.VIEW})
    nia = members(home)["Nia Král"]
    assert done.member == nia.public_id
    assert (nia.role, nia.label, nia.consent, nia.logins) == (DEPENDENT, "Carer", {Scope.VIEW}, 1)
    assert logins.signed_in(address("new"), NEW).customer_name == "Nia Král"
    assert opens(as_("olga"), nia.reference) == {Scope.VIEW}
    with pytest.raises(Conflict, match="no longer works"):
        groups.accept_as_newcomer(link, NEW, "Nia", "Král", date(1990, 1, 1))


def test_a_newcomer_with_a_profile_on_file_opens_that_one(home: str) -> None:
    people.customer("file", kind="individual", email="New@portal.test", name="Nia Král", born_on=date(1990, 1, 1))
    link = invite(home, "new", ADMIN)
    assert groups.look_at(link).profile_name == "Nia Král"
    groups.accept_as_newcomer(link, NEW, "", "")
    assert roles(home)["file"] == "admin"
    assert as_("new").customer_id == profile("file").id


@pytest.mark.parametrize(
    "files",
    [
        [{"kind": "business"}],
        [{}, {}],
        [{"of": "Lakeside"}],
        [{"own_status": "inactive"}],
    ],
)
def test_a_profile_is_opened_only_where_it_is_surely_theirs(home: str, files: list[dict[str, str]]) -> None:
    for number, more in enumerate(files):
        people.customer(f"file-{number}", **{"kind": "individual", "email": address("new"), **more})
    link = invite(home, "new", ADMIN)
    assert groups.look_at(link).profile_name == ""
    groups.accept_as_newcomer(link, NEW, "Nia", "Král", date(1990, 1, 1))
    assert roles(home)["Nia Král"] == "admin"


@pytest.mark.parametrize(
    ("given", "family_name", "born_on", "fields"),
    [
        ("", "", None, {"given_name", "born_on"}),
        ("x" * 101, "y" * 101, date(1850, 1, 1), {"given_name", "family_name", "born_on"}),
        ("Nia", "", date(2026, 11, 23), {"born_on"}),
    ],
)
def test_fields_of_a_newcomer(home: str, given: str, family_name: str, born_on: date | None, fields: set[str]) -> None:
    link = invite(home, "new", DEPENDENT)
    with pytest.raises(Invalid) as error:
        groups.accept_as_newcomer(link, NEW, given, family_name, born_on)
    assert set(error.value.fields) == fields
    with pytest.raises(Invalid):
        groups.accept_as_newcomer(link, "short", "Nia", "", date(1990, 1, 1))
    assert login_rows.by_email(address("new")) is None


def test_a_refused_newcomer_leaves_nothing_behind(home: str) -> None:
    people.customer("file", kind="individual", email=address("new"))
    person("ben")
    family("ben", file=DEPENDENT)
    link = invite(home, "new", ADMIN)
    with pytest.raises(Refused) as error:
        groups.accept_as_newcomer(link, NEW, "", "")
    assert rules_of(error) == ["G5"]
    assert login_rows.by_email(address("new")) is None
    assert groups.look_at(link).works


def test_sec24_the_link_opens_no_second_login(home: str) -> None:
    link = invite(home, "sam", ADMIN)
    with pytest.raises(Conflict):
        groups.accept_as_newcomer(link, NEW, "Mallory", "M", date(1990, 1, 1))
    assert db.session.scalar(select(Customer.id).where(Customer.name == "Mallory M")) is None


# The ownership


def test_g3_an_offer_is_accepted_in_one_step(home: str) -> None:
    before = len(posted())
    done = groups.offer_ownership(as_("olga"), home, member(home, "ada"), once="k")
    assert groups.offer_ownership(as_("olga"), home, member(home, "ada"), once="k") == done
    assert roles(home)["olga"] == "owner", "until it is accepted"
    assert posted()[before:] == [("group_offer", "ada")]
    key = waiting("ada")
    assert groups.open_waiting(as_("ada"), key).kind == "ownership"
    for who in ("olga", "sam"):
        with pytest.raises(Missing):
            groups.accept_offer(as_(who), key)
    with pytest.raises(Missing):
        groups.accept(as_("ada"), key)
    groups.accept_offer(as_("ada"), key)
    assert roles(home) == {"ada": "owner", "olga": "admin", "tim": "dependent"}
    assert posted()[-1] == ("group_change", "olga")
    assert logged()[-2:] == [("group.transfer", "ada"), ("group.transfer", "olga")]
    with pytest.raises(Conflict):
        groups.accept_offer(as_("ada"), key)
    with pytest.raises(NotAllowed):
        groups.offer_ownership(as_("olga"), home, member(home, "ada"))


def test_whom_the_ownership_can_be_offered_to(home: str, frozen: time_machine.Traveller) -> None:
    for who, refused in (("olga", ["G3"]), ("tim", ["G15", "G3"])):
        with pytest.raises(Refused) as error:
            groups.offer_ownership(as_("olga"), home, member(home, who))
        assert rules_of(error) == refused
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=date(2026, 11, 23)))
    frozen.shift(timedelta(days=2))
    with pytest.raises(Refused) as error:
        groups.offer_ownership(as_("olga"), home, member(home, "ada"))
    assert rules_of(error) == ["G12"]


def left(home: str) -> None:
    groups.leave(as_("ada"), home)


def removed(home: str) -> None:
    groups.remove_member(as_("olga"), home, member(home, "ada"))


def demoted(home: str) -> None:
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=DEPENDENT))


def offered_to_another(home: str) -> None:
    groups.add_member(SYSTEM, home, NewMember("sam", ADMIN))
    groups.offer_ownership(as_("olga"), home, member(home, "sam"))


def owned_by_another(home: str) -> None:
    groups.add_member(SYSTEM, home, NewMember("sam", OWNER))


def taken_back(home: str) -> None:
    (offer,) = [one for one in groups.my_group(as_("olga"), home).invitations if one.is_offer]
    groups.revoke(as_("olga"), home, offer.public_id)


def declined_offer(_home: str) -> None:
    groups.decline(as_("ada"), waiting("ada"))
    assert posted()[-1] == ("group_change", "olga")


@pytest.mark.parametrize(
    "spoil", [left, removed, demoted, offered_to_another, owned_by_another, taken_back, declined_offer]
)
def test_an_offer_lapses(home: str, spoil: Callable[[str], None]) -> None:
    groups.offer_ownership(as_("olga"), home, member(home, "ada"))
    key = waiting("ada")
    spoil(home)
    owner = next(who for who, role in roles(home).items() if role == "owner")
    with pytest.raises(Conflict, match="no longer works"):
        groups.accept_offer(as_("ada"), key)
    assert roles(home)[owner] == "owner"
    assert groups.waiting_for(as_("ada")) == []


def test_an_offer_lapses_with_the_membership_and_with_time(home: str, frozen: time_machine.Traveller) -> None:
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=date(2026, 11, 23)))
    groups.offer_ownership(as_("olga"), home, member(home, "ada"))
    key = waiting("ada")
    frozen.shift(timedelta(days=2))
    with pytest.raises(Conflict):
        groups.accept_offer(as_("ada"), key)
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=NO_END))
    frozen.shift(timedelta(days=12))
    with pytest.raises(Conflict):
        groups.accept_offer(as_("ada"), key)
    assert roles(home)["olga"] == "owner"


def test_an_admin_neither_offers_nor_takes_back(home: str) -> None:
    groups.add_member(SYSTEM, home, NewMember("sam", ADMIN))
    groups.offer_ownership(as_("olga"), home, member(home, "sam"))
    offer = waiting("sam")
    with pytest.raises(NotAllowed):
        groups.revoke(as_("ada"), home, offer)
    with pytest.raises(NotAllowed, match="made anew"):
        groups.resend(as_("olga"), home, offer)


# Other families


def test_sec4_sec5_sec6_two_families_of_one_carer_stay_apart(home: str) -> None:
    """Canaries: no member of one family ever shows up in anything that the other family's members can read."""
    choose(groups_per_customer=2)
    person("zora", name="Zora Canary")
    child("zoe", name="Zoe Canary")
    other = family("zora", zoe=DEPENDENT)
    for where, by in ((home, "olga"), (other, "zora")):
        groups.invite(as_(by), where, Welcome(address("sam"), "Sam", ADMIN, scopes=SEE))
    for one in groups.waiting_for(as_("sam")):
        groups.accept(as_("sam"), one.public_id)
    assert sees(as_("sam"), "tim")
    assert sees(as_("sam"), "zoe")
    groups.invite(as_("zora"), other, Welcome(address("new"), "Canary Junior", DEPENDENT))
    groups.change_member(as_("zora"), other, member(other, "sam"), edit(other, "sam", until=date(2027, 1, 1)))
    for who in ("olga", "ada"):
        read = read_by(who, home)
        assert "Sam" in read
        assert "anary" not in read
        assert "2027" not in read
        assert not sees(as_(who), "zoe")
        with pytest.raises(Missing):
            groups.my_group(as_(who), other)
    assert "Olga" not in read_by("zora", other)
    assert {view.owner_name for view in groups.my_groups(as_("sam"), profile("sam")).groups} == {"Olga", "Zora Canary"}
    groups.remove_member(as_("zora"), other, member(other, "sam"))
    assert not sees(as_("sam"), "zoe"), "SEC5"
    assert sees(as_("sam"), "tim")
    assert "anary" not in read_by("olga", home)


def read_by(who: str, home: str) -> str:
    """Everything the actions tell somebody: the groups, what waits, whom they act for, and their mail."""
    actor = as_(who)
    mine = groups.my_groups(actor, profile(who))
    mail = [one.subject + one.text + one.html for one in logins.mails() if address(who) in logins.recipients(one)]
    return repr((mine, groups.my_group(actor, home), groups.waiting_for(actor), acting.standing(actor), mail))


# What a group may send ------------------------------------------------------------------------------------------------


def resend_until_it_rests(home: str, who: str, most: int = 12) -> int:
    """How often an invitation of `who` is sent again before the sender has to wait."""
    (waiting,) = [one for one in groups.my_group(as_("olga"), home).invitations if one.email == address(who)]
    for sent in range(most):
        try:
            groups.resend(as_("olga"), home, waiting.public_id)
        except TooMany:
            return sent
    raise AssertionError("it never rests")


def test_sec17_mails_to_one_address_come_to_a_rest(home: str) -> None:
    groups.invite(as_("olga"), home, Welcome(address("guest"), "Guest", ADMIN))
    before = len(posted())
    sent = resend_until_it_rests(home, "guest")
    assert 0 < sent < 5
    assert len(posted()) == before + sent, "what is refused sends nothing"
    with pytest.raises(TooMany):
        groups.resend(as_("olga"), home, groups.my_group(as_("olga"), home).invitations[0].public_id)
    groups.invite(as_("olga"), home, Welcome(address("other"), "Other", ADMIN))


def test_sec16_a_pause_of_one_group_is_not_felt_in_another(home: str) -> None:
    person("zoe")
    child("zoes-child")
    theirs = family("zoe", **{"zoes-child": DEPENDENT})
    groups.invite(as_("olga"), home, Welcome(address("guest"), "Guest", ADMIN))
    resend_until_it_rests(home, "guest")
    before = len(posted())
    groups.invite(as_("zoe"), theirs, Welcome(address("guest"), "Guest", ADMIN))
    assert len(posted()) == before + 1


def test_staff_send_again_as_often_as_they_are_asked(home: str) -> None:
    groups.invite(as_("olga"), home, Welcome(address("guest"), "Guest", ADMIN))
    resend_until_it_rests(home, "guest")
    (waiting,) = [one for one in groups.my_group(as_("olga"), home).invitations if one.email == address("guest")]
    before = len(posted())
    groups.resend(DESK, home, waiting.public_id)
    assert len(posted()) == before + 1


@pytest.mark.parametrize("name", ["win at https://evil.test", "www.evil.test", "pay@evil.test"])
def test_the_name_of_an_invitee_carries_no_address(home: str, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        groups.invite(as_("olga"), home, Welcome(address("guest"), name, ADMIN))
    assert list(map(str, refused.value.fields["name"])) == ["Enter a name only, without addresses."]


# Logins that may only look --------------------------------------------------------------------------------------------


def test_c2_a_login_that_may_only_look_binds_nobody(home: str) -> None:
    person("gran", born_on=date(1950, 1, 1))
    groups.invite(as_("olga"), home, Welcome(address("gran"), "Gran", DEPENDENT))
    (waiting,) = groups.waiting_for(as_("gran"))
    narrow = frozenset({Scope.VIEW, Scope.FINANCE})
    olga, gran = replace(as_("olga"), scopes=narrow), replace(as_("gran"), scopes=narrow)
    before = members(home), len(posted())
    for deed in (
        lambda: groups.invite(olga, home, Welcome(address("guest"), "Guest", ADMIN)),
        lambda: groups.add_dependent(olga, home, NewDependent("Ida", "N", date(2020, 5, 3))),
        lambda: groups.dissolve(olga, home),
        lambda: groups.leave(olga, home),
        lambda: groups.accept(gran, waiting.public_id),
    ):
        with pytest.raises(NotAllowed, match="would need the right to change details"):
            deed()
    assert (members(home), len(posted())) == before
    assert groups.my_group(olga, home).owner_name == "Olga", "looking is what it may"
    groups.accept(as_("gran"), waiting.public_id)
    for answer in (lambda: groups.agree(gran, home, {Scope.VIEW}), lambda: groups.withdraw(gran, home)):
        with pytest.raises(NotAllowed):
            answer()
