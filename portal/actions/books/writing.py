"""Writing one entry: names are taken once (F2), and Customer Credit never goes below zero (F10)."""

from __future__ import annotations

from portal.db.books import posting as ledger
from portal.db.books.posting import Half, NewEntry, Written
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.money import Money
from portal.rules.sentences import say


def written(entry: NewEntry, actor: Actor, payer_name: str, other_name: str = "") -> Written:
    """Write one entry, or raise Refused when its names are taken (F2) or credit would go below zero (F10).

    Credit is looked at before, for the sake of the figures, and again after, when the account is locked by our own
    change: where writers run side by side another one may have spent it in between. A transfer lowers the credit of
    one of two customers; `other_name` is the one who is not the payer.
    """
    _refuse_taken(entry)
    spent = [(half, payer_name if half is entry.halves[0] else other_name or payer_name) for half in _spent(entry)]
    for half, name in spent:
        _keep_credit_positive(entry, half, name, half.amount_minor)
    written = ledger.write_entries([entry], actor=actor.label, at=clock.now())[0]
    if not customers.locks_are_final():
        for half, name in spent:
            _keep_credit_positive(entry, half, name, 0)
    return written


def _spent(entry: NewEntry) -> list[Half]:
    """What an entry takes from Customer Credit. A transfer can move it between accounts of either kind."""
    lowering = [half for half in entry.halves if half.owned and half.amount_minor < 0]
    if entry.kind is not EntryKind.TRANSFER:
        return lowering if entry.ledger == Ledger.CREDIT else []
    credit = ledger.credit_accounts(half.ledger_account_id for half in lowering)
    return [half for half in lowering if half.ledger_account_id in credit]


def _refuse_taken(entry: NewEntry) -> None:
    reasons = []
    if entry.external_id is not None and ledger.original(external_id=entry.external_id) is not None:
        message = say("An entry with the external id “{id}” is in the books already.", id=entry.external_id)
        reasons.append(Reason("F2", message, say("Choose another external id.")))
    if entry.number is not None and ledger.holds_number(entry.partner_id, entry.series, entry.number):
        message = say("The number “{number}” is taken.", number=entry.number)
        remedy = say("Choose another number, or leave it out to get the next one.")
        reasons.append(Reason("F2", message, remedy))
    if reasons:
        raise Refused(reasons)


def _keep_credit_positive(entry: NewEntry, half: Half, owner: str, change_minor: int) -> None:
    """Raise Refused when Customer Credit, changed by `change_minor` from the entry's day on, goes below zero (F10)."""
    lowest = ledger.lowest_credit_from(half.ledger_account_id, entry.booked_on) + change_minor
    if lowest < 0:
        short = Money(-lowest, entry.currency)
        message = say("Customer Credit of {owner} would be {amount} below zero.", owner=owner, amount=short)
        remedy = say("Customer Credit may not go below zero at any date. Take a smaller amount or a later date.")
        raise Refused([Reason("F10", message, remedy)])
