"""What settles what, as a part of other deeds: who calls holds the payer and knows that it may (F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.db.books import closing
from portal.db.customers.profiles import Profile
from portal.db.engine import is_sqlite
from portal.db.invoices import items, settling
from portal.db.invoices.items import Item
from portal.db.invoices.settling import NewAllocation, Settled
from portal.outside import clock
from portal.rules.closing import first_open
from portal.rules.deciding import Actor
from portal.rules.invoices import allocating
from portal.rules.invoices.allocating import OpenItem
from portal.rules.invoices.settling import AllocationKind


class Book(NamedTuple):
    """What the dates of allocations depend on: today, and up to which day the partner's months are closed (F8)."""

    today: date
    through: date | None

    def day(self, *days: date) -> date:
        """The latest of some days and, where that is closed, the first open one."""
        return first_open(max(days), self.through)


def book_of(profile: Profile, *, held: bool = True) -> Book:
    """The book of a customer's partner; `held` keeps its months from being closed until the transaction ends."""
    read = closing.held_open if held else closing.closed_through
    return Book(clock.today(profile.time_zone), read(profile.partner_id))


@dataclass(frozen=True, slots=True)
class Made:
    """So much of a charge (its number and public id) is settled, from when on, and what is open of it after that."""

    number: str
    public_id: str
    amount_minor: int
    on: date
    open_minor: int


def plan(
    source: Item,
    wanted: Iterable[tuple[Item, int]],
    book: Book,
    own: date | None,
    accounts: Collection[int] | None = None,
) -> list[NewAllocation]:
    """The allocations of a credit to charges, divided over the accounts of each, or over those `accounts` of it that
    were chosen (F7). Raises Refused (F8).
    """
    some = [(item, amount) for item, amount in wanted if amount]
    by_account = settling.open_by_account([item.id for item, _ in some]) if some else {}
    if accounts is not None:
        by_account = {key: among_accounts(opened, accounts) for key, opened in by_account.items()}
    return [
        NewAllocation(
            source.id,
            item.id,
            amount,
            allocating.counts_from(own, book.today, source.held_since, item.held_since, book.through),
            allocating.by_account(amount, by_account[item.id]),
        )
        for item, amount in some
    ]


def among_accounts(opened: Mapping[int, int], accounts: Collection[int]) -> dict[int, int]:
    """What those accounts of a charge have open that were chosen."""
    return {key: minor for key, minor in opened.items() if key in accounts}


def made(planned: Sequence[NewAllocation], charges: Iterable[Item]) -> tuple[Made, ...]:
    """What was planned, in words for an answer."""
    known = {one.id: one for one in charges}
    return tuple(
        Made(
            known[new.target_id].number,
            known[new.target_id].public_id,
            new.amount_minor,
            new.counts_on,
            known[new.target_id].left_minor - new.amount_minor,
        )
        for new in planned
    )


def oldest_first(source: Item, charges: Sequence[Item], amount: int | None = None) -> list[tuple[Item, int]]:
    """Which charges a credit settles where nobody chooses, the oldest due first, and how much of each (F7)."""
    known = {one.id: one for one in charges}
    parts = allocating.oldest_due_first(
        source.left_minor if amount is None else amount,
        [
            OpenItem(one.id, one.due_on, one.booked_on, one.left_minor)
            for one in charges
            if one.currency == source.currency
        ],
    )
    return [(known[part.key], part.minor) for part in parts]


def settle(actor: Actor, planned: Sequence[NewAllocation]) -> None:
    """Write allocations, or what takes some back."""
    settling.settle(planned, actor=actor.label, at=clock.now())


def settle_oldest(actor: Actor, source_id: int, book: Book, own: date | None) -> tuple[Made, ...]:
    """Let a credit that was just written settle the oldest charges of its payer (F7)."""
    source = items.by_ids([source_id])[source_id]
    if source.open_minor <= 0:
        return ()
    charges = held_charges(source.holder_id)
    planned = plan(source, oldest_first(source, charges), book, own)
    settle(actor, planned)
    return made(planned, charges)


def settle_charges(actor: Actor, charge_ids: Iterable[int]) -> int:
    """Let what is unallocated settle charges that were just written; how much it came to (F7).

    The charges come as they are due, whatever the order in which they were written, and the oldest credit first.

    Each counts from the day of the charge, or of the credit where that is later. The payers are held.
    """
    written = items.by_ids(sorted(charge_ids))
    opened_ = (OpenItem(one.id, one.due_on, one.booked_on, one.left_minor) for one in written.values())
    charges = [written[one.key] for one in allocating.in_order(opened_) if written[one.key].open_minor < 0]
    credits_ = held_credits({one.holder_id for one in charges}) if charges else []
    if not credits_:
        return 0
    left = {one.id: one.left_minor for one in credits_}
    by_account = settling.open_by_account([one.id for one in charges])
    planned = []
    for charge in charges:
        opened = by_account[charge.id]
        for source, minor in paying(charge, credits_, left):
            shares = allocating.by_account(minor, opened)
            by_account[charge.id] = opened = {key: opened[key] - shares[key] for key in opened}
            left[source.id] -= minor
            day = max(source.held_since, charge.held_since)
            planned.append(NewAllocation(source.id, charge.id, minor, day, shares))
    settle(actor, planned)
    return sum(one.amount_minor for one in planned)


def paying(charge: Item, credits_: Iterable[Item], left: Mapping[int, int]) -> list[tuple[Item, int]]:
    """Which credits settle a charge by themselves, the oldest first, and how much of each; `left` is what each has."""
    known = {one.id: one for one in credits_ if one.holder_id == charge.holder_id and one.currency == charge.currency}
    opened = [OpenItem(one.id, one.booked_on, one.booked_on, left[one.id]) for one in known.values()]
    return [(known[part.key], part.minor) for part in allocating.oldest_due_first(charge.left_minor, opened)]


def held_credits(holder_ids: Collection[int]) -> list[Item]:
    """What of payments and credits of payers is unallocated, which nobody else can use until the transaction ends."""
    found = items.open_credits(holder_ids)
    if is_sqlite() or not found:
        return found
    settling.hold(one.id for one in found)
    return items.open_credits(holder_ids)


def held_charges(holder_id: int) -> list[Item]:
    """The open charges of a payer, which nobody else can settle until the transaction ends."""
    charges = items.open_charges([holder_id])
    if is_sqlite() or not charges:
        return charges
    settling.hold(one.id for one in charges)
    return items.open_charges([holder_id])


def take_back(settled: Sequence[tuple[Settled, int]], book: Book, on: date) -> list[NewAllocation]:
    """So much of some allocations taken back, from a day on or from theirs where that is later."""
    left = settling.parts_left([one.id for one, _ in settled]) if settled else defaultdict(dict)
    return [
        NewAllocation(
            one.source_id,
            one.target_id,
            -amount,
            book.day(one.counts_on, on),
            {key: -part for key, part in _parts(amount, one.amount_minor, left[one.id]).items()},
            one.kind,
            one.id,
        )
        for one, amount in settled
        if amount
    ]


def _parts(amount: int, whole: int, left: dict[int, int]) -> dict[int, int]:
    return left if amount == whole else allocating.by_account(amount, left)


def chosen(sources: Iterable[int] = (), targets: Iterable[int] = ()) -> list[Settled]:
    """What is left of the allocations that somebody chose, of credits or to charges; those can be taken back."""
    return settling.remaining(sources=list(sources), targets=list(targets), kinds=[AllocationKind.PAYMENT])
