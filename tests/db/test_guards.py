"""What the database itself refuses, whatever a program tells it, in transactions that are never committed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError

from portal.db.engine import standalone_engine, to_write
from portal.db.tables import (
    Activity,
    AuditRecord,
    Booking,
    Customer,
    Entry,
    LedgerAccount,
    Partner,
    Posting,
    Session,
)

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CUSTOMERS = ("acme", "branch", "depot", "rival", "far")


@pytest.fixture
def raw(template: str) -> Iterator[Connection]:
    """A write transaction past all our code: five customers, the last elsewhere, and acme's first invoice."""
    engine = standalone_engine(template)
    with to_write(engine) as connection:
        _begin_books(connection)
        yield connection
        connection.rollback()
    engine.dispose()


def _begin_books(raw: Connection) -> None:
    for partner, name in ((1, "Harbour Net"), (2, "Lakeside")):
        raw.execute(insert(Partner).values(id=partner, public_id=f"p{partner}", name=name))
    for number, name in enumerate(CUSTOMERS, start=1):
        raw.execute(
            insert(Customer).values(
                id=number,
                public_id=f"c{number}",
                external_id=name,
                partner_id=2 if name == "far" else 1,
                name=name,
                folded_name=name,
                folded=name,
                created_at=AT,
            )
        )
    for account, kind, owner, balance in ((91, "house", 1, -1000), (92, "sales", None, 1000), (93, "credit", 1, 500)):
        raw.execute(
            insert(LedgerAccount).values(
                id=account, partner_id=1, owner_id=owner, kind=kind, currency="EUR", balance_minor=balance
            )
        )
    first = {"entry_id": 1, "issued_for_id": 1, "booked_on": date(2026, 11, 1)}
    for account, amount in ((91, -1000), (92, 1000)):
        raw.execute(insert(Posting).values(ledger_account_id=account, amount_minor=amount, **first))
    raw.execute(
        insert(Entry).values(
            id=1,
            public_id="e1",
            partner_id=1,
            payer_id=1,
            issued_for_id=1,
            booked_on=date(2026, 11, 1),
            entered_at=AT,
            kind="invoice",
            currency="EUR",
            amount_minor=-1000,
            series="INV",
            number="INV-000001",
            actor="test",
        )
    )
    raw.execute(
        insert(AuditRecord).values(
            public_id="a1", at=AT, actor="test", grant="staff", subject_id=1, action="test", text="A test", details={}
        )
    )


def stands(raw: Connection) -> None:
    """Everything so far could be committed: nothing refers to what is not there."""
    if raw.dialect.name == "sqlite":
        assert raw.execute(text("PRAGMA foreign_key_check")).all() == []
    else:
        raw.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def run(raw: Connection, statement: str, **values: object) -> None:
    raw.execute(text(statement), values)


def refused(raw: Connection, statement: str, said: str, **values: object) -> None:
    """The statement raises an error of the database that says so."""
    with pytest.raises(DBAPIError, match=said):
        raw.execute(text(statement), values)


def key(raw: Connection, statement: str, **values: object) -> int:
    return int(raw.execute(text(statement), values).scalar_one())


def customer(raw: Connection, reference: str) -> int:
    return key(raw, "SELECT id FROM customer WHERE external_id = :reference", reference=reference)


def account(raw: Connection, kind: str) -> int:
    return key(raw, "SELECT id FROM ledger_account WHERE kind = :kind", kind=kind)


def posting(raw: Connection, entry: int, ledger_account: int, amount: int) -> None:
    run(
        raw,
        "INSERT INTO posting (entry_id, ledger_account_id, issued_for_id, booked_on, amount_minor) "
        "VALUES (:entry, :account, :customer, :on, :amount)",
        entry=entry,
        account=ledger_account,
        customer=customer(raw, "acme"),
        on=date(2026, 11, 3),
        amount=amount,
    )


ENTRY = (
    "INSERT INTO entry (id, public_id, partner_id, payer_id, issued_for_id, booked_on, entered_at, kind, ledger, "
    "currency, amount_minor, tax_minor, series, number, description, category, actor, reason, external_id, "
    "idempotency_key, reverses_id) SELECT :id, :public, partner_id, id, id, :on, :at, 'invoice', 'house', :currency, "
    "-700, 0, 'INV', :number, '', '', 'test', '', :external_id, :once, :reverses "
    "FROM customer WHERE external_id = 'acme'"
)


