"""Writing that two customers share balances: the transfers, the link, and the log of both (P1, P2)."""

from __future__ import annotations

from collections.abc import Iterable

from portal.actions.books.periods import open_day
from portal.actions.books.words import pen_of
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers.profiles import Profile
from portal.db.invoices import settling
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.books import EntryKind, Transfer
from portal.rules.deciding import Actor
from portal.rules.links.facts import LinkFacts
from portal.rules.sentences import Pen, Sentence, say, write


def share(
    actor: Actor, primary: LinkFacts, secondary: LinkFacts, transfers: Iterable[Transfer], profile: Profile
) -> Sentence:
    """Write the transfers, the link and the log of both, for a caller that holds both and knows that it may.

    Nothing is refused here. `profile` is of either: of their partner are clock and pen. Answers what was done.
    """
    at, on, pen = clock.now(), open_day(profile), pen_of(profile)
    entries = [_entry(primary, secondary, one, pen) for one in transfers]
    settling.move_items(secondary.id, primary.id, on=on, at=at)
    written = ledger.write_entries(entries, actor=actor.label, at=at)
    links.begin_sharing(primary.partner_id, primary.id, secondary.id, at)
    text = say("{secondary} shares the balances of {primary}", secondary=secondary.name, primary=primary.name)
    remember(actor, "partner_accounts.link", text, primary, secondary, entries=[one.public_id for one in written])
    return text


def held_by(secondary: Profile) -> tuple[Transfer, ...]:
    """P2: what would move to a primary account, as of today (or the first open day, F8) and for each later day with
    entries dated ahead.
    """
    return tuple(links.held(secondary.id, secondary.currency, open_day(secondary)))


def remember(
    actor: Actor, action: str, text: Sentence, primary: LinkFacts, secondary: LinkFacts, **more: object
) -> None:
    """Write the deed into the log of both customers."""
    details: dict[str, object] = {"primary": primary.public_id, "secondary": secondary.public_id, **more}
    audit.record_many(actor, [Deed(one.id, action, text, details) for one in (secondary, primary)])


def _entry(primary: LinkFacts, secondary: LinkFacts, transfer: Transfer, pen: Pen) -> NewEntry:
    """An entry that takes an amount off the secondary's account and puts it on the primary's."""
    book, amount = transfer.ledger, transfer.amount_minor
    keys = [AccountKey(one.partner_id, one.id, book.value, one.currency) for one in (primary, secondary)]
    ids = ledger.account_ids(keys)
    return NewEntry(
        partner_id=primary.partner_id,
        payer_id=primary.id,
        issued_for_id=secondary.id,
        booked_on=transfer.on,
        kind=EntryKind.TRANSFER,
        ledger=book.value,
        currency=primary.currency,
        amount_minor=amount,
        halves=(Half(ids[keys[0]], amount, True), Half(ids[keys[1]], -amount, True)),
        description=write(_description(transfer, secondary), pen),
        reason=write(say("balances shared"), pen),
        is_item=False,
    )


def _description(transfer: Transfer, secondary: LinkFacts) -> Sentence:
    return say("{account} of {name}, shared from here on", account=transfer.ledger.label, name=secondary.name)
