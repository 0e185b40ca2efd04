"""Writing one entry: nothing that stands against it is passed over (F1, F2, F7, F10)."""

from __future__ import annotations

from portal.actions.books.drafts import Draft, credit_refusals, foreseen, refusals
from portal.db.books import posting as ledger
from portal.db.books.posting import Written
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Refused


def written(draft: Draft, actor: Actor, mark: str | None = None) -> Written:
    """Write one entry, or raise Refused with all that stands against it, and Conflict when what the preview `mark`
    showed has changed.

    Credit is looked at before, for the sake of the figures, and again after, when the account is locked by our own
    change: where writers run side by side another one may have spent it in between.
    """
    if reasons := refusals(draft):
        raise Refused(reasons)
    if mark is not None:
        seen.unchanged(mark, foreseen(draft).mark)
    new = ledger.write_entries([draft.entry], actor=actor.label, at=clock.now())[0]
    if not customers.locks_are_final() and (reasons := credit_refusals(draft, written=True)):
        raise Refused(reasons)
    return new