def entry_values(key: int, **more: object) -> dict[str, object]:
    """The columns of an entry that would be fine."""
    return {
        "id": key,
        "public": f"{key:020x}",
        "on": date(2026, 11, 3),
        "at": AT,
        "currency": "EUR",
        "number": f"INV-{key:06d}",
        "external_id": None,
        "once": None,
        "reverses": None,
        **more,
    }


def balanced(raw: Connection, entry: int) -> None:
    posting(raw, entry, account(raw, "house"), -700)
    posting(raw, entry, account(raw, "sales"), 700)


def test_f1_a_balanced_entry_is_taken(raw: Connection) -> None:
    balanced(raw, 99)
    run(raw, ENTRY, **entry_values(99))
    stands(raw)
    assert key(raw, "SELECT count(*) FROM posting WHERE entry_id = 99") == 2


@pytest.mark.parametrize("table", ["entry", "posting", "audit_record"])
def test_f1_books_and_log_are_never_changed(raw: Connection, table: str) -> None:
    column = {"entry": "amount_minor", "posting": "amount_minor", "audit_record": "text"}[table]
    refused(raw, f"UPDATE {table} SET {column} = {column}", "append-only")


@pytest.mark.parametrize("table", ["entry", "posting", "audit_record"])
def test_f1_nor_deleted(raw: Connection, table: str) -> None:
    refused(raw, f"DELETE FROM {table}", "append-only")


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("table", ["entry", "posting", "audit_record"])
def test_f1_nor_emptied(raw: Connection, table: str) -> None:
    stands(raw)
    refused(raw, f"TRUNCATE {table} CASCADE", "append-only")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("table", ["entry", "posting", "audit_record"])
