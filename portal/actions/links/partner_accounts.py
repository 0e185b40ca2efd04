"""Partner accounts: two customers who share the balances of one of them, the primary account (P1 to P6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.links.sub_accounts import Change
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.books import EntryKind, Ledger, Transfer
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.links import partner_accounts as rules
from portal.rules.links.facts import LinkFacts, Rule
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import ordinal


@dataclass(frozen=True, slots=True)
class Standing:
    """A balance of somebody's own books as of today, before and after, in minor units."""

    customer: str
    reference: str
    ledger: Ledger
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What linking or unlinking would do as of `today`; `reasons` says why it cannot be done, empty when it can.

    `transfers` are what moves from the secondary account to the primary one, `stays_minor` is what the primary
    account holds and keeps when they part (None when linking). `mark` stands for the figures shown: the deed refuses
    when they have changed since (409).
    """

    headline: str
    primary: Profile
    secondary: Profile
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]
    changes: tuple[Change, ...]
    transfers: tuple[Transfer, ...]
    standings: tuple[Standing, ...]
    stays_minor: int | None
    today: date
    mark: str

    @property
    def currency(self) -> str:
        return self.primary.currency

    @property
    def moved_minor(self) -> int:
        """What the transfers come to."""
        return sum(one.amount_minor for one in self.transfers)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, what follows from it, and between whom (public ids)."""

    sentence: str
    then: str
    primary: str
    secondary: str


