"""`flask customer show` and `flask can`."""

from __future__ import annotations

from flask import Flask

from portal.actions import imports
from portal.actions.links import sub_accounts
from portal.db.customers import profiles as customers
from portal.rules.deciding import SYSTEM
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator, login


def test_show_has_every_key(app: Flask) -> None:
    people.customer("acme", billing_day=5, name="Acme Ltd")
    people.post("acme", "invoice", 1250, "2026-11-01")
    people.post("acme", "invoice", 99, "2026-12-24")
    future = {"customer": "acme", "date": "2026-12-01", "kind": "future_item", "amount": "3.50"}
    imports.post_one(SYSTEM, future)
    profile = customers.by_reference("acme")
    assert profile is not None
    assert answer(app, "customer", "show", "acme") == {
        "external_id": "acme",
        "public_id": profile.public_id,
        "name": "Acme Ltd",
        "kind": "business",
        "partner": "Harbour Net",
        "currency": "EUR",
        "status": {"own": "active", "effective": "active", "because_of": None, "cause": None},
        "billing": {"type": "recurring", "own_day": 5, "effective_day": 5},
        "payer": "acme",
        "main": None,
        "sub_accounts": [],
        "management": False,
        "partner_account": None,
        "groups": [],
        "balance": {"house_account": "-12.50", "customer_credit": "0.00", "total": "-12.50"},
        "future_items": "3.50",
    }
    assert answer(app, "customer", "show", profile.public_id)["external_id"] == "acme"


def test_show_of_a_sub_account_and_its_main_account(app: Flask) -> None:
    people.customer("acme", billing_day=1, own_status="active")
    people.customer("branch", billing_day=9)
    people.customer("shop")
    people.link("acme", "branch")
    people.link("acme", "shop", "independent")
    sub_accounts.set_management(SYSTEM, "acme", on=True)
    people.post("branch", "invoice", 700, "2026-11-01")
    main = answer(app, "customer", "show", "acme")
    assert main["sub_accounts"] == [
        {"customer": "branch", "mode": "aggregated"},
        {"customer": "shop", "mode": "independent"},
    ]
    assert (main["management"], main["balance"]["total"]) == (True, "-7.00")
    sub = answer(app, "customer", "show", "branch")
    assert sub["main"] == {"customer": "acme", "mode": "aggregated"}
    assert sub["billing"] == {"type": "recurring", "own_day": 9, "effective_day": 1}
    assert (sub["payer"], sub["balance"]["total"]) == ("acme", "-7.00")
    assert answer(app, "customer", "show", "shop")["payer"] == "shop"


def test_show_says_because_of_whom_somebody_is_blocked(app: Flask) -> None:
    people.customer("acme", own_status="blocked")
    people.customer("branch")
    people.link("acme", "branch")
    status = {"own": "active", "effective": "blocked", "because_of": "acme", "cause": None}
    assert answer(app, "customer", "show", "branch")["status"] == status
    text = run(app, "customer", "show", "branch").stdout
    assert "Blocked (own: Active; follows Acme)" in text
    assert "Main account     Acme (acme), aggregated" in text


def test_show_of_partner_accounts(app: Flask) -> None:
    people.customer("alex")
    people.customer("sam")
    people.share("alex", "sam")
    people.post("sam", "payment", 500, "2026-11-01", ledger="credit")
    assert answer(app, "customer", "show", "alex")["partner_account"] == {"customer": "sam", "primary": True}
    sam = answer(app, "customer", "show", "sam")
    assert sam["partner_account"] == {"customer": "alex", "primary": False}
    assert sam["balance"] == {"house_account": "0.00", "customer_credit": "5.00", "total": "5.00"}
    assert "this one is the secondary" in run(app, "customer", "show", "sam").stdout


def test_nobody(app: Flask) -> None:
    result = run(app, "customer", "show", "nobody", code=1)
    assert result.stderr == "There is no customer “nobody”.\n"
    assert answer(app, "customer", "show", "nobody", code=1) == {"failed": ["There is no customer “nobody”."]}


def test_can(app: Flask) -> None:
    acme, branch = people.customer("acme"), people.customer("branch")
    people.customer("stranger")
    people.link("acme", "branch")
    login(acme, "books@acme.example")
    login(branch, "me@branch.example")
    administrator("ada@kith.example")

    def can(email: str, permission: str, customer: str) -> tuple[bool, str | None]:
        said = answer(app, "can", email, permission, customer)
        return said["allowed"], said["grant"]

    assert can("books@acme.example", "statements.view", "acme") == (True, "self")
    assert can("books@acme.example", "profile.view", "branch") == (False, None)
    sub_accounts.set_management(SYSTEM, "acme", on=True)
    assert can("books@acme.example", "profile.view", "branch") == (True, "main account")
    assert can("books@acme.example", "statements.view", "branch") == (False, None)
    assert can("me@branch.example", "statements.view", "branch") == (False, None)
    assert can("books@acme.example", "profile.view", "stranger") == (False, None)
    assert can("ada@kith.example", "customers.finance", "acme") == (True, "staff")
    assert run(app, "can", "ada@kith.example", "customers.view", "acme").stdout == "yes, as staff\n"
    said = run(app, "can", "me@branch.example", "statements.view", "branch").stdout
    assert said == "no: Acme is billed and pays for Branch, so there are no finance pages here.\n"
    run(app, "can", "books@acme.example", "everything", "acme", code=2)
    run(app, "can", "nobody@acme.example", "profile.view", "acme", code=1)
    run(app, "can", "books@acme.example", "profile.view", "nobody", code=1)
