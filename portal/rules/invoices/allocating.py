"""How payments and credits settle invoices (F7): which, how much, from when, and how it is taken back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from portal.rules.errors import Reason, Refused
from portal.rules.money import Money, handed_down
from portal.rules.periods import month_after
from portal.rules.sentences import say

K_ = TypeVar("K_", bound=Hashable)


class OpenItem(NamedTuple, Generic[K_]):
    """An invoice or debit that is not settled, with what is open of it in minor units."""

    key: K_
    due: date
    issued: date
    open: int


class Settled(NamedTuple, Generic[K_]):
    """What is allocated to or taken back from one document, in minor units."""

    key: K_
    minor: int


class Allocation(NamedTuple, Generic[K_]):
    """An allocation that stands: the day from which it counts, its place among those of a day, and its minor units."""

    key: K_
    on: date
    place: int
    minor: int


# Allocating -----------------------------------------------------------------------------------------------------------


def in_order(items: Iterable[OpenItem[K_]]) -> list[OpenItem[K_]]:
    """Open items as they are settled where nobody chooses: the oldest due first, then the oldest, then as they come, in
    which those who hand them in have those that were entered first (F7).
    """
    return sorted(items, key=lambda item: (item.due, item.issued))


def oldest_due_first(amount: int, items: Iterable[OpenItem[K_]]) -> list[Settled[K_]]:
    """As much as fits over open items, `in_order`.

    `amount` is what there is to allocate, in minor units; what exceeds the items is left and in nobody's part.
    """
    parts = []
    for item in in_order(items):
        part = min(amount, item.open)
        if part > 0:
            parts.append(Settled(item.key, part))
            amount -= part
    return parts


def by_account(amount: int, open_by_account: Mapping[K_, int]) -> dict[K_, int]:
    """An allocation over the accounts of an invoice, in proportion to what each has open, by largest remainder (F7).

    An account that lowers the invoice has less than zero open and takes its share of that. Where accounts were chosen
    only those are handed in. Raises ValueError for an amount that is not positive or above what they have open.
    """
    whole = sum(open_by_account.values())
    if not 0 < amount <= whole:
        raise ValueError(f"{amount} of {whole} cannot be shared out")
    shares = handed_down(amount, [amount * minor for minor in open_by_account.values()], whole)
    return dict(zip(open_by_account, shares, strict=True))


def evened(rest: Mapping[K_, int], parts: Sequence[Mapping[K_, int]]) -> list[dict[K_, int]]:
    """What is shifted between the accounts of an invoice after a credit note on some of them (F7).

    `rest` is what each account was charged less what is credited, `parts` how each allocation that stands divides over
    the accounts, in the order in which they give way. No account stays settled beyond its rest while another one is
    open; what was beyond goes to the others in proportion to what each has open. One map for each allocation: its
    changes add up to nothing, so that no allocation becomes larger or smaller.
    """
    settled = {key: sum(part.get(key, 0) for part in parts) for key in rest}
    kept = {key: min(max(minor, min(0, rest[key])), max(0, rest[key])) for key, minor in settled.items()}
    beyond = sum(settled.values()) - sum(kept.values())
    if beyond > 0:
        shares = by_account(beyond, {key: rest[key] - kept[key] for key in rest})
        kept = {key: kept[key] + shares[key] for key in rest}
    elif beyond < 0:
        shares = by_account(-beyond, kept)
        kept = {key: kept[key] - shares[key] for key in rest}
    change = {key: kept[key] - settled[key] for key in rest}
    done = []
    for part in parts:
        own = {key: max(minor, -part.get(key, 0)) for key, minor in change.items() if minor < 0 < part.get(key, 0)}
        left = -sum(own.values())
        for key in [key for key, minor in change.items() if minor > 0]:
            own[key] = min(left, change[key])
            left -= own[key]
        for key, minor in own.items():
            change[key] -= minor
        done.append({key: minor for key, minor in own.items() if minor})
    if any(change.values()) and done:  # an account that lowers the invoice: the first one takes what is left
        done[0] = {key: minor for key in rest if (minor := done[0].get(key, 0) + change[key])}
    return done


def fits(left: int, open_: int) -> int:
    """As much as a payment has left and an invoice has open."""
    return max(0, min(left, open_))


def amount_refusals(amount: int, source: str, left: int, invoice: str, open_: int, currency: str) -> list[Reason]:
    """Why an amount cannot be allocated (F7). `source` is the number of the payment or credit, `left` what it has
    unallocated; `invoice` that of the invoice, `open_` what it has open; all in minor units of one currency.
    """
    has = say(
        "{source} has {left} left, and {invoice} has {open} open.",
        source=source,
        left=Money(left, currency),
        invoice=invoice,
        open=Money(open_, currency),
    )
    most, asked = Money(fits(left, open_), currency), Money(amount, currency)
    if 0 < amount <= most.minor:
        return []
    if amount <= 0:
        message = say("{amount} is no amount to allocate: {has}", amount=asked, has=has)
    elif amount > left and amount > open_:
        message = say("{amount} is above both: {has}", amount=asked, has=has)
    elif amount > left:
        message = say("{amount} is above what is left: {has}", amount=asked, has=has)
    else:
        message = say("{amount} is above what is open: {has}", amount=asked, has=has)
    remedy = say("Allocate {most} at most.", most=most) if most else say("There is nothing to allocate.")
    return [Reason("F7", message, remedy)]


# Its day --------------------------------------------------------------------------------------------------------------


def counts_from(own: date | None, today: date, source: date, invoice: date, closed: date | None = None) -> date:
    """The day from which an allocation counts: the latest of its own date, the payment's and the invoice's (F7).

    `own` is the date that was asked for, None for today; `closed` is the last month that is closed, by any day of it.
    Without a date of its own an allocation takes the first open day where it would fall into a closed month. Raises
    Refused for a date that was asked for and falls into one (F8).
    """
    on = max(own or today, source, invoice)
    if closed is None or on >= (first_open := month_after(closed)):
        return on
    if own is None:
        return first_open
    raise Refused(
        [
            Reason(
                "F8",
                say("An allocation of {on} would fall into a closed month.", on=on),
                say("The first open day is {day}.", day=first_open),
            )
        ]
    )


# Taking back ----------------------------------------------------------------------------------------------------------


def newest_first(amount: int, allocations: Sequence[Allocation[K_]]) -> list[Settled[K_]]:
    """What is taken back of allocations to free an amount: the newest one first, and of the last one a part (F7).

    Raises ValueError for more than they come to.
    """
    if amount > sum(one.minor for one in allocations):
        raise ValueError(f"{amount} is more than is allocated")
    parts = []
    for one in sorted(allocations, key=lambda one: (one.on, one.place), reverse=True):
        part = min(amount, one.minor)
        if part > 0:
            parts.append(Settled(one.key, part))
            amount -= part
    return parts


def freed_by_credit(credited: int, open_: int, allocations: Sequence[Allocation[K_]]) -> list[Settled[K_]]:
    """What a credit note takes back of an invoice's allocations: what it credits above what is open (F6)."""
    return newest_first(max(0, credited - max(0, open_)), allocations)


class PaidBack(NamedTuple, Generic[K_]):
    """Where the money of a refund comes from, in minor units."""

    unallocated: int
    taken_back: list[Settled[K_]]


def paying_back(amount: int, unallocated: int, allocations: Sequence[Allocation[K_]], currency: str) -> PaidBack[K_]:
    """Money that is paid back: the unallocated part first, then allocations, the newest first (F6, F7).

    `unallocated` and `allocations` are what was paid and is not paid back. Raises Refused for more than that.
    """
    most = max(0, unallocated) + sum(one.minor for one in allocations)
    if not 0 < amount <= most:
        message = say(
            "{amount} cannot be paid back: {most} was paid and is not paid back.",
            amount=Money(amount, currency),
            most=Money(most, currency),
        )
        remedy = say("Pay back {most} at most.", most=Money(most, currency)) if most else say("Nothing is left of it.")
        raise Refused([Reason("F6", message, remedy)])
    free = min(amount, max(0, unallocated))
    return PaidBack(free, newest_first(amount - free, allocations))
