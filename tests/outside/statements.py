"""Statements for the tests of their PDF, CSV and workbook forms: small, of every shape, and true to their own sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from portal.rules.sentences import say
from portal.rules.statements.figures import (
    AccountTotals,
    Balance,
    CreditTable,
    Letterhead,
    Line,
    Note,
    OtherPayer,
    Party,
    RecordType,
    Statement,
    WaitingItem,
    shown,
)

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
OPENING = -120_450
ACME = Party("demo-company", "p-acme", "Acme Ltd", "1 High Street\nLondon N1 9GU")
RIVERSIDE = Party("demo-branch", "p-riverside", "Riverside branch")
HARBOUR = Party("demo-harbour", "p-harbour", "Harbour branch")
NORTHWIND = Letterhead("Northwind Telecom", "Harbour Street 12\nBristol BS1 4ND", "billing@northwind.example")

# day, number, description, whose, category, kind, amount
MOVES = (
    (3, "INV-004211", "Broadband, October", RIVERSIDE, "Internet", "invoice", -4_990),
    (7, "INV-004212", "Broadband, October", HARBOUR, "Internet", "invoice", -9_990),
    (10, "INV-004219", "Installation", HARBOUR, "", "invoice", -43_000),
    (14, "TRX-000873", "Extra traffic, 14 Oct", RIVERSIDE, "Internet", "debit", -52_590),
    (18, "PAY-001902", "Bank transfer, thank you", ACME, "", "payment", 150_000),
    (21, "INV-004230", "Router rental and a static address for the harbour office", HARBOUR, "", "invoice", -5_390),
    (27, "PAY-001950", "Bank transfer, thank you", ACME, "", "payment", 50_000),
    (27, "TRX-000901", "Goodwill", RIVERSIDE, "", "credit", 0),
)


def statement(
    moves: Sequence[Any] = MOVES,
    *,
    opening: int = OPENING,
    record_type: RecordType = RecordType.ALL,
    accounts: Sequence[Party] = (ACME, RIVERSIDE, HARBOUR),
    **fields: Any,
) -> Statement:
    """A statement of these moves whose every figure follows from them; `fields` replace any field."""
    lines, balance, hidden = [], opening, [0, 0]
    sums = {party.reference: [0, 0] for party in accounts}
    for number, (day, name, text, party, category, kind, amount) in enumerate(moves):
        balance += amount
        sums[party.reference][amount >= 0] += abs(amount)
        if not shown(kind, record_type):
            hidden[amount >= 0] += abs(amount)
            continue
        on = FIRST + timedelta(days=day - 1)
        row = (on, name, text, party.reference, party.name, category, kind, amount, balance, f"x{number}", f"e{number}")
        lines.append(Line(*row))
    ends: dict[date, int] = {}
    after = opening
    for day, *_, amount in moves:
        ends[FIRST + timedelta(days=day - 1)] = after = after + amount
    made: dict[str, Any] = {
        "letterhead": NORTHWIND,
        "payer": ACME,
        "account": None,
        "first": FIRST,
        "last": LAST,
        "currency": "EUR",
        "record_type": record_type,
        "balance": Balance(opening, balance, tuple(ends.items())),
        "lines": lines,
        "hidden_debit_minor": hidden[0],
        "hidden_credit_minor": hidden[1],
        "accounts": [AccountTotals(party, *sums[party.reference]) for party in accounts],
        "made_on": date(2026, 11, 5),
    }
    return Statement(**{**made, **fields})


def part(party: Party = HARBOUR, **fields: Any) -> Statement:
    """The activity statement of one account: its lines and what they come to, without a balance (S13)."""
    whole = full()
    lines = [line._replace(balance_minor=None) for line in whole.lines if line.account == party.reference]
    spent = whole.credit.lines if whole.credit else ()
    spent = [line._replace(balance_minor=None) for line in spent if line.account == party.reference]
    made: dict[str, Any] = {
        "account": party,
        "balance": None,
        "lines": lines,
        "accounts": [one for one in whole.accounts if one.account == party],
        "credit": CreditTable(spent) if spent else None,
        "waiting": [item for item in whole.waiting if item.account == party],
    }
    return replace(whole, **{**made, **fields})


def full(**fields: Any) -> Statement:
    """A statement with everything that one can have."""
    credit = _credit_line(date(2026, 10, 5), "CR-000011", "Goodwill credit", ACME, "credit", 5_000, 5_000)
    used = _credit_line(date(2026, 10, 20), "CR-000012", "Used for INV-004211", RIVERSIDE, "debit", -1_250, 3_750)
    made: dict[str, Any] = {
        "notes": [
            Note(date(2026, 10, 7), say("Harbour branch was linked.")),
            Note(LAST, say("Riverside branch was unlinked.")),
        ],
        "waiting": [WaitingItem(date(2026, 11, 1), "FI-000001", "Broadband, November", RIVERSIDE, 4_990, "f1")],
        "credit": CreditTable([credit, used], 0, 3_750),
        "other_payers": [OtherPayer(Party("globex", "p-globex", "Globex plc"), FIRST, date(2026, 10, 6))],
    }
    return statement(**{**made, **fields})


def _credit_line(on: date, number: str, text: str, party: Party, kind: str, amount: int, balance: int) -> Line:
    return Line(on, number, text, party.reference, party.name, "", kind, amount, balance, None, number)


def many(lines: int, **fields: Any) -> Statement:
    """A statement of so many lines, all different."""
    parties = (ACME, RIVERSIDE, HARBOUR)
    moves = [
        (
            1 + number * 30 // max(1, lines),
            f"INV-{number:06}",
            f"Service number {number}",
            parties[number % 3],
            "",
            "payment" if number % 7 == 0 else "invoice",
            (number % 7 == 0) * 70_000 - 1_000 - number % 997,
        )
        for number in range(lines)
    ]
    return statement(moves, **fields)
