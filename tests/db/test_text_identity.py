"""The migration to texts of one form (SEC60): rows of before are brought into it, and doubles are left apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from portal.db import identities
from portal.db.customers import profiles as customers
from portal.db.engine import db, to_write
from portal.db.logins import people as logins
from tests import people
from tests.logins import login


@pytest.fixture
def before(app: Flask) -> Iterator[None]:
    """The database as it was before, with customers and logins in it."""
    login(people.customer("acme"), "zoe@münchen.example")
    login(people.customer("branch"), "two@acme.example")
    login(people.customer("other", name="Zoë"), "three@acme.example")
    people.customer("blank")
    rest()
    downgrade(revision="0015")
    rest()
    yield
    db.session.remove()


def rest() -> None:
    """No session holds the database while it is migrated."""
    db.session.remove()
    db.engine.dispose()


def carry_out(*statements: str) -> None:
    """Change what is stored as no program of today would."""
    with to_write(db.engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


@pytest.mark.usefixtures("before")
def test_sec60_what_is_stored_gets_its_one_form() -> None:
    carry_out(
        "UPDATE login SET email = 'three@xn--mnchen-3ya.example' WHERE email = 'three@acme.example'",
        "UPDATE customer SET name = 'Zoe\u0308\u200b Nova\u0301k', external_id = 'mu\u0308-3'"
        " WHERE external_id = 'other'",
        "UPDATE customer SET name = '\u2800', email = 'X@xn--mnchen-3ya.example' WHERE external_id = 'blank'",
    )
    upgrade()
    rest()
    person = logins.by_email("three@MÜNCHEN.example")
    assert person is not None
    assert person.email == "three@münchen.example"
    found = customers.require("mü-3")
    assert (found.name, customers.require("blank").name) == ("Zoë Novák", "X@münchen.example")
    folded = db.session.execute(text("SELECT folded_name, folded FROM customer WHERE id = :id"), {"id": found.id}).one()
    assert folded.folded_name == "zoe novak"
    assert "mu-3" in folded.folded
    assert identities.doubles() == []


@pytest.mark.usefixtures("before")
def test_sec60_what_would_become_a_double_stays_and_is_named() -> None:
    carry_out(
        "UPDATE login SET email = 'zoe@xn--mnchen-3ya.example' WHERE email = 'two@acme.example'",
        "UPDATE customer SET external_id = 'acme\u200b' WHERE external_id = 'other'",
        "INSERT INTO partner (public_id, name, address, contact, currency, time_zone, locale, default_billing_type,"
        " default_billing_day, manages_independent, independent_orders, shows_statements, shows_services,"
        " shows_documents, customers_create_groups, groups_per_customer, majority_age)"
        " SELECT 'twin', name || '\u200b', '', '', currency, time_zone, locale, default_billing_type,"
        " default_billing_day, manages_independent, independent_orders, shows_statements, shows_services,"
        " shows_documents, customers_create_groups, groups_per_customer, majority_age FROM partner",
    )
    upgrade()
    rest()
    person = logins.by_email("zoe@münchen.example")
    assert person is not None
    assert person.customer_public_id == customers.require("acme").public_id
    said = " ".join(map(str, identities.doubles()))
    for one in ("'zoe@xn--mnchen-3ya.example'", "'acme\\u200b'", "'Harbour Net\\u200b'"):
        assert one in said
    emails = db.session.scalars(text("SELECT email FROM login ORDER BY id")).all()
    assert emails == ["zoe@münchen.example", "zoe@xn--mnchen-3ya.example", "three@acme.example"]
