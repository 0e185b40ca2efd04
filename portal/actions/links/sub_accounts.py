"""Linking, editing and unlinking sub-accounts: what each would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.actions import access, notices
from portal.actions.links.previews import Change, go_ahead, held
from portal.actions.notices import Watch
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.customers.status import Status, effective_status
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Reason, Refused
from portal.rules.links import sub_accounts as rules
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, ordinal, say, verbatim


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """What a link, an edit or an unlink would do; `reasons` says why it cannot be done, empty when it can.

    `refused` is the headline above the reasons. `mark` stands for the figures shown: the deed refuses when they have
    changed since (409). `unsettled` says that some of the reasons are money that can be settled step by step.
    """

    headline: Sentence
    refused: Sentence
    main: Profile
    sub: Profile
    mode: BillingMode
    reasons: tuple[Reason, ...]
    warnings: tuple[Sentence, ...]
    changes: tuple[Change, ...]
    mark: str
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What was done, in a sentence, and between whom (public ids)."""

    sentence: Sentence
    main: str
    sub: str


# Linking --------------------------------------------------------------------------------------------------------------


def preview_link(actor: Actor, main: str, sub: str, mode: BillingMode) -> LinkPreview:
    """What linking would do and whether it can be done. Raises Missing and NotAllowed."""
    return _link_preview(_permitted(actor, main), _permitted(actor, sub), mode)


@writes(once="link", answer=LinkAnswer)
def link(
    actor: Actor, main: str, sub: str, mode: BillingMode, *, mark: str | None = None, once: str | None = None
) -> LinkAnswer:
    """Link `sub` under `main` (L2 to L7). Both are public or external ids.

    Raises Refused with every unmet condition, Conflict when the figures of the preview `mark` have changed,
    Missing and NotAllowed. The same `once` again gives the same answer and links nothing.
    """
    first, second = held(_permitted(actor, main), _permitted(actor, sub))
    preview = _link_preview(first, second, mode)
    go_ahead(preview.reasons, preview.refused, shown=mark, now=preview.mark)
    watch = Watch([second.id])
    links.begin(first.partner_id, first.id, second.id, mode, clock.now())
    watch.write(actor)
    return _remembered(actor, "sub_accounts.link", _linked_to(first, second, mode), first, second, mode)


def _linked_to(main: Profile, sub: Profile, mode: BillingMode) -> Sentence:
    if mode is BillingMode.AGGREGATED:
        return say("{sub}: linked to {main}, aggregated", sub=sub.name, main=main.name)
    return say("{sub}: linked to {main}, independent", sub=sub.name, main=main.name)


def _link_preview(main: Profile, sub: Profile, mode: BillingMode) -> LinkPreview:
    main_facts, sub_facts = _facts(main, sub)
    return LinkPreview(
        headline=say("Link {sub} to {main}", sub=sub.name, main=main.name),
        refused=say("{sub} can’t be linked to {main} yet", sub=sub.name, main=main.name),
        main=main,
        sub=sub,
        mode=mode,
        reasons=tuple(rules.link_refusals(main_facts, sub_facts, mode)),
        warnings=(*rules.link_warnings(main_facts, sub_facts, mode), *_who_hears(main, sub, mode)),
        changes=_changes(main, sub, sub.mode, mode),
        mark=operations.fingerprint([main_facts, sub_facts, mode]),
        unsettled=_unsettled(sub, sub_facts, mode),
    )


def _facts(main: Profile, sub: Profile) -> tuple[LinkFacts, LinkFacts]:
    facts = links.facts([main.id, sub.id])
    return facts[main.id], facts[sub.id]


def _who_hears(main: Profile, sub: Profile, mode: BillingMode) -> tuple[Sentence, ...]:
    """Who will be told that the link blocks it (F9)."""
    after = effective_status(sub.own_status, main.own_status if mode is BillingMode.AGGREGATED else None)
    newly = after.status is Status.BLOCKED and sub.status.status is not Status.BLOCKED
    return notices.outlook(sub, newly, follows=after.imposed).sentences


