"""The first page of the back office, for each role."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.links import sub_accounts
from portal.rules.deciding import SYSTEM
from tests.people import customer, link
from tests.web.acme import browser_of, change, company
from tests.web.staff.office import path, staff


def test_customers_links_and_mail_at_a_glance(app: Flask) -> None:
    company()
    customer("cafe", own_status="new")
    change("acme", own_status="blocked")
    sub_accounts.unlink(SYSTEM, "franchise")
    client = staff(app, "super")
    client.get("/staff")
    words = client.page.words
    for shown in ("Customers 4", "New 1", "Active 1", "Blocked 2", "Inactive 0", "1 main account with 1 sub-account"):
        assert shown in words
    assert "Franchise Süd GmbH: unlinked from Acme Ltd" in words
    assert "Riverside branch: linked to Acme Ltd, aggregated" in words
    assert "Sub-account Riverside" not in words
    assert "Waiting" in words


@pytest.mark.parametrize(
    ("who", "mail", "links"), [("admin", True, True), ("desk", False, False), ("operations", True, True)]
)
def test_each_role_sees_its_own(app: Flask, who: str, mail: bool, links: bool) -> None:
    company()
    client = staff(app, who)
    client.get("/staff")
    assert ("Outbox" in client.page.words) is mail
    assert ("Recent changes of links" in client.page.words) is links
    assert "Find a customer" in client.page.words


def test_o1_figures_are_those_of_ones_own_partner(app: Flask) -> None:
    company()
    customer("far", of="Other Net")
    customer("near", of="Other Net")
    link("far", "near")
    client = staff(app, "super", of="Other Net")
    client.get("/staff")
    assert "Customers 2" in client.page.words
    assert "Acme" not in client.page.words
    assert path("near") in client.page.links


def test_an_empty_installation_says_what_to_do(app: Flask) -> None:
    client = staff(app, "super")
    client.get("/staff")
    assert "No links were changed yet" in client.page.words
    client.get("/staff/customers")
    assert "There are no customers yet" in client.page.words
    client.get("/staff/config")
    assert "There are no partners yet" in client.page.words


def test_customers_stay_outside(app: Flask) -> None:
    company()
    assert browser_of(app, "acme").get("/staff").status_code == 404
    assert app.test_client().get("/staff").status_code == 302


def test_the_navigation_does_not_carry_the_customer_along(app: Flask) -> None:
    customer("acme")
    client = staff(app, "super")
    client.get(path("acme"))
    assert "/staff/front-desk" in client.page.links
    assert not [link for link in client.page.links if "subject=" in link]
