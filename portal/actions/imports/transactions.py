"""Importing transactions: invoices, payments and their like, future items, and reversals of either.

Rows come some thousands at a time. Each chunk is looked up in a constant number of queries, judged row by row, and
written at once; balances and month totals are added up in between and at the end. What a row does can depend on
earlier rows of the same file, which by then are in the books or in the same chunk.
"""

from __future__ import annotations

from portal.actions.imports.allocations import Allocations
from portal.actions.imports.credit import check_credit
from portal.actions.imports.judging import MOST_CACHED, Chunk, Find, Memory, Rows
from portal.actions.imports.numbering import give_numbers, note_numbers, numbers_to_come
from portal.actions.imports.plans import Plan, Told, account_keys, new_entry, new_future_item
from portal.actions.imports.reading import Importer, Work
from portal.db import imports
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, Totals
from portal.db.customers import profiles as customers
from portal.db.imports import Booked, Payee
from portal.outside import clock
from portal.rules.books import Ledger
from portal.rules.imports import FileKind, transaction_row
from portal.rules.permissions import Permission

CHUNK = 4_000


def take(work: Work) -> None:
    """Carry out an import of transactions (F1, F2, F8, F10, F11)."""
    imports.prefer_indexes()
    books = Books(work, imports.payees, imports.many_totals())
    for rows in work.chunks(transaction_row, CHUNK):
        books.take(rows)
    books.finish()


class Books:
    """The books while an import writes to them."""

    def __init__(self, work: Work, find: Find, totals: Totals) -> None:
        customers.hold_links()
        imports.one_at_a_time()
        self._work = work
        self._memory = Memory(work, find)
        self._at = clock.now()
        self._totals = totals
        self._accounts: dict[AccountKey, int] = {}
        self._spent: dict[int, Payee] = {}
        self._first_id: int | None = None
        self._coming = numbers_to_come(work, find)
        self._allocations = Allocations(work)
        self.told: list[Told] = []

    def take(self, rows: Rows) -> None:
        """Judge some rows and write those that are right; one wrong row undoes everything in the end."""
        plans = Chunk(self._memory, rows).judged()
        give_numbers(plans, self._coming)
        self._assign_ids(plans)
        self._work.created += len(plans)
        self.told = [*self._write_entries(plans), *self._write_future_items(plans)]
        self._allocations.take([plan for plan in plans if not plan.is_future])

    def finish(self) -> None:
        """Check Customer Credit on the outcome of the whole file (F10), then add up what is stored."""
        spent = {key: payee for key, payee in self._spent.items() if payee.payer_id not in self._memory.doubtful}
        check_credit(self._work, spent, self._first_id or 0)
        if not self._work.error_count:
            self._totals.write()

    def _assign_ids(self, plans: list[Plan]) -> None:
        entries = [plan for plan in plans if not plan.is_future]
        items = [plan for plan in plans if plan.is_future]
        for some, reserve in ((entries, ledger.reserve_ids), (items, imports.reserve_future_ids)):
            for plan, key in zip(some, reserve(len(some)) if some else (), strict=True):
                plan.id = key
        if entries and self._first_id is None:
            self._first_id = entries[0].id

    def _write_entries(self, plans: list[Plan]) -> list[Told]:
        entries = [plan for plan in plans if not plan.is_future]
        self._fill_halves(entries)
        written = ledger.write_entries(
            [new_entry(plan) for plan in entries], actor=self._work.actor.label, at=self._at, totals=self._totals
        )
        return [Told(plan, one.public_id) for plan, one in zip(entries, written, strict=True)]

    def _fill_halves(self, entries: list[Plan]) -> None:
        """The postings of each entry; a reversal turns those of its original round (F11)."""
        stored = imports.halves_of([plan.original.id for plan in entries if isinstance(plan.original, Booked)])
        fresh = [(plan, *account_keys(plan)) for plan in entries if plan.original is None]
        accounts = self._account_ids({key for _, own, other in fresh for key in (own, other)})
        for plan, own, other in fresh:
            amount = plan.amount_minor
            plan.halves = Half(accounts[own], amount, True), Half(accounts[other], -amount, False)
        for plan in entries:
            if plan.original is not None:
                original = plan.original
                if isinstance(original, Plan):
                    halves = original.halves
                else:
                    halves = tuple(ledger.on_books_of(stored[original.id], original))
                plan.halves = tuple(Half(half[0], -half[1], half[2], half[3]) for half in halves)
            if plan.ledger is Ledger.CREDIT and plan.amount_minor < 0:
                own_half = next(half for half in plan.halves if half.owned)
                self._spent[own_half.ledger_account_id] = plan.payee

    def _account_ids(self, wanted: set[AccountKey]) -> dict[AccountKey, int]:
        if len(self._accounts) > MOST_CACHED:
            self._accounts.clear()
        unknown = wanted - self._accounts.keys()
        if unknown:
            self._accounts |= ledger.account_ids(unknown)
        return self._accounts

    def _write_future_items(self, plans: list[Plan]) -> list[Told]:
        items = [plan for plan in plans if plan.is_future]
        if not items:
            return []
        note_numbers(items)
        public_ids = imports.add_future_items(
            [new_future_item(plan) for plan in items], actor=self._work.actor.label, at=self._at
        )
        return [Told(plan, public_id) for plan, public_id in zip(items, public_ids, strict=True)]


IMPORT = Importer(FileKind.TRANSACTIONS, Permission.FINANCE_POST, take)
