"""Doing what a preview showed, and holding the outcome to every figure of it: links, balances, entries, removal.

Customers are named by public id. Each function does one deed and returns the rule ids it was refused with, none when
it was done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

import pytest
from sqlalchemy import func, select

from portal.actions import access
from portal.actions.books import posting
from portal.actions.books.drafts import Charge, Foreseen
from portal.actions.books.posting import Posted
from portal.actions.customers import removal as customer_removal
from portal.actions.customers import show as sheets
from portal.actions.customers import status as customer_status
from portal.actions.customers.removal import Removed
from portal.actions.customers.status import StatusPreview
from portal.actions.links import partner_accounts, sub_accounts
from portal.actions.links.sub_accounts import LinkPreview
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.links import linking as links
from portal.db.tables import (
    AuditRecord,
    Customer,
    Entry,
    FutureItem,
    LedgerAccount,
    Operation,
    OutboxMessage,
    Posting,
    SharedBalance,
    SubAccountLink,
)
from portal.rules.books import Ledger
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Reason, Refused
from portal.rules.links.facts import BillingMode, LinkFacts
from portal.rules.permissions import Permission
from portal.rules.sentences import ordinal


class Shown(Protocol):
    """What every preview has."""

    @property
    def reasons(self) -> Sequence[Reason]: ...

    @property
    def mark(self) -> str: ...


S = TypeVar("S", bound=Shown)

COUNTED: tuple[Any, ...] = (Entry, Posting, LedgerAccount, FutureItem, AuditRecord, Operation, OutboxMessage)


def everything() -> tuple[object, ...]:
    """What a deed could have changed: rows of each kind, links that hold or ended, and what customers are."""
    db.session.rollback()
    counts = [select(func.count()).select_from(table).scalar_subquery() for table in COUNTED]
    ended = [
        select(func.count(column)).scalar_subquery()
        for column in (SubAccountLink.id, SubAccountLink.ended_at, SharedBalance.id, SharedBalance.ended_at)
    ]
    row = db.session.execute(select(*counts, *ended)).one()
    c = Customer
    people = select(c.id, c.name, c.own_status, c.blocked_cause, c.manages_sub_accounts, c.version).order_by(c.id)
    found = (*row, *(tuple(one) for one in db.session.execute(people)))
    db.session.rollback()
    return found


def profile(public_id: str) -> Profile:
    db.session.rollback()
    found = customers.by_public_id(public_id)
    db.session.rollback()
    assert found is not None
    return found


def facts(*public_ids: str) -> list[LinkFacts]:
    """What stands on each one's own books, and more."""
    ids = [profile(one).id for one in public_ids]
    found = links.facts(ids)
    db.session.rollback()
    return [found[key] for key in ids]


def held(look: Callable[[], S], deed: Callable[[str | None], object], outcome: Callable[[S], None]) -> list[str]:
    """Look, do it with the mark of what was shown, and compare. Refusals are the same in both and change nothing."""
    shown, reasons = None, ()
    try:
        shown = look()
        reasons = tuple(shown.reasons)
    except Refused as refused:  # there is not even something to show
        reasons = refused.reasons
    if not reasons:
        assert shown is not None
        deed(shown.mark)
        outcome(shown)
        return []
    before = everything()
    with pytest.raises(Refused) as error:
        deed(shown.mark if shown else None)
    assert error.value.reasons == reasons
    assert all(
        reason.rule and str(reason.message).endswith(".") and str(reason.remedy).endswith(".") for reason in reasons
    )
    assert everything() == before, "a refused deed changes nothing"
    return [str(reason.rule) for reason in reasons]


# Sub-accounts ---------------------------------------------------------------------------------------------------------


def state(sub: Profile) -> dict[str, str]:
    """What the lines of a preview speak of, as it really is."""
    status = str(sub.status.status.label)
    own = Actor("Somebody", None, "somebody@portal.test", customer_id=sub.id, partner_id=sub.partner_id)
    sees = access.weigh(own, Permission.STATEMENTS_VIEW, sub)
    return {
        "Billing mode": str(sub.mode.label) if sub.mode else "Not linked",
        "Pays": sub.payer_name,
        "Billing day": str(ordinal(sub.billing_day)),
        "Status": f"{status}, follows {sub.main_name}" if sub.aggregated else status,
        "Finance pages": f"{sub.name} sees its own" if sees else f"hidden; {sub.main_name} sees them",
    }


