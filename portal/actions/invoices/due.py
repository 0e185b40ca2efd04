"""How to pay all that is due of a payer now, as statements say it (F12)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions.invoices.viewing import Due, due_now
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.outside import clock
from portal.outside.bank.accounts import payer_reference
from portal.outside.bank.paying import payment_block
from portal.rules.paying import PaymentBlock
from portal.rules.statements.figures import Statement


@dataclass(frozen=True, slots=True)
class DueNow:
    """What is open of a payer's invoices today, and how to pay what is owed of it; None without a bank account."""

    due: Due
    pay: PaymentBlock | None


def due_of(payer: Profile, owed_minor: int) -> DueNow | None:
    """What a payer has to pay now, for a caller inside a picture of its own who may see it; None where that is nothing.

    `owed_minor` is what the House Account lacks today: what is unallocated counts, and nobody is asked for more. One
    invoice alone is paid by its own reference, several by the payer's, which pays what is due the longest.
    """
    if owed_minor <= 0:
        return None
    found = due_now(payer, clock.today(payer.time_zone))
    amount = min(owed_minor, found.open_minor)
    if amount <= 0:
        return None
    return DueNow(
        found,
        payment_block(
            payer.settings,
            found.oldest_number,
            amount,
            payer.currency,
            holder=payer.partner_name,
            reference="" if found.number == 1 else payer_reference(payer.public_id),
        ),
    )


@snapshot
def on_page(statement: Statement, payer: Profile) -> DueNow | None:
    """What is due now, for the page of a payer's whole books whose period is not over: it knows what is owed today."""
    if statement.balance is None or not statement.so_far:
        return None
    steps = [balance for on, balance in statement.balance.steps if on <= statement.made_on]
    return due_of(payer, -(steps[-1] if steps else statement.balance.opening_minor))


@snapshot
def on_statement(statement: Statement, *, mailed: bool = False) -> PaymentBlock | None:
    """How to pay what is due, for a file of whole books that its reader may see.

    A part asks for nothing (S13). The file of a period that is over is a record, and stays the same whenever it is
    made (F8), but for one that is `mailed`: a mail is of its day.
    """
    if statement.balance is None or not (mailed or statement.so_far):
        return None
    payer = customers.require(statement.payer.public_id)
    if not payer.settings.iban:
        return None
    today = clock.today(payer.time_zone)
    found = due_of(payer, -books.balances({payer.id: payer.currency}, today)[payer.id].house_minor)
    return found.pay if found else None
