"""Columns with a fixed set of values: what the tables say, what the database holds to, and what is read."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import Enum, inspect, select, text, update
from sqlalchemy.exc import StatementError

from portal.db.engine import Base, db, writes
from portal.db.tables import Customer, SubAccountLink
from portal.rules.customers.status import BlockedCause, Kind, Status
from portal.rules.links.facts import BillingMode
from portal.rules.outbox import State
from tests import people

COLUMNS = {
    f"{table.name}.{column.name}": column.type
    for table in Base.metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, Enum)
}
WITHOUT_CONSTRAINT = {
    *("customer.blocked_cause", "document.audience", "group_member.majority_told", "service.prices"),
    *(
        f"partner.{name}"
        for name in (
            "default_billing_type",
            "allocation",
            "prices",
            "reference",
            "second_factor",
            "booking_payer",
            "charge_bookings",
        )
    ),
}
FEWER = {"outbox_recipient.state": set(State) - {State.SENDING, State.PARTLY}}
"""Where the database lets in fewer words than there are."""


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("column", sorted(COLUMNS.keys() - WITHOUT_CONSTRAINT))
def test_the_database_lets_in_exactly_the_words_of_the_rules(column: str) -> None:
    table, name = column.split(".")
    constraints = {one["name"]: one["sqltext"] for one in inspect(db.engine).get_check_constraints(table)}
    stored = set(re.findall(r"'([^']*)'", constraints[f"ck_{table}_{name}"]))
    assert stored == FEWER.get(column, set(COLUMNS[column].enums))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("column", sorted(WITHOUT_CONSTRAINT))
def test_only_these_are_held_by_the_tables_alone(column: str) -> None:
    table, name = column.split(".")
    assert f"ck_{table}_{name}" not in {one["name"] for one in inspect(db.engine).get_check_constraints(table)}


def test_what_is_read_is_a_member_and_what_is_stored_its_word(app: Flask) -> None:
    people.customer("acme", own_status="blocked", blocked_cause="overdue")
    people.customer("branch")
    people.link("acme", "branch")
    row = db.session.execute(
        select(Customer.own_status, Customer.blocked_cause, Customer.kind).order_by(Customer.id)
    ).first()
    assert row is not None
    assert row[0] is Status.BLOCKED
    assert row[1] is BlockedCause.OVERDUE
    assert row[2] is Kind.BUSINESS
    assert db.session.scalar(select(SubAccountLink.mode)) is BillingMode.AGGREGATED
    assert db.session.scalar(select(Customer.blocked_cause).where(Customer.external_id == "branch")) is None
    assert db.session.execute(text("SELECT own_status FROM customer ORDER BY id LIMIT 1")).scalar() == "blocked"


def test_a_word_that_is_none_never_reaches_the_database(app: Flask) -> None:
    people.customer("acme")

    @writes
    def change() -> None:
        db.session.execute(update(Customer).values(own_status="asleep"))

    with pytest.raises(StatementError, match="not among the defined enum values"):
        change()