def _linked(
    sub: str,
    look: Callable[[], LinkPreview],
    deed: Callable[[str | None], object],
    mode: BillingMode | None,
) -> list[str]:
    was = state(profile(sub))
    books: list[LinkFacts] = []

    def looked() -> LinkPreview:
        shown = look()
        books.extend(facts(shown.main.public_id, sub))
        return shown

    def outcome(shown: LinkPreview) -> None:
        now = profile(sub)
        lines = {str(line.what): (str(line.before), str(line.after)) for line in shown.changes}
        became = state(now)
        assert lines == {what: (was[what], became[what]) for what in was if was[what] != became[what]}
        assert now.mode is mode
        assert now.main_public_id == (shown.main.public_id if mode else None)
        blocked = was["Status"].startswith("Blocked"), became["Status"].startswith("Blocked")
        assert bool(shown.warnings) is (blocked == (False, True)), "warned of a block exactly when one follows"
        for before, after in zip(books, facts(shown.main.public_id, sub), strict=True):
            for name in ("house", "credit", "ahead", "future_items", "future_total", "billing_day", "status"):
                assert getattr(before, name) == getattr(after, name), f"{name} is nobody's to change here"

    return held(looked, deed, outcome)


def link(main: str, sub: str, mode: BillingMode) -> list[str]:
    """Link two customers (L2 to L7)."""
    return _linked(
        sub,
        lambda: sub_accounts.preview_link(SYSTEM, main, sub, mode),
        lambda mark: sub_accounts.link(SYSTEM, main, sub, mode, mark=mark),
        mode,
    )


def change_mode(sub: str, mode: BillingMode) -> list[str]:
    """Edit the billing mode of a link (L9)."""
    return _linked(
        sub,
        lambda: sub_accounts.preview_mode(SYSTEM, sub, mode),
        lambda mark: sub_accounts.change_mode(SYSTEM, sub, mode, mark=mark),
        mode,
    )


def unlink(sub: str) -> list[str]:
    """End a link (L10)."""
    return _linked(
        sub,
        lambda: sub_accounts.preview_unlink(SYSTEM, sub),
        lambda mark: sub_accounts.unlink(SYSTEM, sub, mark=mark),
        None,
    )


def manage(main: str, on: bool) -> None:
    """Switch sub-account management (L15). Refused only for a customer that was removed."""
    try:
        sheets.management_of(SYSTEM, main)
    except Refused:
        with pytest.raises(Refused):
            sub_accounts.set_management(SYSTEM, main, on)
        return
    assert sub_accounts.set_management(SYSTEM, main, on).manages_sub_accounts is on
    assert profile(main).manages_sub_accounts is on


# Shared balances ------------------------------------------------------------------------------------------------------


def _books(*public_ids: str) -> list[int]:
    """House Account and Customer Credit of each, as of today."""
    return [amount for one in facts(*public_ids) for amount in (one.house.minor, one.credit.minor)]


def _transfers() -> list[tuple[Ledger, Any, int]]:
    rows = select(Entry.ledger, Entry.booked_on, Entry.amount_minor).where(Entry.kind == "transfer").order_by(Entry.id)
    found = [(Ledger(row.ledger), row.booked_on, row.amount_minor) for row in db.session.execute(rows)]
    db.session.rollback()
    return found


def share(primary: str, secondary: str) -> list[str]:
    """Let two customers share balances (P1, P2)."""
    before = _transfers()

    def outcome(shown: partner_accounts.SharingPreview) -> None:
        assert _transfers()[len(before) :] == [(one.ledger, one.on, one.amount_minor) for one in shown.transfers]
        assert _books(primary, secondary) == [one.after_minor for one in shown.balances]
        first, second = profile(primary), profile(secondary)
        assert (second.payer_id, second.is_secondary, second.mate_id) == (first.id, True, first.id)
        assert (first.payer_id, first.is_secondary, first.mate_id) == (first.id, False, second.id)
        assert ("Who pays", f"{first.name} pays for both") in [
            (str(line.what), str(line.after)) for line in shown.changes
        ]
        assert _books(secondary) == [0, 0], "the secondary account starts from nothing"

    return held(
        lambda: partner_accounts.preview_link(SYSTEM, primary, secondary),
        lambda mark: partner_accounts.link(SYSTEM, primary, secondary, mark=mark),
        outcome,
    )


