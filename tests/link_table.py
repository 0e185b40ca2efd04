"""When linked accounts are refused and what is warned of: tables written from the rules, one row a condition.

A case gives every field one of its words; the first one listed stands in nobody's way. A row applies when each of its
fields has one of the words listed (with blanks between them); fields that a row does not name do not matter to it.
Whatever applies is listed, all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import NamedTuple


class Row(NamedTuple):
    """One condition: its rule, what the rule says in short, and when it stands in the way."""

    rule: str
    says: str
    when: Mapping[str, str]


Case = dict[str, str]
Fields = Mapping[str, str]

CALM = 0.6
"""How often a drawn case has the harmless word of a field with several others."""

STATUSES = "active new blocked inactive"

# Linking a sub-account (L3 to L6, P6) ---------------------------------------------------------------------------------

LINKING: Fields = {
    "mode": "aggregated independent",
    "main": STATUSES,  # the own status of each
    "sub": STATUSES,
    "partner": "same other",
    "house": "zero negative positive",  # House Account and Customer Credit of the sub-account
    "credit": "zero positive",
    "ahead": "none some",
    "future": "none some",
    "sub type": "recurring prepaid",
    "main type": "recurring prepaid",
    "sub shares": "nothing as-primary as-secondary",
    "main shares": "nothing as-primary as-secondary",
    "links": "none sub-of-this-main sub-of-another sub-has-independent sub-has-aggregated"
    " main-is-independent-sub main-is-aggregated-sub",
}

LINKING_REFUSED = (
    Row("L3", "both have the same partner", {"partner": "other"}),
    Row("L4", "the main account is not Inactive", {"main": "inactive"}),
    Row("L4", "the sub-account is not Inactive", {"sub": "inactive"}),
    Row("L5", "a sub-account has exactly one main account", {"links": "sub-of-this-main sub-of-another"}),
    Row("L5", "a sub-account has no sub-accounts of its own", {"links": "sub-has-independent sub-has-aggregated"}),
    Row("L5", "there is one level", {"links": "main-is-independent-sub main-is-aggregated-sub"}),
    Row("P6", "a main account is never a secondary account", {"main shares": "as-secondary"}),
    Row("L6", "the House Account is zero", {"mode": "aggregated", "house": "negative positive"}),
    Row("L6", "Customer Credit is zero", {"mode": "aggregated", "credit": "positive"}),
    Row("L6", "no entry is dated ahead", {"mode": "aggregated", "ahead": "some"}),
    Row("L6", "there are no future items", {"mode": "aggregated", "future": "some"}),
    Row("L6", "the billing type is recurring", {"mode": "aggregated", "sub type": "prepaid"}),
    Row("L6", "so is the main account’s", {"mode": "aggregated", "main type": "prepaid"}),
    Row("L6", "it has no partner account", {"mode": "aggregated", "sub shares": "as-primary as-secondary"}),
)

LINKING_WARNED = (
    Row("L4", "it will be blocked at once", {"mode": "aggregated", "main": "blocked", "sub": "new active"}),
)

# Editing the billing mode (L9) ----------------------------------------------------------------------------------------

EDITING: Fields = {
    "edit": "to-independent to-aggregated stays-aggregated stays-independent",
    "main": STATUSES,
    "main balance": "zero negative positive",
    "sub": STATUSES,
    "house": "zero negative positive",
    "credit": "zero positive",
    "ahead": "none some",
    "future": "none some",
    "sub type": "recurring prepaid",
    "main type": "recurring prepaid",
    "sub shares": "nothing as-primary as-secondary",
}

_EITHER_WAY = "to-aggregated to-independent"

EDITING_REFUSED = (
    Row("L9", "the main account is Active", {"edit": _EITHER_WAY, "main": "new blocked inactive"}),
    Row("L9", "its balance is at least zero", {"edit": _EITHER_WAY, "main balance": "negative"}),
    Row("L6", "the House Account is zero", {"edit": "to-aggregated", "house": "negative positive"}),
    Row("L6", "Customer Credit is zero", {"edit": "to-aggregated", "credit": "positive"}),
    Row("L6", "no entry is dated ahead", {"edit": "to-aggregated", "ahead": "some"}),
    Row("L6", "there are no future items", {"edit": "to-aggregated", "future": "some"}),
    Row("L6", "the billing type is recurring", {"edit": "to-aggregated", "sub type": "prepaid"}),
    Row("L6", "so is the main account’s", {"edit": "to-aggregated", "main type": "prepaid"}),
    Row("L6", "it has no partner account", {"edit": "to-aggregated", "sub shares": "as-primary as-secondary"}),
)

# Unlinking (L10) ------------------------------------------------------------------------------------------------------

UNLINKING: Fields = {
    "mode": "aggregated independent",
    "main": STATUSES,
    "main balance": "zero negative positive",
    "sub": STATUSES,
    "future": "none some",
    "main type": "recurring prepaid",
    "main shares": "nothing as-primary",
}

UNLINKING_REFUSED = (
    Row("L10", "the main account is Active", {"mode": "aggregated", "main": "new blocked inactive"}),
    Row("L10", "its balance is at least zero", {"mode": "aggregated", "main balance": "negative"}),
)

# Sharing balances (P5, P6) --------------------------------------------------------------------------------------------

SHARING: Fields = {
    "first": STATUSES,  # the one that becomes the primary account
    "second": STATUSES,  # the one that becomes the secondary account
    "partner": "same other",
    "first shares": "nothing as-primary as-secondary",
    "second shares": "nothing as-primary as-secondary",
    "first links": "none aggregated-sub independent-sub main",
    "second links": "none aggregated-sub independent-sub main",
    "second house": "zero negative positive",
    "second future": "none some",
}

SHARING_REFUSED = (
    Row("P5", "both have the same partner", {"partner": "other"}),
    Row("P5", "the first is not Inactive", {"first": "inactive"}),
    Row("P5", "the second is not Inactive", {"second": "inactive"}),
    Row("P5", "the first has at most one partner account", {"first shares": "as-primary as-secondary"}),
    Row("P5", "the second has at most one partner account", {"second shares": "as-primary as-secondary"}),
    Row("P6", "whoever is paid for pays for nobody", {"first links": "aggregated-sub"}),
    Row("P6", "nobody is paid for twice", {"second links": "aggregated-sub"}),
    Row("P6", "a main account is never a secondary account", {"second links": "main"}),
)

# Changing the billing type (L8) ---------------------------------------------------------------------------------------

RETYPING: Fields = {
    "status": STATUSES,
    "links": "none aggregated-sub independent-sub main-of-independent main-of-aggregated main-of-both",
    "house": "zero negative positive",
    "shares": "nothing as-primary as-secondary",
}

RETYPING_REFUSED = (
    Row("L8", "a sub-account keeps its billing type while linked", {"links": "aggregated-sub independent-sub"}),
    Row("L8", "so does a main account with aggregated ones", {"links": "main-of-aggregated main-of-both"}),
)

# Removing a customer (L12) --------------------------------------------------------------------------------------------

REMOVING: Fields = {
    "status": "inactive new active blocked",
    "links": "none aggregated-sub independent-sub main",
    "shares": "nothing as-primary as-secondary",
    "house": "zero negative positive",
    "credit": "zero positive",
    "ahead": "none some",
    "future": "none some",
}

REMOVING_REFUSED = (
    Row("L12", "it is Inactive", {"status": "new active blocked"}),
    Row("L12", "it is no sub-account", {"links": "aggregated-sub independent-sub"}),
    Row("L12", "it has no sub-accounts", {"links": "main"}),
    Row("L12", "it has no partner account", {"shares": "as-primary as-secondary"}),
    Row("L12", "nothing is open on the House Account", {"house": "negative positive"}),
    Row("L12", "nothing is open on Customer Credit", {"credit": "positive"}),
    Row("L12", "no entry is dated ahead", {"ahead": "some"}),
    Row("L12", "there are no future items", {"future": "some"}),
)


# Reading the tables ---------------------------------------------------------------------------------------------------


def cases(fields: Fields, **only: str) -> Iterator[Case]:
    """Every combination of the words of every field; `only` keeps a field to some (with _ for a blank in its name)."""
    kept = {name.replace("_", " "): words for name, words in only.items()}
    assert set(kept) <= set(fields), kept
    words = [kept.get(name, text).split() for name, text in fields.items()]
    for chosen in product(*words):
        yield dict(zip(fields, chosen, strict=True))


def drawn(fields: Fields, dice: Random) -> Iterator[Case]:
    """Combinations without end, drawn so that in most of them little stands in the way."""
    words = {name: text.split() for name, text in fields.items()}
    while True:
        yield {
            name: known[0] if len(known) > 2 and dice.random() < CALM else dice.choice(known)
            for name, known in words.items()
        }


def applying(table: Sequence[Row], case: Mapping[str, str]) -> list[Row]:
    """The rows that apply to a case, in the order of the table."""
    return [row for row in table if all(case[name] in words.split() for name, words in row.when.items())]


def expected(table: Sequence[Row], case: Mapping[str, str]) -> list[str]:
    """The rule ids that a case is refused with, each as often as a condition of it is unmet, sorted."""
    return sorted(row.rule for row in applying(table, case))


def check_words(fields: Fields, table: Sequence[Row]) -> None:
    """Fail where a row speaks of a field or a word that no case has, and so could never apply."""
    for row in table:
        for name, words in row.when.items():
            assert set(words.split()) < set(fields[name].split()), (row, name)
