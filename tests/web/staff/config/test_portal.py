"""Portal config and administrators."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.partners import config as portal_config
from portal.rules.holders import Role
from tests.logins import administrator, mails
from tests.pages import PageClient
from tests.people import partner, sign_in
from tests.web.acme import NASTY, browser_of, company
from tests.web.staff.office import audit, now, staff

ADMINISTRATORS = "/staff/config/administrators"


def page_of(client: PageClient, name: str = "Harbour Net") -> str:
    """The config page of a partner."""
    html = client.get("/staff/config").get_data(as_text=True)
    return html.split(f">{name}</a>")[0].rsplit('href="', 1)[1].split('"')[0]


def values(**changes: str) -> dict[str, str]:
    return {
        "name": "Harbour Net",
        "address": "1 Quay Street\nBrno",
        "contact": "",
        "time_zone": "Europe/Prague",
        "locale": "en_GB",
        "independent_orders": "y",
        **dict.fromkeys(portal_config.SECTIONS, "y"),
        **changes,
    }


def test_l16_main_accounts_open_independent_ones_once_the_option_is_on(app: Flask) -> None:
    company()
    main, client = browser_of(app, "acme"), staff(app, "operations")
    franchise = f"/for/{now('franchise').public_id}/"
    assert main.get(franchise).status_code == 403
    page = page_of(client)
    assert client.submit(page, values(manages_independent="y")).status_code == 303
    client.get(page)
    assert "Saved: opening of independent sub-accounts." in client.page.words
    assert main.get(franchise).status_code == 200
    assert any(action == "portal.configure" for action, _ in audit())
    client.submit(page, values())
    assert main.get(franchise).status_code == 403


SHOWN = {"shows_statements": "/statements", "shows_services": "/services", "shows_documents": "/documents"}


@pytest.mark.parametrize("section", SHOWN)
def test_o5_a_section_is_neither_in_the_menu_nor_at_its_address(app: Flask, section: str) -> None:
    company()
    main, client = browser_of(app, "acme"), staff(app, "operations")
    branch, path = f"/for/{now('branch').public_id}", SHOWN[section]
    wanted = {**values(), section: ""}
    assert client.submit(page_of(client), {name: value for name, value in wanted.items() if value}).status_code == 303
    for address, others in (("", ["/", "/sub-accounts"]), (branch, [f"{branch}/"])):
        for at in [*others, *(address + other for other in SHOWN.values() if other != path)]:
            expected = 403 if at == f"{branch}/statements" else 200  # S9: another customer pays for it
            assert main.get(at).status_code == expected, at
            assert not [link for link in main.page.links if link.partition("?")[0] == address + path], at
        assert main.get(address + path).status_code == 404, address + path
    listed = main.get("/sub-accounts").get_data(as_text=True)
    assert ("details, services, orders, documents and tickets" in listed) is (section == "shows_statements")
    client.get("/staff/config")
    assert path[1:].capitalize() in client.page.words
    office = staff(app, "super")
    for at in ("finance", "services", "documents"):
        assert office.get(f"/staff/customers/{now('acme').public_id}/{at}").status_code == 200
    client.submit(page_of(client), values())
    assert main.get(path).status_code == 200
    assert main.get(branch + path).status_code == (403 if path == "/statements" else 200)


def test_o5_where_statements_are_not_shown_home_has_no_balance(app: Flask) -> None:
    company()
    main, client = browser_of(app, "acme"), staff(app, "operations")
    main.get("/")
    assert "Balance today" in main.page.words
    page = page_of(client)
    client.submit(page, values())
    client.submit(page, {name: value for name, value in values().items() if name != "shows_statements"})
    client.get(page)
    assert "Saved: whether statements are shown." in client.page.words
    main.get("/")
    assert "Balance today" not in main.page.words
    there = main.get(f"/for/{now('branch').public_id}/").get_data(as_text=True)
    assert "you can see details, services, orders, documents and tickets" in there


def test_o5_the_letterhead_is_changed_and_shown(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    page = page_of(client)
    client.submit(page, values(name=NASTY, address="2 Pier\nGdańsk", time_zone="Asia/Tokyo", locale="de_DE"))
    html = client.get(page).get_data(as_text=True)
    assert "2 Pier<br>Gdańsk" in html
    assert "Zoë &lt;b&gt;" in html
    assert "22. November 2026 · −1.234,50 EUR" in client.page.words
    assert now("acme").time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter the name that customers see."),
        ({"name": "Other Net"}, "Another partner is called Other Net."),
        ({"address": "x\n" * 10 + "x"}, "A letterhead has room for eight lines."),
        ({"contact": "x" * 601}, "Use at most 600 characters here."),
        ({"time_zone": "Moon/Base"}, "Choose a time zone from the list"),
        ({"locale": "xx_YY_zz"}, "Choose one from the list."),
    ],
)
def test_what_is_wrong_is_named_and_kept(app: Flask, changes: dict[str, str], sentence: str) -> None:
    company()
    partner("Other Net")
    client = staff(app, "super")
    page = page_of(client)
    assert client.submit(page, values(**{"contact": "kept", **changes})).status_code == 422
    assert sentence in client.page.words
    assert now("acme").partner_contact == ""


def test_r24_a_stale_page_is_not_saved(app: Flask) -> None:
    company()
    client = staff(app, "super")
    page = page_of(client)
    client.get(page)
    stale = dict(client.page.hidden)
    client.submit(page, values(contact="first"))
    assert client.post(page, data={**stale, **values(contact="second")}).status_code == 409
    assert "Somebody else changed Harbour Net" in client.page.words
    assert "second" in client.page.words
    assert now("acme").partner_contact == "first"


def test_each_keeps_to_its_own_partner(app: Flask) -> None:
    company()
    partner("Other Net")
    everywhere, bound = staff(app, "super"), staff(app, "admin", of="Other Net")
    page = page_of(everywhere)
    assert bound.get(page).status_code == 404
    bound.get("/staff/config")
    assert "Harbour Net" not in bound.page.words
    assert staff(app, "desk").get(page).status_code == 403
    assert browser_of(app, "acme").get(page).status_code == 404


def test_every_choice_can_be_shown(app: Flask) -> None:
    assert dict(portal_config.locales())["en_GB"] == "English (United Kingdom)"
    assert "Europe/Prague" in portal_config.time_zones()


# Administrators -------------------------------------------------------------------------------------------------------


def row(client: PageClient, email: str, page: str) -> str:
    """The address of a page about the administrator with this email address."""
    html = client.get(ADMINISTRATORS).get_data(as_text=True)
    return html.split(email, 1)[1].split(f'/{page}"')[0].rsplit('"', 1)[1] + f"/{page}"


def test_sec25_an_administrator_is_invited_by_mail(app: Flask) -> None:
    partner("Other Net")
    client = staff(app, "super")
    sent = {"name": "Ada Byron", "email": "ada@staff.test", "role": "administrator", "partner": ""}
    assert client.submit(f"{ADMINISTRATORS}/invite", sent).status_code == 303
    assert len(mails()) == 1
    client.get(ADMINISTRATORS)
    assert "Ada Byron" in client.page.words
    assert "Invited" in client.page.words
    assert client.submit(f"{ADMINISTRATORS}/invite", {**sent, "email": "x"}).status_code == 422
    assert client.submit(f"{ADMINISTRATORS}/invite", sent).status_code == 422
    assert (
        client.submit(f"{ADMINISTRATORS}/invite", {**sent, "email": "b@staff.test", "role": "god"}).status_code == 422
    )
    assert len(mails()) == 1


def test_sec5_a_role_counts_from_the_next_request(app: Flask) -> None:
    company()
    client, other = staff(app, "super"), staff(app, "admin")
    assert other.get("/staff/audit").status_code == 200
    page = row(client, "admin.everywhere@staff.test", "role")
    assert client.submit(page, {"role": "front_of_house"}).status_code == 303
    assert other.get("/staff/audit").status_code == 403
    assert any("role changed from Administrator to Front of house" in text for _, text in audit())
    assert client.submit(page, {"role": "odd"}).status_code == 422
    assert client.submit(page, {"role": ""}).status_code == 422


def test_sec12_the_last_super_administrator_stays(app: Flask) -> None:
    partner("Other Net")
    client = staff(app, "super")
    administrator("bound@staff.test", Role.SUPER, partner("Other Net"))
    me = "super.everywhere@staff.test"
    assert client.submit(row(client, me, "role"), {"role": "administrator"}).status_code == 409
    assert "is the only Super administrator" in client.page.words
    assert client.submit(row(client, me, "disable"), {}).status_code == 409
    administrator("second@staff.test", Role.SUPER)
    assert client.submit(row(client, me, "role"), {"role": "administrator"}).status_code == 303
    assert client.get(ADMINISTRATORS).status_code == 403


def test_sec29_disabling_signs_out_at_once(app: Flask) -> None:
    client, other = staff(app, "super"), staff(app, "admin")
    page = row(client, "admin.everywhere@staff.test", "disable")
    client.get(page)
    assert "is signed out everywhere at once" in client.page.words
    assert client.submit(page, {}).status_code == 303
    assert other.get("/staff").status_code == 302
    enable = row(client, "admin.everywhere@staff.test", "enable")
    assert client.post(enable, data={"csrf_token": client.page.hidden["csrf_token"]}).status_code == 303
    sign_in(app.test_client(), "admin.everywhere@staff.test")


def test_only_the_super_administrator_manages_administrators(app: Flask) -> None:
    company()
    administrator("other@staff.test", Role.SUPER)
    role = row(staff(app, "super"), "other@staff.test", "role")
    for who in ("admin", "desk", "operations"):
        client = staff(app, who)
        for page in (ADMINISTRATORS, f"{ADMINISTRATORS}/invite", role):
            assert client.get(page).status_code == 403
    bound = staff(app, "super", of="Other Net")
    bound.get(ADMINISTRATORS)
    assert "other@staff.test" not in bound.page.words
    assert bound.get(role).status_code == 404
    assert browser_of(app, "acme").get(ADMINISTRATORS).status_code == 404