def part(customer: str) -> list[str]:
    """End the sharing of balances (P4)."""
    before = _transfers()

    def outcome(shown: partner_accounts.SharingPreview) -> None:
        first, second = shown.primary.public_id, shown.secondary.public_id
        assert _transfers() == before, "nothing moves"
        assert _books(first, second) == [one.after_minor for one in shown.balances]
        assert shown.stays is not None
        assert shown.stays.total_minor == sum(_books(first))
        for one in (profile(first), profile(second)):
            assert (one.mate_id, one.is_secondary) == (None, False)

    return held(
        lambda: partner_accounts.preview_unlink(SYSTEM, customer),
        lambda mark: partner_accounts.unlink(SYSTEM, customer, mark=mark),
        outcome,
    )


# Entries --------------------------------------------------------------------------------------------------------------


def _written(look: Callable[[], Foreseen], deed: Callable[[str | None], Posted]) -> list[Posted]:
    """An entry that is written, unless it is refused; every balance is as it was shown (F10)."""
    done: list[Posted] = []

    def outcome(shown: Foreseen) -> None:
        assert shown.changes
        for change in shown.changes:
            owner = db.session.execute(
                select(Customer.id, Customer.currency).where(Customer.name == change.owner)
            ).one()
            now = ledger.balances({owner.id: owner.currency}, shown.on)[owner.id]
            after = now.house_minor if change.account is Ledger.HOUSE else now.credit_minor
            assert after == change.after_minor, change
        db.session.rollback()

    refused = held(look, lambda mark: done.append(deed(mark)), outcome)
    assert bool(refused) is not bool(done)
    return done


def post(charge: Charge, once: str | None = None) -> list[Posted]:
    """Post an entry (F10, F11); what was posted, or nothing when it was refused."""
    return _written(
        lambda: posting.foresee(SYSTEM, charge), lambda mark: posting.post(SYSTEM, charge, mark=mark, once=once)
    )


def apply_credit(customer: str, amount: int, on: date, once: str | None = None) -> list[Posted]:
    """Apply Customer Credit to what is owed (F7, F10)."""
    return _written(
        lambda: posting.foresee_application(SYSTEM, customer, amount, on=on),
        lambda mark: posting.apply_credit(SYSTEM, customer, amount, on=on, mark=mark, once=once),
    )


def reverse(entry: str, on: date, once: str | None = None) -> list[Posted]:
    """Take an entry back (F1, F10)."""
    return _written(
        lambda: posting.foresee_reversal(SYSTEM, entry, on=on),
        lambda mark: posting.reverse(SYSTEM, entry, on=on, reason="Mistaken", mark=mark, once=once),
    )


# Statuses and removal -------------------------------------------------------------------------------------------------


def set_status(customer: str, to: Status) -> list[str]:
    """Change an own status; whoever is billed to the customer follows (L11, O6)."""

    class Look:
        """A preview of a status refuses nothing."""

        def __init__(self, shown: StatusPreview) -> None:
            self.shown, self.mark, self.reasons = shown, shown.mark, ()

    def outcome(look: Look) -> None:
        shown, now = look.shown, profile(customer)
        assert (now.own_status, now.status.status) == (to, shown.effective)
        for turn in shown.follow:
            assert profile(turn.sub.public_id).status.status is turn.after
            assert profile(turn.sub.public_id).own_status is turn.sub.own_status, "only what is shown follows"
        for one, because in shown.keep:
            assert str(because).startswith(f"stays {profile(one.public_id).status.status.label}")

    return held(
        lambda: Look(customer_status.preview(SYSTEM, customer, to)),
        lambda mark: customer_status.change(SYSTEM, customer, to, mark=mark),
        outcome,
    )


def remove(customer: str) -> list[str]:
    """Remove a customer for good (L12)."""
    done: list[Removed] = []

    def outcome(shown: customer_removal.RemovalPreview) -> None:
        extent = (shown.extent.logins, shown.extent.documents, shown.extent.mails, shown.extent.entries)
        (removed,) = done
        assert (removed.logins, removed.documents, removed.mails, removed.entries) == extent
        now = profile(customer)
        assert (now.name, removed.name) == (shown.pseudonym, shown.pseudonym)
        assert now.removed_at is not None

    return held(
        lambda: customer_removal.preview(SYSTEM, customer),
        lambda mark: done.append(customer_removal.remove(SYSTEM, customer, mark=mark)),
        outcome,
    )