def _unsettled(sub: Profile, facts: LinkFacts, mode: BillingMode) -> bool:
    return mode is BillingMode.AGGREGATED and sub.mode is not mode and bool(rules.unsettled(facts))


# Editing the billing mode ---------------------------------------------------------------------------------------------


def preview_mode(actor: Actor, sub: str, mode: BillingMode) -> LinkPreview:
    """What changing the billing mode would do (L9)."""
    main, profile = _linked(actor, sub, Rule.EDITABLE)
    return _mode_preview(main, profile, mode)


@writes(once="mode", answer=LinkAnswer)
def change_mode(
    actor: Actor, sub: str, mode: BillingMode, *, mark: str | None = None, once: str | None = None
) -> LinkAnswer:
    """Change the billing mode of a link (L9; towards aggregated L6 as well). Raises as `link` does."""
    main, profile = _held_linked(actor, sub, Rule.EDITABLE)
    preview = _mode_preview(main, profile, mode)
    go_ahead(preview.reasons, preview.refused, shown=mark, now=preview.mark)
    if profile.mode is mode:
        return LinkAnswer(_mode_already(profile, mode), main.public_id, profile.public_id)
    at, watch = clock.now(), Watch([profile.id])
    links.end(profile.id, at)
    links.begin(main.partner_id, main.id, profile.id, mode, at)
    watch.write(actor)
    return _remembered(actor, "sub_accounts.mode", _mode_changed(profile, mode), main, profile, mode)


def _mode_changed(sub: Profile, mode: BillingMode) -> Sentence:
    if mode is BillingMode.AGGREGATED:
        return say("{sub}: billing mode changed to aggregated", sub=sub.name)
    return say("{sub}: billing mode changed to independent", sub=sub.name)


def _mode_already(sub: Profile, mode: BillingMode) -> Sentence:
    if mode is BillingMode.AGGREGATED:
        return say("{sub}: the billing mode is aggregated already", sub=sub.name)
    return say("{sub}: the billing mode is independent already", sub=sub.name)


def _mode_preview(main: Profile, sub: Profile, mode: BillingMode) -> LinkPreview:
    main_facts, sub_facts = _facts(main, sub)
    warnings = (*rules.link_warnings(main_facts, sub_facts, mode), *_who_hears(main, sub, mode))
    return LinkPreview(
        headline=say("Change the billing mode of {sub}", sub=sub.name),
        refused=say("The billing mode of {sub} can’t be changed yet", sub=sub.name),
        main=main,
        sub=sub,
        mode=mode,
        reasons=tuple(rules.mode_refusals(main_facts, sub_facts, mode)),
        warnings=warnings if sub.mode is not mode else (),
        changes=_changes(main, sub, sub.mode, mode),
        mark=operations.fingerprint([main_facts, sub_facts, mode]),
        unsettled=_unsettled(sub, sub_facts, mode),
    )


# Unlinking ------------------------------------------------------------------------------------------------------------


def preview_unlink(actor: Actor, sub: str) -> LinkPreview:
    """What unlinking would do (L10)."""
    main, profile = _linked(actor, sub, Rule.UNLINKABLE)
    return _unlink_preview(main, profile)


@writes(once="unlink", answer=LinkAnswer)
def unlink(actor: Actor, sub: str, *, mark: str | None = None, once: str | None = None) -> LinkAnswer:
    """End the link of a sub-account (L10). Postings stay where they were billed. Raises as `link` does."""
    main, profile = _held_linked(actor, sub, Rule.UNLINKABLE)
    preview = _unlink_preview(main, profile)
    go_ahead(preview.reasons, preview.refused, shown=mark, now=preview.mark)
    links.end(profile.id, clock.now())
    sentence = say("{sub}: unlinked from {main}", sub=profile.name, main=main.name)
    return _remembered(actor, "sub_accounts.unlink", sentence, main, profile, preview.mode)


