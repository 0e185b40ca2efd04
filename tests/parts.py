"""Whatever is posted on a payer's books: what must never be said of a part of them (S13)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import count

from hypothesis import strategies as st

from portal.rules.errors import Refused
from portal.rules.statements.figures import LOWERING_KINDS
from tests import people

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 30)
ACCOUNTS = ("main", "sub", "mate")
"""Whose part it is: the payer's own, an aggregated sub-account's, a secondary's."""

KINDS = ("invoice", "payment", "credit_note", "debit", "credit", "refund")
Move = tuple[str, str, int, int, str]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(ACCOUNTS),
        st.sampled_from(KINDS),
        st.integers(1, 10**7),
        st.integers(-40, 90),
        st.sampled_from(("house", "house", "credit")),
    ),
    min_size=1,
    max_size=12,
)
"""For whom, what, how much in minor units, how many days after FIRST, and on which account."""

_TIMES = count()
_SAYS_OWED = re.compile(r"\bow(e|es|ed|ing)\b|\bto pay\b|\bopening\b|\bclosing\b|\bso much\b", re.IGNORECASE)
_BALANCE = re.compile(r"balance", re.IGNORECASE)
_INNOCENT = (
    *("which alone has a balance", "not in any balance", '"balance": null', "debit,credit,balance,external_id"),
    *("share the balance", "no longer share balance"),
)
"""Where the word stands for something else: that a part has none, the names of fields, and notes of what is shared."""


def books(moves: list[Move]) -> tuple[str, dict[str, tuple[int, int]]]:
    """A payer's books with these moves, as far as they are not refused.

    Its prefix, and what was charged and credited for each account on the House Account between FIRST and LAST.
    """
    prefix = f"parts-{next(_TIMES)}-"
    for name in ACCOUNTS:
        people.customer(prefix + name)
    people.link(prefix + "main", prefix + "sub")
    people.share(prefix + "main", prefix + "mate")
    sums = {name: [0, 0] for name in ACCOUNTS}
    for name, kind, amount, days, ledger in moves:
        on = FIRST + timedelta(days=days)
        try:
            people.post(prefix + name, kind, amount, on.isoformat(), ledger=ledger)
        except Refused:
            continue
        if ledger == "house" and FIRST <= on <= LAST:
            sums[name][kind not in LOWERING_KINDS] += amount
    return prefix, {name: (charged, credited) for name, (charged, credited) in sums.items()}


def says_of_a_part(text: str) -> list[str]:
    """What a text says that no part is: owed, opened or closed with, below zero."""
    for innocent in _INNOCENT:
        text = text.replace(innocent, "")
    found = [match.group() for match in _SAYS_OWED.finditer(text)]
    found += [text[max(0, at.start() - 40) : at.end() + 40] for at in _BALANCE.finditer(text)]
    return found + re.findall(r"(?<!\d)[−-]\d[\d,]*\.\d\d", text)
