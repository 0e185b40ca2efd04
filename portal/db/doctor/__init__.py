"""Is what is stored sound? Each check compares what must agree in a few queries over whole tables.

A check gives sentences about what is broken, the first few of each kind with how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.db.doctor import books, groups, installation, links, numbers, removals, search
from portal.db.doctor.installation import warnings
from portal.rules.sentences import Sentence, say

__all__ = ["CHECKS", "Check", "warnings"]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, in words, and the function that looks for what breaks it."""

    claim: Sentence
    find: Callable[[], Sequence[Sentence]]


CHECKS = (
    Check(say("The schema is the one of this version"), installation.schema),
    Check(say("The guards inside the database are in place"), installation.guards),
    Check(say("The file is sound and every reference leads somewhere"), installation.file),
    Check(say("Every entry has two postings or more that sum to zero in one currency"), books.balanced),
    Check(say("Every posting agrees with its entry"), books.whole),
    Check(say("Every reversal takes back exactly its original"), books.reversals),
    Check(say("Stored balances are the sums of their postings"), books.balances),
    Check(say("Month totals are the sums of their postings"), books.month_totals),
    Check(say("Month totals by customer are the sums of their postings"), books.issued_months),
    Check(say("Balances by customer are the sums of their postings"), books.issued),
    Check(say("Customer Credit is never below zero, at any date"), books.credit),
    Check(say("What a statement opens with is what the one before closed with (a sample)"), books.openings),
    Check(say("Every idempotency key had one effect"), books.effects),
    Check(say("Every external id names one transaction"), books.external_ids),
    Check(say("Numbers are without gaps and given once"), numbers.numbers),
    Check(say("Nobody who is paid for pays for others"), links.chains),
    Check(say("Nobody has two main accounts or two partner accounts"), links.one_main),
    Check(say("Linked customers belong to one partner"), links.same_partner),
    Check(say("Every change of a link is in the audit log"), links.audited),
    Check(say("Every group has exactly one Owner"), groups.owners),
    Check(say("No Owner's membership has an end"), groups.owners_stay),
    Check(say("Groups and their members belong to one partner"), groups.same_partner),
    Check(say("Nobody is in a group that is dissolved"), groups.dissolved),
    Check(say("No agreement to being acted for outlasts its membership"), groups.agreements),
    Check(say("Customers that were removed are tied to nothing"), removals.removed),
    Check(say("The customer search looks through what is stored"), search.indexed),
    Check(say("No mail is stuck in the outbox"), installation.mail),
    Check(say("No notice of blocking is left over after its hour"), installation.blocking_notices),
)
