"""Linking, editing and unlinking sub-accounts, and listing them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from portal.actions import access, notices
from portal.actions.notices import Watch
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.folding import fold as fold
from portal.db.links import linking as links
from portal.db.links import sub_accounts as sub_account_rows
from portal.db.links.sub_accounts import SubAccount as SubAccount
from portal.db.links.sub_accounts import SubAccountFilter as SubAccountFilter
from portal.outside import clock
from portal.rules.customers.status import Status, effective_status
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.links import sub_accounts as rules
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import ordinal

FURTHEST_PAGE, LARGEST_PAGE = 1_000_000, 1_000
"""Whatever an address asks for, a list goes no further and has no more rows to a page."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a preview: what changes, from what, to what."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link, an edit or an unlink would do; `reasons` says why it cannot be done, empty when it can.

    `mark` stands for the figures shown: the deed refuses when they have changed since (409). `unsettled` says that
    some of the reasons are money that can be settled step by step.
    """

    headline: str
    main: Profile
    sub: Profile
    mode: BillingMode
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]
    changes: tuple[Change, ...]
    mark: str
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, and between whom (public ids)."""

    sentence: str
    main: str
    sub: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of sub-accounts. `total` counts all that match, `everything` all there are.

    `services` and `monthly_minor` are sums over all that match: active services and their monthly cost.
    """

    rows: list[SubAccount]
    total: int
    everything: int
    services: int
    monthly_minor: int
    wanted: SubAccountFilter = field(default_factory=SubAccountFilter)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.wanted.size))


def list_sub_accounts(actor: Actor, main: str | Profile, wanted: SubAccountFilter) -> Page:
    """L14: a main account's current sub-accounts, for itself or for staff. Raises Missing, NotAllowed, Invalid.

    `main` is its public or external id, or its profile loaded in the same request.
    """
    profile = main if isinstance(main, Profile) else _customer(main)
    permission = Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SUB_ACCOUNTS_VIEW
    access.require(actor, permission, profile)
    if wanted.sort not in sub_account_rows.SORTS:
        raise Invalid({"sort": f"The list cannot be sorted by “{wanted.sort[:40]}”."})
    page, size = min(max(1, wanted.page), FURTHEST_PAGE), min(max(1, wanted.size), LARGEST_PAGE)
    wanted = replace(wanted, text=fold(wanted.text), page=page, size=size)
    rows, totals = sub_account_rows.sub_accounts(profile.id, profile.own_status, wanted)
    everything = totals.count
    if wanted.text or wanted.status or wanted.mode:
        everything = customers.count_sub_accounts(profile.id)[0]
    return Page(rows, totals.count, everything, totals.services, totals.monthly_minor, wanted)


def preview_link(actor: Actor, main: str, sub: str, mode: BillingMode) -> Preview:
    """What linking would do and whether it can be done. Raises Missing and NotAllowed."""
    first, second = _pair(actor, main, sub)
    facts = links.facts([first.id, second.id])
    return _link_preview(first, second, facts[first.id], facts[second.id], mode)


@writes
def link(
    actor: Actor, main: str, sub: str, mode: BillingMode, *, mark: str | None = None, once: str | None = None
) -> Done:
    """Link `sub` under `main` (L2 to L7). Both are public or external ids.

    Raises Refused with every unmet condition, Conflict when the figures of the preview `mark` have changed,
    Missing and NotAllowed. The same `once` again gives the same answer and links nothing.
    """
    first, second = _pair(actor, main, sub)
    if (earlier := operations.claim(once, "link", [main, sub, mode])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    first, second = _held(first, second)
    facts = links.facts([first.id, second.id])
    preview = _link_preview(first, second, facts[first.id], facts[second.id], mode)
    _go_ahead(preview, mark, f"{second.name} can’t be linked to {first.name} yet")
    watch = Watch([second.id])
    links.begin(first.partner_id, first.id, second.id, mode, clock.now())
    watch.write(actor)
    text = f"linked to {first.name}, {mode}"
    return _done(actor, "sub_accounts.link", text, first, second, mode, once)


def _link_preview(
    main: Profile, sub: Profile, main_facts: LinkFacts, sub_facts: LinkFacts, mode: BillingMode
) -> Preview:
    return Preview(
        headline=f"Link {sub.name} to {main.name}",
        main=main,
        sub=sub,
        mode=mode,
        reasons=tuple(rules.link_refusals(main_facts, sub_facts, mode)),
        warnings=(*rules.link_warnings(main_facts, sub_facts, mode), *_told(main, sub, mode)),
        changes=_changes(main, sub, sub.mode, mode),
        mark=operations.fingerprint([main_facts, sub_facts, mode]),
        unsettled=_unsettled(sub, sub_facts, mode),
    )


def _told(main: Profile, sub: Profile, mode: BillingMode) -> tuple[str, ...]:
    """Who will be told that the link blocks it (F9)."""
    after = effective_status(sub.own_status, main.own_status if mode is BillingMode.AGGREGATED else None)
    newly = after.status is Status.BLOCKED and sub.status.status is not Status.BLOCKED
    return notices.outlook(sub, newly, follows=after.imposed).sentences


def _unsettled(sub: Profile, facts: LinkFacts, mode: BillingMode) -> bool:
    return mode is BillingMode.AGGREGATED and sub.mode is not mode and bool(rules.unsettled(facts))


def preview_mode(actor: Actor, sub: str, mode: BillingMode) -> Preview:
    """What changing the billing mode would do (L9)."""
    main, profile = _linked(actor, sub, Rule.EDITABLE)
    facts = links.facts([main.id, profile.id])
    return _mode_preview(main, profile, facts[main.id], facts[profile.id], mode)


@writes
def change_mode(actor: Actor, sub: str, mode: BillingMode, *, mark: str | None = None, once: str | None = None) -> Done:
    """Change the billing mode of a link (L9; towards aggregated L6 as well). Raises as `link` does."""
    _permitted(actor, sub)
    if (earlier := operations.claim(once, "mode", [sub, mode])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    main, profile = _held_linked(actor, sub, Rule.EDITABLE)
    facts = links.facts([main.id, profile.id])
    preview = _mode_preview(main, profile, facts[main.id], facts[profile.id], mode)
    _go_ahead(preview, mark, f"The billing mode of {profile.name} can’t be changed yet")
    if profile.mode is mode:
        done = Done(f"{profile.name}: the billing mode is {mode} already", main.public_id, profile.public_id)
        operations.settle(once, asdict(done))
        return done
    at, watch = clock.now(), Watch([profile.id])
    links.end(profile.id, at)
    links.begin(main.partner_id, main.id, profile.id, mode, at)
    watch.write(actor)
    return _done(actor, "sub_accounts.mode", f"billing mode changed to {mode}", main, profile, mode, once)


def _mode_preview(
    main: Profile, sub: Profile, main_facts: LinkFacts, sub_facts: LinkFacts, mode: BillingMode
) -> Preview:
    return Preview(
        headline=f"Change the billing mode of {sub.name}",
        main=main,
        sub=sub,
        mode=mode,
        reasons=tuple(rules.mode_refusals(main_facts, sub_facts, mode)),
        warnings=(
            (*rules.link_warnings(main_facts, sub_facts, mode), *_told(main, sub, mode)) if sub.mode is not mode else ()
        ),
        changes=_changes(main, sub, sub.mode, mode),
        mark=operations.fingerprint([main_facts, sub_facts, mode]),
        unsettled=_unsettled(sub, sub_facts, mode),
    )


def preview_unlink(actor: Actor, sub: str) -> Preview:
    """What unlinking would do (L10)."""
    main, profile = _linked(actor, sub, Rule.UNLINKABLE)
    facts = links.facts([main.id, profile.id])
    return _unlink_preview(main, profile, facts[main.id], facts[profile.id])


@writes
def unlink(actor: Actor, sub: str, *, mark: str | None = None, once: str | None = None) -> Done:
    """End the link of a sub-account (L10). Postings stay where they were billed. Raises as `link` does."""
    _permitted(actor, sub)
    if (earlier := operations.claim(once, "unlink", [sub])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    main, profile = _held_linked(actor, sub, Rule.UNLINKABLE)
    assert profile.mode is not None
    facts = links.facts([main.id, profile.id])
    preview = _unlink_preview(main, profile, facts[main.id], facts[profile.id])
    _go_ahead(preview, mark, f"{profile.name} can’t be unlinked from {main.name} yet")
    links.end(profile.id, clock.now())
    text = f"unlinked from {main.name}"
    return _done(actor, "sub_accounts.unlink", text, main, profile, profile.mode, once)


def _unlink_preview(main: Profile, sub: Profile, main_facts: LinkFacts, sub_facts: LinkFacts) -> Preview:
    assert sub.mode is not None
    return Preview(
        headline=f"Unlink {sub.name} from {main.name}",
        main=main,
        sub=sub,
        mode=sub.mode,
        reasons=tuple(rules.unlink_refusals(main_facts, sub.mode)),
        warnings=(),
        changes=_changes(main, sub, sub.mode, None),
        mark=operations.fingerprint([main_facts, sub_facts]),
    )


@writes
def set_management(actor: Actor, main: str, on: bool) -> Profile:
    """Switch sub-account management of a main account on or off (L15)."""
    profile = _customer(main)
    access.require(actor, Permission.SUB_ACCOUNTS_MANAGE, profile)
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    access.require(actor, Permission.SUB_ACCOUNTS_MANAGE, profile)  # it may have been removed meanwhile
    if profile.manages_sub_accounts is not on:
        links.set_management(profile.id, on)
        word = "on" if on else "off"
        audit.record(actor, "sub_accounts.management", f"sub-account management switched {word}", subject_id=profile.id)
    return replace(profile, manages_sub_accounts=on)


def _changes(main: Profile, sub: Profile, before: BillingMode | None, after: BillingMode | None) -> tuple[Change, ...]:
    """The lines of a preview that differ: who pays, billing day, status, finance pages."""

    def state(mode: BillingMode | None) -> tuple[str, str, str, str]:
        aggregated = mode is BillingMode.AGGREGATED
        status = effective_status(sub.own_status, main.own_status if aggregated else None)
        follows = f"{status.status.label}, follows {main.name}" if aggregated else status.status.label
        pays = main.name if aggregated else (sub.mate_name or "") if sub.is_secondary else sub.name
        day = main.own_billing_day if aggregated else sub.own_billing_day
        pages = f"hidden; {main.name} sees them" if aggregated else f"{sub.name} sees its own"
        return pays, str(ordinal(day)), follows, pages

    names = ("Pays", "Billing day", "Status", "Finance pages")
    lines = [Change("Billing mode", before.label if before else "Not linked", after.label if after else "Not linked")]
    lines += [Change(n, b, a) for n, b, a in zip(names, state(before), state(after), strict=True)]
    return tuple(line for line in lines if line.before != line.after)


def _go_ahead(preview: Preview, mark: str | None, headline: str) -> None:
    if preview.reasons:
        raise Refused(preview.reasons, headline)
    if mark is not None and mark != preview.mark:
        raise Conflict("The figures have changed since you looked. Check them again before you go on.")


def _done(
    actor: Actor, action: str, text: str, main: Profile, sub: Profile, mode: BillingMode, once: str | None
) -> Done:
    """Remember the deed for both customers, and its answer under the idempotency key."""
    done = Done(f"{sub.name}: {text}", main.public_id, sub.public_id)
    for subject, sentence in ((sub, done.sentence), (main, f"Sub-account {done.sentence}")):
        audit.record(
            actor,
            action,
            sentence,
            subject_id=subject.id,
            main=main.public_id,
            sub=sub.public_id,
            mode=mode.value,
        )
    operations.settle(once, asdict(done))
    return done


def _customer(reference: str) -> Profile:
    profile = customers.by_reference(reference)
    if profile is None:
        raise Missing(f"There is no customer “{reference}”.")
    return profile


def _pair(actor: Actor, main: str, sub: str) -> tuple[Profile, Profile]:
    return _permitted(actor, main), _permitted(actor, sub)


def _permitted(actor: Actor, reference: str) -> Profile:
    """A customer whose links the actor may change. Raises Missing and NotAllowed."""
    profile = _customer(reference)
    access.require(actor, Permission.SUB_ACCOUNTS_LINK, profile)
    return profile


def _held(first: Profile, second: Profile) -> tuple[Profile, Profile]:
    """Both customers read again while nobody can change their links or post to them."""
    customers.lock([first.id, second.id], exclusive=True)
    held = customers.by_ids([first.id, second.id])
    return held[first.id], held[second.id]


def _linked(actor: Actor, sub: str, rule: Rule) -> tuple[Profile, Profile]:
    """The main account and the sub-account. Raises Refused with this rule when there is no link."""
    profile = _permitted(actor, sub)
    if profile.main_id is None:
        raise Refused([Reason(rule, f"{profile.name} is not a sub-account.", "Link it first.")])
    return customers.by_id(profile.main_id), profile


def _held_linked(actor: Actor, sub: str, rule: Rule) -> tuple[Profile, Profile]:
    main, profile = _held(*_linked(actor, sub, rule))
    if profile.main_id != main.id:
        raise Conflict(f"{profile.name} was linked elsewhere or unlinked in the meantime.")
    return main, profile
