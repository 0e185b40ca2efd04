"""The cards of those somebody looks after, as Home shows them, and the sentence above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import url_for

from portal.actions.access import Profile
from portal.actions.home import Home
from portal.actions.looking_after import PausedCard, Shown, SubAccountCard, WardCard
from portal.rules.customers.status import Status
from portal.rules.links.facts import BillingMode
from portal.rules.money import Money
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web.customers.status import StatusView, status_view
from portal.web.frame import home_of


def families(me: Profile, cards: Sequence[WardCard | PausedCard]) -> list[dict[str, Any]]:
    """The Dependents' cards, by group; a single group needs no heading of its own."""
    by_group: dict[tuple[str, str], list[WardCard | PausedCard]] = {}
    for card in cards:
        by_group.setdefault((card.group, card.owner_name), []).append(card)
    grouped = list(by_group.items())
    return [
        {
            "heading": _heading(me, owner) if len(grouped) > 1 else NOTHING,
            "owner": NOTHING if len(grouped) > 1 or owner == me.name else say("In the group of {name}", name=owner),
            "url": url_for("my_group.view", group=group),
            "cards": [_paused(me, card) if isinstance(card, PausedCard) else _ward(me, card) for card in some],
        }
        for (group, owner), some in grouped
    ]


def sub_accounts(me: Profile, cards: Sequence[SubAccountCard]) -> list[dict[str, Any]]:
    """The cards of a few sub-accounts."""
    return [
        {
            **_head(card.public_id, card.name, card.shown),
            "about": say("Billed to you") if card.mode is BillingMode.AGGREGATED else say("Billed separately"),
            "monthly_minor": card.monthly_minor,
            "currency": card.currency,
            "services": card.services,
            "needs": list(_blocked(me, card.shown)),
            "url": home_of(card.public_id) if card.opens else "",
            "called": card.name,
        }
        for card in cards
    ]


def summed_up(me: Profile, found: Home, own_needs: int) -> dict[str, Any]:
    """What the sentence at the top says: what is owed by whom, whom to see to, and how many things wait for oneself."""
    owed = found.balances.owed_minor if found.balances else 0
    everybody: list[WardCard | SubAccountCard] = [*found.wards, *found.subs]
    owing = [card for card in found.wards if card.owes]
    needy = [card for card in everybody if card.needs_somebody]
    return {
        "owed": say("{amount}", amount=Money(owed, me.currency)) if owed else NOTHING,
        "payer": me.payer_name if me.payer_id != me.id else "",
        "owing": _people(owing),
        "owing_what": _owed(owing[0]) if len(owing) == 1 else NOTHING,
        "needy": _people(needy),
        "list_url": "#people" if found.wards else "#subs",
        "waiting": own_needs,
    }


def _people(cards: Sequence[WardCard | SubAccountCard]) -> list[dict[str, str]]:
    return [{"name": card.name, "url": f"#person-{card.public_id}"} for card in cards]


def _heading(me: Profile, owner: str) -> Sentence:
    return say("Your group") if owner == me.name else say("Group of {name}", name=owner)


def _head(public_id: str, name: str, shown: Shown) -> dict[str, Any]:
    return {"public_id": public_id, "name": name, "status": _status(shown)}


def _status(shown: Shown) -> StatusView | None:
    """A status worth a word: not Active."""
    if shown.status.status is Status.ACTIVE:
        return None
    return status_view(shown.status, shown.main_name, shown.blocked_cause, shown.changed_at)


def _ward(me: Profile, card: WardCard) -> dict[str, Any]:
    age = NOTHING if card.age is None else say("{count} year old", "{count} years old", count=card.age)
    signs_in = say("signs in as well") if card.signs_in else NOTHING
    return {
        **_head(card.public_id, card.name, card.shown),
        "place": card.place,
        "about": together(_label(card), age, signs_in, by=" · "),
        "sees_money": card.sees_money,
        "owed": _owed(card),
        "owes": _owes(me, card),
        "statement_url": url_for("statements.view", subject=card.public_id) if card.balances else "",
        "needs": [*_blocked(me, card.shown), *_ends(card)],
        "url": home_of(card.public_id),
        "called": card.name.split()[0],
    }


def _label(card: WardCard | PausedCard) -> Sentence:
    return say("{label}", label=card.label) if card.label else say("Dependent")


def _paused(me: Profile, card: PausedCard) -> dict[str, Any]:
    """Somebody nobody acts for at present: who it is and whom to turn to, and nothing that acting would show (G18)."""
    return {
        "public_id": card.public_id,
        "name": card.name,
        "place": card.place,
        "status": {"word": say("Paused"), "tone": "note"},
        "about": _label(card),
        "paused": say("Paused at present. Whatever they need, {partner} does.", partner=me.partner_name),
        "needs": (),
        "url": "",
    }


def _owed(card: WardCard) -> Sentence:
    if card.balances is None or not card.owes:
        return NOTHING
    return say("{amount}", amount=Money(card.balances.owed_minor, card.currency))


def _owes(me: Profile, card: WardCard) -> Sentence:
    """What stands beside what somebody owes, or in the place of it."""
    if card.paid_by_me:
        return say("you pay for them")
    if card.balances is None:
        return say("{payer} pays for them", payer=card.payer_name)
    credit = Money(card.balances.credit_minor, card.currency)
    if card.balances.applicable_minor:
        return say(
            "on their own account; {credit} of Customer Credit can pay for it once {partner} applies it",
            credit=credit,
            partner=me.partner_name,
        )
    if card.owes:
        return say("on their own account")
    over = Money(card.balances.house_minor, card.currency)
    return together(
        say("{amount} in credit", amount=over) if over else NOTHING,
        say("{amount} in Customer Credit", amount=credit) if credit else NOTHING,
        by=" · ",
    )


def _blocked(me: Profile, shown: Shown) -> Iterator[dict[str, Any]]:
    if not shown.blocked:
        return
    view = status_view(shown.status, shown.main_name, shown.blocked_cause, shown.changed_at)
    yield {"text": together(say("Blocked {because}.", because=view.because), _way_out(me, shown))}


def _way_out(me: Profile, shown: Shown) -> Sentence:
    if shown.status.imposed:
        if shown.main_name == me.name:
            return NOTHING
        return say("It becomes active together with {main}.", main=shown.main_name)
    if shown.blocked_cause == "overdue":
        return say("It becomes active again when everything is paid.")
    return say("{partner} can lift it.", partner=me.partner_name)


def _ends(card: WardCard) -> Iterator[dict[str, Any]]:
    """What will change by the calendar, with the page where it can be seen to."""
    to_group = {"action": say("My Group"), "url": url_for("my_group.view", group=card.group)}
    if card.ends_on is not None:
        yield {"text": say("Leaves the group on {day}.", day=card.ends_on), **to_group}
    if card.of_age_on is not None:
        text = say("Comes of age on {day}; then nobody acts for them until they agree.", day=card.of_age_on)
        yield {"text": text, **to_group}
