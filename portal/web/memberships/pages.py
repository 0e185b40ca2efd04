"""The memberships of a customer: what they hold, what can be bought, and what becomes of it (B5, B9, B10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from portal.actions.memberships import buying, changing, ending, freezing, offers, renewing, show
from portal.actions.memberships.buying import Purchase
from portal.actions.memberships.effects import Effect
from portal.actions.memberships.offers import Offer
from portal.actions.memberships.show import ShownMembership
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.memberships.holding import Shown
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.addresses import address, page
from portal.web.figures import money
from portal.web.forms import PortalForm, add_errors, options, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.memberships.forms import AgainForm, BuyForm, ChangeForm, FreezeForm, PlainForm
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell_done

bp = Blueprint("memberships", __name__)

OWN = WHEN_ACTING = Place(
    say("Memberships"), "memberships", "memberships.index", Permission.MEMBERSHIPS_VIEW, 47, seen=say("memberships")
)
TONES = {Shown.ORDERED: "note", Shown.ACTIVE: "good", Shown.FROZEN: "info", Shown.ENDED: ""}
WORDS = {
    BookingState.BOOKED: say("Booked"),
    BookingState.ATTENDED: say("Was there"),
    BookingState.MISSED: say("Did not come"),
    BookingState.CANCELLED: say("Cancelled"),
}
_WEEK = timedelta(days=6)


@page(bp, "/memberships")
@needs(Permission.MEMBERSHIPS_VIEW)
def index() -> ResponseReturnValue:
    """What the customer holds, and what can be bought."""
    found = show.of_customer(actor(), subject())
    return render_template(
        "memberships/index.html",
        about=subject(),
        found=found,
        offers=offers.for_customer(actor(), subject()),
        tones=TONES,
    )


@page(bp, "/memberships/<public_id:membership>")
@needs(Permission.MEMBERSHIPS_VIEW)
def view(membership: str) -> ResponseReturnValue:
    """One of them: what is left, when it renews, and what can be done with it."""
    found = _found(membership)
    return render_template("memberships/view.html", m=found, about=subject(), tones=TONES, words=WORDS)


# What is done ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """A page with fields, what they would do, and a button that does it (UX8, UX9)."""

    title: str
    url: str
    back: str
    button: Callable[[Effect], Sentence]
    foresee: Callable[[], tuple[Effect | None, Sequence[Reason]]]
    carry_out: Callable[[str], Effect]
    form: PortalForm
    names: tuple[str, ...] = ()
    hints: dict[str, Any] = field(default_factory=dict)
    lede: Any = ""
    warning: bool = False


@page(bp, "/memberships/buy/<public_id:plan>", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def buy(plan: str) -> ResponseReturnValue:
    """Buy a plan for the customer: from when, and who pays, with the price, before it is confirmed."""
    about = subject()
    form = BuyForm(data={"first": clock.today(about.time_zone)})

    def wanted() -> Purchase:
        first = form.first.data or clock.today(about.time_zone)
        kinds = {one.value for one in BookingPayer}
        payer = BookingPayer(form.payer.data) if form.payer.data in kinds else BookingPayer.CHOICE
        return Purchase(plan, about.public_id, first, payer)

    found = buying.foresee(actor(), wanted())
    form.payer.choices = options((kind.value, name) for kind, name in found.payers)
    if not form.payer.data and found.payers:
        form.payer.data = found.payers[0][0].value
    names = ("first", "payer") if len(found.payers) > 1 else ("first",)

    def foresee() -> tuple[Effect, Sequence[Reason]]:
        foreseen = buying.foresee(actor(), wanted())
        return foreseen.effect, foreseen.reasons

    deed = Deed(
        _("Buy %(plan)s", plan=found.plan.name),
        address("memberships.buy", plan=plan),
        address("memberships.index"),
        lambda effect: say("Buy {plan}", plan=effect.plan),
        foresee,
        lambda mark: buying.buy(actor(), wanted(), mark=mark, once=sent_key()),
        form,
        names,
        lede=_("For %(name)s", name=about.name),
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/renew", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def renew(membership: str) -> ResponseReturnValue:
    """Renew it by hand."""
    found = _found(membership)
    deed = Deed(
        _("Renew %(plan)s", plan=found.plan.name),
        address("memberships.renew", membership=membership),
        address("memberships.view", membership=membership),
        lambda _effect: say("Renew it"),
        lambda: renewing.foresee(actor(), membership),
        lambda mark: renewing.renew(actor(), membership, mark=mark, once=sent_key()),
        PlainForm(),
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/end", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def end(membership: str) -> ResponseReturnValue:
    """End it with what is granted: until then everything works."""
    found = _found(membership)
    deed = Deed(
        _("End %(plan)s", plan=found.plan.name),
        address("memberships.end", membership=membership),
        address("memberships.view", membership=membership),
        lambda effect: say("End it on {day}", day=effect.ends_on) if effect.ends_on else say("End it"),
        lambda: ending.foresee(actor(), membership),
        lambda mark: ending.end(actor(), membership, mark=mark, once=sent_key()),
        PlainForm(),
        lede=_("Everything works until its last day. The end can be taken back until then."),
        warning=True,
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/end/undo", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def undo(membership: str) -> ResponseReturnValue:
    """Take the end back."""
    found = _found(membership)
    deed = Deed(
        _("Keep %(plan)s", plan=found.plan.name),
        address("memberships.undo", membership=membership),
        address("memberships.view", membership=membership),
        lambda _effect: say("Take the end back"),
        lambda: ending.foresee_undo(actor(), membership),
        lambda _mark: ending.undo(actor(), membership, once=sent_key()),
        PlainForm(),
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/freeze", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def freeze(membership: str) -> ResponseReturnValue:
    """Let it rest for some days."""
    found = _found(membership)
    form = FreezeForm(data={"first": found.today, "last": found.today + _WEEK})

    def days() -> Period:
        return Period(form.first.data or found.today, form.last.data or found.today)

    deed = Deed(
        _("Freeze %(plan)s", plan=found.plan.name),
        address("memberships.freeze", membership=membership),
        address("memberships.view", membership=membership),
        lambda _effect: say(
            "Freeze it for {count} day",
            "Freeze it for {count} days",
            count=max((days().last - days().first).days + 1, 0),
        ),
        lambda: freezing.foresee(actor(), membership, days()),
        lambda mark: freezing.freeze(actor(), membership, days(), mark=mark, once=sent_key()),
        form,
        ("first", "last"),
        lede=_("Its days are added to the end, and what is booked on it in these days is cancelled."),
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/unfreeze", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def unfreeze(membership: str) -> ResponseReturnValue:
    """Use it again before the freeze is over."""
    found = _found(membership)
    ahead = found.freezes_ahead
    first = max(found.today, ahead[0].first) if ahead else found.today
    form = AgainForm(data={"first": first})

    deed = Deed(
        _("Use %(plan)s again", plan=found.plan.name),
        address("memberships.unfreeze", membership=membership),
        address("memberships.view", membership=membership),
        lambda effect: say("Use it again from {day}", day=effect.first),
        lambda: freezing.foresee_unfreeze(actor(), membership, form.first.data or first),
        lambda mark: freezing.unfreeze(actor(), membership, form.first.data or first, mark=mark, once=sent_key()),
        form,
        ("first",),
        lede=_("The rest of the freeze is taken off the end again."),
    )
    return _page(deed)


@page(bp, "/memberships/<public_id:membership>/change", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def change(membership: str) -> ResponseReturnValue:
    """Another plan: a dearer one at once, any other with the next period."""
    found = _found(membership)
    form = ChangeForm()
    sold = [one for one in offers.for_customer(actor(), subject()) if one.plan.length and not one.reasons]
    form.plan.choices = options((one.public_id, one.plan.name) for one in sold if one.plan.id != found.plan.id)
    hints = {one.public_id: price_of(one) for one in sold}

    def foresee() -> tuple[Effect | None, Sequence[Reason]]:
        if not form.plan.data:
            raise Invalid({"plan": say("Choose the new plan.")})
        return changing.foresee(actor(), membership, form.plan.data)

    deed = Deed(
        _("Change %(plan)s", plan=found.plan.name),
        address("memberships.change", membership=membership),
        address("memberships.view", membership=membership),
        lambda effect: say("Change to {plan}", plan=effect.plan),
        foresee,
        lambda mark: changing.change(actor(), membership, form.plan.data or "", mark=mark, once=sent_key()),
        form,
        ("plan",),
        hints,
        lede=_(
            "A dearer plan counts at once, and what is not used of this one is taken off. Any other counts from the "
            "next period on."
        ),
    )
    return _page(deed)


def price_of(one: Offer) -> Sentence:
    """What a period of a plan costs with tax, which is no secret, and what it includes."""
    amount, plan = f"{money(one.minor, one.currency)} {one.currency}", one.plan
    if plan.length is None:
        return say("{amount}: {includes}", amount=amount, includes=plan.includes)
    return say("{amount} for {length}: {includes}", amount=amount, length=plan.length.label, includes=plan.includes)


# Steps ----------------------------------------------------------------------------------------------------------------


def _found(membership: str) -> ShownMembership:
    """The membership in the address, of the customer it is about. Raises Missing."""
    return show.of(actor(), subject(), membership)


def _page(deed: Deed) -> ResponseReturnValue:
    """The fields, what they come to, and the deed itself when that was looked at."""
    plain = not deed.names
    if request.method == "GET":
        return _drawn(deed, look=plain)
    if not deed.form.validate_on_submit():
        return _drawn(deed, code=422)
    try:
        if request.form.get("step") != "do":
            return _drawn(deed, look=True)
        done = deed.carry_out(sent_mark())
    except Invalid as error:
        add_errors(deed.form, error)
        return _drawn(deed, code=422)
    except Refused as error:
        return _drawn(deed, reasons=error.reasons, code=409)
    except Conflict as error:
        return _drawn(deed, look=True, conflict=error.sentence, code=409)
    tell_done(done.headline)
    return redirect(address("memberships.view", membership=done.public_id), 303)


def _drawn(
    deed: Deed,
    *,
    look: bool = False,
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
    code: int = 200,
) -> ResponseReturnValue:
    effect = None
    if look:
        try:
            effect, reasons = deed.foresee()
        except Invalid as error:
            add_errors(deed.form, error)
            code = 422
    if reasons and code == 200 and request.method == "POST":
        code = 409
    values = {"deed": deed, "form": deed.form, "effect": effect, "reasons": linked(reasons), "conflict": conflict}
    button = deed.button(effect) if effect is not None and not reasons else NOTHING
    return render_template("memberships/deed.html", **values, button=button, about=subject()), code
