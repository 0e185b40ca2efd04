"""Groups in the back office: the panel of a Summary, creating, adding, changing, removing, dissolving, and who may."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.actions import groups
from portal.actions.groups import NewMember, Welcome
from portal.db.engine import db, writes
from portal.db.tables import Customer, CustomerGroup, GroupInvitation, GroupMember
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import families
from tests.families import (
    ADMIN,
    DEPENDENT,
    change,
    child,
    choose,
    edit,
    family,
    member,
    members,
    person,
    roles,
    switch,
)
from tests.logins import mails
from tests.pages import PageClient
from tests.people import customer, partner, post, service
from tests.web.acme import HTMX, NASTY, browser_of
from tests.web.staff.office import audit, now, path, staff

pytestmark = pytest.mark.usefixtures("feature")


@pytest.fixture
def feature(app: Flask) -> None:
    """Groups are on."""
    switch()


@pytest.fixture
def home(feature: None) -> str:
    """Dana, her nanny Rosa, and Leo, who has no login; the group's public id."""
    person("dana", name="Dana Novák")
    person("rosa", name="Rosa Lima")
    child("leo", name="Leo Novák")
    return family("dana", rosa=ADMIN, leo=DEPENDENT)


def place(group: str, page: str, who: str = "dana") -> str:
    """The address of a page of a group, on the profile of `who`."""
    return path(who, f"/groups/{group}/{page}")


def one(group: str, who: str, page: str = "") -> str:
    """The address of a page about a member, on the Owner's profile."""
    return place(group, f"members/{member(group, who)}{page}")


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@writes
def lapse(who: str) -> None:
    """The membership of `who` ended yesterday."""
    mine = select(Customer.id).where(Customer.external_id == who)
    query = update(GroupMember).where(GroupMember.customer_id.in_(mine))
    db.session.execute(query.values(until=date(2026, 11, 21)))


def words(client: PageClient, address: str) -> str:
    assert client.get(address).status_code == 200
    return client.page.words


# The panel ------------------------------------------------------------------------------------------------------------


def test_g2_a_customer_in_no_group_is_offered_one(app: Flask) -> None:
    person("dana")
    client = staff(app, "desk")
    assert "In no group" in words(client, path("dana"))
    assert path("dana", "/groups/create") in client.page.links
    assert "In no group" in words(staff(app, "operations"), path("dana"))


def test_g6_whoever_does_not_manage_groups_sees_them_only(app: Flask, home: str) -> None:
    client = staff(app, "operations")
    shown = words(client, path("dana"))
    assert "Rosa Lima Admin" in shown
    for word in ("Add to Group", "Create a Group", "Dissolve", "Remove"):
        assert word not in shown
    assert client.get(place(home, "add")).status_code == 403
    assert client.get(path("dana", "/groups/create")).status_code == 403
    client.get(path("dana"))
    assert client.post(place(home, "dissolve"), data=client.page.hidden).status_code == 403


