"""Config, Roles, and what one administrator may do beside their role (O4)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.staff import administrators, roles
from portal.actions.staff.roles import Draft
from portal.db.logins import people as logins
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import WORDINGS
from tests.logins import administrator
from tests.pages import PageClient
from tests.people import partner, sign_in
from tests.web.acme import NASTY, browser_of, company
from tests.web.staff.office import audit, path, staff

ROLES = "/staff/config/roles"
ADMINISTRATORS = "/staff/config/administrators"
P = Permission
DESK = frozenset({P.CUSTOMERS_VIEW, P.CUSTOMERS_INVITE})


def made(name: str = "Bookkeeping", permissions: frozenset[Permission] = DESK) -> str:
    """The address of a new role."""
    return f"{ROLES}/{roles.add_role(SYSTEM, Draft(name, 'For the books', permissions))}"


def clerk(app: Flask, role: str, email: str = "clerk@staff.test") -> PageClient:
    """A browser of somebody with a custom role, by its address."""
    administrator(email, Role.FRONT_OF_HOUSE)
    administrators.change_role(SYSTEM, login_of(email), role.rsplit("/", 1)[1])
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, email)
    return client


def login_of(email: str) -> str:
    person = logins.by_email(email)
    assert person is not None
    return person.public_id


def permissions_of(email: str) -> str:
    return f"{ADMINISTRATORS}/{login_of(email)}/permissions"


def values(*permissions: Permission, name: str = "Bookkeeping") -> dict[str, object]:
    return {"name": name, "description": "", "permissions": [one.value for one in permissions]}


def test_o4_a_role_is_made_shown_edited_and_deleted(app: Flask) -> None:
    client = staff(app, "super")
    client.get(ROLES)
    assert "No roles made here yet" in client.page.words
    answer = client.submit(f"{ROLES}/new", values(P.CUSTOMERS_VIEW, P.CUSTOMERS_FINANCE, name=NASTY))
    assert answer.status_code == 303
    page = answer.location
    html = client.get(page).get_data(as_text=True)
    assert "Zoë &lt;b&gt;" in html
    assert "Nobody has it." in client.page.words
    assert client.submit(f"{page}/edit", values(P.AUDIT_VIEW, name="Reading")).status_code == 303
    client.get(ROLES)
    assert "Reading" in client.page.words
    client.submit(f"{page}/edit", values(P.AUDIT_VIEW, name="Reading"))
    client.get(page)
    assert "Nothing was different" in client.page.words
    assert client.submit(f"{page}/delete", {}).status_code == 303
    assert client.get(page).status_code == 404
    assert [action for action, _ in audit() if action.startswith("role.")] == [
        "role.create",
        "role.change",
        "role.delete",
    ]


@pytest.mark.parametrize("role", Role)
def test_default_roles_are_shown_and_fixed(app: Flask, role: Role) -> None:
    client = staff(app, "super")
    client.get(f"{ROLES}/{role.value}")
    assert str(role.description) in client.page.words
    assert client.page.words.count("Not allowed:") == len(frozenset(WORDINGS) - role.permissions)
    for deed in ("edit", "delete"):
        assert client.get(f"{ROLES}/{role.value}/{deed}").status_code == 404
    assert client.get(f"{ROLES}/king").status_code == 404


def test_a_role_is_copied(app: Flask) -> None:
    client = staff(app, "super")
    html = client.get(f"{ROLES}/new?from=front_of_house").get_data(as_text=True)
    assert 'value="Front of house (copy)"' in html
    assert html.count(" checked") == len(Role.FRONT_OF_HOUSE.permissions) - 1
    assert client.get(f"{ROLES}/new?from=nothing").status_code == 200


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (values(P.AUDIT_VIEW, name=""), "Enter the name of the role."),
        (values(P.AUDIT_VIEW, name="operations"), "is a default role"),
        (values(P.AUDIT_VIEW, name="taken"), "There is a role “Taken” already."),
        (values(), "Choose at least one permission"),
        (values(P.FINANCE_POST), "“Post to the books” needs “See finances” as well."),
        ({"name": "x", "permissions": ["everything"]}, "not a valid choice"),
    ],
)
def test_what_is_wrong_is_named_and_kept(app: Flask, sent: dict[str, object], sentence: str) -> None:
    made("Taken")
    client = staff(app, "super")
    page = made("Other")
    for address in (f"{ROLES}/new", f"{page}/edit"):
        assert client.submit(address, {**sent, "description": "kept"}).status_code == 422
        assert sentence in client.page.words
        assert "kept" in client.page.words


def test_r24_whoever_is_second_keeps_their_input(app: Flask) -> None:
    page = made()
    client = staff(app, "super")
    client.get(f"{page}/edit")
    stale = dict(client.page.hidden)
    client.submit(f"{page}/edit", values(P.AUDIT_VIEW, name="First"))
    answer = client.post(f"{page}/edit", data={**stale, **values(P.OUTBOX_VIEW, name="Second")})
    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    assert "Somebody else changed First" in client.page.words
    assert 'value="Second"' in html
    assert "Audit log Allowed Not allowed" in client.page.words
    assert client.post(f"{page}/edit", data={**dict(client.page.hidden), **values(P.OUTBOX_VIEW)}).status_code == 303


def test_a_role_that_somebody_has_is_not_deleted(app: Flask) -> None:
    page = made()
    clerk(app, page)
    client = staff(app, "super")
    client.get(f"{page}/delete")
    assert "Sol Berg has this role." in client.page.words
    assert client.submit(f"{page}/delete", {}, at=f"{page}/edit").status_code == 409
    assert "can’t be deleted yet" in client.page.words


def test_l1_sec5_the_sub_account_permission_through_a_role_counts_from_the_next_request(app: Flask) -> None:
    company()
    page = made("Linking", frozenset({P.CUSTOMERS_VIEW}))
    other, client = clerk(app, page), staff(app, "super")
    link = path("acme", "/link")
    assert other.get(link).status_code == 403
    client.submit(f"{page}/edit", values(P.CUSTOMERS_VIEW, P.SUB_ACCOUNTS_LINK, name="Linking"))
    assert other.get(link).status_code == 200
    client.submit(f"{page}/edit", values(P.CUSTOMERS_VIEW, name="Linking"))
    assert other.get(link).status_code == 403


def test_l1_sec5_an_exception_counts_from_the_next_request_and_says_where_it_comes_from(app: Flask) -> None:
    company()
    other, client = staff(app, "desk"), staff(app, "super")
    page, link = permissions_of("desk.everywhere@staff.test"), path("acme", "/link")
    client.get(page)
    assert "without exceptions" in client.page.words
    usual = [one.value for one in Role.FRONT_OF_HOUSE.permissions if one is not P.STAFF_HOME]
    assert client.submit(page, {"permissions": [*usual, "sub_accounts.link"]}).status_code == 303
    client.get(page)
    assert "Link sub-accounts Given beside the role" in client.page.words
    assert "See customers From the role" in client.page.words
    assert other.get(link).status_code == 200
    client.submit(page, {"permissions": ["groups.manage"]})
    assert "needs “See customers” as well" in client.page.words
    client.submit(page, {"permissions": []})
    client.get(page)
    assert client.page.words.count("Taken away") == len(usual)
    assert other.get(path("acme")).status_code == 403
    assert other.get("/staff").status_code == 200
    client.get(ADMINISTRATORS)
    assert f"{len(usual)} less" in client.page.words
    client.submit(page.replace("permissions", "role"), {"role": "operations"})
    assert other.get(path("acme")).status_code == 200


def test_r24_a_stale_page_of_permissions_keeps_the_input(app: Flask) -> None:
    staff(app, "desk")
    client = staff(app, "super")
    page = permissions_of("desk.everywhere@staff.test")
    client.get(page)
    stale = dict(client.page.hidden)
    client.submit(page, {"permissions": ["customers.view"]})
    sent = {**stale, "permissions": ["customers.view", "audit.view"]}
    answer = client.post(page, data=sent)
    assert answer.status_code == 409
    assert "changed since you opened this page" in client.page.words
    assert "Audit log Not allowed Allowed" in client.page.words
    assert client.post(page, data={**sent, "mark": client.page.hidden["mark"]}).status_code == 303


def test_a_super_administrator_has_no_exceptions(app: Flask) -> None:
    client = staff(app, "super")
    page = permissions_of("super.everywhere@staff.test")
    client.get(page)
    assert "holds every permission" in client.page.words
    token = client.get(f"{ROLES}/new") and client.page.hidden["csrf_token"]
    assert client.post(page, data={"csrf_token": token, "permissions": []}).status_code == 409


def test_nobody_gives_what_they_do_not_hold(app: Flask) -> None:
    staff(app, "super")
    staff(app, "desk")
    page = made(
        "Chief",
        DESK
        | {P.CUSTOMERS_ADD, P.CUSTOMERS_CONTACT, P.ADMINISTRATORS_MANAGE, P.GROUPS_MANAGE, P.BOOKINGS_DESK}
        | {P.DOCUMENTS_MANAGE, P.TICKETS_ANSWER, P.ORDERS_MANAGE},
    )
    client = clerk(app, page, "chief@staff.test")
    html = client.get(f"{ROLES}/new?from=administrator").get_data(as_text=True)
    assert html.count(" disabled") == len(frozenset(WORDINGS)) - 10
    assert "Left out of the copy" in client.page.words
    assert client.submit(f"{ROLES}/new", values(P.AUDIT_VIEW)).status_code == 403
    boss, desk = permissions_of("super.everywhere@staff.test"), permissions_of("desk.everywhere@staff.test")
    client.get(boss)
    assert "holds every permission" in client.page.words
    for deed in ("role", "disable"):
        assert client.get(boss.replace("permissions", deed)).status_code == 403
    assert client.submit(desk, {"permissions": ["customers.view", "audit.view"]}).status_code == 403
    assert client.submit(desk, {"permissions": ["customers.view"]}).status_code == 303
    assert client.submit(desk.replace("permissions", "role"), {"role": "administrator"}).status_code == 403
    client.get(f"{ADMINISTRATORS}/invite")
    assert "Chief" in client.page.words
    assert "Super administrator Everything" not in client.page.words
    own = permissions_of("chief@staff.test")
    assert client.submit(own, {"permissions": ["customers.view"]}).location == "/staff"
    assert client.get(own).status_code == 403


def test_whoever_edits_their_own_role_away_is_led_home(app: Flask) -> None:
    page = made("Chief", DESK | {P.ADMINISTRATORS_MANAGE})
    client = clerk(app, page)
    assert client.submit(f"{page}/edit", values(P.CUSTOMERS_VIEW, name="Chief")).location.startswith("/staff")
    assert client.get(ROLES).status_code == 403


def test_bound_to_a_partner_one_reads_roles_and_gives_them_to_ones_own(app: Flask) -> None:
    partner("Other Net")
    page = made()
    clerk(app, page, "far@staff.test")
    bound = staff(app, "super", of="Other Net")
    administrator("near@staff.test", Role.FRONT_OF_HOUSE, partner("Other Net"))
    bound.get(ROLES)
    assert "the operator makes and changes them" in bound.page.words
    bound.get(page)
    assert "Nobody has it." in bound.page.words
    for address in (f"{ROLES}/new", f"{page}/edit", f"{page}/delete"):
        assert bound.get(address).status_code == 403
    assert bound.get(permissions_of("far@staff.test")).status_code == 404
    role = page.rsplit("/", 1)[1]
    assert bound.submit(f"{ADMINISTRATORS}/{login_of('near@staff.test')}/role", {"role": role}).status_code == 303
    bound.get(page)
    assert "1 administrator has it" in bound.page.words


def test_a_custom_role_is_chosen_when_inviting(app: Flask) -> None:
    role = made().rsplit("/", 1)[1]
    client = staff(app, "super")
    sent = {"name": "Ada", "email": "ada@staff.test", "role": role, "partner": ""}
    assert client.submit(f"{ADMINISTRATORS}/invite", sent).status_code == 303
    client.get(ADMINISTRATORS)
    assert "Ada is invited as Bookkeeping." in client.page.words


def test_ones_own_account_says_what_one_may_do(app: Flask) -> None:
    client = clerk(app, made())
    client.get("/staff/account")
    assert "Bookkeeping" in client.page.words
    assert "Invite to the portal" in client.page.words


def test_only_whoever_looks_after_administrators_gets_in(app: Flask) -> None:
    company()
    page = made()
    for who in ("admin", "desk", "operations"):
        client = staff(app, who)
        for address in (ROLES, page, f"{ROLES}/new", f"{page}/edit"):
            assert client.get(address).status_code == 403
    assert browser_of(app, "acme").get(ROLES).status_code == 404
