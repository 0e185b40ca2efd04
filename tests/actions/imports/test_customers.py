"""Importing customers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from flask import Flask
from sqlalchemy import func, select

from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import Customer, Partner
from portal.rules.customers.status import Status
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.holders import Role
from tests import people
from tests.importing import clean, imported, sentences, wrong
from tests.log import log

HEAD = "external_id,name,email,partner,status\n"


def profile(reference: str) -> customers.Profile:
    found = customers.by_reference(reference)
    assert found is not None
    return found


def test_new_customers_take_their_partners_currency(app: Flask) -> None:
    people.partner("Lakeside", currency="CHF", default_billing_type="prepaid_daily", default_billing_day=9)
    text = "external_id,name,partner,currency\na,Ann,Lakeside,\nb,Ben,New One,JPY\nc,Cleo,New One,\nd,Dan,,\n"
    assert clean("customers", text) == (4, 0, 0)
    assert [profile(key).currency for key in "abcd"] == ["CHF", "JPY", "JPY", "EUR"]
    assert [profile(key).partner_name for key in "abcd"] == ["Lakeside", "New One", "New One", "Default"]
    assert (profile("a").billing_type, profile("a").own_billing_day) == ("prepaid_daily", 9)
    assert (profile("d").billing_type, profile("d").own_billing_day) == ("recurring", 1)
    assert (profile("d").kind, profile("d").own_status) == ("individual", Status.ACTIVE)


def test_every_column_is_kept_and_found_by(app: Flask) -> None:
    text = (
        "external_id,kind,name,given_name,family_name,email,billing_email,phone,born_on,partner,status,billing_type,"
        "billing_day,currency,tax_rate\n"
        "x 1,business,Łukasz ‮عربى <b>,Łukasz,Żak,Ann@Example.test,pay@example.test,+420 1,1980-02-29,P,blocked,"
        "prepaid_custom,31,CZK,5.5\n"
    )
    assert clean("customers", text) == (1, 0, 0)
    made = profile("x 1")
    assert (made.kind, made.name, made.given_name, made.family_name) == ("business", "Łukasz عربى <b>", "Łukasz", "Żak")
    assert (made.email, made.billing_email, made.phone) == ("Ann@example.test", "pay@example.test", "+420 1")
    assert str(made.born_on) == "1980-02-29"
    assert (made.own_status, made.blocked_cause) == (Status.BLOCKED, "by_hand")
    assert (made.billing_type, made.own_billing_day, made.currency) == ("prepaid_custom", 31, "CZK")
    assert made.tax_rate == Decimal("5.5")
    assert clean("customers", text) == (0, 0, 1)
    assert clean("customers", text.replace(",5.5", ",21")) == (0, 1, 0)
    assert clean("customers", text.replace(",5.5", ",")) == (0, 0, 1)
    assert profile("x 1").tax_rate == Decimal(21)
    folded = db.session.scalar(select(Customer.folded).where(Customer.external_id == "x 1"))
    assert folded is not None
    assert all(word in folded for word in ("lukasz", "ann@example.test", "pay@example.test", "+420 1", "x 1"))


def test_equal_rows_are_skipped_and_changed_ones_updated(app: Flask) -> None:
    first = HEAD + "a,Ann,ann@example.test,,active\nb,Ben,,,\n"
    assert clean("customers", first) == (2, 0, 0)
    assert clean("customers", first) == (0, 0, 2)
    version = profile("a").version
    assert clean("customers", HEAD + "a,Anna,,,blocked\nb,Ben,,,\n") == (0, 1, 1)
    changed = profile("a")
    assert (changed.name, changed.email, changed.own_status) == ("Anna", "", Status.BLOCKED)
    assert (changed.blocked_cause, changed.version) == ("by_hand", version + 1)
    assert db.session.scalar(select(Customer.folded_name).where(Customer.external_id == "a")) == "anna"
    assert clean("customers", HEAD + "a,Anna,,,active\n") == (0, 1, 0)
    assert profile("a").blocked_cause is None


def test_columns_that_a_file_does_not_have_are_left_alone(app: Flask) -> None:
    clean("customers", "external_id,name,phone,billing_type,born_on\na,Ann,123,prepaid_daily,2001-01-01\n")
    assert clean("customers", "external_id,name\na,Ann\n") == (0, 0, 1)
    assert clean("customers", '{"external_id": "a", "name": "Ann", "status": ""}', suffix=".jsonl") == (0, 0, 1)
    assert clean("customers", '{"external_id": "a", "name": "Ann", "born_on": null}', suffix=".jsonl") == (0, 1, 0)
    assert (profile("a").phone, profile("a").born_on) == ("123", None)


def test_one_customer_twice_in_a_file(app: Flask) -> None:
    assert clean("customers", HEAD + "a,Ann,,,\na,Ann,,,\n") == (1, 0, 1)
    assert wrong("customers", HEAD + "b,Ben,,,\nb,Bob,,,\n") == [(3, "external_id", "")]
    assert "line 2" in sentences("customers", HEAD + "b,Ben,,,\nb,Bob,,,\n")[0]


def test_a_file_with_one_wrong_line_changes_nothing(app: Flask) -> None:
    people.customer("old", name="Old")
    text = HEAD + "a,Ann,,Brand New,\nold,Renamed,,,\nb,,not an address,,gone\n"
    assert wrong("customers", text) == [(4, "name", ""), (4, "email", ""), (4, "status", "")]
    assert customers.by_reference("a") is None
    assert profile("old").name == "Old"
    assert db.session.scalar(select(func.count()).where(Partner.name == "Brand New")) == 0


def test_a_dry_run_says_the_same_and_changes_nothing(app: Flask) -> None:
    outcome = imported("customers", HEAD + "a,Ann,,,\nb,Ben,,,\n", dry_run=True)
    assert (outcome.created, outcome.dry_run, outcome.errors) == (2, True, ())
    assert customers.by_reference("a") is None


def test_l8_the_billing_type_stays_while_linked(app: Flask) -> None:
    for name in ("main", "sub", "alone"):
        people.customer(name)
    people.link("main", "sub")
    head = "external_id,name,billing_type\n"
    text = head + "main,Main,prepaid_daily\nsub,Sub,prepaid_daily\nalone,Alone,prepaid_daily\n"
    assert wrong("customers", text) == [(2, "billing_type", "L8"), (3, "billing_type", "L8")]
    assert clean("customers", head + "main,Main,recurring\nalone,Alone,prepaid_daily\n") == (0, 1, 1)


def test_partner_and_currency_stay_once_there_are_links_or_entries(app: Flask) -> None:
    for name in ("main", "sub", "billed", "free"):
        people.customer(name)
    people.link("main", "sub", "independent")
    people.post("billed", "invoice", 100, "2026-11-01")
    rows = "".join(f"{name},{name.title()},Lakeside,USD\n" for name in ("main", "sub", "billed", "free"))
    found = wrong("customers", "external_id,name,partner,currency\n" + rows)
    assert found == [(line, column, "") for line in (2, 3, 4) for column in ("partner", "currency")]
    assert clean("customers", "external_id,name,partner,currency\nfree,Free,Lakeside,USD\n") == (0, 1, 0)
    assert (profile("free").partner_name, profile("free").currency) == ("Lakeside", "USD")


def test_what_was_done_is_in_the_log(app: Flask) -> None:
    clean("customers", HEAD + "a,Ann,,,\n")
    clean("customers", HEAD + "a,Anna,ann@example.test,,\n")
    lines = log()
    assert [line.action for line in lines] == [
        *("partner.create", "customer.create", "import.customers", "customer.change", "import.customers")
    ]
    assert {line.actor for line in lines} == {"system operator"}
    assert lines[3].text == "Anna: name, email changed by an import"


def test_an_administrator_of_one_partner_has_no_other_customers(app: Flask) -> None:
    people.customer("mine")
    people.customer("other", of="Lakeside")
    harbour = people.partner("Harbour Net")
    staff = Actor(
        name="Ada", role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR], partner_id=harbour
    )
    text = HEAD + "mine,Mine 2,,,\nnew,New,,Harbour Net,\n"
    assert clean("customers", text, actor=staff) == (1, 1, 0)
    text = HEAD + "other,Taken,,,\nx,X,,Lakeside,\ny,Y,,Nowhere,\nmine,Mine 2,,Lakeside,\n"
    assert wrong("customers", text, actor=staff) == [
        *((2, "external_id", ""), (3, "partner", ""), (4, "partner", ""), (5, "partner", ""))
    ]
    assert clean("customers", text, actor=replace(SYSTEM, name="somebody"))[0] == 2
