"""What payments of an import settle: what the file says of each, and the oldest due where a partner wants that (F7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.actions.books.settling import paying
from portal.actions.imports.plans import Plan
from portal.actions.imports.reading import Work
from portal.db.invoices import items, settling
from portal.db.invoices.items import Item
from portal.db.invoices.settling import NewAllocation
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.books import EntryKind, Ledger
from portal.rules.errors import Reason
from portal.rules.invoices import allocating
from portal.rules.invoices.allocating import OpenItem, amount_refusals
from portal.rules.sentences import say

SETTLING = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.CREDIT_NOTE})
"""What settles charges."""
SETTLED = frozenset({EntryKind.INVOICE, EntryKind.DEBIT})
"""What is settled by what was unallocated before it, where a partner wants the oldest due settled."""


class Allocations:
    """What the rows of one import settle. Each part of a file is written first, and settled then."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._oldest: dict[int, bool] = {}

    def take(self, plans: Sequence[Plan]) -> None:
        """Let what was just written settle charges that stand before it, in the books or in the file."""
        chosen = [plan for plan in plans if plan.row.allocate]
        free = [plan for plan in plans if not plan.row.reverses and self._settles_oldest(plan)]
        if not chosen and not free:
            return
        wanted = {key for plan in chosen for key, _ in self._pairs(plan)}
        sources = items.by_ids([plan.id for plan in {plan.id: plan for plan in (*chosen, *free)}.values()])
        named = items.by_external_ids(wanted)
        holders = {sources[plan.id].holder_id for plan in free}
        charges = items.open_charges(holders) if free else []
        room = _Room([*named.values(), *charges], items.open_credits(holders) if free else [])
        for plan in sorted({plan.id: plan for plan in (*chosen, *free)}.values(), key=lambda plan: plan.id):
            source = sources[plan.id]
            if source.reversed_by:
                continue
            if plan.row.kind in SETTLED and not plan.row.allocate:
                _take_unallocated(plan, source, room)
                continue
            left = self._take_chosen(plan, source, named, room)
            if plan in free:
                _take_oldest(plan, source, left, charges, room)
        settling.settle(room.new, actor=self._work.actor.label, at=clock.now())

    def _settles_oldest(self, plan: Plan) -> bool:
        """Whether a row settles charges by itself, or is settled."""
        if plan.row.kind not in SETTLING | SETTLED or plan.ledger is not Ledger.HOUSE:
            return False
        key = plan.payee.partner_id
        if key not in self._oldest:
            self._oldest[key] = partners.settles_oldest(key)
        return self._oldest[key]

    def _pairs(self, plan: Plan) -> list[tuple[str, str]]:
        """External ids with amounts as they are written; what is no pair is left to be reported."""
        parts = (part.rpartition("=") for part in plan.row.allocate.split())
        return [(key, amount) for key, _, amount in parts]

    def _take_chosen(self, plan: Plan, source: Item, named: dict[str, Item], room: _Room) -> int:
        """Settle what the row names; what is left of the source."""
        left = source.left_minor
        if plan.row.allocate and (plan.row.kind not in SETTLING or plan.ledger is not Ledger.HOUSE or plan.original):
            text = say("Only payments and credits on the House Account are allocated.")
            self._work.wrong(plan.line, "allocate", text)
            return left
        for key, amount in self._pairs(plan):
            minor, target = self._amount(plan, key, amount), named.get(key)
            if minor is None:
                continue
            if target is None or target.id >= source.id or not target.is_charge:
                text_ = say("There is no earlier invoice “{id}”, in the books or above in this file.", id=key[:100])
                self._work.wrong(plan.line, "allocate", text_)
            elif reasons := _against(source, target, minor, left, room):
                self._work.refused(plan.line, "allocate", reasons)
            else:
                room.settle(plan, source, target, minor)
                left -= minor
        return left

    def _amount(self, plan: Plan, key: str, text: str) -> int | None:
        if not key:
            pair = say("“{text}” is no pair of an external id and an amount, such as inv-1=12.50.", text=text[:100])
            self._work.wrong(plan.line, "allocate", pair)
            return None
        try:
            return parse_amount(text, plan.payee.currency)
        except NoAmount as error:
            self._work.wrong(plan.line, "allocate", error.sentence)
            return None


class _Room:
    """What charges have open while the rows of a part of a file settle them one after the other."""

    def __init__(self, charges: Iterable[Item], credits_: Sequence[Item] = ()) -> None:
        self.left = {one.id: one.left_minor for one in charges if one.is_charge}
        self.credits = {one.id: one for one in credits_}
        self.unallocated = {one.id: one.left_minor for one in credits_}
        self.new: list[NewAllocation] = []
        self._parts = settling.open_by_account(list(self.left)) if self.left else {}

    def settle(self, plan: Plan, source: Item, target: Item, minor: int) -> None:
        """From the day of the row on, or of the charge where that is later (F7)."""
        shares = allocating.by_account(minor, self._parts[target.id])
        for account, share in shares.items():
            self._parts[target.id][account] -= share
        self.left[target.id] -= minor
        if source.id in self.unallocated:
            self.unallocated[source.id] -= minor
        self.new.append(
            NewAllocation(source.id, target.id, minor, max(plan.row.on, source.held_since, target.held_since), shares)
        )


def _against(source: Item, target: Item, minor: int, left: int, room: _Room) -> list[Reason]:
    if target.holder_id != source.holder_id:
        message = say("{invoice} is on the books of another payer.", invoice=target.number)
        return [Reason("F7", message, say("A payment settles invoices of the same payer."))]
    return amount_refusals(minor, source.number, left, target.number, room.left[target.id], source.currency)


def _take_oldest(plan: Plan, source: Item, left: int, charges: Sequence[Item], room: _Room) -> None:
    own: dict[int, Item] = {
        one.id: one
        for one in charges
        if one.holder_id == source.holder_id and one.id < source.id and one.currency == source.currency
    }
    opened = [OpenItem(one.id, one.due_on, one.booked_on, room.left[one.id]) for one in own.values()]
    for part in allocating.oldest_due_first(left, opened):
        room.settle(plan, source, own[part.key], part.minor)


def _take_unallocated(plan: Plan, charge: Item, room: _Room) -> None:
    """Let what was unallocated before a charge settle it."""
    earlier = [one for one in room.credits.values() if one.id < charge.id]
    for source, minor in paying(charge, earlier, room.unallocated):
        room.settle(plan, source, charge, minor)
