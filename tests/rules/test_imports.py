"""Rows of import files, judged on their own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.rules.books import EntryKind, Ledger
from portal.rules.customers.status import BillingType, Kind, Status
from portal.rules.imports import (
    COLUMNS,
    FUTURE_ITEM,
    Action,
    CustomerRow,
    FileKind,
    LinkRow,
    Problem,
    TransactionRow,
    customer_row,
    link_row,
    shared_balance_row,
    transaction_row,
)
from portal.rules.links.facts import BillingMode
from portal.rules.sentences import say

TODAY = date(2026, 11, 22)


def customer(**given: str | None) -> tuple[CustomerRow | None, list[str]]:
    problems: list[str] = []
    values = {"external_id": "c1", "name": "Ann", **given}
    row = customer_row(
        [values.get(column) for column in COLUMNS[FileKind.CUSTOMERS]],
        today=TODAY,
        email=lambda text: text.lower() if "@" in text else None,
        currencies=frozenset({"EUR", "JPY"}),
        wrong=lambda column, _: problems.append(column),
    )
    return row, problems


def transaction(**given: str | None) -> tuple[TransactionRow | None, list[tuple[str, str]]]:
    problems: list[tuple[str, str]] = []
    values = {"external_id": "t1", "customer": "c1", "date": "2026-11-01", "kind": "invoice", "amount": "5", **given}
    row = transaction_row(
        [values.get(column) for column in COLUMNS[FileKind.TRANSACTIONS]], lambda *problem: problems.append(problem)
    )
    return row, problems


def test_a_customer_says_only_what_its_file_says() -> None:
    row, problems = customer(
        phone="", status="blocked", billing_day="31", kind="business", born_on="2014-05-31", tax_rate="5.5"
    )
    assert problems == []
    assert row == CustomerRow(
        "c1",
        "Ann",
        kind=Kind.BUSINESS,
        phone="",
        status=Status.BLOCKED,
        billing_day=31,
        born_on=date(2014, 5, 31),
        born_on_given=True,
        tax_rate=Decimal("5.5"),
    )


def test_names_lose_line_breaks_and_double_spaces() -> None:
    row, _ = customer(name="Ann \n  Other", given_name="\tAnn ")
    assert row is not None
    assert (row.name, row.given_name) == ("Ann Other", "Ann")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("external_id", ""),
        ("external_id", "x" * 101),
        ("external_id", "a\tb"),
        ("name", ""),
        ("name", "x" * 201),
        ("given_name", "x" * 101),
        ("family_name", "x" * 101),
        ("phone", "1" * 61),
        ("email", "nobody"),
        ("email", "a@" + "b" * 260),
        ("billing_email", "nobody"),
        ("kind", "robot"),
        ("status", "Aktiv"),
        ("billing_type", "monthly"),
        ("billing_day", "0"),
        ("tax_rate", "101"),
        ("tax_rate", "19 %"),
        ("billing_day", "32"),
        ("billing_day", "1.0"),
        ("billing_day", "٣"),
        ("currency", "eurs"),
        ("currency", "XXQ"),
        ("partner", "x" * 201),
        ("born_on", "31.5.2014"),
        ("born_on", "2026-02-30"),
        ("born_on", "2026-11-23"),
        ("born_on", "1700-01-01"),
    ],
)
def test_what_is_wrong_with_a_customer_is_named_by_column(column: str, text: str) -> None:
    row, problems = customer(**{column: text})
    assert row is None
    assert problems == [column]


def test_everything_wrong_with_a_customer_is_named_at_once() -> None:
    _, problems = customer(name="", email="x", status="x", billing_type="x", currency="x")
    assert problems == ["name", "email", "status", "billing_type", "currency"]
    assert customer(billing_type="prepaid_daily")[0].billing_type is BillingType.PREPAID_DAILY  # type: ignore[union-attr]


def test_links() -> None:
    problems: list[str] = []

    def row(*values: str | None) -> LinkRow | None:
        return link_row(values, lambda column, _: problems.append(column))

    assert row("a", "b", "aggregated", None) == LinkRow("a", "b", BillingMode.AGGREGATED, Action.LINK)
    assert row("a", "b", "", "unlink") == LinkRow("a", "b", None, Action.UNLINK)
    assert row("a", "b", "independent", "mode") == LinkRow("a", "b", BillingMode.INDEPENDENT, Action.MODE)
    assert problems == []
    assert row("a", "b", "", "") is None
    assert row("", "b", "both", "join") is None
    assert problems == ["billing_mode", "action", "billing_mode", "main"]
    problems.clear()
    assert shared_balance_row(("a", ""), lambda column, _: problems.append(column)) is None
    assert problems == ["secondary"]


def test_a_transaction() -> None:
    row, problems = transaction(ledger="credit", kind="payment", amount="12.50", tax="1", number="N 1", category="x")
    assert problems == []
    assert row == TransactionRow(
        "t1", "c1", date(2026, 11, 1), EntryKind.PAYMENT, Ledger.CREDIT, "12.50", "N 1", "", "x", "1", ""
    )
    future, _ = transaction(kind="future_item", ledger="house")
    assert future is not None
    assert (future.kind, future.word) == (None, "future_item")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("external_id", ""),
        ("external_id", "x" * 101),
        ("external_id", "a\u2028b"),
        ("customer", ""),
        ("date", ""),
        ("date", "01/11/2026"),
        ("date", "20261101"),
        ("date", "2026-W01-1"),
        ("date", "2026-02-29"),
        ("date", "1969-12-31"),
        ("date", "2200-01-01"),
        ("kind", ""),
        ("kind", "Bill"),
        ("kind", "transfer"),
        ("ledger", "Home"),
        ("amount", ""),
        ("number", "x" * 61),
        ("category", "x" * 101),
        ("description", "x" * 10_001),
    ],
)
def test_what_is_wrong_with_a_transaction_is_named_by_column(column: str, text: str) -> None:
    row, problems = transaction(**{column: text})
    assert row is None
    assert [problem[0] for problem in problems] == [column]


def test_a_future_item_is_never_on_customer_credit() -> None:
    row, problems = transaction(kind="future_item", ledger="credit")
    assert row is None
    assert [column for column, _ in problems] == ["ledger"]


def test_sentences() -> None:
    assert str(Problem(3, "amount", say("Wrong.")).sentence) == "line 3, amount: Wrong."
    assert str(Problem(3, "", say("Wrong."), "L6", say("Do this.")).sentence) == "line 3: [L6] Wrong. Do this."
    assert str(Problem(0, "", say("Wrong.")).sentence) == "Wrong."


def test_set_words_are_read_in_any_letter_case() -> None:
    """A spreadsheet begins a cell with a capital letter."""
    wrong: list[str] = []
    row = transaction_row(
        ("t1", "c1", "2026-11-01", "Future Item", "HOUSE", "5", "", "", "", "", "", ""),
        lambda column, sentence: wrong.append(column),
    )
    assert row is not None
    assert (row.kind, row.ledger, row.word, wrong) == (None, Ledger.HOUSE, FUTURE_ITEM, [])