def test_g10_the_owner_has_the_buttons_and_the_others_lead_there(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    shown = words(client, path("dana"))
    for text in ("Dana Novák Owner", "Rosa Lima Admin", "Leo Novák Dependent No login", "Dissolve this group"):
        assert text in shown
    for address in (place(home, "add"), one(home, "rosa"), one(home, "rosa", "/remove"), path("rosa"), path("leo")):
        assert address in client.page.links
    assert one(home, "dana", "/remove") not in client.page.links
    for who in ("rosa", "leo"):
        shown = words(client, path(who))
        assert "Group of Dana Novák" in shown
        assert "Manage" in shown
        assert "Dissolve" not in shown
        assert client.page.links.count(path("dana", f"#group-{home}")) == 2  # in the panel and in the Actions menu
        assert place(home, "add", who) not in client.page.links


def test_g12_g13_the_panel_says_what_suspends_a_place(app: Flask, home: str) -> None:
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", scopes=frozenset({Scope.VIEW})))
    groups.change_member(SYSTEM, home, member(home, "leo"), edit(home, "leo", until=date(2026, 11, 22)))
    shown = words(staff(app, "desk"), path("dana"))
    assert "May see details and services" in shown
    assert "No login · member until 22 Nov 2026" in shown
    lapse("leo")
    change("leo", born_on=date(2000, 1, 1))
    client = staff(app, "admin")
    shown = words(client, path("dana"))
    assert "was a member until 21 Nov 2026" in shown
    assert "Access ended" in shown
    assert "Paused Of age, has not agreed to being acted for" in shown
    assert "so nobody acts for them" in words(client, one(home, "leo"))


def test_g5_every_group_has_a_panel_of_its_own(app: Flask, home: str) -> None:
    choose(groups_per_customer=2)
    person("kim", name="Kim Berg")
    other = family("kim", rosa=ADMIN)
    client = staff(app, "desk")
    shown = words(client, path("rosa"))
    assert "Group of Dana Novák" in shown
    assert "Group of Kim Berg" in shown
    assert path("kim", f"#group-{other}") in client.page.links
    assert path("rosa", "/groups/create") not in client.page.links


def test_g1_while_the_feature_is_off_nothing_of_it_is_there(app: Flask, home: str) -> None:
    client = staff(app, "super")
    pages = [
        path("dana", "/groups/create"),
        place(home, "add"),
        place(home, "dissolve"),
        one(home, "rosa"),
        one(home, "rosa", "/remove"),
    ]
    switch(on=False)
    shown = words(client, path("dana"))
    assert "Group" not in shown
    for page in pages:
        assert client.get(page).status_code == 404
        assert client.post(page, data={"csrf_token": client.page.hidden.get("csrf_token", "")}).status_code in (
            400,
            404,
        )
    client.get(path("dana"))
    token = client.page.hidden["csrf_token"]
    for page in pages:
        assert client.post(page, data={"csrf_token": token, "version": "1", "way": "new"}).status_code == 404
    assert roles(home) == {"dana": "owner", "rosa": "admin", "leo": "dependent"}


# Creating -------------------------------------------------------------------------------------------------------------


def test_g2_a_group_is_created_from_the_summary(app: Flask) -> None:
    person("dana", name="Dana Novák")
    child("leo", name="Leo Novák")
    client = staff(app, "desk")
    create = path("dana", "/groups/create")
    words(client, path("dana"))
    assert create in client.page.links
    client.get(f"{create}?owner_label=Parent&q=leo")
    chosen = next(link for link in client.page.links if "member=" in link)
    assert f"member={now('leo').public_id}" in chosen
    assert "owner_label=Parent" in chosen
    shown = words(client, chosen)
    assert "Becomes the Owner" in shown
    answer = client.submit(create, {"owner_label": "Parent", "role": "dependent", "label": "Child"}, at=chosen)
    assert answer.status_code == 303
    shown = words(client, answer.location)
    assert "The group of Dana Novák is created, with Leo Novák as Dependent." in shown
    assert "Dana Novák Owner Parent" in shown
    assert "Leo Novák Dependent Child" in shown
    assert ("group.create", "A group was created with Dana Novák as its Owner") in audit()


def test_g2_c3_the_first_member_can_be_somebody_new(app: Flask) -> None:
    person("dana", name="Dana Novák", family_name="Novák")
    client = staff(app, "desk")
    create = path("dana", "/groups/create")
    client.get(create)
    assert f"{create}?way=new" in client.page.links
    answer = client.submit(
        create,
        {"given_name": "Ida", "family_name": "Novák", "born_on": "2019-03-02", "label": "Child"},
        at=f"{create}?way=new",
    )
    assert answer.status_code == 303
    assert "with Ida Novák as Dependent" in words(client, answer.location)


def test_g2_nobody_is_created_half(app: Flask) -> None:
    """A wrong first member leaves no group behind."""
    person("dana")
    client = staff(app, "desk")
    create = path("dana", "/groups/create")
    answer = client.submit(create, {"given_name": "", "born_on": "soon"}, at=f"{create}?way=new")
    assert answer.status_code == 422
    assert "Enter the given name." in client.page.words
    answer = client.submit(create, {"given_name": "Ida", "born_on": "2090-01-01"}, at=f"{create}?way=new")
    assert answer.status_code == 422
    assert "A date of birth lies between 1900 and today." in client.page.words
    assert client.submit(create, {}).status_code == 422
    assert count(CustomerGroup) == 0


def test_g5_who_is_in_a_group_begins_no_other(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    shown = words(client, path("rosa", "/groups/create"))
    assert "A group of Rosa Lima can’t be created yet" in shown
    assert "Rosa Lima is a member of a group already, and a customer may be in one group at a time." in shown
    person("kim")
    page = path("rosa", f"/groups/create?member={now('kim').public_id}")
    assert client.submit(path("rosa", "/groups/create"), {"role": "admin"}, at=page).status_code == 409
    assert "Remove it there first" in client.page.words
    assert count(CustomerGroup) == 1


def test_g5_g9_c1_what_stands_in_the_way_is_listed_at_once(app: Flask) -> None:
    person("dana", name="Dana Novák", own_status="inactive")
    customer("far", name="Far Away", of="Other Net")
    client = staff(app, "super")
    page = path("dana", f"/groups/create?member={now('far').public_id}")
    assert (
        client.submit(path("dana", "/groups/create"), {"role": "admin", "label": "Nanny"}, at=page).status_code == 409
    )
    for sentence in ("Dana Novák is Inactive.", "Far Away belongs to Other Net and the group to Harbour Net."):
        assert sentence in client.page.words
    assert path("dana", "/details") in client.page.links
    assert count(CustomerGroup) == 0


def test_g3_the_first_member_is_not_the_owner(app: Flask) -> None:
    person("dana")
    person("rosa")
    client = staff(app, "desk")
    page = path("dana", f"/groups/create?member={now('rosa').public_id}")
    assert client.submit(path("dana", "/groups/create"), {"role": "owner"}, at=page).status_code == 422
    itself = path("dana", f"/groups/create?member={now('dana').public_id}")
    assert client.submit(path("dana", "/groups/create"), {"role": "admin"}, at=itself).status_code == 409
    assert "is the Owner already" in client.page.words
    assert count(CustomerGroup) == 0


def test_r10_a_double_click_creates_one_group(app: Flask) -> None:
    person("dana")
    child("leo")
    client = staff(app, "desk")
    create = path("dana", "/groups/create")
    client.get(f"{create}?member={now('leo').public_id}")
    sent = {**client.page.hidden, "role": "dependent", "until-choice": "none"}
    answers = [client.post(create, data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert (count(CustomerGroup), count(GroupMember)) == (1, 2)


# The search -----------------------------------------------------------------------------------------------------------


def test_g9_only_customers_of_the_same_partner_are_found(app: Flask, home: str) -> None:
    person("kim", name="Kim Novák")
    child("kid", name="Kid Novák", own_status="inactive")
    customer("far", name="Far Novák", of="Other Net")
    client = staff(app, "super")
    shown = words(client, f"{place(home, 'add')}?q=nov%C3%A1k")
    assert "Far Novák" not in shown
    assert "Kim Novák" in shown.split("Cannot be added")[0]
    assert "is a member of this group already" in shown
    assert "is Inactive" in shown
    assert client.get(f"{place(home, 'add')}?q=zzz", headers=HTMX).status_code == 200
    assert "Only customers of Harbour Net can join" in client.page.words
    assert "0 customers found" in client.page.words
    assert client.get(f"{place(home, 'add')}?q={'x' * 300}").status_code == 200
    assert "Search for at most 200 characters." in client.page.words


def test_g5_who_is_in_another_group_is_listed_with_the_reason(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    person("lou", name="Lou Berg")
    family("kim", lou=ADMIN)
    shown = words(staff(app, "desk"), f"{place(home, 'add')}?q=berg")
    assert "has a group of its own" in shown
    assert "is in the group of Kim Berg" in shown
    assert "Select Customer" not in shown


# Adding ---------------------------------------------------------------------------------------------------------------


def test_g7_g12_an_admin_is_added_with_narrower_rights_and_an_end(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    client = staff(app, "desk")
    add = place(home, "add")
    page = f"{add}?member={now('kim').public_id}"
    wanted = {"role": "admin", "label": "Carer", "scopes": ["book"], "until": "2027-01-31"}
    assert client.submit(add, wanted, at=page).status_code == 200
    assert "Kim Berg will act for Leo Novák." in client.page.words
    assert "kim" not in members(home), "the page says first what it means (G15)"
    answer = client.post(add, data=client.page.hidden)
    assert answer.status_code == 303
    assert answer.location.endswith(f"#group-{home}")
    assert "Kim Berg is in the group now, as Admin." in words(client, answer.location)
    added = members(home)["kim"]
    assert (added.role, added.label, added.until) == (ADMIN, "Carer", date(2027, 1, 31))
    assert added.scopes == {Scope.VIEW, Scope.BOOK}


def test_g12_a_day_that_is_over_is_no_end(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    client = staff(app, "desk")
    add = place(home, "add")
    page = f"{add}?member={now('kim').public_id}"
    wanted = {"role": "admin", "label": "Carer", "scopes": ["book"], "until": "2026-11-21"}
    assert client.submit(add, wanted, at=page).status_code == 422
    assert "That day is over. Choose today or a later day." in client.page.words
    assert client.submit(add, {**wanted, "until": "never"}, at=page).status_code == 422
    assert "kim" not in members(home)


def test_g4_a_label_that_is_not_in_the_list_is_refused(app: Flask, home: str) -> None:
    child("ida")
    client = staff(app, "desk")
    add = place(home, "add")
    answer = client.submit(add, {"role": "dependent", "label": "Ghost"}, at=f"{add}?member={now('ida').public_id}")
    assert answer.status_code == 422
    assert "“Ghost” is not one of the labels: Parent, Nanny, Child, Carer." in client.page.words


def test_g3_adding_an_owner_transfers_the_group(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    client = staff(app, "desk")
    add = place(home, "add")
    page = f"{add}?member={now('kim').public_id}"
    assert "Takes the group over at once: Dana Novák becomes Admin." in words(client, page)
    assert client.submit(add, {"role": "owner", "label": "Parent", "until": "2027-01-01"}, at=page).status_code == 200
    assert "Dana Novák is Owner now, and becomes Admin." in client.page.words
    answer = client.post(add, data=client.page.hidden)
    assert answer.status_code == 303
    assert path("kim") in answer.location
    assert "Kim Berg is the Owner of the group now, and the previous Owner an Admin." in words(client, answer.location)
    assert roles(home) == {"kim": "owner", "dana": "admin", "rosa": "admin", "leo": "dependent"}
    assert members(home)["kim"].until is None


def test_pri2_adding_an_adult_dependent_records_who_says_they_agreed(app: Flask, home: str) -> None:
    person("opa", name="Opa Novák")
    client = staff(app, "desk")
    add = place(home, "add")
    page = f"{add}?member={now('opa').public_id}"
    assert "Opa Novák is of age: adding them records that they agreed to it." in words(client, page)
    client.submit(add, {"role": "dependent"}, at=page)
    assert members(home)["opa"].consent == ALL_SCOPES
    assert "recorded by desk.everywhere@staff.test" in words(client, one(home, "opa"))


def test_g7_c3_somebody_new_is_added_without_a_login(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    add = place(home, "add")
    client.get(add)
    assert f"{add}?way=new" in client.page.links
    before = count(Customer)
    wanted = {"given_name": "Ida", "family_name": "Novák", "born_on": "2019-03-02", "label": "Child"}
    client.get(f"{add}?way=new")
    sent = {**client.page.hidden, **wanted}
    answers = [client.post(add, data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Ida Novák is in the group now, as Dependent." in words(client, answers[0].location)
    assert count(Customer) == before + 1


def test_g7_an_adult_is_not_made_a_dependent_like_a_child(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    add = place(home, "add")
    wanted = {"given_name": "Ida", "family_name": "Novák", "born_on": "1990-03-02"}
    assert client.submit(add, wanted, at=f"{add}?way=new").status_code == 409
    assert "Ida Novák is of age, and an adult agrees to being acted for." in client.page.words
    assert len(members(home)) == 3


def test_r10_a_double_click_adds_once(app: Flask, home: str) -> None:
    child("ida")
    client = staff(app, "desk")
    client.get(f"{place(home, 'add')}?member={now('ida').public_id}")
    sent = {**client.page.hidden, "role": "dependent", "until-choice": "none"}
    assert [client.post(place(home, "add"), data=sent).status_code for _ in range(2)] == [303, 303]
    assert count(GroupMember) == 4
    again = client.submit(
        place(home, "add"), {"role": "dependent"}, at=f"{place(home, 'add')}?member={now('ida').public_id}"
    )
    assert again.status_code == 409
    assert "is a member of this group already" in client.page.words


# Changing -------------------------------------------------------------------------------------------------------------


def test_g6_g12_a_member_is_changed(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    shown = words(client, one(home, "rosa"))
    assert "Edit Rosa Lima" in shown
    wanted = {"role": "admin", "label": "Nanny", "scopes": ["documents"], "until": "2027-06-30"}
    answer = client.submit(one(home, "rosa"), wanted)
    assert answer.status_code == 303
    assert "Rosa Lima: another label, other rights, until 30 Jun 2027" in words(client, answer.location)
    changed = members(home)["rosa"]
    assert (changed.label, changed.until) == ("Nanny", date(2027, 6, 30))
    assert changed.scopes == {Scope.VIEW, Scope.DOCUMENTS}


def test_g3_the_role_owner_transfers_and_leads_to_the_new_owner(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    answer = client.submit(one(home, "rosa"), {"role": "owner", "label": ""})
    assert answer.status_code == 200
    shown = client.page.words
    assert "Rosa Lima is Admin now, and becomes Owner." in shown
    assert "Dana Novák is Owner now, and becomes Admin." in shown
    assert roles(home)["dana"] == "owner", "nothing is done before it is confirmed"
    answer = client.post(one(home, "rosa"), data=client.page.hidden)
    assert answer.status_code == 303
    assert answer.location.endswith(path("rosa", f"#group-{home}"))
    assert "Rosa Lima is the Owner now, and Dana Novák an Admin." in words(client, answer.location)
    assert roles(home) == {"rosa": "owner", "dana": "admin", "leo": "dependent"}


def test_g3_the_owner_gets_another_label_but_no_other_role(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    shown = words(client, one(home, "dana"))
    assert "To hand it over, edit another member and choose the role Owner there." in shown
    assert client.submit(one(home, "dana"), {"label": "Parent"}).status_code == 303
    assert members(home)["dana"].label == "Parent"
    assert client.submit(one(home, "dana"), {"role": "admin", "label": "Parent"}).status_code == 409
    assert "Dana Novák is the Owner, and a group has exactly one." in client.page.words
    assert roles(home)["dana"] == "owner"


def test_g12_a_day_that_is_over_is_refused_and_what_was_typed_is_kept(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    wanted = {"role": "admin", "label": "Carer", "scopes": ["book"], "until": "2026-11-21"}
    assert client.submit(one(home, "rosa"), wanted).status_code == 409
    assert "21 Nov 2026 is over already." in client.page.words
    assert members(home)["rosa"].until is None


def test_r24_a_stale_form_keeps_its_input_and_shows_what_is_there_now(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    page = one(home, "rosa")
    client.get(page)
    sent = {**client.page.hidden, "role": "admin", "label": "Carer", "scopes": ["book"], "until": "2027-01-31"}
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", label="Nanny"))
    answer = client.post(page, data=sent)
    assert answer.status_code == 409
    assert "Somebody was faster: check, then save again" in client.page.words
    assert "Label Nanny Carer" in client.page.words
    assert "Until No end 31 Jan 2027" in client.page.words
    html = answer.get_data(as_text=True)
    assert '<option selected value="Carer">' in html
    assert 'value="2027-01-31"' in html
    assert members(home)["rosa"].label == "Nanny"
    again = {**sent, **client.page.hidden}
    assert client.post(page, data=again).status_code == 303
    assert members(home)["rosa"].label == "Carer"


def test_r10_a_double_click_changes_once(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    client.get(one(home, "rosa"))
    page = one(home, "rosa")
    client.post(page, data={**client.page.hidden, "role": "dependent", "label": "Carer", "until-choice": "none"})
    sent = client.page.hidden
    assert sent["role"] == "dependent"
    assert [client.post(page, data=sent).status_code for _ in range(2)] == [303, 303]
    assert [action for action, _ in audit()].count("group.change") == 1


def test_g4_a_retired_label_stays_with_whoever_wears_it(app: Flask, home: str) -> None:
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", label="Nanny"))
    nanny = next(label for label in groups.labels() if label.name == "Nanny")
    groups.retire_label(SYSTEM, nanny.public_id, True)
    client = staff(app, "desk")
    html = client.get(one(home, "rosa")).get_data(as_text=True)
    assert '<option selected value="Nanny">' in html
    assert client.submit(one(home, "rosa"), {"role": "admin", "label": "Nanny", "scopes": []}).status_code == 303
    assert members(home)["rosa"].label == "Nanny"
    assert '<option value="Nanny">' not in client.get(one(home, "leo")).get_data(as_text=True)


# Removing and dissolving ----------------------------------------------------------------------------------------------


def test_g8_removing_a_child_says_who_loses_what_and_what_stays(app: Flask, home: str) -> None:
    service(now("leo"), "Swimming", 3000)
    post("leo", "invoice", 1250, "2026-11-01")
    client = staff(app, "admin")
    page = one(home, "leo", "/remove")
    shown = words(client, page)
    for sentence in (
        "Dana Novák will no longer act for Leo Novák.",
        "Rosa Lima will no longer act for Leo Novák.",
        "Leo Novák has no login: nobody reaches their pages in the portal then, unless another group or the operator",
        "1 active service and every booking of Leo Novák go on as they are.",
        "A debt of 12.50 EUR stays with Leo Novák.",
    ):
        assert sentence in shown
    assert "12.50" not in words(staff(app, "desk"), page)
    answer = client.submit(page, {})
    assert answer.status_code == 303
    assert "Leo Novák is no longer in the group." in words(client, answer.location)
    assert roles(home) == {"dana": "owner", "rosa": "admin"}


def test_g8_the_owner_stays_while_others_remain(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    page = one(home, "dana", "/remove")
    shown = words(client, page)
    assert "Dana Novák can’t leave the group yet" in shown
    assert "Dana Novák is the Owner, and 2 other members remain." in shown
    assert place(home, "dissolve") in client.page.links
    token = client.page.hidden["csrf_token"]
    version = str(members(home)["dana"].version)
    assert client.post(page, data={"csrf_token": token, "version": version}).status_code == 409
    assert "2 other members remain" in client.page.words
    assert len(members(home)) == 3


def test_g8_the_last_other_member_gone_leaves_the_offer_to_dissolve(app: Flask) -> None:
    person("dana", name="Dana Novák")
    child("leo", name="Leo Novák")
    home = family("dana", leo=DEPENDENT)
    client = staff(app, "desk")
    assert "Dana Novák is then alone in the group" in words(client, one(home, "leo", "/remove"))
    answer = client.submit(one(home, "leo", "/remove"), {})
    shown = words(client, answer.location)
    assert "Nobody else is left in it" in shown
    assert "Nobody else is in this group: add somebody, or dissolve it." in shown
    assert place(home, "dissolve") in client.page.links
    assert "so it is dissolved" in words(client, one(home, "dana", "/remove"))
    assert client.submit(one(home, "dana", "/remove"), {}).status_code == 303
    assert members(home) == {}


def test_r24_r10_a_stale_or_second_removal_changes_nothing(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    page = one(home, "rosa", "/remove")
    client.get(page)
    stale = dict(client.page.hidden)
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", label="Nanny"))
    assert client.post(page, data=stale).status_code == 409
    assert "Somebody changed this since you opened the page." in client.page.words
    assert "rosa" in members(home)
    sent = dict(client.page.hidden)
    assert [client.post(page, data=sent).status_code for _ in range(2)] == [303, 303]
    assert [action for action, _ in audit()].count("group.remove") == 1


def test_g6_dissolving_says_what_ends_and_happens_once(app: Flask, home: str) -> None:
    groups.invite(SYSTEM, home, Welcome("oma@portal.test", "Oma", ADMIN))
    client = staff(app, "desk")
    page = place(home, "dissolve")
    shown = words(client, page)
    for sentence in (
        "3 memberships end at once.",
        "Dana Novák will no longer act for Leo Novák.",
        "Rosa Lima will no longer act for Leo Novák.",
        "Leo Novák has no login: nobody reaches their pages in the portal then, unless another group or the operator",
        "One invitation without an answer is taken back.",
    ):
        assert sentence in shown
    sent = dict(client.page.hidden)
    answers = [client.post(page, data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    shown = words(client, answers[1].location)
    assert "The group of Dana Novák is dissolved." in shown
    assert "In no group" in shown
    assert [action for action, _ in audit()].count("group.dissolve") == 3
    assert client.get(page).status_code == 404


def test_r24_a_group_that_changed_is_not_dissolved(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    page = place(home, "dissolve")
    client.get(page)
    stale = dict(client.page.hidden)
    groups.remove_member(SYSTEM, home, member(home, "rosa"))
    assert client.post(page, data=stale).status_code == 409
    assert "2 memberships end at once." in client.page.words
    assert len(members(home)) == 2


# Invitations ----------------------------------------------------------------------------------------------------------


def test_g7_staff_invite_somebody_by_email(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    client.get(path("dana"))
    page = place(home, "invite")
    assert page in client.page.links
    client.get(page)
    wanted = {**client.page.hidden, "role": "admin", "label": "Carer", "scopes": ["book"], "until": "2030-06-30"}
    assert client.post(page, data={**wanted, "email": "no address"}).status_code == 422
    assert client.post(page, data={**wanted, "email": "a@portal.test", "role": "owner"}).status_code == 422
    assert client.post(page, data={**wanted, "email": "a@portal.test", "until": "2020-01-01"}).status_code == 422
    assert "That day is over." in client.page.words
    assert count(GroupInvitation) == 0
    sent = len(mails())
    given = {**wanted, "email": "oma@portal.test", "name": "Oma Novák"}
    assert [client.post(page, data=given).status_code for _ in range(2)] == [303, 303], "a double click"
    assert len(mails()) == sent + 1
    shown = words(client, path("dana"))
    assert "The invitation is on its way to oma@portal.test." in shown
    assert "Oma Novák Invited As Admin, Carer · oma@portal.test" in shown
    kept = db.session.scalars(select(GroupInvitation)).one()
    assert (kept.scopes, kept.until, kept.inviter) == ("book,view", date(2030, 6, 30), "Harbour Net")
    assert place(home, "invite", "rosa") not in (client.get(path("rosa")) and client.page.links)
    assert staff(app, "desk", of="Other Net").get(page).status_code == 404


def test_ux15_invitations_are_sent_again_and_taken_back(app: Flask, home: str) -> None:
    groups.invite(SYSTEM, home, Welcome("oma@portal.test", "Oma Novák", ADMIN, "Carer"))
    client = staff(app, "desk")
    shown = words(client, path("dana"))
    assert "Oma Novák Invited As Admin, Carer · oma@portal.test" in shown
    assert "Oma Novák" not in words(client, path("rosa"))
    invitation = db.session.scalars(select(GroupInvitation.public_id)).one()
    sent = len(mails())
    again = place(home, f"invitations/{invitation}/resend")
    client.get(path("dana"))
    hidden = dict(client.page.hidden)
    assert [client.post(again, data=hidden).status_code for _ in range(2)] == [303, 303]
    assert len(mails()) == sent + 1
    assert "on its way to oma@portal.test again" in words(client, path("dana"))
    back = place(home, f"invitations/{invitation}/revoke")
    hidden = dict(client.page.hidden)
    assert [client.post(back, data=hidden).status_code for _ in range(2)] == [303, 303]
    shown = words(client, path("dana"))
    assert "Took back the invitation of oma@portal.test" in shown
    assert "revoked meanwhile" in shown
    assert "Invited" not in shown
    assert client.post(place(home, "invitations/nothing/resend"), data=hidden).status_code == 404


def test_an_offer_of_the_ownership_is_shown_and_taken_back(app: Flask, home: str) -> None:
    groups.offer_ownership(SYSTEM, home, member(home, "rosa"))
    client = staff(app, "desk")
    shown = words(client, path("dana"))
    assert "Offered the ownership" in shown
    assert "Send again" not in shown
    invitation = db.session.scalars(select(GroupInvitation.public_id)).one()
    answer = client.submit(place(home, f"invitations/{invitation}/revoke"), {}, at=path("dana"))
    assert answer.status_code == 303
    assert "Offered the ownership" not in words(client, path("dana"))


# Whose ----------------------------------------------------------------------------------------------------------------


def test_p_s_staff_of_another_partner_find_nothing(app: Flask, home: str) -> None:
    partner("Other Net")
    person("far", name="Far Away", of="Other Net")
    client = staff(app, "super", of="Other Net")
    for page in (path("dana", "/groups/create"), place(home, "add"), one(home, "rosa"), place(home, "dissolve")):
        assert client.get(page).status_code == 404
    client.get(path("far"))
    token = client.page.hidden["csrf_token"]
    for page in (place(home, "add"), one(home, "rosa", "/remove"), place(home, "dissolve")):
        assert client.post(page, data={"csrf_token": token, "version": "1"}).status_code == 404
    stranger = path("far", f"/groups/create?member={now('dana').public_id}")
    assert client.get(stranger).status_code == 404
    assert len(members(home)) == 3


def test_a_group_under_somebody_elses_profile_is_not_there(app: Flask, home: str) -> None:
    person("kim")
    family("kim")
    client = staff(app, "super")
    for page in ("add", "dissolve", f"members/{member(home, 'rosa')}", f"members/{member(home, 'rosa')}/remove"):
        assert client.get(place(home, page, "kim")).status_code == 404
        client.get(path("kim"))
        sent = {"csrf_token": client.page.hidden["csrf_token"], "version": "1", "role": "admin"}
        assert client.post(place(home, page, "kim"), data=sent).status_code in (404, 422)
    assert client.get(place("0" * 20, "add")).status_code == 404
    assert client.get(place(home, "members/" + "0" * 20)).status_code == 404
    assert client.get(f"{place(home, 'add')}?member={'0' * 20}").status_code == 404
    assert browser_of(app, "dana").get(place(home, "add")).status_code == 404
    assert len(members(home)) == 3


def test_any_name_is_shown_unharmed(app: Flask) -> None:
    person("dana", name=NASTY)
    child("leo", name=NASTY + " jr.")
    home = family("dana", leo=DEPENDENT)
    client = staff(app, "super")
    pages = [
        path("dana"),
        path("leo"),
        place(home, "add"),
        one(home, "leo"),
        one(home, "leo", "/remove"),
        one(home, "dana"),
        place(home, "dissolve"),
        path("leo", "/groups/create"),
    ]
    for page in pages:
        html = client.get(page).get_data(as_text=True)
        assert "<b>" not in html
        assert NASTY in client.page.words


def test_the_actions_menu_offers_what_applies(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    client = staff(app, "desk")
    client.get(path("kim", "/details"))
    assert path("kim", "/groups/create") in client.page.links
    client.get(path("dana", "/details"))
    assert place(home, "add") in client.page.links
    assert path("dana", "/groups/create") not in client.page.links
    client.get(path("leo", "/details"))
    assert path("dana", f"#group-{home}") in client.page.links
    lapse("leo")
    client.get(path("leo", "/details"))
    assert path("leo", "/groups/create") in client.page.links
    switch(on=False)
    client.get(path("kim", "/details"))
    assert path("kim", "/groups/create") not in client.page.links


# What another role means (G15) ----------------------------------------------------------------------------------------


def test_g15_a_child_is_not_raised(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    html = client.get(one(home, "leo")).get_data(as_text=True)
    assert 'value="admin"' not in html
    assert 'value="dependent"' in html
    assert "Leo Novák is not of age. From 1 May 2034 on, they can become Admin or Owner." in client.page.words
    answer = client.submit(one(home, "leo"), {"role": "admin", "label": ""})
    assert answer.status_code == 409
    assert "Leo Novák is not of age, and the Owner and the Admins of a group are." in client.page.words
    assert roles(home)["leo"] == "dependent"


def test_g15_a_child_is_added_as_dependent_alone(app: Flask, home: str) -> None:
    child("ida", name="Ida Novák")
    client, page = staff(app, "desk"), f"{place(home, 'add')}?member={now('ida').public_id}"
    html = client.get(page).get_data(as_text=True)
    assert 'value="dependent"' in html
    assert 'value="admin"' not in html
    assert 'value="owner"' not in html
    assert "Ida Novák is not of age." in client.page.words
    assert client.submit(place(home, "add"), {"role": "admin", "label": ""}, at=page).status_code == 409
    assert "ida" not in members(home)


def test_g15_r24_who_is_added_as_admin_acts_for_whom_the_page_named(app: Flask, home: str) -> None:
    person("kim", name="Kim Berg")
    client, add = staff(app, "desk"), place(home, "add")
    page = f"{add}?member={now('kim').public_id}"
    client.submit(add, {"role": "admin", "label": "Carer"}, at=page)
    sent = client.page.hidden
    back = client.post(add, data={**sent, "step": "edit"}).get_data(as_text=True)
    assert '<option selected value="Carer">' in back
    families.child("ida", name="Ida Novák")
    groups.add_member(SYSTEM, home, NewMember("ida", families.DEPENDENT))
    assert client.post(add, data=sent).status_code == 409
    assert "Kim Berg will act for Ida Novák and Leo Novák." in client.page.words
    assert "kim" not in members(home)
    assert client.post(add, data=client.page.hidden).status_code == 303
    assert roles(home)["kim"] == "admin"


def test_g15_r24_consequences_that_changed_are_shown_again(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    client.submit(one(home, "rosa"), {"role": "dependent", "label": ""})
    assert "Rosa Lima will no longer act for Leo Novák." in client.page.words
    sent = client.page.hidden
    families.child("ida", name="Ida Novák")
    groups.add_member(SYSTEM, home, NewMember("ida", families.DEPENDENT))
    answer = client.post(one(home, "rosa"), data=sent)
    assert answer.status_code == 409
    assert "Rosa Lima will no longer act for" in client.page.words
    assert "Ida Novák" in client.page.words
    assert roles(home)["rosa"] == "admin"
    assert client.post(one(home, "rosa"), data=client.page.hidden).status_code == 303
    assert roles(home)["rosa"] == "dependent"


def test_g15_back_from_the_consequences_keeps_what_was_chosen(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    client.submit(one(home, "rosa"), {"role": "dependent", "label": "Carer"})
    html = client.post(one(home, "rosa"), data={**client.page.hidden, "step": "edit"}).get_data(as_text=True)
    assert '<option selected value="Carer">' in html
    assert roles(home)["rosa"] == "admin"


def test_g15_without_a_date_of_birth_the_page_says_that_somebody_counts_as_an_adult(app: Flask, home: str) -> None:
    families.change("rosa", born_on=None)
    client = staff(app, "desk")
    client.submit(one(home, "rosa"), {"role": "owner", "label": ""})
    assert "No date of birth of Rosa Lima is known: treated as an adult." in client.page.words
    families.person("gran", name="Gran", born_on=None)
    page = path("dana", f"/groups/{home}/add?member={now('gran').public_id}")
    assert "No date of birth of Gran is known: treated as an adult." in words(client, page)