def test_f1_nor_replaced(raw: Connection, table: str) -> None:
    refused(raw, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1", "append-only|sealed")


@pytest.mark.engine("postgres")
def test_f1_nor_overwritten_on_conflict(raw: Connection) -> None:
    refused(
        raw,
        "INSERT INTO audit_record SELECT * FROM audit_record ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
        "append-only",
    )


def test_f12_what_was_asked_for_is_never_changed_but_who_asked_is_forgotten(raw: Connection) -> None:
    run(
        raw,
        "INSERT INTO payment_request (id, public_id, partner_id, holder_id, reference, currency, created_at, actor) "
        "SELECT 1, 'r1', partner_id, id, 'RF00', 'EUR', :at, 'a@b.test' FROM customer WHERE external_id = 'acme'",
        at=AT,
    )
    run(raw, "INSERT INTO payment_request_part (request_id, entry_id, amount_minor) VALUES (1, 1, 1000)")
    run(raw, "UPDATE payment_request SET actor = 'somebody'")
    for statement in (
        "UPDATE payment_request SET reference = 'RF01'",
        "UPDATE payment_request_part SET amount_minor = 1",
        "DELETE FROM payment_request_part",
        "DELETE FROM payment_request",
    ):
        with pytest.raises(DBAPIError, match="append-only"), raw.begin_nested():
            run(raw, statement)


@pytest.mark.parametrize("amounts", [(-700, 600), (-700, -700), (700, 0)])
def test_f1_an_entry_that_does_not_balance(raw: Connection, amounts: tuple[int, int]) -> None:
    posting(raw, 99, account(raw, "house"), amounts[0])
    posting(raw, 99, account(raw, "sales"), amounts[1])
    refused(raw, ENTRY, "the entry is not balanced", **entry_values(99))


def test_f1_an_entry_without_postings(raw: Connection) -> None:
    refused(raw, ENTRY, "the entry is not balanced", **entry_values(99))


def test_f1_an_entry_of_a_single_posting(raw: Connection) -> None:
    posting(raw, 99, account(raw, "house"), 0)
    refused(raw, ENTRY, "the entry is not balanced", **entry_values(99))


def test_f1_an_entry_in_two_currencies(raw: Connection) -> None:
    run(
        raw,
        "INSERT INTO ledger_account (partner_id, kind, currency, balance_minor) "
        "SELECT partner_id, 'sales', 'USD', 0 FROM customer WHERE external_id = 'acme'",
    )
    dollars = key(raw, "SELECT id FROM ledger_account WHERE currency = 'USD'")
    posting(raw, 99, account(raw, "house"), -700)
    posting(raw, 99, dollars, 700)
    refused(raw, ENTRY, "the entry is not balanced", **entry_values(99))


def test_f1_an_entry_in_another_currency_than_its_accounts(raw: Connection) -> None:
    balanced(raw, 99)
    refused(raw, ENTRY, "the entry is not balanced", **entry_values(99, currency="USD"))


def test_f1_a_sealed_entry_takes_no_posting(raw: Connection) -> None:
    sealed = key(raw, "SELECT min(id) FROM entry")
    with pytest.raises(DBAPIError, match="the entry is sealed"):
        posting(raw, sealed, account(raw, "house"), 0)


def test_f1_a_posting_without_its_entry_cannot_be_committed(raw: Connection) -> None:
    balanced(raw, 99)
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        raw.commit()


def test_f2_numbers_are_unique_in_their_series(raw: Connection) -> None:
    balanced(raw, 99)
    refused(raw, ENTRY, "(?i)unique", **entry_values(99, number="INV-000001"))


@pytest.mark.parametrize("column", ["external_id", "once"])
def test_f1_external_ids_and_idempotency_keys_are_unique(raw: Connection, column: str) -> None:
    balanced(raw, 98)
    run(raw, ENTRY, **entry_values(98, **{column: "same"}))
    balanced(raw, 99)
    refused(raw, ENTRY, "(?i)unique", **entry_values(99, **{column: "same"}))


def test_f1_an_entry_is_reversed_once(raw: Connection) -> None:
    first = key(raw, "SELECT min(id) FROM entry")
    balanced(raw, 98)
    run(raw, ENTRY, **entry_values(98, reverses=first))
    balanced(raw, 99)
    refused(raw, ENTRY, "(?i)unique", **entry_values(99, reverses=first))


def test_f7_customer_credit_is_never_below_zero(raw: Connection) -> None:
    run(raw, "UPDATE ledger_account SET balance_minor = 0 WHERE kind = 'credit'")
    refused(raw, "UPDATE ledger_account SET balance_minor = -1 WHERE kind = 'credit'", "(?i)credit_not_negative")


def test_a_customer_has_one_account_of_a_kind_and_a_partner_too(raw: Connection) -> None:
    for kind in ("house", "sales"):
        raw.execute(text("SAVEPOINT before"))
        refused(
            raw,
            "INSERT INTO ledger_account (partner_id, owner_id, kind, currency, balance_minor) "
            "SELECT partner_id, owner_id, kind, currency, 0 FROM ledger_account WHERE kind = :kind",
            "(?i)unique",
            kind=kind,
        )
        raw.execute(text("ROLLBACK TO SAVEPOINT before"))


@pytest.mark.parametrize(("kind", "owner"), [("house", None), ("sales", "acme"), ("tips", "acme")])
def test_accounts_of_customers_have_an_owner_and_others_none(raw: Connection, kind: str, owner: str | None) -> None:
    refused(
        raw,
        "INSERT INTO ledger_account (partner_id, owner_id, kind, currency, balance_minor) "
        "SELECT partner_id, :owner, :kind, 'USD', 0 FROM customer WHERE external_id = 'acme'",
        "(?i)check",
        kind=kind,
        owner=customer(raw, owner) if owner else None,
    )


# Finance --------------------------------------------------------------------------------------------------------------

PAPERS = {
    "invoice": "INSERT INTO invoice (entry_id, prices, reference, parties) VALUES (1, 'net', '', '{}')",
    "invoice_line": (
        "INSERT INTO invoice_line (id, invoice_id, position, description, category, quantity_e4, unit_price_minor, "
        "discount_e3, rate_e3, account_id, net_minor, tax_minor, gross_minor) "
        "VALUES (1, 1, 1, '', '', 10000, 1000, 0, 0, 1, 1000, 0, 1000)"
    ),
    "credit_note": "INSERT INTO credit_note (entry_id, invoice_id) VALUES (1, 1)",
    "credit_note_line": (
        "INSERT INTO credit_note_line (credit_note_id, position, rate_e3, account_id, net_minor, tax_minor, "
        "gross_minor) VALUES (1, 1, 0, 1, 1, 0, 1)"
    ),
    "refund": "INSERT INTO refund (entry_id, of_id) VALUES (1, 1)",
    "allocation": (
        "INSERT INTO allocation (id, source_id, target_id, kind, amount_minor, counts_on, entered_at, actor) "
        "VALUES (1, 1, 99, 'payment', 10, :on, :at, 'test')"
    ),
    "item_move": (
        "INSERT INTO item_move (id, entry_id, from_id, to_id, moved_on, moved_at) VALUES (1, 1, 1, 2, :on, :at)"
    ),
    "bank_file": (
        "INSERT INTO bank_file (id, public_id, partner_id, file_id, name, form, imported_at, actor) "
        "VALUES (1, 'f1', 1, 1, '', 'csv', :at, 'test')"
    ),
    "bank_line": (
        "INSERT INTO bank_line (id, public_id, partner_id, statement_id, position, fingerprint, booked_on, "
        "amount_minor, name, account, reference, text) VALUES (1, 'l1', 1, 1, 1, 'x', :on, 1, '', '', '', '')"
    ),
    "bank_part": "INSERT INTO bank_part (line_id, part_of_id) VALUES (1, 2)",
}
"""A row of each table that is never changed, beside the first invoice of acme."""


def paper(raw: Connection, table: str) -> None:
    """Write a row of a table, whatever it refers to: nothing of this is ever committed."""
    if raw.dialect.name == "sqlite":
        raw.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        raw.execute(text("SET session_replication_role = replica"))
    if table == "allocation":
        balanced(raw, 99)
        run(raw, ENTRY, **entry_values(99))
    values = {name: value for name, value in (("on", date(2026, 11, 3)), ("at", AT)) if f":{name}" in PAPERS[table]}
    run(raw, PAPERS[table], **values)
    if raw.dialect.name != "sqlite":
        raw.execute(text("SET session_replication_role = origin"))


@pytest.mark.parametrize("table", PAPERS)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_f1_papers_allocations_and_bank_files_are_never_changed(raw: Connection, table: str, change: str) -> None:
    paper(raw, table)
    column = PAPERS[table].partition("(")[2].partition(")")[0].split(", ")[-1]
    refused(raw, change.format(table, column), "append-only")


def test_f8_nothing_is_dated_into_a_closed_month(raw: Connection) -> None:
    run(
        raw,
        "INSERT INTO period_closing (partner_id, through, closed_at, actor) VALUES (1, :through, :at, 'test')",
        through=date(2026, 10, 31),
        at=AT,
    )
    balanced(raw, 98)
    run(raw, ENTRY, **entry_values(98))
    balanced(raw, 99)
    refused(raw, ENTRY, "the month is closed", **entry_values(99, on=date(2026, 10, 31)))


@pytest.mark.parametrize("opened", [-1001, 1])
def test_f7_no_more_is_open_of_an_entry_than_it_comes_to(raw: Connection, opened: int) -> None:
    refused(raw, "UPDATE entry SET open_minor = :opened", "(?i)check", opened=opened)


@pytest.mark.parametrize(("amount", "back"), [(0, None), (-5, None), (5, 1)])
def test_f7_what_takes_an_allocation_back_is_negative_and_names_it(
    raw: Connection, amount: int, back: int | None
) -> None:
    paper(raw, "allocation")
    refused(
        raw,
        "INSERT INTO allocation (id, source_id, target_id, kind, amount_minor, counts_on, entered_at, actor, "
        "takes_back_id) VALUES (2, 1, 99, 'payment', :amount, :on, :at, 'test', :back)",
        "(?i)check",
        amount=amount,
        back=back,
        on=date(2026, 11, 3),
        at=AT,
    )


def link(raw: Connection, main: str, sub: str, mode: str = "aggregated", ended: datetime | None = None) -> None:
    run(
        raw,
        "INSERT INTO sub_account_link (public_id, partner_id, main_id, sub_id, mode, started_at, ended_at) "
        "SELECT :public, m.partner_id, m.id, s.id, :mode, :at, :ended FROM customer m, customer s "
        "WHERE m.external_id = :main AND s.external_id = :sub",
        public=f"{main[:4]}{sub[:4]}{mode[:4]}",
        mode=mode,
        at=AT,
        ended=ended,
        main=main,
        sub=sub,
    )


def share(raw: Connection, primary: str, secondary: str) -> None:
    run(
        raw,
        "INSERT INTO shared_balance (public_id, partner_id, primary_id, secondary_id, started_at) "
        "SELECT :public, m.partner_id, m.id, s.id, :at FROM customer m, customer s "
        "WHERE m.external_id = :primary AND s.external_id = :secondary",
        public=f"{primary[:4]}{secondary[:4]}",
        at=AT,
        primary=primary,
        secondary=secondary,
    )


def test_l5_links_of_one_level_are_taken(raw: Connection) -> None:
    link(raw, "acme", "branch")
    link(raw, "acme", "depot", "independent")
    share(raw, "acme", "rival")
    stands(raw)


def test_l5_a_second_main_account(raw: Connection) -> None:
    link(raw, "acme", "branch")
    with pytest.raises(DBAPIError, match="(?i)unique|no chain"):
        link(raw, "rival", "branch", "independent")


@pytest.mark.parametrize("mode", ["aggregated", "independent"])
def test_l5_a_sub_account_of_a_sub_account(raw: Connection, mode: str) -> None:
    link(raw, "acme", "branch", mode)
    with pytest.raises(DBAPIError, match="no chain"):
        link(raw, "branch", "depot", mode)


@pytest.mark.parametrize("mode", ["aggregated", "independent"])
def test_l5_a_main_account_under_another(raw: Connection, mode: str) -> None:
    link(raw, "branch", "depot", mode)
    with pytest.raises(DBAPIError, match="no chain"):
        link(raw, "acme", "branch", mode)


def test_l5_a_customer_under_itself(raw: Connection) -> None:
    with pytest.raises(DBAPIError, match="(?i)check|no chain"):
        link(raw, "acme", "acme")


def test_l5_an_ended_link_is_history_and_cannot_come_back_into_a_chain(raw: Connection) -> None:
    link(raw, "acme", "branch", ended=datetime(2026, 11, 22, tzinfo=UTC))
    link(raw, "branch", "depot")
    refused(raw, "UPDATE sub_account_link SET ended_at = NULL", "no chain")


def test_a_link_has_a_mode_that_we_know(raw: Connection) -> None:
    with pytest.raises(DBAPIError, match="(?i)check"):
        link(raw, "acme", "branch", "shared")


def test_l3_customers_of_different_partners(raw: Connection) -> None:
    with pytest.raises(DBAPIError, match="(?i)foreign key"):
        link(raw, "acme", "far")


def test_p5_sharing_across_partners(raw: Connection) -> None:
    with pytest.raises(DBAPIError, match="(?i)foreign key"):
        share(raw, "acme", "far")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("acme", "branch"), ("acme", "depot")),
        (("acme", "branch"), ("depot", "branch")),
        (("acme", "branch"), ("branch", "depot")),
        (("acme", "branch"), ("depot", "acme")),
        (("acme", "branch"), ("branch", "acme")),
    ],
)
def test_p5_a_second_partner_account(raw: Connection, first: tuple[str, str], second: tuple[str, str]) -> None:
    share(raw, *first)
    with pytest.raises(DBAPIError, match="no chain|(?i:unique)"):
        share(raw, *second)