def _unlink_preview(main: Profile, sub: Profile) -> LinkPreview:
    assert sub.mode is not None
    main_facts, sub_facts = _facts(main, sub)
    return LinkPreview(
        headline=say("Unlink {sub} from {main}", sub=sub.name, main=main.name),
        refused=say("{sub} can’t be unlinked from {main} yet", sub=sub.name, main=main.name),
        main=main,
        sub=sub,
        mode=sub.mode,
        reasons=tuple(rules.unlink_refusals(main_facts, sub.mode)),
        warnings=(),
        changes=_changes(main, sub, sub.mode, None),
        mark=operations.fingerprint([main_facts, sub_facts]),
    )


# Management -----------------------------------------------------------------------------------------------------------


@writes
def set_management(actor: Actor, main: str, on: bool) -> Profile:
    """Switch sub-account management of a main account on or off (L15)."""
    profile = customers.require(main)
    access.require(actor, Permission.SUB_ACCOUNTS_MANAGE, profile)
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    access.require(actor, Permission.SUB_ACCOUNTS_MANAGE, profile)  # it may have been removed meanwhile
    if profile.manages_sub_accounts is not on:
        links.set_management(profile.id, on)
        text = say("sub-account management switched on") if on else say("sub-account management switched off")
        audit.record(actor, "sub_accounts.management", text, subject_id=profile.id)
    return replace(profile, manages_sub_accounts=on)


# What the deeds share -------------------------------------------------------------------------------------------------


def _changes(main: Profile, sub: Profile, before: BillingMode | None, after: BillingMode | None) -> tuple[Change, ...]:
    """The lines of a preview that differ: the mode, who pays, billing day, status, finance pages."""
    names = (say("Billing mode"), say("Pays"), say("Billing day"), say("Status"), say("Finance pages"))
    states = zip(names, _state(main, sub, before), _state(main, sub, after), strict=True)
    return tuple(Change(what, was, becomes) for what, was, becomes in states if was != becomes)


def _state(main: Profile, sub: Profile, mode: BillingMode | None) -> tuple[Sentence, ...]:
    """How the sub-account is in a mode, None for unlinked, in the order of the lines of a preview."""
    if mode is BillingMode.AGGREGATED:
        status = effective_status(sub.own_status, main.own_status).status.label
        return (
            mode.label,
            verbatim(main.name),
            ordinal(main.own_billing_day),
            say("{status}, follows {main}", status=status, main=main.name),
            say("hidden; {main} sees them", main=main.name),
        )
    return (
        mode.label if mode else say("Not linked"),
        verbatim((sub.mate_name or "") if sub.is_secondary else sub.name),
        ordinal(sub.own_billing_day),
        sub.own_status.label,
        say("{sub} sees its own", sub=sub.name),
    )


def _remembered(
    actor: Actor, action: str, sentence: Sentence, main: Profile, sub: Profile, mode: BillingMode
) -> LinkAnswer:
    """The answer of a deed, which is remembered for both customers."""
    for subject, text in ((sub, sentence), (main, say("Sub-account {what}", what=sentence))):
        audit.record(
            actor,
            action,
            text,
            subject_id=subject.id,
            main=main.public_id,
            sub=sub.public_id,
            mode=mode.value,
        )
    return LinkAnswer(sentence, main.public_id, sub.public_id)


def _permitted(actor: Actor, reference: str) -> Profile:
    """A customer whose links the actor may change. Raises Missing and NotAllowed."""
    profile = customers.require(reference)
    access.require(actor, Permission.SUB_ACCOUNTS_LINK, profile)
    return profile


def _linked(actor: Actor, sub: str, rule: Rule) -> tuple[Profile, Profile]:
    """The main account and the sub-account. Raises Refused with this rule when there is no link."""
    profile = _permitted(actor, sub)
    if profile.main_id is None:
        raise Refused([Reason(rule, say("{name} is not a sub-account.", name=profile.name), say("Link it first."))])
    return customers.by_id(profile.main_id), profile


def _held_linked(actor: Actor, sub: str, rule: Rule) -> tuple[Profile, Profile]:
    main, profile = held(*_linked(actor, sub, rule))
    if profile.main_id != main.id:
        raise Conflict(say("{name} was linked elsewhere or unlinked in the meantime.", name=profile.name))
    return main, profile
