"""Is what is stored sound? Each check compares what must agree in a few queries over whole tables.

A check gives sentences about what is broken, the first few of each kind with how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.db.doctor import books, groups, installation, links, numbers, removals, search
from portal.db.doctor.installation import warnings

__all__ = ["CHECKS", "Check", "warnings"]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, in words, and the function that looks for what breaks it."""

    claim: str
    find: Callable[[], Sequence[str]]


CHECKS = (
    Check("The schema is the one of this version", installation.schema),
    Check("The guards inside the database are in place", installation.guards),
    Check("The file is sound and every reference leads somewhere", installation.file),
    Check("Every entry has two postings or more that sum to zero in one currency", books.balanced),
    Check("Every posting agrees with its entry", books.whole),
    Check("Every reversal takes back exactly its original", books.reversals),
    Check("Stored balances are the sums of their postings", books.balances),
    Check("Month totals are the sums of their postings", books.month_totals),
    Check("Month totals by customer are the sums of their postings", books.issued_months),
    Check("Balances by customer are the sums of their postings", books.issued),
    Check("Customer Credit is never below zero, at any date", books.credit),
    Check("What a statement opens with is what the one before closed with (a sample)", books.openings),
    Check("Every idempotency key had one effect", books.effects),
    Check("Every external id names one transaction", books.external_ids),
    Check("Numbers are without gaps and given once", numbers.numbers),
    Check("Nobody who is paid for pays for others", links.chains),
    Check("Nobody has two main accounts or two partner accounts", links.one_main),
    Check("Linked customers belong to one partner", links.same_partner),
    Check("Every change of a link is in the audit log", links.audited),
    Check("Every group has exactly one Owner", groups.owners),
    Check("No Owner's membership has an end", groups.owners_stay),
    Check("Groups and their members belong to one partner", groups.same_partner),
    Check("Nobody is in a group that is dissolved", groups.dissolved),
    Check("No agreement to being acted for outlasts its membership", groups.agreements),
    Check("Customers that were removed are tied to nothing", removals.removed),
    Check("The customer search looks through what is stored", search.indexed),
    Check("No mail is stuck in the outbox", installation.mail),
    Check("No notice of blocking is left over after its hour", installation.blocking_notices),
)