def test_p5_sharing_with_oneself(raw: Connection) -> None:
    with pytest.raises(DBAPIError, match="(?i)check|no chain"):
        share(raw, "acme", "acme")


def test_p6_a_main_account_is_never_secondary(raw: Connection) -> None:
    link(raw, "acme", "branch", "independent")
    with pytest.raises(DBAPIError, match="no chain"):
        share(raw, "rival", "acme")


@pytest.mark.parametrize(("primary", "secondary"), [("branch", "rival"), ("rival", "branch")])
def test_p6_an_aggregated_sub_account_shares_nothing(raw: Connection, primary: str, secondary: str) -> None:
    link(raw, "acme", "branch")
    with pytest.raises(DBAPIError, match="no chain"):
        share(raw, primary, secondary)


@pytest.mark.parametrize("mode", ["aggregated", "independent"])
def test_p6_a_secondary_account_pays_for_nobody(raw: Connection, mode: str) -> None:
    share(raw, "rival", "acme")
    with pytest.raises(DBAPIError, match="no chain"):
        link(raw, "acme", "branch", mode)


@pytest.mark.parametrize(("primary", "secondary"), [("branch", "rival"), ("rival", "branch")])
def test_p6_who_shares_balances_is_not_aggregated(raw: Connection, primary: str, secondary: str) -> None:
    share(raw, primary, secondary)
    with pytest.raises(DBAPIError, match="no chain"):
        link(raw, "acme", "branch")


