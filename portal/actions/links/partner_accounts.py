"""Partner accounts: two customers who share the balances of one of them, the primary account (P1 to P6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.actions import access
from portal.actions.links.previews import Change, go_ahead, held
from portal.actions.links.sharing import held_by, remember, share
from portal.db import idempotency as operations
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.balances import NO_BALANCE, Balances, staying
from portal.rules.books import Ledger, Transfer
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Reason, Refused
from portal.rules.links import partner_accounts as rules
from portal.rules.links.facts import LinkFacts, Rule
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, ordinal, say, together


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A balance of somebody's own books as of today, before and after, in minor units."""

    customer: str
    reference: str
    ledger: Ledger
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class SharingPreview:
    """What linking or unlinking would do as of `today`; `reasons` says why it cannot be done, empty when it can.

    `refused` is the headline above the reasons. `transfers` are what moves from the secondary account to the primary
    one, `stays` is what the primary account holds and keeps when they part (None when linking). `mark` stands
    for the figures shown: the deed refuses when they have changed since (409). With `withheld` the figures are left
    out, because whoever asked may not see finances.
    """

    headline: Sentence
    refused: Sentence
    primary: Profile
    secondary: Profile
    reasons: tuple[Reason, ...]
    warnings: tuple[Sentence, ...]
    changes: tuple[Change, ...]
    transfers: tuple[Transfer, ...]
    balances: tuple[BalanceChange, ...]
    stays: Balances | None
    today: date
    mark: str
    withheld: bool = False

    @property
    def currency(self) -> str:
        return self.primary.currency

    @property
    def moved_minor(self) -> int:
        """What the transfers come to."""
        return sum(one.amount_minor for one in self.transfers)


@dataclass(frozen=True, slots=True)
class SharingAnswer:
    """What was done, in a sentence, what follows from it, and between whom (public ids)."""

    sentence: Sentence
    then: Sentence
    primary: str
    secondary: str


