"""What is done with services, for the pages of customers and those of the back office: fields, what they come to, and
a button that does it (UX8, UX9).
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from portal.actions import services
from portal.actions.access import Profile
from portal.actions.services import ShownService, adding, changing
from portal.actions.services.adding import Wanted
from portal.actions.services.changing import Wish
from portal.actions.services.effects import Effect
from portal.outside import clock
from portal.rules.amounts import number_text
from portal.rules.sentences import Sentence, say
from portal.rules.services import Deed, Period
from portal.web.deeds import DeedPage, Url
from portal.web.fields import amounts_in
from portal.web.figures import money
from portal.web.forms import PortalForm, options, sent_key
from portal.web.guard import actor, subject
from portal.web.services.forms import NewServiceForm, ServiceChoiceForm, ServiceDayForm, ServiceTermsForm

_RENAMED = {"from": "first", "tax_rate": "rate"}


def found(service: str) -> ShownService:
    """The service in the address, of the customer it is about. Raises Missing."""
    return services.one(actor(), subject(), service)


def change(shown: ShownService, about: Profile, to: Url, *, staff: bool = False) -> DeedPage[Effect]:
    """Another plan, number or price from a day on."""
    now, key = shown.now, shown.public_id
    today = clock.today(about.time_zone)
    hints: dict[str, Any] = {}
    form: PortalForm
    if staff:
        terms = {"plan": now.plan, "price": now.price_minor, "period": now.every.value}
        data = terms | {"number": now.number, "first": today}
        form = ServiceTermsForm(data=data, meta=amounts_in(about.currency))
        names: tuple[str, ...] = ("plan", "price", "number", "period", "first")
    else:
        form = ServiceChoiceForm(data={"plan": "", "number": now.number, "first": today})
        kept = ("", _("Keep %(plan)s", plan=now.plan))
        form.plan.choices = [kept, *options((one.public_id, one.name) for one in shown.plans)]
        hints = {one.public_id: say("{price}", price=_price(one.price, one.period, about)) for one in shown.plans}
        names = ("plan", "number", "first") if shown.plans else ("number", "first")

    def wish() -> Wish:
        number = form["number"].data
        if staff:
            return Wish(
                key,
                Deed.CHANGE,
                form["first"].data,
                form["plan"].data,
                form["price"].data,
                number,
                Period(form["period"].data),
            )
        return Wish(key, Deed.CHANGE, form["first"].data, form["plan"].data or None, None, number)

    return DeedPage(
        _("Change %(plan)s", plan=now.plan),
        to("change", key),
        to("view", key),
        lambda effect: say("Change it on {day}", day=effect.first),
        lambda: changing.foresee(actor(), wish()),
        lambda mark: changing.carry_out(actor(), wish(), mark=mark, once=sent_key()),
        form,
        names,
        hints,
        lede=_lede(shown, about),
        renamed=_RENAMED,
        keep=_("Keep %(plan)s", plan=now.plan),
    )


def _by_day(shown: ShownService, about: Profile, to: Url, deed: Deed) -> DeedPage[Effect]:
    key, now = shown.public_id, shown.now
    today = clock.today(about.time_zone)
    first = max(today, shown.row.started_on)
    stopping = shown.row.stopped_on
    if deed is Deed.RESUME and stopping is not None and stopping > today:
        first = stopping
    form = ServiceDayForm(data={"first": first})

    def wish() -> Wish:
        return Wish(key, deed, form.first.data)

    titles = {
        Deed.PAUSE: _("Pause %(plan)s", plan=now.plan),
        Deed.RESUME: _("Resume %(plan)s", plan=now.plan),
        Deed.STOP: _("Stop %(plan)s", plan=now.plan),
    }
    ledes = {
        Deed.PAUSE: _("The day is the first one without it. It costs nothing until it is resumed."),
        Deed.RESUME: _("The day is the first one with it again."),
        Deed.STOP: _("The day is the first one without it. What is paid and not used comes back."),
    }
    buttons = {
        Deed.PAUSE: lambda effect: say("Pause it from {day}", day=effect.first),
        Deed.RESUME: lambda effect: say("Resume it from {day}", day=effect.first),
        Deed.STOP: lambda effect: say("Stop it; {day} is the first day without it", day=effect.first),
    }
    return DeedPage(
        titles[deed],
        to(deed.value, key),
        to("view", key),
        buttons[deed],
        lambda: changing.foresee(actor(), wish()),
        lambda mark: changing.carry_out(actor(), wish(), mark=mark, once=sent_key()),
        form,
        ("first",),
        lede=ledes[deed],
        renamed=_RENAMED,
        warning=deed is Deed.STOP,
        keep=_("Leave it as it is"),
    )


def pause(shown: ShownService, about: Profile, to: Url) -> DeedPage[Effect]:
    """Pause it from a day on."""
    return _by_day(shown, about, to, Deed.PAUSE)


def resume(shown: ShownService, about: Profile, to: Url) -> DeedPage[Effect]:
    """Let it go on from a day."""
    return _by_day(shown, about, to, Deed.RESUME)


def stop(shown: ShownService, about: Profile, to: Url) -> DeedPage[Effect]:
    """Stop it from a day on."""
    return _by_day(shown, about, to, Deed.STOP)


def add(about: Profile, to: Url) -> DeedPage[Effect]:
    """Give a customer a service, for administrators."""
    form = NewServiceForm(
        data={"first": clock.today(about.time_zone), "number": adding.ONE}, meta=amounts_in(about.currency)
    )

    def wanted() -> Wanted:
        return Wanted(
            about.public_id,
            " ".join((form.plan.data or "").split()),
            form.price.data or 0,
            form.first.data,
            form.number.data,
            Period(form.period.data),
            form.rate.data,
        )

    return DeedPage(
        _("New service"),
        to("add"),
        to("index"),
        lambda effect: say("Add it from {day}", day=effect.first),
        lambda: adding.foresee(actor(), wanted()),
        lambda _mark: adding.add(actor(), wanted(), once=sent_key()),
        form,
        ("plan", "price", "number", "period", "rate", "first"),
        lede=_("For %(name)s", name=about.name),
        renamed=_RENAMED,
        keep=_("Cancel"),
    )


def _price(minor: int, period: Period, about: Profile) -> Sentence:
    words = {
        Period.WEEK: say("{amount} {currency} a week", amount=money(minor, about.currency), currency=about.currency),
        Period.MONTH: say("{amount} {currency} a month", amount=money(minor, about.currency), currency=about.currency),
        Period.QUARTER: say(
            "{amount} {currency} a quarter", amount=money(minor, about.currency), currency=about.currency
        ),
        Period.YEAR: say("{amount} {currency} a year", amount=money(minor, about.currency), currency=about.currency),
    }
    return words[period]


def _lede(shown: ShownService, about: Profile) -> Sentence:
    now = shown.now
    return say(
        "{name}, {number} × {price}",
        name=about.name,
        number=number_text(now.number),
        price=_price(now.price_minor, now.every, about),
    )