def test_p6_a_link_cannot_turn_aggregated_under_a_shared_balance(raw: Connection) -> None:
    share(raw, "branch", "rival")
    link(raw, "acme", "branch", "independent")
    refused(raw, "UPDATE sub_account_link SET mode = 'aggregated'", "no chain")


@pytest.mark.parametrize(
    ("column", "value"),
    [("own_status", "'asleep'"), ("kind", "'robot'"), ("billing_type", "'free'"), ("billing_day", "32"),
     ("billing_day", "0"), ("external_id", "'branch'"), ("partner_id", "999"), ("name", "NULL")],
)  # fmt: skip
def test_customers_are_what_they_can_be(raw: Connection, column: str, value: str) -> None:
    refused(
        raw,
        f"UPDATE customer SET {column} = {value} WHERE external_id = 'acme'",
        "(?i)check|unique|foreign key|null",
    )


def test_l3_a_linked_customer_cannot_change_its_partner(raw: Connection) -> None:
    link(raw, "acme", "branch")
    refused(
        raw,
        "UPDATE customer SET partner_id = (SELECT partner_id FROM customer WHERE external_id = 'far') "
        "WHERE external_id = 'branch'",
        "(?i)foreign key",
    )


def places(raw: Connection) -> None:
    """An activity with one session, in which acme is booked."""
    first = {"id": 1, "partner_id": 1, "created_at": AT}
    raw.execute(insert(Activity).values(public_id="t1", external_id="swim", name="Swimming", **first))
    raw.execute(
        insert(Session).values(
            public_id="s1",
            external_id="swim/1",
            activity_id=1,
            starts_wall=datetime(2026, 12, 1, 17, 0),  # noqa: DTZ001
            minutes=60,
            zone="Europe/Prague",
            starts_at=AT,
            ends_at=AT,
            starts_on=date(2026, 12, 1),
            capacity=1,
            changed_at=AT,
            **first,
        )
    )
    booked(raw, 1)


