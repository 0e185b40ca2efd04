"""What is done with memberships, for the pages of customers and those of the desk: fields, what they would do, and a
button that does it (UX8, UX9).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _

from portal.actions.access import Profile
from portal.actions.memberships import buying, changing, ending, freezing, offers, renewing, show
from portal.actions.memberships.buying import Purchase
from portal.actions.memberships.effects import Effect
from portal.actions.memberships.offers import Offer
from portal.actions.memberships.show import ShownMembership
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer
from portal.rules.errors import Invalid, Reason
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say
from portal.web.deeds import DeedPage, Url
from portal.web.figures import money
from portal.web.forms import PortalForm, options, sent_key
from portal.web.guard import actor, subject
from portal.web.memberships.forms import AgainForm, BuyForm, ChangeForm, EndForm, FreezeForm, PlainForm

_WEEK = timedelta(days=6)


def found(membership: str) -> ShownMembership:
    """The membership in the address, of the customer it is about. Raises Missing."""
    return show.of(actor(), subject(), membership)


def buy(about: Profile, plan: str, to: Url) -> DeedPage[Effect]:
    """Buy a plan for a customer: from when, and who pays."""
    form = BuyForm(data={"first": clock.today(about.time_zone)})

    def wanted() -> Purchase:
        first = form.first.data or clock.today(about.time_zone)
        kinds = {one.value for one in BookingPayer}
        payer = BookingPayer(form.payer.data) if form.payer.data in kinds else BookingPayer.CHOICE
        return Purchase(plan, about.public_id, first, payer)

    looked = buying.foresee(actor(), wanted())
    form.payer.choices = options((kind.value, name) for kind, name in looked.payers)
    if not form.payer.data and looked.payers:
        form.payer.data = looked.payers[0][0].value

    def foresee() -> tuple[Effect, Sequence[Reason]]:
        foreseen = buying.foresee(actor(), wanted())
        return foreseen.effect, foreseen.reasons

    return DeedPage(
        _("Buy %(plan)s", plan=looked.plan.name),
        to("buy", plan=plan),
        to("index"),
        lambda effect: say("Buy {plan}", plan=effect.plan),
        foresee,
        lambda mark: buying.buy(actor(), wanted(), mark=mark, once=sent_key()),
        form,
        ("first", "payer") if len(looked.payers) > 1 else ("first",),
        lede=_("For %(name)s", name=about.name),
    )


def renew(held: ShownMembership, to: Url) -> DeedPage[Effect]:
    """Renew it by hand."""
    key = held.public_id
    return DeedPage(
        _("Renew %(plan)s", plan=held.plan.name),
        to("renew", membership=key),
        to("view", membership=key),
        lambda _effect: say("Renew it"),
        lambda: renewing.foresee(actor(), key),
        lambda mark: renewing.renew(actor(), key, mark=mark, once=sent_key()),
        PlainForm(),
    )


def end(held: ShownMembership, to: Url, *, staff: bool = False) -> DeedPage[Effect]:
    """End it with what is granted; staff choose the last day, and what is not used after it is given back."""
    key = held.public_id
    form: PortalForm = PlainForm()
    if staff:
        form = EndForm(data={"last": held.until or held.today})

    def last() -> Any:
        return form.last.data if isinstance(form, EndForm) else None

    lede = _("Everything works until its last day. The end can be taken back until then.")
    if staff:
        lede = _("Everything works until its last day; what is paid for days after it is given back.")
    return DeedPage(
        _("End %(plan)s", plan=held.plan.name),
        to("end", membership=key),
        to("view", membership=key),
        lambda effect: say("End it on {day}", day=effect.ends_on) if effect.ends_on else say("End it"),
        lambda: ending.foresee(actor(), key, on=last()),
        lambda mark: ending.end(actor(), key, on=last(), mark=mark, once=sent_key()),
        form,
        ("last",) if staff and held.state.value != "ordered" else (),
        lede=lede,
        warning=True,
    )


def undo(held: ShownMembership, to: Url) -> DeedPage[Effect]:
    """Take the end back."""
    key = held.public_id
    return DeedPage(
        _("Keep %(plan)s", plan=held.plan.name),
        to("undo", membership=key),
        to("view", membership=key),
        lambda _effect: say("Take the end back"),
        lambda: ending.foresee_undo(actor(), key),
        lambda _mark: ending.undo(actor(), key, once=sent_key()),
        PlainForm(),
    )


def freeze(held: ShownMembership, to: Url) -> DeedPage[Effect]:
    """Let it rest for some days."""
    key = held.public_id
    form = FreezeForm(data={"first": held.today, "last": held.today + _WEEK})

    def days() -> Period:
        return Period(form.first.data or held.today, form.last.data or held.today)

    return DeedPage(
        _("Freeze %(plan)s", plan=held.plan.name),
        to("freeze", membership=key),
        to("view", membership=key),
        lambda _effect: say(
            "Freeze it for {count} day",
            "Freeze it for {count} days",
            count=max((days().last - days().first).days + 1, 0),
        ),
        lambda: freezing.foresee(actor(), key, days()),
        lambda mark: freezing.freeze(actor(), key, days(), mark=mark, once=sent_key()),
        form,
        ("first", "last"),
        lede=_("Its days are added to the end, and what is booked on it in these days is cancelled."),
    )


def unfreeze(held: ShownMembership, to: Url) -> DeedPage[Effect]:
    """Use it again before the freeze is over."""
    key, ahead = held.public_id, held.freezes_ahead
    first = max(held.today, ahead[0].first) if ahead else held.today
    form = AgainForm(data={"first": first})
    return DeedPage(
        _("Use %(plan)s again", plan=held.plan.name),
        to("unfreeze", membership=key),
        to("view", membership=key),
        lambda effect: say("Use it again from {day}", day=effect.first),
        lambda: freezing.foresee_unfreeze(actor(), key, form.first.data or first),
        lambda mark: freezing.unfreeze(actor(), key, form.first.data or first, mark=mark, once=sent_key()),
        form,
        ("first",),
        lede=_("The rest of the freeze is taken off the end again."),
    )


def change(held: ShownMembership, about: Profile, to: Url) -> DeedPage[Effect]:
    """Another plan: a dearer one at once, any other with the next period."""
    key, form = held.public_id, ChangeForm()
    sold = [one for one in offers.for_customer(actor(), about) if one.plan.length and not one.reasons]
    form.plan.choices = options((one.public_id, one.plan.name) for one in sold if one.plan.id != held.plan.id)

    def foresee() -> tuple[Effect | None, Sequence[Reason]]:
        if not form.plan.data:
            raise Invalid({"plan": say("Choose the new plan.")})
        return changing.foresee(actor(), key, form.plan.data)

    return DeedPage(
        _("Change %(plan)s", plan=held.plan.name),
        to("change", membership=key),
        to("view", membership=key),
        lambda effect: say("Change to {plan}", plan=effect.plan),
        foresee,
        lambda mark: changing.change(actor(), key, form.plan.data or "", mark=mark, once=sent_key()),
        form,
        ("plan",),
        {one.public_id: price_of(one) for one in sold},
        lede=_(
            "A dearer plan counts at once, and what is not used of this one is taken off. Any other counts from the "
            "next period on."
        ),
    )


def price_of(one: Offer) -> Sentence:
    """What a period of a plan costs with tax, which is no secret, and what it includes."""
    amount, plan = f"{money(one.minor, one.currency)} {one.currency}", one.plan
    if plan.length is None:
        return say("{amount}: {includes}", amount=amount, includes=plan.includes)
    return say("{amount} for {length}: {includes}", amount=amount, length=plan.length.label, includes=plan.includes)