@snapshot
def since(actor: Actor, profile: Profile) -> datetime | None:
    """Since when a loaded customer has had its partner account; None without one. For staff."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return links.sharing_since(profile.id) if profile.mate_id is not None else None


# Linking --------------------------------------------------------------------------------------------------------------


@snapshot
def preview_link(actor: Actor, primary: str, secondary: str) -> SharingPreview:
    """What sharing the balances of `primary` would do and whether it can be done. Raises Missing and NotAllowed."""
    first, second = _permitted(actor, primary), _permitted(actor, secondary)
    return _for(actor, _link_preview(first, second, links.facts([first.id, second.id])))


@writes(once="partner_link", answer=SharingAnswer)
def link(
    actor: Actor, primary: str, secondary: str, *, mark: str | None = None, once: str | None = None
) -> SharingAnswer:
    """Let `secondary` share the balances of `primary`, to which what it holds is transferred (P1, P2).

    Both are public or external ids. Raises Refused with every unmet condition, Conflict when the figures of the
    preview `mark` have changed, Missing and NotAllowed. The same `once` again gives the same answer, and does nothing.
    """
    first, second = held(_permitted(actor, primary), _permitted(actor, secondary))
    facts = links.facts([first.id, second.id])
    preview = _link_preview(first, second, facts)
    go_ahead(preview.reasons, preview.refused, shown=mark, now=preview.mark)
    sentence = share(actor, facts[first.id], facts[second.id], preview.transfers, first)
    return SharingAnswer(sentence, _moved(preview), first.public_id, second.public_id)


def _link_preview(primary: Profile, secondary: Profile, facts: dict[int, LinkFacts]) -> SharingPreview:
    first, second = facts[primary.id], facts[secondary.id]
    apart = primary.id != secondary.id and primary.currency == secondary.currency
    transfers = held_by(secondary) if apart else ()
    moved = Money(sum(one.amount_minor for one in transfers), secondary.currency)
    now = {book: _now(transfers, book, secondary) for book in Ledger}
    return SharingPreview(
        headline=say("Link {primary} and {secondary}", primary=primary.name, secondary=secondary.name),
        refused=say(
            "{primary} and {secondary} can’t share balances yet", primary=primary.name, secondary=secondary.name
        ),
        primary=primary,
        secondary=secondary,
        reasons=tuple(rules.partner_account_refusals(first, second)),
        warnings=tuple(rules.sharing_warnings(first, second, moved)) if apart else (),
        changes=_changes_by_linking(primary, secondary),
        transfers=transfers,
        balances=(
            *_balances(primary, first, now),
            *_balances(secondary, second, {book: -amount for book, amount in now.items()}),
        ),
        stays=None,
        today=clock.today(primary.time_zone),
        mark=operations.fingerprint([first, second, transfers]),
    )


def _for(actor: Actor, preview: SharingPreview) -> SharingPreview:
    """A preview as the actor may see it (S9)."""
    if actor.sees_finances:
        return preview
    return replace(preview, transfers=(), balances=(), stays=None, withheld=True)


def _now(transfers: Iterable[Transfer], book: Ledger, secondary: Profile) -> int:
    """What moves as of today."""
    today = clock.today(secondary.time_zone)
    return sum(one.amount_minor for one in transfers if one.ledger is book and one.on <= today)


def _balances(profile: Profile, facts: LinkFacts, change: dict[Ledger, int]) -> tuple[BalanceChange, ...]:
    before = {Ledger.HOUSE: facts.house.minor, Ledger.CREDIT: facts.credit.minor}
    return tuple(
        BalanceChange(profile.name, profile.reference, book, amount, amount + change.get(book, 0))
        for book, amount in before.items()
    )


def _moved(preview: SharingPreview) -> Sentence:
    """What the transfers did, said after the deed."""
    if not preview.transfers:
        return say("There was nothing to transfer.")
    primary, secondary = preview.primary.name, preview.secondary.name
    amount, count = Money(abs(preview.moved_minor), preview.currency), len(preview.transfers)
    if preview.moved_minor < 0:
        return say(
            "{primary} took over {amount} that {secondary} owed, in one transfer.",
            "{primary} took over {amount} that {secondary} owed, in {count} transfers.",
            count=count,
            primary=primary,
            amount=amount,
            secondary=secondary,
        )
    return say(
        "{primary} took over {amount} that {secondary} held, in one transfer.",
        "{primary} took over {amount} that {secondary} held, in {count} transfers.",
        count=count,
        primary=primary,
        amount=amount,
        secondary=secondary,
    )


# Unlinking ------------------------------------------------------------------------------------------------------------


@snapshot
def preview_unlink(actor: Actor, customer: str) -> SharingPreview:
    """What unlinking either of two partner accounts would do (P4). Raises Refused without a partner account."""
    primary, secondary = _linked(actor, customer)
    return _for(actor, _unlink_preview(primary, secondary, links.facts([primary.id, secondary.id])))


@writes(once="partner_unlink", answer=SharingAnswer)
def unlink(actor: Actor, customer: str, *, mark: str | None = None, once: str | None = None) -> SharingAnswer:
    """End the sharing of either of two partner accounts (P4). Balances and charges stay on the primary account.

    Raises as `link` does.
    """
    primary, secondary = held(*_linked(actor, customer))
    if secondary.mate_id != primary.id or not secondary.is_secondary:
        raise Conflict(
            say(
                "{primary} and {secondary} were unlinked or linked elsewhere in the meantime.",
                primary=primary.name,
                secondary=secondary.name,
            )
        )
    facts = links.facts([primary.id, secondary.id])
    preview = _unlink_preview(primary, secondary, facts)
    go_ahead(preview.reasons, preview.refused, shown=mark, now=preview.mark)
    links.end_sharing(secondary.id, clock.now())
    sentence = say("{primary} and {secondary} no longer share balances", primary=primary.name, secondary=secondary.name)
    remember(actor, "partner_accounts.unlink", sentence, facts[primary.id], facts[secondary.id])
    return SharingAnswer(sentence, _stayed(preview), primary.public_id, secondary.public_id)


def _unlink_preview(primary: Profile, secondary: Profile, facts: dict[int, LinkFacts]) -> SharingPreview:
    first, second = facts[primary.id], facts[secondary.id]
    return SharingPreview(
        headline=say("Unlink {primary} and {secondary}", primary=primary.name, secondary=secondary.name),
        refused=say("{primary} and {secondary} can’t be unlinked yet", primary=primary.name, secondary=secondary.name),
        primary=primary,
        secondary=secondary,
        reasons=(),
        warnings=tuple(rules.parting_warnings(first, second, left=bool(held_by(secondary)))),
        changes=_changes_by_unlinking(primary, secondary),
        transfers=(),
        balances=(*_balances(primary, first, {}), *_balances(secondary, second, {})),
        stays=Balances(first.house.minor, first.credit.minor),
        today=clock.today(primary.time_zone),
        mark=operations.fingerprint([first, second]),
    )


def _stayed(preview: SharingPreview) -> Sentence:
    """What stays with whom, said after the deed."""
    kept = staying(preview.stays or NO_BALANCE, preview.currency, preview.primary.name)
    return together(kept, say("{secondary} pays for itself from now on.", secondary=preview.secondary.name))


# What linking and unlinking share -------------------------------------------------------------------------------------


def _changes_by_linking(primary: Profile, secondary: Profile) -> tuple[Change, ...]:
    """The lines of a preview that differ: who pays, when it is billed, who sees what (P1, P3, F5, S9)."""
    apart = _apart(secondary, say("its own lines"))
    lines = zip(_lines(primary, secondary), apart, _together(primary, secondary), strict=True)
    return tuple(Change(what, before, after) for what, before, after in lines)


def _changes_by_unlinking(primary: Profile, secondary: Profile) -> tuple[Change, ...]:
    apart = _apart(secondary, say("its own lines; earlier ones of both stay"))
    lines = zip(_lines(primary, secondary), _together(primary, secondary), apart, strict=True)
    return tuple(Change(what, before, after) for what, before, after in lines)


def _lines(primary: Profile, secondary: Profile) -> tuple[Sentence, ...]:
    return (
        say("Who pays"),
        say("{name} is billed", name=secondary.name),
        say("Statement of {name}", name=primary.name),
        say("{name} sees", name=secondary.name),
    )


def _together(primary: Profile, secondary: Profile) -> tuple[Sentence, ...]:
    return (
        say("{primary} pays for both", primary=primary.name),
        say("with {primary}, on the {day}", primary=primary.name, day=ordinal(primary.billing_day)),
        say("the lines of both, by account"),
        say(
            "the balances of {primary}, and the lines issued for {secondary}",
            primary=primary.name,
            secondary=secondary.name,
        ),
    )


def _apart(secondary: Profile, lines: Sentence) -> tuple[Sentence, ...]:
    return (
        say("each pays for itself"),
        say("by itself, on the {day}", day=ordinal(secondary.billing_day)),
        lines,
        say("its own balances and lines"),
    )


def _permitted(actor: Actor, reference: str) -> Profile:
    """A customer whose partner account the actor may change. Raises Missing and NotAllowed."""
    profile = customers.require(reference)
    access.require(actor, Permission.PARTNER_ACCOUNTS_LINK, profile)
    return profile


def _linked(actor: Actor, customer: str) -> tuple[Profile, Profile]:
    """The primary and the secondary account of whom either is meant. Raises Refused when there is no such link."""
    profile = _permitted(actor, customer)
    if profile.mate_id is None:
        message = say("{name} has no partner account.", name=profile.name)
        raise Refused([Reason(Rule.PARTED, message, say("Link one first."), "customer-details", profile.public_id)])
    mate = customers.by_id(profile.mate_id)
    return (mate, profile) if profile.is_secondary else (profile, mate)