def booked(raw: Connection, key: int, state: str = "booked", **more: object) -> None:
    values = {"session_id": 1, "customer_id": 1, "state": state, "booked_at": AT, "changed_at": AT, "actor": "test"}
    raw.execute(insert(Booking).values(id=key, public_id=f"b{key}", **{**values, **more}))


def test_b2_nobody_is_in_a_session_twice(raw: Connection) -> None:
    places(raw)
    booked(raw, 2, "cancelled", cancelled_at=AT)
    booked(raw, 3, customer_id=2)
    stands(raw)
    with pytest.raises(DBAPIError, match="(?i)unique"):
        booked(raw, 4, "waiting")


@pytest.mark.parametrize(
    ("state", "more"),
    [("offered", {}), ("booked", {"offered_until": AT}), ("cancelled", {}), ("booked", {"visit": True})],
)
def test_b2_b9_a_booking_says_what_belongs_to_its_state(raw: Connection, state: str, more: dict[str, object]) -> None:
    places(raw)
    with pytest.raises(DBAPIError, match="(?i)check"):
        booked(raw, 2, state, customer_id=2, **more)


def test_b2_places_are_never_below_zero_and_a_booking_is_charged_once(raw: Connection) -> None:
    places(raw)
    charge = "INSERT INTO booking_charge (booking_id, payer_id, amount_minor, invoice_id, position, charged_at)"
    run(raw, f"{charge} VALUES (1, 1, 1200, 1, 1, :at)", at=AT)
    raw.execute(text("SAVEPOINT before"))
    refused(raw, f"{charge} VALUES (1, 1, 1200, 1, 2, :at)", "(?i)unique", at=AT)
    raw.execute(text("ROLLBACK TO SAVEPOINT before"))
    refused(raw, "UPDATE session SET taken = -1", "(?i)check")
