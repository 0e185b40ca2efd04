"""My Group in the portal: who sees what, and every deed from its page (G1 to G14)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from portal.actions import access, groups
from portal.actions.customers import people
from portal.actions.groups import Edit, GroupView, NewMember, Welcome
from portal.db.customers import profiles as customers
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from tests import families, logins
from tests import people as people_of_tests
from tests.families import ADMIN, DEPENDENT
from tests.pages import PageClient
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, browser_of

CARER = frozenset({Scope.VIEW, Scope.BOOK, Scope.DOCUMENTS})


@pytest.fixture
def group(app: Flask) -> str:
    """A mother, a nanny until June, a teenager who signs in, and a child who does not."""
    families.switch()
    for name in ("mum", "nanny"):
        families.person(name)
    families.person("teen", born_on=date(2011, 5, 3))
    families.child("leo")
    made = families.family("mum", teen=DEPENDENT, leo=DEPENDENT)
    groups.add_member(SYSTEM, made, NewMember("nanny", ADMIN, "Nanny", CARER, date(2027, 6, 30)))
    return made


def view(group: str, who: str = "mum") -> GroupView:
    return groups.my_group(families.as_(who), group)


def member_of(group: str, name: str) -> str:
    """The public id of a membership."""
    return next(one.public_id for one in view(group).members if one.name == name)


def may(who: str, whom: str, permission: Permission = Permission.PROFILE_VIEW) -> bool:
    profile = customers.by_reference(whom)
    assert profile is not None
    return bool(access.weigh(families.as_(who), permission, profile))


def texts(client: PageClient) -> str:
    return client.page.words


# Seeing ---------------------------------------------------------------------------------------------------------------


def test_g1_there_is_no_page_and_no_tab_while_the_feature_is_off(app: Flask, group: str) -> None:
    families.switch(False)
    mum = browser_of(app, "mum")
    for path in ("/my-group", f"/my-group/{group}", f"/my-group/{group}/add", "/my-group/create"):
        assert mum.get(path).status_code == 404, path
    mum.get("/")
    assert "/my-group" not in mum.page.links
    leo = families.profile("leo").public_id
    assert mum.get(f"/for/{leo}/").status_code == 404


def test_the_owner_sees_everybody_with_role_label_rights_and_end(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    assert mum.get("/my-group").status_code == 200
    words = texts(mum)
    assert "Until 30 Jun 2027" in words
    assert "May see details and services, change details, make bookings, see documents and add documents" in words
    listed = words.partition("Members ")[2]
    assert listed.index("Mum") < listed.index("Nanny") < listed.index("Leo")
    assert f"/my-group/{group}/add" in mum.page.links
    assert f"/for/{families.profile('leo').public_id}/" in mum.page.links


def test_g6_a_dependent_sees_who_can_act_and_cannot_manage(app: Flask, group: str) -> None:
    teen = browser_of(app, "teen")
    teen.get("/my-group")
    assert "Who can act for you" in texts(teen)
    assert "/account/log" in teen.page.links
    assert not [link for link in teen.page.links if link.endswith(("/add", "/invite", "/dissolve"))]
    for page in ("add", "invite", f"members/{member_of(group, 'Leo')}", f"members/{member_of(group, 'Leo')}/remove"):
        assert teen.get(f"/my-group/{group}/{page}").status_code == 403, page


def test_a_stranger_learns_nothing(app: Flask, group: str) -> None:
    families.person("pat")
    pat = browser_of(app, "pat")
    pat.get("/my-group")
    assert "You are in no group" in texts(pat)
    assert "Leo" not in texts(pat)
    for page in ("", "/add", "/leave", f"/members/{member_of(group, 'Leo')}"):
        assert pat.get(f"/my-group/{group}{page}").status_code == 404, page


def test_sec5_an_ended_access_is_told_and_gives_nothing(app: Flask, group: str, frozen: object) -> None:
    nanny = browser_of(app, "nanny")
    frozen.move_to("2027-07-01T10:00:00Z")  # type: ignore[attr-defined]
    nanny = browser_of(app, "nanny")
    nanny.get("/my-group")
    assert "Your access to the group of Mum ended on 30 Jun 2027" in texts(nanny)
    assert "Leo" not in texts(nanny)
    assert nanny.get(f"/for/{families.profile('leo').public_id}/").status_code == 404


def test_with_two_families_each_is_apart(app: Flask, group: str) -> None:
    families.choose(groups_per_customer=2)
    families.person("dad")
    families.child("ida")
    theirs = families.family("dad", nanny=ADMIN, ida=DEPENDENT)
    nanny = browser_of(app, "nanny")
    nanny.get("/my-group")
    assert {"/my-group/" + group, "/my-group/" + theirs} <= set(nanny.page.links)
    nanny.get(f"/my-group/{theirs}")
    assert "Ida" in texts(nanny)
    assert "Mum" not in texts(nanny).partition("Members ")[2]
    for who, hidden in (("mum", "Ida"), ("dad", "Leo"), ("teen", "Ida")):
        browser = browser_of(app, who)
        browser.get("/my-group")
        assert hidden not in texts(browser)


def test_the_page_takes_few_queries(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    mum.get("/my-group")
    with counted() as sent:
        mum.get("/my-group")
    few = len(sent)
    for number in range(12):
        families.child(f"kid-{number}")
        groups.add_member(SYSTEM, group, NewMember(f"kid-{number}", DEPENDENT))
    with counted() as sent:
        mum.get("/my-group")
    assert len(sent) == few <= 8, "\n\n".join(sent)


# Adding and inviting --------------------------------------------------------------------------------------------------


def test_g7_adding_a_dependent_from_the_page(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    path = f"/my-group/{group}/add"
    answer = mum.submit(path, {"given_name": "Ida", "family_name": "Novák", "born_on": "3 May 2020", "label": "Child"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/my-group/{group}")
    ida = next(one for one in view(group).members if one.name == "Ida Novák")
    assert (ida.role, ida.label, ida.signs_in) == (DEPENDENT, "Child", False)
    made = customers.by_reference(ida.customer)
    assert made is not None
    assert (made.payer_id, made.billing_type, made.email) == (made.id, "recurring", "")
    assert mum.get(f"/for/{ida.customer}/").status_code == 200


@pytest.mark.parametrize(
    ("given", "born", "said"),
    [
        ("", "2020-05-03", "Enter the given name."),
        ("Ida", "", "Enter the date of birth."),
        ("Ida", "soon", "is not a date"),
        ("Ida", "2199-01-01", "between 1900 and today"),
        ("x" * 10_000, "2020-05-03", "at most 100 characters"),
    ],
)
def test_what_cannot_be_a_dependent_is_said_beside_its_field(
    app: Flask, group: str, given: str, born: str, said: str
) -> None:
    mum = browser_of(app, "mum")
    answer = mum.submit(f"/my-group/{group}/add", {"given_name": given, "family_name": "N", "born_on": born})
    assert answer.status_code == 422
    assert said in texts(mum)
    assert mum.page.title.startswith("Error: ")
    assert len(view(group).members) == 4


def test_pri2_an_adult_is_invited_and_not_added(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    answer = mum.submit(f"/my-group/{group}/add", {"given_name": "Gran", "born_on": "1950-01-01"})
    assert answer.status_code == 409
    assert "Invite them by email instead." in texts(mum)


@pytest.mark.parametrize("name", [NASTY, "<img src=x onerror=alert(1)>"])
def test_a_name_is_text_whatever_it_holds(app: Flask, group: str, name: str) -> None:
    mum = browser_of(app, "mum")
    mum.submit(f"/my-group/{group}/add", {"given_name": name, "born_on": "2020-05-03"})
    html = mum.get("/my-group").get_data(as_text=True)
    assert name in texts(mum)
    assert "<b>O" not in html
    assert "<img" not in html


def test_r10_a_double_click_adds_once(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    path = f"/my-group/{group}/add"
    mum.get(path)
    data = {**mum.page.hidden, "given_name": "Ida", "born_on": "2020-05-03"}
    assert [mum.post(path, data=data).status_code for _ in range(2)] == [303, 303]
    assert [one.name for one in view(group).members].count("Ida") == 1


def test_ux15_inviting_resending_and_taking_back(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    wanted = {"email": "gran@portal.test", "name": "Gran", "role": "admin", "scopes": ["view"], "until": "2027-08-31"}
    assert mum.submit(f"/my-group/{group}/invite", wanted).status_code == 303
    mum.get("/my-group")
    assert "Waiting for an answer" in texts(mum)
    (waiting,) = view(group).invitations
    assert (waiting.email, waiting.scopes, waiting.until) == ("gran@portal.test", {Scope.VIEW}, date(2027, 8, 31))
    again = f"/my-group/{group}/invitations/{waiting.public_id}/again"
    assert mum.submit(again, {}, at="/my-group").status_code == 303
    back = f"/my-group/{group}/invitations/{waiting.public_id}/revoke"
    assert mum.get(back).status_code == 200
    assert view(group).invitations, "looking at the page changes nothing"
    assert mum.submit(back, {}).status_code == 303
    assert not view(group).invitations
    assert mum.submit(back, {}, at="/my-group").status_code == 409


def test_inviting_whom_one_knows_says_so(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    for email, said in (("mum@portal.test", "your own address"), ("nanny@portal.test", "is in the group already")):
        answer = mum.submit(f"/my-group/{group}/invite", {"email": email, "role": "dependent"})
        assert answer.status_code == 422
        assert said in texts(mum)


def test_g6_an_admin_invites_no_admin(app: Flask, group: str) -> None:
    nanny = browser_of(app, "nanny")
    path = f"/my-group/{group}/invite"
    html = nanny.get(path).get_data(as_text=True)
    assert 'value="admin"' not in html
    assert nanny.submit(path, {"email": "x@portal.test", "role": "admin"}).status_code == 422
    assert nanny.submit(path, {"email": "x@portal.test", "role": "dependent"}).status_code == 303


# Changing -------------------------------------------------------------------------------------------------------------


def test_g12_changing_rights_and_end(app: Flask, group: str) -> None:
    mum, one = browser_of(app, "mum"), member_of(group, "Nanny")
    path = f"/my-group/{group}/members/{one}"
    wanted = {"role": "admin", "label": "Carer", "scopes": ["view"], "until-choice": "none"}
    assert mum.submit(path, wanted).status_code == 303
    nanny = view(group).member(one)
    assert (nanny.label, nanny.scopes, nanny.until) == ("Carer", {Scope.VIEW}, None)
    assert not may("nanny", "leo", Permission.DOCUMENTS_VIEW)


def test_r24_a_stale_form_keeps_what_was_typed(app: Flask, group: str) -> None:
    mum, one = browser_of(app, "mum"), member_of(group, "Nanny")
    path = f"/my-group/{group}/members/{one}"
    mum.get(path)
    stale = dict(mum.page.hidden)
    groups.change_member(SYSTEM, group, one, Edit(ADMIN, "Carer", CARER, date(2027, 12, 31)))
    answer = mum.post(
        path, data={**stale, "role": "admin", "label": "Nanny", "scopes": ["view"], "until": "2028-01-01"}
    )
    assert answer.status_code == 409
    assert "Somebody changed this" in texts(mum)
    assert "until 31 Dec 2027" in texts(mum)
    assert 'value="2028-01-01"' in answer.get_data(as_text=True)
    assert view(group).member(one).until == date(2027, 12, 31)


def test_g8_removing_says_what_it_means_and_bites_at_once(app: Flask, group: str) -> None:
    mum, one = browser_of(app, "mum"), member_of(group, "Leo")
    path = f"/my-group/{group}/members/{one}/remove"
    mum.get(path)
    assert "Leo has no login" in texts(mum)
    assert may("nanny", "leo")
    assert mum.submit(path, {}).status_code == 303
    assert not may("nanny", "leo")
    assert not may("mum", "leo")


def test_g8_the_owner_stays_while_others_remain(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    answer = mum.submit(f"/my-group/{group}/leave", {})
    assert answer.status_code == 409
    assert "3 other members remain" in texts(mum)


def test_removing_the_last_other_member_offers_to_dissolve(app: Flask) -> None:
    families.switch()
    families.person("dad")
    families.child("ida")
    made = families.family("dad", ida=DEPENDENT)
    dad = browser_of(app, "dad")
    one = next(m.public_id for m in view(made, "dad").members if m.name == "Ida")
    assert dad.submit(f"/my-group/{made}/members/{one}/remove", {}).status_code == 303
    dad.get(f"/my-group/{made}")
    assert "You can dissolve it" in texts(dad)
    assert dad.submit(f"/my-group/{made}/dissolve", {}).status_code == 303
    assert dad.get(f"/my-group/{made}").status_code == 404


def test_g3_the_ownership_is_offered_and_accepted(app: Flask, group: str) -> None:
    mum, nanny = browser_of(app, "mum"), browser_of(app, "nanny")
    one = member_of(group, "Nanny")
    assert mum.submit(f"/my-group/{group}/members/{one}/offer", {}).status_code == 303
    nanny.get("/")
    assert "offers you the ownership" in texts(nanny)
    (waiting,) = groups.waiting_for(families.as_("nanny"))
    path = f"/my-group/waiting/{waiting.public_id}"
    assert nanny.get(path).status_code == 200
    assert view(group).owner_name == "Mum", "looking changes nothing (SEC23)"
    assert mum.get(path).status_code == 404, "the offer is not hers (SEC24)"
    assert nanny.submit(f"{path}/accept", {}, at=path).status_code == 303
    now = {member.name: member.role for member in view(group).members}
    assert (now["Nanny"], now["Mum"]) == (GroupRole.OWNER, GroupRole.ADMIN)
    assert nanny.submit(f"{path}/accept", {}, at="/").status_code in (409, 410)


def test_an_admin_leaves(app: Flask, group: str) -> None:
    nanny = browser_of(app, "nanny")
    assert nanny.submit(f"/my-group/{group}/leave", {}).status_code == 303
    assert not may("nanny", "leo")
    teen = browser_of(app, "teen")
    assert teen.get(f"/my-group/{group}/leave").status_code == 403


def test_g2_a_customer_begins_a_group_where_the_partner_lets_it(app: Flask) -> None:
    families.switch()
    families.person("dad")
    dad = browser_of(app, "dad")
    assert dad.get("/my-group/create").status_code == 404
    families.choose(customers_create_groups=True)
    dad.get("/my-group")
    assert "/my-group/create" in dad.page.links
    wanted = {"own_label": "Parent", "given_name": "Ida", "born_on": "2020-05-03", "label": "Child"}
    assert dad.submit("/my-group/create", wanted).status_code == 303
    (made,) = groups.my_groups(families.as_("dad"), families.profile("dad")).groups
    assert [(m.name, m.role.value, m.label) for m in made.members] == [
        ("Dad", "owner", "Parent"),
        ("Ida", "dependent", "Child"),
    ]
    assert dad.get("/my-group/create").status_code == 404, "one group is all there may be (G5)"


@pytest.mark.parametrize("deed", ["leave", "members/{leo}/remove", "members/{nanny}/offer", "dissolve"])
def test_sec11_nothing_is_done_before_its_page_was_seen(app: Flask, group: str, deed: str) -> None:
    who = browser_of(app, "nanny" if deed == "leave" else "mum")
    who.get("/my-group")
    path = deed.format(leo=member_of(group, "Leo"), nanny=member_of(group, "Nanny"))
    before = view(group)
    answer = who.post(f"/my-group/{group}/{path}", data={"csrf_token": who.page.hidden["csrf_token"]})
    assert answer.status_code == 422
    assert "Read what will happen first" in texts(who)
    assert view(group) == before


# Acting ---------------------------------------------------------------------------------------------------------------


def test_g11_acting_for_a_child_shows_the_banner_and_is_recorded(app: Flask, group: str) -> None:
    nanny, leo = browser_of(app, "nanny"), families.profile("leo").public_id
    nanny.get(f"/for/{leo}/")
    assert nanny.page.title == "Overview – Leo – Kith"
    assert "Acting for Leo" in texts(nanny)
    assert "until 30 Jun 2027" in texts(nanny)
    wanted = {"given_name": "Leo", "family_name": "Novák", "address": "2 Quay Street", "phone": "555"}
    assert nanny.submit(f"/for/{leo}/details", wanted).status_code == 303
    record = families.records("leo")[-1]
    assert (record.actor, record.grant, record.action) == ("nanny@portal.test", "carer grant", "customer.details")
    assert record.details["through"] == group
    for page in ("statements", "services", "documents"):
        wanted_status = 403 if page == "statements" else 200
        assert nanny.get(f"/for/{leo}/{page}").status_code == wanted_status, page


def test_the_switcher_names_the_dependents(app: Flask, group: str) -> None:
    mum = browser_of(app, "mum")
    mum.get("/")
    assert f"/for/{families.profile('leo').public_id}/" in mum.page.links
    stands = people.standing(families.as_("mum"))
    assert [person.name for person in stands.people] == ["Leo", "Teen"]
    mum.get("/people?q=le", headers=HTMX)
    assert "Leo" in texts(mum)
    assert "Teen" not in texts(mum)


@pytest.mark.parametrize("imposed", [False, True], ids=["itself", "with its main account"])
def test_c1_nobody_is_offered_to_act_for_an_inactive_dependent(app: Flask, group: str, imposed: bool) -> None:
    leo, client = f"/for/{families.profile('leo').public_id}/", browser_of(app, "mum")
    client.get("/my-group")
    assert leo in client.page.links
    if imposed:
        people_of_tests.customer("work")
        people_of_tests.link("work", "leo")
    families.change("work" if imposed else "leo", own_status="inactive")
    for page in ("/my-group", "/", "/people"):
        client.get(page)
        assert leo not in client.page.links, page
    assert "Leo" not in texts(client)
    client.get("/my-group")
    assert "Leo Dependent Inactive" in texts(client)
    assert client.get(leo).status_code == 403


def test_g11_they_do_not_act_for_one_another(app: Flask, group: str) -> None:
    for who, whom in (("mum", "nanny"), ("nanny", "mum"), ("teen", "leo"), ("teen", "mum")):
        assert browser_of(app, who).get(f"/for/{families.profile(whom).public_id}/").status_code == 403, (who, whom)


def test_pri4_the_subject_reads_who_looked_and_what_was_done(app: Flask, group: str) -> None:
    teen_id = families.profile("teen").public_id
    mum = browser_of(app, "mum")
    for _ in range(3):
        mum.get(f"/for/{teen_id}/")
    mum.submit(f"/for/{teen_id}/details", {"given_name": "Teen", "family_name": "N", "phone": "1"})
    teen = browser_of(app, "teen")
    html = teen.get("/account/log").get_data(as_text=True)
    assert "Through your group" in texts(teen)
    assert "Changed given name, family name and phone" in texts(teen)
    assert html.count("<td>Overview</td>") == 1, "a look is noted once a day"
    nanny = browser_of(app, "nanny")
    nanny.get("/account/log")
    assert "Who looked at your pages" not in texts(nanny)


def test_who_has_a_group_and_sub_accounts_keeps_every_place(app: Flask, group: str) -> None:
    people_of_tests.customer("branch")
    people_of_tests.link("mum", "branch", "independent")
    mum = browser_of(app, "mum")
    mum.get("/services")  # whose own words link nowhere else
    assert {"/my-group", "/sub-accounts", "/statements", "/services", "/documents", "/account"} <= set(mum.page.links)


# Agreeing -------------------------------------------------------------------------------------------------------------


def test_g13_a_new_adult_decides(app: Flask, group: str, frozen: object) -> None:
    frozen.move_to("2029-05-03T10:00:00Z")  # type: ignore[attr-defined]
    mum, teen = browser_of(app, "mum"), browser_of(app, "teen")
    assert mum.get(f"/for/{families.profile('teen').public_id}/").status_code == 403
    mum.get("/my-group")
    assert "Of age, has not agreed" in texts(mum)
    teen.get("/my-group")
    assert "Nobody of the group acts for you at present." in texts(teen)
    path = f"/my-group/{group}/agreement"
    assert teen.submit(path, {"scopes": []}).status_code == 422
    assert teen.submit(path, {"scopes": ["view", "documents"]}).status_code == 303
    assert may("mum", "teen", Permission.DOCUMENTS_VIEW)
    assert not may("mum", "teen", Permission.STATEMENTS_VIEW)
    assert teen.submit(f"{path}/end", {}, at="/my-group").status_code == 303
    assert not may("mum", "teen")
    assert teen.submit(f"/my-group/{group}/leave", {}).status_code == 303


# Details --------------------------------------------------------------------------------------------------------------


def test_one_changes_ones_own_details(app: Flask) -> None:
    families.person("dad", given_name="Dad")
    dad = browser_of(app, "dad")
    dad.get("/account")
    assert "/details" in dad.page.links
    wanted = {"given_name": NASTY, "family_name": "", "address": "1 Sea Road\r\nBrno", "phone": "5"}
    assert dad.submit("/details", wanted).headers["Location"] == "/account"
    found = families.profile("dad")
    assert (found.name, found.address, found.phone) == (NASTY, "1 Sea Road\nBrno", "5")
    assert families.records("dad")[-1].grant == "self"


def test_r24_details_that_changed_meanwhile_are_shown(app: Flask) -> None:
    families.person("dad", given_name="Dad")
    dad = browser_of(app, "dad")
    dad.get("/details")
    stale = dict(dad.page.hidden)
    dad.submit("/details", {"given_name": "Dad", "family_name": "", "phone": "111"})
    answer = dad.post("/details", data={**stale, "idempotency_key": "another", "given_name": "Dad", "phone": "222"})
    assert answer.status_code == 409
    assert "111" in texts(dad)
    assert 'value="222"' in answer.get_data(as_text=True)
    assert families.profile("dad").phone == "111"


def test_a_company_keeps_its_name(app: Flask) -> None:
    families.person("acme", kind="business", name="Acme Ltd")
    acme = browser_of(app, "acme")
    acme.submit("/details", {"given_name": "Evil", "family_name": "Corp", "phone": "9"})
    assert (families.profile("acme").name, families.profile("acme").phone) == ("Acme Ltd", "9")


# Invited, in the portal -----------------------------------------------------------------------------------------------


def test_an_invited_customer_finds_it_on_home_and_accepts(app: Flask, group: str) -> None:
    families.person("gran")
    welcome = Welcome("gran@portal.test", "Gran", ADMIN, "Carer", CARER)
    groups.invite(families.as_("mum"), group, welcome)
    gran = browser_of(app, "gran")
    gran.get("/")
    assert "Mum invites you into a group as Admin" in texts(gran)
    assert "/my-group" in gran.page.links
    (waiting,) = groups.waiting_for(families.as_("gran"))
    path = f"/my-group/waiting/{waiting.public_id}"
    gran.get(path)
    assert "see details and services, change details, make bookings, see documents and add documents" in texts(gran)
    assert not may("gran", "leo")
    assert gran.submit(f"{path}/accept", {}, at=path).status_code == 303
    assert may("gran", "leo")
    assert [m.purpose for m in logins.mails()][-1] == "group_change", "whoever invited hears of it"


def test_g5_an_invitation_that_cannot_be_accepted_says_why_to_the_invited_alone(app: Flask, group: str) -> None:
    families.person("gran")
    families.child("ida")
    families.family("gran", ida=DEPENDENT)
    mum = browser_of(app, "mum")
    assert mum.submit(f"/my-group/{group}/invite", {"email": "gran@portal.test", "role": "admin"}).status_code == 303
    assert "Gran" not in texts(mum)
    gran = browser_of(app, "gran")
    (waiting,) = groups.waiting_for(families.as_("gran"))
    path = f"/my-group/waiting/{waiting.public_id}"
    assert gran.submit(f"{path}/accept", {}, at=path).status_code == 409
    assert "You are in a group already." in texts(gran)
    assert gran.submit(f"{path}/decline", {}, at=path).status_code == 303
    assert not groups.waiting_for(families.as_("gran"))


# What another role means ----------------------------------------------------------------------------------------------


def test_g15_a_role_changes_only_after_the_page_that_says_what_it_means(app: Flask, group: str) -> None:
    mum, nanny = browser_of(app, "mum"), member_of(group, "Nanny")
    path = f"/my-group/{group}/members/{nanny}"
    assert mum.submit(path, {"role": "dependent"}).status_code == 200
    assert "Nanny is Admin now, and becomes Dependent." in texts(mum)
    assert "Nanny will no longer act for Leo and Teen." in texts(mum)
    assert may("nanny", "leo")
    assert mum.post(path, data=mum.page.hidden).status_code == 303
    assert not may("nanny", "leo")


def test_g15_a_teenager_is_neither_made_admin_nor_offered_the_group(app: Flask, group: str) -> None:
    mum, teen = browser_of(app, "mum"), member_of(group, "Teen")
    path = f"/my-group/{group}/members/{teen}"
    html = mum.get(path).get_data(as_text=True)
    assert f"{path}/offer" not in html
    assert 'value="admin"' not in html
    assert "Teen is not of age. From " in texts(mum)
    assert mum.submit(path, {"role": "admin"}).status_code == 409
    assert "Teen is not of age" in texts(mum)
    assert mum.post(f"{path}/offer", data=mum.page.hidden).status_code == 409
    assert view(group).member(teen).role == "dependent"


def test_g15_an_offer_says_what_accepting_means_and_a_stale_one_is_shown_again(app: Flask, group: str) -> None:
    gran = families.person("gran")
    groups.add_member(SYSTEM, group, NewMember("gran", DEPENDENT))
    mum, one = browser_of(app, "mum"), member_of(group, "Gran")
    assert mum.submit(f"/my-group/{group}/members/{one}/offer", {}).status_code == 303
    (offer,) = groups.waiting_for(gran)
    heir, path = browser_of(app, "gran"), f"/my-group/waiting/{offer.public_id}"
    heir.get(path)
    assert "Gran will act for Leo and Teen." in texts(heir)
    assert "Mum will no longer act for Gran." in texts(heir)
    sent = heir.page.hidden
    assert heir.post(f"{path}/accept", data={**sent, "mark": ""}).status_code == 422
    groups.remove_member(families.as_("mum"), group, member_of(group, "Teen"))
    assert heir.post(f"{path}/accept", data=sent).status_code == 409
    assert "Gran will act for Leo." in texts(heir)
    assert heir.post(f"{path}/accept", data=heir.page.hidden).status_code == 303
    assert view(group, "gran").owner_name == "Gran"


# What cannot be changed has no page -----------------------------------------------------------------------------------


def test_g18_the_place_of_somebody_frozen_has_no_page_to_change_it(app: Flask, group: str) -> None:
    mum, leo = browser_of(app, "mum"), member_of(group, "Leo")
    path = f"/my-group/{group}/members/{leo}"
    assert mum.get(path).status_code == 200
    groups.freeze(SYSTEM, "leo", "A dispute")
    for page in (path, f"{path}/remove"):
        assert mum.get(page).status_code == 403
        assert "Acting for Leo is paused at present, and their place in the group stays." in texts(mum)
        assert mum.post(page, data=mum.page.hidden).status_code == 403


def test_g6_an_admin_has_no_page_to_change_the_owner_or_an_admin(app: Flask, group: str) -> None:
    nanny = browser_of(app, "nanny")
    for name in ("Mum", "Nanny"):
        for page in ("", "/remove"):
            assert nanny.get(f"/my-group/{group}/members/{member_of(group, name)}{page}").status_code == 403, (
                name,
                page,
            )


# Colours --------------------------------------------------------------------------------------------------------------


def colours(client: PageClient, page: str) -> list[tuple[str, str]]:
    """Initials and colour of each face on a page that has one, in order."""
    html = client.get(page).get_data(as_text=True).split("<main")[1]
    return [(initials, colour) for colour, initials in re.findall(r'class="face[^"]* (t\d)[^"]*"[^>]*>([^<]+)<', html)]


def test_ux19_members_have_colours_by_their_place_in_the_group_and_keep_them(app: Flask, group: str) -> None:
    """Mum, Teen, Leo and Nanny came in this order."""
    mum = browser_of(app, "mum")
    shown = [("MU", "t1"), ("NA", "t4"), ("LE", "t3"), ("TE", "t2")]
    assert colours(mum, "/my-group") == shown
    assert colours(mum, "/") == shown[2:]
    families.change("leo", name="Zoe Longer Name")
    groups.remove_member(families.as_("mum"), group, member_of(group, "Teen"))
    families.child("mia")
    groups.add_member(SYSTEM, group, NewMember("mia", DEPENDENT))
    assert sorted(colours(mum, "/my-group")) == [("MI", "t5"), ("MU", "t1"), ("NA", "t4"), ("ZN", "t3")]
