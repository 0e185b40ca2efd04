"""Importing invoices: a row for each line, those of one external id together (F2 to F4, F11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import NamedTuple

from portal.actions.books.drafts import Draft
from portal.actions.books.settling import settle_charges
from portal.actions.imports.reading import Importer, Work
from portal.actions.invoices import issuing
from portal.actions.invoices.composing import Composed, compose, entry_of, not_paid_for, parties_of
from portal.actions.invoices.wanted import Wanted, default_rate
from portal.db import imports
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.invoices import comparing, writing
from portal.db.invoices.comparing import Stored
from portal.db.invoices.writing import NewInvoice
from portal.outside import clock
from portal.rules.imports import FileKind
from portal.rules.invoices.rows import Grouped, InvoiceRow, grouped, head_of, invoice_row, lines_of, total_of, twice
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

CHUNK = 4_000
AT_ONCE = 500
"""So many invoices are looked up together."""


class _Known(NamedTuple):
    """What is looked up for some invoices at once."""

    there: dict[str, Stored]
    drafts: set[str]
    future: set[str]


class _Ready(NamedTuple):
    """An invoice that is going to be written."""

    line: int
    composed: Composed
    draft: Draft


def take(work: Work) -> None:
    """Carry out an import of invoices: all of them, or none where one is wrong."""
    customers.hold_links()
    imports.one_at_a_time()
    rows: list[tuple[int, InvoiceRow]] = []
    for some in work.chunks(invoice_row, CHUNK, part=0.3):
        rows += some
    groups = list(grouped(rows).items())
    people = _People(work)
    ready: list[_Ready] = []
    for start in range(0, len(groups), AT_ONCE):
        some_groups = groups[start : start + AT_ONCE]
        people.load({text for _, group in some_groups for text in _references(group)})
        ids = [external_id for external_id, _ in some_groups]
        known = _Known(comparing.stored(ids), comparing.drafts(ids), comparing.future_items(ids))
        for external_id, group in some_groups:
            if (one := _judged(work, external_id, group, people, known)) is not None:
                ready.append(one)
        work.report(0.3 + 0.5 * (start + len(some_groups)) / len(groups))
    _numbers(work, ready)
    if not work.error_count:
        _write(work, ready)
    work.report(1)


class _People:
    """The customers that rows name, with those that pay for them; what the actor may not know of is not there."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[str, Profile | None] = {}
        self._payers: dict[int, Profile] = {}

    def load(self, references: Iterable[str]) -> None:
        """Look up customers that were not looked up before."""
        unknown = [text for text in references if text not in self._known]
        found = customers.by_references(unknown) if unknown else {}
        for text in unknown:
            one = found.get(text)
            self._known[text] = one if one and self._work.may_touch(one.partner_id) and not one.removed_at else None
        own = {one.id: one for one in found.values()}
        missing = {one.payer_id for one in own.values()} - own.keys() - self._payers.keys()
        self._payers |= own | (customers.by_ids(missing) if missing else {})

    def find(self, references: list[str]) -> dict[str, Profile]:
        """Those that were looked up, by what names them."""
        return {text: one for text in references if (one := self._known.get(text)) is not None}

    def one(self, reference: str) -> Profile | None:
        return self._known.get(reference)

    def payer_of(self, profile: Profile) -> Profile:
        return self._payers[profile.payer_id]


def _references(group: Grouped) -> set[str]:
    return {text for _, row in group.rows for text in (row.customer, row.account) if text}


def _judged(work: Work, external_id: str, group: Grouped, people: _People, known: _Known) -> _Ready | None:
    """An invoice to write, or None when it is there already or something is wrong with it, which is reported."""
    head = head_of(group, work.wrong)
    first = group.first
    profile = people.one(first.customer) if first.customer else None
    if first.customer and profile is None:
        text = say("There is no customer “{customer}”.", customer=first.customer[:100])
        work.wrong(group.line, "customer", text)
    if profile is None or head is None:
        return None
    lines = lines_of(group, profile.currency, default_rate(profile), work.wrong)
    faults = work.error_count
    total = total_of(group, profile.currency, work.wrong)
    if lines is None or work.error_count > faults:
        return None
    texts = tuple(row.line for _, row in group.rows)
    wanted = Wanted(first.customer, head.on, texts, head.prices, head.due, head.number, external_id)
    if (there := known.there.get(external_id)) is not None:
        if differing := issuing.differences(wanted, profile, lines, there):
            work.wrong(group.line, "external_id", _other(external_id, ", ".join(differing)))
        else:
            work.skipped += len(group.rows)
        return None
    if external_id in known.drafts or external_id in known.future:
        work.wrong(group.line, "external_id", _other(external_id, "kind"))
        return None
    payer = people.payer_of(profile)
    composed = compose(profile, payer, wanted, lines=lines, find=people.find)
    if composed.against:
        _refuse(work, group, composed)
        return None
    if total is not None and total != composed.invoice.total:
        work.wrong(group.line, "total", _difference(total, composed))
        return None
    return _Ready(group.line, composed, entry_of(composed, checked=True))


def _refuse(work: Work, group: Grouped, composed: Composed) -> None:
    """Accounts are refused on their lines, everything else on that where the invoice begins."""
    by_account = {str(not_paid_for(text, composed.payer).message): text for text in _references(group)}
    for reason in composed.against:
        text = by_account.get(str(reason.message))
        at = next((line for line, row in group.rows if text and row.account == text), group.line)
        work.refused(at, "account" if text else "", [reason])


def _difference(total: int, composed: Composed) -> Sentence:
    currency, invoice = composed.invoice.currency, composed.invoice
    return say(
        "The lines come to {lines}, and the file says {total}: a difference of {difference}.",
        lines=Money(invoice.total, currency),
        total=Money(total, currency),
        difference=Money(total - invoice.total, currency),
    )


def _other(external_id: str, columns: str) -> Sentence:
    return say("“{id}” is in the books already with another {columns}.", id=external_id, columns=columns)


def _numbers(work: Work, ready: Iterable[_Ready]) -> None:
    """F2: no number is given twice, in the file or in the books."""
    by_partner: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for one in ready:
        if one.draft.entry.number is not None:
            by_partner[one.draft.entry.partner_id].append((one.line, one.draft.entry.number))
    for partner_id, numbers in by_partner.items():
        repeated = twice(numbers)
        for line, (number, first) in repeated.items():
            text = say(
                "The number {number} is used twice, on line {first} and on this one.", number=number, first=first
            )
            work.wrong(line, "number", text)
        held = comparing.holders(partner_id, [number for _, number in numbers])
        for line, number in numbers:
            if number in held and line not in repeated:
                work.wrong(line, "number", say("The number {number} is taken already.", number=number))


def _write(work: Work, ready: list[_Ready]) -> None:
    written = ledger.write_entries([one.draft.entry for one in ready], actor=work.actor.label, at=clock.now())
    writing.add_invoices(
        [
            NewInvoice(
                new.id,
                one.composed.invoice.prices,
                issuing.reference_of(one.composed.payer, new.number),
                asdict(parties_of(one.composed.payer)),
                issuing.lines_of(one.composed),
            )
            for one, new in zip(ready, written, strict=True)
        ]
    )
    by_itself = [
        new.id for one, new in zip(ready, written, strict=True) if issuing.settles_by_itself(one.composed.payer)
    ]
    settle_charges(work.actor, by_itself)
    work.created += sum(len(one.composed.invoice.lines) for one in ready)


IMPORT = Importer(FileKind.INVOICES, Permission.FINANCE_POST, take)