@snapshot
def since(actor: Actor, profile: Profile) -> datetime | None:
    """Since when a loaded customer has had its partner account; None without one. For staff."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return links.sharing_since(profile.id) if profile.mate_id is not None else None


@snapshot
def preview_link(actor: Actor, primary: str, secondary: str) -> Preview:
    """What sharing the balances of `primary` would do and whether it can be done. Raises Missing and NotAllowed."""
    first, second = _permitted(actor, primary), _permitted(actor, secondary)
    return _link_preview(first, second)


@writes
def link(actor: Actor, primary: str, secondary: str, *, mark: str | None = None, once: str | None = None) -> Done:
    """Let `secondary` share the balances of `primary`, to which what it holds is transferred (P1, P2).

    Both are public or external ids. Raises Refused with every unmet condition, Conflict when the figures of the
    preview `mark` have changed, Missing and NotAllowed. The same `once` again gives the same answer, and does nothing.
    """
    first, second = _permitted(actor, primary), _permitted(actor, secondary)
    if (earlier := operations.claim(once, "partner_link", [primary, secondary])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    first, second = _held(first, second)
    facts = links.facts([first.id, second.id])
    preview = _link_preview(first, second, facts)
    _go_ahead(preview, mark, _cannot_link(first, second))
    share(actor, facts[first.id], facts[second.id], preview.transfers, clock.now())
    done = Done(
        _shared(first.name, second.name),
        _moved(preview),
        first.public_id,
        second.public_id,
    )
    operations.settle(once, asdict(done))
    return done


def share(actor: Actor, primary: LinkFacts, secondary: LinkFacts, transfers: Iterable[Transfer], at: datetime) -> None:
    """Write the transfers, the link and the log of both, for a caller that holds both and knows that it may.

    Nothing is refused here.
    """
    entries = [_entry(primary, secondary, one) for one in transfers]
    written = ledger.write_entries(entries, actor=actor.label, at=at)
    links.begin_sharing(primary.partner_id, primary.id, secondary.id, at)
    text = _shared(primary.name, secondary.name)
    _remember(actor, "partner_accounts.link", text, primary, secondary, entries=[one.public_id for one in written])


def held_by(secondary: Profile) -> tuple[Transfer, ...]:
    """P2: what would move to a primary account, as of today and for each later day with entries dated ahead."""
    return tuple(links.held(secondary.id, secondary.currency, clock.today(secondary.time_zone)))


def _link_preview(primary: Profile, secondary: Profile, facts: dict[int, LinkFacts] | None = None) -> Preview:
    facts = facts or links.facts([primary.id, secondary.id])
    first, second = facts[primary.id], facts[secondary.id]
    reasons = rules.partner_account_refusals(first, second)
    apart = primary.id != secondary.id and primary.currency == secondary.currency
    transfers = held_by(secondary) if apart else ()
    moved = Money(sum(one.amount_minor for one in transfers), secondary.currency)
    now = {book: _now(transfers, book, secondary) for book in Ledger}
    return Preview(
        headline=f"Link {primary.name} and {secondary.name}",
        primary=primary,
        secondary=secondary,
        reasons=tuple(reasons),
        warnings=tuple(rules.sharing_warnings(first, second, moved)) if apart else (),
        changes=_changes(primary, secondary, together=True),
        transfers=transfers,
        standings=(
            *_standings(primary, first, now),
            *_standings(secondary, second, {book: -amount for book, amount in now.items()}),
        ),
        stays_minor=None,
        today=clock.today(primary.time_zone),
        mark=operations.fingerprint([first, second, transfers]),
    )


def _now(transfers: Iterable[Transfer], book: Ledger, secondary: Profile) -> int:
    """What moves as of today."""
    today = clock.today(secondary.time_zone)
    return sum(one.amount_minor for one in transfers if one.ledger is book and one.on <= today)


def _standings(profile: Profile, facts: LinkFacts, change: dict[Ledger, int]) -> tuple[Standing, ...]:
    before = {Ledger.HOUSE: facts.house.minor, Ledger.CREDIT: facts.credit.minor}
    return tuple(
        Standing(profile.name, profile.reference, book, amount, amount + change.get(book, 0))
        for book, amount in before.items()
    )


@snapshot
def preview_unlink(actor: Actor, customer: str) -> Preview:
    """What unlinking either of two partner accounts would do (P4). Raises Refused without a partner account."""
    return _unlink_preview(*_linked(actor, customer))


@writes
def unlink(actor: Actor, customer: str, *, mark: str | None = None, once: str | None = None) -> Done:
    """End the sharing of either of two partner accounts (P4). Balances and charges stay on the primary account.

    Raises as `link` does.
    """
    _permitted(actor, customer)
    if (earlier := operations.claim(once, "partner_unlink", [customer])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    known = _linked(actor, customer)
    primary, secondary = _held(*known)
    if secondary.mate_id != primary.id or not secondary.is_secondary:
        raise Conflict(f"{primary.name} and {secondary.name} were unlinked or linked elsewhere in the meantime.")
    preview = _unlink_preview(primary, secondary)
    _go_ahead(preview, mark, f"{primary.name} and {secondary.name} can’t be unlinked yet")
    links.end_sharing(secondary.id, clock.now())
    facts = links.facts([primary.id, secondary.id])
    sentence = f"{primary.name} and {secondary.name} no longer share balances"
    _remember(actor, "partner_accounts.unlink", sentence, facts[primary.id], facts[secondary.id])
    done = Done(
        sentence,
        _stayed(preview),
        primary.public_id,
        secondary.public_id,
    )
    operations.settle(once, asdict(done))
    return done


def _unlink_preview(primary: Profile, secondary: Profile) -> Preview:
    facts = links.facts([primary.id, secondary.id])
    first, second = facts[primary.id], facts[secondary.id]
    return Preview(
        headline=f"Unlink {primary.name} and {secondary.name}",
        primary=primary,
        secondary=secondary,
        reasons=(),
        warnings=tuple(rules.parting_warnings(first, second, left=bool(held_by(secondary)))),
        changes=_changes(primary, secondary, together=False),
        transfers=(),
        standings=(*_standings(primary, first, {}), *_standings(secondary, second, {})),
        stays_minor=first.total.minor,
        today=clock.today(primary.time_zone),
        mark=operations.fingerprint([first, second]),
    )


def _changes(primary: Profile, secondary: Profile, *, together: bool) -> tuple[Change, ...]:
    """The lines of a preview that differ: who pays, when it is billed, who sees what (P1, P3, F5, S9)."""
    shared = (
        ("Who pays", f"{primary.name} pays for both"),
        (f"{secondary.name} is billed", f"with {primary.name}, on the {ordinal(primary.billing_day)}"),
        (f"Statement of {primary.name}", "the lines of both, by account"),
        (f"{secondary.name} sees", f"the balances of {primary.name}, and the lines issued for {secondary.name}"),
    )
    apart = (
        "each pays for itself",
        f"by itself, on the {ordinal(secondary.billing_day)}",
        "its own lines" if together else "its own lines; earlier ones of both stay",
        "its own balances and lines",
    )
    if together:
        return tuple(Change(what, alone, joint) for (what, joint), alone in zip(shared, apart, strict=True))
    return tuple(Change(what, joint, alone) for (what, joint), alone in zip(shared, apart, strict=True))


def _shared(primary: str, secondary: str) -> str:
    return f"{secondary} shares the balances of {primary}"


def _moved(preview: Preview) -> str:
    """What the transfers did, said after the deed."""
    if not preview.transfers:
        return "There was nothing to transfer."
    entries = "one transfer" if len(preview.transfers) == 1 else f"{len(preview.transfers)} transfers"
    amount = Money(abs(preview.moved_minor), preview.currency)
    took = "owed" if preview.moved_minor < 0 else "held"
    return f"{preview.primary.name} took over {amount} that {preview.secondary.name} {took}, in {entries}."


def _stayed(preview: Preview) -> str:
    """What stays with whom, said after the deed."""
    stays = preview.stays_minor or 0
    amount = Money(abs(stays), preview.currency)
    what = f"A debt of {amount}" if stays < 0 else f"{amount}"
    return f"{what} stays with {preview.primary.name}. {preview.secondary.name} pays for itself from now on."


def _entry(primary: LinkFacts, secondary: LinkFacts, transfer: Transfer) -> NewEntry:
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
        description=f"{book.label} of {secondary.name}, shared from here on",
        reason="balances shared",
    )


def _remember(actor: Actor, action: str, text: str, primary: LinkFacts, secondary: LinkFacts, **more: object) -> None:
    """Remember the deed for both customers."""
    details: dict[str, object] = {"primary": primary.public_id, "secondary": secondary.public_id, **more}
    audit.record_many(actor, [Deed(one.id, action, text, details) for one in (secondary, primary)])


def _go_ahead(preview: Preview, mark: str | None, headline: str) -> None:
    if preview.reasons:
        raise Refused(preview.reasons, headline)
    if mark is not None and mark != preview.mark:
        raise Conflict("The figures have changed since you looked. Check them again before you go on.")


def _cannot_link(primary: Profile, secondary: Profile) -> str:
    return f"{primary.name} and {secondary.name} can’t share balances yet"


def _permitted(actor: Actor, reference: str) -> Profile:
    """A customer whose partner account the actor may change. Raises Missing and NotAllowed."""
    profile = customers.by_reference(reference)
    if profile is None:
        raise Missing(f"There is no customer “{reference}”.")
    access.require(actor, Permission.PARTNER_ACCOUNTS_LINK, profile)
    return profile


def _held(first: Profile, second: Profile) -> tuple[Profile, Profile]:
    """Both customers read again while nobody can change their links or post to them."""
    customers.lock([first.id, second.id], exclusive=True)
    held = customers.by_ids([first.id, second.id])
    return held[first.id], held[second.id]


def _linked(actor: Actor, customer: str) -> tuple[Profile, Profile]:
    """The primary and the secondary account of whom either is meant. Raises Refused when there is no such link."""
    profile = _permitted(actor, customer)
    if profile.mate_id is None:
        message = f"{profile.name} has no partner account."
        raise Refused([Reason(Rule.PARTED, message, "Link one first.", "customer-details", profile.public_id)])
    mate = customers.by_id(profile.mate_id)
    return (mate, profile) if profile.is_secondary else (profile, mate)
